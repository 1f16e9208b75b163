# case fa1=0x0000000000000000 -> a0=0x0
# case fa1=0x8000000000000000 -> a0=0x0
# case fa1=0x3ff0000000000000 -> a0=0x1
# case fa1=0xbff8000000000000 -> a0=0xfffffffffffffffe fcsr=0x1
# case fa1=0x3fd5555555555555 -> a0=0x0 fcsr=0x1
# case fa1=0x7fefffffffffffff -> a0=0x7fffffffffffffff fcsr=0x10
# case fa1=0x0010000000000000 -> a0=0x0 fcsr=0x1
# case fa1=0x0000000000000001 -> a0=0x0 fcsr=0x1
# case fa1=0x800fffffffffffff -> a0=0x0 fcsr=0x1
# case fa1=0x7ff0000000000000 -> a0=0x7fffffffffffffff fcsr=0x10
# case fa1=0xfff0000000000000 -> a0=0x8000000000000000 fcsr=0x10
# case fa1=0x7ff8000000000000 -> a0=0x7fffffffffffffff fcsr=0x10
# case fa1=0x7ff0000000000001 -> a0=0x7fffffffffffffff fcsr=0x10
# case fa1=0xfff8dead00000000 -> a0=0x7fffffffffffffff fcsr=0x10
# case fa1=0x41dfffffffe00000 -> a0=0x80000000 fcsr=0x1
# case fa1=0xc1e0000000200000 -> a0=0xffffffff7fffffff
# case fa1=0x43e0000000000000 -> a0=0x7fffffffffffffff fcsr=0x10
# case fa1=0x4340000000000001 -> a0=0x20000000000002
# case fa1=0x3fe0000000000000 -> a0=0x0 fcsr=0x1
# case fa1=0x4004000000000000 -> a0=0x2 fcsr=0x1
# case fa1=0x36a0000000000000 -> a0=0x0 fcsr=0x1
# case fa1=0x47efffffefffffff -> a0=0x7fffffffffffffff fcsr=0x10
# case fa1=0x41dfffffffc00000 -> a0=0x7fffffff
# case fa1=0x41e0000000000000 -> a0=0x80000000
# case fa1=0xc1e0000000000000 -> a0=0xffffffff80000000
# case fa1=0x41effffffff00000 -> a0=0x100000000 fcsr=0x1
# case fa1=0x43dfffffffffffff -> a0=0x7ffffffffffffc00
# case fa1=0xc3e0000000000000 -> a0=0x8000000000000000
# case fa1=0x43f0000000000000 -> a0=0x7fffffffffffffff fcsr=0x10
# case fa1=0xbfe0000000000000 -> a0=0x0 fcsr=0x1
# case fa1=0xbfefffffffffffff -> a0=0xffffffffffffffff fcsr=0x1
# case fa1=0x3ff8000000000000 -> a0=0x2 fcsr=0x1
# case fa1=0xc004000000000000 -> a0=0xfffffffffffffffe fcsr=0x1
fcvt.l.d a0, fa1
