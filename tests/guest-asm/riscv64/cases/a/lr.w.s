# case a1=data+16 -> a0=0x7ddf743f a2=0x7ddf743f
# case a1=data+20 -> a0=0xffffffffdaa66d2c a2=0xffffffffdaa66d2c
# case a1=data m0=0x80000000 -> a0=0xffffffff80000000 a2=0xffffffff80000000
lr.w a0, (a1)
lr.w.aq a2, (a1)
lr.w.aqrl zero, (a1)
