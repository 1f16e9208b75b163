/** Data processing, immediate (Arm ARM C4.1.92). */
import { decodeBitMasks } from '../bit-masks.ts';
import type { Conditions } from '../../pattern/notation.ts';

export const immediateRows = {
  adr: '0 imm[1:0] 10000 imm[20:2] Rd',
  adrp: '1 imm[1:0] 10000 imm[20:2] Rd',
  'add (immediate)': 'sf 00 100010 sh imm12 Rn Rd',
  'adds (immediate)': 'sf 01 100010 sh imm12 Rn Rd',
  'sub (immediate)': 'sf 10 100010 sh imm12 Rn Rd',
  'subs (immediate)': 'sf 11 100010 sh imm12 Rn Rd',
  'and (immediate)': 'sf 00 100100 N immr imms Rn Rd',
  'orr (immediate)': 'sf 01 100100 N immr imms Rn Rd',
  'eor (immediate)': 'sf 10 100100 N immr imms Rn Rd',
  'ands (immediate)': 'sf 11 100100 N immr imms Rn Rd',
  movn: 'sf 00 100101 hw imm16 Rd',
  movz: 'sf 10 100101 hw imm16 Rd',
  movk: 'sf 11 100101 hw imm16 Rd',
  sbfm: 'sf 00 100110 N immr imms Rn Rd',
  bfm: 'sf 01 100110 N immr imms Rn Rd',
  ubfm: 'sf 10 100110 N immr imms Rn Rd',
  extr: 'sf 00 100111 N 0 Rm imms Rn Rd',
} as const;

interface BitMask {
  readonly sf: number;
  readonly N: number;
  readonly immr: number;
  readonly imms: number;
}

const isBitMask = ({ sf, N, immr, imms }: BitMask): boolean =>
  (sf === 1 || N === 0) && decodeBitMasks(N, imms, immr) !== null;

/** A 32-bit move has two places for its immediate. */
const hasHalf = ({ sf, hw }: { readonly sf: number; readonly hw: number }): boolean => sf === 1 || hw < 2;

const isBitfield = ({ sf, N, immr, imms }: BitMask): boolean => N === sf && (sf === 1 || (immr < 32 && imms < 32));

export const immediateConditions: Conditions<typeof immediateRows> = {
  'and (immediate)': isBitMask,
  'orr (immediate)': isBitMask,
  'eor (immediate)': isBitMask,
  'ands (immediate)': isBitMask,
  movn: hasHalf,
  movz: hasHalf,
  movk: hasHalf,
  sbfm: isBitfield,
  bfm: isBitfield,
  ubfm: isBitfield,
  extr: ({ sf, N, imms }) => N === sf && (sf === 1 || imms < 32),
};
