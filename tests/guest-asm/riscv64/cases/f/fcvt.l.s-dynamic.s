# case fa1=0xffffffff00000000 -> a0=0x0
# case fa1=0xffffffff80000000 -> a0=0x0
# case fa1=0xffffffff3f800000 -> a0=0x1
# case fa1=0xffffffffbfc00000 -> a0=0xfffffffffffffffe fcsr=0x1
# case fa1=0xffffffff3eaaaaab -> a0=0x0 fcsr=0x1
# case fa1=0xffffffff7f7fffff -> a0=0x7fffffffffffffff fcsr=0x10
# case fa1=0xffffffff00800000 -> a0=0x0 fcsr=0x1
# case fa1=0xffffffff00000001 -> a0=0x0 fcsr=0x1
# case fa1=0xffffffff807fffff -> a0=0x0 fcsr=0x1
# case fa1=0xffffffff7f800000 -> a0=0x7fffffffffffffff fcsr=0x10
# case fa1=0xffffffffff800000 -> a0=0x8000000000000000 fcsr=0x10
# case fa1=0xffffffff7fc00000 -> a0=0x7fffffffffffffff fcsr=0x10
# case fa1=0xffffffff7f800001 -> a0=0x7fffffffffffffff fcsr=0x10
# case fa1=0xffffffffffc0dead -> a0=0x7fffffffffffffff fcsr=0x10
# case fa1=0xffffffff4effffff -> a0=0x7fffff80
# case fa1=0xffffffffcf000001 -> a0=0xffffffff7fffff00
# case fa1=0xffffffff5f000000 -> a0=0x7fffffffffffffff fcsr=0x10
# case fa1=0xffffffff4b800001 -> a0=0x1000002
# case fa1=0xffffffff3f000000 -> a0=0x0 fcsr=0x1
# case fa1=0xffffffff40200000 -> a0=0x2 fcsr=0x1
# case fa1=0xffffffff01234567 -> a0=0x0 fcsr=0x1
# case fa1=0xffffffffc2c80000 -> a0=0xffffffffffffff9c
# case fa1=0x000000003f800000 -> a0=0x7fffffffffffffff fcsr=0x10
# case fa1=0xfffffffe3f800000 -> a0=0x7fffffffffffffff fcsr=0x10
# case fa1=0xffffffff4f000000 -> a0=0x80000000
# case fa1=0xffffffff4f7fffff -> a0=0xffffff00
# case fa1=0xffffffffcf000000 -> a0=0xffffffff80000000
# case fa1=0xffffffff5effffff -> a0=0x7fffff8000000000
# case fa1=0xffffffffdf000000 -> a0=0x8000000000000000
# case fa1=0xffffffff5f800000 -> a0=0x7fffffffffffffff fcsr=0x10
# case fa1=0xffffffffbf000000 -> a0=0x0 fcsr=0x1
# case fa1=0xffffffffbf7fffff -> a0=0xffffffffffffffff fcsr=0x1
# case fa1=0xffffffff3fc00000 -> a0=0x2 fcsr=0x1
# case fa1=0xffffffffc0200000 -> a0=0xfffffffffffffffe fcsr=0x1
fcvt.l.s a0, fa1
