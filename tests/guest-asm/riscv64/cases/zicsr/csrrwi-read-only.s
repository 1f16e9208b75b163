# case a1=0x1 -> pc=+0 trap=illegal
csrrwi a0, cycle, 1
