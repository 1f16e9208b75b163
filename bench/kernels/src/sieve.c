/* The sieve of Eratosthenes over bytes, several times. */
#include "kernel.h"

enum { N = 4000000 };
static u8 composite[N + 1];

static int guest_main(int argc, char **argv, char **envp) {
  (void)envp;
  u64 primes = 0;
  for (u64 round = 0; round < 7 * scale(argc, argv); round++) {
    memset(composite, 0, sizeof composite);
    for (u64 i = 2; i * i <= N; i++)
      if (!composite[i])
        for (u64 j = i * i; j <= N; j += i) composite[j] = 1;
    for (u64 i = 2; i <= N; i++) primes += !composite[i];
  }
  show("primes", (i64)primes);
  return 0;
}
