# case -> ft0=0xde0497cf65c3ef09 fa0=0x6526b0e96899feb5 ft11=0x8dde6e5fd29f0540
# case sp=0x0 -> pc=+0 trap=fault
c.fldsp fa0, 0(sp)
c.fldsp ft11, 248(sp)
c.fldsp ft0, 32(sp)
