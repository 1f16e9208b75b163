# the store changes the instruction behind fence.i
# case m8=0x4609 -> a0=0x4609 a1=0x1000004 a2=0x2
# case m8=0x567d -> a0=0x567d a1=0x1000004 a2=0xffffffffffffffff
lhu a0, 0(s0)
auipc a1, 0x0
sh a0, 12(a1)
fence.i
c.li a2, 1
