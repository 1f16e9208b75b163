for f in null zero full random urandom tty; do stat -c '%n %F %t,%T %a' /dev/$f; done; ls -l /dev/stdin /dev/fd | sed 's/.* \(.dev.*\)/\1/'
cat /dev/null | wc -c; head -c 5000 /dev/zero | tr '\0' z | md5sum; head -c 9 /dev/full | od -An -tx1; echo > /dev/full 2> /dev/null; echo $?; [ "$(head -c 16 /dev/urandom | md5sum)" != "$(head -c 16 /dev/random | md5sum)" ] && echo random; echo x > /dev/zero && echo swallowed
echo piped | cat /dev/stdin; echo piped | (read -r x < /dev/fd/0; echo $x); echo err 2>&1 > /dev/stderr | tr a-z A-Z; exec 5< <(echo five); cat /dev/fd/5 /proc/self/fd/5; cat /dev/fd/77 2>&1 | sed 's/.*: //'; setsid sh -c ': < /dev/tty' 2>&1 | sed 's/.*: //'
mknod pipe p; stat -c %F pipe; dd if=/dev/zero of=/dev/null bs=1M count=3 2>&1 | sed -n '1,2p;3s/ copied.*//p'; [ -c /dev/null ] && [ ! -b /dev/null ] && [ ! -f /dev/null ] && echo character; cp /dev/null empty; stat -c %s empty; [ -w /dev/null ] && [ -r /dev/null ] && echo both; (cd /dev/null) 2>&1 | sed 's/.*: //'; tail -c 1 /dev/null | wc -c; : > /dev/null; truncate -s 5 /dev/null 2>&1 | sed 's/.*: //'
mkdir /dev/shm/d && echo kept > /dev/shm/d/f && cat /dev/shm/d/f && df --output=target / | tail -n 1; stat -f -c %T /dev/shm; rm -r /dev/shm/d; python3 -c '
import errno, fcntl, os, termios
for path, flags in ("/dev/null", os.O_RDWR), ("/dev/zero", os.O_RDWR), ("/dev/full", os.O_RDWR):
    fd = os.open(path, flags); print(path, os.lseek(fd, 100, 0), os.isatty(fd), os.pread(fd, 3, 9), end=" ")
    try: print(os.write(fd, b"abc"))
    except OSError as e: print(e.strerror)
    try: fcntl.ioctl(fd, termios.TCGETS, bytes(60))
    except OSError as e: print(errno.errorcode[e.errno])'; rm pipe empty
