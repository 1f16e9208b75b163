/** The encodings that tests go through: a reproducible draw. */
import { defined } from '../../../src/common/assert.ts';
import type { Row } from '../../../src/guest/pattern/table.ts';
import { table } from '../../../src/guest/aarch64/tables.ts';

/** xorshift32 */
export function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

/** Bits 28:25 (C4.1, "main encoding table") of the groups that the table is complete for; SVE and SME are reserved. */
const isOfGroup = (word: number): boolean => {
  const group = (word >>> 25) & 15;
  if (group < 8) return (group & 5) === 4 || group === 5;
  return group !== 15;
};

/** Advanced SIMD structure accesses are in the loads' group, but not among the base instructions. */
const isStructure = (word: number): boolean => (word & 0xbe000000) >>> 0 === 0x0c000000;

/** `count` words, every second one of a known row (random bits seldom are), the others any of the base groups. */
export function randomWords(count: number, seed: number): number[] {
  const next = generator(seed);
  const words: number[] = [];
  while (words.length < count) {
    const random = next();
    const row: Row = defined(table.rows[next() % table.rows.length], 'index within the table');
    if (words.length % 2 === 0) words.push(((random & ~row.mask) | row.value) >>> 0);
    else if (isOfGroup(random) && !isStructure(random)) words.push(random);
  }
  return words;
}
