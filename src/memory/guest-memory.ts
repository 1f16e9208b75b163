/** One linear memory, divided by `layout.ts` into the guest's addresses and the runtime's own area. */
import { UnsupportedError } from '../common/errors.ts';
import type { PageProtection } from '../platform/types.ts';
import {
  ADDRESS_SPACE,
  GUARD,
  GUEST_BASE,
  memoryLayout,
  PAGE_SHIFT,
  PAGE_SIZE,
  PERMISSION,
  type MemoryLayout,
} from './layout.ts';

const WASM_PAGE = 0x10000;

/** Threads of the host that may run guest code in a memory at this moment. */
export interface OtherThreads {
  /** Whether one of them does. */
  readonly areRunning: boolean;
  /** Returns when none of them does; they go on when the kernel says so. */
  stop(): void;
}

export class GuestMemory {
  readonly memory: WebAssembly.Memory;
  readonly layout: MemoryLayout;
  /** The whole linear memory. Guest virtual address = index. */
  readonly bytes: Uint8Array;
  /** The same bytes, for little-endian words. */
  readonly view: DataView;
  #protection: PageProtection | null = null;
  /** Called when the host stopped enforcing the permissions, because it refused to change some. */
  onProtectionLost: (() => void) | null = null;

  /** Called with a range, page aligned, whose permission bytes changed. */
  onPermissions: ((start: number, end: number) => void) | null = null;
  /** Called when nobody will use the memory any more. */
  onDropped: (() => void) | null = null;

  #dirty: Uint8Array | null = null;

  /** Threads of the host that run guest code in this memory; null where this one alone does. */
  others: OtherThreads | null = null;
  /** The host enforces the permissions, as another thread has it do. */
  readonly #isEnforcedElsewhere: boolean;

  private constructor(memory: WebAssembly.Memory, layout: MemoryLayout, isEnforcedElsewhere = false) {
    this.#isEnforcedElsewhere = isEnforcedElsewhere;
    this.memory = memory;
    this.layout = layout;
    this.bytes = new Uint8Array(memory.buffer);
    this.view = new DataView(memory.buffer);
  }

  /** The record of pages that are not all zeros; it stays with the memory when that gets another owner. */
  dirtyPages(count: number): Uint8Array {
    return (this.#dirty ??= new Uint8Array(count));
  }

  /**
   * Reserves `size` bytes (64 MiB to 4 GiB, a multiple of 64 KiB). Only pages that are touched become resident, so
   * the default costs address space alone; the initial size is the maximum, because growing detaches the buffer. With
   * `areas` threads of the host can share it, so many engines in all.
   */
  static create(size: number = ADDRESS_SPACE, areas = 0): GuestMemory {
    const layout = memoryLayout(size, areas);
    const pages = size / WASM_PAGE;
    try {
      return new GuestMemory(new WebAssembly.Memory({ initial: pages, maximum: pages, shared: areas > 0 }), layout);
    } catch (cause) {
      throw new UnsupportedError(
        'memory-reservation',
        `the host cannot reserve ${String(size)} bytes of address space for the guest; lower the memory size or raise the host's address space limit`,
        { cause, context: { size } },
      );
    }
  }

  /** A memory that another thread made, for the engine in one of its areas. `isProtected`: the host enforces permissions. */
  static attach(memory: WebAssembly.Memory, layout: MemoryLayout, isProtected: boolean): GuestMemory {
    return new GuestMemory(memory, layout, isProtected);
  }

  /** True while the host enforces the permission table. */
  get isProtected(): boolean {
    return this.#protection !== null || this.#isEnforcedElsewhere;
  }

  /**
   * Lets the host enforce the permission table from now on, with nothing accessible in the null page and in the guards
   * around the runtime's own area. Whoever touches the guest's bytes then has to see that the pages are accessible:
   * the host process dies otherwise. False where the host cannot.
   */
  protect(protection: PageProtection): boolean {
    if (protection.pageSize !== PAGE_SIZE) return false;
    this.#protection = protection;
    const { size, guestLimit } = this.layout;
    this.#apply(0, GUEST_BASE, 0);
    this.#apply(guestLimit, guestLimit + GUARD, 0);
    this.#apply(size - GUARD, size, 0);
    this.closePages(GUEST_BASE, guestLimit);
    return this.isProtected;
  }

  /** Makes all bytes accessible again. */
  unprotect(): void {
    if (this.#protection === null) return;
    const everything = this.#protection.protect(this.bytes, 0, this.layout.size, 'write');
    this.#protection = null;
    if (!everything) throw new UnsupportedError('host-protection', 'the host does not give the guest memory back');
  }

  /** Before the kernel itself touches [start, end), page aligned: `closePages` takes the access away again. */
  openPages(start: number, end: number): void {
    this.#apply(start, end, PERMISSION.READ | PERMISSION.WRITE);
  }

  /** Makes the host's permissions those of the table; after the table changed, and after `openPages`. */
  closePages(start: number, end: number): void {
    if (this.#protection === null) return;
    const table = this.bytes.subarray(this.layout.permissions);
    const last = end >>> PAGE_SHIFT;
    let from = start >>> PAGE_SHIFT;
    for (let page = from + 1; page <= last; page++) {
      if (page < last && table[page] === table[from]) continue;
      this.#apply(from * PAGE_SIZE, page * PAGE_SIZE, table[from] ?? 0);
      from = page;
    }
  }

  #apply(start: number, end: number, bits: number): void {
    if (this.#protection === null || end <= start) return;
    // Translators read code, whether the guest may or not.
    // A watched page is writable again without any word of it here: that stores leave it alone until then is up to who stores.
    const access = (bits & (PERMISSION.WRITE | PERMISSION.WATCHED)) !== 0 ? 'write' : bits !== 0 ? 'read' : 'none';
    if (this.#protection.protect(this.bytes, start, end, access)) return;
    this.unprotect();
    this.onProtectionLost?.();
  }
}
