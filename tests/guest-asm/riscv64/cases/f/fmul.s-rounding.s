# case fa1=0xffffffff00000000 fa2=0xffffffffbfc00000 fcsr=0x0 -> fa0=0xffffffff80000000 fa3=0xffffffff80000000 fa4=0xffffffff80000000 fa5=0xffffffff80000000 fa6=0xffffffff80000000 fa7=0xffffffff80000000
# case fa1=0xffffffff00000000 fa2=0xffffffff80000000 fcsr=0x20 -> fa0=0xffffffff80000000 fa3=0xffffffff80000000 fa4=0xffffffff80000000 fa5=0xffffffff80000000 fa6=0xffffffff80000000 fa7=0xffffffff80000000
# case fa1=0xffffffff80000000 fa2=0xffffffff807fffff fcsr=0x40 -> fa0=0xffffffff00000000 fa3=0xffffffff00000000 fa4=0xffffffff00000000 fa5=0xffffffff00000000 fa6=0xffffffff00000000 fa7=0xffffffff00000000
# case fa1=0xffffffff80000000 fa2=0xffffffff7f800000 fcsr=0x60 -> fa0=0xffffffff7fc00000 fa3=0xffffffff7fc00000 fa4=0xffffffff7fc00000 fa5=0xffffffff7fc00000 fa6=0xffffffff7fc00000 fa7=0xffffffff7fc00000 fcsr=0x70
# case fa1=0xffffffff3f800000 fa2=0xffffffff4b800001 fcsr=0x80 -> fa0=0xffffffff4b800001 fa3=0xffffffff4b800001 fa4=0xffffffff4b800001 fa5=0xffffffff4b800001 fa6=0xffffffff4b800001 fa7=0xffffffff4b800001
# case fa1=0xffffffffbfc00000 fa2=0xffffffff3f000000 fcsr=0x0 -> fa0=0xffffffffbf400000 fa3=0xffffffffbf400000 fa4=0xffffffffbf400000 fa5=0xffffffffbf400000 fa6=0xffffffffbf400000 fa7=0xffffffffbf400000
# case fa1=0xffffffffbfc00000 fa2=0xffffffffbfc00000 fcsr=0x20 -> fa0=0xffffffff40100000 fa3=0xffffffff40100000 fa4=0xffffffff40100000 fa5=0xffffffff40100000 fa6=0xffffffff40100000 fa7=0xffffffff40100000
# case fa1=0xffffffff3eaaaaab fa2=0xfffffffe3f800000 fcsr=0x40 -> fa0=0xffffffff7fc00000 fa3=0xffffffff7fc00000 fa4=0xffffffff7fc00000 fa5=0xffffffff7fc00000 fa6=0xffffffff7fc00000 fa7=0xffffffff7fc00000
# case fa1=0xffffffff7f7fffff fa2=0xffffffff3eaaaaab fcsr=0x60 -> fa0=0xffffffff7eaaaaab fa3=0xffffffff7eaaaaaa fa4=0xffffffff7eaaaaaa fa5=0xffffffff7eaaaaaa fa6=0xffffffff7eaaaaab fa7=0xffffffff7eaaaaaa fcsr=0x61
# case fa1=0xffffffff7f7fffff fa2=0xffffffff4b800001 fcsr=0x80 -> fa0=0xffffffff7f800000 fa3=0xffffffff7f800000 fa4=0xffffffff7f7fffff fa5=0xffffffff7f7fffff fa6=0xffffffff7f800000 fa7=0xffffffff7f800000 fcsr=0x85
# case fa1=0xffffffff00800000 fa2=0xffffffff80000000 fcsr=0x0 -> fa0=0xffffffff80000000 fa3=0xffffffff80000000 fa4=0xffffffff80000000 fa5=0xffffffff80000000 fa6=0xffffffff80000000 fa7=0xffffffff80000000
# case fa1=0xffffffff00800000 fa2=0xffffffff00800000 fcsr=0x20 -> fa0=0xffffffff00000000 fa3=0xffffffff00000000 fa4=0xffffffff00000000 fa5=0xffffffff00000000 fa6=0xffffffff00000001 fa7=0xffffffff00000000 fcsr=0x23
# case fa1=0xffffffff00000001 fa2=0xffffffff7f800000 fcsr=0x40 -> fa0=0xffffffff7f800000 fa3=0xffffffff7f800000 fa4=0xffffffff7f800000 fa5=0xffffffff7f800000 fa6=0xffffffff7f800000 fa7=0xffffffff7f800000
# case fa1=0xffffffff807fffff fa2=0xffffffff40200000 fcsr=0x60 -> fa0=0xffffffff811ffffe fa3=0xffffffff811fffff fa4=0xffffffff811ffffe fa5=0xffffffff811fffff fa6=0xffffffff811ffffe fa7=0xffffffff811fffff fcsr=0x61
# case fa1=0xffffffff7f800000 fa2=0xffffffff00000000 fcsr=0x80 -> fa0=0xffffffff7fc00000 fa3=0xffffffff7fc00000 fa4=0xffffffff7fc00000 fa5=0xffffffff7fc00000 fa6=0xffffffff7fc00000 fa7=0xffffffff7fc00000 fcsr=0x90
# case fa1=0xffffffff7f800000 fa2=0xffffffff80000000 fcsr=0x0 -> fa0=0xffffffff7fc00000 fa3=0xffffffff7fc00000 fa4=0xffffffff7fc00000 fa5=0xffffffff7fc00000 fa6=0xffffffff7fc00000 fa7=0xffffffff7fc00000 fcsr=0x10
# case fa1=0xffffffffff800000 fa2=0xffffffff7f7fffff fcsr=0x20 -> fa0=0xffffffffff800000 fa3=0xffffffffff800000 fa4=0xffffffffff800000 fa5=0xffffffffff800000 fa6=0xffffffffff800000 fa7=0xffffffffff800000
# case fa1=0xffffffffff800000 fa2=0xffffffff7f800000 fcsr=0x40 -> fa0=0xffffffffff800000 fa3=0xffffffffff800000 fa4=0xffffffffff800000 fa5=0xffffffffff800000 fa6=0xffffffffff800000 fa7=0xffffffffff800000
# case fa1=0xffffffff7fc00000 fa2=0xffffffff4b800001 fcsr=0x60 -> fa0=0xffffffff7fc00000 fa3=0xffffffff7fc00000 fa4=0xffffffff7fc00000 fa5=0xffffffff7fc00000 fa6=0xffffffff7fc00000 fa7=0xffffffff7fc00000
# case fa1=0xffffffff7f800001 fa2=0xffffffffcf000001 fcsr=0x80 -> fa0=0xffffffff7fc00000 fa3=0xffffffff7fc00000 fa4=0xffffffff7fc00000 fa5=0xffffffff7fc00000 fa6=0xffffffff7fc00000 fa7=0xffffffff7fc00000 fcsr=0x90
# case fa1=0xffffffff7f800001 fa2=0xffffffff7f800001 fcsr=0x0 -> fa0=0xffffffff7fc00000 fa3=0xffffffff7fc00000 fa4=0xffffffff7fc00000 fa5=0xffffffff7fc00000 fa6=0xffffffff7fc00000 fa7=0xffffffff7fc00000 fcsr=0x10
# case fa1=0xffffffffffc0dead fa2=0xffffffff01234567 fcsr=0x20 -> fa0=0xffffffff7fc00000 fa3=0xffffffff7fc00000 fa4=0xffffffff7fc00000 fa5=0xffffffff7fc00000 fa6=0xffffffff7fc00000 fa7=0xffffffff7fc00000
# case fa1=0xffffffff4effffff fa2=0xffffffff80000000 fcsr=0x40 -> fa0=0xffffffff80000000 fa3=0xffffffff80000000 fa4=0xffffffff80000000 fa5=0xffffffff80000000 fa6=0xffffffff80000000 fa7=0xffffffff80000000
# case fa1=0xffffffff4effffff fa2=0xffffffff4b800001 fcsr=0x60 -> fa0=0xffffffff5b000001 fa3=0xffffffff5b000000 fa4=0xffffffff5b000000 fa5=0xffffffff5b000000 fa6=0xffffffff5b000001 fa7=0xffffffff5b000000 fcsr=0x61
# case fa1=0xffffffffcf000001 fa2=0xffffffff80000000 fcsr=0x80 -> fa0=0xffffffff00000000 fa3=0xffffffff00000000 fa4=0xffffffff00000000 fa5=0xffffffff00000000 fa6=0xffffffff00000000 fa7=0xffffffff00000000
# case fa1=0xffffffffcf000001 fa2=0xffffffffcf000001 fcsr=0x0 -> fa0=0xffffffff5e800002 fa3=0xffffffff5e800002 fa4=0xffffffff5e800002 fa5=0xffffffff5e800002 fa6=0xffffffff5e800003 fa7=0xffffffff5e800002 fcsr=0x1
# case fa1=0xffffffff5f000000 fa2=0xffffffff7f800000 fcsr=0x20 -> fa0=0xffffffff7f800000 fa3=0xffffffff7f800000 fa4=0xffffffff7f800000 fa5=0xffffffff7f800000 fa6=0xffffffff7f800000 fa7=0xffffffff7f800000
# case fa1=0xffffffff4b800001 fa2=0xffffffff5f000000 fcsr=0x40 -> fa0=0xffffffff6b000001 fa3=0xffffffff6b000001 fa4=0xffffffff6b000001 fa5=0xffffffff6b000001 fa6=0xffffffff6b000001 fa7=0xffffffff6b000001
# case fa1=0xffffffff3f000000 fa2=0xffffffffc2c80000 fcsr=0x60 -> fa0=0xffffffffc2480000 fa3=0xffffffffc2480000 fa4=0xffffffffc2480000 fa5=0xffffffffc2480000 fa6=0xffffffffc2480000 fa7=0xffffffffc2480000
# case fa1=0xffffffff3f000000 fa2=0xffffffff80000000 fcsr=0x80 -> fa0=0xffffffff80000000 fa3=0xffffffff80000000 fa4=0xffffffff80000000 fa5=0xffffffff80000000 fa6=0xffffffff80000000 fa7=0xffffffff80000000
# case fa1=0xffffffff40200000 fa2=0xffffffff3f800000 fcsr=0x0 -> fa0=0xffffffff40200000 fa3=0xffffffff40200000 fa4=0xffffffff40200000 fa5=0xffffffff40200000 fa6=0xffffffff40200000 fa7=0xffffffff40200000
# case fa1=0xffffffff40200000 fa2=0xffffffff7f800000 fcsr=0x20 -> fa0=0xffffffff7f800000 fa3=0xffffffff7f800000 fa4=0xffffffff7f800000 fa5=0xffffffff7f800000 fa6=0xffffffff7f800000 fa7=0xffffffff7f800000
# case fa1=0xffffffff01234567 fa2=0xffffffff4b800001 fcsr=0x40 -> fa0=0xffffffff0d234568 fa3=0xffffffff0d234568 fa4=0xffffffff0d234568 fa5=0xffffffff0d234568 fa6=0xffffffff0d234569 fa7=0xffffffff0d234568 fcsr=0x41
# case fa1=0xffffffffc2c80000 fa2=0xffffffff7f800001 fcsr=0x60 -> fa0=0xffffffff7fc00000 fa3=0xffffffff7fc00000 fa4=0xffffffff7fc00000 fa5=0xffffffff7fc00000 fa6=0xffffffff7fc00000 fa7=0xffffffff7fc00000 fcsr=0x70
# case fa1=0xffffffffc2c80000 fa2=0xffffffffc2c80000 fcsr=0x80 -> fa0=0xffffffff461c4000 fa3=0xffffffff461c4000 fa4=0xffffffff461c4000 fa5=0xffffffff461c4000 fa6=0xffffffff461c4000 fa7=0xffffffff461c4000
# case fa1=0x000000003f800000 fa2=0xffffffff4b800001 fcsr=0x0 -> fa0=0xffffffff7fc00000 fa3=0xffffffff7fc00000 fa4=0xffffffff7fc00000 fa5=0xffffffff7fc00000 fa6=0xffffffff7fc00000 fa7=0xffffffff7fc00000
# case fa1=0xfffffffe3f800000 fa2=0x000000003f800000 fcsr=0x20 -> fa0=0xffffffff7fc00000 fa3=0xffffffff7fc00000 fa4=0xffffffff7fc00000 fa5=0xffffffff7fc00000 fa6=0xffffffff7fc00000 fa7=0xffffffff7fc00000
# case fa1=0xfffffffe3f800000 fa2=0xffffffff4b800001 fcsr=0x40 -> fa0=0xffffffff7fc00000 fa3=0xffffffff7fc00000 fa4=0xffffffff7fc00000 fa5=0xffffffff7fc00000 fa6=0xffffffff7fc00000 fa7=0xffffffff7fc00000
fmul.s fa0, fa1, fa2
fmul.s fa3, fa1, fa2, rne
fmul.s fa4, fa1, fa2, rtz
fmul.s fa5, fa1, fa2, rdn
fmul.s fa6, fa1, fa2, rup
fmul.s fa7, fa1, fa2, rmm
