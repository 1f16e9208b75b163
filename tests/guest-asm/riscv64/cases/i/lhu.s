# case a5=data -> a0=0x5cbd a1=0xd8d2 a2=0xe0a8 a3=0x8579 a4=0x0 pc=+24 trap=fault
# case a5=data-2047 s0=data+8 -> a0=0xf82a a1=0x743f a2=0x7c15 a3=0x72fe a4=0x7c15 pc=+24 trap=fault
# case a5=data+100 m0=0x8080808080808080 m8=0x7f80ffff01ff8000 -> a0=0x8000 a1=0xd8d2 a2=0xe0a8 a3=0xff01 a4=0x0 a5=0x99b4
# case s0=0x0 -> pc=+0 trap=fault
# case s0=data+4095 a5=data -> pc=+0 trap=fault
# case s0=0xffffffffffffff00 -> pc=+0 trap=fault
# case s0=0x100000008 a5=data -> pc=+0 trap=fault
lhu a0, 0(s0)
lhu a1, 8(s0)
lhu a2, -8(s0)
lhu a3, 3(s0)
lhu a4, 2047(a5)
lhu zero, 0(s0)
lhu a5, -7(a5)
