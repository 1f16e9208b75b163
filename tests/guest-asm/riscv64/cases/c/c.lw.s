# case -> s0=0x783354e7 s1=0xffffffffd5336963 a0=0x799e5cbd a1=0xfffffffff8e8d8d2 a2=0x73f23d65
# case s0=data+3 -> s0=0xffffffffa66d2c7d s1=0xfffffffff23d65e3 a0=0x3779b97f a1=0x6ef372fe a2=0xfffffffff3478579
# case s0=0x0 -> pc=+0 trap=fault
c.lw a0, 0(s0)
c.lw a1, 8(s0)
c.lw a2, 64(s0)
c.lw s1, 124(s0)
c.lw s0, 16(s0)
