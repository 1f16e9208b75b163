import { encodeName } from '../../../common/file-name.ts';
import { fail } from '../../errno.ts';
import type { ExtendedAttributes } from '../types.ts';
import type { Budget } from './content.ts';

/** Bytes that names and values of one file come to at most. */
const MAX_TOTAL = 1 << 16;

/** Names and values kept with a file in memory, counted as its bytes are. */
export class MemoryAttributes implements ExtendedAttributes {
  readonly #budget: Budget;
  readonly #values = new Map<string, Uint8Array>();
  readonly #changing: () => void;
  #bytes = 0;

  /** `changing` is called before something changes. */
  constructor(budget: Budget, changing: () => void) {
    this.#budget = budget;
    this.#changing = changing;
  }

  get(name: string): Uint8Array | undefined {
    return this.#values.get(name);
  }

  names(): readonly string[] {
    return [...this.#values.keys()];
  }

  set(name: string, value: Uint8Array): void {
    const more = sizeOf(name, value) - sizeOf(name, this.#values.get(name));
    if (this.#bytes + more > MAX_TOTAL) fail('ENOSPC');
    this.#changing();
    this.#budget.charge(more);
    this.#bytes += more;
    this.#values.set(name, value.slice());
  }

  remove(name: string): void {
    const value = this.#values.get(name) ?? fail('ENODATA');
    this.#changing();
    const less = sizeOf(name, value);
    this.#budget.charge(-less);
    this.#bytes -= less;
    this.#values.delete(name);
  }

  /** The file is gone. */
  release(): void {
    this.#budget.charge(-this.#bytes);
    this.#bytes = 0;
    this.#values.clear();
  }
}

function sizeOf(name: string, value: Uint8Array | undefined): number {
  return value === undefined ? 0 : encodeName(name).length + 1 + value.length;
}
