# case fa1=0x0000000000000000 -> fa0=0xffffffff00000000 fa2=0xffffffff00000000 fa3=0xffffffff00000000 fa4=0xffffffff00000000 fa5=0xffffffff00000000 fa6=0xffffffff00000000
# case fa1=0x8000000000000000 fcsr=0x20 -> fa0=0xffffffff80000000 fa2=0xffffffff80000000 fa3=0xffffffff80000000 fa4=0xffffffff80000000 fa5=0xffffffff80000000 fa6=0xffffffff80000000
# case fa1=0x3ff0000000000000 fcsr=0x40 -> fa0=0xffffffff3f800000 fa2=0xffffffff3f800000 fa3=0xffffffff3f800000 fa4=0xffffffff3f800000 fa5=0xffffffff3f800000 fa6=0xffffffff3f800000
# case fa1=0xbff8000000000000 fcsr=0x60 -> fa0=0xffffffffbfc00000 fa2=0xffffffffbfc00000 fa3=0xffffffffbfc00000 fa4=0xffffffffbfc00000 fa5=0xffffffffbfc00000 fa6=0xffffffffbfc00000
# case fa1=0x3fd5555555555555 fcsr=0x80 -> fa0=0xffffffff3eaaaaab fa2=0xffffffff3eaaaaab fa3=0xffffffff3eaaaaaa fa4=0xffffffff3eaaaaaa fa5=0xffffffff3eaaaaab fa6=0xffffffff3eaaaaab fcsr=0x81
# case fa1=0x7fefffffffffffff -> fa0=0xffffffff7f800000 fa2=0xffffffff7f800000 fa3=0xffffffff7f7fffff fa4=0xffffffff7f7fffff fa5=0xffffffff7f800000 fa6=0xffffffff7f800000 fcsr=0x5
# case fa1=0x0010000000000000 fcsr=0x20 -> fa0=0xffffffff00000000 fa2=0xffffffff00000000 fa3=0xffffffff00000000 fa4=0xffffffff00000000 fa5=0xffffffff00000001 fa6=0xffffffff00000000 fcsr=0x23
# case fa1=0x0000000000000001 fcsr=0x40 -> fa0=0xffffffff00000000 fa2=0xffffffff00000000 fa3=0xffffffff00000000 fa4=0xffffffff00000000 fa5=0xffffffff00000001 fa6=0xffffffff00000000 fcsr=0x43
# case fa1=0x800fffffffffffff fcsr=0x60 -> fa0=0xffffffff80000000 fa2=0xffffffff80000000 fa3=0xffffffff80000000 fa4=0xffffffff80000001 fa5=0xffffffff80000000 fa6=0xffffffff80000000 fcsr=0x63
# case fa1=0x7ff0000000000000 fcsr=0x80 -> fa0=0xffffffff7f800000 fa2=0xffffffff7f800000 fa3=0xffffffff7f800000 fa4=0xffffffff7f800000 fa5=0xffffffff7f800000 fa6=0xffffffff7f800000
# case fa1=0xfff0000000000000 -> fa0=0xffffffffff800000 fa2=0xffffffffff800000 fa3=0xffffffffff800000 fa4=0xffffffffff800000 fa5=0xffffffffff800000 fa6=0xffffffffff800000
# case fa1=0x7ff8000000000000 fcsr=0x20 -> fa0=0xffffffff7fc00000 fa2=0xffffffff7fc00000 fa3=0xffffffff7fc00000 fa4=0xffffffff7fc00000 fa5=0xffffffff7fc00000 fa6=0xffffffff7fc00000
# case fa1=0x7ff0000000000001 fcsr=0x40 -> fa0=0xffffffff7fc00000 fa2=0xffffffff7fc00000 fa3=0xffffffff7fc00000 fa4=0xffffffff7fc00000 fa5=0xffffffff7fc00000 fa6=0xffffffff7fc00000 fcsr=0x50
# case fa1=0xfff8dead00000000 fcsr=0x60 -> fa0=0xffffffff7fc00000 fa2=0xffffffff7fc00000 fa3=0xffffffff7fc00000 fa4=0xffffffff7fc00000 fa5=0xffffffff7fc00000 fa6=0xffffffff7fc00000
# case fa1=0x41dfffffffe00000 fcsr=0x80 -> fa0=0xffffffff4f000000 fa2=0xffffffff4f000000 fa3=0xffffffff4effffff fa4=0xffffffff4effffff fa5=0xffffffff4f000000 fa6=0xffffffff4f000000 fcsr=0x81
# case fa1=0xc1e0000000200000 -> fa0=0xffffffffcf000000 fa2=0xffffffffcf000000 fa3=0xffffffffcf000000 fa4=0xffffffffcf000001 fa5=0xffffffffcf000000 fa6=0xffffffffcf000000 fcsr=0x1
# case fa1=0x43e0000000000000 fcsr=0x20 -> fa0=0xffffffff5f000000 fa2=0xffffffff5f000000 fa3=0xffffffff5f000000 fa4=0xffffffff5f000000 fa5=0xffffffff5f000000 fa6=0xffffffff5f000000
# case fa1=0x4340000000000001 fcsr=0x40 -> fa0=0xffffffff5a000000 fa2=0xffffffff5a000000 fa3=0xffffffff5a000000 fa4=0xffffffff5a000000 fa5=0xffffffff5a000001 fa6=0xffffffff5a000000 fcsr=0x41
# case fa1=0x3fe0000000000000 fcsr=0x60 -> fa0=0xffffffff3f000000 fa2=0xffffffff3f000000 fa3=0xffffffff3f000000 fa4=0xffffffff3f000000 fa5=0xffffffff3f000000 fa6=0xffffffff3f000000
# case fa1=0x4004000000000000 fcsr=0x80 -> fa0=0xffffffff40200000 fa2=0xffffffff40200000 fa3=0xffffffff40200000 fa4=0xffffffff40200000 fa5=0xffffffff40200000 fa6=0xffffffff40200000
# case fa1=0x36a0000000000000 -> fa0=0xffffffff00000001 fa2=0xffffffff00000001 fa3=0xffffffff00000001 fa4=0xffffffff00000001 fa5=0xffffffff00000001 fa6=0xffffffff00000001
# case fa1=0x47efffffefffffff fcsr=0x20 -> fa0=0xffffffff7f7fffff fa2=0xffffffff7f7fffff fa3=0xffffffff7f7fffff fa4=0xffffffff7f7fffff fa5=0xffffffff7f800000 fa6=0xffffffff7f7fffff fcsr=0x25
fcvt.s.d fa0, fa1
fcvt.s.d fa2, fa1, rne
fcvt.s.d fa3, fa1, rtz
fcvt.s.d fa4, fa1, rdn
fcvt.s.d fa5, fa1, rup
fcvt.s.d fa6, fa1, rmm
