# case a1=code+0x20 ra=code+0x30 t0=code+0x40 -> pc=+48
# case a1=code+0x21 ra=code+0x31 t0=code+0x41 -> pc=+48
# case a1=code+0x12 ra=code+0xfe0 t0=code -> pc=+4064
jalr zero, 0(ra)
