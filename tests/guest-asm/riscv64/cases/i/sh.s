# case -> m7=0xf1bbcdcbfa530c0c m8=0x8ff34785799e0a0a m9=0x2e2ac13ef8e80b0b m10=0xcc623a0d0d3354e7 m11=0x6a99b400007dd0fc m13=0xa708a824f6120040
# case a0=0x1122334455667788 a3=0x8877665544332211 -> m7=0xf1bbcdcbfa530c0c m8=0x8ff34785799e7788 m9=0x2e2ac13ef8e80b0b m10=0xcc623a22113354e7 m11=0x6a99b400007dd0fc m13=0xa708a824f6120040
# case s0=data+8 -> m0=0x9e3779b97f4a0c0c m1=0x3c6ef372fe940a0a m2=0xdaa66d2c7ddf0b0b m3=0x78dde60d0d29f054 m4=0x1715600000746c69 m6=0x538454127b090008
# case s0=data+1 -> m0=0x9e3779b97f0a0a15 m1=0x3c6ef372fe0b0b2a pc=+8 trap=fault
# case s0=0x0 -> pc=+0 trap=fault
# case s0=data+4094 -> pc=+4 trap=fault
# case s0=0x1000000000000 -> pc=+0 trap=fault
sh a0, 0(s0)
sh a1, 8(s0)
sh a2, -8(s0)
sh a3, 19(s0)
sh zero, 27(s0)
sh s0, 40(s0)
