# case a1=data+16 m2=0x1 a2=0x2 a4=0x5 -> a0=0x1 a1=0xf0f0f0f0f0f0f0f a3=0x3 m2=0xf0f0f0f0f0f0f1f
# case a1=data+16 m2=0x0 a2=0x0 a4=0x5 -> a0=0x0 a1=0xf0f0f0f0f0f0f0f a3=0x0 m2=0xf0f0f0f0f0f0f1f
# case a1=data+16 m2=0x7fffffffffffffff a2=0x1 a4=0x5 -> a0=0x7fffffffffffffff a1=0x7fffffffffffffff a3=0x7fffffffffffffff
# case a1=data+16 m2=0x8000000000000000 a2=0xffffffffffffffff a4=0x5 -> a0=0x8000000000000000 a1=0xffffffffffffffff a3=0xffffffffffffffff m2=0xffffffffffffffff
# case a1=data+16 m2=0x80000000 a2=0xffffffffffffffff a4=0x5 -> a0=0x80000000 a1=0xffffffffffffffff a3=0xffffffffffffffff m2=0xffffffffffffffff
# case a1=data+16 m2=0xffffffff80000000 a2=0xffffffff a4=0x5 -> a0=0xffffffff80000000 a1=0xffffffffffffffff a3=0xffffffffffffffff m2=0xffffffffffffffff
# case a1=data+16 m2=0x123456789abcdef0 a2=0x3f a4=0x5 -> a0=0x123456789abcdef0 a1=0x1f3f5f7f9fbfdfff a3=0x123456789abcdeff m2=0x1f3f5f7f9fbfdfff
# case a1=data+16 m2=0xfedcba9876543210 a2=0x20 a4=0x5 -> a0=0xfedcba9876543210 a1=0xffdfbf9f7f5f3f3f a3=0xfedcba9876543230 m2=0xffdfbf9f7f5f3f3f
# case a1=data+24 a4=0xffffffffffffffff -> a0=0x78dde6e5fd29f054 a1=0xffffffffffffffff a3=0x7cddeeedfd2dfc5c m3=0xffffffffffffffff
amoor.d a0, a2, (a1)
amoor.d.aq a3, a4, (a1)
amoor.d.rl zero, a5, (a1)
amoor.d.aqrl a1, a1, (a1)
