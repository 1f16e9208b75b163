import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { SlabAllocator } from '../../src/slab/index.ts';
import { reconcile } from '../../src/slab/testing/audit.ts';

const OPERATIONS = Number(process.env['HOSPES_SLAB_OPERATIONS'] ?? 200_000);
/** Words of one ring of worker.mjs. */
const RING_WORDS = 258;

/** Runs so many threads at once; what they give in the end. */
function runThreads<T>(slab: SlabAllocator, threads: number, data: object): Promise<T[]> {
  return Promise.all(
    Array.from(
      { length: threads },
      (_, index) =>
        new Promise<T>((resolve, reject) => {
          const workerData = { handle: slab.handle, index, threads, seed: 20261126, ...data };
          const worker = new Worker(new URL('worker.mjs', import.meta.url), { workerData });
          worker.once('message', resolve);
          worker.once('error', reject);
          worker.once('exit', (code) => reject(new Error(`thread ${index} ended with ${code} and said nothing`)));
        }),
    ),
  );
}

/** Reads the counters again and again while threads come, work and go. */
async function watchStats<T>(slab: SlabAllocator, threads: number, running: Promise<T>): Promise<T> {
  const over = running.then(
    () => true,
    () => true,
  );
  const soon = (): Promise<boolean> => new Promise((resolve) => setTimeout(resolve, 1, false));
  do {
    const { attachmentBytes, slabBytes, largeBytes, freeBytes, bytes } = slab.stats();
    expect(attachmentBytes / 16384).toBeLessThanOrEqual(threads + 1);
    for (const part of [slabBytes, largeBytes, freeBytes]) expect(part).toBeLessThanOrEqual(bytes);
  } while (!(await Promise.race([over, soon()])));
  return running;
}

function expectReconciled(slab: SlabAllocator): void {
  const { counted, found } = reconcile(slab);
  expect(counted).toEqual(found);
}

describe('threads that share an allocator', () => {
  it.each([
    { threads: 2, mayWait: true },
    { threads: 4, mayWait: true },
    { threads: 2, mayWait: false },
  ])(
    'allocate in one and free in another ($threads threads that may sleep: $mayWait)',
    async ({ threads, mayWait }) => {
      // So small that it is used up now and then.
      const slab = SlabAllocator.create({ bytes: threads * (1 << 20), shared: true });
      const running = runThreads<Record<'allocs' | 'frees' | 'received' | 'usedUp', number>>(slab, threads, {
        kind: 'exchange',
        mayWait,
        operations: OPERATIONS / threads,
        rings: new SharedArrayBuffer(threads * threads * RING_WORDS * 4),
        state: new SharedArrayBuffer(12),
      });
      const results = await watchStats(slab, threads, running);
      const total = (key: 'allocs' | 'frees' | 'received'): number => results.reduce((sum, one) => sum + one[key], 0);
      expect(total('allocs')).toBe(OPERATIONS);
      expect(total('frees')).toBe(OPERATIONS);
      expect(total('received')).toBeGreaterThan(OPERATIONS / 3);
      expect(slab.stats()).toMatchObject({ allocs: OPERATIONS, frees: OPERATIONS, liveBytes: 0 });
      expectReconciled(slab);
      slab.trim();
      expect(slab.stats()).toMatchObject({ slabBytes: 0, slabsMade: slab.stats().slabsReturned });
      expectReconciled(slab);
    },
    Math.max(60_000, OPERATIONS / 50),
  );

  it('free an object only once, even at the same moment', async () => {
    const slab = SlabAllocator.create({ bytes: 1 << 22, shared: true });
    const offsets = Uint32Array.from({ length: 2000 }, (_, index) => slab.alloc(index % 50 === 0 ? 20_000 : 8));
    const results = await runThreads<Record<'frees' | 'refusals', number>>(slab, 2, {
      kind: 'race',
      mayWait: true,
      offsets,
      arrivals: new SharedArrayBuffer(offsets.length * 4),
    });
    expect(results.map(({ frees, refusals }) => frees + refusals)).toEqual([2000, 2000]);
    expect(results.reduce((sum, { frees }) => sum + frees, 0)).toBe(2000);
    // Each was first now and then, so they did race.
    for (const { frees } of results) expect(frees).toBeGreaterThan(0);
    expect(slab.stats()).toMatchObject({ allocs: 2000, frees: 2000, liveBytes: 0 });
    expectReconciled(slab);
  });
});
