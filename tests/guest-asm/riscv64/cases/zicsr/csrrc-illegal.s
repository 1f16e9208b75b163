# case -> pc=+0 trap=illegal
csrrc a0, 0x300, zero
