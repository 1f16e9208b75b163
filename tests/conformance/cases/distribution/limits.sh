ulimit -n 20; ulimit -n; ulimit -Hn; bash -c 'for n in $(seq 3 30); do eval "exec $n< /dev/null" 2> /dev/null || { echo "stopped at $n"; break; }; done'; python3 -c '
import os, resource, socket
fds = []
try:
    while True: fds.append(os.open("/dev/null", 0))
except OSError as e: print(e.strerror, fds[-1])
for f in os.pipe, socket.socketpair, lambda: os.dup(0):
    try: print(f())
    except OSError as e: print(e.errno)
os.close(fds.pop())
try: print(os.pipe())
except OSError as e: print(e.errno)
print(os.dup(0) == fds[-1] + 1, resource.getrlimit(resource.RLIMIT_NOFILE))
try: resource.setrlimit(resource.RLIMIT_NOFILE, (30, 10))
except ValueError as e: print(e)'
(ulimit -f 2; trap 'echo xfsz' XFSZ; head -c 4000 /dev/zero > big; echo $?) 2> /dev/null; stat -c %s big; (ulimit -f 2; trap '' XFSZ; head -c 4000 /dev/zero > big) 2>&1 | sed 's/.*: //'; bash -c 'ulimit -c 0; ulimit -t 1; while :; do :; done'; echo $?; ulimit -S -c 0; ulimit -a | grep -E 'core|open|file size'
prlimit --nofile=10:15 bash -c 'ulimit -Sn; ulimit -Hn'; sleep 60 & prlimit --pid $! --nofile=7:9; prlimit --pid $! --nofile --noheadings --output SOFT,HARD | tr -s ' '; kill $!; nice -n 19 nice; renice -n 19 -p $BASHPID > /dev/null; nice; nproc > /dev/null && echo processors; taskset -c 0 nproc; taskset -p $$ > /dev/null && echo affinity; /usr/bin/time -f 'status %x' sh -c 'exit 3'  2>&1 | grep -v '^Command'; rm big
