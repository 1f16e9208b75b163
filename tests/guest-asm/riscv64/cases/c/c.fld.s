# case -> fs1=0xb8ab04fbe3a36348 fa0=0x8ff34785799e5cbd fa1=0x2e2ac13ef8e8d8d2 fa2=0x81af155173f23d65
# case s0=data+3 -> fs1=0x99feb5c6ef372fe9 fa0=0x94f82a9e3779b97f fa1=0xdf743f3c6ef372fe fa2=0xe8d8d28ff3478579
# case s0=0x0 -> pc=+0 trap=fault
c.fld fa0, 0(s0)
c.fld fa1, 8(s0)
c.fld fa2, 64(s0)
c.fld fs1, 248(s0)
