/* Byte-wise string work: length, compare, search, tokens, number formatting and parsing. */
#include "kernel.h"

static char text[1 << 16];

static char *find_text(char *in, const char *what) {
  for (; *in; in++) {
    const char *a = in, *b = what;
    while (*b && *a == *b) a++, b++;
    if (!*b) return in;
  }
  return 0;
}

static u64 format(char *to, u64 n) {
  char digits[20];
  u64 count = 0, length = 0;
  do digits[count++] = (char)('0' + n % 10);
  while (n /= 10);
  while (count) to[length++] = digits[--count];
  return length;
}

static int guest_main(int argc, char **argv, char **envp) {
  (void)envp;
  u32 seed = 23;
  u64 sum = 0, at = 0;
  while (at < sizeof text - 32) {
    at += format(text + at, next_random(&seed) >> (seed & 15));
    text[at++] = (seed >> 28) ? ' ' : '\n';
  }
  text[at] = 0;
  for (u64 round = 0; round < 1200 * scale(argc, argv); round++) {
    sum += length_of(text);
    for (char *hit = text; (hit = find_text(hit, "77")); hit++) sum += (u64)(hit - text);
    for (char *word = text; *word;) {
      sum = sum * 31 + parse(word);
      while (*word && *word != ' ' && *word != '\n') word++;
      while (*word == ' ' || *word == '\n') word++;
    }
    text[(round * 7919) % at] = (char)('0' + round % 10);
    sum += equal(text, text + 5);
  }
  put_hex(sum, 16);
  put_char('\n');
  return 0;
}
