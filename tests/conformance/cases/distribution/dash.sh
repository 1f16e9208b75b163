cat > s <<'D'
set -e; trap 'echo "exit $?"' EXIT; f() { local a=1; a=$((a + ${1:-0})); echo $a; }; f 4; f
while getopts ab:c o -a -b value -x rest 2> /dev/null; do echo "$o ${OPTARG-}"; done; echo $OPTIND
set -- 'a b' c; for x; do echo "<$x>"; done; IFS=:; v=1:2:3; set -- $v; echo $# $*; unset IFS
cat <<-X | tr a-z A-Z
	here $((2 * 21)) $(echo `echo nested`)
	X
case abc in a*) echo star;; *) echo no;; esac; echo ${v%%:*} ${v#*:} ${#v} ${none:-default} ${v:+set}
sleep 60 & p=$!; kill $p; wait $p || echo "waited $?"; (trap 'echo inner' EXIT; exit 2) || echo $?; trap '' TERM; kill -TERM $$; trap 'echo got term' TERM; kill -TERM $$; trap - TERM
exec 3> out; echo three >&3; exec 3>&-; { echo x >&3; } 2> /dev/null || echo closed; read -r a b < out; echo $a; printf '%s|%05d|%x\n' str 42 255; umask 027; umask; ulimit -n 50; ulimit -n; command -v cd; type sed | sed 's/.*is //'; alias ll='echo alias'
eval 'll works'; test -t 0 || echo 'no terminal'; echo 'a\tb'; . ./lib; returned; false; echo unreachable
D
echo 'set -m; sleep 60 & kill -STOP $!; until jobs > j; grep -q Stopped j; do sleep 0.05; done; cat j; bg %1 > /dev/null; kill -KILL %1; wait %1; echo $?' > s2
echo 'returned() { return 0; }; echo sourced' > lib
dash s < /dev/null; echo $?; script -qec 'exec dash s2' /dev/null < /dev/null | tr -d '\r'; echo 'echo from stdin; exit 3' | dash -s; echo $?; dash -n -c 'if' 2>&1 | sed 's/.*: //'; dash -c 'echo $0 $1' zero one; dash -c 'exec /none' 2> /dev/null; echo $?; dash -uc 'echo $none' 2> /dev/null; echo $?; dash -c 'kill -9 $$'; echo $?; rm s s2 j lib out
