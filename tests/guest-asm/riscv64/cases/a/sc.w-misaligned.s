# not in the reference: qemu checks the alignment only where the address is reserved
# case a1=data+1 -> pc=+0 trap=misaligned
# case a1=data+2 -> pc=+0 trap=misaligned
sc.w a2, a3, (a1)
