/**
 * Both stores against a naive model, operation by operation. `HOSPES_CACHE_OPERATIONS=10000000 npx vitest run
 * src/api/translate/store.test.ts` does as many on each of them; `HOSPES_CACHE_SEED` begins elsewhere.
 */
import { describe, expect, it } from 'vitest';
import { Random } from '../../../tests/fuzz/random.mjs';
import { SharedStore } from './shared-store.ts';
import { LocalStore, type TranslationStore } from './store.ts';
import type { Translation, TranslationPlace } from './translation.ts';

const OPERATIONS = Number(process.env['HOSPES_CACHE_OPERATIONS'] ?? 200_000);
const SEED = Number(process.env['HOSPES_CACHE_SEED'] ?? 20261126);
const CAPACITY = 24;
/** More than fit, so that some go for others. */
const KEYS = 60;

/** What a key stands for; its size differs from key to key, and is too large for any cache for one of them. */
function translationOf(key: number, large: number): Translation {
  const length = key === 0 ? large : key * 3;
  return {
    endPc: key,
    ...{ ir: 'i'.repeat(key % 7), optimizedIr: `o${String(key)}`, wasmText: `w${String(key)}` },
    wasm: new Uint8Array(length).fill(key),
    statistics: { guestInstructions: 1, guestBytes: 2, irInstructions: 3, optimizedInstructions: 4, wasmBytes: length },
  };
}

const placeOf = (key: number): TranslationPlace => ({ guest: key % 3, start: key * 16, last: key * 16 + 19 });
/** Keys that share a beginning, of several lengths. */
const keyOf = (key: number): Uint8Array => Uint8Array.of(7, ...new Array<number>(key % 5).fill(0), key);

/** The plainest thing that could be right: a list, what was used last at its end. */
class Model {
  readonly #capacity: number;
  readonly #hasRoomFor: (key: number) => boolean;
  #list: number[] = [];
  readonly counters = { hits: 0, misses: 0, insertions: 0, evictions: 0, invalidations: 0, rejections: 0 };

  constructor(capacity: number, hasRoomFor: (key: number) => boolean) {
    this.#capacity = capacity;
    this.#hasRoomFor = hasRoomFor;
  }

  get size(): number {
    return this.#list.length;
  }

  get(key: number): boolean {
    const isThere = this.#list.includes(key);
    this.counters[isThere ? 'hits' : 'misses']++;
    if (isThere) this.#list = [...this.#list.filter((each) => each !== key), key];
    return isThere;
  }

  put(key: number): void {
    const isThere = this.#list.includes(key);
    if (!isThere && !this.#hasRoomFor(key)) {
      this.counters.rejections++;
      return;
    }
    this.#list = [...this.#list.filter((each) => each !== key), key];
    if (!isThere) this.counters.insertions++;
    if (this.#list.length <= this.#capacity) return;
    this.#list.shift();
    this.counters.evictions++;
  }

  invalidate(guest: number | null, start: number, end: number): number {
    const gone = this.#list.filter((key) => {
      const place = placeOf(key);
      return (guest === null || guest === place.guest) && place.start < end && start <= place.last;
    });
    this.#list = this.#list.filter((key) => !gone.includes(key));
    this.counters.invalidations += gone.length;
    return gone.length;
  }
}

function expectAgreement(store: TranslationStore, { counters, size }: Model): void {
  const { hitRate, capacity, ...found } = store.stats();
  expect(found).toEqual({ ...counters, size });
  expect(capacity).toBe(CAPACITY);
  expect(hitRate).toBe(counters.hits / (counters.hits + counters.misses));
  expect(found.insertions).toBe(found.size + found.evictions + found.invalidations);
}

describe.each([
  ['of one thread', () => new LocalStore(CAPACITY), 300, () => true],
  ['in shared memory', () => SharedStore.create(CAPACITY, 1 << 20), 200_000, (key: number) => key !== 0],
] as const)('a store %s', (_, create, large, hasRoomFor) => {
  it(`agrees with a list over ${String(OPERATIONS)} operations`, { timeout: 30_000 + OPERATIONS / 20 }, () => {
    const random = new Random(SEED);
    const store = create();
    const model = new Model(CAPACITY, hasRoomFor);
    const translations = Array.from({ length: KEYS }, (__, key) => translationOf(key, large));
    const keys = translations.map((__, key) => keyOf(key));
    for (let done = 0; done < OPERATIONS; done++) {
      // Some keys are asked for more often than others.
      const key = random.below(1 + random.below(KEYS));
      if (random.chance(0.03)) {
        const guest = random.chance(0.5) ? null : random.below(4);
        const start = random.below(KEYS * 16);
        const end = random.chance(0.02) ? Infinity : start + random.below(64);
        const removed = store.invalidate(guest, start, end);
        if (removed !== model.invalidate(guest, start, end)) expect.unreachable(`seed ${SEED}, operation ${done}`);
      } else if (random.chance(0.05)) {
        // Another thread had it at the same time.
        store.put(keys[key]!, placeOf(key), translations[key]!);
        model.put(key);
      } else {
        const found = store.get(keys[key]!);
        if ((found !== undefined) !== model.get(key)) expect.unreachable(`seed ${SEED}, operation ${done}`);
        if (found === undefined) {
          store.put(keys[key]!, placeOf(key), translations[key]!);
          model.put(key);
        } else if (done % 64 === 0) {
          expect(found).toEqual(translations[key]);
        } else if (found.endPc !== key || found.wasm.length !== translations[key]!.wasm.length) {
          expect.unreachable(`seed ${SEED}, operation ${done}`);
        }
      }
      if (done % 1009 === 0) expectAgreement(store, model);
    }
    expectAgreement(store, model);
    const { evictions, invalidations, hits } = store.stats();
    expect(Math.min(evictions, invalidations, hits)).toBeGreaterThan(OPERATIONS / 100);
  });
});

describe('a store in shared memory', () => {
  it('gives up old entries where bytes are scarce, and uses all of its memory again', () => {
    const store = SharedStore.create(1000, 1 << 20);
    const translation = { ...translationOf(1, 0), wasm: new Uint8Array(50_000).fill(9) };
    for (let round = 0; round < 500; round++) {
      const key = Uint8Array.of(round & 255, round >>> 8);
      store.put(key, placeOf(1), translation);
      const found = store.get(key);
      if (Buffer.compare(found!.wasm, translation.wasm) !== 0) expect.unreachable(`round ${round}`);
    }
    const { size, evictions, insertions } = store.stats();
    expect(size).toBeGreaterThan(8);
    expect([insertions, size + evictions]).toEqual([500, 500]);
    expect(store.invalidate(null, 0, Infinity)).toBe(size);
    expect(store.stats().size).toBe(0);
  });
});
