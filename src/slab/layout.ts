/**
 * How the slab allocator divides its region: a header, one byte and one record a page, a bitmap with one bit for each 8
 * bytes of the pages, then the pages themselves. Offsets are into linear memory.
 *
 * ```
 * start   header   kinds   records   bitmap   pages: slabs, large objects, attachments, free runs   end
 * ```
 *
 * The bit of an object's first 8 bytes is set while the object is in use; no other bit of a page in use is.
 */

/** A page is 16 KiB: one slab, a part of a large object, or the magazines of one attachment. */
export const PAGE_SHIFT = 14;
export const PAGE_SIZE = 1 << PAGE_SHIFT;

/** Size classes: powers of two, from 8 bytes to 8 KiB. A class is named by the logarithm of its size. */
export const MIN_SHIFT = 3;
export const MAX_SHIFT = 13;

/** Class names in ascending order. */
export const CLASS_SHIFTS: readonly number[] = Array.from(
  { length: MAX_SHIFT - MIN_SHIFT + 1 },
  (_, index) => MIN_SHIFT + index,
);

/** What a page is, in the table of kinds; a slab's kind is the name of its class. */
export const KIND = {
  /** Inside of a run, of a large object, or of the allocator's own use. */
  NONE: 0,
  /** First or last page of a free run. */
  FREE: 1,
  /** First page of a large object. */
  LARGE: 14,
} as const;

/** Fields of the header. */
export const HEADER = {
  MAGIC: 0,
  PAGES: 4,
  /** First attachment of the list. */
  ATTACHMENTS: 8,
  /** Lock over all that concerns pages and attachments. */
  PAGE_LOCK: 12,
  /** Bit n says that bin n has a run. */
  BIN_BITS: 16,
  FREE_PAGES: 20,
  /** Pages of large objects in use. */
  LARGE_PAGES: 24,
  /** 64 bits each. */
  LARGE_ALLOCS: 32,
  LARGE_FREES: 40,
  /** Heads of lists of free runs: bin n has those of 2^n to 2^(n+1)-1 pages. */
  BINS: 64,
} as const;
/** "slab" */
export const MAGIC = 0x62616c73;

/** A class's fields lie at the header + (class << CLASS_SHIFT), behind those of the header. */
export const CLASS_SHIFT = 6;
const HEADER_SIZE = (MAX_SHIFT + 1) << CLASS_SHIFT;
/** Fields of a class, guarded by its own LOCK. */
export const CLASS = {
  LOCK: 0,
  /** Record of the first slab of those with room, of which some objects are out; 0 where there is none. */
  PARTIAL: 4,
  /** Record of one empty slab that is kept; 0 where there is none. */
  SPARE: 8,
  /** Objects that were given to magazines and have not come back. */
  OUT: 12,
  /** 64 bits each: slabs made and given back; objects of attachments that are gone. */
  MADE: 16,
  RETURNED: 24,
  ALLOCS: 32,
  FREES: 40,
} as const;

/** Fields of a page's record. A slab has the first five, a free run the last three (LENGTH in its last page, too). */
export const RECORD = {
  /** First object of the list of those that came back; each begins with the offset of the next. */
  FREE: 0,
  /** First object that has never been given out. */
  FRESH: 4,
  /** Objects that are out. */
  USED: 8,
  PREVIOUS: 12,
  NEXT: 16,
  /** Pages, of a run or a large object. */
  LENGTH: 20,
} as const;
export const RECORD_SHIFT = 5;

/** Fields of an attachment's magazine of one class. */
export const MAGAZINE = {
  /** Bytes of ENTRIES in use, and at most. */
  LEVEL: 0,
  CAPACITY: 4,
  /** 64 bits each. */
  ALLOCS: 8,
  FREES: 16,
  ENTRIES: 24,
} as const;
/** A magazine lies at its attachment + (class << MAGAZINE_SHIFT); below the first one are the attachment's fields. */
export const MAGAZINE_SHIFT = 9;
export const ATTACHMENT = { NEXT: 0, PREVIOUS: 4 } as const;

/** Entries of a magazine: half of them move at once, and all of them hold 32 KiB at most. */
export const magazineEntries = (shift: number): number => Math.min(64, (1 << 15) >>> shift);

export interface SlabLayout {
  readonly header: number;
  readonly kinds: number;
  readonly records: number;
  readonly bitmap: number;
  /** First page, a multiple of the page size, and their number. */
  readonly base: number;
  readonly pages: number;
}

/** Bytes of bitmap for one page. */
export const BITMAP_SHIFT = PAGE_SHIFT - 6;

const alignUp = (value: number, alignment: number): number => Math.ceil(value / alignment) * alignment;

/** Divides [start, end). Throws a `RangeError` where it is too small for one slab and one attachment. */
export function slabLayout(start: number, end: number): SlabLayout {
  const header = alignUp(start, 64);
  const kinds = header + HEADER_SIZE;
  const perPage = PAGE_SIZE + 1 + (1 << RECORD_SHIFT) + (1 << BITMAP_SHIFT);
  for (let pages = Math.floor((end - kinds) / perPage); pages >= 2; pages--) {
    // One byte more at both ends, so that the neighbours of the first and the last page can be looked up.
    const records = alignUp(kinds + pages + 2, 64);
    const bitmap = records + (pages << RECORD_SHIFT);
    const base = alignUp(bitmap + (pages << BITMAP_SHIFT), PAGE_SIZE);
    if (base + pages * PAGE_SIZE <= end) return { header, kinds: kinds + 1, records, bitmap, base, pages };
  }
  throw new RangeError(
    `a region of ${String(end - start)} bytes is too small for slabs; give ${String(4 * PAGE_SIZE)} or more`,
  );
}
