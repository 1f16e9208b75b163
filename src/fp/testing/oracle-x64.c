/*
 * Runs floating-point operations on the processor's SSE unit, as an oracle for soft-float. Reads records
 * {u32 op; u32 mxcsr; u64 a, b, c} from standard input, writes {u64 result; u32 mxcsr; u32 0}. Each operation is one
 * instruction in assembly, so that no compiler folds it or exchanges its operands.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct request { uint32_t op, mxcsr; uint64_t a, b, c; };
struct reply { uint64_t result; uint32_t mxcsr, zero; };

#define BINARY(insn) asm volatile(insn " %1, %0" : "+x"(x) : "x"(y)); break
#define UNARY(insn) asm volatile(insn " %1, %0" : "=x"(x) : "x"(x)); break
#define TO_INT(insn) asm volatile(insn " %1, %0" : "=r"(r) : "x"(x)); *is_int = 1; break
#define TO_INT32(insn) asm volatile(insn " %1, %k0" : "=r"(r) : "x"(x)); *is_int = 1; r = (uint32_t)r; break
#define COMPARE(insn, cc) asm volatile(insn " %2, %1\n set" cc " %b0\n movzbq %b0, %0" : "=q"(r) : "x"(x), "x"(y) : "cc"); \
  *is_int = 1; break

/* The order of the cases is the list `x64Operations` in the test. */
#define OPERATIONS(T, s) \
  static uint64_t run_##s(const struct request *q, int *is_int) { \
    T x, y, z; uint64_t r = 0; uint64_t n = q->a; \
    memcpy(&x, &q->a, sizeof x); memcpy(&y, &q->b, sizeof y); memcpy(&z, &q->c, sizeof z); \
    *is_int = 0; \
    switch (q->op & 31) { \
    case 0: BINARY("adds" #s); \
    case 1: BINARY("subs" #s); \
    case 2: BINARY("muls" #s); \
    case 3: BINARY("divs" #s); \
    case 4: UNARY("sqrts" #s); \
    case 5: asm volatile("vfmadd231s" #s " %2, %1, %0" : "+x"(z) : "x"(x), "x"(y)); x = z; break; \
    case 6: asm volatile("rounds" #s " $4, %1, %0" : "=x"(x) : "x"(x)); break; \
    case 7: TO_INT32("cvts" #s "2si"); \
    case 8: TO_INT("cvts" #s "2siq"); \
    case 9: asm volatile("cvtsi2s" #s "q %1, %0" : "=x"(x) : "r"(n), "0"(x)); break; \
    case 10: asm volatile("cvtsi2s" #s "l %k1, %0" : "=x"(x) : "r"(n), "0"(x)); break; \
    case 11: asm volatile("ucomis" #s " %2, %1\n setnp %b0\n sete %%cl\n and %%cl, %b0\n movzbq %b0, %0" \
      : "=&q"(r) : "x"(x), "x"(y) : "cc", "cl"); *is_int = 1; break; \
    case 12: COMPARE("comis" #s, "a"); \
    case 13: COMPARE("comis" #s, "ae"); \
    } \
    if (!*is_int) memcpy(&r, &x, sizeof x); \
    return r; \
  }
OPERATIONS(double, d)
OPERATIONS(float, s)

static uint64_t narrow(const struct request *q) {
  double d; float f; uint64_t r = 0;
  memcpy(&d, &q->a, sizeof d);
  asm volatile("cvtsd2ss %1, %0" : "=x"(f) : "x"(d));
  memcpy(&r, &f, sizeof f);
  return r;
}

static uint64_t widen(const struct request *q) {
  double d; float f; uint64_t r;
  memcpy(&f, &q->a, sizeof f);
  asm volatile("cvtss2sd %1, %0" : "=x"(d) : "x"(f));
  memcpy(&r, &d, sizeof d);
  return r;
}

static uint64_t half(const struct request *q, int narrowing) {
  uint64_t r = 0;
  if (narrowing) asm volatile("vmovd %k1, %%xmm0\n vcvtps2ph $4, %%xmm0, %%xmm0\n vmovq %%xmm0, %0" : "=r"(r) : "r"(q->a) : "xmm0");
  else asm volatile("vmovd %k1, %%xmm0\n vcvtph2ps %%xmm0, %%xmm0\n vmovq %%xmm0, %0" : "=r"(r) : "r"(q->a) : "xmm0");
  return narrowing ? r & 0xffff : (uint32_t)r;
}

int main(void) {
  struct request q;
  if (!__builtin_cpu_supports("fma") || !__builtin_cpu_supports("sse4.1")) return 3;
  while (fread(&q, sizeof q, 1, stdin) == 1) {
    struct reply p = {0};
    int is_int;
    uint32_t saved = 0x1f80;
    asm volatile("ldmxcsr %0" : : "m"(q.mxcsr) : "memory");
    switch (q.op >> 5) {
    case 0: p.result = run_d(&q, &is_int); break;
    case 1: p.result = run_s(&q, &is_int); break;
    default:
      switch (q.op & 31) {
      case 0: p.result = narrow(&q); break;
      case 1: p.result = widen(&q); break;
      case 2: p.result = half(&q, 1); break;
      case 3: p.result = half(&q, 0); break;
      }
    }
    asm volatile("stmxcsr %0" : "=m"(p.mxcsr) : : "memory");
    asm volatile("ldmxcsr %0" : : "m"(saved) : "memory");
    if (fwrite(&p, sizeof p, 1, stdout) != 1) return 1;
  }
  return 0;
}
