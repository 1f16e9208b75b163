/* Calls and returns: naive Fibonacci numbers. */
#include "lib/guest.h"

__attribute__((noinline, optimize("no-optimize-sibling-calls"))) static u64 fib(u64 n) {
  return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

static int guest_main(int argc, char **argv, char **envp) {
  (void)argc, (void)argv, (void)envp;
  show("fib", (i64)fib(35));
  return 0;
}
