# case a1=data+16 a3=0x1122334455667788 -> a0=0xdaa66d2c7ddf743f a2=0x0 a4=0x1 a6=0x1122334455667788 m2=0x0
# case a1=data+24 -> a0=0x78dde6e5fd29f054 a2=0x0 a4=0x1 a6=0xd0d0d0d0d0d0d0d m3=0x0
lr.d a0, (a1)
sc.d a2, a3, (a1)
sc.d a4, a5, (a1)
lr.d a6, (a1)
sc.d.rl zero, zero, (a1)
