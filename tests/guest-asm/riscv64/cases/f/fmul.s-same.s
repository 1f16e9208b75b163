# case fa1=0xffffffff00000000 ->
# case fa1=0xffffffff80000000 -> fa1=0xffffffff00000000
# case fa1=0xffffffff3f800000 ->
# case fa1=0xffffffffbfc00000 -> fa1=0xffffffff40100000
# case fa1=0xffffffff3eaaaaab -> fa1=0xffffffff3de38e3a fcsr=0x1
# case fa1=0xffffffff7f7fffff -> fa1=0xffffffff7f800000 fcsr=0x5
# case fa1=0xffffffff00800000 -> fa1=0xffffffff00000000 fcsr=0x3
# case fa1=0xffffffff00000001 -> fa1=0xffffffff00000000 fcsr=0x3
# case fa1=0xffffffff807fffff -> fa1=0xffffffff00000000 fcsr=0x3
# case fa1=0xffffffff7f800000 ->
# case fa1=0xffffffffff800000 -> fa1=0xffffffff7f800000
# case fa1=0xffffffff7fc00000 ->
# case fa1=0xffffffff7f800001 -> fa1=0xffffffff7fc00000 fcsr=0x10
# case fa1=0xffffffffffc0dead -> fa1=0xffffffff7fc00000
# case fa1=0xffffffff4effffff -> fa1=0xffffffff5e7ffffe fcsr=0x1
# case fa1=0xffffffffcf000001 -> fa1=0xffffffff5e800002 fcsr=0x1
# case fa1=0xffffffff5f000000 -> fa1=0xffffffff7e800000
# case fa1=0xffffffff4b800001 -> fa1=0xffffffff57800002 fcsr=0x1
# case fa1=0xffffffff3f000000 -> fa1=0xffffffff3e800000
# case fa1=0xffffffff40200000 -> fa1=0xffffffff40c80000
# case fa1=0xffffffff01234567 -> fa1=0xffffffff00000000 fcsr=0x3
# case fa1=0xffffffffc2c80000 -> fa1=0xffffffff461c4000
# case fa1=0x000000003f800000 -> fa1=0xffffffff7fc00000
# case fa1=0xfffffffe3f800000 -> fa1=0xffffffff7fc00000
fmul.s fa1, fa1, fa1
