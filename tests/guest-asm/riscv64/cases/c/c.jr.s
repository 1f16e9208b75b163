# case a1=code+0x20 -> pc=+32
# case a1=code+0x31 -> pc=+48
c.jr a1
