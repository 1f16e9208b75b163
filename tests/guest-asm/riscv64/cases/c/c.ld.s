# case -> s0=0xcc623af8783354e7 s1=0xb8ab04fbe3a36348 a0=0x8ff34785799e5cbd a1=0x2e2ac13ef8e8d8d2 a2=0x81af155173f23d65
# case s0=data+3 -> s0=0x29f054daa66d2c7d s1=0x99feb5c6ef372fe9 a0=0x94f82a9e3779b97f a1=0xdf743f3c6ef372fe a2=0xe8d8d28ff3478579
# case s0=0x0 -> pc=+0 trap=fault
c.ld a0, 0(s0)
c.ld a1, 8(s0)
c.ld a2, 64(s0)
c.ld s1, 248(s0)
c.ld s0, 16(s0)
