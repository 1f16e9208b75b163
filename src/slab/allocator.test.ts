import { describe, expect, it } from 'vitest';
import { SlabAllocator } from './allocator.ts';
import { CLASS_SHIFTS, PAGE_SIZE, slabLayout } from './layout.ts';
import { reconcile } from './testing/audit.ts';

const MiB = 1 << 20;
const sizes = CLASS_SHIFTS.map((shift) => 2 ** shift);

function expectReconciled(slab: SlabAllocator): void {
  const { counted, found } = reconcile(slab);
  expect(counted).toEqual(found);
}

/** Bounds of a new object. */
function within(slab: SlabAllocator, size: number): [number, number] {
  const offset = slab.alloc(size);
  return [offset, offset + slab.sizeOf(offset)];
}

function errorOf(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe.each([false, true])('a slab allocator (shared: %s)', (shared) => {
  const create = (bytes = MiB): SlabAllocator => SlabAllocator.create({ bytes, shared });

  it('has eleven classes, and rounds sizes up to them', () => {
    const slab = create();
    expect(sizes).toEqual([8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192]);
    for (const size of sizes)
      for (const asked of [size / 2 + 1, size]) {
        const offset = slab.alloc(asked);
        expect([slab.sizeOf(offset), offset % size]).toEqual([size, 0]);
      }
    expect(slab.sizeOf(slab.alloc(1))).toBe(8);
    expectReconciled(slab);
  });

  it('gives whole pages for what is larger', () => {
    const slab = create();
    const offsets = [8193, PAGE_SIZE, PAGE_SIZE + 1, 5 * PAGE_SIZE].map((size) => slab.alloc(size));
    expect(offsets.map((offset) => slab.sizeOf(offset) / PAGE_SIZE)).toEqual([1, 1, 2, 5]);
    expect(slab.stats()).toMatchObject({ large: { allocs: 4, frees: 0 }, liveBytes: 9 * PAGE_SIZE });
    expectReconciled(slab);
    for (const offset of offsets) slab.free(offset);
    expect(slab.stats()).toMatchObject({ large: { allocs: 4, frees: 4 }, liveBytes: 0 });
    expect(slab.stats().largestFree).toBe(slab.stats().freeBytes);
    expectReconciled(slab);
  });

  it('gives no object twice, and leaves their contents alone', () => {
    const slab = create();
    const bytes = new Uint8Array(slab.memory.buffer);
    const objects = sizes.flatMap((size) => Array.from({ length: 20 }, () => ({ offset: slab.alloc(size), size })));
    objects.forEach(({ offset, size }, index) => bytes.fill(index & 0xff, offset, offset + size));
    for (const { offset } of objects.filter((_, index) => index % 2 === 1)) slab.free(offset);
    for (const [index, { offset, size }] of objects.entries())
      if (index % 2 === 0)
        expect(bytes.subarray(offset, offset + size).every((byte) => byte === (index & 0xff))).toBe(true);
    expectReconciled(slab);
  });

  it('counts allocations, frees and slabs by class', () => {
    const slab = create();
    const offsets = Array.from({ length: 1000 }, () => slab.alloc(64));
    for (const offset of offsets.slice(0, 300)) slab.free(offset);
    const one = slab.stats().classes.find(({ size }) => size === 64)!;
    expect(one).toMatchObject({ allocs: 1000, frees: 300, live: 700, slabs: 4, slabsMade: 4, slabsReturned: 0 });
    expect(one.fragmentation).toBeCloseTo(1 - (700 * 64) / (4 * PAGE_SIZE));
    expect(slab.stats()).toMatchObject({ allocs: 1000, frees: 300, liveBytes: 700 * 64, slabBytes: 4 * PAGE_SIZE });
    expectReconciled(slab);
  });

  it('gives empty slabs back by itself, and the last ones when it is trimmed', () => {
    const slab = create();
    const offsets = Array.from({ length: 5000 }, () => slab.alloc(128));
    expect(slab.stats().slabBytes).toBe(40 * PAGE_SIZE);
    for (const offset of offsets) slab.free(offset);
    // A spare, and what the objects in the magazine lie in.
    expect(slab.stats().slabBytes).toBeLessThanOrEqual(3 * PAGE_SIZE);
    expectReconciled(slab);
    slab.trim();
    expect(slab.stats()).toMatchObject({ slabBytes: 0, slabsMade: 40, slabsReturned: 40, fragmentation: 0 });
    expectReconciled(slab);
  });

  it('does not take and give pages when it goes back and forth over a boundary', () => {
    const slab = create();
    for (let round = 0; round < 1000; round++) {
      const offsets = Array.from({ length: 9 }, () => slab.alloc(8192));
      for (const offset of offsets) slab.free(offset);
    }
    expect(slab.stats().slabsMade).toBeLessThan(5000);
    const before = slab.stats().slabsMade;
    for (let round = 0; round < 1000; round++) slab.free(slab.alloc(8192));
    expect(slab.stats().slabsMade).toBeLessThanOrEqual(before + 2);
  });

  it('finds double frees', () => {
    const slab = create();
    for (const size of sizes) {
      const offset = slab.alloc(size);
      slab.free(offset);
      expect(() => slab.free(offset)).toThrow(
        new RegExp(`^free\\(0x[0-9a-f]+\\): an object of ${size} bytes that is free: it was freed before, or`),
      );
      expect(() => slab.sizeOf(offset)).toThrow(RangeError);
    }
    const large = slab.alloc(100_000);
    slab.free(large);
    expect(() => slab.free(large)).toThrow(/nothing is allocated there: it was freed before/);
    expectReconciled(slab);
  });

  it('finds double frees of objects that lie in the store, and of those whose slab went back', () => {
    const slab = create();
    const offsets = Array.from({ length: 1000 }, () => slab.alloc(64));
    for (const offset of offsets) slab.free(offset);
    slab.trim();
    for (const offset of offsets) expect(() => slab.free(offset)).toThrow(/freed before/);
    expectReconciled(slab);
  });

  it('finds offsets inside of objects and foreign ones', () => {
    const slab = create();
    const { base, pages } = slabLayout(0, MiB);
    const offset = slab.alloc(64);
    const large = slab.alloc(3 * PAGE_SIZE);
    for (const inside of [1, 4, 8, 32, 63])
      expect(() => slab.free(offset + inside)).toThrow(`lies ${inside} bytes inside of an object of 64 bytes`);
    for (const inside of [8, PAGE_SIZE, 3 * PAGE_SIZE - 8])
      expect(() => slab.free(large + inside)).toThrow(`lies inside of the large object at 0x${large.toString(16)}`);
    for (const foreign of [0, 64, base - 8, base + pages * PAGE_SIZE, -8, 0.5, NaN, 2 ** 32, 2 ** 53])
      expect(() => slab.free(foreign)).toThrow(/not an offset of this allocator/);
    expect(() => slab.free(base + (pages - 1) * PAGE_SIZE)).toThrow(/nothing is allocated there/);
    // The first page holds the magazines.
    expect(() => slab.free(base)).toThrow(/nothing is allocated there/);
    const slabStart = offset - (offset % PAGE_SIZE);
    expect(() => slab.free(slabStart + PAGE_SIZE - 64)).toThrow(
      'an object of 64 bytes that is free: it was freed before, or never allocated',
    );
    slab.free(offset);
    slab.free(large);
    expectReconciled(slab);
  });

  it('says so where memory is used up, and goes on', () => {
    const slab = create();
    for (const size of [...sizes, 20_000]) {
      const offsets: number[] = [];
      for (let offset = slab.tryAlloc(size); offset !== 0; offset = slab.tryAlloc(size)) offsets.push(offset);
      expect(offsets.length * 2 ** Math.ceil(Math.log2(size))).toBeGreaterThan(0.9 * MiB);
      expect(new Set(offsets).size).toBe(offsets.length);
      expect(errorOf(() => slab.alloc(size))).toMatchObject({
        name: 'LimitError',
        code: 'slab-memory',
        context: { size },
      });
      expectReconciled(slab);
      for (const offset of offsets) slab.free(offset);
      expectReconciled(slab);
    }
    expect(slab.tryAlloc(2 * MiB)).toBe(0);
    expect(slab.tryAlloc(2 ** 32 - 1)).toBe(0);
    slab.trim();
    expect(slab.stats()).toMatchObject({ slabBytes: 0, liveBytes: 0 });
  });

  it('uses the pages that another class has too many of', () => {
    const slab = create();
    const small = Array.from({ length: 60 }, () => slab.alloc(8192));
    for (const offset of small) slab.free(offset);
    const { bytes, attachmentBytes } = slab.stats();
    const all = slab.alloc(bytes - attachmentBytes - PAGE_SIZE);
    expect(slab.sizeOf(all)).toBe(bytes - attachmentBytes - PAGE_SIZE);
    expectReconciled(slab);
  });

  it('joins free runs with both neighbours', () => {
    const slab = create();
    const [a, b, c] = [1, 2, 3].map((pages) => slab.alloc(pages * PAGE_SIZE));
    const whole = slab.stats().freeBytes + 6 * PAGE_SIZE;
    slab.free(a!);
    slab.free(c!);
    expectReconciled(slab);
    slab.free(b!);
    expectReconciled(slab);
    expect(slab.stats()).toMatchObject({ freeBytes: whole, largestFree: whole });
  });

  it('searches a bin for a run that is long enough', () => {
    const slab = create();
    // Leaves free runs of 4, 7 and 5 pages, all of one bin, and one page besides.
    const runs = [4, 7, 5].map((pages) => [slab.alloc(pages * PAGE_SIZE), slab.alloc(PAGE_SIZE)] as const);
    const rest = slab.stats().largestFree;
    slab.alloc(rest);
    for (const [run] of runs) slab.free(run);
    expect(slab.alloc(6 * PAGE_SIZE)).toBe(runs[1]![0]);
    expect(slab.tryAlloc(6 * PAGE_SIZE)).toBe(0);
    expectReconciled(slab);
  });

  it('works in a region of a memory, and touches nothing else', () => {
    const memory = new WebAssembly.Memory({ initial: 8, maximum: 8, shared });
    const bytes = new Uint8Array(memory.buffer).fill(0xaa);
    const [start, end] = [100_001, 400_003];
    const slab = SlabAllocator.create({ memory, start, end });
    for (const size of [30_000, 8192, 100])
      for (let count = 0; count < 3; count++) bytes.fill(1, ...within(slab, size));
    expectReconciled(slab);
    // What the memory held before does not look like objects.
    const offset = slab.alloc(100);
    for (let other = offset - (offset % PAGE_SIZE); other < offset; other += 128)
      expect(() => slab.free(other)).toThrow('never allocated');
    while (slab.tryAlloc(8) !== 0);
    expectReconciled(slab);
    expect(bytes.subarray(0, start).every((byte) => byte === 0xaa)).toBe(true);
    expect(bytes.subarray(end).every((byte) => byte === 0xaa)).toBe(true);
  });

  it('shares its state with those that attach, until they detach', () => {
    const slab = create();
    const other = SlabAllocator.attach(slab.handle);
    const offsets = Array.from({ length: 500 }, () => slab.alloc(32));
    for (const offset of offsets) other.free(offset);
    expect(() => slab.free(offsets[0]!)).toThrow(/freed before/);
    expect(slab.stats()).toMatchObject({ allocs: 500, frees: 500, attachmentBytes: 2 * PAGE_SIZE });
    expectReconciled(slab);
    other.detach();
    expect(slab.stats()).toMatchObject({ allocs: 500, frees: 500, attachmentBytes: PAGE_SIZE });
    expectReconciled(slab);
    expect(() => other.alloc(8)).toThrow(TypeError);
    expect(() => other.free(offsets[0]!)).toThrow(TypeError);
    other.trim();
    other.detach();
    slab.detach();
    expect(slab.stats()).toMatchObject({ slabBytes: 0, attachmentBytes: 0, slabsMade: slab.stats().slabsReturned });
    expect(slab.stats().largestFree).toBe(slab.stats().bytes);
  });

  it('detaches in any order', () => {
    const slab = create();
    const [a, b, c] = [1, 2, 3].map(() => SlabAllocator.attach(slab.handle));
    for (const one of [a!, b!, c!]) one.free(one.alloc(8));
    for (const one of [b!, a!, c!]) {
      one.detach();
      expectReconciled(slab);
    }
    expect(slab.stats()).toMatchObject({ allocs: 3, frees: 3, attachmentBytes: PAGE_SIZE });
  });
});

describe('the arguments of a slab allocator', () => {
  const memory = new WebAssembly.Memory({ initial: 4 });

  it.each([0, -1, 1.5, NaN, Infinity, 2 ** 32, '8', null, undefined])('refuses to allocate %s bytes', (size) => {
    const slab = SlabAllocator.create({ bytes: MiB });
    expect(() => slab.alloc(size as number)).toThrow(/^alloc\(.*\): a size is an integer from 1 to 2\^32-1 bytes$/);
    expect(() => slab.tryAlloc(size as number)).toThrow(RangeError);
    expect(slab.stats().allocs).toBe(0);
  });

  it.each([0, 65535, 2 ** 32 + 1, NaN, 1e5 + 0.5])('refuses a memory of %s bytes', (bytes) => {
    expect(() => SlabAllocator.create({ bytes })).toThrow(/give 64 KiB to 4 GiB/);
  });

  it.each([
    [0, 4 * 65536 + 1],
    [-1, 65536],
    [65536, 65536],
    [0.5, 65536],
    [0, NaN],
  ])('refuses the region [%s, %s)', (start, end) => {
    expect(() => SlabAllocator.create({ memory, start, end })).toThrow(/does not lie in a memory of 262144 bytes/);
  });

  it('refuses a region that is too small, and what is no memory', () => {
    expect(() => SlabAllocator.create({ memory, start: 0, end: 40_000 })).toThrow(/too small/);
    expect(() => SlabAllocator.create({ memory: {} as WebAssembly.Memory, start: 0, end: 65536 })).toThrow(TypeError);
  });

  it('refuses to attach where nothing was created, and where no page is left', () => {
    const slab = SlabAllocator.create({ memory, start: 0, end: 65536 });
    expect(() => SlabAllocator.attach({ ...slab.handle, start: 65536, end: 131072 })).toThrow(/no slab allocator/);
    while (slab.tryAlloc(PAGE_SIZE) !== 0);
    expect(errorOf(() => SlabAllocator.attach(slab.handle))).toMatchObject({ code: 'slab-memory' });
  });

  it('serves a memory of 64 KiB and one of 4 GiB', () => {
    const smallest = SlabAllocator.create({ bytes: 65536 });
    smallest.free(smallest.alloc(8192));
    const largest = SlabAllocator.create({ bytes: 2 ** 32 });
    const { largestFree } = largest.stats();
    const all = largest.alloc(largestFree);
    expect(largest.sizeOf(all)).toBe(largestFree);
    expect(largest.tryAlloc(8)).toBe(0);
    largest.free(all);
    expect(largest.stats().largestFree).toBe(largestFree);
    // The last page, whose end is 2^32.
    largest.alloc(largestFree - PAGE_SIZE);
    const last = Array.from({ length: 2 }, () => largest.alloc(8192));
    expect(Math.max(...last)).toBe(2 ** 32 - 8192);
    for (const offset of last) largest.free(offset);
    expect(() => largest.free(last[0]!)).toThrow(/freed before/);
  });
});

describe('the functions for other WebAssembly modules', () => {
  it('are those of the allocator', () => {
    const slab = SlabAllocator.create({ bytes: MiB });
    const { alloc, free, sizeOf } = slab.functions;
    const offset = alloc(10);
    expect([slab.sizeOf(offset), sizeOf(offset), sizeOf(offset + 8), free(offset), free(offset)]).toEqual([
      16, 16, 0, 0, 1,
    ]);
    expect([alloc(0), alloc(2 * MiB)]).toEqual([0, 0]);
  });
});
