# case fa1=0xffffffff00000000 ->
# case fa1=0xffffffff80000000 ->
# case fa1=0xffffffff3f800000 ->
# case fa1=0xffffffffbfc00000 ->
# case fa1=0xffffffff3eaaaaab ->
# case fa1=0xffffffff7f7fffff ->
# case fa1=0xffffffff00800000 ->
# case fa1=0xffffffff00000001 ->
# case fa1=0xffffffff807fffff ->
# case fa1=0xffffffff7f800000 ->
# case fa1=0xffffffffff800000 ->
# case fa1=0xffffffff7fc00000 ->
# case fa1=0xffffffff7f800001 -> fa1=0xffffffff7fc00000 fcsr=0x10
# case fa1=0xffffffffffc0dead -> fa1=0xffffffff7fc00000
# case fa1=0xffffffff4effffff ->
# case fa1=0xffffffffcf000001 ->
# case fa1=0xffffffff5f000000 ->
# case fa1=0xffffffff4b800001 ->
# case fa1=0xffffffff3f000000 ->
# case fa1=0xffffffff40200000 ->
# case fa1=0xffffffff01234567 ->
# case fa1=0xffffffffc2c80000 ->
# case fa1=0x000000003f800000 -> fa1=0xffffffff7fc00000
# case fa1=0xfffffffe3f800000 -> fa1=0xffffffff7fc00000
fmax.s fa1, fa1, fa1
