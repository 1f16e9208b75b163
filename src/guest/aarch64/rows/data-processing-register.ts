/** Data processing, register (Arm ARM C4.1.95). */
import type { Conditions } from '../../pattern/notation.ts';

export const registerRows = {
  udiv: 'sf 0011010110 Rm 000010 Rn Rd',
  sdiv: 'sf 0011010110 Rm 000011 Rn Rd',
  lslv: 'sf 0011010110 Rm 001000 Rn Rd',
  lsrv: 'sf 0011010110 Rm 001001 Rn Rd',
  asrv: 'sf 0011010110 Rm 001010 Rn Rd',
  rorv: 'sf 0011010110 Rm 001011 Rn Rd',
  crc32b: '00011010110 Rm 010000 Rn Rd',
  crc32h: '00011010110 Rm 010001 Rn Rd',
  crc32w: '00011010110 Rm 010010 Rn Rd',
  crc32x: '10011010110 Rm 010011 Rn Rd',
  crc32cb: '00011010110 Rm 010100 Rn Rd',
  crc32ch: '00011010110 Rm 010101 Rn Rd',
  crc32cw: '00011010110 Rm 010110 Rn Rd',
  crc32cx: '10011010110 Rm 010111 Rn Rd',

  rbit: 'sf 101101011000000 000000 Rn Rd',
  rev16: 'sf 101101011000000 000001 Rn Rd',
  'rev (32-bit)': '0101101011000000 000010 Rn Rd',
  rev32: '1101101011000000 000010 Rn Rd',
  'rev (64-bit)': '1101101011000000 000011 Rn Rd',
  clz: 'sf 101101011000000 000100 Rn Rd',
  cls: 'sf 101101011000000 000101 Rn Rd',

  'and (shifted register)': 'sf 0001010 shift 0 Rm imm6 Rn Rd',
  bic: 'sf 0001010 shift 1 Rm imm6 Rn Rd',
  'orr (shifted register)': 'sf 0101010 shift 0 Rm imm6 Rn Rd',
  orn: 'sf 0101010 shift 1 Rm imm6 Rn Rd',
  'eor (shifted register)': 'sf 1001010 shift 0 Rm imm6 Rn Rd',
  eon: 'sf 1001010 shift 1 Rm imm6 Rn Rd',
  'ands (shifted register)': 'sf 1101010 shift 0 Rm imm6 Rn Rd',
  bics: 'sf 1101010 shift 1 Rm imm6 Rn Rd',

  'add (shifted register)': 'sf 0001011 shift≠3 0 Rm imm6 Rn Rd',
  'adds (shifted register)': 'sf 0101011 shift≠3 0 Rm imm6 Rn Rd',
  'sub (shifted register)': 'sf 1001011 shift≠3 0 Rm imm6 Rn Rd',
  'subs (shifted register)': 'sf 1101011 shift≠3 0 Rm imm6 Rn Rd',
  'add (extended register)': 'sf 0001011001 Rm option imm3≠{5,6,7} Rn Rd',
  'adds (extended register)': 'sf 0101011001 Rm option imm3≠{5,6,7} Rn Rd',
  'sub (extended register)': 'sf 1001011001 Rm option imm3≠{5,6,7} Rn Rd',
  'subs (extended register)': 'sf 1101011001 Rm option imm3≠{5,6,7} Rn Rd',

  adc: 'sf 0011010000 Rm 000000 Rn Rd',
  adcs: 'sf 0111010000 Rm 000000 Rn Rd',
  sbc: 'sf 1011010000 Rm 000000 Rn Rd',
  sbcs: 'sf 1111010000 Rm 000000 Rn Rd',

  'ccmn (register)': 'sf 0111010010 Rm cond 00 Rn 0 nzcv',
  'ccmp (register)': 'sf 1111010010 Rm cond 00 Rn 0 nzcv',
  'ccmn (immediate)': 'sf 0111010010 imm5 cond 10 Rn 0 nzcv',
  'ccmp (immediate)': 'sf 1111010010 imm5 cond 10 Rn 0 nzcv',

  csel: 'sf 0011010100 Rm cond 00 Rn Rd',
  csinc: 'sf 0011010100 Rm cond 01 Rn Rd',
  csinv: 'sf 1011010100 Rm cond 00 Rn Rd',
  csneg: 'sf 1011010100 Rm cond 01 Rn Rd',

  madd: 'sf 0011011000 Rm 0 Ra Rn Rd',
  msub: 'sf 0011011000 Rm 1 Ra Rn Rd',
  smaddl: '10011011001 Rm 0 Ra Rn Rd',
  smsubl: '10011011001 Rm 1 Ra Rn Rd',
  // Bits 14:10 of the high multiplies should be one; other values do the same.
  smulh: '10011011010 Rm 0 ..... Rn Rd',
  umaddl: '10011011101 Rm 0 Ra Rn Rd',
  umsubl: '10011011101 Rm 1 Ra Rn Rd',
  umulh: '10011011110 Rm 0 ..... Rn Rd',
} as const;

/** Shift amounts end at the register's width. */
const fits = ({ sf, imm6 }: { readonly sf: number; readonly imm6: number }): boolean => sf === 1 || imm6 < 32;

export const registerConditions: Conditions<typeof registerRows> = {
  'and (shifted register)': fits,
  bic: fits,
  'orr (shifted register)': fits,
  orn: fits,
  'eor (shifted register)': fits,
  eon: fits,
  'ands (shifted register)': fits,
  bics: fits,
  'add (shifted register)': fits,
  'adds (shifted register)': fits,
  'sub (shifted register)': fits,
  'subs (shifted register)': fits,
};
