/** The slab allocator as JavaScript sees it. */
import { LimitError, UnsupportedError } from '../common/errors.ts';
import { HEADER, KIND, MAGIC, PAGE_SIZE, RECORD, RECORD_SHIFT, slabLayout, type SlabLayout } from './layout.ts';
import { emitSlabModule, type SlabExports } from './module.ts';
import { readStats, type SlabStats } from './stats.ts';

const WASM_PAGE = 1 << 16;
const MAX_BYTES = 2 ** 32;

/** A memory of the allocator's own. */
export interface OwnMemoryOptions {
  /** Bytes of the memory, from 64 KiB to 4 GiB; rounded up to a multiple of 64 KiB. Untouched ones cost address space alone. */
  readonly bytes: number;
  /** Whether other threads may attach. Default: false. */
  readonly shared?: boolean;
}

/** A part of a memory that is there already. */
export interface RegionOptions {
  readonly memory: WebAssembly.Memory;
  /** First byte of the region, whose contents are lost. */
  readonly start: number;
  /** End of the region (not part of it). It must lie in the memory; 64 KiB suffice. */
  readonly end: number;
}

/** What another thread needs to attach: can be sent with `postMessage`, if the memory is a shared one. */
export interface SlabHandle extends RegionOptions {
  readonly module: WebAssembly.Module;
}

/**
 * Allocates objects in a WebAssembly memory: 11 size classes, powers of two from 8 bytes to 8 KiB, in slabs of 16 KiB, and
 * whole pages of 16 KiB for what is larger. Offsets are bytes from the memory's beginning; an object is aligned to the size
 * of its class, a larger one to 16 KiB. What it contains at first is unspecified. Freed objects must not be written to: they
 * hold the allocator's lists.
 *
 * Over a shared memory, each thread has an allocator of its own, attached to the same region; objects may be freed by any of
 * them. A thread that is terminated while it allocates or frees may leave a lock behind on which the others wait.
 */
export class SlabAllocator {
  /** The memory that offsets refer to. */
  readonly memory: WebAssembly.Memory;
  readonly #layout: SlabLayout;
  readonly #handle: SlabHandle;
  readonly #exports: SlabExports;
  // A field each, because that is faster to call.
  #alloc: SlabExports['alloc'];
  #free: SlabExports['free'];
  #isAttached = true;

  private constructor(handle: SlabHandle, layout: SlabLayout, exports: SlabExports) {
    this.memory = handle.memory;
    this.#handle = handle;
    this.#layout = layout;
    this.#exports = exports;
    this.#alloc = exports.alloc;
    this.#free = exports.free;
    if (exports.attach(canWait(handle.memory, layout) ? 1 : 0) === 0)
      throw new LimitError('slab-memory', 'no page of the region is left for the magazines of a further thread');
  }

  /**
   * An allocator over a region, or over a memory of its own. Only one may be created over the same bytes; other threads
   * attach to it.
   *
   * Throws a `TypeError` or a `RangeError` where the options make no sense, and an `UnsupportedError` (code
   * `memory-reservation`) where the host has no room for the memory.
   */
  static create(options: OwnMemoryOptions | RegionOptions): SlabAllocator {
    const { memory, start, end } = 'memory' in options ? options : ownMemory(options);
    checkRegion(memory, start, end);
    const layout = slabLayout(start, end);
    const module = new WebAssembly.Module(emitSlabModule(layout, isShared(memory)));
    const exports = instantiate(module, memory);
    exports.initialize();
    return new SlabAllocator({ memory, start, end, module }, layout, exports);
  }

  /**
   * A further allocator over a region in which one was created, for this thread. Takes 16 KiB of the region until it is
   * detached.
   *
   * Throws a `TypeError` where the region has no allocator, and a `LimitError` (code `slab-memory`) where it is full.
   */
  static attach(handle: SlabHandle): SlabAllocator {
    const { memory, start, end, module } = handle;
    checkRegion(memory, start, end);
    const layout = slabLayout(start, end);
    const words = new DataView(memory.buffer);
    const { header, pages } = layout;
    if (
      words.getUint32(header + HEADER.MAGIC, true) !== MAGIC ||
      words.getUint32(header + HEADER.PAGES, true) !== pages
    )
      throw new TypeError(`no slab allocator was created in [${hex(start)}, ${hex(end)}) of this memory`);
    return new SlabAllocator({ memory, start, end, module }, layout, instantiate(module, memory));
  }

  /** What `SlabAllocator.attach` takes in another thread. */
  get handle(): SlabHandle {
    return this.#handle;
  }

  /**
   * `alloc`, `free` and `sizeOf` as WebAssembly functions of i32, to be imported by other modules of this thread: `alloc`
   * gives 0 where memory is used up, `free` 1 where nothing in use begins at the offset, `sizeOf` 0 likewise.
   */
  get functions(): Pick<SlabExports, 'alloc' | 'free' | 'sizeOf'> {
    return this.#exports;
  }

  /**
   * Offset of a new object of `size` bytes or more.
   *
   * Throws a `LimitError` (code `slab-memory`) where there is no room, and a `RangeError` where `size` is not an integer
   * from 1 to 2^32-1.
   */
  alloc(size: number): number {
    const offset = this.tryAlloc(size);
    if (offset === 0) this.#failUsedUp(size);
    return offset;
  }

  /** Like `alloc`, but gives 0 where there is no room. No object has the offset 0. */
  tryAlloc(size: number): number {
    if (size >>> 0 !== size || size === 0)
      throw new RangeError(`alloc(${String(size)}): a size is an integer from 1 to 2^32-1 bytes`);
    return this.#alloc(size) >>> 0;
  }

  /**
   * Frees the object at `offset`. Throws a `RangeError`, and does nothing, where no object in use begins there: one that was
   * freed before, an offset inside of an object, or one that this allocator did not give.
   */
  free(offset: number): void {
    if (offset >>> 0 !== offset || this.#free(offset) !== 0) this.#refuse('free', offset);
  }

  /** Bytes that the object at `offset` has room for. Throws a `RangeError` as `free` does. */
  sizeOf(offset: number): number {
    const size = offset >>> 0 === offset ? this.#exports.sizeOf(offset) >>> 0 : 0;
    if (size === 0) this.#refuse('sizeOf', offset);
    return size;
  }

  /** Counters of all threads together. */
  stats(): SlabStats {
    // So that no thread detaches, and no run of pages changes, while the lists are read.
    const lock = this.#layout.header + HEADER.PAGE_LOCK;
    this.#exports.lock?.(lock);
    try {
      return readStats(this.memory, this.#layout);
    } finally {
      this.#exports.unlock?.(lock);
    }
  }

  /** Empties this thread's magazines and gives back the empty slabs that are kept, one of each class. */
  trim(): void {
    if (this.#isAttached) this.#exports.trim();
  }

  /**
   * Ends the use of this allocator by its thread: what its magazines hold goes back. Objects stay in use. `alloc` and `free`
   * throw from then on. The functions that other modules imported must not be called any more.
   */
  detach(): void {
    if (!this.#isAttached) return;
    this.#isAttached = false;
    this.#exports.detach();
    this.#alloc = this.#free = () => {
      throw new TypeError('this allocator is detached; attach again with its handle');
    };
  }

  #failUsedUp(size: number): never {
    const { freeBytes, largestFree } = this.stats();
    throw new LimitError(
      'slab-memory',
      `no room for ${String(size)} bytes: the longest of ${String(freeBytes)} free bytes is a run of ${String(largestFree)}; give the allocator a larger region`,
      { context: { size, freeBytes, largestFree } },
    );
  }

  #refuse(what: string, offset: number): never {
    throw new RangeError(`${what}(${hex(offset)}): ${this.#whyNot(offset)}`);
  }

  /** Why no object in use begins at `offset`. */
  #whyNot(offset: number): string {
    const { base, pages, kinds } = this.#layout;
    const page = Math.floor((offset - base) / PAGE_SIZE);
    if (!Number.isInteger(offset) || !(page >= 0 && page < pages))
      return `not an offset of this allocator, whose objects lie in [${hex(base)}, ${hex(base + pages * PAGE_SIZE)})`;
    const bytes = new Uint8Array(this.memory.buffer);
    const kind = bytes[kinds + page] ?? KIND.NONE;
    // Another thread is about to give its pages back.
    if (kind === KIND.LARGE && offset % PAGE_SIZE === 0) return 'a large object that was freed before';
    if (kind === KIND.NONE || kind === KIND.FREE || kind === KIND.LARGE) return this.#whyNotPage(page);
    const inside = offset % 2 ** kind;
    const object = `an object of ${String(2 ** kind)} bytes`;
    if (inside !== 0) return `lies ${String(inside)} bytes inside of ${object}`;
    return `${object} that is free: it was freed before, or never allocated`;
  }

  #whyNotPage(page: number): string {
    const { base, kinds } = this.#layout;
    const bytes = new Uint8Array(this.memory.buffer);
    let first = page;
    while (first > 0 && bytes[kinds + first] === KIND.NONE) first--;
    if (bytes[kinds + first] === KIND.LARGE && page < first + this.#record(first, RECORD.LENGTH))
      return `lies inside of the large object at ${hex(base + first * PAGE_SIZE)}`;
    return 'nothing is allocated there: it was freed before, with its page given back, or never allocated';
  }

  #record(page: number, field: number): number {
    return new DataView(this.memory.buffer).getUint32(this.#layout.records + (page << RECORD_SHIFT) + field, true);
  }
}

const hex = (value: number): string => (Number.isInteger(value) ? `0x${value.toString(16)}` : String(value));

function isShared({ buffer }: WebAssembly.Memory): boolean {
  // A browser without cross-origin isolation has no such class.
  return typeof SharedArrayBuffer !== 'undefined' && (buffer as ArrayBufferLike) instanceof SharedArrayBuffer;
}

/** Whether this thread may sleep; a browser's main thread may not. */
function canWait(memory: WebAssembly.Memory, { header }: SlabLayout): boolean {
  if (!isShared(memory)) return false;
  try {
    // The magic number is not 0, so this returns at once, or throws.
    // eslint-disable-next-line hospes/no-clock-or-randomness -- says what the thread may do, and never waits
    Atomics.wait(new Int32Array(memory.buffer), (header + HEADER.MAGIC) >>> 2, 0);
    return true;
  } catch {
    return false;
  }
}

function ownMemory({ bytes, shared = false }: OwnMemoryOptions): RegionOptions {
  if (!(Number.isInteger(bytes) && bytes >= WASM_PAGE && bytes <= MAX_BYTES))
    throw new RangeError(`a memory of ${String(bytes)} bytes; give 64 KiB to 4 GiB`);
  const pages = Math.ceil(bytes / WASM_PAGE);
  try {
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared });
    return { memory, start: 0, end: pages * WASM_PAGE };
  } catch (cause) {
    throw new UnsupportedError(
      'memory-reservation',
      `the host cannot reserve ${String(bytes)} bytes of address space; give a smaller number of bytes`,
      { cause, context: { bytes } },
    );
  }
}

function checkRegion(memory: WebAssembly.Memory, start: number, end: number): void {
  if (!(memory instanceof WebAssembly.Memory))
    throw new TypeError('the memory of a slab allocator is a WebAssembly.Memory');
  const size = memory.buffer.byteLength;
  if (!(Number.isInteger(start) && Number.isInteger(end) && start >= 0 && start < end && end <= size))
    throw new RangeError(
      `a region [${String(start)}, ${String(end)}) does not lie in a memory of ${String(size)} bytes; give start < end in bytes`,
    );
}

function instantiate(module: WebAssembly.Module, memory: WebAssembly.Memory): SlabExports {
  return new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as SlabExports;
}
