# case a1=data+16 a4=data+24 -> a0=0x7ddf743f a2=0x1 a5=0x1
lr.w a0, (a1)
sc.w a2, a3, (a4)
sc.w a5, a3, (a1)
