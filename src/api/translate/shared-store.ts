/**
 * Entries in a shared memory: a hash table with chains, and a list from the one used last to the one used longest ago, all
 * under one lock. Their bytes, the counters and the order are the same for all threads; each gets copies of what it finds.
 */
import { SlabAllocator, type SlabHandle } from '../../slab/index.ts';
import { Lock } from './lock.ts';
import { statsOf, type TranslationCacheStats, type TranslationStore } from './store.ts';
import {
  decodeTranslation,
  encodeTranslation,
  touches,
  type Translation,
  type TranslationPlace,
} from './translation.ts';

/** What another thread needs to attach; can be sent with `postMessage`. */
export interface SharedStoreHandle {
  readonly slab: SlabHandle;
  /** Where the header is. */
  readonly header: number;
}

/** The largest entry takes this part of the memory at most, so that not all others go for it. */
const LARGEST = 1 / 8;

/** Words of the header; the buckets follow, each with the offset of its first entry. */
const HEADER = { LOCK: 0, CAPACITY: 1, SIZE: 2, NEWEST: 3, OLDEST: 4, BUCKETS: 5, COUNTERS: 6, WORDS: 18 } as const;
/** Counters of 64 bits, as pairs of words from COUNTERS on. */
const COUNTER = { hits: 0, misses: 1, insertions: 2, evictions: 3, invalidations: 4, rejections: 5 } as const;
/** Words of an entry; key and value follow. */
const ENTRY = {
  CHAIN: 0,
  NEWER: 1,
  OLDER: 2,
  HASH: 3,
  GUEST: 4,
  START: 5,
  LAST: 6,
  KEY_LENGTH: 7,
  VALUE_LENGTH: 8,
  WORDS: 9,
} as const;

export class SharedStore implements TranslationStore {
  readonly #slab: SlabAllocator;
  readonly #header: number;
  readonly #words: Uint32Array;
  readonly #bytes: Uint8Array;
  readonly #lock: Lock;

  private constructor(slab: SlabAllocator, header: number) {
    this.#slab = slab;
    this.#header = header >>> 2;
    this.#words = new Uint32Array(slab.memory.buffer);
    this.#bytes = new Uint8Array(slab.memory.buffer);
    this.#lock = new Lock(new Int32Array(slab.memory.buffer), this.#header + HEADER.LOCK);
  }

  static create(capacity: number, bytes: number): SharedStore {
    const slab = SlabAllocator.create({ bytes, shared: true });
    const buckets = 2 ** Math.ceil(Math.log2(capacity + 1));
    const header = slab.alloc((HEADER.WORDS + buckets) * 4);
    const words = new Uint32Array(slab.memory.buffer, header, HEADER.WORDS + buckets).fill(0);
    words[HEADER.CAPACITY] = capacity;
    words[HEADER.BUCKETS] = buckets;
    return new SharedStore(slab, header);
  }

  static attach({ slab, header }: SharedStoreHandle): SharedStore {
    return new SharedStore(SlabAllocator.attach(slab), header);
  }

  get handle(): SharedStoreHandle {
    return { slab: this.#slab.handle, header: this.#header << 2 };
  }

  /** For a thread that ends: gives back what it holds. Nothing else may be called afterwards. */
  detach(): void {
    this.#slab.detach();
  }

  get(key: Uint8Array): Translation | undefined {
    const hash = hashOf(key);
    const value = this.#lock.hold(() => {
      const entry = this.#find(key, hash);
      this.#count(entry === 0 ? 'misses' : 'hits');
      if (entry === 0) return undefined;
      this.#unlist(entry);
      this.#enlist(entry);
      const start = (entry + ENTRY.WORDS) * 4 + this.#word(entry, ENTRY.KEY_LENGTH);
      return copy(this.#bytes, start, this.#word(entry, ENTRY.VALUE_LENGTH));
    });
    return value === undefined ? undefined : decodeTranslation(value);
  }

  put(key: Uint8Array, place: TranslationPlace, translation: Translation): void {
    const hash = hashOf(key);
    const value = encodeTranslation(translation);
    this.#lock.hold(() => {
      const known = this.#find(key, hash);
      if (known !== 0) {
        this.#unlist(known);
        this.#enlist(known);
        return;
      }
      const entry = this.#makeRoom(ENTRY.WORDS * 4 + key.length + value.length);
      if (entry === 0) {
        this.#count('rejections');
        return;
      }
      this.#set(entry, ENTRY.HASH, hash);
      this.#set(entry, ENTRY.GUEST, place.guest);
      this.#set(entry, ENTRY.START, place.start);
      this.#set(entry, ENTRY.LAST, place.last);
      this.#set(entry, ENTRY.KEY_LENGTH, key.length);
      this.#set(entry, ENTRY.VALUE_LENGTH, value.length);
      this.#bytes.set(key, (entry + ENTRY.WORDS) * 4);
      this.#bytes.set(value, (entry + ENTRY.WORDS) * 4 + key.length);
      const bucket = this.#bucketOf(hash);
      this.#set(entry, ENTRY.CHAIN, this.#words[bucket] ?? 0);
      this.#words[bucket] = entry;
      this.#enlist(entry);
      this.#setHeader(HEADER.SIZE, this.#head(HEADER.SIZE) + 1);
      this.#count('insertions');
    });
  }

  invalidate(guest: number | null, start: number, end: number): number {
    return this.#lock.hold(() => {
      let removed = 0;
      for (let entry = this.#head(HEADER.NEWEST); entry !== 0;) {
        const older = this.#word(entry, ENTRY.OLDER);
        if (touches(this.#placeOf(entry), guest, start, end)) {
          this.#remove(entry);
          removed++;
        }
        entry = older;
      }
      this.#count('invalidations', removed);
      return removed;
    });
  }

  stats(): TranslationCacheStats {
    return this.#lock.hold(() =>
      statsOf(
        {
          hits: this.#counter('hits'),
          misses: this.#counter('misses'),
          insertions: this.#counter('insertions'),
          evictions: this.#counter('evictions'),
          invalidations: this.#counter('invalidations'),
          rejections: this.#counter('rejections'),
        },
        this.#head(HEADER.SIZE),
        this.#head(HEADER.CAPACITY),
      ),
    );
  }

  #placeOf(entry: number): TranslationPlace {
    return {
      guest: this.#word(entry, ENTRY.GUEST),
      start: this.#word(entry, ENTRY.START),
      last: this.#word(entry, ENTRY.LAST),
    };
  }

  /** Index of the first word of the entry under a key; 0 for none. */
  #find(key: Uint8Array, hash: number): number {
    let entry = this.#words[this.#bucketOf(hash)] ?? 0;
    while (entry !== 0 && !(this.#word(entry, ENTRY.HASH) === hash && this.#hasKey(entry, key)))
      entry = this.#word(entry, ENTRY.CHAIN);
    return entry;
  }

  #hasKey(entry: number, key: Uint8Array): boolean {
    if (this.#word(entry, ENTRY.KEY_LENGTH) !== key.length) return false;
    const start = (entry + ENTRY.WORDS) * 4;
    return key.every((byte, index) => this.#bytes[start + index] === byte);
  }

  /** Allocates an entry, for which others go; 0 where it does not fit even alone. */
  #makeRoom(size: number): number {
    if (size > this.#bytes.length * LARGEST) return 0;
    for (;;) {
      const hasPlace = this.#head(HEADER.SIZE) < this.#head(HEADER.CAPACITY);
      const offset = hasPlace ? this.#slab.tryAlloc(size) : 0;
      if (offset !== 0) return offset >>> 2;
      const oldest = this.#head(HEADER.OLDEST);
      if (oldest === 0) return 0;
      this.#remove(oldest);
      this.#count('evictions');
    }
  }

  #remove(entry: number): void {
    this.#unlist(entry);
    let at = this.#bucketOf(this.#word(entry, ENTRY.HASH));
    while (this.#words[at] !== entry) at = (this.#words[at] ?? 0) + ENTRY.CHAIN;
    this.#words[at] = this.#word(entry, ENTRY.CHAIN);
    this.#setHeader(HEADER.SIZE, this.#head(HEADER.SIZE) - 1);
    this.#slab.free(entry << 2);
  }

  /** Makes an entry the newest of the list. */
  #enlist(entry: number): void {
    const newest = this.#head(HEADER.NEWEST);
    this.#set(entry, ENTRY.NEWER, 0);
    this.#set(entry, ENTRY.OLDER, newest);
    if (newest === 0) this.#setHeader(HEADER.OLDEST, entry);
    else this.#set(newest, ENTRY.NEWER, entry);
    this.#setHeader(HEADER.NEWEST, entry);
  }

  #unlist(entry: number): void {
    const newer = this.#word(entry, ENTRY.NEWER);
    const older = this.#word(entry, ENTRY.OLDER);
    if (newer === 0) this.#setHeader(HEADER.NEWEST, older);
    else this.#set(newer, ENTRY.OLDER, older);
    if (older === 0) this.#setHeader(HEADER.OLDEST, newer);
    else this.#set(older, ENTRY.NEWER, newer);
  }

  #bucketOf(hash: number): number {
    return this.#header + HEADER.WORDS + (hash & (this.#head(HEADER.BUCKETS) - 1));
  }

  #word(entry: number, word: number): number {
    return this.#words[entry + word] ?? 0;
  }

  #set(entry: number, word: number, value: number): void {
    this.#words[entry + word] = value;
  }

  #head(word: number): number {
    return this.#words[this.#header + word] ?? 0;
  }

  #setHeader(word: number, value: number): void {
    this.#words[this.#header + word] = value;
  }

  #counter(name: keyof typeof COUNTER): number {
    const at = HEADER.COUNTERS + COUNTER[name] * 2;
    return this.#head(at) + this.#head(at + 1) * 2 ** 32;
  }

  #count(name: keyof typeof COUNTER, more = 1): void {
    const at = HEADER.COUNTERS + COUNTER[name] * 2;
    const value = this.#counter(name) + more;
    this.#setHeader(at, value % 2 ** 32);
    this.#setHeader(at + 1, Math.floor(value / 2 ** 32));
  }
}

/** Bytes of our own: decoders take none that are shared. */
function copy(bytes: Uint8Array, start: number, length: number): Uint8Array<ArrayBuffer> {
  const own = new Uint8Array(length);
  own.set(bytes.subarray(start, start + length));
  return own;
}

/** FNV-1a, 32 bits. */
function hashOf(key: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const byte of key) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}
