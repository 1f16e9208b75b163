# case a1=0x1 a2=0x2 ->
# case a1=0x0 a2=0x0 ->
# case a1=0x7fffffffffffffff a2=0x1 ->
# case a1=0x8000000000000000 a2=0xffffffffffffffff ->
# case a1=0x80000000 a2=0xffffffffffffffff ->
# case a1=0xffffffff80000000 a2=0xffffffff ->
# case a1=0x123456789abcdef0 a2=0x3f ->
# case a1=0xfedcba9876543210 a2=0x20 ->
# case a1=0xffffffffffffffff a2=0x0 ->
# case a1=0xfffffffffffffff9 a2=0x3 ->
# case a1=0x7fffffff a2=0xfffffffffffffffe ->
# case a1=0x123456789abcdef0 a2=0xfedcba9876543210 ->
# case a1=0xfedcba9876543210 a2=0x123456789abcdef0 ->
# case a1=0x8000000000000000 a2=0x8000000000000000 ->
# case a1=0x64 a2=0x7 ->
# case a1=0x5 a2=0x5 ->
# case a1=0xffffffffffffffff a2=0xffffffffffffffff ->
c.nop
bne a1, a2, .+12
c.nop
bne a1, zero, .+8
c.nop
c.nop
