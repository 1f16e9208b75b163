/** Tiers 1 and 2 of one address space: compiles hot guest code into regions and finds them by pc. */
import { defined } from '../common/assert.ts';
import type { Guest, CodeSource } from '../guest/guest.ts';
import { emitDispatcher, JUMP_SAMPLE, NO_REGION, type DispatcherFunction } from '../host/dispatcher.ts';
import { emitRegionModule } from '../host/wasm/region/module.ts';
import type { RegionMemoryModel } from '../host/wasm/region/memory-access.ts';
import { ControlFlow } from '../host/wasm/region/structure.ts';
import { fusesMultiplyAdd } from '../host/wasm/fused-multiply-add.ts';
import { RUNTIME_MODULE } from '../host/wasm/runtime-library.ts';
import { optimizeBlock } from '../ir/passes/optimize.ts';
import { unrollLoops } from '../ir/passes/unroll.ts';
import type { Block } from '../ir/block.ts';
import { edgesOf, formRegion, lastInstructionPc, successorsIn, type Region } from '../ir/region.ts';
import {
  MAX_REGIONS,
  PAGE_SHIFT,
  PAGE_SIZE,
  PERMISSION,
  REGION_CACHE_ENTRIES,
  STRAY_ENTRIES,
} from '../memory/layout.ts';
import type { GuestMemory } from '../memory/guest-memory.ts';
import type { PageProtection } from '../platform/types.ts';
import {
  codeIn,
  fits,
  mergeRanges,
  ProgramCode,
  type CodeModule,
  type CodeRange,
  type CodeTarget,
  type RegionInfo,
} from './code-cache.ts';
import { CodeStability } from './code-stability.ts';
import { CompileBudget } from './compile-budget.ts';
import type { DropReason, EngineEventSink } from './events.ts';
import { JumpProfile } from './jump-profile.ts';
import { discoverBlocks } from './region-discovery.ts';
import { Speculation } from './speculation.ts';
import type { RegionStats } from './stats.ts';
import { TrapTable, type TrapSite } from './trap-table.ts';

export interface RegionsOptions {
  readonly guest: Guest;
  readonly memory: GuestMemory;
  readonly source: CodeSource;
  /** How accesses are checked; `host` needs `protection`, and is `fallback` where the host has none. */
  readonly model: RegionMemoryModel;
  readonly fallback: 'strict';
  /** The host's page protection, asked for when the first region is compiled. */
  readonly protection: () => PageProtection | null;
  /** Called before the first region is compiled. */
  readonly enableWasmFeatures: () => void;
  readonly imports: WebAssembly.ModuleImports;
  /** Monotonic time in nanoseconds. */
  readonly clock: () => bigint;
  /** Code of the micro-op that leads into a region. */
  readonly enterCode: number;
  /** Tier 0's main loop. */
  readonly interpret: WebAssembly.ExportValue;
  /** Called with a pc at which a region can be entered from now on, or from now on not (null). */
  readonly onEntry: (pc: number, entry: RegionEntry | null) => void;
  /** True where tier 0 has executed code. */
  readonly isKnown: (pc: number) => boolean;
  /** Where the function that holds a pc seems to begin; the pc itself where that is not known. */
  readonly functionStart: (pc: number) => number;
  /** How often tier 0 came to a function or loop. */
  readonly arrivals: (pc: number) => number;
  /** True for a function that is called often enough to be compiled with its callers. */
  readonly isWarm: (pc: number) => boolean;
  readonly stats: RegionStats;
  readonly events: EngineEventSink | null;
}

/** A region that can be entered in this address space. */
export interface CompiledRegion {
  readonly pc: number;
  readonly tableIndex: number;
  readonly blocks: ReadonlySet<number>;
  readonly exits: ReadonlySet<number>;
  readonly generation: number;
  readonly guestInstructions: number;
  /** Pcs at which it can be entered, those of its hub included. */
  readonly places: readonly number[];
}

/** Where a region can be entered. */
export interface RegionEntry {
  readonly region: CompiledRegion;
  readonly entry: number;
}

const MAX_REGION = 2000;
const MAX_UNKNOWN = 64;
const MAX_BATCH_REGIONS = 40;
const MAX_BATCH_INSTRUCTIONS = 6000;
export const MAX_GENERATION = 3;
/** Jumps of one instruction out of its region after which their targets are worth a compilation. */
const REPORTED_JUMPS = 500;
const INITIAL_TABLE = 1024;
/** Arrivals that show of a loop that control will come to it again soon. */
const GOES_ROUND = 16;
/** Times that a region may be entered in its middle with an unexpected state before it is compiled to expect nothing. */
const MAX_UNEXPECTED = 20;
/** From this number on nothing more is compiled: a batch may refer to many more functions than it has. */
const LAST_REGION = MAX_REGIONS - MAX_BATCH_INSTRUCTIONS;

export class Regions {
  readonly stats: RegionStats;
  readonly jumps = new JumpProfile(Math.ceil(REPORTED_JUMPS / JUMP_SAMPLE));
  /** Refused accesses leave to tier 0 instead of trapping; to change only while no region is compiled. */
  precise = false;
  /** Some page is watched for its code: every store has to look at its page's permission. To change like `precise`. */
  checksStores = false;
  readonly budget: CompileBudget;
  readonly #options: RegionsOptions;
  readonly #byPc = new Map<number, RegionEntry>();
  /** By number; empty for one that is not compiled. */
  readonly #byIndex: (CompiledRegion | undefined)[] = [];
  /** Places in a region, by region pc, at which execution came back to it often. */
  readonly #moreEntries = new Map<number, Set<number>>();
  readonly #table = new WebAssembly.Table({ element: 'anyfunc', initial: 0 });
  readonly #cache: Uint32Array;
  readonly #traps = new TrapTable();
  readonly #run: DispatcherFunction;
  readonly #call: WebAssembly.ExportValue;
  readonly #miss: WebAssembly.ExportValue;
  readonly #runs: Uint32Array;
  readonly #strays: Uint32Array;
  #program = new ProgramCode();
  readonly #speculation = new Speculation();
  /** By region pc, how often it was entered in its middle with a state that it did not expect. */
  readonly #unexpected = new Map<number, number>();
  readonly #stability: CodeStability;
  #fusesMultiplyAdd: boolean | undefined;
  #pastEntries = 0;
  #protectionFailed = false;
  /** Guest code bytes that regions were made from, as page numbers. */
  readonly #pages = new Set<number>();

  constructor(options: RegionsOptions) {
    this.#options = options;
    this.stats = options.stats;
    this.budget = new CompileBudget(options.clock, options.stats);
    this.#stability = new CodeStability(options.clock);
    const { memory } = options;
    this.#cache = new Uint32Array(memory.memory.buffer, memory.layout.regionCache, REGION_CACHE_ENTRIES * 2);
    this.#cache.fill(0);
    this.#runs = new Uint32Array(memory.memory.buffer, memory.layout.regionRuns, MAX_REGIONS);
    this.#strays = new Uint32Array(memory.memory.buffer, memory.layout.strays, STRAY_ENTRIES * 2);
    const dispatcher = new WebAssembly.Instance(
      new WebAssembly.Module(emitDispatcher(memory.layout, options.enterCode)),
      {
        env: { memory: memory.memory, regions: this.#table, interpret: options.interpret },
      },
    );
    const { run, call, miss } = dispatcher.exports;
    this.#run = run as unknown as DispatcherFunction;
    this.#call = defined(call, 'an export of the dispatcher');
    this.#miss = defined(miss, 'an export of the dispatcher');
  }

  /** Where code comes from and goes to; to set before the program runs. */
  set program(program: ProgramCode) {
    this.#program = program;
  }

  /** True when a region at `pc` was compiled in another address space or run, and is not in use here. */
  isCached(pc: number): boolean {
    return !this.precise && this.#program.find(pc) !== undefined && !this.#byPc.has(pc);
  }

  /** The region that can be entered at `pc`, if one is compiled. */
  find(pc: number): RegionEntry | undefined {
    const found = this.#byPc.get(pc);
    if (found?.entry === 0) this.#remember(found.region);
    return found;
  }

  /** The region with a number from REGION. */
  at(index: number): CompiledRegion {
    return defined(this.#byIndex[index], 'a region that ran is known');
  }

  /** A region that has a block at `pc`, one that may be compiled again where there is a choice. */
  holding(pc: number): CompiledRegion | undefined {
    let found: CompiledRegion | undefined;
    for (const region of this.#byIndex) {
      if (region?.blocks.has(pc) !== true) continue;
      if (region.generation < MAX_GENERATION) return region;
      found ??= region;
    }
    return found;
  }

  /**
   * Runs the guest from a region's entry, or in tier 0 from the micro-op at `from`; see the dispatcher. Throws what
   * WebAssembly throws where guest memory traps.
   */
  run(vcpu: number, from: RegionEntry | number, depth: number): number {
    if (typeof from === 'number') return this.#run(vcpu, from, NO_REGION, 0, depth);
    return this.#run(vcpu, 0, from.region.tableIndex, from.entry, depth);
  }

  /** The guest access that made a region throw `error`, null where no region threw it. */
  trapSite(error: unknown): TrapSite | null {
    return this.#traps.find(error);
  }

  /**
   * Compiles the code at `pc`, with the function it is in and the functions that this calls: `done`, or `later` when there
   * is no time for it now, or `never` when it cannot or should not be compiled.
   */
  compile(pc: number): 'done' | 'later' | 'never' {
    return this.#compile(pc, () => this.#batchAround(pc));
  }

  #compile(pc: number, batchOf: () => readonly Region[]): 'done' | 'later' | 'never' {
    if (this.#program.numbered >= LAST_REGION) return 'never';
    if (this.#stability.unstablePages().has(pc >>> PAGE_SHIFT)) return 'later';
    if (this.#useCached(pc)) return 'done';
    if (!this.budget.allows()) return 'later';
    return this.#charge(pc, batchOf) ? 'done' : 'never';
  }

  /** Compiles whatever the budget says; false when there is nothing that should be compiled. */
  #charge(pc: number, batchOf: () => readonly Region[]): boolean {
    return this.#tell(pc, () => this.budget.charge(() => this.#emit(batchOf())));
  }

  /** Reports what `compilation` added, as one event. */
  #tell<T>(pc: number, compilation: () => T): T {
    const { events } = this.#options;
    if (events === null) return compilation();
    const time = events.now();
    const before = { ...this.stats };
    const outcome = compilation();
    events.emit({
      kind: 'compile',
      time,
      duration: events.now() - time,
      pc,
      regions: this.stats.regions - before.regions,
      instructions: this.stats.regionInstructions - before.regionInstructions,
      bytes: this.stats.moduleBytes - before.moduleBytes,
      isCached: this.stats.cachedModules !== before.cachedModules,
    });
    return outcome;
  }

  #emit(batch: readonly Region[]): boolean {
    if (batch.length === 0) return false;
    const { memory } = this.#options;
    const target: CodeTarget = { model: this.#modelNow(), fusesMultiplyAdd: this.#canFuse() };
    const id = this.#program.takeId();
    const { bytes, sites } = emitRegionModule(batch, {
      layout: memory.layout,
      ...target,
      precise: this.precise,
      name: this.#traps.nameOf(id),
      reportsJumps: (region) => this.#generationAt(region.pc) < MAX_GENERATION,
      speculation: (region) => this.#speculation.of(region.pc),
      tableIndex: (target) => this.#program.numberOf(target),
    });
    const nodes = batch.flatMap((region) => region.nodes);
    const ranges = mergeRanges(nodes.flatMap(({ block }) => rangesOf(block)));
    // Code that checks precisely is rare, and is not worth keeping; what relies on pages that are not there cannot be compared.
    const isKept = !this.precise && this.#mayUse(ranges);
    const module: CodeModule = {
      ...{ id, target, ranges, sites, wasm: bytes },
      regions: batch.map((region) => this.#infoOf(region)),
      code: isKept ? codeIn(memory.bytes, ranges) : new Uint8Array(),
      jumps: nodes.flatMap(({ block }) => {
        const site = lastInstructionPc(block);
        const targets = this.jumps.targetsOf(site);
        return targets.length === 0 ? [] : [[site, targets] as const];
      }),
    };
    if (isKept) this.#program.add(module);
    this.#install(module, this.#program.compile(module), () => true);
    return true;
  }

  #infoOf(region: Region): RegionInfo {
    const pcOf = (node: number): number => defined(region.nodes[node], 'a node of the region').block.pc;
    const hub = region.nodes.findIndex(({ flow }) => flow.kind === 'hub');
    return {
      pc: region.pc,
      entries: region.entries.filter((node) => node !== hub).map(pcOf),
      hubTargets: !region.entries.includes(hub)
        ? []
        : edgesOf(defined(region.nodes[hub], 'the hub').flow).map(({ pc }) => pc),
      blocks: region.nodes.filter((_, node) => node !== hub).map(({ block }) => block.pc),
      exits: [...new Set(region.nodes.flatMap(({ flow }) => edgesOf(flow).flatMap((e) => (e.node < 0 ? [e.pc] : []))))],
      generation: this.#generationAt(region.pc),
      guestInstructions: region.guestInstructions,
      speculation: this.#speculation.of(region.pc),
    };
  }

  /** Makes a module's regions those of this address space. */
  #install(module: CodeModule, compiled: WebAssembly.Module, isWanted: (pc: number) => boolean): void {
    const { memory, imports } = this.#options;
    const { exports } = new WebAssembly.Instance(compiled, {
      env: { memory: memory.memory, call: this.#call, miss: this.#miss },
      [RUNTIME_MODULE]: imports,
    });
    this.#traps.add(module.id, module.sites);
    this.stats.modules++;
    this.stats.moduleBytes += module.wasm.length;
    for (const { pc } of module.regions) this.#program.numberOf(pc);
    const missing = this.#program.numbered - this.#table.length;
    if (missing > 0) this.#table.grow(Math.max(missing, this.#table.length, INITIAL_TABLE), this.#miss);
    for (const [index, region] of module.regions.entries())
      if (isWanted(region.pc)) this.#add(region, exports[`r${String(index)}`]);
    for (const { start, end } of module.ranges)
      for (let page = start >>> 12; page <= (end - 1) >>> 12; page++) this.#pages.add(page);
  }

  /** Installs the module that has the region at `pc`, if there is one and it fits; it is forgotten if it does not. */
  #useCached(pc: number): boolean {
    if (this.precise) return false;
    const module = this.#program.find(pc);
    if (module === undefined || this.#byPc.has(pc)) return false;
    // Not now: some page may change, or is not there yet.
    if (!this.#mayUse(module.ranges)) return false;
    const { model, fusesMultiplyAdd } = module.target;
    const isFitting =
      fits(this.#options.memory.bytes, module) && model === this.#modelNow() && fusesMultiplyAdd === this.#canFuse();
    if (!isFitting) {
      this.#program.remove(module);
      return false;
    }
    for (const [site, targets] of module.jumps) this.jumps.restore(site, targets);
    for (const region of module.regions) this.#speculation.restore(region.pc, region.speculation);
    this.#tell(pc, () => {
      this.stats.cachedModules++;
      this.#install(module, this.#program.compile(module), (region) => this.#program.isNewest(region, module));
    });
    if (this.#byPc.has(pc)) return true;
    // A newer region without that entry took the place of the one that had it.
    this.#program.removeEntry(pc);
    return false;
  }

  /** True when all of these ranges is code that may be compiled now. */
  #mayUse(ranges: readonly CodeRange[]): boolean {
    const source = this.#compilableSource();
    return ranges.every(({ start, end }) => {
      for (let at = start; at < end; at = at - (at % PAGE_SIZE) + PAGE_SIZE) if (source.readU8(at) < 0) return false;
      return true;
    });
  }

  /** Times that regions were entered by way of the dispatcher. */
  get entries(): number {
    return this.#runs.subarray(0, this.#program.numbered).reduce((sum, runs) => sum + runs, this.#pastEntries);
  }

  /** How accesses are checked from now on: the host's pages are protected when they are first relied on. */
  #modelNow(): RegionMemoryModel {
    const { memory, model, fallback, protection } = this.#options;
    if (this.checksStores) return fallback;
    if (model !== 'host' || memory.isProtected) return model;
    if (this.#protectionFailed) return fallback;
    const found = protection();
    this.#protectionFailed = found === null || !memory.protect(found);
    if (this.#protectionFailed) return fallback;
    memory.onProtectionLost = () => {
      this.#protectionFailed = true;
      this.drop('protection-lost');
    };
    return model;
  }

  #canFuse(): boolean {
    if (this.#fusesMultiplyAdd === undefined) {
      this.#options.enableWasmFeatures();
      this.#fusesMultiplyAdd = fusesMultiplyAdd();
    }
    return this.#fusesMultiplyAdd;
  }

  /** A region reports that it left because of speculation, or that it could speculate now; see `Speculation`. */
  noteSpeculation(pc: number, environment: number): void {
    // Now, whatever the budget says: until then the region may leave each time it is entered.
    if (this.#speculation.note(pc, environment)) this.#charge(pc, () => this.#batch(pc));
  }

  /** The region at `pc` was entered in its middle with a state that its code does not expect there. */
  noteUnexpected(pc: number): void {
    const times = (this.#unexpected.get(pc) ?? 0) + 1;
    this.#unexpected.set(pc, times);
    if (times === MAX_UNEXPECTED) this.#charge(pc, () => this.#batch(pc));
  }

  /** Compiles a region anew with what was learnt since; false when that was done often enough. */
  extend(region: CompiledRegion): boolean {
    if (region.generation >= MAX_GENERATION) return false;
    return this.#compile(region.pc, () => this.#batch(region.pc)) === 'done';
  }

  /** Makes `pc`, a block of `region`, a place at which it can be entered. */
  addEntry(region: CompiledRegion, pc: number): boolean {
    const more = this.#moreEntries.get(region.pc) ?? new Set();
    this.#moreEntries.set(region.pc, more.add(pc));
    return this.extend(region);
  }

  /** True when a region was made from bytes in [start, end). */
  #covers(start: number, end: number): boolean {
    const last = (end - 1) >>> 12;
    if (last - (start >>> 12) > this.#pages.size)
      return [...this.#pages].some((page) => page >= start >>> 12 && page <= last);
    for (let page = start >>> 12; page <= last; page++) if (this.#pages.has(page)) return true;
    return false;
  }

  /**
   * Guest code in [start, end) changed: forgets all regions if one was made from it, and says whether. Their code calls one
   * another directly, so none can go alone.
   */
  dropForChange(start: number, end: number): boolean {
    if (!this.#covers(start, end)) return false;
    const [first, last] = [start >>> PAGE_SHIFT, (end - 1) >>> PAGE_SHIFT];
    for (const page of this.#pages) if (page >= first && page <= last) this.#stability.noteDrop(page);
    this.drop('code-changed');
    return true;
  }

  /** Forgets all regions. */
  drop(reason: DropReason): void {
    if (this.#byPc.size === 0) return;
    this.stats.drops++;
    const regions = this.#byIndex.reduce((count, region) => (region === undefined ? count : count + 1), 0);
    this.stats.droppedRegions += regions;
    const { events } = this.#options;
    events?.emit({ kind: 'drop', time: events.now(), regions, reason });
    this.#byPc.clear();
    this.#byIndex.length = 0;
    this.#moreEntries.clear();
    this.#speculation.clear();
    this.#unexpected.clear();
    this.jumps.clear();
    this.#traps.clear();
    this.#pages.clear();
    this.#cache.fill(0);
    this.#strays.fill(0);
    this.#pastEntries = this.entries;
    this.#runs.fill(0, 0, this.#program.numbered);
    for (let index = 0; index < this.#table.length; index++) this.#table.set(index, this.#miss);
  }

  #generationAt(pc: number): number {
    const known = this.#byPc.get(pc);
    return known?.entry === 0 ? known.region.generation + 1 : 0;
  }

  #add(region: RegionInfo, run: unknown): void {
    const tableIndex = this.#program.numberOf(region.pc);
    this.#table.set(tableIndex, run);
    const { pc, generation, guestInstructions } = region;
    const compiled: CompiledRegion = {
      ...{ pc, tableIndex, generation, guestInstructions },
      blocks: new Set(region.blocks),
      exits: new Set(region.exits),
      places: [...region.entries, ...region.hubTargets],
    };
    this.#removePlaces(this.#byIndex[tableIndex]);
    this.#byIndex[tableIndex] = compiled;
    for (const [entry, at] of region.entries.entries()) this.#addPlace(at, compiled, entry);
    for (const at of region.hubTargets) this.#addPlace(at, compiled, region.entries.length);
    if (region.entries.length > 1) this.#moreEntries.set(pc, new Set(region.entries.slice(1)));
    this.#remember(compiled);
    this.stats.regions++;
    this.stats.regionInstructions += region.guestInstructions;
    const { events } = this.#options;
    events?.emit({
      kind: 'region',
      time: events.now(),
      pc: region.pc,
      entries: region.entries,
      instructions: region.guestInstructions,
      generation,
    });
  }

  /** The code of a region is replaced: its entries have other numbers in the new code, or are not there any more. */
  #removePlaces(old: CompiledRegion | undefined): void {
    for (const pc of old?.places ?? []) {
      if (this.#byPc.get(pc)?.region !== old) continue;
      this.#byPc.delete(pc);
      this.#options.onEntry(pc, null);
    }
  }

  #addPlace(pc: number, region: CompiledRegion, entry: number): void {
    // A region's own entry is better than one in the middle of another.
    if (entry > 0 && this.#byPc.get(pc)?.entry === 0) return;
    const place = { region, entry };
    this.#byPc.set(pc, place);
    this.#options.onEntry(pc, place);
  }

  #remember({ pc, tableIndex }: CompiledRegion): void {
    const entry = ((pc >>> 1) & (REGION_CACHE_ENTRIES - 1)) * 2;
    this.#cache[entry] = pc;
    this.#cache[entry + 1] = tableIndex;
  }

  /**
   * A batch with the function that holds `pc`, entered there as well: loops have the shape then that the guest's compiler
   * gave them, whichever of them was hot first.
   */
  #batchAround(pc: number): readonly Region[] {
    const start = this.#options.functionStart(pc);
    const region = start !== pc && this.#generationAt(start) <= MAX_GENERATION ? this.#form(start) : null;
    const entry = region === null ? null : this.#entryFor(region, pc);
    if (entry === null) return this.#batch(pc);
    this.#moreEntries.set(start, new Set([...(this.#moreEntries.get(start) ?? []), entry]));
    return this.#batch(start);
  }

  /**
   * Where to enter a region for the sake of `pc`; null where the region does not have it. An entry inside of a loop costs
   * something in each round, so it is the outermost loop around it that goes round, unless control was expected there before.
   */
  #entryFor(region: Region, pc: number): number | null {
    const node = region.nodes.findIndex(({ block }) => block.pc === pc);
    if (node < 0) return null;
    const entries = this.#moreEntries.get(region.pc) ?? new Set();
    const around = new ControlFlow(successorsIn(region)).loopsAround(node).toReversed();
    const pcs = around.flatMap((header) => region.nodes[header]?.block.pc ?? []);
    const outer = pcs.find((at) => this.#options.arrivals(at) >= GOES_ROUND);
    return outer === undefined || entries.has(outer) ? pc : outer;
  }

  /** The region at `pc` and those of the functions it calls that are not compiled yet, breadth first. */
  #batch(pc: number): Region[] {
    const batch: Region[] = [];
    const seen = new Set([pc]);
    let instructions = 0;
    for (const target of seen) {
      if (batch.length >= MAX_BATCH_REGIONS || instructions >= MAX_BATCH_INSTRUCTIONS) break;
      if (target !== pc && (this.#byPc.get(target)?.entry === 0 || this.isCached(target))) continue;
      if (target !== pc && !this.#options.isWarm(target)) continue;
      const region = this.#form(target);
      if (region === null) continue;
      batch.push(this.#unrolled(region));
      instructions += region.guestInstructions;
      for (const { flow } of region.nodes) if (flow.kind === 'call') seen.add(flow.target);
    }
    return batch[0]?.pc === pc ? batch : [];
  }

  /** Null for code that tier 0 has to execute from its first instruction on. */
  #form(pc: number): Region | null {
    const { guest, isKnown } = this.#options;
    const source = this.#compilableSource();
    const targetsOf = (site: number): readonly number[] => this.jumps.targetsOf(site);
    const blocks = discoverBlocks(pc, {
      lift: (at, max) => optimizeBlock(guest.liftBlock(source, at, 0, max), this.precise ? 'effects' : 'exits'),
      isKnown,
      targetsOf,
      maxInstructions: MAX_REGION,
      maxUnknown: MAX_UNKNOWN,
    });
    if (blocks.length === 0) return null;
    const entries = [...(this.#moreEntries.get(pc) ?? [])];
    const guards = (this.#unexpected.get(pc) ?? 0) < MAX_UNEXPECTED;
    const region = withoutInnerHub(formRegion(blocks, targetsOf, entries, guards), guards);
    const first = region.nodes[0]?.flow;
    return first?.kind === 'leave' && first.pc === pc ? null : region;
  }

  /** Repeats the bodies of the small loops that tier 0 went round often. */
  #unrolled(region: Region): Region {
    const hasHub = region.nodes.some(({ flow }) => flow.kind === 'hub');
    if (hasHub) return region;
    const loops = new ControlFlow(successorsIn(region)).innermostLoops();
    const isHot = (loop: readonly number[]): boolean =>
      this.#options.isWarm(region.nodes[loop[0] ?? 0]?.block.pc ?? -1);
    return unrollLoops(region, loops.filter(isHot));
  }

  /**
   * Code that may be compiled: not on pages that keep changing, and where stores need no barrier, not on pages that can be
   * written without anyone noticing (tier 0 makes a writable page a watched one when it executes code there).
   */
  #compilableSource(): CodeSource {
    const { guest, source, memory } = this.#options;
    const unstable = this.#stability.unstablePages();
    const isCoherent = guest.coherentCode === true;
    if (unstable.size === 0 && !isCoherent) return source;
    const { bytes, layout } = memory;
    const refuses = (pc: number): boolean => {
      const page = pc >>> PAGE_SHIFT;
      return unstable.has(page) || (isCoherent && ((bytes[layout.permissions + page] ?? 0) & PERMISSION.WRITE) !== 0);
    };
    return {
      readU8: (pc) => (refuses(pc) ? -1 : source.readU8(pc)),
      readU16: (pc) => (refuses(pc) || refuses(pc + 1) ? -1 : source.readU16(pc)),
    };
  }
}

/**
 * Where the jumps of a hub all come from one place, as in a loop around a switch, lets the region be entered there instead: an
 * entry in the middle of a loop costs something in each round.
 */
function withoutInnerHub(region: Region, guards: boolean): Region {
  const hub = region.nodes.findIndex(({ flow }) => flow.kind === 'hub');
  if (hub < 0) return region;
  const header = new ControlFlow(successorsIn(region)).loopsAround(hub)[0];
  if (header === undefined || header === hub || header >= region.nodes.length) return region;
  const entries = [...new Set([...region.entries.filter((node) => node !== hub), header])];
  const guarded = region.guarded.filter((node) => node !== hub);
  return { ...region, entries, guarded: guards && header !== 0 ? [...new Set([...guarded, header])] : guarded };
}

/** What a block was made from. */
function rangesOf({ pc, endPc, reliesOn = [] }: Block): CodeRange[] {
  const pages = reliesOn.map((page) => ({ start: page * PAGE_SIZE, end: (page + 1) * PAGE_SIZE }));
  return [{ start: pc, end: endPc }, ...pages];
}
