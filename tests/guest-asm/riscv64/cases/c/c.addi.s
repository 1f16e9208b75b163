# case a1=0x0 -> sp=0x20000ff
# case a1=0x1 -> sp=0x20000ff
# case a1=0x2 -> sp=0x20000ff
# case a1=0x3f -> sp=0x20000ff
# case a1=0x7fffffff -> sp=0x20000ff
# case a1=0x80000000 -> sp=0x20000ff
# case a1=0xffffffff -> sp=0x20000ff
# case a1=0x7fffffffffffffff -> sp=0x20000ff
# case a1=0x8000000000000000 -> sp=0x20000ff
# case a1=0xffffffffffffffff -> sp=0x20000ff
# case a1=0x123456789abcdef0 -> sp=0x20000ff
# case a1=0xfedcba9876543210 -> sp=0x20000ff
# case a1=0x00ff80007f010a00 -> sp=0x20000ff
# case a1=0xfffffffffffffff9 -> sp=0x20000ff
c.addi a1, 1
c.addi a1, 31
c.addi a1, -32
c.addi t6, 0
c.addi sp, -1
