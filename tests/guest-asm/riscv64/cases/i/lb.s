# case a5=data -> a0=0xffffffffffffffbd a1=0xffffffffffffffd2 a2=0xffffffffffffffa8 a3=0x79 a4=0x0 pc=+24 trap=fault
# case a5=data-2047 s0=data+8 -> a0=0x2a a1=0x3f a2=0x15 a3=0xfffffffffffffffe a4=0x15 pc=+24 trap=fault
# case a5=data+100 m0=0x8080808080808080 m8=0x7f80ffff01ff8000 -> a0=0x0 a1=0xffffffffffffffd2 a2=0xffffffffffffffa8 a3=0x1 a4=0x0 a5=0xffffffffffffffb4
# case s0=0x0 -> pc=+0 trap=fault
# case s0=data+4095 a5=data -> a0=0x0 pc=+4 trap=fault
# case s0=0xffffffffffffff00 -> pc=+0 trap=fault
# case s0=0x100000008 a5=data -> pc=+0 trap=fault
lb a0, 0(s0)
lb a1, 8(s0)
lb a2, -8(s0)
lb a3, 3(s0)
lb a4, 2047(a5)
lb zero, 0(s0)
lb a5, -7(a5)
