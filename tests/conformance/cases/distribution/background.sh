cat & wait $!; echo "no input: $?"
(sleep 0.1; echo child of $PPID | sed 's/[0-9]*$/N/') & wait
nohup bash -c 'trap -p HUP; kill -HUP $$; echo survived' 2>/dev/null
setsid bash -c '[ $(ps -o sid= -p $$) = $$ ] && echo leader'
timeout 0.3 sleep 5; echo $?; timeout -s KILL 0.3 sleep 5; echo $?; timeout 5 bash -c 'exit 3'; echo $?
timeout 2 bash -c 'trap "" TERM; sleep 4; echo stubborn'; echo $?
timeout -k 1 3 bash -c 'trap "" TERM; while :; do :; done'; echo $?
env -i A=1 bash -c 'echo $A $HOME'; nice -n 19 nice; (ulimit -f 1; head -c 100000 /dev/zero > big; echo $?) 2>/dev/null; stat -c %s big
