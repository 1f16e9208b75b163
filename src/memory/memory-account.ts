/** What the address spaces of one guest have mapped together, and may. */
export class MemoryAccount {
  /** Bytes of accessible private memory. */
  readonly limit: number;
  #used = 0;

  constructor(limit = Infinity) {
    this.limit = limit;
  }

  get used(): number {
    return this.#used;
  }

  /** Whether `bytes` more would be too much; giving back never is. */
  exceededBy(bytes: number): boolean {
    return bytes > 0 && this.#used + bytes > this.limit;
  }

  add(bytes: number): void {
    this.#used += bytes;
  }
}
