# case -> pc=+8
c.j .+4
c.ebreak
c.j .+6
c.ebreak
c.ebreak
c.j .-2
