# case a1=data+16 m2=0x1 a2=0x2 a4=0x5 -> a0=0x1 a1=0xf0f0f0f0f0f0f09 a3=0x3 m2=0xf0f0f0f0d0f0f19
# case a1=data+16 m2=0x0 a2=0x0 a4=0x5 -> a0=0x0 a1=0xf0f0f0f0f0f0f0a a3=0x0 m2=0xf0f0f0f0d0f0f1a
# case a1=data+16 m2=0x7fffffffffffffff a2=0x1 a4=0x5 -> a0=0x7fffffffffffffff a1=0x70f0f0f0f0f0f0f4 a3=0x7ffffffffffffffe m2=0x70f0f0f0f2f0f0e4
# case a1=data+16 m2=0x8000000000000000 a2=0xffffffffffffffff a4=0x5 -> a0=0x8000000000000000 a1=0x70f0f0f0f0f0f0f5 a3=0x7fffffffffffffff m2=0x70f0f0f0f2f0f0e5
# case a1=data+16 m2=0x80000000 a2=0xffffffffffffffff a4=0x5 -> a0=0x80000000 a1=0xf0f0f0f070f0f0f5 a3=0xffffffff7fffffff m2=0xf0f0f0f072f0f0e5
# case a1=data+16 m2=0xffffffff80000000 a2=0xffffffff a4=0x5 -> a0=0xffffffff80000000 a1=0xf0f0f0f070f0f0f5 a3=0xffffffff7fffffff m2=0xf0f0f0f072f0f0e5
# case a1=data+16 m2=0x123456789abcdef0 a2=0x3f a4=0x5 -> a0=0x123456789abcdef0 a1=0x1d3b597795b3d1c5 a3=0x123456789abcdecf m2=0x1d3b597797b3d1d5
# case a1=data+16 m2=0xfedcba9876543210 a2=0x20 a4=0x5 -> a0=0xfedcba9876543210 a1=0xf1d3b597795b3d3a a3=0xfedcba9876543230 m2=0xf1d3b5977b5b3d2a
# case a1=data+24 a4=0xffffffffffffffff -> a0=0x78dde6e5fd29f054 a1=0x84211a1901d50ca8 a3=0x74d1eae9f125fc58 m3=0x84211a1903d50cb0
amoxor.d a0, a2, (a1)
amoxor.d.aq a3, a4, (a1)
amoxor.d.rl zero, a5, (a1)
amoxor.d.aqrl a1, a1, (a1)
