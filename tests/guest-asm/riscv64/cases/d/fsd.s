# case -> m7=0xf3f3f3f3f3f3f3f3 m8=0xf5f5f5f5f5f5f5f5 m9=0xf4f4f4f4f4f4f4f4 m10=0xf2f2f2f2f23354e7 m11=0xfffffffffff2f2f2 m12=0x8d12e6b76ffffff
# case fa0=0x1122334455667788 fa3=0x8877665544332211 -> m7=0xf3f3f3f3f3f3f3f3 m8=0x1122334455667788 m9=0xf4f4f4f4f4f4f4f4 m10=0x55443322113354e7 m11=0xffffffffff887766 m12=0x8d12e6b76ffffff
# case s0=data+8 -> m0=0xf3f3f3f3f3f3f3f3 m1=0xf5f5f5f5f5f5f5f5 m2=0xf4f4f4f4f4f4f4f4 m3=0xf2f2f2f2f229f054 m4=0xfffffffffff2f2f2 m5=0xb54cda58fbffffff
# case s0=data+1 -> m0=0xf5f5f5f5f5f5f515 m1=0xf4f4f4f4f4f4f4f5 m2=0xdaa66d2c7ddf74f4 pc=+8 trap=fault
# case s0=0x0 -> pc=+0 trap=fault
# case s0=data+4094 -> pc=+0 trap=fault
# case s0=0x1000000000000 -> pc=+0 trap=fault
fsd fa0, 0(s0)
fsd fa1, 8(s0)
fsd fa2, -8(s0)
fsd fa3, 19(s0)
fsd ft0, 27(s0)
