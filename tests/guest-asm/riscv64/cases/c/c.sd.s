# case -> m8=0xa0a0a0a0a0a0a0a m9=0xb0b0b0b0b0b0b0b m10=0x2000040 m16=0xc0c0c0c0c0c0c0c m39=0x909090909090909
# case s0=data+3 -> m0=0xa0a0a0a0a4a7c15 m1=0xb0b0b0b0b0a0a0a m2=0x20000030b0b0b m3=0x78dde6e5fd000000 m8=0xc0c0c0c0c9e5cbd m9=0x2e2ac13ef80c0c0c m31=0x9090909094f82a0 m32=0x6526b0e968090909
# case s0=0x0 -> pc=+0 trap=fault
c.sd a0, 0(s0)
c.sd a1, 8(s0)
c.sd a2, 64(s0)
c.sd s1, 248(s0)
c.sd s0, 16(s0)
