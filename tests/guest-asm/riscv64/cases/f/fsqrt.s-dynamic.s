# case fa1=0xffffffff00000000 -> fa0=0xffffffff00000000
# case fa1=0xffffffff80000000 -> fa0=0xffffffff80000000
# case fa1=0xffffffff3f800000 -> fa0=0xffffffff3f800000
# case fa1=0xffffffffbfc00000 -> fa0=0xffffffff7fc00000 fcsr=0x10
# case fa1=0xffffffff3eaaaaab -> fa0=0xffffffff3f13cd3a fcsr=0x1
# case fa1=0xffffffff7f7fffff -> fa0=0xffffffff5f7fffff fcsr=0x1
# case fa1=0xffffffff00800000 -> fa0=0xffffffff20000000
# case fa1=0xffffffff00000001 -> fa0=0xffffffff1a3504f3 fcsr=0x1
# case fa1=0xffffffff807fffff -> fa0=0xffffffff7fc00000 fcsr=0x10
# case fa1=0xffffffff7f800000 -> fa0=0xffffffff7f800000
# case fa1=0xffffffffff800000 -> fa0=0xffffffff7fc00000 fcsr=0x10
# case fa1=0xffffffff7fc00000 -> fa0=0xffffffff7fc00000
# case fa1=0xffffffff7f800001 -> fa0=0xffffffff7fc00000 fcsr=0x10
# case fa1=0xffffffffffc0dead -> fa0=0xffffffff7fc00000
# case fa1=0xffffffff4effffff -> fa0=0xffffffff473504f3 fcsr=0x1
# case fa1=0xffffffffcf000001 -> fa0=0xffffffff7fc00000 fcsr=0x10
# case fa1=0xffffffff5f000000 -> fa0=0xffffffff4f3504f3 fcsr=0x1
# case fa1=0xffffffff4b800001 -> fa0=0xffffffff45800000 fcsr=0x1
# case fa1=0xffffffff3f000000 -> fa0=0xffffffff3f3504f3 fcsr=0x1
# case fa1=0xffffffff40200000 -> fa0=0xffffffff3fca62c2 fcsr=0x1
# case fa1=0xffffffff01234567 -> fa0=0xffffffff204c71b3 fcsr=0x1
# case fa1=0xffffffffc2c80000 -> fa0=0xffffffff7fc00000 fcsr=0x10
# case fa1=0x000000003f800000 -> fa0=0xffffffff7fc00000
# case fa1=0xfffffffe3f800000 -> fa0=0xffffffff7fc00000
fsqrt.s fa0, fa1
