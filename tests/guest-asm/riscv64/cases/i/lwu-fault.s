# case a1=0x0 -> pc=+0 trap=fault
# case a1=0x8000000000000000 -> pc=+0 trap=fault
# case a1=data+0x1000 -> pc=+0 trap=fault
# case a1=data ->
lwu zero, 0(a1)
