# case fa1=0xffffffff00000000 fa2=0xffffffff80000000 fa3=0xffffffff3eaaaaab fcsr=0x0 -> ft0=0xffffffff3eaaaaab ft1=0xffffffff3eaaaaab ft2=0xffffffff3eaaaaab ft3=0xffffffff3eaaaaab ft4=0xffffffff3eaaaaab fa0=0xffffffff3eaaaaab
# case fa1=0xffffffff80000000 fa2=0xffffffff807fffff fa3=0xffffffff7fc00000 fcsr=0x20 -> ft0=0xffffffff7fc00000 ft1=0xffffffff7fc00000 ft2=0xffffffff7fc00000 ft3=0xffffffff7fc00000 ft4=0xffffffff7fc00000 fa0=0xffffffff7fc00000
# case fa1=0xffffffff3f800000 fa2=0xffffffffffc0dead fa3=0xffffffff3f000000 fcsr=0x40 -> ft0=0xffffffff7fc00000 ft1=0xffffffff7fc00000 ft2=0xffffffff7fc00000 ft3=0xffffffff7fc00000 ft4=0xffffffff7fc00000 fa0=0xffffffff7fc00000
# case fa1=0xffffffffbfc00000 fa2=0xffffffff3f000000 fa3=0xffffffff80000000 fcsr=0x60 -> ft0=0xffffffff3f400000 ft1=0xffffffff3f400000 ft2=0xffffffff3f400000 ft3=0xffffffff3f400000 ft4=0xffffffff3f400000 fa0=0xffffffff3f400000
# case fa1=0xffffffffbfc00000 fa2=0xffffffffbfc00000 fa3=0xffffffff807fffff fcsr=0x80 -> ft0=0xffffffffc0100000 ft1=0xffffffffc0100000 ft2=0xffffffffc0100001 ft3=0xffffffffc0100000 ft4=0xffffffffc0100000 fa0=0xffffffffc0100000 fcsr=0x81
# case fa1=0xffffffff3eaaaaab fa2=0xffffffff7f800000 fa3=0xffffffffcf000001 fcsr=0x0 -> ft0=0xffffffffff800000 ft1=0xffffffffff800000 ft2=0xffffffffff800000 ft3=0xffffffffff800000 ft4=0xffffffffff800000 fa0=0xffffffffff800000
# case fa1=0xffffffff7f7fffff fa2=0xffffffff4b800001 fa3=0x000000003f800000 fcsr=0x20 -> ft0=0xffffffff7fc00000 ft1=0xffffffff7fc00000 ft2=0xffffffff7fc00000 ft3=0xffffffff7fc00000 ft4=0xffffffff7fc00000 fa0=0xffffffff7fc00000
# case fa1=0xffffffff00800000 fa2=0xffffffff80000000 fa3=0xffffffff7f7fffff fcsr=0x40 -> ft0=0xffffffff7f7fffff ft1=0xffffffff7f7fffff ft2=0xffffffff7f7fffff ft3=0xffffffff7f7fffff ft4=0xffffffff7f7fffff fa0=0xffffffff7f7fffff
# case fa1=0xffffffff00000001 fa2=0xffffffff4effffff fa3=0xffffffff7f800001 fcsr=0x60 -> ft0=0xffffffff7fc00000 ft1=0xffffffff7fc00000 ft2=0xffffffff7fc00000 ft3=0xffffffff7fc00000 ft4=0xffffffff7fc00000 fa0=0xffffffff7fc00000 fcsr=0x70
# case fa1=0xffffffff807fffff fa2=0xffffffff40200000 fa3=0xffffffff40200000 fcsr=0x80 -> ft0=0xffffffff40200000 ft1=0xffffffff40200000 ft2=0xffffffff40200000 ft3=0xffffffff40200001 ft4=0xffffffff40200000 fa0=0xffffffff40200000 fcsr=0x81
# case fa1=0xffffffff7f800000 fa2=0xffffffff00000000 fa3=0xffffffff3f800000 fcsr=0x0 -> ft0=0xffffffff7fc00000 ft1=0xffffffff7fc00000 ft2=0xffffffff7fc00000 ft3=0xffffffff7fc00000 ft4=0xffffffff7fc00000 fa0=0xffffffff7fc00000 fcsr=0x10
# case fa1=0xffffffff7f800000 fa2=0xffffffff7f800000 fa3=0xffffffff7f800000 fcsr=0x20 -> ft0=0xffffffff7fc00000 ft1=0xffffffff7fc00000 ft2=0xffffffff7fc00000 ft3=0xffffffff7fc00000 ft4=0xffffffff7fc00000 fa0=0xffffffff7fc00000 fcsr=0x30
# case fa1=0xffffffffff800000 fa2=0xffffffff7f800000 fa3=0xffffffff5f000000 fcsr=0x40 -> ft0=0xffffffff7f800000 ft1=0xffffffff7f800000 ft2=0xffffffff7f800000 ft3=0xffffffff7f800000 ft4=0xffffffff7f800000 fa0=0xffffffff7f800000
# case fa1=0xffffffff7fc00000 fa2=0xffffffff4b800001 fa3=0xfffffffe3f800000 fcsr=0x60 -> ft0=0xffffffff7fc00000 ft1=0xffffffff7fc00000 ft2=0xffffffff7fc00000 ft3=0xffffffff7fc00000 ft4=0xffffffff7fc00000 fa0=0xffffffff7fc00000
# case fa1=0xffffffff7f800001 fa2=0xffffffff80000000 fa3=0xffffffff00800000 fcsr=0x80 -> ft0=0xffffffff7fc00000 ft1=0xffffffff7fc00000 ft2=0xffffffff7fc00000 ft3=0xffffffff7fc00000 ft4=0xffffffff7fc00000 fa0=0xffffffff7fc00000 fcsr=0x90
# case fa1=0xffffffffffc0dead fa2=0xffffffff01234567 fa3=0xffffffffffc0dead fcsr=0x0 -> ft0=0xffffffff7fc00000 ft1=0xffffffff7fc00000 ft2=0xffffffff7fc00000 ft3=0xffffffff7fc00000 ft4=0xffffffff7fc00000 fa0=0xffffffff7fc00000
# case fa1=0xffffffff4effffff fa2=0xffffffff80000000 fa3=0xffffffff01234567 fcsr=0x20 -> ft0=0xffffffff01234567 ft1=0xffffffff01234567 ft2=0xffffffff01234567 ft3=0xffffffff01234567 ft4=0xffffffff01234567 fa0=0xffffffff01234567
# case fa1=0xffffffffcf000001 fa2=0xffffffff00800000 fa3=0xffffffffbfc00000 fcsr=0x40 -> ft0=0xffffffffbfc00000 ft1=0xffffffffbfbfffff ft2=0xffffffffbfc00000 ft3=0xffffffffbfbfffff ft4=0xffffffffbfc00000 fa0=0xffffffffbfc00000 fcsr=0x41
# case fa1=0xffffffffcf000001 fa2=0xffffffffcf000001 fa3=0xffffffffff800000 fcsr=0x60 -> ft0=0xffffffffff800000 ft1=0xffffffffff800000 ft2=0xffffffffff800000 ft3=0xffffffffff800000 ft4=0xffffffffff800000 fa0=0xffffffffff800000
# case fa1=0xffffffff5f000000 fa2=0xffffffff7f800000 fa3=0xffffffff4b800001 fcsr=0x80 -> ft0=0xffffffffff800000 ft1=0xffffffffff800000 ft2=0xffffffffff800000 ft3=0xffffffffff800000 ft4=0xffffffffff800000 fa0=0xffffffffff800000
# case fa1=0xffffffff4b800001 fa2=0xffffffff4b800001 fa3=0xffffffff00000000 fcsr=0x0 -> ft0=0xffffffffd7800002 ft1=0xffffffffd7800002 ft2=0xffffffffd7800003 ft3=0xffffffffd7800002 ft4=0xffffffffd7800002 fa0=0xffffffffd7800002 fcsr=0x1
# case fa1=0xffffffff3f000000 fa2=0xffffffff80000000 fa3=0xffffffff00000001 fcsr=0x20 -> ft0=0xffffffff00000001 ft1=0xffffffff00000001 ft2=0xffffffff00000001 ft3=0xffffffff00000001 ft4=0xffffffff00000001 fa0=0xffffffff00000001
# case fa1=0xffffffff40200000 fa2=0xffffffff3f800000 fa3=0xffffffff4effffff fcsr=0x40 -> ft0=0xffffffff4effffff ft1=0xffffffff4efffffe ft2=0xffffffff4efffffe ft3=0xffffffff4effffff ft4=0xffffffff4effffff fa0=0xffffffff4efffffe fcsr=0x41
# case fa1=0xffffffff01234567 fa2=0xffffffff00000001 fa3=0xffffffffc2c80000 fcsr=0x60 -> ft0=0xffffffffc2c80000 ft1=0xffffffffc2c80000 ft2=0xffffffffc2c80001 ft3=0xffffffffc2c80000 ft4=0xffffffffc2c80000 fa0=0xffffffffc2c80000 fcsr=0x61
# case fa1=0xffffffffc2c80000 fa2=0xffffffff7f800001 fa3=0xffffffff3eaaaaab fcsr=0x80 -> ft0=0xffffffff7fc00000 ft1=0xffffffff7fc00000 ft2=0xffffffff7fc00000 ft3=0xffffffff7fc00000 ft4=0xffffffff7fc00000 fa0=0xffffffff7fc00000 fcsr=0x90
# case fa1=0xffffffffc2c80000 fa2=0xffffffffc2c80000 fa3=0xffffffff7fc00000 fcsr=0x0 -> ft0=0xffffffff7fc00000 ft1=0xffffffff7fc00000 ft2=0xffffffff7fc00000 ft3=0xffffffff7fc00000 ft4=0xffffffff7fc00000 fa0=0xffffffff7fc00000
# case fa1=0x000000003f800000 fa2=0xffffffff7f800000 fa3=0xffffffff3f000000 fcsr=0x20 -> ft0=0xffffffff7fc00000 ft1=0xffffffff7fc00000 ft2=0xffffffff7fc00000 ft3=0xffffffff7fc00000 ft4=0xffffffff7fc00000 fa0=0xffffffff7fc00000
# case fa1=0xfffffffe3f800000 fa2=0xffffffff4b800001 fa3=0xffffffff80000000 fcsr=0x40 -> ft0=0xffffffff7fc00000 ft1=0xffffffff7fc00000 ft2=0xffffffff7fc00000 ft3=0xffffffff7fc00000 ft4=0xffffffff7fc00000 fa0=0xffffffff7fc00000
fnmsub.s fa0, fa1, fa2, fa3
fnmsub.s ft0, fa1, fa2, fa3, rne
fnmsub.s ft1, fa1, fa2, fa3, rtz
fnmsub.s ft2, fa1, fa2, fa3, rdn
fnmsub.s ft3, fa1, fa2, fa3, rup
fnmsub.s ft4, fa1, fa2, fa3, rmm
