# case fa1=0xffffffff00000000 fa2=0xffffffffbfc00000 fcsr=0x0 -> fa0=0xffffffffbfc00000 fa3=0xffffffffbfc00000 fa4=0xffffffffbfc00000 fa5=0xffffffffbfc00000 fa6=0xffffffffbfc00000 fa7=0xffffffffbfc00000
# case fa1=0xffffffff00000000 fa2=0xffffffff80000000 fcsr=0x20 -> fa0=0xffffffff00000000 fa3=0xffffffff00000000 fa4=0xffffffff00000000 fa5=0xffffffff80000000 fa6=0xffffffff00000000 fa7=0xffffffff00000000
# case fa1=0xffffffff80000000 fa2=0xffffffff807fffff fcsr=0x40 -> fa0=0xffffffff807fffff fa3=0xffffffff807fffff fa4=0xffffffff807fffff fa5=0xffffffff807fffff fa6=0xffffffff807fffff fa7=0xffffffff807fffff
# case fa1=0xffffffff80000000 fa2=0xffffffff7f800000 fcsr=0x60 -> fa0=0xffffffff7f800000 fa3=0xffffffff7f800000 fa4=0xffffffff7f800000 fa5=0xffffffff7f800000 fa6=0xffffffff7f800000 fa7=0xffffffff7f800000
# case fa1=0xffffffff3f800000 fa2=0xffffffff4b800001 fcsr=0x80 -> fa0=0xffffffff4b800002 fa3=0xffffffff4b800002 fa4=0xffffffff4b800001 fa5=0xffffffff4b800001 fa6=0xffffffff4b800002 fa7=0xffffffff4b800002 fcsr=0x81
# case fa1=0xffffffffbfc00000 fa2=0xffffffff3f000000 fcsr=0x0 -> fa0=0xffffffffbf800000 fa3=0xffffffffbf800000 fa4=0xffffffffbf800000 fa5=0xffffffffbf800000 fa6=0xffffffffbf800000 fa7=0xffffffffbf800000
# case fa1=0xffffffffbfc00000 fa2=0xffffffffbfc00000 fcsr=0x20 -> fa0=0xffffffffc0400000 fa3=0xffffffffc0400000 fa4=0xffffffffc0400000 fa5=0xffffffffc0400000 fa6=0xffffffffc0400000 fa7=0xffffffffc0400000
# case fa1=0xffffffff3eaaaaab fa2=0xfffffffe3f800000 fcsr=0x40 -> fa0=0xffffffff7fc00000 fa3=0xffffffff7fc00000 fa4=0xffffffff7fc00000 fa5=0xffffffff7fc00000 fa6=0xffffffff7fc00000 fa7=0xffffffff7fc00000
# case fa1=0xffffffff7f7fffff fa2=0xffffffff3eaaaaab fcsr=0x60 -> fa0=0xffffffff7f800000 fa3=0xffffffff7f7fffff fa4=0xffffffff7f7fffff fa5=0xffffffff7f7fffff fa6=0xffffffff7f800000 fa7=0xffffffff7f7fffff fcsr=0x65
# case fa1=0xffffffff7f7fffff fa2=0xffffffff4b800001 fcsr=0x80 -> fa0=0xffffffff7f7fffff fa3=0xffffffff7f7fffff fa4=0xffffffff7f7fffff fa5=0xffffffff7f7fffff fa6=0xffffffff7f800000 fa7=0xffffffff7f7fffff fcsr=0x85
# case fa1=0xffffffff00800000 fa2=0xffffffff80000000 fcsr=0x0 -> fa0=0xffffffff00800000 fa3=0xffffffff00800000 fa4=0xffffffff00800000 fa5=0xffffffff00800000 fa6=0xffffffff00800000 fa7=0xffffffff00800000
# case fa1=0xffffffff00800000 fa2=0xffffffff00800000 fcsr=0x20 -> fa0=0xffffffff01000000 fa3=0xffffffff01000000 fa4=0xffffffff01000000 fa5=0xffffffff01000000 fa6=0xffffffff01000000 fa7=0xffffffff01000000
# case fa1=0xffffffff00000001 fa2=0xffffffff7f800000 fcsr=0x40 -> fa0=0xffffffff7f800000 fa3=0xffffffff7f800000 fa4=0xffffffff7f800000 fa5=0xffffffff7f800000 fa6=0xffffffff7f800000 fa7=0xffffffff7f800000
# case fa1=0xffffffff807fffff fa2=0xffffffff40200000 fcsr=0x60 -> fa0=0xffffffff40200000 fa3=0xffffffff40200000 fa4=0xffffffff401fffff fa5=0xffffffff401fffff fa6=0xffffffff40200000 fa7=0xffffffff40200000 fcsr=0x61
# case fa1=0xffffffff7f800000 fa2=0xffffffff00000000 fcsr=0x80 -> fa0=0xffffffff7f800000 fa3=0xffffffff7f800000 fa4=0xffffffff7f800000 fa5=0xffffffff7f800000 fa6=0xffffffff7f800000 fa7=0xffffffff7f800000
# case fa1=0xffffffff7f800000 fa2=0xffffffff80000000 fcsr=0x0 -> fa0=0xffffffff7f800000 fa3=0xffffffff7f800000 fa4=0xffffffff7f800000 fa5=0xffffffff7f800000 fa6=0xffffffff7f800000 fa7=0xffffffff7f800000
# case fa1=0xffffffffff800000 fa2=0xffffffff7f7fffff fcsr=0x20 -> fa0=0xffffffffff800000 fa3=0xffffffffff800000 fa4=0xffffffffff800000 fa5=0xffffffffff800000 fa6=0xffffffffff800000 fa7=0xffffffffff800000
# case fa1=0xffffffffff800000 fa2=0xffffffff7f800000 fcsr=0x40 -> fa0=0xffffffff7fc00000 fa3=0xffffffff7fc00000 fa4=0xffffffff7fc00000 fa5=0xffffffff7fc00000 fa6=0xffffffff7fc00000 fa7=0xffffffff7fc00000 fcsr=0x50
# case fa1=0xffffffff7fc00000 fa2=0xffffffff4b800001 fcsr=0x60 -> fa0=0xffffffff7fc00000 fa3=0xffffffff7fc00000 fa4=0xffffffff7fc00000 fa5=0xffffffff7fc00000 fa6=0xffffffff7fc00000 fa7=0xffffffff7fc00000
# case fa1=0xffffffff7f800001 fa2=0xffffffffcf000001 fcsr=0x80 -> fa0=0xffffffff7fc00000 fa3=0xffffffff7fc00000 fa4=0xffffffff7fc00000 fa5=0xffffffff7fc00000 fa6=0xffffffff7fc00000 fa7=0xffffffff7fc00000 fcsr=0x90
# case fa1=0xffffffff7f800001 fa2=0xffffffff7f800001 fcsr=0x0 -> fa0=0xffffffff7fc00000 fa3=0xffffffff7fc00000 fa4=0xffffffff7fc00000 fa5=0xffffffff7fc00000 fa6=0xffffffff7fc00000 fa7=0xffffffff7fc00000 fcsr=0x10
# case fa1=0xffffffffffc0dead fa2=0xffffffff01234567 fcsr=0x20 -> fa0=0xffffffff7fc00000 fa3=0xffffffff7fc00000 fa4=0xffffffff7fc00000 fa5=0xffffffff7fc00000 fa6=0xffffffff7fc00000 fa7=0xffffffff7fc00000
# case fa1=0xffffffff4effffff fa2=0xffffffff80000000 fcsr=0x40 -> fa0=0xffffffff4effffff fa3=0xffffffff4effffff fa4=0xffffffff4effffff fa5=0xffffffff4effffff fa6=0xffffffff4effffff fa7=0xffffffff4effffff
# case fa1=0xffffffff4effffff fa2=0xffffffff4b800001 fcsr=0x60 -> fa0=0xffffffff4f010000 fa3=0xffffffff4f010000 fa4=0xffffffff4f00ffff fa5=0xffffffff4f00ffff fa6=0xffffffff4f010000 fa7=0xffffffff4f010000 fcsr=0x61
# case fa1=0xffffffffcf000001 fa2=0xffffffff80000000 fcsr=0x80 -> fa0=0xffffffffcf000001 fa3=0xffffffffcf000001 fa4=0xffffffffcf000001 fa5=0xffffffffcf000001 fa6=0xffffffffcf000001 fa7=0xffffffffcf000001
# case fa1=0xffffffffcf000001 fa2=0xffffffffcf000001 fcsr=0x0 -> fa0=0xffffffffcf800001 fa3=0xffffffffcf800001 fa4=0xffffffffcf800001 fa5=0xffffffffcf800001 fa6=0xffffffffcf800001 fa7=0xffffffffcf800001
# case fa1=0xffffffff5f000000 fa2=0xffffffff7f800000 fcsr=0x20 -> fa0=0xffffffff7f800000 fa3=0xffffffff7f800000 fa4=0xffffffff7f800000 fa5=0xffffffff7f800000 fa6=0xffffffff7f800000 fa7=0xffffffff7f800000
# case fa1=0xffffffff4b800001 fa2=0xffffffff5f000000 fcsr=0x40 -> fa0=0xffffffff5f000000 fa3=0xffffffff5f000000 fa4=0xffffffff5f000000 fa5=0xffffffff5f000000 fa6=0xffffffff5f000001 fa7=0xffffffff5f000000 fcsr=0x41
# case fa1=0xffffffff3f000000 fa2=0xffffffffc2c80000 fcsr=0x60 -> fa0=0xffffffffc2c70000 fa3=0xffffffffc2c70000 fa4=0xffffffffc2c70000 fa5=0xffffffffc2c70000 fa6=0xffffffffc2c70000 fa7=0xffffffffc2c70000
# case fa1=0xffffffff3f000000 fa2=0xffffffff80000000 fcsr=0x80 -> fa0=0xffffffff3f000000 fa3=0xffffffff3f000000 fa4=0xffffffff3f000000 fa5=0xffffffff3f000000 fa6=0xffffffff3f000000 fa7=0xffffffff3f000000
# case fa1=0xffffffff40200000 fa2=0xffffffff3f800000 fcsr=0x0 -> fa0=0xffffffff40600000 fa3=0xffffffff40600000 fa4=0xffffffff40600000 fa5=0xffffffff40600000 fa6=0xffffffff40600000 fa7=0xffffffff40600000
# case fa1=0xffffffff40200000 fa2=0xffffffff7f800000 fcsr=0x20 -> fa0=0xffffffff7f800000 fa3=0xffffffff7f800000 fa4=0xffffffff7f800000 fa5=0xffffffff7f800000 fa6=0xffffffff7f800000 fa7=0xffffffff7f800000
# case fa1=0xffffffff01234567 fa2=0xffffffff4b800001 fcsr=0x40 -> fa0=0xffffffff4b800001 fa3=0xffffffff4b800001 fa4=0xffffffff4b800001 fa5=0xffffffff4b800001 fa6=0xffffffff4b800002 fa7=0xffffffff4b800001 fcsr=0x41
# case fa1=0xffffffffc2c80000 fa2=0xffffffff7f800001 fcsr=0x60 -> fa0=0xffffffff7fc00000 fa3=0xffffffff7fc00000 fa4=0xffffffff7fc00000 fa5=0xffffffff7fc00000 fa6=0xffffffff7fc00000 fa7=0xffffffff7fc00000 fcsr=0x70
# case fa1=0xffffffffc2c80000 fa2=0xffffffffc2c80000 fcsr=0x80 -> fa0=0xffffffffc3480000 fa3=0xffffffffc3480000 fa4=0xffffffffc3480000 fa5=0xffffffffc3480000 fa6=0xffffffffc3480000 fa7=0xffffffffc3480000
# case fa1=0x000000003f800000 fa2=0xffffffff4b800001 fcsr=0x0 -> fa0=0xffffffff7fc00000 fa3=0xffffffff7fc00000 fa4=0xffffffff7fc00000 fa5=0xffffffff7fc00000 fa6=0xffffffff7fc00000 fa7=0xffffffff7fc00000
# case fa1=0xfffffffe3f800000 fa2=0x000000003f800000 fcsr=0x20 -> fa0=0xffffffff7fc00000 fa3=0xffffffff7fc00000 fa4=0xffffffff7fc00000 fa5=0xffffffff7fc00000 fa6=0xffffffff7fc00000 fa7=0xffffffff7fc00000
# case fa1=0xfffffffe3f800000 fa2=0xffffffff4b800001 fcsr=0x40 -> fa0=0xffffffff7fc00000 fa3=0xffffffff7fc00000 fa4=0xffffffff7fc00000 fa5=0xffffffff7fc00000 fa6=0xffffffff7fc00000 fa7=0xffffffff7fc00000
fadd.s fa0, fa1, fa2
fadd.s fa3, fa1, fa2, rne
fadd.s fa4, fa1, fa2, rtz
fadd.s fa5, fa1, fa2, rdn
fadd.s fa6, fa1, fa2, rup
fadd.s fa7, fa1, fa2, rmm
