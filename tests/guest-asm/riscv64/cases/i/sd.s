# case -> m7=0xc0c0c0c0c0c0c0c m8=0xa0a0a0a0a0a0a0a m9=0xb0b0b0b0b0b0b0b m10=0xd0d0d0d0d3354e7 m11=0xd0d0d m12=0x8d12e6b76000000 m13=0x2000040
# case a0=0x1122334455667788 a3=0x8877665544332211 -> m7=0xc0c0c0c0c0c0c0c m8=0x1122334455667788 m9=0xb0b0b0b0b0b0b0b m10=0x55443322113354e7 m11=0x887766 m12=0x8d12e6b76000000 m13=0x2000040
# case s0=data+8 -> m0=0xc0c0c0c0c0c0c0c m1=0xa0a0a0a0a0a0a0a m2=0xb0b0b0b0b0b0b0b m3=0xd0d0d0d0d29f054 m4=0xd0d0d m5=0xb54cda58fb000000 m6=0x2000008
# case s0=data+1 -> m0=0xa0a0a0a0a0a0a15 m1=0xb0b0b0b0b0b0b0a m2=0xdaa66d2c7ddf740b pc=+8 trap=fault
# case s0=0x0 -> pc=+0 trap=fault
# case s0=data+4094 -> pc=+0 trap=fault
# case s0=0x1000000000000 -> pc=+0 trap=fault
sd a0, 0(s0)
sd a1, 8(s0)
sd a2, -8(s0)
sd a3, 19(s0)
sd zero, 27(s0)
sd s0, 40(s0)
