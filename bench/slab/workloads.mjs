// @ts-check
/** What the allocators are measured with: the same sizes in the same order for all of them. */
import { Random } from '../../tests/fuzz/random.mjs';

const STEPS = 1 << 16;

/**
 * `run` does a round and gives the number of its operations; an allocation and a free are two. Whether the next operation is
 * one or the other is never left to chance, because a processor's wrong guesses about that would outweigh the allocator.
 *
 * @typedef {import('./allocators.mjs').Allocator} Allocator
 * @typedef {{ run(): number, requested(): number }} Workload
 */

/** Sizes whose logarithms are evenly distributed. @param {Random} random @param {number} largest */
const sizesTo = (random, largest) =>
  Uint16Array.from({ length: STEPS }, () => Math.ceil(8 * (largest / 8) ** (random.u32() / 2 ** 32)));

/**
 * Objects in slots; each step frees the one in a slot and allocates another for it.
 *
 * @param {{ slots: number, largest: number, inTurns: boolean }} shape
 */
const replace =
  ({ slots, largest, inTurns }) =>
  /** @param {Allocator} allocator @param {number} seed @returns {Workload} */
  ({ alloc, free, touch }, seed) => {
    const random = new Random(seed);
    const sizes = sizesTo(random, largest);
    const order = Uint16Array.from({ length: STEPS }, (_, step) => (inTurns ? step % slots : random.below(slots)));
    const place = (/** @type {number} */ step) => {
      const object = alloc(sizes[step] ?? 0);
      touch(object);
      return object;
    };
    const objects = Array.from({ length: slots }, (_, slot) => place(slot));
    // Of which step the object in each slot is.
    const steps = Uint16Array.from(objects.keys());
    return {
      run: () => {
        for (let step = 0; step < STEPS; step++) {
          const slot = order[step] ?? 0;
          free(objects[slot]);
          objects[slot] = place(step);
        }
        order.forEach((slot, step) => (steps[slot] = step));
        return 2 * STEPS;
      },
      requested: () => steps.reduce((sum, step) => sum + (sizes[step] ?? 0), 0),
    };
  };

/** Many are allocated, then all freed, the last one first. @param {{ depth: number, largest: number }} shape */
const stack =
  ({ depth, largest }) =>
  /** @param {Allocator} allocator @param {number} seed @returns {Workload} */
  ({ alloc, free, touch }, seed) => {
    const sizes = sizesTo(new Random(seed), largest);
    /** @type {any[]} */
    const objects = new Array(depth).fill(0);
    return {
      run: () => {
        for (let first = 0; first < STEPS; first += depth) {
          for (let at = 0; at < depth; at++) {
            const object = alloc(sizes[first + at] ?? 0);
            touch(object);
            objects[at] = object;
          }
          for (let at = depth - 1; at >= 0; at--) free(objects[at]);
        }
        return 2 * STEPS;
      },
      requested: () => 0,
    };
  };

export const workloads = {
  random: replace({ slots: 4096, largest: 1024, inTurns: false }),
  queue: replace({ slots: 4096, largest: 1024, inTurns: true }),
  stack: stack({ depth: 256, largest: 1024 }),
  wide: replace({ slots: 4096, largest: 8192, inTurns: false }),
};
