# case a1=0x1 a2=0x2 -> a1=0x3
# case a1=0x0 a2=0x0 ->
# case a1=0x7fffffffffffffff a2=0x1 -> a5=0x7fffffffffffffff
# case a1=0x8000000000000000 a2=0xffffffffffffffff -> a1=0xffffffffffffffff a5=0xffffffffffffffff
# case a1=0x80000000 a2=0xffffffffffffffff -> a1=0xffffffffffffffff a5=0xffffffffffffffff
# case a1=0xffffffff80000000 a2=0xffffffff -> a1=0xffffffffffffffff a5=0xffffffffffffffff
# case a1=0x123456789abcdef0 a2=0x3f -> a1=0x123456789abcdeff a5=0x1f3f5f7f9fbfdfff
# case a1=0xfedcba9876543210 a2=0x20 -> a1=0xfedcba9876543230 a5=0xffdfbf9f7f5f3f3f
# case a1=0xffffffffffffffff a2=0x0 -> a5=0xffffffffffffffff
# case a1=0xfffffffffffffff9 a2=0x3 -> a1=0xfffffffffffffffb a5=0xffffffffffffffff
# case a1=0x7fffffff a2=0xfffffffffffffffe -> a1=0xffffffffffffffff a5=0xffffffffffffffff
# case a1=0x123456789abcdef0 a2=0xfedcba9876543210 -> a1=0xfefcfef8fefcfef0 a5=0xffffffffffffffff
# case a1=0xfedcba9876543210 a2=0x123456789abcdef0 -> a1=0xfefcfef8fefcfef0 a5=0xffffffffffffffff
# case a1=0x8000000000000000 a2=0x8000000000000000 -> a5=0x8f0f0f0f0f0f0f0f
# case a1=0x64 a2=0x7 -> a1=0x67 a5=0xf0f0f0f0f0f0f6f
c.or a1, a2
c.or s0, s0
c.or a5, a1
c.or a3, s1
