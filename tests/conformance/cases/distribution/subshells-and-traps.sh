x=1; (x=2; echo $x $BASH_SUBSHELL; (echo $BASH_SUBSHELL; exit 3); echo $?); echo $x; { x=4; }; echo $x; echo | x=5; echo $x; shopt -s lastpipe; echo 6 | read x; echo $x
trap 'echo exit $?' EXIT; (trap 'echo inner' EXIT; exit 2); echo $?; f() { trap 'echo return' RETURN; return 7; }; f; echo $?; trap - RETURN
trap 'echo usr1' USR1; kill -USR1 $$; (kill -USR1 $BASHPID; echo not); echo $?; trap '' USR1; kill -USR1 $$; sh -c 'kill -USR1 $$; echo ignored'; trap - USR1
trap 'echo err $LINENO' ERR; false; (false); false || true; ! true; trap - ERR; set -E; g() { false; }; trap 'echo deep' ERR; g; set +E; trap - ERR
sleep 60 & p=$!; trap 'echo term; kill $p' TERM; (sleep .2; kill -TERM $$) & wait $p; echo $?; wait $p; echo $?; trap - TERM; trap -p EXIT
bash -c 'trap "echo int" INT; kill -INT $$; echo after'; bash -c 'trap "" HUP; kill -HUP $$; echo lives'; bash -c 'kill -HUP $$; echo no'; echo $?; bash -ec 'false; echo no'; echo $?; bash -uc 'echo $none' 2>&1 | sed 's/.*: line/line/'; bash -o pipefail -c 'false | true'; echo $?
exec 5> >(sort -r); printf '%s\n' b a c >&5; exec 5>&-; wait $!; coproc cat; echo hi >&${COPROC[1]}; read -u ${COPROC[0]} y; echo $y; eval "exec ${COPROC[1]}>&-"; wait; timeout 1 sleep 9; echo $?; timeout -s KILL .2 bash -c 'trap "" TERM; while :; do sleep .1; done'; echo $?
