while IFS=, read -r name city age _; do printf '%-10s|%5s|%s\n' "$name" "$age" "${city:0:4}"; done <table
read -r -d '' t <<END
one $((1 + 1))
  ${#t}
END
echo "$t"
read a b <<<"x y z"
echo "$b"
exec 3>out
echo three >&3
exec 3>&-
echo more >>out
mapfile -n 1 l <out
echo "${l[0]}"
printf '%q %b %05.1f %x %(%Y)T\n' 'a b' 'c\td' 3.14159 255 0
{
  echo grouped
  echo error >&2
} 2>>out
printf -v v '%03d' 7
echo $v
