/** Steps of AES (FIPS 197) on a state whose bytes lie in column order, as guests with AES instructions have them. */
import type { Fold, OpRow } from '../op.ts';
import { join, split } from './lanes.ts';
import { named } from './rows.ts';

/** Product in GF(2^8) modulo x^8 + x^4 + x^3 + x + 1 (section 4.2). */
function multiply(a: number, b: number): number {
  let [product, factor] = [0, a];
  for (let bits = b; bits !== 0; bits >>= 1) {
    if ((bits & 1) !== 0) product ^= factor;
    factor = (factor << 1) ^ (factor & 0x80 ? 0x11b : 0);
  }
  return product;
}

/** SubBytes (section 5.1.1): inverses are those of the powers of 3, which are all numbers but 0. */
function makeTable(): number[] {
  const table = [0x63];
  for (let power = 1, inverse = 1, i = 0; i < 255; i++) {
    power = multiply(power, 3);
    inverse = multiply(inverse, 0xf6);
    const rotated = (by: number): number => ((inverse << by) | (inverse >> (8 - by))) & 0xff;
    table[power] = inverse ^ rotated(1) ^ rotated(2) ^ rotated(3) ^ rotated(4) ^ 0x63;
  }
  return table;
}

export const substitutions: readonly number[] = makeTable();
export const inverseSubstitutions: readonly number[] = substitutions.map((_, x) => substitutions.indexOf(x));

/** ShiftRows: byte `at` of the result comes from there (section 5.1.2). */
const shifted = (at: number): number => (at * 5) % 16;
const inverseShifted = (at: number): number => (at * 13) % 16;

function substitution(table: readonly number[], from: (at: number) => number): Fold {
  return (a) => {
    const bytes = split(a, 8);
    return join(
      bytes.map((_, at) => BigInt(table[Number(bytes[from(at)])] ?? 0)),
      8,
    );
  };
}

/** MixColumns with the circulant matrix whose first row this is (section 5.1.3). */
function mix(row: readonly number[]): Fold {
  return (a) => {
    const bytes = split(a, 8).map(Number);
    const mixed = bytes.map((_, at) => {
      const column = at & ~3;
      return row.reduce((sum, factor, i) => sum ^ multiply(bytes[column + ((at + i) & 3)] ?? 0, factor), 0);
    });
    return join(mixed.map(BigInt), 8);
  };
}

function row(summary: string, wasm: string, fold: Fold): OpRow {
  return { params: ['v128'], result: 'v128', effect: 'pure', summary, wasm, fold };
}

const shuffle = (from: (at: number) => number): string =>
  `i8x16.shuffle ${Array.from({ length: 16 }, (_, at) => from(at)).join(' ')}`;

export const aesRows = {
  ...named(
    'aes.sub_shift',
    row(
      'ShiftRows, then SubBytes.',
      `$0 $0 ${shuffle(shifted)} call:aes.sub_bytes`,
      substitution(substitutions, shifted),
    ),
  ),
  ...named(
    'aes.inverse_sub_shift',
    row(
      'InvShiftRows, then InvSubBytes.',
      `$0 $0 ${shuffle(inverseShifted)} call:aes.inverse_sub_bytes`,
      substitution(inverseSubstitutions, inverseShifted),
    ),
  ),
  ...named('aes.mix', row('MixColumns.', '$0 call:aes.mix', mix([2, 3, 1, 1]))),
  ...named('aes.inverse_mix', row('InvMixColumns.', '$0 call:aes.inverse_mix', mix([14, 11, 13, 9]))),
};
