# case -> m8=0x8ff347850a0a0a0a m9=0x2e2ac13e0b0b0b0b m10=0xcc623af802000040 m16=0x81af15510c0c0c0c m23=0x9090909eefba1f8
# case s0=data+3 -> m0=0x9e0a0a0a0a4a7c15 m1=0x3c0b0b0b0b94f82a m2=0xda02000003df743f m8=0x8f0c0c0c0c9e5cbd m15=0x9779b97f4a7c150 m16=0x81af155173090909
# case s0=0x0 -> pc=+0 trap=fault
c.sw a0, 0(s0)
c.sw a1, 8(s0)
c.sw a2, 64(s0)
c.sw s1, 124(s0)
c.sw s0, 16(s0)
