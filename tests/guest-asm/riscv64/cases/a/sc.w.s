# case a1=data+16 a3=0x1122334455667788 -> a0=0x7ddf743f a2=0x0 a4=0x1 a6=0x55667788 m2=0xdaa66d2c00000000
# case a1=data+24 -> a0=0xfffffffffd29f054 a2=0x0 a4=0x1 a6=0xd0d0d0d m3=0x78dde6e500000000
lr.w a0, (a1)
sc.w a2, a3, (a1)
sc.w a4, a5, (a1)
lr.w a6, (a1)
sc.w.rl zero, zero, (a1)
