# case a1=data+16 a4=0x5 -> a0=0x7ddf743f a2=0x1 m2=0xdaa66d2c00000005
lr.w a0, (a1)
sw a4, 0(a1)
sc.w a2, a3, (a1)
