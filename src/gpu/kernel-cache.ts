/** Compiled kernels, found by a hash of all that they are made from; the texts are compared too. */

interface Entry<T> {
  readonly text: string;
  readonly value: Promise<T>;
}

export interface CacheCounters {
  kernelHits: number;
  kernelsEvicted: number;
}

export class KernelCache<T> {
  readonly #capacity: number;
  readonly #counters: CacheCounters;
  /** In the order of last use. */
  readonly #entries = new Map<string, Entry<T>>();
  readonly #hash: (text: string) => string;

  constructor(capacity: number, counters: CacheCounters, hash: (text: string) => string = sourceHash) {
    this.#capacity = capacity;
    this.#counters = counters;
    this.#hash = hash;
  }

  /** What `make` gave for this text, now or before. A failure is not kept. */
  get(text: string, make: () => Promise<T>): Promise<T> {
    const key = this.#hash(text);
    const known = this.#entries.get(key);
    if (known?.text === text) {
      this.#counters.kernelHits++;
      this.#entries.delete(key);
      this.#entries.set(key, known);
      return known.value;
    }
    const entry = { text, value: make() };
    this.#add(key, entry);
    entry.value.catch(() => {
      if (this.#entries.get(key) === entry) this.#entries.delete(key);
    });
    return entry.value;
  }

  #add(key: string, entry: Entry<T>): void {
    // Of two texts with one hash, the later one stays.
    if (this.#entries.delete(key)) this.#counters.kernelsEvicted++;
    this.#entries.set(key, entry);
    const oldest = this.#entries.keys().next();
    if (this.#entries.size <= this.#capacity || oldest.done === true) return;
    this.#entries.delete(oldest.value);
    this.#counters.kernelsEvicted++;
  }
}

/** Two 32-bit hashes (FNV-1a with two offsets) as 16 hexadecimal digits. */
export function sourceHash(text: string): string {
  const hash = (offset: number): string => {
    let value = offset;
    for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
    return (value >>> 0).toString(16).padStart(8, '0');
  };
  return hash(0x811c9dc5) + hash(0x5bd1e995);
}
