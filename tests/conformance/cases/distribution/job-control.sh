set -m; until_jobs() { until jobs | grep -q "$1"; do sleep 0.05; done; }
sleep 60 & kill -STOP %1; until_jobs Stopped; jobs; bg %1; jobs -r; kill %1; wait %1; echo $?
sh -c 'kill -STOP $$; echo resumed; exit 4' & until_jobs Stopped; fg %1; echo $?
sh -c 'kill -TSTP $$; echo back'; echo $?; jobs -s; fg; echo $?
(sleep 60 | cat) & (exit 3) & wait %2; echo $?; kill %1; wait %1; echo $?; jobs
sleep 61 & sleep 62 & p=$!; jobs %-; jobs %?62; echo "$(jobs -p | wc -l)"; kill -TERM %%; wait $p; echo $?; disown %1; jobs; kill -0 %1 2> /dev/null || echo gone; kill $(pgrep -x sleep -P $$)
group() { ps -o pgid= -p $1; }; sleep 60 & [ $(group $!) = $! ] && echo 'own group'; kill $!; set +m; sleep 60 & [ $(group $!) = $(group $$) ] && echo 'same group'; kill $!; wait
set -m; trap 'echo chld' CHLD; sh -c 'exit 5' & wait $!; echo $?; trap - CHLD; (sleep 60 & sleep 60 & wait) & kill -- -$!; wait $!; echo $?
bg 2>&1 | sed 's/.*: //'; fg %9 2>&1 | sed 's/.*: //'; bash -c 'set -m; sh -c "kill -STOP \$\$; exit 6" & until jobs | grep -q Stopped; do sleep 0.05; done; echo ending'; bash -c 'kill -STOP $$; echo continued' & until_jobs Stopped; bg > /dev/null; wait $!; echo $?
