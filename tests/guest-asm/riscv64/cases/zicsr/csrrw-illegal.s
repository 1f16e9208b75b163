# case -> pc=+0 trap=illegal
csrrw a0, 0x300, zero
