/**
 * Guest code as it was when each of its pages was first read. Where other threads may write meanwhile, what code was made
 * from has to be known exactly: it is compared with the guest's memory later.
 */
import type { CodeSource } from '../guest/guest.ts';
import { PAGE_SHIFT, PAGE_SIZE } from '../memory/layout.ts';
import type { CodeRange } from './code-cache.ts';

export class CodeSnapshot implements CodeSource {
  readonly #source: CodeSource;
  readonly #bytes: Uint8Array;
  /** Null for what cannot be executed. */
  readonly #pages = new Map<number, Uint8Array | null>();

  /** `source` says what is code, and `bytes` are those of the guest's memory. */
  constructor(source: CodeSource, bytes: Uint8Array) {
    this.#source = source;
    this.#bytes = bytes;
  }

  readU8(pc: number): number {
    return this.#page(Math.floor(pc / PAGE_SIZE))?.[pc % PAGE_SIZE] ?? -1;
  }

  readU16(pc: number): number {
    const [low, high] = [this.readU8(pc), this.readU8(pc + 1)];
    return low < 0 || high < 0 ? -1 : low | (high << 8);
  }

  #page(number: number): Uint8Array | null {
    let page = this.#pages.get(number);
    if (page === undefined) {
      const from = number * PAGE_SIZE;
      page = this.#source.readU8(from) < 0 ? null : this.#bytes.slice(from, from + PAGE_SIZE);
      this.#pages.set(number, page);
    }
    return page;
  }

  /** The code in some ranges that were read, one after the other; empty where a part is not there. */
  codeIn(ranges: readonly CodeRange[]): Uint8Array {
    const code = new Uint8Array(ranges.reduce((sum, { start, end }) => sum + end - start, 0));
    let at = 0;
    for (const { start, end } of ranges)
      for (let from = start; from < end;) {
        const page = this.#page(from >>> PAGE_SHIFT);
        if (page === null) return new Uint8Array();
        const part = page.subarray(from % PAGE_SIZE, (from % PAGE_SIZE) + end - from);
        code.set(part, at);
        at += part.length;
        from += part.length;
      }
    return code;
  }
}
