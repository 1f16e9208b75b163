# case a1=0x1 a2=0x2 -> a0=0xfffffffffffffffd a1=0xffffffffffffffff a3=0xfffffffffffffffd a4=0xffffffffffffffff
# case a1=0x0 a2=0x0 -> a0=0xffffffffffffffff a1=0xffffffffffffffff a3=0xffffffffffffffff a4=0xffffffffffffffff
# case a1=0x7fffffffffffffff a2=0x1 -> a0=0xffffffffffffffff a1=0xffffffffffffffff a3=0xfffffffffffffffe a4=0xffffffffffffffff
# case a1=0x8000000000000000 a2=0xffffffffffffffff -> a0=0x8000000000000000 a1=0xffffffffffffffff a3=0x0 a4=0xffffffffffffffff
# case a1=0x80000000 a2=0xffffffffffffffff -> a0=0x80000000 a1=0xffffffffffffffff a3=0x0 a4=0xffffffffffffffff
# case a1=0xffffffff80000000 a2=0xffffffff -> a0=0xffffffff80000000 a1=0xffffffffffffffff a3=0xffffffff00000000 a4=0xffffffffffffffff
# case a1=0x123456789abcdef0 a2=0x3f -> a0=0xfffffffffffffff0 a1=0xffffffffffffffff a3=0xffffffffffffffc0 a4=0xffffffffffffffff
# case a1=0xfedcba9876543210 a2=0x20 -> a0=0xffffffffffffffdf a1=0xffffffffffffffff a3=0xffffffffffffffdf a4=0xffffffffffffffff
# case a1=0xffffffffffffffff a2=0x0 -> a0=0xffffffffffffffff a3=0xffffffffffffffff a4=0xffffffffffffffff
# case a1=0xfffffffffffffff9 a2=0x3 -> a0=0xfffffffffffffffd a1=0xffffffffffffffff a3=0xfffffffffffffffc a4=0xffffffffffffffff
# case a1=0x7fffffff a2=0xfffffffffffffffe -> a0=0x7fffffff a1=0xffffffffffffffff a3=0x1 a4=0xffffffffffffffff
# case a1=0x123456789abcdef0 a2=0xfedcba9876543210 -> a0=0x1337577f9bbfdfff a1=0xffffffffffffffff a3=0x123456789abcdef a4=0xffffffffffffffff
# case a1=0xfedcba9876543210 a2=0x123456789abcdef0 -> a0=0xffdfbb9f7757331f a1=0xffffffffffffffff a3=0xedcba9876543210f a4=0xffffffffffffffff
# case a1=0x8000000000000000 a2=0x8000000000000000 -> a0=0xffffffffffffffff a1=0xffffffffffffffff a3=0x7fffffffffffffff a4=0xffffffffffffffff
# case a1=0x64 a2=0x7 -> a0=0xfffffffffffffffc a1=0xffffffffffffffff a3=0xfffffffffffffff8 a4=0xffffffffffffffff
orn a0, a1, a2
orn a1, a1, a1
orn a3, zero, a2
orn a4, a2, zero
orn zero, a1, a2
