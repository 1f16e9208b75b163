s="error 404 at line 17"
[[ $s =~ ([0-9]+).*\ ([0-9]+)$ ]] && echo "${BASH_REMATCH[1]} ${BASH_REMATCH[2]}"
[[ $s == *404* && -f poem && ! -d poem && a < b ]] && echo glob
case $s in
warn*) echo w ;;
err*) echo e ;;&
*line*) echo l ;;
esac
shopt -s extglob nullglob
[[ foobar == +(foo|bar) ]] && echo extended
echo *.none p*
test -s poem -a 5 -gt 3
echo $?
[ "$s" = x ] || echo differs
true && false || echo or
! true
echo $?
select_none=
[[ -z $select_none ]] && echo empty
