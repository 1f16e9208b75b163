/** Tiers 1 and 2 of one address space: compiles hot guest code into regions and finds them by pc. */
import { assert, defined } from '../common/assert.ts';
import type { Guest, CodeSource } from '../guest/guest.ts';
import { JUMP_SAMPLE } from '../host/dispatcher.ts';
import { emitRegionModule } from '../host/wasm/region/module.ts';
import type { SpeculationState } from '../host/wasm/region/emitter.ts';
import type { RegionMemoryModel } from '../host/wasm/region/memory-access.ts';
import { ControlFlow } from '../host/wasm/region/structure.ts';
import { fusesMultiplyAdd } from '../host/wasm/fused-multiply-add.ts';
import { RUNTIME_MODULE } from '../host/wasm/runtime-library.ts';
import { optimizeBlock } from '../ir/passes/optimize.ts';
import { unrollLoops } from '../ir/passes/unroll.ts';
import type { Block } from '../ir/block.ts';
import { edgesOf, formRegion, lastInstructionPc, successorsIn, type Region } from '../ir/region.ts';
import { MAX_REGIONS, PAGE_SHIFT, PAGE_SIZE, PERMISSION } from '../memory/layout.ts';
import type { GuestMemory } from '../memory/guest-memory.ts';
import type { PageProtection } from '../platform/types.ts';
import {
  changedPages,
  codeIn,
  fits,
  mergeRanges,
  ProgramCode,
  type CodeModule,
  type CodeRange,
  type CodeTarget,
  type RegionInfo,
} from './code-cache.ts';
import { CodeMap, type Entry, type Gone, type MappedModule, type MappedRegion } from './code-map.ts';
import { CodeStability } from './code-stability.ts';
import { CompileBudget } from './compile-budget.ts';
import type { DropReason, EngineEventSink } from './events.ts';
import { JumpProfile } from './jump-profile.ts';
import { discoverBlocks } from './region-discovery.ts';
import { Speculation } from './speculation.ts';
import { RegionTable, type NumberedRegion } from './region-table.ts';
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
  /** False where only kept code is to be used. */
  readonly compiles?: boolean;
  readonly limits: CodeLimits;
  readonly stats: RegionStats;
  readonly events: EngineEventSink | null;
}

/** How much compiled code one address space may have. One module may always be there. */
export interface CodeLimits {
  /** Bytes of WebAssembly; what a host's engine makes of them takes a few times as much. */
  readonly bytes: number;
  readonly modules: number;
}

export const DEFAULT_CODE_LIMITS: CodeLimits = { bytes: 256 << 20, modules: 4096 };

/** A region that can be entered in this address space. */
export interface CompiledRegion extends MappedRegion, NumberedRegion {
  readonly exits: ReadonlySet<number>;
  readonly generation: number;
  readonly guestInstructions: number;
}

/** Where a region can be entered. */
export type RegionEntry = Entry<CompiledRegion>;

type CodeGone = Gone<InstalledModule, CompiledRegion>;

/** How regions go for a reason, by the names of the counters. */
const WAYS = {
  replaced: 'replaced',
  evicted: 'evicted',
  'numbers-used-up': 'evicted',
  'program-ended': 'released',
  'code-changed': 'invalidated',
  'fault-handling': 'invalidated',
  'watched-code': 'invalidated',
  'protection-lost': 'invalidated',
} as const satisfies Readonly<Record<DropReason, string>>;

/** A module in this address space. */
interface InstalledModule extends MappedModule<CompiledRegion> {
  readonly code: CodeModule;
  /** Entries of its regions when the clock's hand came by last. */
  runs: number;
}

const MAX_REGION = 2000;
const MAX_UNKNOWN = 64;
const MAX_BATCH_REGIONS = 40;
const MAX_BATCH_INSTRUCTIONS = 6000;
export const MAX_GENERATION = 3;
/** Jumps of one instruction out of its region after which their targets are worth a compilation. */
const REPORTED_JUMPS = 500;
/** Arrivals that show of a loop that control will come to it again soon. */
const GOES_ROUND = 16;
/** Times that a region may be entered in its middle with an unexpected state before it is compiled to expect nothing. */
const MAX_UNEXPECTED = 20;
/** From this number on nothing more is compiled under these numbers: a batch may refer to many more functions than it has. */
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
  readonly #map: CodeMap<CompiledRegion, InstalledModule>;
  /** By number; empty for one that is not compiled. */
  readonly #byIndex: (CompiledRegion | undefined)[] = [];
  /** Places in a region, by region pc, at which execution came back to it often. */
  readonly #moreEntries = new Map<number, Set<number>>();
  readonly #table: RegionTable;
  /** Those of the map. */
  readonly #installed = new Set<CodeModule>();
  /** Those that ever had to go for others. */
  readonly #evicted = new WeakSet<CodeModule>();
  readonly #traps = new TrapTable();
  readonly #targetsOf = (site: number): readonly number[] => this.jumps.targetsOf(site);
  #program = new ProgramCode();
  readonly #speculation = new Speculation();
  /** By region pc, how often it was entered in its middle with a state that it did not expect. */
  readonly #unexpected = new Map<number, number>();
  readonly #stability: CodeStability;
  #fusesMultiplyAdd: boolean | undefined;
  #protectionFailed = false;

  constructor(options: RegionsOptions) {
    this.#options = options;
    this.stats = options.stats;
    this.budget = new CompileBudget(options.clock, options.stats);
    this.#stability = new CodeStability(options.clock);
    this.#table = new RegionTable(options.memory, options.enterCode, options.interpret);
    this.#map = new CodeMap(options.onEntry);
  }

  /** Where code comes from and goes to; to set before the program runs. */
  set program(program: ProgramCode) {
    this.#changeProgram(program, 'program-ended');
  }

  #changeProgram(program: ProgramCode, reason: DropReason): void {
    this.drop(reason);
    this.#table.renumber(this.#program.numbered);
    this.#program = program;
  }

  /**
   * True when a region at `pc` was compiled in another address space or run, and was not in use here: what had to go for
   * other code should have to earn its place again.
   */
  isCached(pc: number): boolean {
    if (!this.#isKept(pc)) return false;
    const module = this.#program.findRead(pc);
    return module === undefined || !this.#evicted.has(module);
  }

  /** Whether there may be a module to take instead of compiling the code at `pc`. */
  #isKept(pc: number): boolean {
    return !this.precise && this.#program.mayFind(pc) && this.#map.find(pc) === undefined;
  }

  /** The module to take instead of compiling the code at `pc`. */
  #kept(pc: number): CodeModule | undefined {
    return this.precise || this.#map.find(pc) !== undefined ? undefined : this.#program.find(pc);
  }

  /** The region that can be entered at `pc`, if one is compiled. */
  find(pc: number): RegionEntry | undefined {
    const found = this.#map.find(pc);
    if (found?.entry === 0) this.#table.remember(found.region);
    return found;
  }

  /** The region with a number from REGION. */
  at(index: number): CompiledRegion {
    return defined(this.#byIndex[index], 'a region that ran is known');
  }

  /** A region that has a block at `pc`, one that may be compiled again where there is a choice. */
  holding(pc: number): CompiledRegion | undefined {
    let found: CompiledRegion | undefined;
    for (const region of this.#map.holding(pc)) {
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
    if (typeof from === 'number') return this.#table.run(vcpu, null, from, depth);
    return this.#table.run(vcpu, from.region, from.entry, depth);
  }

  /** The guest access that made a region throw `error`, null where no region threw it. */
  trapSite(error: unknown): TrapSite | null {
    return this.#traps.find(error);
  }

  /**
   * Compiles the code at `pc`, with the function it is in and the functions that this calls: `done`, or `later` when there
   * is no time for it now, or `never` when it cannot or should not be compiled. There is time for what `isOverdue`.
   */
  compile(pc: number, isOverdue = false): 'done' | 'later' | 'never' {
    return this.#compile(pc, () => this.#batchAround(pc), isOverdue);
  }

  #compile(pc: number, batchOf: () => readonly Region[], isOverdue: boolean): 'done' | 'later' | 'never' {
    // What was numbered may be referred to for good, so that everything begins again, shared with nobody.
    if (this.#program.numbered >= LAST_REGION) this.#changeProgram(new ProgramCode(), 'numbers-used-up');
    if (this.#stability.unstablePages().has(pc >>> PAGE_SHIFT)) return 'later';
    if (this.#useCached(pc)) return 'done';
    if (!isOverdue && !this.budget.allows()) return 'later';
    return this.#charge(pc, batchOf) ? 'done' : 'never';
  }

  /** Compiles whatever the budget says; false when there is nothing that should be compiled. */
  #charge(pc: number, batchOf: () => readonly Region[]): boolean {
    if (this.#options.compiles === false) return false;
    const prepare = (): void => {
      this.#canFuse();
      this.#modelNow();
    };
    return this.#tell(pc, () => this.budget.charge(() => this.#emit(batchOf()), prepare));
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
    const isComparable = this.#mayUse(ranges);
    const isKept = !this.precise && isComparable;
    const module: CodeModule = {
      ...{ id, target, ranges, sites, wasm: bytes },
      regions: batch.map((region) => infoOf(region, this.#generationAt(region.pc), this.#speculation.of(region.pc))),
      code: isComparable ? codeIn(memory.bytes, ranges) : new Uint8Array(),
      jumps: nodes.flatMap(({ block }) => {
        const site = lastInstructionPc(block);
        const targets = this.jumps.targetsOf(site);
        return targets.length === 0 ? [] : [[site, targets] as const];
      }),
    };
    if (isKept) this.#program.add(module);
    this.#install(module, () => true);
    return true;
  }

  /** Makes a module's regions those of this address space. */
  #install(code: CodeModule, isWanted: (pc: number) => boolean): void {
    const { memory, imports } = this.#options;
    const size = code.wasm.length;
    this.#makeRoom(size);
    const { call, miss } = this.#table;
    const { exports } = new WebAssembly.Instance(this.#program.acquire(code), {
      env: { memory: memory.memory, call, miss },
      [RUNTIME_MODULE]: imports,
    });
    this.stats.modules++;
    this.stats.moduleBytes += size;
    this.stats.liveModules++;
    this.stats.liveBytes += size;
    this.stats.peakBytes = Math.max(this.stats.peakBytes, this.stats.liveBytes);
    this.#installed.add(code);
    this.#traps.add(code.id, code.sites);
    const added = code.regions.flatMap((info, index) =>
      isWanted(info.pc) ? [{ info, region: this.#regionOf(info), run: exports[`r${String(index)}`] }] : [],
    );
    const pages = new Set(code.ranges.flatMap(({ start, end }) => pagesIn(start, end)));
    const regions = added.map(({ region }) => region);
    this.#forget(this.#map.add({ code, size, pages, regions, runs: 0 }), 'replaced');
    this.#table.reserve(this.#program.numbered);
    for (const { info, region, run } of added) this.#enable(region, info, run);
  }

  #regionOf({ pc, generation, guestInstructions, entries, hubTargets, blocks, exits }: RegionInfo): CompiledRegion {
    return {
      ...{ pc, generation, guestInstructions, tableIndex: this.#program.numberOf(pc) },
      blocks: new Set(blocks),
      exits: new Set(exits),
      places: [
        ...entries.map((at, entry) => [at, entry] as const),
        ...hubTargets.map((at) => [at, entries.length] as const),
      ],
    };
  }

  /** A region can be entered from now on. */
  #enable(region: CompiledRegion, { entries }: RegionInfo, run: unknown): void {
    const { pc, tableIndex, guestInstructions, generation } = region;
    this.#table.set(region, run);
    this.#byIndex[tableIndex] = region;
    if (entries.length > 1) this.#moreEntries.set(pc, new Set(entries.slice(1)));
    this.stats.regions++;
    this.stats.liveRegions++;
    this.stats.regionInstructions += guestInstructions;
    const { events } = this.#options;
    events?.emit({ kind: 'region', time: events.now(), pc, entries, instructions: guestInstructions, generation });
  }

  /** Gives up modules that were not used for longest, until there is room for one of `size` bytes. */
  #makeRoom(size: number): void {
    const { bytes, modules } = this.#options.limits;
    const wasUsed = (module: InstalledModule): boolean => {
      const before = module.runs;
      const own = module.regions.filter((region) => this.#byIndex[region.tableIndex] === region);
      module.runs = own.reduce((sum, { tableIndex }) => sum + this.#table.runsOf(tableIndex), 0);
      return module.runs !== before;
    };
    while (this.#map.size + size > bytes || this.#map.moduleCount >= modules) {
      const victim = this.#map.victim(wasUsed);
      if (victim === undefined) return;
      this.#evicted.add(victim.code);
      this.#forget(this.#map.remove([victim]), 'evicted');
    }
  }

  /**
   * These cannot be entered any more: nothing refers to their code, so that the host gives it back. Guest code does not run
   * meanwhile, so none is left behind on the host's stack.
   */
  #forget({ modules, regions }: CodeGone, reason: DropReason): void {
    if (modules.length === 0 && regions.length === 0) return;
    assert(!this.#table.isRunning, 'regions go only while no guest code runs');
    const { stats } = this;
    for (const region of regions) {
      this.#table.clear(region);
      this.#byIndex[region.tableIndex] = undefined;
    }
    for (const { code, size } of modules) {
      this.#traps.remove(code.id);
      this.#installed.delete(code);
      this.#program.release(code);
      stats.liveBytes -= size;
    }
    const way = WAYS[reason];
    stats.liveModules -= modules.length;
    stats.liveRegions -= regions.length;
    stats[`${way}Modules`] += modules.length;
    stats[`${way}Regions`] += regions.length;
    const { events } = this.#options;
    const counts = { modules: modules.length, regions: regions.length };
    events?.emit({ kind: 'drop', time: events.now(), ...counts, reason });
  }

  /** Installs the module that has the region at `pc`, if there is one and it fits; it is forgotten if it does not. */
  #useCached(pc: number): boolean {
    const module = this.#kept(pc);
    if (module === undefined) return false;
    if (this.#installed.has(module)) {
      // A newer region without that entry took the place of the one that had it.
      this.#program.removeEntry(pc);
      return false;
    }
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
      this.#install(module, (region) => this.#program.isNewest(region, module));
    });
    if (this.#map.find(pc) !== undefined) return true;
    // As above.
    this.#program.removeEntry(pc);
    return false;
  }

  /** True when all of these ranges is code that may be compiled now. */
  #mayUse(ranges: readonly CodeRange[]): boolean {
    return isReadable(ranges, this.#compilableSource());
  }

  /** Times that regions were entered by way of the dispatcher. */
  get entries(): number {
    return this.#table.entries(this.#program.numbered);
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
    return this.#compile(region.pc, () => this.#batch(region.pc), false) === 'done';
  }

  /** Makes `pc`, a block of `region`, a place at which it can be entered. */
  addEntry(region: CompiledRegion, pc: number): boolean {
    const more = this.#moreEntries.get(region.pc) ?? new Set();
    this.#moreEntries.set(region.pc, more.add(pc));
    return this.extend(region);
  }

  /** Guest code in [start, end) changed, or may not be executed as before: forgets the modules made from its pages. */
  invalidate(start: number, end: number): void {
    const [first, last] = [start >>> PAGE_SHIFT, (end - 1) >>> PAGE_SHIFT];
    const modules = this.#map.on(first, last);
    const pages = new Set<number>();
    for (const module of modules) for (const page of module.pages) if (page >= first && page <= last) pages.add(page);
    this.#invalidate(modules, pages);
  }

  /** The guest says that it may have written code in [start, end): forgets the modules whose code is another now. */
  synchronize(start: number, end: number): void {
    const { bytes } = this.#options.memory;
    const changed = new Set<InstalledModule>();
    const pages = new Set<number>();
    for (const module of this.#map.on(start >>> PAGE_SHIFT, (end - 1) >>> PAGE_SHIFT)) {
      const isThere = module.code.code.length > 0 && isReadable(module.code.ranges, this.#options.source);
      const found = isThere ? changedPages(bytes, module.code) : [...module.pages];
      if (found.length > 0) changed.add(module);
      for (const page of found) pages.add(page);
    }
    this.#invalidate(changed, pages);
  }

  #invalidate(modules: Iterable<InstalledModule>, pages: ReadonlySet<number>): void {
    const gone = this.#map.remove(modules);
    if (gone.modules.length === 0) return;
    for (const page of pages) this.#stability.noteDrop(page);
    this.#unlearn(gone.regions);
    this.jumps.forget((site) => pages.has(site >>> PAGE_SHIFT));
    this.#forget(gone, 'code-changed');
  }

  #unlearn(regions: readonly CompiledRegion[]): void {
    for (const { pc } of regions) {
      this.#moreEntries.delete(pc);
      this.#speculation.forget(pc);
      this.#unexpected.delete(pc);
    }
  }

  /** Forgets all regions. */
  drop(reason: DropReason): void {
    const gone = this.#map.remove(this.#map.modules);
    if (gone.modules.length === 0) return;
    this.stats.drops++;
    this.#moreEntries.clear();
    this.#speculation.clear();
    this.#unexpected.clear();
    this.jumps.clear();
    this.#forget(gone, reason);
  }

  #generationAt(pc: number): number {
    const known = this.#map.beginning(pc);
    return known === undefined ? 0 : known.generation + 1;
  }

  /**
   * A batch with the function that holds `pc`, entered there as well: loops have the shape then that the guest's compiler
   * gave them, whichever of them was hot first.
   */
  #batchAround(pc: number): readonly Region[] {
    const start = this.#options.functionStart(pc);
    if (start === pc || this.#generationAt(start) > MAX_GENERATION) return this.#batch(pc);
    const blocks = this.#discover(start);
    const region = this.#form(start, blocks);
    const entry = region === null ? null : this.#entryFor(region, pc);
    if (entry === null) return this.#batch(pc);
    this.#moreEntries.set(start, new Set([...(this.#moreEntries.get(start) ?? []), entry]));
    return this.#batch(start, blocks);
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
  #batch(pc: number, blocks = this.#discover(pc)): Region[] {
    const batch: Region[] = [];
    const seen = new Set([pc]);
    let instructions = 0;
    for (const target of seen) {
      if (batch.length >= MAX_BATCH_REGIONS || instructions >= MAX_BATCH_INSTRUCTIONS) break;
      if (target !== pc && (this.#map.beginning(target) !== undefined || this.#isKept(target))) continue;
      if (target !== pc && !this.#options.isWarm(target)) continue;
      const region = this.#form(target, target === pc ? blocks : this.#discover(target));
      if (region === null) continue;
      batch.push(this.#unrolled(region));
      instructions += region.guestInstructions;
      for (const { flow } of region.nodes) if (flow.kind === 'call') seen.add(flow.target);
    }
    return batch[0]?.pc === pc ? batch : [];
  }

  /** The blocks of the region at `pc`. */
  #discover(pc: number): readonly Block[] {
    const { guest, isKnown } = this.#options;
    const source = this.#compilableSource();
    return discoverBlocks(pc, {
      lift: (at, max) => optimizeBlock(guest.liftBlock(source, at, 0, max), this.precise ? 'effects' : 'exits'),
      isKnown,
      targetsOf: this.#targetsOf,
      maxInstructions: MAX_REGION,
      maxUnknown: MAX_UNKNOWN,
    });
  }

  /** Null for code that tier 0 has to execute from its first instruction on. */
  #form(pc: number, blocks: readonly Block[]): Region | null {
    if (blocks.length === 0) return null;
    const entries = [...(this.#moreEntries.get(pc) ?? [])];
    const guards = (this.#unexpected.get(pc) ?? 0) < MAX_UNEXPECTED;
    const region = withoutInnerHub(formRegion(blocks, this.#targetsOf, entries, guards), guards);
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
export function withoutInnerHub(region: Region, guards: boolean): Region {
  const hub = region.nodes.findIndex(({ flow }) => flow.kind === 'hub');
  if (hub < 0) return region;
  const header = new ControlFlow(successorsIn(region)).loopsAround(hub)[0];
  if (header === undefined || header === hub || header >= region.nodes.length) return region;
  const entries = [...new Set([...region.entries.filter((node) => node !== hub), header])];
  const guarded = region.guarded.filter((node) => node !== hub);
  return { ...region, entries, guarded: guards && header !== 0 ? [...new Set([...guarded, header])] : guarded };
}

/** What is known of a region when it is compiled. */
export function infoOf(region: Region, generation: number, speculation: SpeculationState): RegionInfo {
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
    generation,
    guestInstructions: region.guestInstructions,
    speculation,
  };
}

/** What a block was made from. */
export function rangesOf({ pc, endPc, reliesOn = [] }: Block): CodeRange[] {
  const pages = reliesOn.map((page) => ({ start: page * PAGE_SIZE, end: (page + 1) * PAGE_SIZE }));
  return [{ start: pc, end: endPc }, ...pages];
}

/** Whether every page of some ranges has code. */
function isReadable(ranges: readonly CodeRange[], source: CodeSource): boolean {
  return ranges.every(({ start, end }) => {
    for (let at = start; at < end; at = at - (at % PAGE_SIZE) + PAGE_SIZE) if (source.readU8(at) < 0) return false;
    return true;
  });
}

function pagesIn(start: number, end: number): number[] {
  const first = start >>> PAGE_SHIFT;
  return Array.from({ length: ((end - 1) >>> PAGE_SHIFT) - first + 1 }, (_, index) => first + index);
}
