mkfifo gate1 gate2 gate3; for n in 1 2 3; do (read -r go < gate$n; exit $n) & pid[n]=$!; done
for n in 2 3 1; do echo > gate$n; wait -n -p who "${pid[@]}"; s=$?; echo $s $([ "$who" = "${pid[n]}" ] && echo right); unset "pid[n]"; done; wait -n; echo "none $?"
(exit 7) & p=$!; wait $p; echo $?; wait $p; echo "again $?"; wait 1; echo "not ours $?"; (exit 9) & wait; echo "all $?"
for n in $(seq 40); do (exit $n) & all+=($!); done; sum=0; for p in "${all[@]}"; do wait $p; sum=$((sum + $?)); done; echo $sum
count=0; trap 'count=$((count + 1))' CHLD; set -m; for n in 1 2 3; do /bin/true & wait $!; done; set +m; trap - CHLD; echo "chld $count"
trap 'caught=1' USR1; sh -c 'while kill -USR1 '$$'; do sleep 0.1; done' & p=$!; wait $p; s=$?; kill $p; until wait $p 2> /dev/null; [ $? = 143 ]; do :; done; echo $((s > 128)) $caught
exec 3>&1; x=$( (echo late >&3) > /dev/null & wait; echo early); echo $x; read -r line < <(sh -c '(echo grandchild &)'); echo $line; sh -c 'sleep 60 & echo $!' > child; kill $(cat child) && echo 'killed an orphan'; until ! kill -0 $(cat child) 2> /dev/null; do sleep 0.05; done
bash -c 'trap "echo bye" EXIT; sleep 60 & kill -TERM $$; wait' ; echo $?; bash -c 'kill -SEGV $$' 2> /dev/null; echo $?; for s in HUP INT QUIT PIPE ALRM XCPU SYS; do bash -c "ulimit -c 0; exec sh -c 'kill -$s \$\$'" 2> /dev/null; echo -n "$? "; done; echo; rm gate* child
