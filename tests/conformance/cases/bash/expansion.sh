f=/usr/share/doc/readme.txt.gz
echo ${f##*/} ${f%.*} ${f%%.*} ${f/doc/DOC} ${f//r/R} ${#f} ${f:5:5} ${f: -2} ${u:-default} ${u:=set} $u ${f^^} ${f@Q}
echo "$1|$2|$#|$*|$@" '$literal' "a\$b" $'tab\there\u00e9' {a,b}{1..3} {10..1..3} ~root
IFS=,
v="a,b,,c"
for w in $v; do echo "<$w>"; done
set -- $v
echo $# "$*"
n=f
echo ${!n} ${v:+given} "${v/%c/C}" ${v,,} ${v^}
