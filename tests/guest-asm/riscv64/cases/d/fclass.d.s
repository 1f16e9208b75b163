# case fa1=0x0000000000000000 -> a0=0x10
# case fa1=0x8000000000000000 -> a0=0x8
# case fa1=0x3ff0000000000000 -> a0=0x40
# case fa1=0xbff8000000000000 -> a0=0x2
# case fa1=0x3fd5555555555555 -> a0=0x40
# case fa1=0x7fefffffffffffff -> a0=0x40
# case fa1=0x0010000000000000 -> a0=0x40
# case fa1=0x0000000000000001 -> a0=0x20
# case fa1=0x800fffffffffffff -> a0=0x4
# case fa1=0x7ff0000000000000 -> a0=0x80
# case fa1=0xfff0000000000000 -> a0=0x1
# case fa1=0x7ff8000000000000 -> a0=0x200
# case fa1=0x7ff0000000000001 -> a0=0x100
# case fa1=0xfff8dead00000000 -> a0=0x200
# case fa1=0x41dfffffffe00000 -> a0=0x40
# case fa1=0xc1e0000000200000 -> a0=0x2
# case fa1=0x43e0000000000000 -> a0=0x40
# case fa1=0x4340000000000001 -> a0=0x40
# case fa1=0x3fe0000000000000 -> a0=0x40
# case fa1=0x4004000000000000 -> a0=0x40
# case fa1=0x36a0000000000000 -> a0=0x40
# case fa1=0x47efffffefffffff -> a0=0x40
fclass.d a0, fa1
fclass.d zero, fa1
