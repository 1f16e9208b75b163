import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { TranslationCache } from '../../src/api/translate/cache.ts';

const THREADS = 4;
const ROUNDS = Number(process.env['HOSPES_CACHE_OPERATIONS'] ?? 8000) / THREADS;

describe('a shared cache of translations', () => {
  it.each([
    { blocks: 150, capacity: 100 },
    { blocks: 60, capacity: 100 },
  ])(
    'is the same for all threads ($blocks blocks, room for $capacity)',
    async ({ blocks, capacity }) => {
      const cache = TranslationCache.shared({ capacity, bytes: 4 << 20 });
      const results = await Promise.all(
        Array.from({ length: THREADS }, (_, index) => {
          const workerData = { handle: cache.handle, seed: 20261126 + index, rounds: ROUNDS, blocks };
          const worker = new Worker(new URL('translate-worker.mjs', import.meta.url), { workerData });
          return new Promise<Record<'wrong' | 'hits' | 'rounds', number>>((resolve, reject) => {
            worker.once('message', resolve);
            worker.once('error', reject);
          });
        }),
      );
      const sum = (key: 'wrong' | 'hits' | 'rounds'): number => results.reduce((all, one) => all + one[key], 0);
      expect(sum('wrong')).toBe(0);
      const { hits, misses, insertions, evictions, invalidations, size, rejections } = cache.stats();
      expect([hits, misses, rejections]).toEqual([sum('hits'), sum('rounds') - sum('hits'), 0]);
      expect(insertions).toBe(size + evictions + invalidations);
      // Two threads may translate the same block at once: one of them has it kept.
      expect(insertions).toBeLessThanOrEqual(misses);
      expect(size).toBeLessThanOrEqual(capacity);
      expect(evictions > 0).toBe(blocks > capacity);
      // Each thread alone would miss every block once at least.
      if (blocks < capacity) expect(misses).toBeLessThan(sum('rounds') / 10);
      expect(cache.clear()).toBe(size);
    },
    60_000 + ROUNDS * 10,
  );
});
