# case -> m7=0xf1bbcdcbf3f3f3f3 m8=0x8ff34785f5f5f5f5 m9=0x2e2ac13ef4f4f4f4 m10=0xccf2f2f2f23354e7 m11=0x6affffffff7dd0fc
# case fa0=0x1122334455667788 fa3=0x8877665544332211 -> m7=0xf1bbcdcbf3f3f3f3 m8=0x8ff3478555667788 m9=0x2e2ac13ef4f4f4f4 m10=0xcc443322113354e7 m11=0x6affffffff7dd0fc
# case s0=data+8 -> m0=0x9e3779b9f3f3f3f3 m1=0x3c6ef372f5f5f5f5 m2=0xdaa66d2cf4f4f4f4 m3=0x78f2f2f2f229f054 m4=0x17ffffffff746c69
# case s0=data+1 -> m0=0x9e3779f5f5f5f515 m1=0x3c6ef3f4f4f4f42a pc=+8 trap=fault
# case s0=0x0 -> pc=+0 trap=fault
# case s0=data+4094 -> pc=+0 trap=fault
# case s0=0x1000000000000 -> pc=+0 trap=fault
fsw fa0, 0(s0)
fsw fa1, 8(s0)
fsw fa2, -8(s0)
fsw fa3, 19(s0)
fsw ft0, 27(s0)
