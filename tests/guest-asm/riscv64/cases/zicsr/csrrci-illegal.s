# case -> pc=+0 trap=illegal
csrrci a0, 0x300, 0
