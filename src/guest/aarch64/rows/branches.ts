/** Branches, exception generation and system instructions (Arm ARM C4.1.93). */
import type { Conditions } from '../../pattern/notation.ts';
import { isReadable, isWritable } from '../system-registers.ts';

export const branchRows = {
  b: '000101 imm[27:2]',
  bl: '100101 imm[27:2]',
  'b.cond': '01010100 imm[20:2] 0 cond',
  cbz: 'sf 0110100 imm[20:2] Rt',
  cbnz: 'sf 0110101 imm[20:2] Rt',
  tbz: 'bit[5] 0110110 bit[4:0] imm[15:2] Rt',
  tbnz: 'bit[5] 0110111 bit[4:0] imm[15:2] Rt',
  br: '1101011000011111000000 Rn 00000',
  blr: '1101011000111111000000 Rn 00000',
  ret: '1101011001011111000000 Rn 00000',
} as const;

export const systemRows = {
  udf: '0000000000000000 imm16',
  svc: '11010100000 imm16 00001',
  brk: '11010100001 imm16 00000',
  hlt: '11010100010 imm16 00000',
  hint: '11010101000000110010 hint 11111',
  clrex: '11010101000000110011 CRm 01011111',
  dsb: '11010101000000110011 CRm 10011111',
  dmb: '11010101000000110011 CRm 10111111',
  isb: '11010101000000110011 CRm 11011111',
  sb: '11010101000000110011 0000 11111111',
  'ic ivau': '1101010100001 011 0111 0101 001 Rt',
  'dc zva': '1101010100001 011 0111 0100 001 Rt',
  'dc cvac': '1101010100001 011 0111 1010 001 Rt',
  'dc cvau': '1101010100001 011 0111 1011 001 Rt',
  'dc cvap': '1101010100001 011 0111 1100 001 Rt',
  'dc civac': '1101010100001 011 0111 1110 001 Rt',
  mrs: '110101010011 register Rt',
  msr: '110101010001 register Rt',
} as const;

export const systemConditions: Conditions<typeof systemRows> = {
  mrs: ({ register }) => isReadable(register),
  msr: ({ register }) => isWritable(register),
};
