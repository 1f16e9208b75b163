/** Virtual memory areas: page-aligned ranges with one protection and one backing, kept sorted. */
import { assert } from '../common/assert.ts';

/** Is told of each area of a file that comes and goes, the parts of one that is split included: what shmat(2) counts. */
export interface AreaWatcher {
  opened(): void;
  closed(): void;
}

/** An open file as the address space sees it. Offsets and sizes in bytes. */
export interface MappedFile {
  /** Absolute path, for /proc/self/maps and crash reports. */
  readonly path: string;
  readonly device: number;
  readonly inode: number;
  /** Has no name and no other owner than its mappings: memory that is shared with children. */
  readonly anonymous: boolean;
  readonly watcher?: AreaWatcher;
  size(): number;
  /** Reads at `offset`; returns the bytes read, 0 at the end of the file. */
  read(offset: number, into: Uint8Array): number;
  write(offset: number, from: Uint8Array): void;
  /** The same file for the mappings of another address space. */
  share(): MappedFile;
  /** The last mapping of the file is gone. Called once for each `AddressSpace.map` with this object. */
  release(): void;
}

export interface Vma {
  readonly start: number;
  readonly end: number;
  /** `PERMISSION` bits as the guest asked for them. */
  readonly protection: number;
  /** Protection bits that `mprotect` may give (a shared mapping of a file opened for reading cannot become writable). */
  readonly maxProtection: number;
  readonly shared: boolean;
  /** Grows towards lower addresses on a fault below `start` (the stack). */
  readonly growsDown: boolean;
  /** To stay in memory (mlock(2)): counted, for nothing is ever swapped out. */
  readonly locked: boolean;
  /** What /proc/self/maps shows for areas without file: `[heap]`, `[stack]` or nothing. */
  readonly name: string;
  readonly file: MappedFile | null;
  /** Offset in the file of the area's first byte; 0 without file. */
  readonly fileOffset: number;
}

/** True when `right` continues `left` so that one area can hold both. Areas that somebody counts stay apart, as in Linux. */
export function canMerge(left: Vma, right: Vma): boolean {
  return (
    left.end === right.start &&
    left.protection === right.protection &&
    left.maxProtection === right.maxProtection &&
    left.shared === right.shared &&
    left.growsDown === right.growsDown &&
    left.locked === right.locked &&
    left.name === right.name &&
    left.file === right.file &&
    left.file?.watcher === undefined &&
    (left.file === null || left.fileOffset + (left.end - left.start) === right.fileOffset)
  );
}

/** The part of `vma` in [start, end). */
export function clipVma(vma: Vma, start: number, end: number): Vma {
  const fileOffset = vma.file === null ? 0 : vma.fileOffset + (start - vma.start);
  return { ...vma, start, end, fileOffset };
}

/** Areas in ascending order, never overlapping. */
export class VmaList {
  readonly #areas: Vma[] = [];

  [Symbol.iterator](): IterableIterator<Vma> {
    return this.#areas.values();
  }

  get size(): number {
    return this.#areas.length;
  }

  /** The area that holds `vaddr`. */
  find(vaddr: number): Vma | undefined {
    const area = this.#areas[this.#firstEndingAfter(vaddr)];
    return area !== undefined && area.start <= vaddr ? area : undefined;
  }

  /** The first area that ends after `vaddr`: the one that holds it, else the next above. */
  atOrAbove(vaddr: number): Vma | undefined {
    return this.#areas[this.#firstEndingAfter(vaddr)];
  }

  /** The last area that ends at or below `vaddr`. */
  below(vaddr: number): Vma | undefined {
    return this.#areas[this.#firstEndingAfter(vaddr) - 1];
  }

  /** Areas that share a byte with [start, end), ascending. */
  overlapping(start: number, end: number): Vma[] {
    const result: Vma[] = [];
    for (let index = this.#firstEndingAfter(start); index < this.#areas.length; index++) {
      const area = this.#areas[index];
      if (area === undefined || area.start >= end) break;
      result.push(area);
    }
    return result;
  }

  isFree(start: number, end: number): boolean {
    const area = this.#areas[this.#firstEndingAfter(start)];
    return area === undefined || area.start >= end;
  }

  insert(area: Vma): void {
    assert(area.start < area.end, 'an area is not empty');
    const index = this.#firstEndingAfter(area.start);
    const next = this.#areas[index];
    assert(next === undefined || next.start >= area.end, 'areas do not overlap');
    this.#areas.splice(index, 0, area);
  }

  remove(area: Vma): void {
    const index = this.#firstEndingAfter(area.start);
    assert(this.#areas[index] === area, 'the area is in the list');
    this.#areas.splice(index, 1);
  }

  /** Replaces one area by the pieces it is split into, or by its successor. */
  replace(area: Vma, ...pieces: Vma[]): void {
    const index = this.#firstEndingAfter(area.start);
    assert(this.#areas[index] === area, 'the area is in the list');
    this.#areas.splice(index, 1, ...pieces);
  }

  /** Highest aligned start of a free range of `length` bytes inside [floor, ceiling), or -1. */
  highestGap(length: number, floor: number, ceiling: number, alignment: number): number {
    let top = ceiling;
    for (let index = this.#areas.length - 1; index >= -1; index--) {
      const area = this.#areas[index];
      const bottom = Math.max(area?.end ?? floor, floor);
      const start = Math.floor((top - length) / alignment) * alignment;
      if (start >= bottom) return start;
      top = Math.min(top, area?.start ?? floor);
    }
    return -1;
  }

  #firstEndingAfter(vaddr: number): number {
    let low = 0;
    let high = this.#areas.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const area = this.#areas[middle];
      if (area !== undefined && area.end > vaddr) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
