# case a1=data+16 m2=0x1 a2=0x2 a4=0x5 -> a0=0x1 a1=0xf0f0f0f a3=0x2 m2=0xf0f0f0f
# case a1=data+16 m2=0x0 a2=0x0 a4=0x5 -> a0=0x0 a1=0xf0f0f0f a3=0x0 m2=0xf0f0f0f
# case a1=data+16 m2=0x7fffffffffffffff a2=0x1 a4=0x5 -> a0=0xffffffffffffffff a1=0xffffffffffffffff a3=0xffffffffffffffff
# case a1=data+16 m2=0x8000000000000000 a2=0xffffffffffffffff a4=0x5 -> a0=0x0 a1=0xffffffffffffffff a3=0xffffffffffffffff m2=0x80000000ffffffff
# case a1=data+16 m2=0x80000000 a2=0xffffffffffffffff a4=0x5 -> a0=0xffffffff80000000 a1=0xffffffffffffffff a3=0xffffffffffffffff m2=0xffffffff
# case a1=data+16 m2=0xffffffff80000000 a2=0xffffffff a4=0x5 -> a0=0xffffffff80000000 a1=0xffffffffffffffff a3=0xffffffffffffffff m2=0xffffffffffffffff
# case a1=data+16 m2=0x123456789abcdef0 a2=0x3f a4=0x5 -> a0=0xffffffff9abcdef0 a1=0xffffffff9abcdef0 a3=0xffffffff9abcdef0
# case a1=data+16 m2=0xfedcba9876543210 a2=0x20 a4=0x5 -> a0=0x76543210 a1=0x76543210 a3=0x76543210
# case a1=data+20 a4=0xffffffffffffffff -> a0=0xffffffffdaa66d2c a1=0xffffffffffffffff a3=0xffffffffdaa66d2c m2=0xffffffff7ddf743f
amomaxu.w a0, a2, (a1)
amomaxu.w.aq a3, a4, (a1)
amomaxu.w.rl zero, a5, (a1)
amomaxu.w.aqrl a1, a1, (a1)
