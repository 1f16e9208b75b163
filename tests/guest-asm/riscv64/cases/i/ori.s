# case a1=0x0 -> a0=0x0 a1=0x70 a2=0x1 a3=0xffffffffffffffff a4=0x7ff a5=0xfffffffffffff800 a6=0xfffffffffffffff9
# case a1=0x1 -> a0=0x1 a1=0x71 a2=0x1 a3=0xffffffffffffffff a4=0x7ff a5=0xfffffffffffff801 a6=0xfffffffffffffff9
# case a1=0x2 -> a0=0x2 a1=0x72 a2=0x3 a3=0xffffffffffffffff a4=0x7ff a5=0xfffffffffffff802 a6=0xfffffffffffffff9
# case a1=0x3f -> a0=0x3f a1=0x7f a2=0x3f a3=0xffffffffffffffff a4=0x7ff a5=0xfffffffffffff83f a6=0xfffffffffffffff9
# case a1=0x7fffffff -> a0=0x7fffffff a2=0x7fffffff a3=0xffffffffffffffff a4=0x7fffffff a5=0xffffffffffffffff a6=0xfffffffffffffff9
# case a1=0x80000000 -> a0=0x80000000 a1=0x80000070 a2=0x80000001 a3=0xffffffffffffffff a4=0x800007ff a5=0xfffffffffffff800 a6=0xfffffffffffffff9
# case a1=0xffffffff -> a0=0xffffffff a2=0xffffffff a3=0xffffffffffffffff a4=0xffffffff a5=0xffffffffffffffff a6=0xfffffffffffffff9
# case a1=0x7fffffffffffffff -> a0=0x7fffffffffffffff a2=0x7fffffffffffffff a3=0xffffffffffffffff a4=0x7fffffffffffffff a5=0xffffffffffffffff a6=0xfffffffffffffff9
# case a1=0x8000000000000000 -> a0=0x8000000000000000 a1=0x8000000000000070 a2=0x8000000000000001 a3=0xffffffffffffffff a4=0x80000000000007ff a5=0xfffffffffffff800 a6=0xfffffffffffffff9
# case a1=0xffffffffffffffff -> a0=0xffffffffffffffff a2=0xffffffffffffffff a3=0xffffffffffffffff a4=0xffffffffffffffff a5=0xffffffffffffffff a6=0xfffffffffffffff9
# case a1=0x123456789abcdef0 -> a0=0x123456789abcdef0 a2=0x123456789abcdef1 a3=0xffffffffffffffff a4=0x123456789abcdfff a5=0xfffffffffffffef0 a6=0xfffffffffffffff9
# case a1=0xfedcba9876543210 -> a0=0xfedcba9876543210 a1=0xfedcba9876543270 a2=0xfedcba9876543211 a3=0xffffffffffffffff a4=0xfedcba98765437ff a5=0xfffffffffffffa10 a6=0xfffffffffffffff9
# case a1=0x00ff80007f010a00 -> a0=0xff80007f010a00 a1=0xff80007f010a70 a2=0xff80007f010a01 a3=0xffffffffffffffff a4=0xff80007f010fff a5=0xfffffffffffffa00 a6=0xfffffffffffffff9
# case a1=0xfffffffffffffff9 -> a0=0xfffffffffffffff9 a2=0xfffffffffffffff9 a3=0xffffffffffffffff a4=0xffffffffffffffff a5=0xfffffffffffffff9 a6=0xfffffffffffffff9
ori a0, a1, 0
ori a2, a1, 1
ori a3, a1, -1
ori a4, a1, 2047
ori a5, a1, -2048
ori a6, zero, -7
ori zero, a1, 5
ori a1, a1, 0x70
