# case a5=data -> fa0=0x8ff34785799e5cbd fa1=0x2e2ac13ef8e8d8d2 fa2=0xf1bbcdcbfa53e0a8 fa3=0xe8d8d28ff3478579 fa4=0x0
# case a5=data-2047 s0=data+8 -> fa0=0x3c6ef372fe94f82a fa1=0xdaa66d2c7ddf743f fa2=0x9e3779b97f4a7c15 fa3=0xdf743f3c6ef372fe fa4=0x9e3779b97f4a7c15
# case a5=data+100 m0=0x8080808080808080 m8=0x7f80ffff01ff8000 -> fa0=0x7f80ffff01ff8000 fa1=0x2e2ac13ef8e8d8d2 fa2=0xf1bbcdcbfa53e0a8 fa3=0xe8d8d27f80ffff01 fa4=0x0
# case s0=0x0 -> pc=+0 trap=fault
# case s0=data+4095 a5=data -> pc=+0 trap=fault
# case s0=0xffffffffffffff00 -> pc=+0 trap=fault
# case s0=0x100000008 a5=data -> pc=+0 trap=fault
fld fa0, 0(s0)
fld fa1, 8(s0)
fld fa2, -8(s0)
fld fa3, 3(s0)
fld fa4, 2047(a5)
