# case a1=data+16 m2=0x1 a2=0x2 a4=0x5 -> a0=0x1 a1=0xf0f0f0f0f0f0f17 a3=0x3 m2=0xf0f0f0f110f0f27
# case a1=data+16 m2=0x0 a2=0x0 a4=0x5 -> a0=0x0 a1=0xf0f0f0f0f0f0f14 a3=0x0 m2=0xf0f0f0f110f0f24
# case a1=data+16 m2=0x7fffffffffffffff a2=0x1 a4=0x5 -> a0=0x7fffffffffffffff a1=0x8f0f0f0f0f0f0f14 a3=0x8000000000000000 m2=0x8f0f0f0f110f0f24
# case a1=data+16 m2=0x8000000000000000 a2=0xffffffffffffffff a4=0x5 -> a0=0x8000000000000000 a1=0x8f0f0f0f0f0f0f13 a3=0x7fffffffffffffff m2=0x8f0f0f0f110f0f23
# case a1=data+16 m2=0x80000000 a2=0xffffffffffffffff a4=0x5 -> a0=0x80000000 a1=0xf0f0f0f8f0f0f13 a3=0x7fffffff m2=0xf0f0f0f910f0f23
# case a1=data+16 m2=0xffffffff80000000 a2=0xffffffff a4=0x5 -> a0=0xffffffff80000000 a1=0xf0f0f0f8f0f0f13 a3=0x7fffffff m2=0xf0f0f0f910f0f23
# case a1=data+16 m2=0x123456789abcdef0 a2=0x3f a4=0x5 -> a0=0x123456789abcdef0 a1=0x21436587a9cbee43 a3=0x123456789abcdf2f m2=0x21436587abcbee53
# case a1=data+16 m2=0xfedcba9876543210 a2=0x20 a4=0x5 -> a0=0xfedcba9876543210 a1=0xdebc9a785634144 a3=0xfedcba9876543230 m2=0xdebc9a787634154
# case a1=data+24 a4=0xffffffffffffffff -> a0=0x78dde6e5fd29f054 a1=0x93f9020118450b6e a3=0x84e9f2f20935fc60 m3=0x93f902011a450b86
amoadd.d a0, a2, (a1)
amoadd.d.aq a3, a4, (a1)
amoadd.d.rl zero, a5, (a1)
amoadd.d.aqrl a1, a1, (a1)
