/**
 * Compiled regions beyond one address space: modules by program, shared by all processes of a host process that run the same
 * program, and kept in a store from one run to the next.
 *
 * What a module was made from is compared byte for byte with the guest's code before it is used; the program's name only
 * says where to look.
 */
import type { CodeStore, NativeCode } from '../platform/types.ts';
import type { RegionMemoryModel, TrapSites } from '../host/wasm/region/memory-access.ts';
import type { SpeculationState } from '../host/wasm/region/emitter.ts';
import type { Guest } from '../guest/guest.ts';
import { PAGE_SHIFT, type MemoryLayout } from '../memory/layout.ts';
import { AheadCode } from './ahead-code.ts';
import { KeptBlocks } from './kept-blocks.ts';
import { decodeModule, encodeModule, joined, Reader, unlessSenseless } from './module-codec.ts';
import { ModuleStore } from './module-store.ts';
import { NativeModules, type NamedModule } from './native-modules.ts';

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
  /** By entry of its table of links, the pc of the region that it is for. */
  readonly links: readonly number[];
  /** Where indirect jumps in these regions go, by the pc of the jump. */
  readonly jumps: readonly (readonly [site: number, targets: readonly number[]])[];
  /** What `wasm` compiles to, where that was done in another thread. */
  readonly compiled?: WebAssembly.Module;
}

export interface CodeTarget {
  readonly model: RegionMemoryModel;
  readonly fusesMultiplyAdd: boolean;
}

/** What there is beside the code that runs compiled. */
export interface KeptWith {
  /** What was compiled ahead, of which modules are read when they are first asked for. */
  readonly ahead?: AheadCode | null;
  readonly blocks?: KeptBlocks;
  /** What the host's engine made of modules in earlier runs, where it is kept. */
  readonly native?: NativeModules | null;
}

/** The compiled code of one program. */
export class ProgramCode {
  /** What it was stored under; empty for code that is not to be stored. */
  readonly key: string;
  /** Tier 0's code. */
  readonly blocks: KeptBlocks;
  /** By the pc of each region, the newest module that has it. */
  readonly #byRegion = new Map<number, CodeModule>();
  /** By the pc of each region, the last module before that has it for another state of speculation. */
  readonly #variants = new Map<number, CodeModule>();
  /** By every entry of a region. */
  readonly #byEntry = new Map<number, CodeModule>();
  /** By the pc of every block, that of the last region that came with it, which may have gone; made when it is asked for. */
  #byBlock: Map<number, number> | null = null;
  readonly #store: ModuleStore<CodeModule>;
  readonly #ahead: AheadCode | null;
  /** Pcs whose code was too much to compile where the guest waits; a later run does not try. */
  readonly #large = new Set<number>();
  readonly #fromStore = new WeakSet<CodeModule>();
  readonly #native: NativeModules | null;
  #nextId = 0;
  /** True when something was added that is not stored. */
  isDirty = false;

  constructor(
    key = '',
    store = new ModuleStore<CodeModule>(KEPT_BYTES),
    { ahead = null, blocks = new KeptBlocks(), native = null }: KeptWith = {},
  ) {
    this.key = key;
    this.blocks = blocks;
    this.#native = native;
    this.#store = store;
    this.#ahead = ahead;
    if (ahead === null) return;
    this.#nextId = ahead.modules;
  }

  /** True for a module that an earlier run compiled. */
  isFromStore(module: CodeModule): boolean {
    return this.#fromStore.has(module);
  }

  isLarge(pc: number): boolean {
    return this.#large.has(pc);
  }

  noteLarge(pc: number): void {
    if (this.#large.has(pc)) return;
    this.#large.add(pc);
    this.isDirty = true;
  }

  takeId(): number {
    return this.#nextId++;
  }

  /** The module with a region that can be entered at `pc`. */
  find(pc: number): CodeModule | undefined {
    const found = this.#byEntry.get(pc);
    if (found !== undefined) return found;
    const ahead = this.#ahead?.take(pc) ?? null;
    if (ahead === null) return undefined;
    const wasDirty = this.isDirty;
    // What was compiled since knows more.
    this.#put(ahead, (region) => this.#byRegion.get(region) === undefined);
    this.isDirty = wasDirty;
    return this.#byEntry.get(pc);
  }

  /** The module that `find` gives, if it has been read already. */
  findRead(pc: number): CodeModule | undefined {
    return this.#byEntry.get(pc);
  }

  /** The pc of a region that goes by `pc`, which need not be an entry of it. */
  regionAround(pc: number): number | undefined {
    if (this.#byBlock === null) {
      this.#byBlock = new Map();
      for (const [start, module] of this.#byRegion) this.#noteBlocks(start, regionIn(module, start));
    }
    const start = this.#byBlock.get(pc);
    if (start === undefined || regionIn(this.#byRegion.get(start), start)?.blocks.includes(pc) !== true)
      return undefined;
    return start;
  }

  #noteBlocks(start: number, region: RegionInfo | undefined): void {
    for (const block of region?.blocks ?? []) this.#byBlock?.set(block, start);
  }

  /** Whether `find` may find something. */
  mayFind(pc: number): boolean {
    return this.#byEntry.has(pc) || this.#ahead?.covers(pc) === true;
  }

  /** Whether code with an entry at `pc` is there that costs next to nothing to load: compiled ahead, or with its native code. */
  isCheap(pc: number): boolean {
    if (this.#ahead?.hasEntry(pc) === true) return true;
    const module = this.#byEntry.get(pc);
    return module !== undefined && this.#native?.has(String(module.id)) === true;
  }

  /** True when no newer module has the region of `module` at `pc`. */
  isNewest(pc: number, module: CodeModule): boolean {
    return this.#byRegion.get(pc) === module;
  }

  /** The module that has the region at `pc` as code that speculates in this way. */
  variant(pc: number, speculation: SpeculationState): CodeModule | undefined {
    return [this.#byRegion.get(pc), this.#variants.get(pc)].find(
      (module) => module !== undefined && speculationIn(module, pc) === speculation,
    );
  }

  add(module: CodeModule): void {
    this.#put(module, () => true);
  }

  /** Adds a module, for those of its regions that are wanted. */
  #put(module: CodeModule, isWanted: (pc: number) => boolean): void {
    this.#store.add(module, () => {
      this.#forget(module);
    });
    const older = new Set<CodeModule>();
    for (const region of module.regions) {
      const { pc, entries, hubTargets, speculation } = region;
      if (!isWanted(pc)) continue;
      const before = this.#byRegion.get(pc);
      if (before !== undefined) this.#supersede(pc, before, speculation, older);
      this.#byRegion.set(pc, module);
      this.#noteBlocks(pc, region);
      for (const entry of [...entries, ...hubTargets])
        if (entry === pc || this.#byRegion.get(entry) === undefined) this.#byEntry.set(entry, module);
    }
    for (const before of older) if (!this.#isUsed(before)) this.remove(before);
    this.isDirty = true;
  }

  /** Something newer takes the place of `before` at `pc`, which stays as a variant where the other one speculates differently. */
  #supersede(pc: number, before: CodeModule, speculation: SpeculationState, older: Set<CodeModule>): void {
    older.add(before);
    const variant = this.#variants.get(pc);
    if (speculationIn(before, pc) !== speculation) this.#variants.set(pc, before);
    else if (variant === undefined || speculationIn(variant, pc) !== speculation) return;
    else this.#variants.delete(pc);
    if (variant !== undefined) older.add(variant);
  }

  #isUsed(module: CodeModule): boolean {
    return module.regions.some(({ pc }) => this.isNewest(pc, module) || this.#variants.get(pc) === module);
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
      if (this.#variants.get(pc) === module) this.#variants.delete(pc);
      for (const entry of [...entries, ...hubTargets])
        if (this.#byEntry.get(entry) === module) this.#byEntry.delete(entry);
    }
  }

  /** What a module compiles to, for an address space that uses it until it calls `release`. */
  acquire(module: CodeModule): WebAssembly.Module {
    return this.#store.acquire(module, () => this.#native?.load(String(module.id), module.wasm) ?? null);
  }

  /** True for a module that was acquired with native code from an earlier run. */
  isNative(module: CodeModule): boolean {
    return this.#native?.isLoaded(String(module.id)) === true;
  }

  /** Stores what the host's engine made of the modules, where that is kept. */
  saveNative(): void {
    this.#native?.save(
      this.modules.map((module) => ({
        id: String(module.id),
        wasm: module.wasm,
        compiled: this.#store.compiledOf(module),
      })),
    );
  }

  release(module: CodeModule): void {
    this.#store.release(module);
  }

  /** Pcs where a region can be entered. */
  entries(): Iterable<number> {
    return this.#byEntry.keys();
  }

  /** Modules of which a region is the newest one at its pc, or a variant, oldest first. */
  get modules(): readonly CodeModule[] {
    return [...new Set([...this.#byRegion.values(), ...this.#variants.values()])].sort((a, b) => a.id - b.id);
  }

  /** All compiled code but what was compiled ahead as bytes, for `parse`. */
  serialize(): Uint8Array {
    const modules = this.modules.filter((module) => this.#ahead?.has(module.id) !== true).map(encodeModule);
    const header = JSON.stringify({
      key: this.key,
      base: this.#ahead?.id ?? '',
      nextId: this.#nextId,
      large: [...this.#large],
      sizes: modules.map(({ length }) => length),
    } satisfies Header);
    const text = new TextEncoder().encode(header);
    return joined([Uint32Array.of(text.length), text, ...modules]);
  }

  /**
   * The code that `serialize` made bytes of, beside the same code that was compiled ahead. Throws `SyntaxError`, `RangeError`
   * or `TypeError` for other bytes.
   */
  static parse(bytes: Uint8Array, key: string, store?: ModuleStore<CodeModule>, beside: KeptWith = {}): ProgramCode {
    const program = new ProgramCode(key, store, beside);
    const { header, modules } = parseStored(bytes, key);
    if (header.base !== (beside.ahead?.id ?? ''))
      throw new RangeError('code beside other code that was compiled ahead');
    program.#nextId = header.nextId;
    for (const pc of header.large) program.noteLarge(pc);
    for (const module of modules) {
      program.add(module);
      program.#fromStore.add(module);
    }
    program.isDirty = false;
    return program;
  }
}

function regionIn(module: CodeModule | undefined, start: number): RegionInfo | undefined {
  return module?.regions.find(({ pc }) => pc === start);
}

function speculationIn(module: CodeModule, start: number): SpeculationState | undefined {
  return regionIn(module, start)?.speculation;
}

interface Header {
  readonly key: string;
  /** Which code that was compiled ahead its modules' ids follow; empty for none. */
  readonly base: string;
  readonly nextId: number;
  readonly large: readonly number[];
  /** Bytes of each module. */
  readonly sizes: readonly number[];
}

function parseStored(bytes: Uint8Array, key: string): { readonly modules: CodeModule[]; readonly header: Header } {
  const reader = new Reader(bytes);
  const [length = 0] = reader.words(1);
  const header = JSON.parse(new TextDecoder().decode(reader.bytes(length))) as Header;
  if (header.key !== key) throw new RangeError('code of another program');
  const modules = header.sizes.map((size) => decodeModule(reader.bytes(size)));
  return { header, modules };
}

/** The modules in the bytes that `ProgramCode.serialize` gave. Throws as `ProgramCode.parse` does. */
export function storedIn(bytes: Uint8Array, key: string): readonly CodeModule[] {
  return parseStored(bytes, key).modules;
}

export interface CodeCacheStats {
  /** Programs whose code was found in the store, and not. */
  hits: number;
  misses: number;
  /** Programs whose code was put there. */
  stored: number;
  /** Programs for which there is code that was compiled ahead. */
  ahead: number;
}

/**
 * What tells a program in the cache from others: the guest, how large its memory is, and the name the loader gave it.
 * `isPrecise`: the code of its regions is for a guest that handles faults.
 */
export function nameInCache(
  { name: guest, variant }: Guest,
  layout: MemoryLayout,
  name: string,
  isPrecise = false,
): string {
  // Area 0, which is the same for any number of areas: other threads keep no code.
  const memory = `${String(layout.size)}${layout.areas === 0 ? '' : ' shared'}${isPrecise ? ' precise' : ''}`;
  return `${guest}${variant === undefined ? '' : `-${variant}`} ${memory} ${name}`;
}

/** The key of a program, by the version of what compiles and what `nameInCache` says. */
export function keyInCache(version: string, name: string): string {
  return `${version}\n${name}`;
}

/** What has the place of a program's name in the key of the engine's own modules. */
export const RUNTIME = 'runtime';

/** The key of tier 0's code of a program, by the program's own. */
export function blocksKey(key: string): string {
  return `${key}${BLOCKS_SUFFIX}`;
}
export const BLOCKS_SUFFIX = '\nblocks';

/** The key of what was compiled ahead for a program, by the program's own. */
export function aheadKey(key: string): string {
  return `${key}${AHEAD_SUFFIX}`;
}
export const AHEAD_SUFFIX = '\nahead';

/** What was compiled ahead for one program. */
export interface AheadBundle {
  readonly key: string;
  readonly bytes: Uint8Array;
}

export interface CodeCacheOptions {
  /** Bytes of WebAssembly in memory, besides what is in use. */
  readonly limit?: number;
  /** What was compiled ahead, from elsewhere than the store. */
  readonly bundle?: AheadBundle | null;
  /** Keeps native code as well. */
  readonly native?: NativeCode | null;
}

/** The code of all programs that a host process runs. */
export class CodeCache {
  readonly stats: CodeCacheStats = { hits: 0, misses: 0, stored: 0, ahead: 0 };
  /** What is in memory, of all programs. */
  readonly modules: ModuleStore<CodeModule>;
  readonly #programs = new Map<string, ProgramCode>();
  readonly #store: CodeStore | null;
  readonly #version: string;
  readonly #bundle: AheadBundle | null;
  readonly #native: NativeCode | null;
  /** Modules that are no program's. */
  readonly #runtime = new Map<string, NamedModule>();
  #runtimeNative: NativeModules | null = null;

  /** `version`: changes with everything that emitted code depends on besides what a module says itself. */
  constructor(store: CodeStore | null, version: string, options: CodeCacheOptions = {}) {
    this.#store = store;
    this.#native = options.native ?? null;
    this.#bundle = options.bundle ?? null;
    this.#version = version;
    this.modules = new ModuleStore(options.limit ?? KEPT_BYTES);
  }

  /** The code of a program; what `name` tells apart never shares code. */
  program(name: string): ProgramCode {
    const key = keyInCache(this.#version, name);
    let program = this.#programs.get(key);
    if (program === undefined) {
      const ahead = this.#readAhead(aheadKey(key));
      if (ahead !== null) this.stats.ahead++;
      const beside = { ahead, blocks: this.#readBlocks(key), native: this.#nativeOf(key) };
      const stored = this.#read(key, beside);
      if (stored === null) this.stats.misses++;
      else this.stats.hits++;
      program = stored ?? new ProgramCode(key, this.modules, beside);
      this.#programs.set(key, program);
    }
    return program;
  }

  /** What the store has under a key; null where it has nothing, or nothing that makes sense. */
  #read(key: string, beside: KeptWith): ProgramCode | null {
    const bytes = this.#store?.read(key) ?? null;
    return bytes === null ? null : unlessSenseless(() => ProgramCode.parse(bytes, key, this.modules, beside));
  }

  #readBlocks(key: string): KeptBlocks {
    const bytes = this.#store?.read(blocksKey(key)) ?? null;
    const blocks = bytes === null ? null : unlessSenseless(() => KeptBlocks.read(new Reader(bytes)));
    return blocks ?? new KeptBlocks();
  }

  #nativeOf(key: string): NativeModules | null {
    return this.#store === null || this.#native === null ? null : new NativeModules(key, this.#store, this.#native);
  }

  #readAhead(key: string): AheadCode | null {
    const bytes = this.#bundle?.key === key ? this.#bundle.bytes : (this.#store?.read(key) ?? null);
    return bytes === null ? null : unlessSenseless(() => new AheadCode(bytes, key));
  }

  /** Compiles a module that is part of the engine, or takes it with its native code. */
  compileRuntime(id: string, wasm: Uint8Array): WebAssembly.Module {
    this.#runtimeNative ??= this.#nativeOf(keyInCache(this.#version, RUNTIME));
    const compiled = this.#runtimeNative?.load(id, wasm) ?? new WebAssembly.Module(wasm.slice());
    this.#runtime.set(id, { id, wasm, compiled });
    return compiled;
  }

  /** Stores what was added since. */
  save(): void {
    if (this.#store === null) return;
    this.#runtimeNative?.save(this.#runtime.values());
    for (const program of this.#programs.values()) {
      const { key, blocks } = program;
      program.saveNative();
      if (blocks.isDirty) this.#store.write(blocksKey(key), blocks.serialize());
      if (!program.isDirty) continue;
      this.#store.write(key, program.serialize());
      program.isDirty = false;
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
