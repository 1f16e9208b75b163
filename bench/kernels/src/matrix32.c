/* Float matrices in an order that compilers vectorise: row += scalar * row. */
#include "kernel.h"

enum { N = 128 };
static float a[N][N], b[N][N], c[N][N];

static int guest_main(int argc, char **argv, char **envp) {
  (void)envp;
  u32 seed = 11;
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++) a[i][j] = (float)(next_random(&seed) >> 20) * 0.001f, b[i][j] = (float)(next_random(&seed) >> 20) * 0.001f;
  for (u64 round = 0; round < 20 * scale(argc, argv); round++) {
    for (int i = 0; i < N; i++)
      for (int k = 0; k < N; k++) {
        float factor = a[i][k];
        for (int j = 0; j < N; j++) c[i][j] += factor * b[k][j];
      }
    for (int i = 0; i < N; i++)
      for (int j = 0; j < N; j++) a[i][j] = c[i][j] * 0.0001f, c[i][j] *= 0.5f;
  }
  double trace = 0;
  for (int i = 0; i < N; i++) trace += c[i][i];
  put_hex(bits_of(trace), 16);
  put_char('\n');
  return 0;
}
