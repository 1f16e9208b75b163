# case a1=0x1 -> pc=+0 trap=illegal
csrrc a0, cycle, a1
