# case fa1=0x0000000000000000 -> fa0=0xffffffff00000000
# case fa1=0x8000000000000000 -> fa0=0xffffffff80000000
# case fa1=0x3ff0000000000000 -> fa0=0xffffffff3f800000
# case fa1=0xbff8000000000000 -> fa0=0xffffffffbfc00000
# case fa1=0x3fd5555555555555 -> fa0=0xffffffff3eaaaaab fcsr=0x1
# case fa1=0x7fefffffffffffff -> fa0=0xffffffff7f800000 fcsr=0x5
# case fa1=0x0010000000000000 -> fa0=0xffffffff00000000 fcsr=0x3
# case fa1=0x0000000000000001 -> fa0=0xffffffff00000000 fcsr=0x3
# case fa1=0x800fffffffffffff -> fa0=0xffffffff80000000 fcsr=0x3
# case fa1=0x7ff0000000000000 -> fa0=0xffffffff7f800000
# case fa1=0xfff0000000000000 -> fa0=0xffffffffff800000
# case fa1=0x7ff8000000000000 -> fa0=0xffffffff7fc00000
# case fa1=0x7ff0000000000001 -> fa0=0xffffffff7fc00000 fcsr=0x10
# case fa1=0xfff8dead00000000 -> fa0=0xffffffff7fc00000
# case fa1=0x41dfffffffe00000 -> fa0=0xffffffff4f000000 fcsr=0x1
# case fa1=0xc1e0000000200000 -> fa0=0xffffffffcf000000 fcsr=0x1
# case fa1=0x43e0000000000000 -> fa0=0xffffffff5f000000
# case fa1=0x4340000000000001 -> fa0=0xffffffff5a000000 fcsr=0x1
# case fa1=0x3fe0000000000000 -> fa0=0xffffffff3f000000
# case fa1=0x4004000000000000 -> fa0=0xffffffff40200000
# case fa1=0x36a0000000000000 -> fa0=0xffffffff00000001
# case fa1=0x47efffffefffffff -> fa0=0xffffffff7f7fffff fcsr=0x1
fcvt.s.d fa0, fa1
