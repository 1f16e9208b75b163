/**
 * Compiled regions beyond one address space: modules by program, shared by all processes of a host process that run the same
 * program, and kept in a store from one run to the next.
 *
 * What a module was made from is compared byte for byte with the guest's code before it is used; the program's name only
 * says where to look. Regions are numbered by pc, the same way in every address space of a program, so that modules can call
 * each other's functions by number.
 */
import type { CodeStore } from '../platform/types.ts';
import type { RegionMemoryModel, TrapSites } from '../host/wasm/region/memory-access.ts';
import type { SpeculationState } from '../host/wasm/region/emitter.ts';
import { PAGE_SHIFT } from '../memory/layout.ts';
import { ModuleStore } from './module-store.ts';

/** Bytes of WebAssembly that all programs of a host process have at most, besides what is in use. */
const KEPT_BYTES = 256 << 20;

/** What is known of a compiled region besides its code. */
export interface RegionInfo {
  readonly pc: number;
  /** Pcs at which it may be entered; the first is `pc`. */
  readonly entries: readonly number[];
  /** Pcs at which it may be entered by its hub, the entry after the others. */
  readonly hubTargets: readonly number[];
  /** Pcs of its blocks. */
  readonly blocks: readonly number[];
  /** Pcs to which its direct edges leave. */
  readonly exits: readonly number[];
  /** Times the region was compiled again, because of what was learnt where execution leaves it. */
  readonly generation: number;
  readonly guestInstructions: number;
  readonly speculation: SpeculationState;
}

/** Guest code [start, end). */
export interface CodeRange {
  readonly start: number;
  readonly end: number;
}

/** A module of regions; the function of the region at index i is its export `r${i}`. */
export interface CodeModule {
  /** Unique in its program; the name of its functions. */
  readonly id: number;
  /** For which host its code is: the memory model, and whether it fuses multiply-add. */
  readonly target: CodeTarget;
  readonly regions: readonly RegionInfo[];
  /** What it was made from: disjoint, ascending. */
  readonly ranges: readonly CodeRange[];
  /** The guest's code in these ranges, one after the other. */
  readonly code: Uint8Array;
  readonly wasm: Uint8Array;
  readonly sites: TrapSites;
  /** Where indirect jumps in these regions go, by the pc of the jump. */
  readonly jumps: readonly (readonly [site: number, targets: readonly number[]])[];
  /** What `wasm` compiles to, where that was done in another thread. */
  readonly compiled?: WebAssembly.Module;
}

export interface CodeTarget {
  readonly model: RegionMemoryModel;
  readonly fusesMultiplyAdd: boolean;
}

/** The compiled code of one program. */
export class ProgramCode {
  /** What it was stored under; empty for code that is not to be stored. */
  readonly key: string;
  readonly #numbers = new Map<number, number>();
  /** By the pc of each region, the newest module that has it. */
  readonly #byRegion = new Map<number, CodeModule>();
  /** By every entry of a region. */
  readonly #byEntry = new Map<number, CodeModule>();
  readonly #store: ModuleStore<CodeModule>;
  #nextId = 0;
  /** True when modules were added that are not stored. */
  isDirty = false;

  constructor(key = '', store = new ModuleStore<CodeModule>(KEPT_BYTES)) {
    this.key = key;
    this.#store = store;
  }

  /** Numbers given out so far. */
  get numbered(): number {
    return this.#numbers.size;
  }

  /** Pcs of the regions from a number on. */
  numberedFrom(number: number): readonly number[] {
    return [...this.#numbers.keys()].slice(number);
  }

  takeId(): number {
    return this.#nextId++;
  }

  /** The number of the region at `pc`, whether it is compiled or not. */
  numberOf(pc: number): number {
    const known = this.#numbers.get(pc);
    if (known !== undefined) return known;
    const number = this.#numbers.size;
    this.#numbers.set(pc, number);
    return number;
  }

  /** The module with a region that can be entered at `pc`. */
  find(pc: number): CodeModule | undefined {
    return this.#byEntry.get(pc);
  }

  /** True when no newer module has the region of `module` at `pc`. */
  isNewest(pc: number, module: CodeModule): boolean {
    return this.#byRegion.get(pc) === module;
  }

  add(module: CodeModule): void {
    this.#store.add(module, () => {
      this.#forget(module);
    });
    const older = new Set<CodeModule>();
    for (const { pc, entries, hubTargets } of module.regions) {
      const before = this.#byRegion.get(pc);
      if (before !== undefined) older.add(before);
      this.#byRegion.set(pc, module);
      for (const entry of [...entries, ...hubTargets])
        if (entry === pc || this.#byRegion.get(entry) === undefined) this.#byEntry.set(entry, module);
    }
    for (const before of older) if (!before.regions.some(({ pc }) => this.isNewest(pc, before))) this.remove(before);
    this.isDirty = true;
  }

  /** Nothing leads from an entry in the middle of a region to its module any more. */
  removeEntry(pc: number): void {
    this.#byEntry.delete(pc);
  }

  /** Forgets a module that does not fit the guest's code, or that newer ones have taken the place of. */
  remove(module: CodeModule): void {
    this.#store.remove(module);
    this.#forget(module);
    this.isDirty = true;
  }

  #forget(module: CodeModule): void {
    for (const { pc, entries, hubTargets } of module.regions) {
      if (this.#byRegion.get(pc) === module) this.#byRegion.delete(pc);
      for (const entry of [...entries, ...hubTargets])
        if (this.#byEntry.get(entry) === module) this.#byEntry.delete(entry);
    }
  }

  /** What a module compiles to, for an address space that uses it until it calls `release`. */
  acquire(module: CodeModule): WebAssembly.Module {
    return this.#store.acquire(module);
  }

  release(module: CodeModule): void {
    this.#store.release(module);
  }

  /** Pcs where a region can be entered. */
  entries(): Iterable<number> {
    return this.#byEntry.keys();
  }

  /** Modules of which a region is the newest one at its pc, oldest first. */
  get modules(): readonly CodeModule[] {
    return [...new Set(this.#byRegion.values())].sort((a, b) => a.id - b.id);
  }

  /** All of it as bytes, for `parse`. */
  serialize(): Uint8Array {
    const modules = this.modules;
    const header = JSON.stringify({
      key: this.key,
      nextId: this.#nextId,
      numbers: [...this.#numbers.keys()],
      modules: modules.map(({ id, target, regions, ranges, code, wasm, sites, jumps }) => ({
        ...{ id, target, regions, ranges, jumps },
        sizes: [code.length, wasm.length, sites.positions.length],
      })),
    } satisfies Header);
    const text = new TextEncoder().encode(header);
    const parts: (Uint8Array | Uint32Array)[] = [Uint32Array.of(text.length), text];
    for (const { code, wasm, sites } of modules)
      parts.push(code, wasm, new Uint32Array(sites.positions), new Uint32Array(sites.pcs), new Uint8Array(sites.kinds));
    const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
    let at = 0;
    for (const part of parts) {
      bytes.set(new Uint8Array(part.buffer, part.byteOffset, part.byteLength), at);
      at += part.byteLength;
    }
    return bytes;
  }

  /** The code that `serialize` made bytes of. Throws `SyntaxError`, `RangeError` or `TypeError` for other bytes. */
  static parse(bytes: Uint8Array, key: string, store?: ModuleStore<CodeModule>): ProgramCode {
    const program = new ProgramCode(key, store);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const headerEnd = 4 + view.getUint32(0, true);
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, headerEnd))) as Header;
    if (header.key !== key) throw new RangeError('code of another program');
    program.#nextId = header.nextId;
    for (const [number, pc] of header.numbers.entries()) program.#numbers.set(pc, number);
    let at = headerEnd;
    const take = (length: number): Uint8Array => {
      if (at + length > bytes.length) throw new RangeError('code that was cut off');
      return bytes.subarray(at, (at += length));
    };
    const words = (count: number): number[] => [...new Uint32Array(take(count * 4).slice().buffer)];
    const modules = header.modules.map(({ sizes, ...info }): CodeModule => {
      const [codeSize, wasmSize, sites] = sizes;
      return {
        ...info,
        code: take(codeSize),
        wasm: take(wasmSize),
        sites: { positions: words(sites), pcs: words(sites), kinds: [...take(sites)] },
      };
    });
    for (const module of modules) program.add(module);
    program.isDirty = false;
    return program;
  }
}

interface Header {
  readonly key: string;
  readonly nextId: number;
  readonly numbers: readonly number[];
  readonly modules: readonly (Pick<CodeModule, 'id' | 'target' | 'regions' | 'ranges' | 'jumps'> & {
    readonly sizes: readonly [code: number, wasm: number, sites: number];
  })[];
}

export interface CodeCacheStats {
  /** Programs whose code was found in the store, and not. */
  hits: number;
  misses: number;
  /** Programs whose code was put there. */
  stored: number;
}

/** The code of all programs that a host process runs. */
export class CodeCache {
  readonly stats: CodeCacheStats = { hits: 0, misses: 0, stored: 0 };
  /** What is in memory, of all programs. */
  readonly modules: ModuleStore<CodeModule>;
  readonly #programs = new Map<string, ProgramCode>();
  readonly #store: CodeStore | null;
  readonly #version: string;

  /**
   * `version`: changes with everything that emitted code depends on besides what a module says itself; `limit`: bytes of
   * WebAssembly in memory, besides what is in use.
   */
  constructor(store: CodeStore | null, version: string, limit = KEPT_BYTES) {
    this.#store = store;
    this.#version = version;
    this.modules = new ModuleStore(limit);
  }

  /** The code of a program; what `name` tells apart never shares code. */
  program(name: string): ProgramCode {
    const key = `${this.#version}\n${name}`;
    let program = this.#programs.get(key);
    if (program === undefined) {
      const stored = this.#read(key);
      if (stored === null) this.stats.misses++;
      else this.stats.hits++;
      program = stored ?? new ProgramCode(key, this.modules);
      this.#programs.set(key, program);
    }
    return program;
  }

  /** What the store has under a key; null where it has nothing, or nothing that makes sense. */
  #read(key: string): ProgramCode | null {
    const bytes = this.#store?.read(key) ?? null;
    if (bytes === null) return null;
    try {
      return ProgramCode.parse(bytes, key, this.modules);
    } catch (error) {
      if (error instanceof SyntaxError || error instanceof RangeError || error instanceof TypeError) return null;
      throw error;
    }
  }

  /** Stores what was added since. */
  save(): void {
    for (const program of this.#programs.values()) {
      if (!program.isDirty) continue;
      program.isDirty = false;
      if (this.#store === null) continue;
      this.#store.write(program.key, program.serialize());
      this.stats.stored++;
    }
  }
}

/** Merges ranges that touch or overlap. */
export function mergeRanges(ranges: readonly CodeRange[]): CodeRange[] {
  const merged: CodeRange[] = [];
  for (const range of [...ranges].sort((a, b) => a.start - b.start)) {
    const last = merged.at(-1);
    if (last === undefined || range.start > last.end) merged.push(range);
    else merged[merged.length - 1] = { start: last.start, end: Math.max(last.end, range.end) };
  }
  return merged;
}

/** The bytes in some ranges of a memory, one after the other. */
export function codeIn(memory: Uint8Array, ranges: readonly CodeRange[]): Uint8Array {
  const code = new Uint8Array(ranges.reduce((sum, { start, end }) => sum + end - start, 0));
  let at = 0;
  for (const { start, end } of ranges) {
    code.set(memory.subarray(start, end), at);
    at += end - start;
  }
  return code;
}

/** True when the ranges of a module hold the code that it was made from. */
export function fits(memory: Uint8Array, module: CodeModule): boolean {
  return changedPages(memory, module).length === 0;
}

/** Guest pages on which a module's ranges hold other code than it was made from. */
export function changedPages(memory: Uint8Array, { ranges, code }: Pick<CodeModule, 'ranges' | 'code'>): number[] {
  const changed: number[] = [];
  let at = 0;
  for (const { start, end } of ranges) {
    const distance = at - start;
    for (let pc = start; pc < end; pc++) {
      if (memory[pc] === code[pc + distance]) continue;
      const page = pc >>> PAGE_SHIFT;
      changed.push(page);
      pc = (page + 1) * (1 << PAGE_SHIFT) - 1;
    }
    at += end - start;
  }
  return changed;
}
