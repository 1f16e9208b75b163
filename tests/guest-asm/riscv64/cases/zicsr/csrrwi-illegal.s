# case -> pc=+0 trap=illegal
csrrwi a0, 0x300, 0
