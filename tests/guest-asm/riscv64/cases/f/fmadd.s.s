# case fa1=0xffffffff00000000 fa2=0xffffffffbfc00000 fa3=0xffffffff3f800000 -> fa0=0xffffffff3f800000
# case fa1=0xffffffff00000000 fa2=0xffffffff80000000 fa3=0xffffffffffc0dead -> fa0=0xffffffff7fc00000
# case fa1=0xffffffff00000000 fa2=0xffffffff00000000 fa3=0xffffffff00000000 -> fa0=0xffffffff00000000
# case fa1=0xffffffff80000000 fa2=0xffffffff807fffff fa3=0xffffffff7fc00000 -> fa0=0xffffffff7fc00000
# case fa1=0xffffffff80000000 fa2=0xffffffff7f800000 fa3=0x000000003f800000 -> fa0=0xffffffff7fc00000 fcsr=0x10
# case fa1=0xffffffff3f800000 fa2=0xffffffffffc0dead fa3=0xffffffff7f800000 -> fa0=0xffffffff7fc00000
# case fa1=0xffffffff3f800000 fa2=0xffffffff4b800001 fa3=0xffffffff01234567 -> fa0=0xffffffff4b800001 fcsr=0x1
# case fa1=0xffffffffbfc00000 fa2=0xffffffff3f000000 fa3=0xffffffff00000001 -> fa0=0xffffffffbf400000 fcsr=0x1
# case fa1=0xffffffffbfc00000 fa2=0xffffffff80000000 fa3=0xffffffff3f000000 -> fa0=0xffffffff3f000000
# case fa1=0xffffffffbfc00000 fa2=0xffffffffbfc00000 fa3=0xffffffff7f7fffff -> fa0=0xffffffff7f7fffff fcsr=0x1
# case fa1=0xffffffff3eaaaaab fa2=0xfffffffe3f800000 fa3=0xffffffff5f000000 -> fa0=0xffffffff7fc00000
# case fa1=0xffffffff3eaaaaab fa2=0xffffffff7f800000 fa3=0xffffffffbfc00000 -> fa0=0xffffffff7f800000
# case fa1=0xffffffff7f7fffff fa2=0xffffffff3eaaaaab fa3=0xffffffff4effffff -> fa0=0xffffffff7eaaaaaa fcsr=0x1
# case fa1=0xffffffff7f7fffff fa2=0xffffffff4b800001 fa3=0xffffffff80000000 -> fa0=0xffffffff7f800000 fcsr=0x5
# case fa1=0xffffffff00800000 fa2=0xffffffff7f800000 fa3=0xffffffff7f800001 -> fa0=0xffffffff7fc00000 fcsr=0x10
# case fa1=0xffffffff00800000 fa2=0xffffffff80000000 fa3=0xfffffffe3f800000 -> fa0=0xffffffff7fc00000
# case fa1=0xffffffff00800000 fa2=0xffffffff00800000 fa3=0xffffffffff800000 -> fa0=0xffffffffff800000
# case fa1=0xffffffff00000001 fa2=0xffffffff4effffff fa3=0xffffffffc2c80000 -> fa0=0xffffffffc2c80000 fcsr=0x1
# case fa1=0xffffffff00000001 fa2=0xffffffff7f800000 fa3=0xffffffff807fffff -> fa0=0xffffffff7f800000
# case fa1=0xffffffff807fffff fa2=0xffffffff40200000 fa3=0xffffffff40200000 -> fa0=0xffffffff40200000 fcsr=0x1
# case fa1=0xffffffff807fffff fa2=0xffffffff4b800001 fa3=0xffffffff00800000 -> fa0=0xffffffff8c7fffff fcsr=0x1
# case fa1=0xffffffff7f800000 fa2=0xffffffff00000000 fa3=0xffffffff4b800001 -> fa0=0xffffffff7fc00000 fcsr=0x10
# case fa1=0xffffffff7f800000 fa2=0xffffffff80000000 fa3=0xffffffff3eaaaaab -> fa0=0xffffffff7fc00000 fcsr=0x10
# case fa1=0xffffffff7f800000 fa2=0xffffffff7f800000 fa3=0xffffffffcf000001 -> fa0=0xffffffff7f800000
# case fa1=0xffffffffff800000 fa2=0xffffffff7f7fffff fa3=0xffffffff3f800000 -> fa0=0xffffffffff800000
# case fa1=0xffffffffff800000 fa2=0xffffffff7f800000 fa3=0xffffffffffc0dead -> fa0=0xffffffff7fc00000
# case fa1=0xffffffff7fc00000 fa2=0xffffffffff800000 fa3=0xffffffff00000000 -> fa0=0xffffffff7fc00000
# case fa1=0xffffffff7fc00000 fa2=0xffffffff4b800001 fa3=0xffffffff7fc00000 -> fa0=0xffffffff7fc00000
# case fa1=0xffffffff7f800001 fa2=0xffffffffcf000001 fa3=0x000000003f800000 -> fa0=0xffffffff7fc00000 fcsr=0x10
# case fa1=0xffffffff7f800001 fa2=0xffffffff80000000 fa3=0xffffffff7f800000 -> fa0=0xffffffff7fc00000 fcsr=0x10
# case fa1=0xffffffff7f800001 fa2=0xffffffff7f800001 fa3=0xffffffff01234567 -> fa0=0xffffffff7fc00000 fcsr=0x10
# case fa1=0xffffffffffc0dead fa2=0xffffffff01234567 fa3=0xffffffff00000001 -> fa0=0xffffffff7fc00000
# case fa1=0xffffffffffc0dead fa2=0xffffffff7f800000 fa3=0xffffffff3f000000 -> fa0=0xffffffff7fc00000
# case fa1=0xffffffff4effffff fa2=0xffffffff80000000 fa3=0xffffffff7f7fffff -> fa0=0xffffffff7f7fffff
# case fa1=0xffffffff4effffff fa2=0xffffffff4b800001 fa3=0xffffffff5f000000 -> fa0=0xffffffff5f008000 fcsr=0x1
# case fa1=0xffffffffcf000001 fa2=0xffffffff00800000 fa3=0xffffffffbfc00000 -> fa0=0xffffffffbfc00000 fcsr=0x1
# case fa1=0xffffffffcf000001 fa2=0xffffffff80000000 fa3=0xffffffff4effffff -> fa0=0xffffffff4effffff
# case fa1=0xffffffffcf000001 fa2=0xffffffffcf000001 fa3=0xffffffff80000000 -> fa0=0xffffffff5e800002 fcsr=0x1
# case fa1=0xffffffff5f000000 fa2=0xffffffff7fc00000 fa3=0xffffffff7f800001 -> fa0=0xffffffff7fc00000 fcsr=0x10
# case fa1=0xffffffff5f000000 fa2=0xffffffff7f800000 fa3=0xfffffffe3f800000 -> fa0=0xffffffff7fc00000
# case fa1=0xffffffff4b800001 fa2=0xffffffff5f000000 fa3=0xffffffffff800000 -> fa0=0xffffffffff800000
# case fa1=0xffffffff4b800001 fa2=0xffffffff4b800001 fa3=0xffffffffc2c80000 -> fa0=0xffffffff57800002 fcsr=0x1
# case fa1=0xffffffff3f000000 fa2=0xffffffffc2c80000 fa3=0xffffffff807fffff -> fa0=0xffffffffc2480000 fcsr=0x1
# case fa1=0xffffffff3f000000 fa2=0xffffffff80000000 fa3=0xffffffff40200000 -> fa0=0xffffffff40200000
# case fa1=0xffffffff3f000000 fa2=0xffffffff3f000000 fa3=0xffffffff00800000 -> fa0=0xffffffff3e800000 fcsr=0x1
# case fa1=0xffffffff40200000 fa2=0xffffffff3f800000 fa3=0xffffffff4b800001 -> fa0=0xffffffff4b800002 fcsr=0x1
# case fa1=0xffffffff40200000 fa2=0xffffffff7f800000 fa3=0xffffffff3eaaaaab -> fa0=0xffffffff7f800000
# case fa1=0xffffffff01234567 fa2=0xffffffff00000001 fa3=0xffffffffcf000001 -> fa0=0xffffffffcf000001 fcsr=0x1
# case fa1=0xffffffff01234567 fa2=0xffffffff4b800001 fa3=0xffffffff3f800000 -> fa0=0xffffffff3f800000 fcsr=0x1
# case fa1=0xffffffffc2c80000 fa2=0xffffffff7f800001 fa3=0xffffffffffc0dead -> fa0=0xffffffff7fc00000 fcsr=0x10
# case fa1=0xffffffffc2c80000 fa2=0xffffffff80000000 fa3=0xffffffff00000000 -> fa0=0xffffffff00000000
# case fa1=0xffffffffc2c80000 fa2=0xffffffffc2c80000 fa3=0xffffffff7fc00000 -> fa0=0xffffffff7fc00000
# case fa1=0x000000003f800000 fa2=0xffffffff4b800001 fa3=0x000000003f800000 -> fa0=0xffffffff7fc00000
# case fa1=0x000000003f800000 fa2=0xffffffff7f800000 fa3=0xffffffff7f800000 -> fa0=0xffffffff7fc00000
# case fa1=0xfffffffe3f800000 fa2=0x000000003f800000 fa3=0xffffffff01234567 -> fa0=0xffffffff7fc00000
# case fa1=0xfffffffe3f800000 fa2=0xffffffff4b800001 fa3=0xffffffff00000001 -> fa0=0xffffffff7fc00000
fmadd.s fa0, fa1, fa2, fa3
