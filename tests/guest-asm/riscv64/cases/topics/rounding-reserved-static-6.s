# case -> pc=+0 trap=illegal
.4byte 0x02c5e553
