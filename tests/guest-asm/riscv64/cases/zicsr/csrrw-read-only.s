# case a1=0x1 -> pc=+0 trap=illegal
csrrw a0, cycle, a1
