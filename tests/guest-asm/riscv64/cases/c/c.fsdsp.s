# case -> m32=0xf5f5f5f5f5f5f5f5 m36=0xffffffffffffffff m63=0xe0e0e0e0e0e0e0e0
# case sp=0x0 -> pc=+0 trap=fault
c.fsdsp fa0, 0(sp)
c.fsdsp ft11, 248(sp)
c.fsdsp ft0, 32(sp)
