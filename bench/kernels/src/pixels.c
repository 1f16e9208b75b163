/* Pixels blended, compared and looked up, as media libraries do it: by hand with NEON on aarch64, in plain C elsewhere. */
#include "kernel.h"

#if defined(__aarch64__)
#include <arm_neon.h>
#endif

#define N 16384
static u8 source[N], target[N], alpha[N], reference[N];
static u8 table[16] = {3, 14, 15, 9, 2, 6, 5, 35, 89, 79, 32, 38, 46, 26, 43, 38};

#if defined(__aarch64__)
/* (s * a + t * (255 - a)) / 255, rounded. */
static __attribute__((noinline)) void blend(int n) {
  for (int i = 0; i < n; i += 16) {
    uint8x16_t s = vld1q_u8(source + i), t = vld1q_u8(target + i), a = vld1q_u8(alpha + i), b = vmvnq_u8(a);
    uint16x8_t low = vmlal_u8(vmull_u8(vget_low_u8(s), vget_low_u8(a)), vget_low_u8(t), vget_low_u8(b));
    uint16x8_t high = vmlal_u8(vmull_u8(vget_high_u8(s), vget_high_u8(a)), vget_high_u8(t), vget_high_u8(b));
    uint8x8_t first = vraddhn_u16(low, vrshrq_n_u16(low, 8)), second = vraddhn_u16(high, vrshrq_n_u16(high, 8));
    vst1q_u8(target + i, vcombine_u8(first, second));
  }
}

static __attribute__((noinline)) u32 difference(int n) {
  uint32x4_t sum = vdupq_n_u32(0);
  for (int i = 0; i < n; i += 16)
    sum = vpadalq_u16(sum, vpaddlq_u8(vabdq_u8(vld1q_u8(target + i), vld1q_u8(reference + i))));
  return vaddvq_u32(sum);
}

static __attribute__((noinline)) void look_up(int n) {
  uint8x16_t entries = vld1q_u8(table);
  for (int i = 0; i < n; i += 32) {
    uint8x16x2_t pair = vld2q_u8(source + i);
    pair.val[0] = veorq_u8(vqtbl1q_u8(entries, vandq_u8(pair.val[0], vdupq_n_u8(15))), vshrq_n_u8(pair.val[0], 4));
    pair.val[1] = vqaddq_u8(pair.val[1], vqtbl1q_u8(entries, vshrq_n_u8(pair.val[1], 4)));
    vst2q_u8(source + i, pair);
  }
}
#else
static __attribute__((noinline)) void blend(int n) {
  for (int i = 0; i < n; i++) {
    u32 sum = source[i] * alpha[i] + target[i] * (255 - alpha[i]);
    target[i] = (u8)((sum + ((sum + 128) >> 8) + 128) >> 8);
  }
}

static __attribute__((noinline)) u32 difference(int n) {
  u32 sum = 0;
  for (int i = 0; i < n; i++) sum += (u32)(target[i] > reference[i] ? target[i] - reference[i] : reference[i] - target[i]);
  return sum;
}

static __attribute__((noinline)) void look_up(int n) {
  for (int i = 0; i < n; i += 2) {
    u32 sum = source[i + 1] + table[source[i + 1] >> 4];
    source[i] = table[source[i] & 15] ^ (source[i] >> 4);
    source[i + 1] = (u8)(sum > 255 ? 255 : sum);
  }
}
#endif

static int guest_main(int argc, char **argv, char **envp) {
  (void)envp;
  u32 seed = 1;
  for (int i = 0; i < N; i++) {
    target[i] = (u8)(next_random(&seed) >> 24);
    alpha[i] = (u8)(next_random(&seed) >> 24);
    reference[i] = (u8)(next_random(&seed) >> 24);
    source[i] = (u8)(next_random(&seed) >> 24);
  }
  u64 sum = 0;
  for (u64 round = 0; round < 4000 * scale(argc, argv); round++) {
    blend(N);
    sum = sum * 31 + difference(N);
    look_up(N);
    for (int i = (int)(round & 255); i < N; i += 256) source[i] = (u8)(next_random(&seed) >> 24);
  }
  put_hex(sum, 16);
  put_char('\n');
  return 0;
}
