# case a1=data+16 -> a2=0x1
sc.w a2, a3, (a1)
