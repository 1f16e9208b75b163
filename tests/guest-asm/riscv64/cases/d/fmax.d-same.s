# case fa1=0x0000000000000000 ->
# case fa1=0x8000000000000000 ->
# case fa1=0x3ff0000000000000 ->
# case fa1=0xbff8000000000000 ->
# case fa1=0x3fd5555555555555 ->
# case fa1=0x7fefffffffffffff ->
# case fa1=0x0010000000000000 ->
# case fa1=0x0000000000000001 ->
# case fa1=0x800fffffffffffff ->
# case fa1=0x7ff0000000000000 ->
# case fa1=0xfff0000000000000 ->
# case fa1=0x7ff8000000000000 ->
# case fa1=0x7ff0000000000001 -> fa1=0x7ff8000000000000 fcsr=0x10
# case fa1=0xfff8dead00000000 -> fa1=0x7ff8000000000000
# case fa1=0x41dfffffffe00000 ->
# case fa1=0xc1e0000000200000 ->
# case fa1=0x43e0000000000000 ->
# case fa1=0x4340000000000001 ->
# case fa1=0x3fe0000000000000 ->
# case fa1=0x4004000000000000 ->
# case fa1=0x36a0000000000000 ->
# case fa1=0x47efffffefffffff ->
fmax.d fa1, fa1, fa1
