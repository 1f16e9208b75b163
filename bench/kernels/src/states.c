/* Linked lists, a state machine over text, 16-bit matrices and a bitwise CRC: what embedded code spends its time in. */
#include "kernel.h"

typedef unsigned short u16;
typedef short i16;
struct item { struct item *next; i16 key, value; };

enum { ITEMS = 400, M = 12, TEXT = 800 };
static struct item items[ITEMS];
static i16 left[M][M], right[M][M];
static i32 product[M][M];
static char text[TEXT + 1];

static u16 crc16(u16 crc, u16 data) {
  for (int bit = 0; bit < 16; bit++, data >>= 1) {
    u16 carry = (crc ^ data) & 1;
    crc = (u16)(crc >> 1 ^ (carry ? 0xa001 : 0));
  }
  return crc;
}

/* Merge sort of a list. */
static struct item *sort(struct item *list) {
  if (!list || !list->next) return list;
  struct item *slow = list, *fast = list->next;
  while (fast && fast->next) slow = slow->next, fast = fast->next->next;
  struct item *second = sort(slow->next);
  slow->next = 0;
  struct item *first = sort(list), head, *tail = &head;
  while (first && second) {
    struct item **less = first->key <= second->key ? &first : &second;
    tail->next = *less, tail = *less, *less = (*less)->next;
  }
  tail->next = first ? first : second;
  return head.next;
}

enum state { START, SIGN, INTEGER, POINT, FRACTION, EXPONENT, INVALID, STATES };

static enum state step(enum state s, char c) {
  int digit = c >= '0' && c <= '9';
  switch (s) {
    case START: return digit ? INTEGER : c == '+' || c == '-' ? SIGN : c == '.' ? POINT : INVALID;
    case SIGN: return digit ? INTEGER : c == '.' ? POINT : INVALID;
    case INTEGER: return digit ? INTEGER : c == '.' ? FRACTION : c == 'e' ? EXPONENT : INVALID;
    case POINT: return digit ? FRACTION : INVALID;
    case FRACTION: return digit ? FRACTION : c == 'e' ? EXPONENT : INVALID;
    case EXPONENT: return digit ? EXPONENT : INVALID;
    default: return INVALID;
  }
}

static int guest_main(int argc, char **argv, char **envp) {
  (void)envp;
  u32 seed = 29;
  u16 crc = 0xffff;
  for (int i = 0; i < TEXT; i++) text[i] = "0123456789+-.e,,"[next_random(&seed) >> 28];
  for (u64 round = 0; round < 5000 * scale(argc, argv); round++) {
    for (int i = 0; i < ITEMS; i++) {
      items[i].next = i + 1 < ITEMS ? &items[i + 1] : 0;
      items[i].key = (i16)(next_random(&seed) >> 16);
      items[i].value = (i16)i;
    }
    u32 position = 0;
    for (struct item *i = sort(items); i; i = i->next) position = position * 7 + (u32)i->value;
    crc = crc16(crc, (u16)position);
    u32 counts[STATES] = {0};
    enum state s = START;
    for (int i = 0; i < TEXT; i++) {
      s = text[i] == ',' ? START : step(s, text[i]);
      counts[s]++;
    }
    for (int i = 0; i < STATES; i++) crc = crc16(crc, (u16)counts[i]);
    for (int i = 0; i < M; i++)
      for (int j = 0; j < M; j++) left[i][j] = (i16)(seed >> (i + j)), right[i][j] = (i16)(i * j + (int)round);
    i32 trace = 0;
    for (int i = 0; i < M; i++)
      for (int j = 0; j < M; j++) {
        product[i][j] = 0;
        for (int k = 0; k < M; k++) product[i][j] += left[i][k] * right[k][j];
        trace += product[i][j] >> 4;
      }
    crc = crc16(crc, (u16)trace);
    text[round % TEXT] ^= (char)(round & 1);
  }
  put_hex(crc, 4);
  put_char('\n');
  return 0;
}
