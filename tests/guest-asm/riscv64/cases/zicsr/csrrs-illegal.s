# case -> pc=+0 trap=illegal
csrrs a0, 0x300, zero
