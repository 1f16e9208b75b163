/** The allocators that the slab allocator is compared with are right themselves. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { Random } from '../fuzz/random.mjs';

interface Opened {
  alloc(size: number): unknown;
  free(offset: number): void;
  footprint(): number | null;
  readonly handle: unknown;
}
const { allocators } = (await import('../../bench/slab/allocators.mjs')) as {
  allocators: Record<string, (handle: unknown, isShared: boolean) => Opened>;
};

describe.each(['slab', 'boundary-tag', 'first-fit'])('the %s allocator of the benchmark', (name) => {
  it.each([false, true])('keeps objects apart and joins what is free (shared: %s)', (isShared) => {
    const allocator = allocators[name]!(undefined, isShared);
    const empty = allocator.footprint()!;
    const { memory } = allocator.handle as { memory: WebAssembly.Memory };
    const words = new Uint32Array(memory.buffer);
    const random = new Random(7);
    const objects: { offset: number; length: number }[] = [];
    const release = (index: number): void => {
      const [{ offset, length }] = objects.splice(index, 1) as [(typeof objects)[number]];
      expect(words.subarray(offset / 4, offset / 4 + length).every((word) => word === offset)).toBe(true);
      allocator.free(offset);
    };
    for (let step = 0; step < 5000; step++) {
      if (objects.length > 0 && random.chance(objects.length / 400)) release(random.below(objects.length));
      const length = 1 + random.below(2 ** random.between(0, 10));
      const offset = allocator.alloc(length * 4) as number;
      expect(offset % 8).toBe(0);
      words.fill(offset, offset / 4, offset / 4 + length);
      objects.push({ offset, length });
    }
    const requested = objects.reduce((sum, { length }) => sum + length * 4, 0);
    expect(allocator.footprint()!).toBeGreaterThan(requested);
    expect(allocator.footprint()!).toBeLessThan(3 * requested + 500_000);
    while (objects.length > 0) release(objects.length - 1);
    // Slabs keep a spare of each class, and what is in the magazines.
    expect(allocator.footprint()! - empty).toBeLessThan(name === 'slab' ? 3 * 11 * 16384 : 1);
  });
});

describe('the benchmark of allocators', () => {
  it.each(['1', '2'])('measures with %s threads', (threads) => {
    const run = fileURLToPath(new URL('../../bench/slab/run.mjs', import.meta.url));
    const { stdout, stderr } = spawnSync(process.execPath, ['--expose-gc', run, 'slab', 'wide', threads], {
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    const { nanoseconds } = JSON.parse(stdout) as { nanoseconds: number };
    expect(nanoseconds).toBeGreaterThan(1);
    expect(nanoseconds).toBeLessThan(2000);
  });
});
