# case a5=data -> a0=0x5cbd a1=0xffffffffffffd8d2 a2=0xffffffffffffe0a8 a3=0xffffffffffff8579 a4=0x0 pc=+24 trap=fault
# case a5=data-2047 s0=data+8 -> a0=0xfffffffffffff82a a1=0x743f a2=0x7c15 a3=0x72fe a4=0x7c15 pc=+24 trap=fault
# case a5=data+100 m0=0x8080808080808080 m8=0x7f80ffff01ff8000 -> a0=0xffffffffffff8000 a1=0xffffffffffffd8d2 a2=0xffffffffffffe0a8 a3=0xffffffffffffff01 a4=0x0 a5=0xffffffffffff99b4
# case s0=0x0 -> pc=+0 trap=fault
# case s0=data+4095 a5=data -> pc=+0 trap=fault
# case s0=0xffffffffffffff00 -> pc=+0 trap=fault
# case s0=0x100000008 a5=data -> pc=+0 trap=fault
lh a0, 0(s0)
lh a1, 8(s0)
lh a2, -8(s0)
lh a3, 3(s0)
lh a4, 2047(a5)
lh zero, 0(s0)
lh a5, -7(a5)
