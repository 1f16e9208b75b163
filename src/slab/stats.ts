/** Reads what the allocator has counted. */
import {
  ATTACHMENT,
  CLASS,
  CLASS_SHIFT,
  CLASS_SHIFTS,
  HEADER,
  MAGAZINE,
  MAGAZINE_SHIFT,
  PAGE_SIZE,
  RECORD,
} from './layout.ts';
import type { SlabLayout } from './layout.ts';

export interface SlabClassStats {
  /** Bytes of an object. */
  readonly size: number;
  /** Objects that were allocated and freed, in all threads, from the beginning on. */
  readonly allocs: number;
  readonly frees: number;
  /** Objects in use. */
  readonly live: number;
  /** Free objects in the magazines of threads. */
  readonly cached: number;
  /** Slabs that the class has, that it made, and that it gave back: `slabs = slabsMade - slabsReturned`. */
  readonly slabs: number;
  readonly slabsMade: number;
  readonly slabsReturned: number;
  /** The part of its slabs' bytes that is not in use, 0 to 1; 0 where it has no slab. */
  readonly fragmentation: number;
}

/**
 * Counters of an allocator, all threads together. Exact while no other thread allocates or frees; then, of each class,
 * `allocs - frees = live`, and `bytes` is the sum of `slabBytes`, `largeBytes`, `attachmentBytes` and `freeBytes`.
 */
export interface SlabStats {
  /** Objects allocated and freed, of all classes and large ones. */
  readonly allocs: number;
  readonly frees: number;
  /** Bytes in use, by the sizes of classes and whole pages, not by the sizes asked for. */
  readonly liveBytes: number;
  /** Bytes that can be allocated in all; the tables, 1.8 % of the region, are not among them. */
  readonly bytes: number;
  readonly slabBytes: number;
  /** Bytes of objects larger than the largest class. */
  readonly largeBytes: number;
  /** Bytes of magazines: a page for each thread. */
  readonly attachmentBytes: number;
  readonly freeBytes: number;
  /** Bytes of the longest run of free pages: the largest object that can be allocated now. */
  readonly largestFree: number;
  readonly slabsMade: number;
  readonly slabsReturned: number;
  /** The part of all slabs' bytes that is not in use, 0 to 1. */
  readonly fragmentation: number;
  /** In ascending order of size. */
  readonly classes: readonly SlabClassStats[];
  /** Objects larger than the largest class. */
  readonly large: { readonly allocs: number; readonly frees: number };
}

export function readStats(memory: WebAssembly.Memory, layout: SlabLayout): SlabStats {
  const view = new DataView(memory.buffer);
  const u32 = (offset: number): number => view.getUint32(offset, true);
  const u64 = (offset: number): number => Number(view.getBigUint64(offset, true));
  const { header } = layout;
  const attachments = [...list(view, u32(header + HEADER.ATTACHMENTS), ATTACHMENT.NEXT)];

  const classes = CLASS_SHIFTS.map((shift): SlabClassStats => {
    const store = header + (shift << CLASS_SHIFT);
    const magazines = attachments.map((attachment) => attachment + (shift << MAGAZINE_SHIFT));
    const size = 2 ** shift;
    const cached = sum(magazines.map((magazine) => u32(magazine + MAGAZINE.LEVEL) / 4));
    const slabsMade = u64(store + CLASS.MADE);
    const slabsReturned = u64(store + CLASS.RETURNED);
    const slabs = slabsMade - slabsReturned;
    const live = u32(store + CLASS.OUT) - cached;
    return {
      size,
      allocs: u64(store + CLASS.ALLOCS) + sum(magazines.map((magazine) => u64(magazine + MAGAZINE.ALLOCS))),
      frees: u64(store + CLASS.FREES) + sum(magazines.map((magazine) => u64(magazine + MAGAZINE.FREES))),
      live,
      cached,
      slabs,
      slabsMade,
      slabsReturned,
      fragmentation: unused(live * size, slabs * PAGE_SIZE),
    };
  });
  const large = { allocs: u64(header + HEADER.LARGE_ALLOCS), frees: u64(header + HEADER.LARGE_FREES) };
  const largeBytes = u32(header + HEADER.LARGE_PAGES) * PAGE_SIZE;
  const slabBytes = sum(classes.map(({ slabs }) => slabs * PAGE_SIZE));
  const liveInSlabs = sum(classes.map(({ size, live }) => size * live));
  return {
    allocs: large.allocs + sum(classes.map(({ allocs }) => allocs)),
    frees: large.frees + sum(classes.map(({ frees }) => frees)),
    liveBytes: liveInSlabs + largeBytes,
    bytes: layout.pages * PAGE_SIZE,
    slabBytes,
    largeBytes,
    attachmentBytes: attachments.length * PAGE_SIZE,
    freeBytes: u32(header + HEADER.FREE_PAGES) * PAGE_SIZE,
    largestFree: longestRun(view, header) * PAGE_SIZE,
    slabsMade: sum(classes.map((one) => one.slabsMade)),
    slabsReturned: sum(classes.map((one) => one.slabsReturned)),
    fragmentation: unused(liveInSlabs, slabBytes),
    classes,
    large,
  };
}

const unused = (used: number, held: number): number => (held === 0 ? 0 : 1 - used / held);
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** Offsets of a list's members, from the first one on. */
function* list(view: DataView, first: number, next: number): Generator<number> {
  for (let at = first; at !== 0; at = view.getUint32(at + next, true)) yield at;
}

/** Pages of the longest free run. */
function longestRun(view: DataView, header: number): number {
  const bits = view.getUint32(header + HEADER.BIN_BITS, true);
  if (bits === 0) return 0;
  const longest = view.getUint32(header + HEADER.BINS + (31 - Math.clz32(bits)) * 4, true);
  return Math.max(...[...list(view, longest, RECORD.NEXT)].map((run) => view.getUint32(run + RECORD.LENGTH, true)));
}
