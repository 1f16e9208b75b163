/** One linear memory, divided by `layout.ts` into the guest's addresses and the runtime's own area. */
import { UnsupportedError } from '../common/errors.ts';
import { memoryLayout, type MemoryLayout } from './layout.ts';

const WASM_PAGE = 0x10000;

export class GuestMemory {
  readonly memory: WebAssembly.Memory;
  readonly layout: MemoryLayout;
  /** The whole linear memory. Guest virtual address = index. */
  readonly bytes: Uint8Array;
  /** The same bytes, for little-endian words. */
  readonly view: DataView;

  #dirty: Uint8Array | null = null;

  private constructor(memory: WebAssembly.Memory, layout: MemoryLayout) {
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
   * the default costs address space alone; the initial size is the maximum, because growing detaches the buffer.
   */
  static create(size: number = 2 ** 32): GuestMemory {
    const layout = memoryLayout(size);
    const pages = size / WASM_PAGE;
    try {
      return new GuestMemory(new WebAssembly.Memory({ initial: pages, maximum: pages }), layout);
    } catch (cause) {
      throw new UnsupportedError(
        'memory-reservation',
        `the host cannot reserve ${String(size)} bytes of address space for the guest; lower the memory size or raise the host's address space limit`,
        { cause, context: { size } },
      );
    }
  }
}
