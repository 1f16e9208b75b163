/** Tiers 1 and 2 of one address space: compiles hot guest code into regions and finds them by pc. */
import { assert, defined } from '../common/assert.ts';
import type { Steps } from '../common/steps.ts';
import type { Guest, CodeSource } from '../guest/guest.ts';
import { JUMP_SAMPLE } from '../host/dispatcher.ts';
import type { RegionMemoryModel } from '../host/wasm/region/memory-access.ts';
import { fusesMultiplyAdd } from '../host/wasm/fused-multiply-add.ts';
import { RUNTIME_MODULE } from '../host/wasm/runtime-library.ts';
import { PAGE_SHIFT, PAGE_SIZE, PERMISSION } from '../memory/layout.ts';
import type { GuestMemory } from '../memory/guest-memory.ts';
import type { PageProtection } from '../platform/types.ts';
import type { CompiledBatch } from './background-messages.ts';
import type { CompileSession, Submission } from './background.ts';
import { compileSteps, MAX_GENERATION, type Batch, type BatchTask, type CodeKnowledge } from './batch.ts';
import {
  changedPages,
  codeIn,
  fits,
  ProgramCode,
  type CodeModule,
  type CodeRange,
  type CodeTarget,
  type RegionInfo,
} from './code-cache.ts';
import { CodeSnapshot } from './code-snapshot.ts';
import { CodeMap, type Entry, type Gone, type MappedModule, type MappedRegion } from './code-map.ts';
import { CodeStability } from './code-stability.ts';
import { CompileBudget } from './compile-budget.ts';
import type { DropReason, EngineEventSink } from './events.ts';
import { ExecutedElsewhere } from './executed-elsewhere.ts';
import { JumpProfile } from './jump-profile.ts';
import { Speculation } from './speculation.ts';
import { RegionTable, type ModuleLinks, type NumberedRegion } from './region-table.ts';
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
  /** Where functions begin, as far as is known. */
  readonly functions: () => readonly number[];
  readonly isFunction: (pc: number) => boolean;
  /** Where the function that holds a pc seems to begin; the pc itself where that is not known. */
  readonly functionStart: (pc: number) => number;
  /** Whether a jump is known to lead to the middle of the function that it is in. */
  readonly staysInFunction: (site: number, target: number) => boolean;
  /** How often tier 0 came to a function or loop. */
  readonly arrivals: (pc: number) => number;
  /** True for a function that is called often enough to be compiled with its callers. */
  readonly isWarm: (pc: number) => boolean;
  /** False where only kept code is to be used. */
  readonly compiles?: boolean;
  readonly limits: CodeLimits;
  /** The way to another thread that compiles, if there is one. */
  readonly background: { readonly session: CompileSession } | null;
  /** Whether others may write code while it is compiled here. */
  readonly snapshots?: boolean;
  readonly stats: RegionStats;
  readonly events: EngineEventSink | null;
}

/** What came of asking for code to be compiled. */
export type Outcome = 'done' | 'later' | 'never';

/** A compilation that was put aside. */
interface SlowWork {
  readonly pc: number;
  readonly steps: Steps<Outcome>;
  /** Nanoseconds that it took so far, and when that was so. */
  readonly spent: number;
  readonly since: bigint;
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
  'program-ended': 'released',
  'code-changed': 'invalidated',
  'fault-handling': 'invalidated',
  'watched-code': 'invalidated',
  'protection-lost': 'invalidated',
} as const satisfies Readonly<Record<DropReason, string>>;

/** A module in this address space. */
interface InstalledModule extends MappedModule<CompiledRegion> {
  readonly code: CodeModule;
  readonly links: ModuleLinks;
  /** 1 when one of its regions was entered since the clock's hand came by. */
  readonly used: WebAssembly.Global;
}

/** Jumps of one instruction out of its region after which their targets are worth a compilation. */
const REPORTED_JUMPS = 500;
/** Times that a region may be entered in its middle with an unexpected state before it is compiled to expect nothing. */
const MAX_UNEXPECTED = 20;
/** Nanoseconds for which the guest waits at a time while code is compiled here that is not needed now. */
const SLICE = 8_000_000n;

export class Regions {
  readonly stats: RegionStats;
  readonly jumps: JumpProfile;
  /** Where an access is refused, tier 0 raises the fault; to change only while no region is compiled. */
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
  /** What another thread compiles now, by where it begins. */
  readonly #pending = new Map<number, { isOutdated: boolean }>();
  /** Where nothing can be compiled. */
  readonly #refused = new Set<number>();
  /** Code that is being compiled here, a slice at a time, and regions that are to be compiled anew after that. */
  #slow: SlowWork | null = null;
  readonly #due = new Set<number>();
  /** What the host can do was found out; see `#prepare`. */
  #isPrepared = false;
  /** Blocks of regions that were compiled elsewhere: they were executed there, if not here. */
  readonly #executedElsewhere = new ExecutedElsewhere();
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
    this.jumps = new JumpProfile(Math.ceil(REPORTED_JUMPS / JUMP_SAMPLE), options.staysInFunction);
    this.#stability = new CodeStability(options.clock);
    this.#table = new RegionTable(options.memory, options.enterCode, options.interpret);
    this.#map = new CodeMap(options.onEntry);
  }

  /** Where code comes from and goes to; to set before the program runs. */
  set program(program: ProgramCode) {
    this.drop('program-ended');
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

  /** Whether code with an entry at `pc` costs next to nothing to load; see `ProgramCode`. */
  isCheap(pc: number): boolean {
    return this.#program.isCheap(pc);
  }

  /**
   * Loads what an earlier run compiled of code that goes by `pc`, but cannot be entered there, as in an inner loop: execution
   * will soon come to a place where it can. False where there is none.
   */
  loadAround(pc: number): boolean {
    if (this.#isKept(pc)) return false;
    const start = this.#program.regionAround(pc);
    return start !== undefined && this.isCached(start) && this.#useCached(start);
  }

  /** Whether there may be a module to take instead of compiling the code at `pc`. */
  #isKept(pc: number): boolean {
    return !this.checksStores && this.#program.mayFind(pc) && this.#map.find(pc) === undefined;
  }

  /** The module to take instead of compiling the code at `pc`. */
  #kept(pc: number): CodeModule | undefined {
    return this.checksStores || this.#map.find(pc) !== undefined ? undefined : this.#program.find(pc);
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

  /** The region of the function that seems to hold `pc`, or one that leaves to there. */
  around(pc: number): CompiledRegion | undefined {
    const { functionStart, isFunction } = this.#options;
    return this.#map.beginning(functionStart(pc)) ?? (isFunction(pc) ? undefined : this.#map.leavingTo(pc));
  }

  /**
   * Compiles the code at `pc`, with the function it is in and the functions that this calls: `done`, or `later` when there
   * is no time for it now or another thread does it, or `never` when it cannot or should not be compiled. There is time
   * for what `isOverdue`.
   */
  compile(pc: number, isOverdue = false): Outcome {
    return this.#compile(pc, this.#options.functionStart(pc), isOverdue);
  }

  /** Compiles the code at `pc` as part of what begins at `start`. */
  #compile(pc: number, start: number, isOverdue: boolean): Outcome {
    if (this.#stability.unstablePages().has(pc >>> PAGE_SHIFT)) return 'later';
    if (this.#useCached(pc)) return 'done';
    if (this.#refused.has(pc)) return 'never';
    const isElsewhere = this.#options.background?.session.isRunning === true;
    if (isElsewhere ? this.#isBusy : !isOverdue && !this.budget.allows()) return 'later';
    return this.#make(pc, start);
  }

  /** True while there is enough to compile as it is. */
  get #isBusy(): boolean {
    return this.#slow !== null || this.#options.background?.session.isBusy === true;
  }

  /** Compiles the region at `pc` anew, whatever the budget says: what is known of it is other than what it was made for. */
  #renew(pc: number): Outcome {
    const pending = this.#pending.get(pc);
    if (pending === undefined && this.#slow === null) return this.#make(pc, pc);
    if (pending === undefined) this.#due.add(pc);
    else pending.isOutdated = true;
    return 'later';
  }

  /** Compiles here, if that is little or there is no other thread, else there: a thread is not worth its start for a few loops. */
  #make(pc: number, start: number): Outcome {
    if (this.#options.compiles === false) return 'never';
    const session = this.#options.background?.session;
    if (session === undefined || (session.isRunning && !session.isAvailable)) {
      return this.#advance({ pc, steps: this.#stepsOf(pc, start, 'usual'), spent: 0, since: 0n }, false);
    }
    if (session.isRunning) {
      this.#submit(pc, start);
      return 'later';
    }
    if (this.#slow !== null) return 'later';
    if (this.#program.isLarge(pc)) return this.#makeLarge(pc, start, session);
    return this.#advance({ pc, steps: this.#stepsOf(pc, start, 'small'), spent: 0, since: 0n }, true);
  }

  /**
   * Leaves to the thread what is too much to compile here, as long as there may be one. Where that is started now, the guest has
   * waited enough: a region that was to be compiled anew is sent later, anything else when it is asked for again.
   */
  #makeLarge(pc: number, start: number, session: CompileSession): Outcome {
    if (!session.want() && session.isDecided) return this.#make(pc, start);
    if (this.#map.beginning(start) !== undefined) this.#due.add(start);
    return 'later';
  }

  *#stepsOf(pc: number, start: number, size: BatchTask['size']): Steps<Outcome> {
    const { guest, memory, snapshots } = this.#options;
    const task = this.#taskFor(pc, start, size);
    const source = this.#compilableSource();
    const snapshot = snapshots === true ? new CodeSnapshot(source, memory.bytes) : null;
    const batch = yield* compileSteps(guest, task, this.#knowledge(snapshot ?? source));
    return this.#finish(task, batch, snapshot);
  }

  /** Goes on with a compilation, to its end or for a slice. */
  #advance({ pc, steps, spent }: SlowWork, isSliced: boolean): Outcome {
    const { clock } = this.#options;
    this.#slow = null;
    const begun = clock();
    const advance = (): Outcome => {
      const from = clock();
      for (;;) {
        const { done, value } = steps.next();
        if (done === true) return value;
        const now = clock();
        if (!isSliced || now - from < SLICE) continue;
        this.#slow = { pc, steps, spent: spent + Number(now - begun), since: now };
        return 'later';
      }
    };
    this.#prepare();
    return this.#tell(pc, spent, () => this.budget.charge(advance));
  }

  #finish(task: BatchTask, batch: Batch | 'too-large' | null, snapshot: CodeSnapshot | null): Outcome {
    const { background, memory } = this.#options;
    const { pc, start } = task;
    if (batch === null) {
      this.#refused.add(pc);
      return 'never';
    }
    if (batch === 'too-large') {
      this.#program.noteLarge(pc);
      const { session } = defined(background, 'only where there may be a thread is anything too large');
      return this.#makeLarge(pc, start, session);
    }
    // What relies on pages that are not there cannot be compared.
    const { ranges } = batch;
    const code = this.#mayUse(ranges) ? (snapshot?.codeIn(ranges) ?? codeIn(memory.bytes, ranges)) : new Uint8Array();
    this.#add(task, batch, code);
    return 'done';
  }

  /** Reports what `compilation` added, as one event, when it is done; it has taken `spent` nanoseconds before. */
  #tell<T>(pc: number, spent: number, compilation: () => T): T {
    const { events } = this.#options;
    if (events === null) return compilation();
    const time = events.now();
    const before = { ...this.stats };
    const outcome = compilation();
    if (this.#slow !== null) return outcome;
    const duration = spent + events.now() - time;
    events.emit({
      kind: 'compile',
      time: time - spent,
      duration,
      pc,
      regions: this.stats.regions - before.regions,
      instructions: this.stats.regionInstructions - before.regionInstructions,
      bytes: this.stats.moduleBytes - before.moduleBytes,
      isCached: this.stats.cachedModules !== before.cachedModules,
    });
    return outcome;
  }

  #taskFor(pc: number, start: number, size: BatchTask['size']): BatchTask {
    const { memory } = this.#options;
    const target: CodeTarget = { model: this.#modelNow(), fusesMultiplyAdd: this.#canFuse() };
    const id = this.#program.takeId();
    const known = this.#map.beginning(start);
    const isEntered = size !== 'large' || known === undefined || known.blocks.has(pc);
    return { ...{ pc, start, isEntered, target, id, size }, precise: this.precise, layout: memory.layout };
  }

  #knowledge(source: CodeSource): CodeKnowledge {
    const { isKnown, isFunction, arrivals, isWarm } = this.#options;
    return {
      ...{ isFunction, arrivals, isWarm, source },
      isKnown: (pc) => isKnown(pc) || this.#executedElsewhere.has(pc),
      targetsOf: (site) => this.jumps.targetsOf(site),
      isCompiled: (pc) => this.#map.beginning(pc) !== undefined || this.#isKept(pc),
      entriesOf: (pc) => this.#moreEntries.get(pc) ?? [],
      guardsEntries: (pc) => !this.#isUnguarded(pc),
      speculationOf: (pc) => this.#speculation.of(pc),
      generationOf: (pc) => this.#generationAt(pc),
    };
  }

  #isUnguarded(pc: number): boolean {
    return (this.#unexpected.get(pc) ?? 0) >= MAX_UNEXPECTED;
  }

  /** Takes a new module; `code`: what it was made from, empty for what cannot be compared. */
  #add({ id, target }: BatchTask, batch: Batch, code: Uint8Array, compiled?: WebAssembly.Module): void {
    const module: CodeModule = { ...{ id, target, code }, ...batch, ...(compiled === undefined ? {} : { compiled }) };
    // Code that looks where it stores is rare, and is not worth keeping.
    if (!this.checksStores && code.length > 0) this.#program.add(module);
    this.#install(module, () => true);
  }

  // --- in another thread

  #submit(pc: number, start: number): void {
    // The region that this becomes: one for all the loops of a function.
    if (this.#pending.has(start)) return;
    this.#pending.set(start, { isOutdated: false });
    const { session } = defined(this.#options.background, 'there is a thread to compile');
    this.#prepare();
    this.budget.charge(() => {
      session.submit(this.#submissionFor(pc, start));
    });
  }

  #submissionFor(pc: number, start: number): Submission {
    const source = this.#compilableSource();
    const program = this.#program;
    return {
      task: this.#taskFor(pc, start, 'large'),
      executedElsewhere: this.#executedElsewhere,
      mayCompile: (page) => source.readU8(page * PAGE_SIZE) >= 0,
      compiled: Uint32Array.from([...this.#map.beginnings(), ...(this.checksStores ? [] : program.entries())]),
      functions: Uint32Array.from(this.#options.functions()),
      jumps: this.jumps.switches(),
      entries: [...this.#moreEntries].map(([at, entries]) => [at, [...entries]] as const),
      unguarded: [...this.#unexpected.keys()].filter((at) => this.#isUnguarded(at)),
      speculation: this.#speculation.states(),
      generations: [pc, start].map((at) => [at, this.#generationAt(at)] as const),
    };
  }

  /** True while something is to come by `takeCompiled`. */
  get isWaiting(): boolean {
    return this.#slow !== null || this.#pending.size > 0;
  }

  /** Goes on compiling, or takes what another thread has compiled; true when regions changed. While no guest code runs. */
  takeCompiled(): boolean {
    const session = this.#options.background?.session;
    if (session === undefined) return false;
    // Once the thread runs, for whichever address space, the guest need not wait for any of it.
    if (session.isRunning) this.#abandonSlow();
    if (this.#slow !== null) return this.#options.clock() - this.#slow.since >= SLICE && this.#advanceSlow(this.#slow);
    this.#renewDue();
    const finished = session.take();
    if (session.takeLoss()) this.#pending.clear();
    if (finished.length === 0) return false;
    for (const { task, result } of finished) {
      const { pc, start } = task;
      const isOutdated = this.#pending.get(start)?.isOutdated === true;
      this.#pending.delete(start);
      if (result === null) this.#refused.add(pc);
      else this.#tell(pc, 0, () => this.budget.charge(() => this.#takeBatch(task, result)));
      if (isOutdated) this.#renew(start);
    }
    return true;
  }

  #advanceSlow(work: SlowWork): boolean {
    return this.#advance(work, true) === 'done';
  }

  /** Gives up what is half compiled; a region that was to be compiled anew still is, anything else asks again. */
  #abandonSlow(): void {
    if (this.#slow !== null && this.#map.beginning(this.#slow.pc) !== undefined) this.#due.add(this.#slow.pc);
    this.#slow = null;
  }

  #renewDue(): void {
    if (this.#due.size === 0) return;
    const due = [...this.#due];
    this.#due.clear();
    for (const pc of due) if (this.#map.beginning(pc) !== undefined) this.#renew(pc);
  }

  /** The other thread may have another version of the code in [start, end), and so may what is half compiled. */
  #forgetThere(start: number, end: number): void {
    this.#abandonSlow();
    this.#options.background?.session.forgetPages(start >>> PAGE_SHIFT, (end - 1) >>> PAGE_SHIFT);
  }

  #takeBatch(task: BatchTask, { batch, code, absent, module }: CompiledBatch): void {
    const { memory, source } = this.#options;
    const ranges = withoutPages(batch.ranges, absent);
    const isFitting =
      task.target.model === this.#modelNow() &&
      this.#mayUse(ranges) &&
      changedPages(memory.bytes, { ranges, code }).length === 0 &&
      absent.every((page) => source.readU8(page * PAGE_SIZE) < 0);
    if (!isFitting) {
      this.stats.staleModules++;
      for (const { start, end } of batch.ranges) this.#forgetThere(start, end);
      if (this.#map.beginning(task.start) !== undefined) this.#due.add(task.start);
      return;
    }
    this.#add(task, batch, absent.length === 0 ? code : new Uint8Array(), module);
  }

  /** Makes a module's regions those of this address space. */
  #install(code: CodeModule, isWanted: (pc: number) => boolean): void {
    const { memory, imports } = this.#options;
    const size = code.wasm.length;
    this.#makeRoom(size, code.regions.length);
    const { call, miss } = this.#table;
    const { exports } = new WebAssembly.Instance(this.#program.acquire(code), {
      env: { memory: memory.memory, call, miss },
      [RUNTIME_MODULE]: imports,
    });
    this.stats.modules++;
    if (this.#program.isNative(code)) this.stats.nativeModules++;
    this.stats.moduleBytes += size;
    this.stats.liveModules++;
    this.stats.liveBytes += size;
    this.stats.peakBytes = Math.max(this.stats.peakBytes, this.stats.liveBytes);
    this.#installed.add(code);
    this.#traps.add(code.id, code.sites);
    // In another run it may be entered in other ways, and is compiled anew with these as often as one that was compiled here.
    const isOld = this.#program.isFromStore(code);
    const added = code.regions.flatMap((info, index) =>
      isWanted(info.pc) ? [{ info, region: this.#regionOf(info, isOld), run: exports[`r${String(index)}`] }] : [],
    );
    const pages = new Set(code.ranges.flatMap(({ start, end }) => pagesIn(start, end)));
    const regions = added.map(({ region }) => region);
    const links = { table: exports['links'] as WebAssembly.Table, pcs: code.links };
    const used = exports['used'] as WebAssembly.Global;
    this.#forget(this.#map.add({ code, size, pages, regions, links, used }), 'replaced');
    this.#table.link(links);
    for (const { info, region, run } of added) this.#enable(region, info, run);
  }

  #regionOf(info: RegionInfo, isOld: boolean): CompiledRegion {
    const { pc, guestInstructions, entries, hubTargets, blocks, exits } = info;
    const generation = isOld ? 0 : info.generation;
    return {
      ...{ pc, generation, guestInstructions, tableIndex: this.#table.takeNumber() },
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
    const more = [...(this.#moreEntries.get(pc) ?? []), ...entries.slice(1)];
    if (more.length > 0) this.#moreEntries.set(pc, new Set(more));
    this.stats.regions++;
    this.stats.liveRegions++;
    this.stats.regionInstructions += guestInstructions;
    const { events } = this.#options;
    events?.emit({ kind: 'region', time: events.now(), pc, entries, instructions: guestInstructions, generation });
  }

  /** Gives up modules that were not used for longest, until there is room for one of `size` bytes with some regions. */
  #makeRoom(size: number, regions: number): void {
    const { bytes, modules } = this.#options.limits;
    const wasUsed = ({ used }: InstalledModule): boolean => {
      const was = used.value === 1;
      used.value = 0;
      return was;
    };
    const hasRoom = (): boolean =>
      this.#map.size + size <= bytes && this.#map.moduleCount < modules && this.#table.hasRoomFor(regions);
    while (!hasRoom()) {
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
    for (const { code, size, links } of modules) {
      this.#table.unlink(links);
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
    if (!this.#isFitting(module)) {
      this.#program.remove(module);
      return false;
    }
    for (const region of module.regions) this.#speculation.restore(region.pc, region.speculation);
    this.#load(pc, module, (region) => this.#program.isNewest(region, module));
    if (this.#map.find(pc) !== undefined) return true;
    // As above.
    this.#program.removeEntry(pc);
    return false;
  }

  #isFitting(module: CodeModule): boolean {
    this.#prepare();
    const { model, fusesMultiplyAdd } = module.target;
    return (
      fits(this.#options.memory.bytes, module) && model === this.#modelNow() && fusesMultiplyAdd === this.#canFuse()
    );
  }

  /** Makes regions of a module that was compiled before those of this address space, with what was known of them. */
  #load(pc: number, module: CodeModule, isWanted: (region: number) => boolean): void {
    for (const [site, targets] of module.jumps) this.jumps.restore(site, targets);
    this.#tell(pc, 0, () => {
      this.stats.cachedModules++;
      for (const { blocks } of module.regions) for (const at of blocks) this.#executedElsewhere.add(at);
      this.#install(module, isWanted);
    });
  }

  /** True when all of these ranges is code that may be compiled now. */
  #mayUse(ranges: readonly CodeRange[]): boolean {
    return isReadable(ranges, this.#compilableSource());
  }

  /** Times that the dispatcher's loop entered regions: calls among regions are not counted. */
  get entries(): number {
    return this.#table.entries;
  }

  /** Finds out what the host can do, once, before anything is compiled or loaded: that may take longer than compiling. */
  #prepare(): void {
    if (this.#isPrepared) return;
    this.#isPrepared = true;
    this.budget.prepare(() => {
      this.#canFuse();
      this.#modelNow();
    });
  }

  /** Decides how accesses are checked, if that was not to happen before something is compiled. */
  settleModel(): RegionMemoryModel {
    this.#prepare();
    return this.#modelNow();
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
    // Until a new version is there, the old one says the same again and again.
    const isRenewed = this.#slow?.pc === pc || this.#due.has(pc) || this.#pending.has(pc);
    if (!isRenewed && this.#speculation.note(pc, environment) && !this.#useVariant(pc)) this.#renew(pc);
  }

  /** Takes code for the region at `pc` that speculates as it is to, if there was some before. */
  #useVariant(pc: number): boolean {
    const module = this.#program.variant(pc, this.#speculation.of(pc));
    if (module === undefined || this.#installed.has(module) || !this.#mayUse(module.ranges) || !this.#isFitting(module))
      return false;
    this.#load(pc, module, (region) => region === pc);
    return true;
  }

  /** The region at `pc` was entered in its middle with a state that its code does not expect there. */
  noteUnexpected(pc: number): void {
    const times = (this.#unexpected.get(pc) ?? 0) + 1;
    this.#unexpected.set(pc, times);
    if (times === MAX_UNEXPECTED) this.#renew(pc);
  }

  /** Compiles a region anew with what was learnt since; `never` when that was done often enough. */
  extend(region: CompiledRegion): Outcome {
    return region.generation >= MAX_GENERATION ? 'never' : this.#compile(region.pc, region.pc, false);
  }

  /** Has `pc` be a part of `region`, or where it is one, a place at which that can be entered. */
  include(region: CompiledRegion, pc: number): Outcome {
    if (region.blocks.has(pc)) return this.#addEntry(region, pc);
    return region.generation >= MAX_GENERATION ? 'never' : this.#compile(pc, region.pc, false);
  }

  #addEntry(region: CompiledRegion, pc: number): Outcome {
    const more = this.#moreEntries.get(region.pc) ?? new Set();
    this.#moreEntries.set(region.pc, more.add(pc));
    return this.extend(region);
  }

  /** Guest code in [start, end) changed, or may not be executed as before: forgets the modules made from its pages. */
  invalidate(start: number, end: number): void {
    const [first, last] = [start >>> PAGE_SHIFT, (end - 1) >>> PAGE_SHIFT];
    this.#forgetThere(start, end);
    const modules = this.#map.on(first, last);
    const pages = new Set<number>();
    for (const module of modules) for (const page of module.pages) if (page >= first && page <= last) pages.add(page);
    this.#invalidate(modules, pages);
  }

  /** The guest says that it may have written code in [start, end): forgets the modules whose code is another now. */
  synchronize(start: number, end: number): void {
    const { bytes } = this.#options.memory;
    this.#forgetThere(start, end);
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
    this.#refused.clear();
    this.jumps.forget((site) => pages.has(site >>> PAGE_SHIFT));
    this.#forget(gone, 'code-changed');
  }

  #unlearn(regions: readonly CompiledRegion[]): void {
    for (const { pc, blocks } of regions) {
      for (const at of blocks) this.#executedElsewhere.delete(at);
      this.#moreEntries.delete(pc);
      this.#speculation.forget(pc);
      this.#unexpected.delete(pc);
    }
  }

  /** Forgets all regions. */
  drop(reason: DropReason): void {
    this.#slow = null;
    this.#due.clear();
    this.#options.background?.session.reset();
    this.#pending.clear();
    this.#refused.clear();
    this.#executedElsewhere.clear();
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

/** Whether every page of some ranges has code. */
function isReadable(ranges: readonly CodeRange[], source: CodeSource): boolean {
  return ranges.every(({ start, end }) => {
    for (let at = start; at < end; at = at - (at % PAGE_SIZE) + PAGE_SIZE) if (source.readU8(at) < 0) return false;
    return true;
  });
}

/** What is left of some ranges outside of these pages. */
function withoutPages(ranges: readonly CodeRange[], pages: readonly number[]): CodeRange[] {
  if (pages.length === 0) return [...ranges];
  const gone = new Set(pages);
  const left: CodeRange[] = [];
  for (const { start, end } of ranges) {
    for (let at = start; at < end;) {
      const next = Math.min(end, (Math.floor(at / PAGE_SIZE) + 1) * PAGE_SIZE);
      if (!gone.has(at >>> PAGE_SHIFT)) left.push({ start: at, end: next });
      at = next;
    }
  }
  return left;
}

function pagesIn(start: number, end: number): number[] {
  const first = start >>> PAGE_SHIFT;
  return Array.from({ length: ((end - 1) >>> PAGE_SHIFT) - first + 1 }, (_, index) => first + index);
}
