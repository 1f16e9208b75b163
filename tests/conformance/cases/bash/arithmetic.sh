for ((i = 0; i < 300; i++)); do ((s += i * i % 7)); done
echo $s $((2 ** 40)) $((0x1f | 010)) $((-7 / 2)) $((-7 % 2)) $((s > 5 ? 1 : 0)) $((36#zz)) $((9223372036854775807 + 1))
n=27 c=0
while ((n != 1)); do
  if ((n % 2)); then ((n = 3 * n + 1)); else ((n /= 2)); fi
  ((c++))
done
echo collatz $c
until ((c-- < 100)); do :; done
echo $c
let "x = 5, y = x << 3"
echo $x $y
