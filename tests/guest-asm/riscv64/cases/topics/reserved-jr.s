# case -> pc=+0 trap=illegal
.2byte 0x8002
