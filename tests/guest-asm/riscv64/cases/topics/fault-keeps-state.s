# case a2=0x0 -> a0=0xa0a0a0a0a0a0a0b pc=+2 trap=fault
# case a2=data -> a0=0xa0a0a0a0a0a0a0c a1=0x7f4a7c15
c.addi a0, 1
c.lw a1, 0(a2)
c.addi a0, 1
