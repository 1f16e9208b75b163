# case a1=0x1 a2=0x2 -> pc=+4
# case a1=0x2 a2=0x1 -> pc=+4
# case a1=0x1 a2=0x1 ->
# case a1=0x1 a2=-0x1 -> pc=+4
beq zero, zero, .+6
c.ebreak
bne a1, a2, .-2
