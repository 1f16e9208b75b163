# case -> a0=0x0 fcsr=0xa0 pc=+4 trap=illegal
csrrwi a0, frm, 5
fcvt.d.s fa0, fa1
