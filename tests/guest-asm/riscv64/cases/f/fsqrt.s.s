# case fa1=0xffffffff00000000 -> fa0=0xffffffff00000000 fa2=0xffffffff00000000 fa3=0xffffffff00000000 fa4=0xffffffff00000000 fa5=0xffffffff00000000 fa6=0xffffffff00000000
# case fa1=0xffffffff80000000 fcsr=0x20 -> fa0=0xffffffff80000000 fa2=0xffffffff80000000 fa3=0xffffffff80000000 fa4=0xffffffff80000000 fa5=0xffffffff80000000 fa6=0xffffffff80000000
# case fa1=0xffffffff3f800000 fcsr=0x40 -> fa0=0xffffffff3f800000 fa2=0xffffffff3f800000 fa3=0xffffffff3f800000 fa4=0xffffffff3f800000 fa5=0xffffffff3f800000 fa6=0xffffffff3f800000
# case fa1=0xffffffffbfc00000 fcsr=0x60 -> fa0=0xffffffff7fc00000 fa2=0xffffffff7fc00000 fa3=0xffffffff7fc00000 fa4=0xffffffff7fc00000 fa5=0xffffffff7fc00000 fa6=0xffffffff7fc00000 fcsr=0x70
# case fa1=0xffffffff3eaaaaab fcsr=0x80 -> fa0=0xffffffff3f13cd3a fa2=0xffffffff3f13cd3a fa3=0xffffffff3f13cd3a fa4=0xffffffff3f13cd3a fa5=0xffffffff3f13cd3b fa6=0xffffffff3f13cd3a fcsr=0x81
# case fa1=0xffffffff7f7fffff -> fa0=0xffffffff5f7fffff fa2=0xffffffff5f7fffff fa3=0xffffffff5f7fffff fa4=0xffffffff5f7fffff fa5=0xffffffff5f800000 fa6=0xffffffff5f7fffff fcsr=0x1
# case fa1=0xffffffff00800000 fcsr=0x20 -> fa0=0xffffffff20000000 fa2=0xffffffff20000000 fa3=0xffffffff20000000 fa4=0xffffffff20000000 fa5=0xffffffff20000000 fa6=0xffffffff20000000
# case fa1=0xffffffff00000001 fcsr=0x40 -> fa0=0xffffffff1a3504f3 fa2=0xffffffff1a3504f3 fa3=0xffffffff1a3504f3 fa4=0xffffffff1a3504f3 fa5=0xffffffff1a3504f4 fa6=0xffffffff1a3504f3 fcsr=0x41
# case fa1=0xffffffff807fffff fcsr=0x60 -> fa0=0xffffffff7fc00000 fa2=0xffffffff7fc00000 fa3=0xffffffff7fc00000 fa4=0xffffffff7fc00000 fa5=0xffffffff7fc00000 fa6=0xffffffff7fc00000 fcsr=0x70
# case fa1=0xffffffff7f800000 fcsr=0x80 -> fa0=0xffffffff7f800000 fa2=0xffffffff7f800000 fa3=0xffffffff7f800000 fa4=0xffffffff7f800000 fa5=0xffffffff7f800000 fa6=0xffffffff7f800000
# case fa1=0xffffffffff800000 -> fa0=0xffffffff7fc00000 fa2=0xffffffff7fc00000 fa3=0xffffffff7fc00000 fa4=0xffffffff7fc00000 fa5=0xffffffff7fc00000 fa6=0xffffffff7fc00000 fcsr=0x10
# case fa1=0xffffffff7fc00000 fcsr=0x20 -> fa0=0xffffffff7fc00000 fa2=0xffffffff7fc00000 fa3=0xffffffff7fc00000 fa4=0xffffffff7fc00000 fa5=0xffffffff7fc00000 fa6=0xffffffff7fc00000
# case fa1=0xffffffff7f800001 fcsr=0x40 -> fa0=0xffffffff7fc00000 fa2=0xffffffff7fc00000 fa3=0xffffffff7fc00000 fa4=0xffffffff7fc00000 fa5=0xffffffff7fc00000 fa6=0xffffffff7fc00000 fcsr=0x50
# case fa1=0xffffffffffc0dead fcsr=0x60 -> fa0=0xffffffff7fc00000 fa2=0xffffffff7fc00000 fa3=0xffffffff7fc00000 fa4=0xffffffff7fc00000 fa5=0xffffffff7fc00000 fa6=0xffffffff7fc00000
# case fa1=0xffffffff4effffff fcsr=0x80 -> fa0=0xffffffff473504f3 fa2=0xffffffff473504f3 fa3=0xffffffff473504f2 fa4=0xffffffff473504f2 fa5=0xffffffff473504f3 fa6=0xffffffff473504f3 fcsr=0x81
# case fa1=0xffffffffcf000001 -> fa0=0xffffffff7fc00000 fa2=0xffffffff7fc00000 fa3=0xffffffff7fc00000 fa4=0xffffffff7fc00000 fa5=0xffffffff7fc00000 fa6=0xffffffff7fc00000 fcsr=0x10
# case fa1=0xffffffff5f000000 fcsr=0x20 -> fa0=0xffffffff4f3504f3 fa2=0xffffffff4f3504f3 fa3=0xffffffff4f3504f3 fa4=0xffffffff4f3504f3 fa5=0xffffffff4f3504f4 fa6=0xffffffff4f3504f3 fcsr=0x21
# case fa1=0xffffffff4b800001 fcsr=0x40 -> fa0=0xffffffff45800000 fa2=0xffffffff45800000 fa3=0xffffffff45800000 fa4=0xffffffff45800000 fa5=0xffffffff45800001 fa6=0xffffffff45800000 fcsr=0x41
# case fa1=0xffffffff3f000000 fcsr=0x60 -> fa0=0xffffffff3f3504f4 fa2=0xffffffff3f3504f3 fa3=0xffffffff3f3504f3 fa4=0xffffffff3f3504f3 fa5=0xffffffff3f3504f4 fa6=0xffffffff3f3504f3 fcsr=0x61
# case fa1=0xffffffff40200000 fcsr=0x80 -> fa0=0xffffffff3fca62c2 fa2=0xffffffff3fca62c2 fa3=0xffffffff3fca62c1 fa4=0xffffffff3fca62c1 fa5=0xffffffff3fca62c2 fa6=0xffffffff3fca62c2 fcsr=0x81
# case fa1=0xffffffff01234567 -> fa0=0xffffffff204c71b3 fa2=0xffffffff204c71b3 fa3=0xffffffff204c71b2 fa4=0xffffffff204c71b2 fa5=0xffffffff204c71b3 fa6=0xffffffff204c71b3 fcsr=0x1
# case fa1=0xffffffffc2c80000 fcsr=0x20 -> fa0=0xffffffff7fc00000 fa2=0xffffffff7fc00000 fa3=0xffffffff7fc00000 fa4=0xffffffff7fc00000 fa5=0xffffffff7fc00000 fa6=0xffffffff7fc00000 fcsr=0x30
# case fa1=0x000000003f800000 fcsr=0x40 -> fa0=0xffffffff7fc00000 fa2=0xffffffff7fc00000 fa3=0xffffffff7fc00000 fa4=0xffffffff7fc00000 fa5=0xffffffff7fc00000 fa6=0xffffffff7fc00000
# case fa1=0xfffffffe3f800000 fcsr=0x60 -> fa0=0xffffffff7fc00000 fa2=0xffffffff7fc00000 fa3=0xffffffff7fc00000 fa4=0xffffffff7fc00000 fa5=0xffffffff7fc00000 fa6=0xffffffff7fc00000
fsqrt.s fa0, fa1
fsqrt.s fa2, fa1, rne
fsqrt.s fa3, fa1, rtz
fsqrt.s fa4, fa1, rdn
fsqrt.s fa5, fa1, rup
fsqrt.s fa6, fa1, rmm
