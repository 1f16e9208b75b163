seq 1 5000 | sort -R | sort -n | gawk '{s += $1} END {print s, NR}'
printf '%s\n' pear apple fig | tee copy | sort | cat -n
for i in 1 2 3; do echo "line $i"; done | while read -r a b; do echo "$b:$a"; done
{ echo out; echo err >&2; } 2>&1 >/dev/null | sed 's/^/seen: /'
yes | head -c 200000 | wc -c
seq 100000 | split -l 30000 - part-; wc -l part-*; rm part-*
echo "$(seq 20 | paste -sd' ')" | fold -sw 20
