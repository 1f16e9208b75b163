# case a1=0x1 a2=0x2 -> a0=0xfffffffffffffffc a1=0xffffffffffffffff a3=0xfffffffffffffffd a4=0xfffffffffffffffd
# case a1=0x0 a2=0x0 -> a0=0xffffffffffffffff a1=0xffffffffffffffff a3=0xffffffffffffffff a4=0xffffffffffffffff
# case a1=0x7fffffffffffffff a2=0x1 -> a0=0x8000000000000001 a1=0xffffffffffffffff a3=0xfffffffffffffffe a4=0xfffffffffffffffe
# case a1=0x8000000000000000 a2=0xffffffffffffffff -> a0=0x8000000000000000 a1=0xffffffffffffffff a3=0x0 a4=0x0
# case a1=0x80000000 a2=0xffffffffffffffff -> a0=0x80000000 a1=0xffffffffffffffff a3=0x0 a4=0x0
# case a1=0xffffffff80000000 a2=0xffffffff -> a0=0x80000000 a1=0xffffffffffffffff a3=0xffffffff00000000 a4=0xffffffff00000000
# case a1=0x123456789abcdef0 a2=0x3f -> a0=0xedcba98765432130 a1=0xffffffffffffffff a3=0xffffffffffffffc0 a4=0xffffffffffffffc0
# case a1=0xfedcba9876543210 a2=0x20 -> a0=0x123456789abcdcf a1=0xffffffffffffffff a3=0xffffffffffffffdf a4=0xffffffffffffffdf
# case a1=0xffffffffffffffff a2=0x0 -> a0=0x0 a3=0xffffffffffffffff a4=0xffffffffffffffff
# case a1=0xfffffffffffffff9 a2=0x3 -> a0=0x5 a1=0xffffffffffffffff a3=0xfffffffffffffffc a4=0xfffffffffffffffc
# case a1=0x7fffffff a2=0xfffffffffffffffe -> a0=0x7ffffffe a1=0xffffffffffffffff a3=0x1 a4=0x1
# case a1=0x123456789abcdef0 a2=0xfedcba9876543210 -> a0=0x1317131f1317131f a1=0xffffffffffffffff a3=0x123456789abcdef a4=0x123456789abcdef
# case a1=0xfedcba9876543210 a2=0x123456789abcdef0 -> a0=0x1317131f1317131f a1=0xffffffffffffffff a3=0xedcba9876543210f a4=0xedcba9876543210f
# case a1=0x8000000000000000 a2=0x8000000000000000 -> a0=0xffffffffffffffff a1=0xffffffffffffffff a3=0x7fffffffffffffff a4=0x7fffffffffffffff
# case a1=0x64 a2=0x7 -> a0=0xffffffffffffff9c a1=0xffffffffffffffff a3=0xfffffffffffffff8 a4=0xfffffffffffffff8
xnor a0, a1, a2
xnor a1, a1, a1
xnor a3, zero, a2
xnor a4, a2, zero
xnor zero, a1, a2
