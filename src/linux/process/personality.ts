/** Bits of personality(2) (uapi/linux/personality.h). The others are kept and shown: what they ask for is so here, or without effect. */
export const PERSONA = {
  /** The low byte says which system is meant. */
  KIND: 0xff,
  LINUX32: 8,
  UNAME26: 0x0020000,
  ADDR_NO_RANDOMIZE: 0x0040000,
  MMAP_PAGE_ZERO: 0x0100000,
  ADDR_COMPAT_LAYOUT: 0x0200000,
  READ_IMPLIES_EXEC: 0x0400000,
  STICKY_TIMEOUTS: 0x4000000,
} as const;

/** What a program with more power than who started it does not take over (PER_CLEAR_ON_SETID). */
export const CLEARED_WITH_POWER =
  PERSONA.READ_IMPLIES_EXEC | PERSONA.ADDR_NO_RANDOMIZE | PERSONA.ADDR_COMPAT_LAYOUT | PERSONA.MMAP_PAGE_ZERO;
