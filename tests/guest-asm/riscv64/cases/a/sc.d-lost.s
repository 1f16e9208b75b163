# case a1=data+16 a4=0x5 -> a0=0xdaa66d2c7ddf743f a2=0x1 m2=0x5
lr.d a0, (a1)
sd a4, 0(a1)
sc.d a2, a3, (a1)
