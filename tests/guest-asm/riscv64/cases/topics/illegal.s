# case -> pc=+2 trap=illegal
c.nop
.4byte 0x0000007b
