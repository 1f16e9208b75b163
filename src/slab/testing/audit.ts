/** Walks an allocator's region page by page and checks it against the allocator's own counters. */
import type { SlabAllocator } from '../allocator.ts';
import {
  BITMAP_SHIFT,
  CLASS_SHIFTS,
  KIND,
  MAX_SHIFT,
  MIN_SHIFT,
  PAGE_SIZE,
  RECORD,
  RECORD_SHIFT,
  slabLayout,
} from '../layout.ts';

export interface Audit {
  /** Set bits of the bitmap, and slabs, by class. */
  readonly live: readonly number[];
  readonly slabs: readonly number[];
  readonly largeObjects: number;
  readonly largePages: number;
  readonly freePages: number;
  readonly otherPages: number;
}

/** What lies in the region, by its tables alone; throws where they contradict each other. */
export function walk({ handle }: SlabAllocator): Audit {
  const layout = slabLayout(handle.start, handle.end);
  const view = new DataView(handle.memory.buffer);
  const kindOf = (page: number): number => view.getUint8(layout.kinds + page);
  const lengthOf = (page: number): number =>
    view.getUint32(layout.records + (page << RECORD_SHIFT) + RECORD.LENGTH, true);
  const live = CLASS_SHIFTS.map(() => 0);
  const slabs = CLASS_SHIFTS.map(() => 0);
  let [largeObjects, largePages, freePages, otherPages] = [0, 0, 0, 0];
  let afterFree = false;
  for (let page = 0; page < layout.pages;) {
    const kind = kindOf(page);
    const isFree = kind === KIND.FREE;
    if (isFree && afterFree) throw new Error(`page ${page}: two free runs side by side`);
    afterFree = isFree;
    if (kind === KIND.NONE) {
      otherPages++;
      page++;
      continue;
    }
    const bits = bitsOf(view, layout.bitmap + (page << BITMAP_SHIFT));
    if (kind >= MIN_SHIFT && kind <= MAX_SHIFT) {
      const stray = bits.find((bit) => (bit * 8) % 2 ** kind !== 0);
      if (stray !== undefined) throw new Error(`page ${page}: bit ${stray} belongs to no object`);
      live[kind - MIN_SHIFT]! += bits.length;
      slabs[kind - MIN_SHIFT]!++;
      page++;
      continue;
    }
    const length = lengthOf(page);
    if (length < 1 || page + length > layout.pages) throw new Error(`page ${page}: a run of ${length} pages`);
    if (isFree) {
      if (kindOf(page + length - 1) !== KIND.FREE) throw new Error(`page ${page}: a free run without an end`);
      freePages += length;
    } else {
      if (kind !== KIND.LARGE || bits.join() !== '0') throw new Error(`page ${page}: kind ${kind}, bits ${bits}`);
      largeObjects++;
      largePages += length;
    }
    page += length;
  }
  return { live, slabs, largeObjects, largePages, freePages, otherPages };
}

function bitsOf(view: DataView, start: number): number[] {
  const found: number[] = [];
  for (let bit = 0; bit < 8 << BITMAP_SHIFT; bit++)
    if (((view.getUint8(start + (bit >> 3)) >> (bit & 7)) & 1) !== 0) found.push(bit);
  return found;
}

/** Pairs of what the counters say and what there is; all are equal while no other thread is at work. */
export function reconcile(slab: SlabAllocator): { readonly counted: object; readonly found: object } {
  const stats = slab.stats();
  const there = walk(slab);
  const { allocs, frees, classes, large } = stats;
  return {
    counted: {
      live: classes.map((one) => one.live),
      difference: classes.map((one) => one.allocs - one.frees),
      slabs: classes.map((one) => one.slabs),
      largeObjects: large.allocs - large.frees,
      largeBytes: stats.largeBytes,
      freeBytes: stats.freeBytes,
      attachmentBytes: stats.attachmentBytes,
      bytes: stats.bytes,
      liveBytes: stats.liveBytes,
      objects: allocs - frees,
    },
    found: {
      live: there.live,
      difference: there.live,
      slabs: there.slabs,
      largeObjects: there.largeObjects,
      largeBytes: there.largePages * PAGE_SIZE,
      freeBytes: there.freePages * PAGE_SIZE,
      attachmentBytes: there.otherPages * PAGE_SIZE,
      bytes: stats.slabBytes + stats.largeBytes + stats.attachmentBytes + stats.freeBytes,
      liveBytes: there.live.reduce((sum, count, index) => sum + count * 2 ** (MIN_SHIFT + index), stats.largeBytes),
      objects: there.live.reduce((sum, count) => sum + count, there.largeObjects),
    },
  };
}
