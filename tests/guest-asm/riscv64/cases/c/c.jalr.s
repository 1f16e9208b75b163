# case a1=code+0x20 -> ra=0x1000002 pc=+32
# case a1=code+0x31 -> ra=0x1000002 pc=+48
c.jalr a1
