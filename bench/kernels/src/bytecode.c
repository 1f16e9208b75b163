/* A byte-code loop with a switch: what interpreters inside guests look like. */
#include "kernel.h"

enum { PUSH, LOAD, STORE, ADD, SUBTRACT, MULTIPLY, AND, LESS, JUMP, JUMP_IF, DUPLICATE, SWAP, DROP, HALT };

/* x = 1; for (i = 0; i < limit; i++) x = (x * 31 + i & mask) - (x < i); */
static const i64 program[] = {
    PUSH, 1, STORE, 0, PUSH, 0, STORE, 1,
    /* 8: */ LOAD, 1, PUSH, 3500000, LESS, JUMP_IF, 16, HALT,
    /* 16: */ LOAD, 0, PUSH, 31, MULTIPLY, LOAD, 1, ADD, PUSH, 0xffffff, AND, LOAD, 0, LOAD, 1, LESS, SUBTRACT, DUPLICATE, DROP, STORE, 0,
    LOAD, 1, PUSH, 1, SWAP, ADD, STORE, 1, JUMP, 8};

static i64 run(const i64 *code) {
  i64 stack[32], variables[4] = {0}, *top = stack;
  const i64 *pc = code;
  for (;;) switch (*pc++) {
      case PUSH: *top++ = *pc++; break;
      case LOAD: *top++ = variables[*pc++]; break;
      case STORE: variables[*pc++] = *--top; break;
      case ADD: top--, top[-1] += *top; break;
      case SUBTRACT: top--, top[-1] -= *top; break;
      case MULTIPLY: top--, top[-1] *= *top; break;
      case AND: top--, top[-1] &= *top; break;
      case LESS: top--, top[-1] = top[-1] < *top; break;
      case JUMP: pc = code + *pc; break;
      case JUMP_IF: pc = *--top ? code + *pc : pc + 1; break;
      case DUPLICATE: *top = top[-1], top++; break;
      case SWAP: { i64 t = top[-1]; top[-1] = top[-2], top[-2] = t; break; }
      case DROP: top--; break;
      case HALT: return variables[0];
      default: leave(1);
    }
}

static int guest_main(int argc, char **argv, char **envp) {
  (void)envp;
  i64 sum = 0;
  for (u64 round = 0; round < scale(argc, argv); round++) sum += run(program);
  show("result", sum);
  return 0;
}
