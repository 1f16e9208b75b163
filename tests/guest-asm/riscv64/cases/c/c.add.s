# case a1=0x0 -> t6=0x1f1f1f1f211f201f
# case a1=0x1 -> a0=0xa0a0a0a0a0a0a0b a1=0x2 t6=0x1f1f1f1f211f201f
# case a1=0x2 -> a0=0xa0a0a0a0a0a0a0c a1=0x4 t6=0x1f1f1f1f211f201f
# case a1=0x3f -> a0=0xa0a0a0a0a0a0a49 a1=0x7e t6=0x1f1f1f1f211f201f
# case a1=0x7fffffff -> a0=0xa0a0a0a8a0a0a09 a1=0xfffffffe t6=0x1f1f1f1f211f201f
# case a1=0x80000000 -> a0=0xa0a0a0a8a0a0a0a a1=0x100000000 t6=0x1f1f1f1f211f201f
# case a1=0xffffffff -> a0=0xa0a0a0b0a0a0a09 a1=0x1fffffffe t6=0x1f1f1f1f211f201f
# case a1=0x7fffffffffffffff -> a0=0x8a0a0a0a0a0a0a09 a1=0xfffffffffffffffe t6=0x1f1f1f1f211f201f
# case a1=0x8000000000000000 -> a0=0x8a0a0a0a0a0a0a0a a1=0x0 t6=0x1f1f1f1f211f201f
# case a1=0xffffffffffffffff -> a0=0xa0a0a0a0a0a0a09 a1=0xfffffffffffffffe t6=0x1f1f1f1f211f201f
# case a1=0x123456789abcdef0 -> a0=0x1c3e6082a4c6e8fa a1=0x2468acf13579bde0 t6=0x1f1f1f1f211f201f
# case a1=0xfedcba9876543210 -> a0=0x8e6c4a2805e3c1a a1=0xfdb97530eca86420 t6=0x1f1f1f1f211f201f
# case a1=0x00ff80007f010a00 -> a0=0xb098a0a890b140a a1=0x1ff0000fe021400 t6=0x1f1f1f1f211f201f
# case a1=0xfffffffffffffff9 -> a0=0xa0a0a0a0a0a0a03 a1=0xfffffffffffffff2 t6=0x1f1f1f1f211f201f
c.add a0, a1
c.add a1, a1
c.add zero, a1
c.add t6, sp
