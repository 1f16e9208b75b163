# case ra=code+0x40 -> pc=+64
c.jr ra
