# case a1=0x0 -> a0=0x0 a2=0x0 a3=0x0 a4=0x0
# case a1=0x1 -> a0=0x1 a1=0x100000000000000 a2=0x8000000000000000 a3=0x2 a4=0x200000000
# case a1=0x2 -> a0=0x2 a1=0x200000000000000 a2=0x1 a3=0x4 a4=0x400000000
# case a1=0x3f -> a0=0x3f a1=0x3f00000000000000 a2=0x800000000000001f a3=0x7e a4=0x7e00000000
# case a1=0x7fffffff -> a0=0x7fffffff a1=0xff000000007fffff a2=0x800000003fffffff a3=0xfffffffe a4=0xfffffffe00000000
# case a1=0x80000000 -> a0=0x80000000 a1=0x800000 a2=0x40000000 a3=0x100000000 a4=0x1
# case a1=0xffffffff -> a0=0xffffffff a1=0xff00000000ffffff a2=0x800000007fffffff a3=0x1fffffffe a4=0xfffffffe00000001
# case a1=0x7fffffffffffffff -> a0=0x7fffffffffffffff a1=0xff7fffffffffffff a2=0xbfffffffffffffff a3=0xfffffffffffffffe a4=0xfffffffeffffffff
# case a1=0x8000000000000000 -> a0=0x8000000000000000 a1=0x80000000000000 a2=0x4000000000000000 a3=0x1 a4=0x100000000
# case a1=0xffffffffffffffff -> a0=0xffffffffffffffff a2=0xffffffffffffffff a3=0xffffffffffffffff a4=0xffffffffffffffff
# case a1=0x123456789abcdef0 -> a0=0x123456789abcdef0 a1=0xf0123456789abcde a2=0x91a2b3c4d5e6f78 a3=0x2468acf13579bde0 a4=0x3579bde02468acf1
# case a1=0xfedcba9876543210 -> a0=0xfedcba9876543210 a1=0x10fedcba98765432 a2=0x7f6e5d4c3b2a1908 a3=0xfdb97530eca86421 a4=0xeca86421fdb97530
# case a1=0x00ff80007f010a00 -> a0=0xff80007f010a00 a1=0xff80007f010a a2=0x7fc0003f808500 a3=0x1ff0000fe021400 a4=0xfe02140001ff0000
# case a1=0xfffffffffffffff9 -> a0=0xfffffffffffffff9 a1=0xf9ffffffffffffff a2=0xfffffffffffffffc a3=0xfffffffffffffff3 a4=0xfffffff3ffffffff
rori a0, a1, 0
rori a2, a1, 1
rori a3, a1, 63
rori a4, a1, 31
rori zero, a1, 3
rori a1, a1, 8
