/*
 * Runs riscv64 floating-point instructions, under qemu-user or on the real thing, as an oracle for soft-float. Reads
 * records {u32 op; u32 fcsr; u64 a, b, c} from standard input, writes {u64 result; u32 fcsr; u32 0}.
 */
#include <stdint.h>
#include <stdio.h>

struct request { uint32_t op, fcsr; uint64_t a, b, c; };
struct reply { uint64_t result; uint32_t fcsr, zero; };

/* Loads fcsr, runs the instruction on fa0, fa1, fa2 and a0, and reads fcsr back. */
#define RUN(move, insn, store) \
  asm volatile("csrw fcsr, %[fcsr]\n" move "mv a0, %[a]\n" insn "\n" store "csrr %[after], fcsr\n" \
    : [r] "=&r"(r), [after] "=&r"(after) \
    : [fcsr] "r"((uint64_t)q->fcsr), [a] "r"(q->a), [b] "r"(q->b), [c] "r"(q->c) \
    : "a0", "fa0", "fa1", "fa2"); break

#define FLOATS(w) "fmv." w ".x fa0, %[a]\nfmv." w ".x fa1, %[b]\nfmv." w ".x fa2, %[c]\n"
#define TO_FLOAT(w) "fmv.x." w " %[r], fa0\n"
#define TO_INT "mv %[r], a0\n"

/* The order of the cases is the list `riscv64Operations` in the test. */
#define OPERATIONS(s, w) \
  static uint64_t run_##s(const struct request *q, uint64_t *flags) { \
    uint64_t r = 0, after = 0; \
    switch (q->op & 31) { \
    case 0: RUN(FLOATS(w), "fadd." #s " fa0, fa0, fa1", TO_FLOAT(w)); \
    case 1: RUN(FLOATS(w), "fsub." #s " fa0, fa0, fa1", TO_FLOAT(w)); \
    case 2: RUN(FLOATS(w), "fmul." #s " fa0, fa0, fa1", TO_FLOAT(w)); \
    case 3: RUN(FLOATS(w), "fdiv." #s " fa0, fa0, fa1", TO_FLOAT(w)); \
    case 4: RUN(FLOATS(w), "fsqrt." #s " fa0, fa0", TO_FLOAT(w)); \
    case 5: RUN(FLOATS(w), "fmadd." #s " fa0, fa0, fa1, fa2", TO_FLOAT(w)); \
    case 6: RUN(FLOATS(w), "fmin." #s " fa0, fa0, fa1", TO_FLOAT(w)); \
    case 7: RUN(FLOATS(w), "fmax." #s " fa0, fa0, fa1", TO_FLOAT(w)); \
    case 8: RUN(FLOATS(w), "feq." #s " a0, fa0, fa1", TO_INT); \
    case 9: RUN(FLOATS(w), "flt." #s " a0, fa0, fa1", TO_INT); \
    case 10: RUN(FLOATS(w), "fle." #s " a0, fa0, fa1", TO_INT); \
    case 11: RUN(FLOATS(w), "fclass." #s " a0, fa0", TO_INT); \
    case 12: RUN(FLOATS(w), "fcvt.w." #s " a0, fa0", TO_INT); \
    case 13: RUN(FLOATS(w), "fcvt.wu." #s " a0, fa0", TO_INT); \
    case 14: RUN(FLOATS(w), "fcvt.l." #s " a0, fa0", TO_INT); \
    case 15: RUN(FLOATS(w), "fcvt.lu." #s " a0, fa0", TO_INT); \
    case 16: RUN("", "fcvt." #s ".w fa0, a0", TO_FLOAT(w)); \
    case 17: RUN("", "fcvt." #s ".wu fa0, a0", TO_FLOAT(w)); \
    case 18: RUN("", "fcvt." #s ".l fa0, a0", TO_FLOAT(w)); \
    case 19: RUN("", "fcvt." #s ".lu fa0, a0", TO_FLOAT(w)); \
    } \
    *flags = after; \
    return r; \
  }
OPERATIONS(d, "d")
OPERATIONS(s, "w")

static uint64_t convert(const struct request *q, uint64_t *flags) {
  uint64_t r = 0, after = 0;
  switch (q->op & 31) {
  case 0: RUN(FLOATS("d"), "fcvt.s.d fa0, fa0", TO_FLOAT("w"));
  case 1: RUN(FLOATS("w"), "fcvt.d.s fa0, fa0", TO_FLOAT("d"));
  }
  *flags = after;
  return r;
}

int main(void) {
  struct request q;
  while (fread(&q, sizeof q, 1, stdin) == 1) {
    struct reply p = {0};
    uint64_t flags = 0;
    switch (q.op >> 5) {
    case 0: p.result = run_d(&q, &flags); break;
    case 1: p.result = run_s(&q, &flags); break;
    default: p.result = convert(&q, &flags);
    }
    p.fcsr = (uint32_t)flags;
    if (fwrite(&p, sizeof p, 1, stdout) != 1) return 1;
  }
  return 0;
}
