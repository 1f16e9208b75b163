# case a1=data+1 -> pc=+0 trap=misaligned
# case a1=data+4 -> pc=+0 trap=misaligned
# case a1=0x0 -> pc=+0 trap=fault
amoadd.d a0, a2, (a1)
