# case -> m7=0xf1bbcdcbfa53e00c m8=0x8ff34785799e5c0a m9=0x2e2ac13ef8e8d80b m10=0xcc623af80d3354e7 m11=0x6a99b4b1007dd0fc m13=0xa708a824f612c940
# case a0=0x1122334455667788 a3=0x8877665544332211 -> m7=0xf1bbcdcbfa53e00c m8=0x8ff34785799e5c88 m9=0x2e2ac13ef8e8d80b m10=0xcc623af8113354e7 m11=0x6a99b4b1007dd0fc m13=0xa708a824f612c940
# case s0=data+8 -> m0=0x9e3779b97f4a7c0c m1=0x3c6ef372fe94f80a m2=0xdaa66d2c7ddf740b m3=0x78dde6e50d29f054 m4=0x1715609f00746c69 m6=0x538454127b096408
# case s0=data+1 -> m0=0x9e3779b97f4a0a15 m1=0x3c6ef372fe940b2a pc=+8 trap=fault
# case s0=0x0 -> pc=+0 trap=fault
# case s0=data+4094 -> pc=+4 trap=fault
# case s0=0x1000000000000 -> pc=+0 trap=fault
sb a0, 0(s0)
sb a1, 8(s0)
sb a2, -8(s0)
sb a3, 19(s0)
sb zero, 27(s0)
sb s0, 40(s0)
