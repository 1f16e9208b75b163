# case -> m32=0x6526b0e90a0a0a0a m36=0xde0497cf02000100 m40=0x56e27eb500000000 m63=0x1f1f1f1fd29f0540
# case sp=0x0 -> pc=+0 trap=fault
c.swsp a0, 0(sp)
c.swsp t6, 252(sp)
c.swsp zero, 64(sp)
c.swsp sp, 32(sp)
