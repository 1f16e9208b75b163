/**
 * How one linear memory is divided. Guest virtual address = offset in linear memory, from `GUEST_BASE` up to
 * `guestLimit`; the runtime's own area lies above, behind an unmapped guard, out of the guest's reach.
 */

/** Linux maps nothing below this (mmap_min_addr): the null page and its neighbours always fault. */
export const GUEST_BASE = 0x10000;
/** What 32-bit addresses reach: the largest memory, and the default. */
export const ADDRESS_SPACE = 2 ** 32;
export const PAGE_SIZE = 4096;
export const PAGE_SHIFT = 12;
/** Bytes that nobody may touch above the guest's limit, and at the end of linear memory. */
export const GUARD = 0x10000;

/** Bits of a byte in the permission table, one byte a guest page. WATCHED: see code-pages.ts. */
export const PERMISSION = { READ: 1, WRITE: 2, EXECUTE: 4, WATCHED: 8 } as const;

/** One byte for each page of 4 GiB. */
export const PERMISSION_TABLE_SIZE = 1 << 20;

/** Room for the blocks of 512 vCPUs. */
export const VCPU_AREA = 1 << 22;
/** Entries of the direct-mapped jump cache of a vCPU: pairs of u32 (pc, host offset of code). */
export const JUMP_CACHE_ENTRIES = 1 << 16;
export const JUMP_CACHE_SIZE = JUMP_CACHE_ENTRIES * 8;

/** Entries of the direct-mapped cache of compiled regions: pairs of u32 (pc, index in the function table). */
export const REGION_CACHE_ENTRIES = 1 << 16;
export const REGION_CACHE_SIZE = REGION_CACHE_ENTRIES * 8;

/** By how many bits a pc's upper part is moved down onto its lower one, so that code some pages apart has entries of its own. */
export const CACHE_FOLD = 14;

/** Offset in bytes, from its begin, of a pc's entry in a direct-mapped cache of so many pairs of u32, at most 2^16. */
export function cacheOffset(pc: number, entries: number): number {
  return ((pc << 2) ^ (pc >>> CACHE_FOLD)) & ((entries - 1) << 3);
}

/** Compiled regions of one memory at most; for each a u32 that counts how often it was entered. */
export const MAX_REGIONS = 1 << 16;
/** Entries of the table that counts where regions leave to tier 0: pairs of u32 (pc, count). */
export const STRAY_ENTRIES = 1 << 12;

export interface MemoryLayout {
  /** Bytes of linear memory. */
  readonly size: number;
  /** First address the guest cannot map. */
  readonly guestLimit: number;
  /**
   * Host offset of the permission table: one byte for each of the 2^20 pages below 4 GiB, whatever the memory's
   * size, so that any 32-bit address can be looked up; pages from `guestLimit` on have no permission.
   */
  readonly permissions: number;
  /** Host offset of the vCPU blocks (`VCPU_AREA` bytes). */
  readonly vcpus: number;
  /** Host offset of the jump cache. */
  readonly jumpCache: number;
  /** Host offset of the region cache. */
  readonly regionCache: number;
  /** Host offset of the counts of entries, by the number of the region. */
  readonly regionRuns: number;
  /** Host offset of the table of strays. */
  readonly strays: number;
  /** Host offset and size of the heap for micro-ops and other runtime objects. */
  readonly heap: number;
  readonly heapSize: number;
  /**
   * Engines, each in a thread of the host, that have caches and a heap of their own in the memory, which is a shared one
   * then; 0 where the memory is one thread's.
   */
  readonly areas: number;
  /** Whose caches and heap these are, from 0. */
  readonly area: number;
}

/** An engine's caches and heap begin at a multiple of this, so that a host's pages have one owner. */
const AREA_ALIGNMENT = 0x10000;
/** What an engine needs at least: its caches, and room for a few thousand blocks. */
const MIN_AREA = 3 << 20;

/**
 * Divides `size` bytes (a multiple of 64 KiB, 64 MiB to 4 GiB). The runtime takes a sixteenth, at most 192 MiB. Of a memory
 * that `areas` engines share it is the layout for one of them.
 */
export function memoryLayout(size: number, areas = 0, area = 0): MemoryLayout {
  if (size % 0x10000 !== 0 || size < 1 << 26 || size > ADDRESS_SPACE)
    throw new RangeError(`linear memory of ${String(size)} bytes; give 64 MiB to 4 GiB in steps of 64 KiB`);
  const runtime = Math.min(Math.max(size / 16, 1 << 24), 192 << 20);
  const guestLimit = Math.floor((size - runtime) / 0x10000) * 0x10000;
  const permissions = guestLimit + GUARD;
  const vcpus = permissions + PERMISSION_TABLE_SIZE;
  const first = vcpus + VCPU_AREA;
  // The last 64 KiB stay unused: an access of 16 bytes at any offset below ends inside linear memory.
  const last = size - 0x10000;
  const share = areas === 0 ? last - first : Math.floor((last - first) / areas / AREA_ALIGNMENT) * AREA_ALIGNMENT;
  if (share < MIN_AREA)
    throw new RangeError(`linear memory of ${String(size)} bytes has no room for ${String(areas)} engines`);
  const jumpCache = first + area * share;
  const regionCache = jumpCache + JUMP_CACHE_SIZE;
  const regionRuns = regionCache + REGION_CACHE_SIZE;
  const strays = regionRuns + MAX_REGIONS * 4;
  const heap = strays + STRAY_ENTRIES * 8;
  const heapSize = jumpCache + share - heap;
  const caches = { jumpCache, regionCache, regionRuns, strays };
  return { size, guestLimit, permissions, vcpus, ...caches, heap, heapSize, areas, area };
}

/** The most engines that can share a memory of `size` bytes. */
export function maxAreas(size: number): number {
  const { heap, heapSize } = memoryLayout(size);
  const { jumpCache } = memoryLayout(size);
  return Math.floor((heap + heapSize - jumpCache) / (MIN_AREA + AREA_ALIGNMENT));
}
