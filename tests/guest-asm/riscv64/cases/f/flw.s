# case a5=data -> fa0=0xffffffff799e5cbd fa1=0xfffffffff8e8d8d2 fa2=0xfffffffffa53e0a8 fa3=0xfffffffff3478579 fa4=0xffffffff00000000
# case a5=data-2047 s0=data+8 -> fa0=0xfffffffffe94f82a fa1=0xffffffff7ddf743f fa2=0xffffffff7f4a7c15 fa3=0xffffffff6ef372fe fa4=0xffffffff7f4a7c15
# case a5=data+100 m0=0x8080808080808080 m8=0x7f80ffff01ff8000 -> fa0=0xffffffff01ff8000 fa1=0xfffffffff8e8d8d2 fa2=0xfffffffffa53e0a8 fa3=0xffffffff80ffff01 fa4=0xffffffff00000000
# case s0=0x0 -> pc=+0 trap=fault
# case s0=data+4095 a5=data -> pc=+0 trap=fault
# case s0=0xffffffffffffff00 -> pc=+0 trap=fault
# case s0=0x100000008 a5=data -> pc=+0 trap=fault
flw fa0, 0(s0)
flw fa1, 8(s0)
flw fa2, -8(s0)
flw fa3, 3(s0)
flw fa4, 2047(a5)
