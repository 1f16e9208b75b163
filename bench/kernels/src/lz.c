/* Compression with a hash of the last positions, and decompression again. */
#include "kernel.h"

enum { SIZE = 1 << 20, HASH = 1 << 14 };
static u8 text[SIZE], packed[SIZE + SIZE / 8], unpacked[SIZE];
static u32 last[HASH];

static u32 hash(const u8 *p) { return ((u32)p[0] | (u32)p[1] << 8 | (u32)p[2] << 16) * 2654435761u >> 18; }

static u64 pack(void) {
  u64 out = 0, at = 0, literals = 0;
  memset(last, 0, sizeof last);
  while (at + 3 < SIZE) {
    u32 slot = hash(text + at);
    u64 from = last[slot], length = 0;
    last[slot] = (u32)at;
    if (from < at && at - from < 65536 && from)
      while (length < 130 && at + length < SIZE && text[from + length] == text[at + length]) length++;
    if (length >= 4) {
      packed[out++] = (u8)(128 + length - 4);
      packed[out++] = (u8)(at - from);
      packed[out++] = (u8)((at - from) >> 8);
      at += length;
      literals = 0;
    } else {
      if (literals == 0 || packed[literals - 1] == 127) packed[out++] = 0, literals = out;
      else packed[literals - 1]++;
      packed[out++] = text[at++];
    }
  }
  return out;
}
static u64 unpack(u64 size) {
  u64 at = 0;
  for (u64 in = 0; in < size;) {
    u8 tag = packed[in++];
    if (tag < 128)
      for (u64 n = tag + 1u; n; n--) unpacked[at++] = packed[in++];
    else {
      u64 from = at - (packed[in] | (u64)packed[in + 1] << 8);
      in += 2;
      for (u64 n = tag - 124u; n; n--) unpacked[at++] = unpacked[from++];
    }
  }
  return at;
}

static int guest_main(int argc, char **argv, char **envp) {
  (void)envp;
  u32 seed = 5;
  for (u64 at = 0; at < SIZE;) {
    seed = seed * 1664525 + 1013904223;
    if (at > 300 && seed >> 30) {
      u64 from = at - 1 - (seed >> 8) % 250;
      for (u64 n = 3 + (seed >> 16) % 40; n && at < SIZE; n--) text[at++] = text[from++];
    } else text[at++] = (u8)(seed >> 24);
  }
  u64 size = 0, sum = 0;
  for (u64 round = 0; round < 14 * scale(argc, argv); round++) {
    size = pack();
    u64 length = unpack(size);
    for (u64 i = 0; i < length; i++) sum += text[i] != unpacked[i];
    text[round * 1000 % SIZE] ^= 1;
  }
  show("packed", (i64)size);
  show("different", (i64)sum);
  return 0;
}
