/* Recursive quicksort with insertion sort for short ranges, over pseudo-random integers. */
#include "kernel.h"

enum { N = 400000 };
static i64 values[N];

static void sort(i64 *low, i64 *high) {
  while (high - low > 12) {
    i64 pivot = low[(high - low) / 2], *i = low, *j = high;
    while (i <= j) {
      while (*i < pivot) i++;
      while (*j > pivot) j--;
      if (i <= j) {
        i64 t = *i;
        *i++ = *j;
        *j-- = t;
      }
    }
    if (j - low < high - i) sort(low, j), low = i;
    else sort(i, high), high = j;
  }
  for (i64 *i = low + 1; i <= high; i++) {
    i64 v = *i, *j = i - 1;
    for (; j >= low && *j > v; j--) j[1] = *j;
    j[1] = v;
  }
}

static int guest_main(int argc, char **argv, char **envp) {
  (void)envp;
  u64 state = 88172645463325252ul, checksum = 0;
  for (u64 round = 0; round < 5 * scale(argc, argv); round++) {
    for (int i = 0; i < N; i++) {
      state ^= state << 13, state ^= state >> 7, state ^= state << 17;
      values[i] = (i64)state;
    }
    sort(values, values + N - 1);
    for (int i = 1; i < N; i++) checksum += (u64)values[i] * (u64)i + (values[i - 1] > values[i]);
  }
  put_hex(checksum, 16);
  put_char('\n');
  return 0;
}
