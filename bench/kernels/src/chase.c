/* Dependent loads: linked nodes in random order, with a little work at each. */
#include "kernel.h"

enum { NODES = 1 << 16 };
struct node { struct node *next; u64 value; };
static struct node nodes[NODES];
static u32 order[NODES];

static int guest_main(int argc, char **argv, char **envp) {
  (void)envp;
  u32 seed = 3;
  for (u32 i = 0; i < NODES; i++) order[i] = i;
  for (u32 i = NODES - 1; i > 0; i--) {
    seed = seed * 1664525 + 1013904223;
    u32 j = (u32)((u64)seed * (i + 1) >> 32), t = order[i];
    order[i] = order[j], order[j] = t;
  }
  for (u32 i = 0; i < NODES; i++) nodes[order[i]].next = &nodes[order[(i + 1) % NODES]], nodes[order[i]].value = i;
  u64 sum = 0;
  struct node *n = nodes;
  for (u64 step = 0; step < 60000000 * scale(argc, argv); step++) {
    sum += n->value ^ step;
    n = n->next;
  }
  put_hex(sum, 16);
  put_char('\n');
  return 0;
}
