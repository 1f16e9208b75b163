# case a1=0x0 a2=0x0 -> pc=+8
# case a1=0x1 a2=0x0 -> pc=+8
# case a1=0x0 a2=0x8000000000000000 -> pc=+8
# case a1=0x100000000 a2=0x1 -> pc=+8
# case s0=0x0 a1=0x0 a2=0x0 -> pc=+8
# case s0=0x0 a1=0x1 a2=0x1 ->
c.bnez a1, .+6
c.nop
c.nop
c.bnez a2, .+4
c.ebreak
c.nop
c.bnez s0, .-4
