echo 0 > n
add() { for _ in 1 2 3 4 5; do (flock 9; v=$(cat n); echo $((v + 1)) > n) 9> lock; done; }
for i in 1 2 3 4; do add & done; wait; cat n
exec 8> held; flock 8; flock -n held true; echo "busy $?"; flock -w 0.2 held true; echo "timeout $?"
flock -u 8; flock -n held echo free
flock -s held bash -c 'flock -sn held echo shared; flock -xn held true || echo no'
