# case -> ra=0x1000004 t0=0x100001c a0=0x100000c pc=+22
jal ra, .+8
c.ebreak
c.ebreak
jal a0, .+8
c.ebreak
c.ebreak
jal zero, .+8
c.ebreak
c.ebreak
jal t0, .-2
