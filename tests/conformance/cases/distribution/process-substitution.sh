diff <(seq 5) <(seq 2 6)
paste <(printf 'a\nb\n') <(printf '1\n2\n') <(echo x; echo y)
seq 10 | tee >(wc -l > lines) >(tail -n 1 > last) > /dev/null; sleep 0.5; cat lines last
while read -r l; do echo "<$l>"; done < <(ls -d /usr /etc)
sort -m <(seq 1 2 9) <(seq 2 2 10) | tr '\n' ' '; echo
