/* Five bodies under gravity, in floats. */
#include "kernel.h"

static float p[5][3] = {{0, 0, 0}, {4.84f, -1.16f, -0.10f}, {8.34f, 4.12f, -0.4f}, {12.89f, -15.11f, -0.22f}, {15.37f, -25.9f, 0.18f}};
static float v[5][3] = {{0, 0, 0}, {0.6f, 2.81f, -0.02f}, {-1.01f, 1.82f, 0.008f}, {1.08f, 0.86f, -0.01f}, {0.97f, 0.59f, -0.03f}};
static const float mass[5] = {39.47f, 0.037f, 0.011f, 0.0017f, 0.002f};

static int guest_main(int argc, char **argv, char **envp) {
  (void)envp;
  for (u64 step = 0; step < 600000 * scale(argc, argv); step++) {
    for (int i = 0; i < 5; i++)
      for (int j = i + 1; j < 5; j++) {
        float dx = p[i][0] - p[j][0], dy = p[i][1] - p[j][1], dz = p[i][2] - p[j][2];
        float d2 = dx * dx + dy * dy + dz * dz, force = 0.001f / (d2 * root32(d2));
        float fi = force * mass[j], fj = force * mass[i];
        v[i][0] -= dx * fi, v[i][1] -= dy * fi, v[i][2] -= dz * fi;
        v[j][0] += dx * fj, v[j][1] += dy * fj, v[j][2] += dz * fj;
      }
    for (int i = 0; i < 5; i++)
      for (int k = 0; k < 3; k++) p[i][k] += 0.001f * v[i][k];
  }
  u64 sum = 0;
  for (int i = 0; i < 5; i++) sum = sum * 31 + bits_of(p[i][i % 3]);
  put_hex(sum, 16);
  put_char('\n');
  return 0;
}
