# case fa1=0xffffffff00000000 fa2=0xffffffffbfc00000 -> a0=0x0
# case fa1=0xffffffff00000000 fa2=0xffffffff80000000 -> a0=0x1
# case fa1=0xffffffff00000000 fa2=0xffffffff00000000 -> a0=0x1
# case fa1=0xffffffff80000000 fa2=0xffffffff807fffff -> a0=0x0
# case fa1=0xffffffff80000000 fa2=0xffffffff7f800000 -> a0=0x0
# case fa1=0xffffffff3f800000 fa2=0xffffffffffc0dead -> a0=0x0
# case fa1=0xffffffff3f800000 fa2=0xffffffff4b800001 -> a0=0x0
# case fa1=0xffffffffbfc00000 fa2=0xffffffff3f000000 -> a0=0x0
# case fa1=0xffffffffbfc00000 fa2=0xffffffff80000000 -> a0=0x0
# case fa1=0xffffffffbfc00000 fa2=0xffffffffbfc00000 -> a0=0x1
# case fa1=0xffffffff3eaaaaab fa2=0xfffffffe3f800000 -> a0=0x0
# case fa1=0xffffffff3eaaaaab fa2=0xffffffff7f800000 -> a0=0x0
# case fa1=0xffffffff7f7fffff fa2=0xffffffff3eaaaaab -> a0=0x0
# case fa1=0xffffffff7f7fffff fa2=0xffffffff4b800001 -> a0=0x0
# case fa1=0xffffffff00800000 fa2=0xffffffff7f800000 -> a0=0x0
# case fa1=0xffffffff00800000 fa2=0xffffffff80000000 -> a0=0x0
# case fa1=0xffffffff00800000 fa2=0xffffffff00800000 -> a0=0x1
# case fa1=0xffffffff00000001 fa2=0xffffffff4effffff -> a0=0x0
# case fa1=0xffffffff00000001 fa2=0xffffffff7f800000 -> a0=0x0
# case fa1=0xffffffff807fffff fa2=0xffffffff40200000 -> a0=0x0
# case fa1=0xffffffff807fffff fa2=0xffffffff4b800001 -> a0=0x0
# case fa1=0xffffffff7f800000 fa2=0xffffffff00000000 -> a0=0x0
# case fa1=0xffffffff7f800000 fa2=0xffffffff80000000 -> a0=0x0
# case fa1=0xffffffff7f800000 fa2=0xffffffff7f800000 -> a0=0x1
# case fa1=0xffffffffff800000 fa2=0xffffffff7f7fffff -> a0=0x0
# case fa1=0xffffffffff800000 fa2=0xffffffff7f800000 -> a0=0x0
# case fa1=0xffffffff7fc00000 fa2=0xffffffffff800000 -> a0=0x0
# case fa1=0xffffffff7fc00000 fa2=0xffffffff4b800001 -> a0=0x0
# case fa1=0xffffffff7f800001 fa2=0xffffffffcf000001 -> a0=0x0 fcsr=0x10
# case fa1=0xffffffff7f800001 fa2=0xffffffff80000000 -> a0=0x0 fcsr=0x10
# case fa1=0xffffffff7f800001 fa2=0xffffffff7f800001 -> a0=0x0 fcsr=0x10
# case fa1=0xffffffffffc0dead fa2=0xffffffff01234567 -> a0=0x0
# case fa1=0xffffffffffc0dead fa2=0xffffffff7f800000 -> a0=0x0
# case fa1=0xffffffff4effffff fa2=0xffffffff80000000 -> a0=0x0
# case fa1=0xffffffff4effffff fa2=0xffffffff4b800001 -> a0=0x0
# case fa1=0xffffffffcf000001 fa2=0xffffffff00800000 -> a0=0x0
# case fa1=0xffffffffcf000001 fa2=0xffffffff80000000 -> a0=0x0
# case fa1=0xffffffffcf000001 fa2=0xffffffffcf000001 -> a0=0x1
# case fa1=0xffffffff5f000000 fa2=0xffffffff7fc00000 -> a0=0x0
# case fa1=0xffffffff5f000000 fa2=0xffffffff7f800000 -> a0=0x0
# case fa1=0xffffffff4b800001 fa2=0xffffffff5f000000 -> a0=0x0
# case fa1=0xffffffff4b800001 fa2=0xffffffff4b800001 -> a0=0x1
# case fa1=0xffffffff3f000000 fa2=0xffffffffc2c80000 -> a0=0x0
# case fa1=0xffffffff3f000000 fa2=0xffffffff80000000 -> a0=0x0
# case fa1=0xffffffff3f000000 fa2=0xffffffff3f000000 -> a0=0x1
# case fa1=0xffffffff40200000 fa2=0xffffffff3f800000 -> a0=0x0
# case fa1=0xffffffff40200000 fa2=0xffffffff7f800000 -> a0=0x0
# case fa1=0xffffffff01234567 fa2=0xffffffff00000001 -> a0=0x0
# case fa1=0xffffffff01234567 fa2=0xffffffff4b800001 -> a0=0x0
# case fa1=0xffffffffc2c80000 fa2=0xffffffff7f800001 -> a0=0x0 fcsr=0x10
# case fa1=0xffffffffc2c80000 fa2=0xffffffff80000000 -> a0=0x0
# case fa1=0xffffffffc2c80000 fa2=0xffffffffc2c80000 -> a0=0x1
# case fa1=0x000000003f800000 fa2=0xffffffff4b800001 -> a0=0x0
# case fa1=0x000000003f800000 fa2=0xffffffff7f800000 -> a0=0x0
# case fa1=0xfffffffe3f800000 fa2=0x000000003f800000 -> a0=0x0
# case fa1=0xfffffffe3f800000 fa2=0xffffffff4b800001 -> a0=0x0
feq.s a0, fa1, fa2
