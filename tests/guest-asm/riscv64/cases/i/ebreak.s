# case -> pc=+2
c.nop
ebreak
