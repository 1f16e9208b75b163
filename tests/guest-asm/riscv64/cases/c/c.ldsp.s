# case -> sp=0xde0497cf65c3ef09 a0=0x6526b0e96899feb5 a1=0x56e27eb562eddf5d t6=0x8dde6e5fd29f0540
# case sp=0x0 -> pc=+0 trap=fault
c.ldsp a0, 0(sp)
c.ldsp t6, 248(sp)
c.ldsp a1, 64(sp)
c.ldsp sp, 32(sp)
