# case a1=0x0 -> ft0=0xffffffff00000000 fa0=0xffffffff00000000
# case a1=0x1 -> ft0=0xffffffff00000000 fa0=0xffffffff00000001
# case a1=0x2 -> ft0=0xffffffff00000000 fa0=0xffffffff00000002
# case a1=0x3f -> ft0=0xffffffff00000000 fa0=0xffffffff0000003f
# case a1=0x7fffffff -> ft0=0xffffffff00000000 fa0=0xffffffff7fffffff
# case a1=0x80000000 -> ft0=0xffffffff00000000 fa0=0xffffffff80000000
# case a1=0xffffffff -> ft0=0xffffffff00000000 fa0=0xffffffffffffffff
# case a1=0x7fffffffffffffff -> ft0=0xffffffff00000000 fa0=0xffffffffffffffff
# case a1=0x8000000000000000 -> ft0=0xffffffff00000000 fa0=0xffffffff00000000
# case a1=0xffffffffffffffff -> ft0=0xffffffff00000000 fa0=0xffffffffffffffff
# case a1=0x123456789abcdef0 -> ft0=0xffffffff00000000 fa0=0xffffffff9abcdef0
# case a1=0xfedcba9876543210 -> ft0=0xffffffff00000000 fa0=0xffffffff76543210
# case a1=0x00ff80007f010a00 -> ft0=0xffffffff00000000 fa0=0xffffffff7f010a00
# case a1=0xfffffffffffffff9 -> ft0=0xffffffff00000000 fa0=0xfffffffffffffff9
fmv.w.x fa0, a1
fmv.w.x ft0, zero
