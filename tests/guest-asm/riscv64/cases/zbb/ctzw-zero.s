# not in the reference: qemu 7.2 counts in the upper word too where the low one is 0
# case a1=0x0 -> a0=0x20
# case a1=0x8000000000000000 -> a0=0x20
ctzw a0, a1
