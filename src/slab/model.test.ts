/**
 * Random operations against a naive model. `HOSPES_SLAB_OPERATIONS=10000000 npx vitest run src/slab/model.test.ts` runs
 * as many on each kind of memory; `HOSPES_SLAB_SEED` begins elsewhere.
 */
import { describe, expect, it } from 'vitest';
import { Random } from '../../tests/fuzz/random.mjs';
import { SlabAllocator } from './allocator.ts';
import { CLASS_SHIFTS } from './layout.ts';
import { reconcile } from './testing/audit.ts';

const OPERATIONS = Number(process.env['HOSPES_SLAB_OPERATIONS'] ?? 150_000);
const SEED = Number(process.env['HOSPES_SLAB_SEED'] ?? 20261126);
/** Operations between two looks at everything. */
const INTERVAL = 25_000;
const BYTES = 1 << 21;

interface LiveObject {
  readonly offset: number;
  readonly size: number;
  readonly tag: number;
}

/** The size that an allocator has to give. */
function roundedUp(size: number): number {
  for (const shift of CLASS_SHIFTS) if (size <= 2 ** shift) return 2 ** shift;
  return Math.ceil(size / 16384) * 16384;
}

/** The model: which objects are there, and what was done so far. */
class Model {
  readonly random: Random;
  readonly #slabs: readonly SlabAllocator[];
  readonly #words: Uint32Array;
  readonly #live: LiveObject[] = [];
  readonly #starts = new Set<number>();
  #freed: number[] = [];
  #tag = 0;
  #liveBytes = 0;
  readonly done = { allocs: 0, frees: 0, usedUp: 0, doubleFrees: 0, insideFrees: 0, foreignFrees: 0 };

  constructor(slabs: readonly SlabAllocator[], seed: number) {
    this.random = new Random(seed);
    this.#slabs = slabs;
    this.#words = new Uint32Array(slabs[0]!.memory.buffer);
  }

  get #slab(): SlabAllocator {
    return this.random.pick(this.#slabs);
  }

  alloc(maxShift: number): void {
    const size = 1 + this.random.below(2 ** this.random.between(2, maxShift));
    const offset = this.#slab.tryAlloc(size);
    if (offset === 0) {
      this.done.usedUp++;
      if (this.random.chance(0.1)) this.#expectNoRoom(roundedUp(size));
      return;
    }
    const object = { offset, size: roundedUp(size), tag: ++this.#tag };
    this.done.allocs++;
    this.#liveBytes += object.size;
    this.#live.push(object);
    this.#starts.add(offset);
    this.#words.fill(object.tag, offset >>> 2, (offset + object.size) >>> 2);
  }

  /** No run of pages is long enough; of a class, all objects are in use or in magazines. */
  #expectNoRoom(size: number): void {
    const { largestFree, classes } = this.#slab.stats();
    expect(largestFree).toBeLessThan(Math.max(size, 16384));
    const one = classes.find((each) => each.size === size);
    if (one !== undefined) expect(one.live + one.cached).toBe((one.slabs * 16384) / size);
  }

  free(): void {
    if (this.#live.length === 0) return;
    const index = this.random.below(this.#live.length);
    const object = this.#live[index]!;
    this.#live[index] = this.#live.at(-1)!;
    this.#live.pop();
    this.#check(object);
    this.#starts.delete(object.offset);
    this.#slab.free(object.offset);
    this.done.frees++;
    this.#liveBytes -= object.size;
    if (this.#freed.length > 1000) this.#freed = this.#freed.slice(500);
    this.#freed.push(object.offset);
  }

  /** Frees what must not be freed. */
  misuse(): void {
    const { random } = this;
    const freed = this.#freed.length === 0 ? undefined : random.pick(this.#freed);
    if (freed !== undefined && !this.#starts.has(freed)) {
      this.#refuses(freed, /freed before|never allocated|inside of/);
      this.done.doubleFrees++;
    }
    if (this.#live.length > 0) {
      const { offset, size } = random.pick(this.#live);
      this.#refuses(offset + random.between(1, size - 1), /inside of/);
      this.done.insideFrees++;
    }
    const anywhere = random.below(BYTES + 65536);
    if (!this.#starts.has(anywhere)) {
      this.#refuses(anywhere, /freed before|never allocated|inside of|not an offset/);
      this.done.foreignFrees++;
    }
  }

  #refuses(offset: number, message: RegExp): void {
    let refusal: unknown;
    try {
      this.#slab.free(offset);
    } catch (error) {
      refusal = error;
    }
    if (!(refusal instanceof RangeError && message.test(refusal.message)))
      throw new Error(`free(0x${offset.toString(16)}) was not refused`, { cause: refusal });
  }

  /** An object is as long as it should be, and nobody else wrote to it: so no two overlap. */
  #check({ offset, size, tag }: LiveObject): void {
    if (this.#slab.sizeOf(offset) !== size) throw new Error(`0x${offset.toString(16)} is not of ${size} bytes`);
    for (let word = offset >>> 2; word < (offset + size) >>> 2; word++)
      if (this.#words[word] !== tag) throw new Error(`0x${offset.toString(16)} was written over`);
  }

  checkAll(): void {
    for (const object of this.#live) this.#check(object);
    const slab = this.#slabs[0]!;
    const { counted, found } = reconcile(slab);
    expect(counted).toEqual(found);
    const { allocs, frees, liveBytes, classes } = slab.stats();
    expect({ allocs, frees, liveBytes }).toEqual({
      allocs: this.done.allocs,
      frees: this.done.frees,
      liveBytes: this.#liveBytes,
    });
    expect(classes.map(({ live }) => live)).toEqual(
      classes.map(({ size }) => this.#live.filter((object) => object.size === size).length),
    );
  }

  freeAll(): void {
    while (this.#live.length > 0) this.free();
  }
}

/** In turns: how large objects are at most, and how often one is allocated rather than freed. */
const phases = [
  { maxShift: 8, allocs: 0.6 },
  { maxShift: 14, allocs: 0.5 },
  { maxShift: 16, allocs: 0.55 },
  { maxShift: 13, allocs: 0.4 },
  { maxShift: 5, allocs: 0.9 },
  { maxShift: 10, allocs: 0.1 },
];

describe(`${OPERATIONS} random operations from seed ${SEED}`, () => {
  it.each([
    { shared: false, attachments: 0 },
    { shared: true, attachments: 0 },
    { shared: true, attachments: 2 },
  ])(
    'agree with a naive model (shared: $shared, further attachments: $attachments)',
    ({ shared, attachments }) => {
      const slab = SlabAllocator.create({ bytes: BYTES, shared });
      const others = Array.from({ length: attachments }, () => SlabAllocator.attach(slab.handle));
      const model = new Model([slab, ...others], SEED);
      const { random, done } = model;
      for (let operation = 0; operation < OPERATIONS; operation++) {
        const { maxShift, allocs } = phases[Math.floor(operation / INTERVAL) % phases.length]!;
        if (random.chance(0.01)) model.misuse();
        if (random.chance(0.0001)) random.pick([slab, ...others]).trim();
        if (random.chance(allocs)) model.alloc(maxShift);
        else model.free();
        if (operation % INTERVAL === INTERVAL - 1) model.checkAll();
      }
      model.checkAll();
      // All that was meant to happen did.
      for (const count of Object.values(done)) expect(count).toBeGreaterThan(50);
      model.freeAll();
      for (const one of others) one.detach();
      slab.trim();
      model.checkAll();
      expect(slab.stats()).toMatchObject({ slabBytes: 0, largeBytes: 0, slabsMade: slab.stats().slabsReturned });
    },
    Math.max(30_000, OPERATIONS / 50),
  );
});
