/* Dense matrix product in doubles. */
#include "kernel.h"

enum { N = 220 };
static double a[N][N], b[N][N], c[N][N];

static int guest_main(int argc, char **argv, char **envp) {
  (void)envp;
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++) a[i][j] = (i * 7 + j) % 13 - 6, b[i][j] = (i + j * 5) % 11 - 5;
  for (u64 round = 0; round < 5 * scale(argc, argv); round++) {
    for (int i = 0; i < N; i++)
      for (int j = 0; j < N; j++) {
        double sum = 0;
        for (int k = 0; k < N; k++) sum += a[i][k] * b[k][j];
        c[i][j] = sum;
      }
    for (int i = 0; i < N; i++)
      for (int j = 0; j < N; j++) a[i][j] = c[i][j] * 0.001;
  }
  double trace = 0;
  for (int i = 0; i < N; i++) trace += c[i][i];
  u64 bits;
  memcpy(&bits, &trace, 8);
  put_hex(bits, 16);
  put_char('\n');
  return 0;
}
