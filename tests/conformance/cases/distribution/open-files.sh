echo first > f; exec 3< f 4>> f 5<> f; rm f; echo second >&4; cat <&3; stat -L -c %h /dev/fd/5; readlink /proc/self/fd/5 | sed "s,$PWD,,"; cat /proc/self/fd/5; ls; exec 3<&- 4>&- 5>&-
seq 10 > f; exec 3< f; (read -r a <&3; echo $a); read -r b <&3; echo $b; head -n 1 <&3; sh -c 'read -r c; echo $c' <&3; { read -r d; sh -c 'read -r e; echo $e'; echo $d; } <&3; exec 3<&-
exec 3> f; echo one >&3; : > f; echo two >&3; od -An -c f | head -n 1; exec 3>&-; exec 3>> f; : > f; echo three >&3; cat f; exec 3>&-
for i in 1 2 3 4; do (for n in $(seq 50); do printf '%d%099d\n' $i 0; done >> log) & done; wait; sort log | uniq -c | gawk '{print $1, length($2)}'; exec 3<> f; printf abcdef >&3; exec 3<&-; cat f; printf X 1<> f; cat f; echo
set -o noclobber; (: > f) 2>&1 | sed 's/.*: //'; : >| f; set +o noclobber; exec {fd}> g; [ $fd -ge 10 ] && echo high; echo x >&$fd; exec {fd}>&-; cat g; ( : >&$fd ) 2>&1 | sed 's/.*: //;s/^[0-9]*/N/'; (exec 3<&9) 2>&1 | sed 's/.*: //'
(exec 1>&-; echo x) 2>&1 | sed 's/.*: //'; (exec 0<&-; cat) 2>&1 | sed 's/.*: //'; (exec 0> g; cat) 2>&1 | sed 's/.*: //'; sh -c 'ls /proc/self/fd | grep -c "^10[78]$"' 107< f 108< f; echo a > h; cat < h > h; stat -c %s h; echo b > h; cat h >> h 2>&1 | sed 's/.*: //'; cat h | head -n 2; python3 -c '
import os
r = os.open("f", os.O_RDWR); d = os.dup(r); os.write(r, b"0123456789"); print(os.lseek(d, 0, 1), os.lseek(d, -3, 2), os.read(r, 9), os.lseek(r, 20, 0), os.write(d, b"end"), os.fstat(r).st_size); other = os.open("f", os.O_RDONLY); print(os.lseek(other, 0, 1), os.pread(other, 4, 18))
for bad in lambda: os.lseek(r, -1, 0), lambda: os.pread(r, 1, -1), lambda: os.write(other, b"x"), lambda: os.ftruncate(other, 0), lambda: os.dup2(99, 5), lambda: os.lseek(os.pipe()[0], 0, 1):
    try: print(bad())
    except OSError as e: print(e.strerror)
print(os.lseek(r, 0, os.SEEK_DATA) == 0, os.lseek(r, 0, os.SEEK_HOLE) > 0, os.get_inheritable(r), os.dup2(r, 50), os.get_inheritable(50))'; rm f g h log
