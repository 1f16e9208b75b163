coproc CALC { while read -r a b; do echo $((a * b)); done; }
for p in '6 7' '12 12' '-3 5'; do echo "$p" >&"${CALC[1]}"; read -r r <&"${CALC[0]}"; echo "$p = $r"; done
exec {CALC[1]}>&-; wait "$CALC_PID"; echo "status $?"
coproc tr { stdbuf -oL tr a-z A-Z; }
pid=$tr_PID; echo upper >&"${tr[1]}"; read -r r <&"${tr[0]}"; echo "$r"; kill $pid; wait $pid 2>/dev/null; echo $?
