# case -> s0=0x20004fc a0=0x2000104 a5=0x2000140
c.addi4spn a0, sp, 4
c.addi4spn s0, sp, 1020
c.addi4spn a5, sp, 64
