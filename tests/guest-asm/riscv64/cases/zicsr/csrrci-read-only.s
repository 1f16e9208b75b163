# case a1=0x1 -> pc=+0 trap=illegal
csrrci a0, cycle, 1
