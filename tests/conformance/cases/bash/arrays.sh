a=(one two "three four")
a+=(five)
a[9]=nine
declare -A m=([x]=1 [y]=2)
m[z]=3
echo ${#a[@]} "${a[2]}" ${!a[@]} "${a[@]:1:2}" ${m[z]} ${#m[@]}
fact() {
  local n=$1
  if ((n < 2)); then r=1; else
    fact $((n - 1))
    ((r *= n))
  fi
}
fact 15
echo $r
f() { return 42; }
f
echo $?
declare -i n=5+5
echo $n
declare -r constant=1
printf '%s\n' "${a[@]/e/E}"
readarray -t lines <poem
echo ${#lines[@]} "${lines[3]}"
unset 'a[0]'
echo "${a[*]}"
constant=2
