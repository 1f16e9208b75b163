# case a1=data+1 -> pc=+0 trap=misaligned
# case a1=data+2 -> pc=+0 trap=misaligned
# case a1=0x10 -> pc=+0 trap=fault
lr.w a0, (a1)
