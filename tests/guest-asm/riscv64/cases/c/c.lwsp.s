# case -> sp=0x65c3ef09 a0=0x6899feb5 a1=0x62eddf5d t6=0xffffffff8dde6e5f
# case sp=0x0 -> pc=+0 trap=fault
c.lwsp a0, 0(sp)
c.lwsp t6, 252(sp)
c.lwsp a1, 64(sp)
c.lwsp sp, 32(sp)
