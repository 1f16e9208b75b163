# case fa1=0x3ff0000000000000 fa2=0x3fd5555555555555 -> a0=0x0 a1=0x7 fa0=0x3ff5555555555556 fcsr=0x61
csrrwi a0, frm, 7
csrrwi a1, frm, 3
fadd.d fa0, fa1, fa2
