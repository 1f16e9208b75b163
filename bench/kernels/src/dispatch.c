/* Calls through function pointers on objects of several kinds, as in code with virtual methods. */
#include "kernel.h"

struct shape;
typedef u64 method(struct shape *, u64);
struct shape { method *area, *grow; u64 x, y; };

static u64 square_area(struct shape *s, u64 k) { return s->x * s->x + k; }
static u64 square_grow(struct shape *s, u64 k) { return s->x += k & 3; }
static u64 box_area(struct shape *s, u64 k) { return s->x * s->y ^ k; }
static u64 box_grow(struct shape *s, u64 k) { return s->y += k & 7; }
static u64 round_area(struct shape *s, u64 k) { return s->x * s->x * 355 / 113 + k; }
static u64 round_grow(struct shape *s, u64 k) { return s->x = (s->x * 5 + k) & 0xffff; }

enum { SHAPES = 1024 };
static struct shape shapes[SHAPES];
static method *const areas[] = {square_area, box_area, round_area};
static method *const grows[] = {square_grow, box_grow, round_grow};

static int guest_main(int argc, char **argv, char **envp) {
  (void)envp;
  u32 seed = 17;
  for (int i = 0; i < SHAPES; i++) {
    u32 kind = (next_random(&seed) >> 16) % 3;
    shapes[i] = (struct shape){areas[kind], grows[kind], seed >> 20, seed >> 24};
  }
  u64 sum = 0;
  for (u64 round = 0; round < 8000 * scale(argc, argv); round++)
    for (int i = 0; i < SHAPES; i++) {
      sum += shapes[i].area(&shapes[i], sum);
      if ((round & 15) == 0) sum ^= shapes[i].grow(&shapes[i], round);
    }
  put_hex(sum, 16);
  put_char('\n');
  return 0;
}
