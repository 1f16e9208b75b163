false | true; echo "$? ${PIPESTATUS[*]}"
set -o pipefail
true | (exit 3) | true; echo "$? ${PIPESTATUS[*]}"
seq 1000000 | head -n 1; echo "${PIPESTATUS[*]}"
! true | false; echo $?
(kill -TERM $BASHPID) | cat; echo "${PIPESTATUS[*]}"
lastpipe() { shopt -s lastpipe; echo x | read -r v; echo "v=$v"; }
lastpipe
