/** Pages of guest memory: their permission bytes, and which of them may hold something other than zeros. */
import type { GuestMemory } from './guest-memory.ts';
import { PAGE_SHIFT, PAGE_SIZE, PERMISSION } from './layout.ts';

/**
 * All ranges are page aligned and inside the guest's limit; callers check. A page is *dirty* from the moment it
 * becomes writable or receives file content until it is zeroed for a new owner. Clean pages are never read nor
 * written here, so that the host does not have to back them with memory.
 */
export class Pages {
  readonly #memory: GuestMemory;
  readonly #bytes: Uint8Array;
  readonly #words: Int32Array;
  /** One permission byte a page; shared with emitted code. */
  readonly #permissions: Uint8Array;
  readonly #dirty: Uint8Array;

  constructor(memory: GuestMemory) {
    const { layout } = memory;
    const count = layout.guestLimit >>> PAGE_SHIFT;
    this.#memory = memory;
    this.#bytes = memory.bytes;
    this.#words = new Int32Array(memory.memory.buffer);
    this.#permissions = memory.bytes.subarray(layout.permissions, layout.permissions + count);
    this.#dirty = memory.dirtyPages(count);
  }

  /** Permission bits of the page that holds `vaddr`; 0 outside the guest's addresses. */
  permission(vaddr: number): number {
    return this.#permissions[Math.floor(vaddr / PAGE_SIZE)] ?? 0;
  }

  /** Zeroes all pages, unless there are more than `most` to look at: then false. */
  scrub(most: number): boolean {
    return this.withAccess(0, this.#permissions.length * PAGE_SIZE, () => this.#scrub(most));
  }

  #scrub(most: number): boolean {
    let pages = 0;
    const end = this.#dirty.length;
    for (let page = nextDirty(this.#dirty, 0, end); page < end; page = nextDirty(this.#dirty, page + 1, end)) {
      if (++pages > most) return false;
      const from = page * PAGE_SIZE;
      if (!this.#isZero(from)) this.#bytes.fill(0, from, from + PAGE_SIZE);
      this.#dirty[page] = 0;
    }
    return true;
  }

  /** Sets what the guest may do. Write implies read, as the page tables of all three guests have it. */
  setPermissions(start: number, end: number, protection: number): void {
    const bits = (protection & PERMISSION.WRITE) !== 0 ? protection | PERMISSION.READ : protection;
    const [first, last] = pageRange(start, end);
    this.#beforePermissions(start, end, bits);
    this.#permissions.fill(bits, first, last);
    this.#memory.closePages(start, end);
    this.#memory.onPermissions?.(start, end);
    if ((bits & PERMISSION.WRITE) !== 0) this.#dirty.fill(1, first, last);
  }

  /**
   * What threads may not do any more none of them is doing when that begins, and what they may is possible before they can
   * find out.
   */
  #beforePermissions(start: number, end: number, bits: number): void {
    const { others } = this.#memory;
    if (others?.areRunning !== true || end <= start) return;
    const [first, last] = pageRange(start, end);
    if (this.#permissions.subarray(first, last).some((before) => (before & ~bits) !== 0)) others.stop();
    else if (bits !== 0) this.#memory.openPages(start, end);
  }

  /** States that pages received content by other means than the guest's own stores. */
  markDirty(start: number, end: number): void {
    const [first, last] = pageRange(start, end);
    this.#dirty.fill(1, first, last);
  }

  /** Runs `action`, which touches the bytes of [start, end) whatever the guest may do with them. */
  withAccess<T>(start: number, end: number, action: () => T): T {
    if (!this.#memory.isProtected) return action();
    this.#memory.openPages(start, end);
    try {
      return action();
    } finally {
      this.#memory.closePages(start, end);
    }
  }

  /** Makes pages read as zero. Pages that already do are left untouched, hence not resident. */
  zero(start: number, end: number): void {
    this.withAccess(start, end, () => {
      this.#zero(start, end);
    });
  }

  #zero(start: number, end: number): void {
    const [first, last] = pageRange(start, end);
    const dirty = this.#dirty;
    for (let page = nextDirty(dirty, first, last); page < last; page = nextDirty(dirty, page + 1, last)) {
      const from = page * PAGE_SIZE;
      if (!this.#isZero(from)) this.#bytes.fill(0, from, from + PAGE_SIZE);
      this.#dirty[page] = 0;
    }
  }

  /** Copies the content of pages to other, zeroed pages. The ranges do not overlap. */
  copy(start: number, end: number, target: number): void {
    this.withAccess(start, end, () => {
      this.withAccess(target, target + (end - start), () => {
        this.#copy(start, end, target);
      });
    });
  }

  #copy(start: number, end: number, target: number): void {
    const [first, last] = pageRange(start, end);
    const delta = (target - start) / PAGE_SIZE;
    const dirty = this.#dirty;
    for (let page = nextDirty(dirty, first, last); page < last; page = nextDirty(dirty, page + 1, last)) {
      const from = page * PAGE_SIZE;
      if (this.#isZero(from)) continue;
      this.#bytes.copyWithin((page + delta) * PAGE_SIZE, from, from + PAGE_SIZE);
      this.#dirty[page + delta] = 1;
    }
  }

  /** Takes the content of pages of another memory, at the same addresses. Ours read as zero. */
  copyFrom(other: Pages, start: number, end: number): void {
    other.withAccess(start, end, () => {
      this.withAccess(start, end, () => {
        this.#copyFrom(other, start, end);
      });
    });
  }

  #copyFrom(other: Pages, start: number, end: number): void {
    const [first, last] = pageRange(start, end);
    const dirty = other.#dirty;
    for (let page = nextDirty(dirty, first, last); page < last; page = nextDirty(dirty, page + 1, last)) {
      const from = page * PAGE_SIZE;
      if (other.#isZero(from)) continue;
      this.#bytes.set(other.#bytes.subarray(from, from + PAGE_SIZE), from);
      this.#dirty[page] = 1;
    }
  }

  /** Bytes from `vaddr` on, at most `length`, on which every page grants all of `permission`. */
  accessibleLength(vaddr: number, length: number, permission: number): number {
    if (!(vaddr >= 0 && vaddr < this.#permissions.length * PAGE_SIZE) || !(length > 0)) return 0;
    const end = vaddr + length;
    for (let page = Math.floor(vaddr / PAGE_SIZE); page * PAGE_SIZE < end; page++)
      if (((this.#permissions[page] ?? 0) & permission) !== permission) return Math.max(page * PAGE_SIZE - vaddr, 0);
    return length;
  }

  #isZero(from: number): boolean {
    const words = this.#words;
    const last = (from + PAGE_SIZE) / 4;
    // Eight at a time: this decides what ending and copying processes costs.
    for (let at = from / 4; at < last; at += 8) {
      const low = word(words, at) | word(words, at + 1) | word(words, at + 2) | word(words, at + 3);
      const high = word(words, at + 4) | word(words, at + 5) | word(words, at + 6) | word(words, at + 7);
      if ((low | high) !== 0) return false;
    }
    return true;
  }
}

function word(words: Int32Array, index: number): number {
  return words[index] ?? 0;
}

/** The first dirty page in [from, end), or `end`. Nothing beyond is looked at, which may be the whole address space. */
function nextDirty(dirty: Uint8Array, from: number, end: number): number {
  const found = dirty.subarray(from, end).indexOf(1);
  return found < 0 ? end : from + found;
}

function pageRange(start: number, end: number): [number, number] {
  return [start / PAGE_SIZE, end / PAGE_SIZE];
}

export function pageFloor(value: number): number {
  return Math.floor(value / PAGE_SIZE) * PAGE_SIZE;
}

export function pageCeil(value: number): number {
  return Math.ceil(value / PAGE_SIZE) * PAGE_SIZE;
}
