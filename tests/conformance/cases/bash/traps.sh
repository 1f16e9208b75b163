trap 'echo exiting $?' EXIT
trap 'echo got usr1' USR1
kill -USR1 $$
trap 'echo error at line $LINENO' ERR
false
eval 'echo evaluated'
command -v cd
type -t echo if cat
three() { return 3; }
three
umask
cd /tmp
pwd
echo $OLDPWD
kill -l 11
set -e
exit 21
