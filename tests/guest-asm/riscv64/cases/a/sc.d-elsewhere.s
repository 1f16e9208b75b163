# case a1=data+16 a4=data+24 -> a0=0xdaa66d2c7ddf743f a2=0x1 a5=0x1
lr.d a0, (a1)
sc.d a2, a3, (a4)
sc.d a5, a3, (a1)
