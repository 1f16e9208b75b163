/* What the benchmark kernels share. Argument 1 multiplies the work; without it a kernel runs for about 0.1-0.7 s in qemu-user. */
#ifndef KERNEL_H
#define KERNEL_H
#include "lib/guest.h"

static inline u64 scale(int argc, char **argv) { return argc > 1 ? parse(argv[1]) : 1; }

/* One instruction everywhere: the compiler is told that errno does not matter. */
static inline double root(double x) { return __builtin_sqrt(x); }
static inline float root32(float x) { return __builtin_sqrtf(x); }

/* A function whose recursive calls stay calls. */
#if defined(__clang__)
#define RECURSIVE __attribute__((noinline, disable_tail_calls))
#else
#define RECURSIVE __attribute__((noinline, optimize("no-optimize-sibling-calls")))
#endif

/* The bits of a double, for checksums. */
static inline u64 bits_of(double x) {
  u64 bits;
  memcpy(&bits, &x, 8);
  return bits;
}

static inline u32 next_random(u32 *seed) { return *seed = *seed * 1664525 + 1013904223; }

#endif
