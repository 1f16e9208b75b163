/** Where translations are kept: the least recently used goes first when there are too many. */
import { touches, type Translation, type TranslationPlace } from './translation.ts';

/** What happened in a cache so far, and what is in it now. */
export interface TranslationCacheStats {
  readonly hits: number;
  readonly misses: number;
  /** Hits by look-ups; 0 before the first. */
  readonly hitRate: number;
  /** Entries put in: each is one of `size`, `evictions` and `invalidations`. */
  readonly insertions: number;
  /** Entries that had to go for others. */
  readonly evictions: number;
  /** Entries that were invalidated. */
  readonly invalidations: number;
  /** Translations that were too large to be kept. */
  readonly rejections: number;
  /** Entries now, and at most. */
  readonly size: number;
  readonly capacity: number;
}

export type TranslationCounters = Omit<TranslationCacheStats, 'hitRate' | 'size' | 'capacity'>;

export interface TranslationStore {
  /** Looks an entry up, which makes it the one used last; counts a hit or a miss. */
  get(key: Uint8Array): Translation | undefined;
  /** Keeps what was not found. Where another thread has put it there meanwhile, that one stays. */
  put(key: Uint8Array, place: TranslationPlace, translation: Translation): void;
  /** Removes entries made from bytes in [start, end) of a guest's code, or (null) of any guest's; returns how many. */
  invalidate(guest: number | null, start: number, end: number): number;
  stats(): TranslationCacheStats;
}

/** The figures with those that follow from them. */
export function statsOf(counters: TranslationCounters, size: number, capacity: number): TranslationCacheStats {
  const lookups = counters.hits + counters.misses;
  return { ...counters, hitRate: lookups === 0 ? 0 : counters.hits / lookups, size, capacity };
}

/** Entries of one thread. */
export class LocalStore implements TranslationStore {
  readonly #capacity: number;
  /** Oldest first: what is used moves to the end. */
  readonly #entries = new Map<string, { readonly place: TranslationPlace; readonly translation: Translation }>();
  readonly #counters = { hits: 0, misses: 0, insertions: 0, evictions: 0, invalidations: 0, rejections: 0 };

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get(key: Uint8Array): Translation | undefined {
    const text = textOf(key);
    const entry = this.#entries.get(text);
    if (entry === undefined) {
      this.#counters.misses++;
      return undefined;
    }
    this.#counters.hits++;
    this.#entries.delete(text);
    this.#entries.set(text, entry);
    return entry.translation;
  }

  put(key: Uint8Array, place: TranslationPlace, translation: Translation): void {
    const text = textOf(key);
    const entry = this.#entries.get(text) ?? { place, translation };
    if (!this.#entries.delete(text)) this.#counters.insertions++;
    this.#entries.set(text, entry);
    if (this.#entries.size <= this.#capacity) return;
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest);
      this.#counters.evictions++;
      return;
    }
  }

  invalidate(guest: number | null, start: number, end: number): number {
    let removed = 0;
    for (const [key, { place }] of this.#entries) {
      if (!touches(place, guest, start, end)) continue;
      this.#entries.delete(key);
      removed++;
    }
    this.#counters.invalidations += removed;
    return removed;
  }

  stats(): TranslationCacheStats {
    return statsOf(this.#counters, this.#entries.size, this.#capacity);
  }
}

/** One character a byte: this encoding tells all 256 apart. */
const decoder = new TextDecoder('latin1');

function textOf(key: Uint8Array): string {
  return decoder.decode(key);
}
