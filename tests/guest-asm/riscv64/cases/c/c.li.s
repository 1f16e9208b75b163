# case -> a0=0x0 a1=0x1f a2=0xffffffffffffffe0 t6=0xffffffffffffffff
c.li a0, 0
c.li a1, 31
c.li a2, -32
c.li t6, -1
c.li zero, 5
