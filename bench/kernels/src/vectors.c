/* Loops over arrays that compilers make vector instructions of: floats, doubles, 16-bit samples, bytes. */
#include "kernel.h"

#if !defined(__clang__)
#pragma GCC optimize("O3")
#endif

#define N 4096
static float x[N], y[N];
static double d[N];
static short samples[N + 64], filtered[N], taps[64];
static u8 bytes[N], most[N];

/* Calls with other lengths, so that loops stay general. */
static __attribute__((noinline)) void add_scaled(float a, int n) {
  for (int i = 0; i < n; i++) y[i] = y[i] * 0.875f + a * x[i];
}

static __attribute__((noinline)) void grow(double a, int n) {
  for (int i = 0; i < n; i++) d[i] = (d[i] + a) * 0.75 - (double)y[i & (N - 1)] * 0.5;
}

static __attribute__((noinline)) void filter(int n) {
  for (int i = 0; i < n; i++) {
    int sum = 0;
    for (int t = 0; t < 64; t++) sum += samples[i + t] * taps[t];
    filtered[i] = (short)(sum >> 12);
  }
}

static __attribute__((noinline)) u32 extremes(int n) {
  u32 sum = 0;
  for (int i = 0; i < n; i++) {
    most[i] = bytes[i] > most[i] ? bytes[i] : most[i];
    sum += (u32)(bytes[i] > most[i] ? bytes[i] - most[i] : most[i] - bytes[i]);
  }
  return sum;
}

static int guest_main(int argc, char **argv, char **envp) {
  (void)envp;
  u32 seed = 1;
  for (int i = 0; i < N; i++) {
    x[i] = (float)(int)(next_random(&seed) >> 16) * 0.0625f - 1024.0f;
    d[i] = (double)(int)(next_random(&seed) >> 16) * 0.25;
    bytes[i] = (u8)(next_random(&seed) >> 24);
  }
  for (int i = 0; i < N + 64; i++) samples[i] = (short)(next_random(&seed) >> 16);
  for (int i = 0; i < 64; i++) taps[i] = (short)((int)(next_random(&seed) >> 22) - 512);
  u64 sum = 0;
  for (u64 round = 0; round < 300 * scale(argc, argv); round++) {
    int n = N - (int)(round & 15);
    add_scaled((float)(round & 7) * 0.25f, n);
    grow((double)(round & 3), n);
    filter(n);
    sum += extremes(n) + (u64)(u32)filtered[round % N];
    bytes[round % N] ^= 0x5a;
    samples[round % N] ^= 0x1234;
  }
  for (int i = 0; i < N; i += 61) sum = sum * 31 + bits_of(d[i]) + (u64)(i64)(y[i] * 256.0f) + most[i];
  put_hex(sum, 16);
  put_char('\n');
  return 0;
}
