# case a1=data+1 -> pc=+0 trap=misaligned
# case a1=data+4 -> pc=+0 trap=misaligned
# case a1=0x10 -> pc=+0 trap=fault
lr.d a0, (a1)
