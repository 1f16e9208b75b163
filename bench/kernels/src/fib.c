/* Calls and returns: naive Fibonacci numbers. */
#include "kernel.h"

RECURSIVE static u64 fib(u64 n) {
  return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

static int guest_main(int argc, char **argv, char **envp) {
  (void)envp;
  u64 sum = 0;
  for (u64 round = 0; round < scale(argc, argv); round++) sum += fib(35);
  show("fib", (i64)sum);
  return 0;
}
