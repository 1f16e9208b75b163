/** The encodings that tests go through: all compressed ones, a reproducible draw of full words. */
import { defined } from '../../../src/common/assert.ts';
import { wordTable } from '../../../src/guest/riscv64/tables.ts';
import type { Encoding } from './reference-disassemblers.ts';

/** Every 16-bit parcel that is an instruction by itself. */
export const allCompressed: readonly Encoding[] = Array.from({ length: 65536 }, (_, bits) => bits)
  .filter((bits) => (bits & 3) !== 3)
  .map((bits) => ({ bits, length: 2 }));

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

/**
 * `count` full words, every second one of a known row (random bits seldom are), the others with only the length
 * bits given. Words that start an encoding longer than 32 bits are left out: disassemblers would lose their step.
 */
export function randomWords(count: number, seed: number): Encoding[] {
  const next = generator(seed);
  const words: Encoding[] = [];
  while (words.length < count) {
    const random = next();
    const row = defined(wordTable.rows[next() % wordTable.rows.length], 'index within the table');
    const bits = (words.length % 2 === 0 ? (random & ~row.mask) | row.value : random | 3) >>> 0;
    if ((bits & 0x1c) !== 0x1c) words.push({ bits, length: 4 });
  }
  return words;
}
