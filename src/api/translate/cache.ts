/** The cache of `translateBlock` as its callers see it. */
import { guests } from '../guests.ts';
import type { GuestName } from './request.ts';
import { SharedStore, type SharedStoreHandle } from './shared-store.ts';
import { LocalStore, type TranslationCacheStats, type TranslationStore } from './store.ts';
import type { Translation, TranslationPlace } from './translation.ts';

/** What another thread needs to share a cache; can be sent with `postMessage`. */
export type TranslationCacheHandle = SharedStoreHandle;

export interface TranslationCacheOptions {
  /** Most entries; beyond it the least recently used goes. Default: 1,000. */
  readonly capacity?: number;
}

export interface SharedTranslationCacheOptions extends TranslationCacheOptions {
  /** Bytes of the shared memory; where entries need more, the least recently used go, too. Default: 64 MiB. */
  readonly bytes?: number;
}

const DEFAULT_CAPACITY = 1000;
const MAX_CAPACITY = 1 << 24;
const DEFAULT_BYTES = 64 << 20;
const MIN_BYTES = 1 << 20;

/**
 * Keeps translations in memory. A shared one is for several threads: what one has translated, the others find. Shared are
 * the entries (IR, WebAssembly, both texts, figures), their order and the counters, in a WebAssembly memory over a
 * `SharedArrayBuffer`, under a lock that is taken with `Atomics`; a hit gives a copy. Not shared are `WebAssembly.Module`s,
 * which every thread makes of the bytes itself, and the lock survives no thread that is terminated inside of a call.
 *
 * @example
 * ```ts
 * import { TranslationCache, translateBlock } from 'hospes';
 *
 * const cache = TranslationCache.shared({ capacity: 100 });
 * // In a Worker that was sent cache.handle:
 * const same = TranslationCache.attach(cache.handle);
 * const code = Uint8Array.of(0x13, 0x05, 0x15, 0x00, 0x67, 0x80, 0x00, 0x00); // addi a0, a0, 1; ret
 * translateBlock({ guest: 'riscv64', code, pc: 0x10000, cache });
 * console.log(translateBlock({ guest: 'riscv64', code, pc: 0x10000, cache: same }).isCached); // true
 * console.log(cache.invalidate(0x10000, 0x10004), same.stats().size); // 1 0
 * ```
 */
export class TranslationCache {
  readonly #store: TranslationStore;

  /** A cache of this thread alone. Throws `RangeError` for a capacity that is no number from 1 to 2^24. */
  constructor(options: TranslationCacheOptions = {}, store?: TranslationStore) {
    this.#store = store ?? new LocalStore(capacityOf(options));
  }

  /** A cache that other threads may attach to. Throws `RangeError` as the constructor does, and for fewer bytes than 1 MiB. */
  static shared(options: SharedTranslationCacheOptions = {}): TranslationCache {
    const { bytes = DEFAULT_BYTES } = options;
    const capacity = capacityOf(options);
    if (!(bytes >= MIN_BYTES) || bytes < capacity * 16)
      throw new RangeError(
        `${String(bytes)} bytes for ${String(capacity)} translations; give at least 1 MiB and 16 for each`,
      );
    return new TranslationCache({}, SharedStore.create(capacity, bytes));
  }

  /** The cache that another thread shares. Throws `TypeError` for what is no handle of one. */
  static attach(handle: TranslationCacheHandle): TranslationCache {
    return new TranslationCache({}, SharedStore.attach(handle));
  }

  /** For `attach` in another thread. Throws `TypeError` where the cache is not shared. */
  get handle(): TranslationCacheHandle {
    if (this.#store instanceof SharedStore) return this.#store.handle;
    throw new TypeError('this cache is of one thread; TranslationCache.shared makes one that can be attached to');
  }

  /** Counters since the cache was made, by all threads. */
  stats(): TranslationCacheStats {
    return this.#store.stats();
  }

  /**
   * Forgets translations of code with a byte in [start, end), of one guest or of all; returns how many there were. Takes a
   * look at every entry.
   */
  invalidate(start: number, end: number, guest?: GuestName): number {
    const index = guest === undefined ? null : guests.findIndex((each) => each.guest.name === guest);
    return this.#store.invalidate(index, start, end);
  }

  /** Forgets all translations. */
  clear(): number {
    return this.#store.invalidate(null, 0, Infinity);
  }

  /** For a thread that attached and ends: gives back what the thread holds of the shared memory. */
  detach(): void {
    if (this.#store instanceof SharedStore) this.#store.detach();
  }

  /** @internal What is kept under a key, made by `translate` where it is not there. */
  resolve(
    key: Uint8Array,
    translate: () => { readonly place: TranslationPlace; readonly translation: Translation },
  ): { readonly translation: Translation; readonly isCached: boolean } {
    const found = this.#store.get(key);
    if (found !== undefined) return { translation: found, isCached: true };
    const { place, translation } = translate();
    this.#store.put(key, place, translation);
    return { translation, isCached: false };
  }
}

function capacityOf({ capacity = DEFAULT_CAPACITY }: TranslationCacheOptions): number {
  if (!Number.isInteger(capacity) || capacity < 1 || capacity > MAX_CAPACITY)
    throw new RangeError(`a cache of ${String(capacity)} translations; give a whole number from 1 to 2^24`);
  return capacity;
}
