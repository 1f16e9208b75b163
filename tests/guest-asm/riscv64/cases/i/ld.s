# case a5=data -> a0=0x8ff34785799e5cbd a1=0x2e2ac13ef8e8d8d2 a2=0xf1bbcdcbfa53e0a8 a3=0xe8d8d28ff3478579 a4=0x0 pc=+24 trap=fault
# case a5=data-2047 s0=data+8 -> a0=0x3c6ef372fe94f82a a1=0xdaa66d2c7ddf743f a2=0x9e3779b97f4a7c15 a3=0xdf743f3c6ef372fe a4=0x9e3779b97f4a7c15 pc=+24 trap=fault
# case a5=data+100 m0=0x8080808080808080 m8=0x7f80ffff01ff8000 -> a0=0x7f80ffff01ff8000 a1=0x2e2ac13ef8e8d8d2 a2=0xf1bbcdcbfa53e0a8 a3=0xe8d8d27f80ffff01 a4=0x0 a5=0x6b76c84d116a99b4
# case s0=0x0 -> pc=+0 trap=fault
# case s0=data+4095 a5=data -> pc=+0 trap=fault
# case s0=0xffffffffffffff00 -> pc=+0 trap=fault
# case s0=0x100000008 a5=data -> pc=+0 trap=fault
ld a0, 0(s0)
ld a1, 8(s0)
ld a2, -8(s0)
ld a3, 3(s0)
ld a4, 2047(a5)
ld zero, 0(s0)
ld a5, -7(a5)
