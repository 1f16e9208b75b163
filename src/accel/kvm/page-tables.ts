/**
 * Page tables (SDM vol. 3, 4.5) that say what the permission bytes of a guest memory say, and the processor's other tables.
 * The upper levels never change; the last one has an entry for each page of the guest's.
 */
import type { GuestMemory } from '../../memory/guest-memory.ts';
import { PAGE_SHIFT, PAGE_SIZE, PERMISSION } from '../../memory/layout.ts';
import {
  SELECTOR,
  SUPERVISOR_BASE,
  supervisorAddress,
  TABLES,
  TABLES_PHYSICAL,
  VECTORS,
  VECTOR_STUB_SIZE,
  VECTOR_STUBS,
} from './machine-layout.ts';

/** Bits of an entry's lower word. Accessed and dirty are set from the start, so that the processor never writes there. */
export const ENTRY = { PRESENT: 0x1, WRITE: 0x2, USER: 0x4, ACCESSED: 0x20, DIRTY: 0x40 } as const;
/** Bit of the upper word. */
export const NO_EXECUTE = 0x80000000;

const TABLE = ENTRY.PRESENT | ENTRY.WRITE | ENTRY.ACCESSED;
const LEAF = ENTRY.PRESENT | ENTRY.ACCESSED | ENTRY.DIRTY;
const DIRECTORY_COVERS = 2 ** 30;
const TABLE_COVERS = 2 ** 21;
const [CPUID_FIRST, CPUID_SECOND] = [0x0f, 0xa2] as const;
const MACHINE_CODE = { HLT: 0xf4 } as const;
const GATE_PRESENT_INTERRUPT = 0x8e;
/** `int3` and `into` may be used by user code. */
const GATE_FOR_USERS = 0x60;
const USER_VECTORS: readonly number[] = [3, 4];
/** In a TSS: rsp for ring 0, and where the I/O permission bitmap begins (behind the end: no port is allowed). */
const [TSS_RSP0, TSS_IO_BASE, TSS_SIZE] = [4, 102, 104] as const;

/** A range of guest addresses, page aligned. */
export interface PageRange {
  readonly start: number;
  readonly end: number;
}

/** Beyond this many ranges one that covers them all is noted. */
const MAX_RANGES = 64;

/** Bytes of the tables for guest addresses below `limit`. */
export function tablesSize(limit: number): number {
  return Math.ceil((TABLES.ENTRIES + (limit >>> PAGE_SHIFT) * 8) / PAGE_SIZE) * PAGE_SIZE;
}

export class PageTables {
  readonly #memory: GuestMemory;
  readonly #permissions: Uint8Array;
  /** Two words for each page. */
  readonly #entries: Uint32Array;
  readonly #withholdsCpuid: boolean;
  #lowered: PageRange[] = [];

  /**
   * `bytes`: zeros, `tablesSize` of them, which the processor sees at `TABLES_PHYSICAL`. `withholdsCpuid`: pages in which a
   * CPUID instruction may begin are not executable.
   */
  constructor(bytes: Uint8Array, memory: GuestMemory, { withholdsCpuid }: { readonly withholdsCpuid: boolean }) {
    const { layout } = memory;
    this.#withholdsCpuid = withholdsCpuid;
    const pages = layout.guestLimit >>> PAGE_SHIFT;
    this.#memory = memory;
    this.#permissions = memory.bytes.subarray(layout.permissions, layout.permissions + pages);
    this.#entries = new Uint32Array(bytes.buffer, bytes.byteOffset + TABLES.ENTRIES, pages * 2);
    buildUpperLevels(bytes, layout.guestLimit);
    buildProcessorTables(bytes);
    this.#takeOver();
  }

  /** What is mapped already. Tables without mappings are not touched, so that the host does not back them with memory. */
  #takeOver(): void {
    const { buffer, byteOffset, length } = this.#permissions;
    const groups = new Int32Array(buffer, byteOffset, length / 4);
    for (let group = 0; group < groups.length; group++)
      if (groups[group] !== 0) this.update(group * 4 * PAGE_SIZE, (group + 1) * 4 * PAGE_SIZE);
  }

  /** Takes over the permission bytes of [start, end), page aligned. */
  update(start: number, end: number): void {
    const last = Math.min(end, this.#memory.layout.guestLimit) >>> PAGE_SHIFT;
    const first = start >>> PAGE_SHIFT;
    let [from, to] = [-1, -1];
    // An instruction in the page before may end in the first one.
    for (let page = this.#withholdsCpuid ? Math.max(first - 1, 0) : first; page < last; page++) {
      const bits = this.#permissions[page] ?? 0;
      const low = bits === 0 ? 0 : ((page << PAGE_SHIFT) | lowBits(bits)) >>> 0;
      const high = bits === 0 || this.#mayExecute(page, bits) ? 0 : NO_EXECUTE;
      const [oldLow, oldHigh] = [this.#entries[page * 2] ?? 0, this.#entries[page * 2 + 1] ?? 0];
      if (low === oldLow && high === oldHigh) continue;
      this.#entries[page * 2] = low;
      this.#entries[page * 2 + 1] = high;
      if ((oldLow & ~low) === 0 && (oldLow === 0 || high <= oldHigh)) continue;
      if (from < 0) from = page;
      to = page + 1;
    }
    if (from >= 0) this.#note({ start: from * PAGE_SIZE, end: to * PAGE_SIZE });
  }

  #mayExecute(page: number, bits: number): boolean {
    return (bits & PERMISSION.EXECUTE) !== 0 && !(this.#withholdsCpuid && this.#mayHoldCpuid(page));
  }

  /** Whether the two bytes of CPUID are somewhere in a page, as an instruction or by chance, or begin at its end. */
  #mayHoldCpuid(page: number): boolean {
    const { bytes } = this.#memory;
    const start = page * PAGE_SIZE;
    const content = bytes.subarray(start, start + PAGE_SIZE);
    for (let at = content.indexOf(CPUID_SECOND); at !== -1; at = content.indexOf(CPUID_SECOND, at + 1))
      if (at > 0 && content[at - 1] === CPUID_FIRST) return true;
    // The host may not let anybody read the next page where it allows nothing.
    return (
      content[PAGE_SIZE - 1] === CPUID_FIRST &&
      (this.#permissions[page + 1] ?? 0) !== 0 &&
      bytes[start + PAGE_SIZE] === CPUID_SECOND
    );
  }

  /** Whether the guest may execute at an address and the processor may not. */
  isWithheld(vaddr: number): boolean {
    if (!this.#withholdsCpuid || !(vaddr >= 0)) return false;
    const page = Math.floor(vaddr / PAGE_SIZE);
    const bits = this.#permissions[page] ?? 0;
    return (bits & PERMISSION.EXECUTE) !== 0 && this.#entries[page * 2 + 1] === NO_EXECUTE;
  }

  #note(range: PageRange): void {
    const last = this.#lowered.at(-1);
    if (last !== undefined && range.start <= last.end && range.end >= last.start)
      this.#lowered[this.#lowered.length - 1] = cover([last, range]);
    else this.#lowered.push(range);
    if (this.#lowered.length > MAX_RANGES) this.#lowered = [cover(this.#lowered)];
  }

  /** The ranges in which a page allows less than before: what a processor remembers of them has to go. */
  takeLowered(): readonly PageRange[] {
    const ranges = this.#lowered;
    if (ranges.length > 0) this.#lowered = [];
    return ranges;
  }
}

function lowBits(permission: number): number {
  // The processor reads what it may write or execute.
  return LEAF | ENTRY.USER | ((permission & PERMISSION.WRITE) !== 0 ? ENTRY.WRITE : 0);
}

function cover(ranges: readonly PageRange[]): PageRange {
  return {
    start: Math.min(...ranges.map(({ start }) => start)),
    end: Math.max(...ranges.map(({ end }) => end)),
  };
}

function buildUpperLevels(bytes: Uint8Array, limit: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const link = (table: number, index: number, target: number, bits: number): void =>
    view.setBigUint64(table + index * 8, BigInt(TABLES_PHYSICAL + target) | BigInt(bits), true);
  link(TABLES.PML4, 0, TABLES.PDPT, TABLE | ENTRY.USER);
  for (let index = 0; index * DIRECTORY_COVERS < limit; index++)
    link(TABLES.PDPT, index, TABLES.DIRECTORIES + index * PAGE_SIZE, TABLE | ENTRY.USER);
  // The directories lie one after another, and so do the tables that they point to. The last one may be a part of a table.
  for (let index = 0; index * TABLE_COVERS < limit; index++)
    link(TABLES.DIRECTORIES, index, TABLES.ENTRIES + index * PAGE_SIZE, TABLE | ENTRY.USER);
  const part = (shift: bigint): number => Number((SUPERVISOR_BASE >> shift) & 511n);
  link(TABLES.PML4, part(39n), TABLES.SUPERVISOR_PDPT, TABLE);
  link(TABLES.SUPERVISOR_PDPT, part(30n), TABLES.SUPERVISOR_DIRECTORY, TABLE);
  link(TABLES.SUPERVISOR_DIRECTORY, part(21n), TABLES.SUPERVISOR_TABLE, TABLE);
  for (let page: number = TABLES.STUBS; page < TABLES.STACK_END; page += PAGE_SIZE)
    link(
      TABLES.SUPERVISOR_TABLE,
      (page - TABLES.STUBS) / PAGE_SIZE,
      page,
      LEAF | (page === TABLES.STUBS ? 0 : ENTRY.WRITE),
    );
}

/** Stubs, descriptors (SDM vol. 3, 3.4.5), gates (6.14.1) and the task state (8.7). */
function buildProcessorTables(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const descriptors: readonly (readonly [selector: number, descriptor: bigint])[] = [
    [SELECTOR.KERNEL_CODE, 0x00af9b000000ffffn],
    [SELECTOR.KERNEL_DATA, 0x00cf93000000ffffn],
    [SELECTOR.USER_DATA, 0x00cff3000000ffffn],
    [SELECTOR.USER_CODE, 0x00affb000000ffffn],
  ];
  for (const [selector, descriptor] of descriptors) view.setBigUint64(TABLES.GDT + (selector & ~7), descriptor, true);
  bytes[TABLES.STUBS] = MACHINE_CODE.HLT;
  for (let vector = 0; vector < VECTORS; vector++) {
    const stub = TABLES.STUBS + VECTOR_STUBS + vector * VECTOR_STUB_SIZE;
    bytes[stub] = MACHINE_CODE.HLT;
    const target = supervisorAddress(stub);
    const gate = TABLES.IDT + vector * 16;
    view.setUint16(gate, Number(target & 0xffffn), true);
    view.setUint16(gate + 2, SELECTOR.KERNEL_CODE, true);
    view.setUint8(gate + 5, GATE_PRESENT_INTERRUPT | (USER_VECTORS.includes(vector) ? GATE_FOR_USERS : 0));
    view.setUint16(gate + 6, Number((target >> 16n) & 0xffffn), true);
    view.setUint32(gate + 8, Number(target >> 32n), true);
  }
  view.setBigUint64(TABLES.TSS + TSS_RSP0, supervisorAddress(TABLES.STACK_END), true);
  view.setUint16(TABLES.TSS + TSS_IO_BASE, TSS_SIZE, true);
}
