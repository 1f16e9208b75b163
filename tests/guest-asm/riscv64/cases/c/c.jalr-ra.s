# case ra=code+0x40 -> ra=0x1000002 pc=+64
c.jalr ra
