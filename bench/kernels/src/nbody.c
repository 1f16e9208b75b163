/* Five bodies under gravity, in doubles: additions, products, divisions and square roots. */
#include "kernel.h"

static double p[5][3] = {{0, 0, 0}, {4.84, -1.16, -0.10}, {8.34, 4.12, -0.4}, {12.89, -15.11, -0.22}, {15.37, -25.9, 0.18}};
static double v[5][3] = {{0, 0, 0}, {0.6, 2.81, -0.02}, {-1.01, 1.82, 0.008}, {1.08, 0.86, -0.01}, {0.97, 0.59, -0.03}};
static const double mass[5] = {39.47, 0.037, 0.011, 0.0017, 0.002};

static int guest_main(int argc, char **argv, char **envp) {
  (void)envp;
  for (u64 step = 0; step < 700000 * scale(argc, argv); step++) {
    for (int i = 0; i < 5; i++)
      for (int j = i + 1; j < 5; j++) {
        double dx = p[i][0] - p[j][0], dy = p[i][1] - p[j][1], dz = p[i][2] - p[j][2];
        double d2 = dx * dx + dy * dy + dz * dz, force = 0.001 / (d2 * root(d2));
        double fi = force * mass[j], fj = force * mass[i];
        v[i][0] -= dx * fi, v[i][1] -= dy * fi, v[i][2] -= dz * fi;
        v[j][0] += dx * fj, v[j][1] += dy * fj, v[j][2] += dz * fj;
      }
    for (int i = 0; i < 5; i++)
      for (int k = 0; k < 3; k++) p[i][k] += 0.001 * v[i][k];
  }
  u64 bits, sum = 0;
  for (int i = 0; i < 5; i++) {
    memcpy(&bits, &p[i][i % 3], 8);
    sum = sum * 31 + bits;
  }
  put_hex(sum, 16);
  put_char('\n');
  return 0;
}
