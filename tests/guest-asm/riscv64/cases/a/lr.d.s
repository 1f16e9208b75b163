# case a1=data+16 -> a0=0xdaa66d2c7ddf743f a2=0xdaa66d2c7ddf743f
# case a1=data+24 -> a0=0x78dde6e5fd29f054 a2=0x78dde6e5fd29f054
# case a1=data m0=0x80000000 -> a0=0x80000000 a2=0x80000000
lr.d a0, (a1)
lr.d.aq a2, (a1)
lr.d.aqrl zero, (a1)
