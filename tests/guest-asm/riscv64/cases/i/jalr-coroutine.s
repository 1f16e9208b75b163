# case a1=code+0x20 ra=code+0x30 t0=code+0x40 -> t0=0x1000004 pc=+48
# case a1=code+0x21 ra=code+0x31 t0=code+0x41 -> t0=0x1000004 pc=+48
# case a1=code+0x12 ra=code+0xfe0 t0=code -> t0=0x1000004 pc=+4064
jalr t0, 0(ra)
