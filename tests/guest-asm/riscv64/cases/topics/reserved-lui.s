# case -> pc=+0 trap=illegal
.2byte 0x6081
