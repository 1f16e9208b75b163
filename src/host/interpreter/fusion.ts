/** Replaces the code of a micro-op by that of a fused sequence where the next micro-ops fit. */
import type { MicroOpSet } from './micro-ops.ts';

interface TrieNode {
  readonly next: Map<number, TrieNode>;
  /** Code of the sequence that ends here, or -1. */
  code: number;
}

/**
 * Longest-match table of the fused sequences. Only the first micro-op's code changes; the others stay intact, so
 * a jump into the middle of a sequence, and a fault inside it, find ordinary micro-ops.
 */
export class FusionTable {
  readonly #root: TrieNode = { next: new Map(), code: -1 };

  constructor(set: MicroOpSet) {
    for (const [index, sequence] of set.fused.entries()) {
      let node = this.#root;
      for (const kind of sequence) {
        let next = node.next.get(kind.code);
        if (next === undefined) {
          next = { next: new Map(), code: -1 };
          node.next.set(kind.code, next);
        }
        node = next;
      }
      node.code = set.hotCount + index;
    }
  }

  /** Fuses in place the `count` micro-ops that start at word index `first` (four words each). */
  apply(words: Int32Array, first: number, count: number): void {
    let position = 0;
    while (position < count) {
      let node: TrieNode | undefined = this.#root;
      let best = -1;
      let bestLength = 1;
      for (let length = 0; position + length < count; length++) {
        node = node.next.get((words[first + (position + length) * 4] ?? 0) & 0xffff);
        if (node === undefined) break;
        if (node.code >= 0) {
          best = node.code;
          bestLength = length + 1;
        }
      }
      if (best >= 0) {
        const word = first + position * 4;
        words[word] = ((words[word] ?? 0) & ~0xffff) | best;
      }
      position += bestLength;
    }
  }
}
