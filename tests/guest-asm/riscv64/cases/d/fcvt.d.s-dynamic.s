# case fa1=0xffffffff00000000 -> fa0=0x0
# case fa1=0xffffffff80000000 -> fa0=0x8000000000000000
# case fa1=0xffffffff3f800000 -> fa0=0x3ff0000000000000
# case fa1=0xffffffffbfc00000 -> fa0=0xbff8000000000000
# case fa1=0xffffffff3eaaaaab -> fa0=0x3fd5555560000000
# case fa1=0xffffffff7f7fffff -> fa0=0x47efffffe0000000
# case fa1=0xffffffff00800000 -> fa0=0x3810000000000000
# case fa1=0xffffffff00000001 -> fa0=0x36a0000000000000
# case fa1=0xffffffff807fffff -> fa0=0xb80fffffc0000000
# case fa1=0xffffffff7f800000 -> fa0=0x7ff0000000000000
# case fa1=0xffffffffff800000 -> fa0=0xfff0000000000000
# case fa1=0xffffffff7fc00000 -> fa0=0x7ff8000000000000
# case fa1=0xffffffff7f800001 -> fa0=0x7ff8000000000000 fcsr=0x10
# case fa1=0xffffffffffc0dead -> fa0=0x7ff8000000000000
# case fa1=0xffffffff4effffff -> fa0=0x41dfffffe0000000
# case fa1=0xffffffffcf000001 -> fa0=0xc1e0000020000000
# case fa1=0xffffffff5f000000 -> fa0=0x43e0000000000000
# case fa1=0xffffffff4b800001 -> fa0=0x4170000020000000
# case fa1=0xffffffff3f000000 -> fa0=0x3fe0000000000000
# case fa1=0xffffffff40200000 -> fa0=0x4004000000000000
# case fa1=0xffffffff01234567 -> fa0=0x382468ace0000000
# case fa1=0xffffffffc2c80000 -> fa0=0xc059000000000000
# case fa1=0x000000003f800000 -> fa0=0x7ff8000000000000
# case fa1=0xfffffffe3f800000 -> fa0=0x7ff8000000000000
fcvt.d.s fa0, fa1
