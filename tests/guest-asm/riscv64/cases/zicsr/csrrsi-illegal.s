# case -> pc=+0 trap=illegal
csrrsi a0, 0x300, 0
