# case -> m7=0xf1bbcdcb0c0c0c0c m8=0x8ff347850a0a0a0a m9=0x2e2ac13e0b0b0b0b m10=0xcc0d0d0d0d3354e7 m11=0x6a000000007dd0fc m13=0xa708a82402000040
# case a0=0x1122334455667788 a3=0x8877665544332211 -> m7=0xf1bbcdcb0c0c0c0c m8=0x8ff3478555667788 m9=0x2e2ac13e0b0b0b0b m10=0xcc443322113354e7 m11=0x6a000000007dd0fc m13=0xa708a82402000040
# case s0=data+8 -> m0=0x9e3779b90c0c0c0c m1=0x3c6ef3720a0a0a0a m2=0xdaa66d2c0b0b0b0b m3=0x780d0d0d0d29f054 m4=0x1700000000746c69 m6=0x5384541202000008
# case s0=data+1 -> m0=0x9e37790a0a0a0a15 m1=0x3c6ef30b0b0b0b2a pc=+8 trap=fault
# case s0=0x0 -> pc=+0 trap=fault
# case s0=data+4094 -> pc=+0 trap=fault
# case s0=0x1000000000000 -> pc=+0 trap=fault
sw a0, 0(s0)
sw a1, 8(s0)
sw a2, -8(s0)
sw a3, 19(s0)
sw zero, 27(s0)
sw s0, 40(s0)
