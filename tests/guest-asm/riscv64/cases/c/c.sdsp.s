# case -> m32=0xa0a0a0a0a0a0a0a m36=0x2000100 m40=0x0 m63=0x1f1f1f1f1f1f1f1f
# case sp=0x0 -> pc=+0 trap=fault
c.sdsp a0, 0(sp)
c.sdsp t6, 248(sp)
c.sdsp zero, 64(sp)
c.sdsp sp, 32(sp)
