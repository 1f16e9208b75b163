# case a1=code+0x20 ra=code+0x30 t0=code+0x40 -> pc=+64
# case a1=code+0x21 ra=code+0x31 t0=code+0x41 -> pc=+64
jalr zero, 0(t0)
