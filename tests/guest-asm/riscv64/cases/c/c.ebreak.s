# case -> pc=+2
c.nop
c.ebreak
c.nop
