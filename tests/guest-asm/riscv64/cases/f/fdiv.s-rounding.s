# case fa1=0xffffffff00000000 fa2=0xffffffffbfc00000 fcsr=0x0 -> fa0=0xffffffff80000000 fa3=0xffffffff80000000 fa4=0xffffffff80000000 fa5=0xffffffff80000000 fa6=0xffffffff80000000 fa7=0xffffffff80000000
# case fa1=0xffffffff00000000 fa2=0xffffffff80000000 fcsr=0x20 -> fa0=0xffffffff7fc00000 fa3=0xffffffff7fc00000 fa4=0xffffffff7fc00000 fa5=0xffffffff7fc00000 fa6=0xffffffff7fc00000 fa7=0xffffffff7fc00000 fcsr=0x30
# case fa1=0xffffffff80000000 fa2=0xffffffff807fffff fcsr=0x40 -> fa0=0xffffffff00000000 fa3=0xffffffff00000000 fa4=0xffffffff00000000 fa5=0xffffffff00000000 fa6=0xffffffff00000000 fa7=0xffffffff00000000
# case fa1=0xffffffff80000000 fa2=0xffffffff7f800000 fcsr=0x60 -> fa0=0xffffffff80000000 fa3=0xffffffff80000000 fa4=0xffffffff80000000 fa5=0xffffffff80000000 fa6=0xffffffff80000000 fa7=0xffffffff80000000
# case fa1=0xffffffff3f800000 fa2=0xffffffff4b800001 fcsr=0x80 -> fa0=0xffffffff337ffffe fa3=0xffffffff337ffffe fa4=0xffffffff337ffffe fa5=0xffffffff337ffffe fa6=0xffffffff337fffff fa7=0xffffffff337ffffe fcsr=0x81
# case fa1=0xffffffffbfc00000 fa2=0xffffffff3f000000 fcsr=0x0 -> fa0=0xffffffffc0400000 fa3=0xffffffffc0400000 fa4=0xffffffffc0400000 fa5=0xffffffffc0400000 fa6=0xffffffffc0400000 fa7=0xffffffffc0400000
# case fa1=0xffffffffbfc00000 fa2=0xffffffffbfc00000 fcsr=0x20 -> fa0=0xffffffff3f800000 fa3=0xffffffff3f800000 fa4=0xffffffff3f800000 fa5=0xffffffff3f800000 fa6=0xffffffff3f800000 fa7=0xffffffff3f800000
# case fa1=0xffffffff3eaaaaab fa2=0xfffffffe3f800000 fcsr=0x40 -> fa0=0xffffffff7fc00000 fa3=0xffffffff7fc00000 fa4=0xffffffff7fc00000 fa5=0xffffffff7fc00000 fa6=0xffffffff7fc00000 fa7=0xffffffff7fc00000
# case fa1=0xffffffff7f7fffff fa2=0xffffffff3eaaaaab fcsr=0x60 -> fa0=0xffffffff7f800000 fa3=0xffffffff7f800000 fa4=0xffffffff7f7fffff fa5=0xffffffff7f7fffff fa6=0xffffffff7f800000 fa7=0xffffffff7f800000 fcsr=0x65
# case fa1=0xffffffff7f7fffff fa2=0xffffffff4b800001 fcsr=0x80 -> fa0=0xffffffff737ffffd fa3=0xffffffff737ffffd fa4=0xffffffff737ffffd fa5=0xffffffff737ffffd fa6=0xffffffff737ffffe fa7=0xffffffff737ffffd fcsr=0x81
# case fa1=0xffffffff00800000 fa2=0xffffffff80000000 fcsr=0x0 -> fa0=0xffffffffff800000 fa3=0xffffffffff800000 fa4=0xffffffffff800000 fa5=0xffffffffff800000 fa6=0xffffffffff800000 fa7=0xffffffffff800000 fcsr=0x8
# case fa1=0xffffffff00800000 fa2=0xffffffff00800000 fcsr=0x20 -> fa0=0xffffffff3f800000 fa3=0xffffffff3f800000 fa4=0xffffffff3f800000 fa5=0xffffffff3f800000 fa6=0xffffffff3f800000 fa7=0xffffffff3f800000
# case fa1=0xffffffff00000001 fa2=0xffffffff7f800000 fcsr=0x40 -> fa0=0xffffffff00000000 fa3=0xffffffff00000000 fa4=0xffffffff00000000 fa5=0xffffffff00000000 fa6=0xffffffff00000000 fa7=0xffffffff00000000
# case fa1=0xffffffff807fffff fa2=0xffffffff40200000 fcsr=0x60 -> fa0=0xffffffff80333332 fa3=0xffffffff80333333 fa4=0xffffffff80333332 fa5=0xffffffff80333333 fa6=0xffffffff80333332 fa7=0xffffffff80333333 fcsr=0x63
# case fa1=0xffffffff7f800000 fa2=0xffffffff00000000 fcsr=0x80 -> fa0=0xffffffff7f800000 fa3=0xffffffff7f800000 fa4=0xffffffff7f800000 fa5=0xffffffff7f800000 fa6=0xffffffff7f800000 fa7=0xffffffff7f800000
# case fa1=0xffffffff7f800000 fa2=0xffffffff80000000 fcsr=0x0 -> fa0=0xffffffffff800000 fa3=0xffffffffff800000 fa4=0xffffffffff800000 fa5=0xffffffffff800000 fa6=0xffffffffff800000 fa7=0xffffffffff800000
# case fa1=0xffffffffff800000 fa2=0xffffffff7f7fffff fcsr=0x20 -> fa0=0xffffffffff800000 fa3=0xffffffffff800000 fa4=0xffffffffff800000 fa5=0xffffffffff800000 fa6=0xffffffffff800000 fa7=0xffffffffff800000
# case fa1=0xffffffffff800000 fa2=0xffffffff7f800000 fcsr=0x40 -> fa0=0xffffffff7fc00000 fa3=0xffffffff7fc00000 fa4=0xffffffff7fc00000 fa5=0xffffffff7fc00000 fa6=0xffffffff7fc00000 fa7=0xffffffff7fc00000 fcsr=0x50
# case fa1=0xffffffff7fc00000 fa2=0xffffffff4b800001 fcsr=0x60 -> fa0=0xffffffff7fc00000 fa3=0xffffffff7fc00000 fa4=0xffffffff7fc00000 fa5=0xffffffff7fc00000 fa6=0xffffffff7fc00000 fa7=0xffffffff7fc00000
# case fa1=0xffffffff7f800001 fa2=0xffffffffcf000001 fcsr=0x80 -> fa0=0xffffffff7fc00000 fa3=0xffffffff7fc00000 fa4=0xffffffff7fc00000 fa5=0xffffffff7fc00000 fa6=0xffffffff7fc00000 fa7=0xffffffff7fc00000 fcsr=0x90
# case fa1=0xffffffff7f800001 fa2=0xffffffff7f800001 fcsr=0x0 -> fa0=0xffffffff7fc00000 fa3=0xffffffff7fc00000 fa4=0xffffffff7fc00000 fa5=0xffffffff7fc00000 fa6=0xffffffff7fc00000 fa7=0xffffffff7fc00000 fcsr=0x10
# case fa1=0xffffffffffc0dead fa2=0xffffffff01234567 fcsr=0x20 -> fa0=0xffffffff7fc00000 fa3=0xffffffff7fc00000 fa4=0xffffffff7fc00000 fa5=0xffffffff7fc00000 fa6=0xffffffff7fc00000 fa7=0xffffffff7fc00000
# case fa1=0xffffffff4effffff fa2=0xffffffff80000000 fcsr=0x40 -> fa0=0xffffffffff800000 fa3=0xffffffffff800000 fa4=0xffffffffff800000 fa5=0xffffffffff800000 fa6=0xffffffffff800000 fa7=0xffffffffff800000 fcsr=0x48
# case fa1=0xffffffff4effffff fa2=0xffffffff4b800001 fcsr=0x60 -> fa0=0xffffffff42fffffe fa3=0xffffffff42fffffd fa4=0xffffffff42fffffd fa5=0xffffffff42fffffd fa6=0xffffffff42fffffe fa7=0xffffffff42fffffd fcsr=0x61
# case fa1=0xffffffffcf000001 fa2=0xffffffff80000000 fcsr=0x80 -> fa0=0xffffffff7f800000 fa3=0xffffffff7f800000 fa4=0xffffffff7f800000 fa5=0xffffffff7f800000 fa6=0xffffffff7f800000 fa7=0xffffffff7f800000 fcsr=0x88
# case fa1=0xffffffffcf000001 fa2=0xffffffffcf000001 fcsr=0x0 -> fa0=0xffffffff3f800000 fa3=0xffffffff3f800000 fa4=0xffffffff3f800000 fa5=0xffffffff3f800000 fa6=0xffffffff3f800000 fa7=0xffffffff3f800000
# case fa1=0xffffffff5f000000 fa2=0xffffffff7f800000 fcsr=0x20 -> fa0=0xffffffff00000000 fa3=0xffffffff00000000 fa4=0xffffffff00000000 fa5=0xffffffff00000000 fa6=0xffffffff00000000 fa7=0xffffffff00000000
# case fa1=0xffffffff4b800001 fa2=0xffffffff5f000000 fcsr=0x40 -> fa0=0xffffffff2c000001 fa3=0xffffffff2c000001 fa4=0xffffffff2c000001 fa5=0xffffffff2c000001 fa6=0xffffffff2c000001 fa7=0xffffffff2c000001
# case fa1=0xffffffff3f000000 fa2=0xffffffffc2c80000 fcsr=0x60 -> fa0=0xffffffffbba3d70a fa3=0xffffffffbba3d70a fa4=0xffffffffbba3d70a fa5=0xffffffffbba3d70b fa6=0xffffffffbba3d70a fa7=0xffffffffbba3d70a fcsr=0x61
# case fa1=0xffffffff3f000000 fa2=0xffffffff80000000 fcsr=0x80 -> fa0=0xffffffffff800000 fa3=0xffffffffff800000 fa4=0xffffffffff800000 fa5=0xffffffffff800000 fa6=0xffffffffff800000 fa7=0xffffffffff800000 fcsr=0x88
# case fa1=0xffffffff40200000 fa2=0xffffffff3f800000 fcsr=0x0 -> fa0=0xffffffff40200000 fa3=0xffffffff40200000 fa4=0xffffffff40200000 fa5=0xffffffff40200000 fa6=0xffffffff40200000 fa7=0xffffffff40200000
# case fa1=0xffffffff40200000 fa2=0xffffffff7f800000 fcsr=0x20 -> fa0=0xffffffff00000000 fa3=0xffffffff00000000 fa4=0xffffffff00000000 fa5=0xffffffff00000000 fa6=0xffffffff00000000 fa7=0xffffffff00000000
# case fa1=0xffffffff01234567 fa2=0xffffffff4b800001 fcsr=0x40 -> fa0=0xffffffff00000001 fa3=0xffffffff00000001 fa4=0xffffffff00000001 fa5=0xffffffff00000001 fa6=0xffffffff00000002 fa7=0xffffffff00000001 fcsr=0x43
# case fa1=0xffffffffc2c80000 fa2=0xffffffff7f800001 fcsr=0x60 -> fa0=0xffffffff7fc00000 fa3=0xffffffff7fc00000 fa4=0xffffffff7fc00000 fa5=0xffffffff7fc00000 fa6=0xffffffff7fc00000 fa7=0xffffffff7fc00000 fcsr=0x70
# case fa1=0xffffffffc2c80000 fa2=0xffffffffc2c80000 fcsr=0x80 -> fa0=0xffffffff3f800000 fa3=0xffffffff3f800000 fa4=0xffffffff3f800000 fa5=0xffffffff3f800000 fa6=0xffffffff3f800000 fa7=0xffffffff3f800000
# case fa1=0x000000003f800000 fa2=0xffffffff4b800001 fcsr=0x0 -> fa0=0xffffffff7fc00000 fa3=0xffffffff7fc00000 fa4=0xffffffff7fc00000 fa5=0xffffffff7fc00000 fa6=0xffffffff7fc00000 fa7=0xffffffff7fc00000
# case fa1=0xfffffffe3f800000 fa2=0x000000003f800000 fcsr=0x20 -> fa0=0xffffffff7fc00000 fa3=0xffffffff7fc00000 fa4=0xffffffff7fc00000 fa5=0xffffffff7fc00000 fa6=0xffffffff7fc00000 fa7=0xffffffff7fc00000
# case fa1=0xfffffffe3f800000 fa2=0xffffffff4b800001 fcsr=0x40 -> fa0=0xffffffff7fc00000 fa3=0xffffffff7fc00000 fa4=0xffffffff7fc00000 fa5=0xffffffff7fc00000 fa6=0xffffffff7fc00000 fa7=0xffffffff7fc00000
fdiv.s fa0, fa1, fa2
fdiv.s fa3, fa1, fa2, rne
fdiv.s fa4, fa1, fa2, rtz
fdiv.s fa5, fa1, fa2, rdn
fdiv.s fa6, fa1, fa2, rup
fdiv.s fa7, fa1, fa2, rmm
