/* Words made, hashed, compared and counted in an open-addressed table. */
#include "kernel.h"

enum { SLOTS = 1 << 16, WORDS = 40000 };
static char keys[SLOTS][12];
static u32 counts[SLOTS];

static u32 make_word(char *word, u32 n) {
  static const char *syllables[] = {"ho", "spe", "ri", "va", "ul", "to", "men", "qua"};
  u32 length = 0;
  for (int i = 0; i < 4; i++, n >>= 3)
    for (const char *s = syllables[n & 7]; *s && length < 11; s++) word[length++] = *s;
  word[length] = 0;
  return length;
}
static u32 find(const char *word) {
  u32 hash = 2166136261u;
  for (const char *s = word; *s; s++) hash = (hash ^ (u8)*s) * 16777619u;
  for (u32 slot = hash & (SLOTS - 1);; slot = (slot + 1) & (SLOTS - 1))
    if (!keys[slot][0] || equal(keys[slot], word)) return slot;
}

static int guest_main(int argc, char **argv, char **envp) {
  (void)envp;
  u32 seed = 7, distinct = 0;
  u64 checksum = 0;
  for (u64 round = 0; round < 45 * scale(argc, argv); round++)
    for (int i = 0; i < WORDS; i++) {
      char word[12];
      seed = seed * 1664525 + 1013904223;
      u32 length = make_word(word, seed >> 16);
      u32 slot = find(word);
      if (!counts[slot]++) memcpy(keys[slot], word, length + 1), distinct++;
      checksum += slot ^ length;
    }
  show("distinct", distinct);
  show("checksum", (i64)checksum);
  return 0;
}
