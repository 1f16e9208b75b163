# case -> m8=0xf5f5f5f5f5f5f5f5 m9=0xf4f4f4f4f4f4f4f4 m16=0xf3f3f3f3f3f3f3f3 m39=0xf6f6f6f6f6f6f6f6
# case s0=data+3 -> m0=0xf5f5f5f5f54a7c15 m1=0xf4f4f4f4f4f5f5f5 m2=0xdaa66d2c7df4f4f4 m8=0xf3f3f3f3f39e5cbd m9=0x2e2ac13ef8f3f3f3 m31=0xf6f6f6f6f64f82a0 m32=0x6526b0e968f6f6f6
# case s0=0x0 -> pc=+0 trap=fault
c.fsd fa0, 0(s0)
c.fsd fa1, 8(s0)
c.fsd fa2, 64(s0)
c.fsd fs1, 248(s0)
