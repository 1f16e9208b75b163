# case a1=0x0 -> a0=0x1 a1=0x100 a2=0x2 a3=0x8000000000000000 a4=0x80000000
# case a1=0x1 -> a0=0x1 a1=0x101 a2=0x3 a3=0x8000000000000001 a4=0x80000001
# case a1=0x2 -> a0=0x3 a1=0x102 a2=0x2 a3=0x8000000000000002 a4=0x80000002
# case a1=0x3f -> a0=0x3f a1=0x13f a2=0x3f a3=0x800000000000003f a4=0x8000003f
# case a1=0x7fffffff -> a0=0x7fffffff a2=0x7fffffff a3=0x800000007fffffff a4=0xffffffff
# case a1=0x80000000 -> a0=0x80000001 a1=0x80000100 a2=0x80000002 a3=0x8000000080000000 a4=0x80000000
# case a1=0xffffffff -> a0=0xffffffff a2=0xffffffff a3=0x80000000ffffffff a4=0xffffffff
# case a1=0x7fffffffffffffff -> a0=0x7fffffffffffffff a2=0x7fffffffffffffff a3=0xffffffffffffffff a4=0x7fffffffffffffff
# case a1=0x8000000000000000 -> a0=0x8000000000000001 a1=0x8000000000000100 a2=0x8000000000000002 a3=0x8000000000000000 a4=0x8000000080000000
# case a1=0xffffffffffffffff -> a0=0xffffffffffffffff a2=0xffffffffffffffff a3=0xffffffffffffffff a4=0xffffffffffffffff
# case a1=0x123456789abcdef0 -> a0=0x123456789abcdef1 a1=0x123456789abcdff0 a2=0x123456789abcdef2 a3=0x923456789abcdef0 a4=0x123456789abcdef0
# case a1=0xfedcba9876543210 -> a0=0xfedcba9876543211 a1=0xfedcba9876543310 a2=0xfedcba9876543212 a3=0xfedcba9876543210 a4=0xfedcba98f6543210
# case a1=0x00ff80007f010a00 -> a0=0xff80007f010a01 a1=0xff80007f010b00 a2=0xff80007f010a02 a3=0x80ff80007f010a00 a4=0xff8000ff010a00
# case a1=0xfffffffffffffff9 -> a0=0xfffffffffffffff9 a2=0xfffffffffffffffb a3=0xfffffffffffffff9 a4=0xfffffffffffffff9
bseti a0, a1, 0
bseti a2, a1, 1
bseti a3, a1, 63
bseti a4, a1, 31
bseti zero, a1, 3
bseti a1, a1, 8
