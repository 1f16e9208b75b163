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

/** Bits 28:25 (C4.1, "main encoding table"): below are SVE, SME and what is reserved. */
const isOfGroup = (word: number): boolean => ((word >>> 25) & 15) >= 4;

/** Enough for the row that takes the fewest of its bit patterns: MRS. */
const TRIES = 3000;

/** A word of the row, if it can be found. */
function wordOf(row: Row, next: () => number): number {
  let word = row.value;
  for (let tries = 0; tries < TRIES; tries++) {
    word = ((next() & ~row.mask) | row.value) >>> 0;
    if (row.matches(word)) break;
  }
  return word;
}

/** `count` words: every second one has the fixed bits of a row, half of those are of the row, the others any. */
export function randomWords(count: number, seed: number): number[] {
  const next = generator(seed);
  const words: number[] = [];
  while (words.length < count) {
    const random = next();
    const row: Row = defined(table.rows[next() % table.rows.length], 'index within the table');
    if (words.length % 4 === 0) words.push(wordOf(row, next));
    else if (words.length % 2 === 0) words.push(((random & ~row.mask) | row.value) >>> 0);
    else if (isOfGroup(random)) words.push(random);
  }
  return words;
}
