# case a1=0x0 -> a0=0x0 a1=0x70 a2=0x1 a3=0xffffffffffffffff a4=0x7ff a5=0xfffffffffffff800 a6=0xfffffffffffffff9
# case a1=0x1 -> a0=0x1 a1=0x71 a2=0x0 a3=0xfffffffffffffffe a4=0x7fe a5=0xfffffffffffff801 a6=0xfffffffffffffff9
# case a1=0x2 -> a0=0x2 a1=0x72 a2=0x3 a3=0xfffffffffffffffd a4=0x7fd a5=0xfffffffffffff802 a6=0xfffffffffffffff9
# case a1=0x3f -> a0=0x3f a1=0x4f a2=0x3e a3=0xffffffffffffffc0 a4=0x7c0 a5=0xfffffffffffff83f a6=0xfffffffffffffff9
# case a1=0x7fffffff -> a0=0x7fffffff a1=0x7fffff8f a2=0x7ffffffe a3=0xffffffff80000000 a4=0x7ffff800 a5=0xffffffff800007ff a6=0xfffffffffffffff9
# case a1=0x80000000 -> a0=0x80000000 a1=0x80000070 a2=0x80000001 a3=0xffffffff7fffffff a4=0x800007ff a5=0xffffffff7ffff800 a6=0xfffffffffffffff9
# case a1=0xffffffff -> a0=0xffffffff a1=0xffffff8f a2=0xfffffffe a3=0xffffffff00000000 a4=0xfffff800 a5=0xffffffff000007ff a6=0xfffffffffffffff9
# case a1=0x7fffffffffffffff -> a0=0x7fffffffffffffff a1=0x7fffffffffffff8f a2=0x7ffffffffffffffe a3=0x8000000000000000 a4=0x7ffffffffffff800 a5=0x80000000000007ff a6=0xfffffffffffffff9
# case a1=0x8000000000000000 -> a0=0x8000000000000000 a1=0x8000000000000070 a2=0x8000000000000001 a3=0x7fffffffffffffff a4=0x80000000000007ff a5=0x7ffffffffffff800 a6=0xfffffffffffffff9
# case a1=0xffffffffffffffff -> a0=0xffffffffffffffff a1=0xffffffffffffff8f a2=0xfffffffffffffffe a3=0x0 a4=0xfffffffffffff800 a5=0x7ff a6=0xfffffffffffffff9
# case a1=0x123456789abcdef0 -> a0=0x123456789abcdef0 a1=0x123456789abcde80 a2=0x123456789abcdef1 a3=0xedcba9876543210f a4=0x123456789abcd90f a5=0xedcba987654326f0 a6=0xfffffffffffffff9
# case a1=0xfedcba9876543210 -> a0=0xfedcba9876543210 a1=0xfedcba9876543260 a2=0xfedcba9876543211 a3=0x123456789abcdef a4=0xfedcba98765435ef a5=0x123456789abca10 a6=0xfffffffffffffff9
# case a1=0x00ff80007f010a00 -> a0=0xff80007f010a00 a1=0xff80007f010a70 a2=0xff80007f010a01 a3=0xff007fff80fef5ff a4=0xff80007f010dff a5=0xff007fff80fef200 a6=0xfffffffffffffff9
# case a1=0xfffffffffffffff9 -> a0=0xfffffffffffffff9 a1=0xffffffffffffff89 a2=0xfffffffffffffff8 a3=0x6 a4=0xfffffffffffff806 a5=0x7f9 a6=0xfffffffffffffff9
xori a0, a1, 0
xori a2, a1, 1
xori a3, a1, -1
xori a4, a1, 2047
xori a5, a1, -2048
xori a6, zero, -7
xori zero, a1, 5
xori a1, a1, 0x70
