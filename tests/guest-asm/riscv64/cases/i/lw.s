# case a5=data -> a0=0x799e5cbd a1=0xfffffffff8e8d8d2 a2=0xfffffffffa53e0a8 a3=0xfffffffff3478579 a4=0x0 pc=+24 trap=fault
# case a5=data-2047 s0=data+8 -> a0=0xfffffffffe94f82a a1=0x7ddf743f a2=0x7f4a7c15 a3=0x6ef372fe a4=0x7f4a7c15 pc=+24 trap=fault
# case a5=data+100 m0=0x8080808080808080 m8=0x7f80ffff01ff8000 -> a0=0x1ff8000 a1=0xfffffffff8e8d8d2 a2=0xfffffffffa53e0a8 a3=0xffffffff80ffff01 a4=0x0 a5=0x116a99b4
# case s0=0x0 -> pc=+0 trap=fault
# case s0=data+4095 a5=data -> pc=+0 trap=fault
# case s0=0xffffffffffffff00 -> pc=+0 trap=fault
# case s0=0x100000008 a5=data -> pc=+0 trap=fault
lw a0, 0(s0)
lw a1, 8(s0)
lw a2, -8(s0)
lw a3, 3(s0)
lw a4, 2047(a5)
lw zero, 0(s0)
lw a5, -7(a5)
