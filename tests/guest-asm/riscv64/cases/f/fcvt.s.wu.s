# case a1=0x0 -> fa0=0xffffffff00000000 fa2=0xffffffff00000000 fa3=0xffffffff00000000 fa4=0xffffffff00000000 fa5=0xffffffff00000000 fa6=0xffffffff00000000 fa7=0xffffffff00000000
# case a1=0x1 fcsr=0x20 -> fa0=0xffffffff3f800000 fa2=0xffffffff3f800000 fa3=0xffffffff3f800000 fa4=0xffffffff3f800000 fa5=0xffffffff3f800000 fa6=0xffffffff3f800000 fa7=0xffffffff00000000
# case a1=0x2 fcsr=0x40 -> fa0=0xffffffff40000000 fa2=0xffffffff40000000 fa3=0xffffffff40000000 fa4=0xffffffff40000000 fa5=0xffffffff40000000 fa6=0xffffffff40000000 fa7=0xffffffff00000000
# case a1=0x3f fcsr=0x60 -> fa0=0xffffffff427c0000 fa2=0xffffffff427c0000 fa3=0xffffffff427c0000 fa4=0xffffffff427c0000 fa5=0xffffffff427c0000 fa6=0xffffffff427c0000 fa7=0xffffffff00000000
# case a1=0x7fffffff fcsr=0x80 -> fa0=0xffffffff4f000000 fa2=0xffffffff4f000000 fa3=0xffffffff4effffff fa4=0xffffffff4effffff fa5=0xffffffff4f000000 fa6=0xffffffff4f000000 fa7=0xffffffff00000000 fcsr=0x81
# case a1=0x80000000 -> fa0=0xffffffff4f000000 fa2=0xffffffff4f000000 fa3=0xffffffff4f000000 fa4=0xffffffff4f000000 fa5=0xffffffff4f000000 fa6=0xffffffff4f000000 fa7=0xffffffff00000000
# case a1=0xffffffff fcsr=0x20 -> fa0=0xffffffff4f7fffff fa2=0xffffffff4f800000 fa3=0xffffffff4f7fffff fa4=0xffffffff4f7fffff fa5=0xffffffff4f800000 fa6=0xffffffff4f800000 fa7=0xffffffff00000000 fcsr=0x21
# case a1=0x7fffffffffffffff fcsr=0x40 -> fa0=0xffffffff4f7fffff fa2=0xffffffff4f800000 fa3=0xffffffff4f7fffff fa4=0xffffffff4f7fffff fa5=0xffffffff4f800000 fa6=0xffffffff4f800000 fa7=0xffffffff00000000 fcsr=0x41
# case a1=0x8000000000000000 fcsr=0x60 -> fa0=0xffffffff00000000 fa2=0xffffffff00000000 fa3=0xffffffff00000000 fa4=0xffffffff00000000 fa5=0xffffffff00000000 fa6=0xffffffff00000000 fa7=0xffffffff00000000
# case a1=0xffffffffffffffff fcsr=0x80 -> fa0=0xffffffff4f800000 fa2=0xffffffff4f800000 fa3=0xffffffff4f7fffff fa4=0xffffffff4f7fffff fa5=0xffffffff4f800000 fa6=0xffffffff4f800000 fa7=0xffffffff00000000 fcsr=0x81
# case a1=0x123456789abcdef0 -> fa0=0xffffffff4f1abcdf fa2=0xffffffff4f1abcdf fa3=0xffffffff4f1abcde fa4=0xffffffff4f1abcde fa5=0xffffffff4f1abcdf fa6=0xffffffff4f1abcdf fa7=0xffffffff00000000 fcsr=0x1
# case a1=0xfedcba9876543210 fcsr=0x20 -> fa0=0xffffffff4eeca864 fa2=0xffffffff4eeca864 fa3=0xffffffff4eeca864 fa4=0xffffffff4eeca864 fa5=0xffffffff4eeca865 fa6=0xffffffff4eeca864 fa7=0xffffffff00000000 fcsr=0x21
# case a1=0x00ff80007f010a00 fcsr=0x40 -> fa0=0xffffffff4efe0214 fa2=0xffffffff4efe0214 fa3=0xffffffff4efe0214 fa4=0xffffffff4efe0214 fa5=0xffffffff4efe0214 fa6=0xffffffff4efe0214 fa7=0xffffffff00000000
# case a1=0xfffffffffffffff9 fcsr=0x60 -> fa0=0xffffffff4f800000 fa2=0xffffffff4f800000 fa3=0xffffffff4f7fffff fa4=0xffffffff4f7fffff fa5=0xffffffff4f800000 fa6=0xffffffff4f800000 fa7=0xffffffff00000000 fcsr=0x61
# case a1=0xffffff8000000001 fcsr=0x80 -> fa0=0xffffffff3f800000 fa2=0xffffffff3f800000 fa3=0xffffffff3f800000 fa4=0xffffffff3f800000 fa5=0xffffffff3f800000 fa6=0xffffffff3f800000 fa7=0xffffffff00000000
# case a1=0x1000001 -> fa0=0xffffffff4b800000 fa2=0xffffffff4b800000 fa3=0xffffffff4b800000 fa4=0xffffffff4b800000 fa5=0xffffffff4b800001 fa6=0xffffffff4b800001 fa7=0xffffffff00000000 fcsr=0x1
# case a1=0x3fffffffffffffff fcsr=0x20 -> fa0=0xffffffff4f7fffff fa2=0xffffffff4f800000 fa3=0xffffffff4f7fffff fa4=0xffffffff4f7fffff fa5=0xffffffff4f800000 fa6=0xffffffff4f800000 fa7=0xffffffff00000000 fcsr=0x21
# case a1=0x7fffffbfffffffff fcsr=0x40 -> fa0=0xffffffff4f7fffff fa2=0xffffffff4f800000 fa3=0xffffffff4f7fffff fa4=0xffffffff4f7fffff fa5=0xffffffff4f800000 fa6=0xffffffff4f800000 fa7=0xffffffff00000000 fcsr=0x41
# case a1=0x1ffffffffffffff fcsr=0x60 -> fa0=0xffffffff4f800000 fa2=0xffffffff4f800000 fa3=0xffffffff4f7fffff fa4=0xffffffff4f7fffff fa5=0xffffffff4f800000 fa6=0xffffffff4f800000 fa7=0xffffffff00000000 fcsr=0x61
# case a1=0xfffffffffffffbff fcsr=0x80 -> fa0=0xffffffff4f7ffffc fa2=0xffffffff4f7ffffc fa3=0xffffffff4f7ffffb fa4=0xffffffff4f7ffffb fa5=0xffffffff4f7ffffc fa6=0xffffffff4f7ffffc fa7=0xffffffff00000000 fcsr=0x81
fcvt.s.wu fa0, a1
fcvt.s.wu fa2, a1, rne
fcvt.s.wu fa3, a1, rtz
fcvt.s.wu fa4, a1, rdn
fcvt.s.wu fa5, a1, rup
fcvt.s.wu fa6, a1, rmm
fcvt.s.wu fa7, zero
