# case fa1=0x3ff0000000000000 fa2=0x3fd5555555555555 -> a0=0x0 a1=0xa0 a2=0x0 fa0=0x3ff5555555555555 fa3=0x0 fcsr=0xa1 pc=+20 trap=illegal
csrrwi a0, frm, 5
csrrs a1, fcsr, zero
fadd.d fa0, fa1, fa2, rne
feq.d a2, fa1, fa2
fmv.d.x fa3, a0
fadd.d fa0, fa1, fa2
