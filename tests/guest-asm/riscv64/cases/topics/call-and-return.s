# case a0=0x0 -> ra=0x1000004 a0=0x11
jal ra, .+8
c.addi a0, 1
c.j .+8
c.addi a0, 16
jalr zero, 0(ra)
