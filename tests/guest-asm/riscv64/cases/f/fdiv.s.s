# case fa1=0xffffffff00000000 fa2=0xffffffffbfc00000 -> fa0=0xffffffff80000000
# case fa1=0xffffffff00000000 fa2=0xffffffff80000000 -> fa0=0xffffffff7fc00000 fcsr=0x10
# case fa1=0xffffffff00000000 fa2=0xffffffff00000000 -> fa0=0xffffffff7fc00000 fcsr=0x10
# case fa1=0xffffffff80000000 fa2=0xffffffff807fffff -> fa0=0xffffffff00000000
# case fa1=0xffffffff80000000 fa2=0xffffffff7f800000 -> fa0=0xffffffff80000000
# case fa1=0xffffffff3f800000 fa2=0xffffffffffc0dead -> fa0=0xffffffff7fc00000
# case fa1=0xffffffff3f800000 fa2=0xffffffff4b800001 -> fa0=0xffffffff337ffffe fcsr=0x1
# case fa1=0xffffffffbfc00000 fa2=0xffffffff3f000000 -> fa0=0xffffffffc0400000
# case fa1=0xffffffffbfc00000 fa2=0xffffffff80000000 -> fa0=0xffffffff7f800000 fcsr=0x8
# case fa1=0xffffffffbfc00000 fa2=0xffffffffbfc00000 -> fa0=0xffffffff3f800000
# case fa1=0xffffffff3eaaaaab fa2=0xfffffffe3f800000 -> fa0=0xffffffff7fc00000
# case fa1=0xffffffff3eaaaaab fa2=0xffffffff7f800000 -> fa0=0xffffffff00000000
# case fa1=0xffffffff7f7fffff fa2=0xffffffff3eaaaaab -> fa0=0xffffffff7f800000 fcsr=0x5
# case fa1=0xffffffff7f7fffff fa2=0xffffffff4b800001 -> fa0=0xffffffff737ffffd fcsr=0x1
# case fa1=0xffffffff00800000 fa2=0xffffffff7f800000 -> fa0=0xffffffff00000000
# case fa1=0xffffffff00800000 fa2=0xffffffff80000000 -> fa0=0xffffffffff800000 fcsr=0x8
# case fa1=0xffffffff00800000 fa2=0xffffffff00800000 -> fa0=0xffffffff3f800000
# case fa1=0xffffffff00000001 fa2=0xffffffff4effffff -> fa0=0xffffffff00000000 fcsr=0x3
# case fa1=0xffffffff00000001 fa2=0xffffffff7f800000 -> fa0=0xffffffff00000000
# case fa1=0xffffffff807fffff fa2=0xffffffff40200000 -> fa0=0xffffffff80333333 fcsr=0x3
# case fa1=0xffffffff807fffff fa2=0xffffffff4b800001 -> fa0=0xffffffff80000000 fcsr=0x3
# case fa1=0xffffffff7f800000 fa2=0xffffffff00000000 -> fa0=0xffffffff7f800000
# case fa1=0xffffffff7f800000 fa2=0xffffffff80000000 -> fa0=0xffffffffff800000
# case fa1=0xffffffff7f800000 fa2=0xffffffff7f800000 -> fa0=0xffffffff7fc00000 fcsr=0x10
# case fa1=0xffffffffff800000 fa2=0xffffffff7f7fffff -> fa0=0xffffffffff800000
# case fa1=0xffffffffff800000 fa2=0xffffffff7f800000 -> fa0=0xffffffff7fc00000 fcsr=0x10
# case fa1=0xffffffff7fc00000 fa2=0xffffffffff800000 -> fa0=0xffffffff7fc00000
# case fa1=0xffffffff7fc00000 fa2=0xffffffff4b800001 -> fa0=0xffffffff7fc00000
# case fa1=0xffffffff7f800001 fa2=0xffffffffcf000001 -> fa0=0xffffffff7fc00000 fcsr=0x10
# case fa1=0xffffffff7f800001 fa2=0xffffffff80000000 -> fa0=0xffffffff7fc00000 fcsr=0x10
# case fa1=0xffffffff7f800001 fa2=0xffffffff7f800001 -> fa0=0xffffffff7fc00000 fcsr=0x10
# case fa1=0xffffffffffc0dead fa2=0xffffffff01234567 -> fa0=0xffffffff7fc00000
# case fa1=0xffffffffffc0dead fa2=0xffffffff7f800000 -> fa0=0xffffffff7fc00000
# case fa1=0xffffffff4effffff fa2=0xffffffff80000000 -> fa0=0xffffffffff800000 fcsr=0x8
# case fa1=0xffffffff4effffff fa2=0xffffffff4b800001 -> fa0=0xffffffff42fffffd fcsr=0x1
# case fa1=0xffffffffcf000001 fa2=0xffffffff00800000 -> fa0=0xffffffffff800000 fcsr=0x5
# case fa1=0xffffffffcf000001 fa2=0xffffffff80000000 -> fa0=0xffffffff7f800000 fcsr=0x8
# case fa1=0xffffffffcf000001 fa2=0xffffffffcf000001 -> fa0=0xffffffff3f800000
# case fa1=0xffffffff5f000000 fa2=0xffffffff7fc00000 -> fa0=0xffffffff7fc00000
# case fa1=0xffffffff5f000000 fa2=0xffffffff7f800000 -> fa0=0xffffffff00000000
# case fa1=0xffffffff4b800001 fa2=0xffffffff5f000000 -> fa0=0xffffffff2c000001
# case fa1=0xffffffff4b800001 fa2=0xffffffff4b800001 -> fa0=0xffffffff3f800000
# case fa1=0xffffffff3f000000 fa2=0xffffffffc2c80000 -> fa0=0xffffffffbba3d70a fcsr=0x1
# case fa1=0xffffffff3f000000 fa2=0xffffffff80000000 -> fa0=0xffffffffff800000 fcsr=0x8
# case fa1=0xffffffff3f000000 fa2=0xffffffff3f000000 -> fa0=0xffffffff3f800000
# case fa1=0xffffffff40200000 fa2=0xffffffff3f800000 -> fa0=0xffffffff40200000
# case fa1=0xffffffff40200000 fa2=0xffffffff7f800000 -> fa0=0xffffffff00000000
# case fa1=0xffffffff01234567 fa2=0xffffffff00000001 -> fa0=0xffffffff4ba34567
# case fa1=0xffffffff01234567 fa2=0xffffffff4b800001 -> fa0=0xffffffff00000001 fcsr=0x3
# case fa1=0xffffffffc2c80000 fa2=0xffffffff7f800001 -> fa0=0xffffffff7fc00000 fcsr=0x10
# case fa1=0xffffffffc2c80000 fa2=0xffffffff80000000 -> fa0=0xffffffff7f800000 fcsr=0x8
# case fa1=0xffffffffc2c80000 fa2=0xffffffffc2c80000 -> fa0=0xffffffff3f800000
# case fa1=0x000000003f800000 fa2=0xffffffff4b800001 -> fa0=0xffffffff7fc00000
# case fa1=0x000000003f800000 fa2=0xffffffff7f800000 -> fa0=0xffffffff7fc00000
# case fa1=0xfffffffe3f800000 fa2=0x000000003f800000 -> fa0=0xffffffff7fc00000
# case fa1=0xfffffffe3f800000 fa2=0xffffffff4b800001 -> fa0=0xffffffff7fc00000
fdiv.s fa0, fa1, fa2
