/**
 * A slab allocator for WebAssembly memories, `hospes/slab`. It needs nothing of Node.
 *
 * @example
 * ```ts
 * import { SlabAllocator } from 'hospes/slab';
 *
 * const slab = SlabAllocator.create({ bytes: 1 << 20 });
 * const offset = slab.alloc(100);
 * console.log(slab.sizeOf(offset), slab.stats().liveBytes); // 128 128
 * slab.free(offset);
 * try {
 *   slab.free(offset);
 * } catch (error) {
 *   console.log(error.message.replace(/^.*\): /, '')); // an object of 128 bytes that is free: it was freed before, or never allocated
 * }
 * ```
 *
 * @packageDocumentation
 */
export { SlabAllocator, type OwnMemoryOptions, type RegionOptions, type SlabHandle } from './allocator.ts';
export type { SlabExports } from './module.ts';
export type { SlabClassStats, SlabStats } from './stats.ts';
