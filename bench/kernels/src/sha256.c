/* Rotations, additions and table loads: the SHA-256 compression function over a buffer. */
#include "kernel.h"

static u32 k[64], w[64];
static u8 buffer[65536];

static inline u32 rotate(u32 x, int n) { return x >> n | x << (32 - n); }

static void compress(u32 *state, const u8 *p) {
  for (int i = 0; i < 16; i++) w[i] = (u32)p[i * 4] << 24 | (u32)p[i * 4 + 1] << 16 | (u32)p[i * 4 + 2] << 8 | p[i * 4 + 3];
  for (int i = 16; i < 64; i++) {
    u32 s0 = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3;
    u32 s1 = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10;
    w[i] = w[i - 16] + s0 + w[i - 7] + s1;
  }
  u32 a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6], h = state[7];
  for (int i = 0; i < 64; i++) {
    u32 t1 = h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & f) ^ (~e & g)) + k[i] + w[i];
    u32 t2 = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    h = g, g = f, f = e, e = d + t1, d = c, c = b, b = a, a = t1 + t2;
  }
  state[0] += a, state[1] += b, state[2] += c, state[3] += d, state[4] += e, state[5] += f, state[6] += g, state[7] += h;
}

static int guest_main(int argc, char **argv, char **envp) {
  (void)envp;
  u32 state[8] = {1, 2, 3, 4, 5, 6, 7, 8}, seed = 1;
  for (int i = 0; i < 64; i++) k[i] = seed = seed * 1664525 + 1013904223;
  for (u64 i = 0; i < sizeof buffer; i++) buffer[i] = (u8)((seed = seed * 1664525 + 1013904223) >> 24);
  for (u64 round = 0; round < 110 * scale(argc, argv); round++)
    for (u64 at = 0; at < sizeof buffer; at += 64) compress(state, buffer + at);
  for (int i = 0; i < 8; i++) put_hex(state[i], 8);
  put_char('\n');
  return 0;
}
