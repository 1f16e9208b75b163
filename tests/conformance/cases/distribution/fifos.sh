mkfifo in out; stat -c %F in
(while read -r l; do echo "got $l"; done < in > out) &
(echo one; echo two; sleep 0.1; echo three) > in & cat out; wait
mkfifo -m 600 p; stat -c %a p; ls -F | tr '\n' ' '; echo
(sleep 0.2; echo late) > p & read -r -t 5 l < p; echo "$l"
read -r -t 0.2 l <> p; echo $?
cp -R p q; stat -c %F q; mv q r; [ -p r ] && rm r in out p && ls
