/** One virtual processor: guest state in linear memory, and the loop that runs translated code. */
import { assert, defined, unreachable } from '../common/assert.ts';
import { createFpImports } from '../fp/imports.ts';
import type { CodeSource, Guest } from '../guest/guest.ts';
import { STRAYS } from '../host/dispatcher.ts';
import { EXIT, INDIRECT, LOOKUP } from '../host/interpreter/exits.ts';
import {
  instantiateInterpreter,
  interpreterModule,
  microOpSet,
  type Interpreter,
  type PrebuiltModules,
} from '../host/interpreter/instance.ts';
import type { MemoryModel } from '../host/interpreter/memory-model.ts';
import { TRAP } from '../ir/block.ts';
import type { Slot } from '../ir/state.ts';
import { STOP_NEVER, VCPU, VCPU_SIZE } from '../ir/vcpu-layout.ts';
import { PAGE_SHIFT, PAGE_SIZE, PERMISSION, VCPU_AREA } from '../memory/layout.ts';
import { releasePage } from '../memory/code-pages.ts';
import type { GuestMemory } from '../memory/guest-memory.ts';
import type { PageProtection } from '../platform/types.ts';
import type { BackgroundCompiler, CompileSession } from './background.ts';
import { nameInCache, type CodeCache, type CodeRange, type ProgramCode } from './code-cache.ts';
import type { Exit, GuestTrap } from './exit.ts';
import type { DropReason, EngineEventSink } from './events.ts';
import { GrowthPolicy } from './growth.ts';
import { GOES_ROUND, HotspotDetector } from './hotspots.ts';
import {
  DEFAULT_CODE_LIMITS,
  Regions,
  type CodeLimits,
  type CompiledRegion,
  type Outcome,
  type RegionEntry,
} from './regions.ts';
import { pairImports, type Peers } from './peers.ts';
import { createEngineStats, type EngineStats, type RunExitStats } from './stats.ts';
import { Translator } from './translator.ts';

export type VcpuMemoryModel = MemoryModel | 'host';

/** How tier 0 checks accesses: where a store to code has to be seen at once, its page's permission is looked at. */
export function interpretedModel(model: VcpuMemoryModel, { coherentCode }: Pick<Guest, 'coherentCode'>): MemoryModel {
  return model === 'host' || coherentCode === true ? 'strict' : model;
}

export interface VcpuOptions {
  readonly guest: Guest;
  readonly memory: GuestMemory;
  /**
   * Checks on guest memory accesses; `strict` unless given. Under `host` tier 0 is strict, and compiled regions rely on
   * the host's page protection, or are strict too where there is none.
   */
  readonly memoryModel?: VcpuMemoryModel;
  /** The host's page protection, for memory model `host`; asked for when first needed. */
  readonly pageProtection?: () => PageProtection | null;
  /** Called before the first region is compiled, for the host to switch on what its engine has. */
  readonly enableWasmFeatures?: () => void;
  /** Which tiers run guest code: 0 (the default) the interpreter alone, 1 compiled regions as well; see docs/architecture.md. */
  readonly tier?: 0 | 1;
  /** Arrivals at a loop or function after which it is compiled; unless given, those of the hotspot detector. */
  readonly compileThreshold?: number;
  /** False to compile nothing, and use kept code alone; with a threshold of 1 that is all the kept code that is reached. */
  readonly compiles?: boolean;
  /** How much compiled code one memory may have; what was not used for longest goes first. */
  readonly codeLimits?: CodeLimits;
  /** Monotonic clock in nanoseconds, for guests that can read one without a system call. */
  readonly clock: () => bigint;
  /** 64 random bits, for guests with an instruction for that; without it such an instruction is an error. */
  readonly random?: () => bigint;
  /** Monotonic clock by which compile time is limited; `clock` unless given. */
  readonly compileClock?: () => bigint;
  /**
   * Counts executions by the host offset of the first micro-op of what ran; slows execution down a lot. For the tool
   * that chooses fused sequences.
   */
  readonly profile?: Map<number, number>;
  /**
   * Is called after every block of tier 0 with where it began and how many instructions were executed; slows execution down a
   * lot. For tools, with tier 0 alone.
   */
  readonly onBlock?: (pc: number, instructions: number) => void;
  /** Where compiled code is shared with other address spaces and kept from run to run; see `Vcpu.setProgram`. */
  readonly codeCache?: CodeCache;
  /** Where hot code is compiled while the guest goes on; else the guest waits. */
  readonly background?: BackgroundCompiler;
  /** Interpreter modules built with the package. */
  readonly prebuilt?: PrebuiltModules;
  /** Counters to add to, which other vCPUs may use as well; the vCPU and its siblings have their own unless given. */
  readonly stats?: EngineStats;
  /** Is told what happens to translated code. */
  readonly events?: EngineEventSink;
  /** The vCPUs of the memory that other threads of the host run, where some do. */
  readonly peers?: Peers;
  /** Leaves the state in the vCPU blocks as it is: another thread made them. */
  readonly attaches?: boolean;
}

export interface VcpuStats extends EngineStats {
  /** Guest instructions retired by this vCPU. */
  readonly instructions: number;
  /** Times that the dispatcher's loop entered compiled regions of this memory; calls among them are not counted. */
  readonly regionEntries: number;
}

/**
 * Instructions in one call of the interpreter's main loop. V8 replaces baseline code by optimised code only at a call, so
 * it returns now and then.
 */
const SLICE = 400_000;
/** Instructions after which the dispatcher returns: a few milliseconds. */
const LONG_SLICE = 16_000_000;
/** The same while code is being compiled. */
const WAITING_SLICE = 2_000_000;
/** The same where other threads may have to wait for this one to stop: some 100 us. */
const SHARED_SLICE = 200_000;

/**
 * Guest calls that may be nested as calls of compiled functions. Deeper ones return to the run loop, so that a deeply
 * recursive guest cannot exhaust the host's stack (about 1 MB, a few hundred bytes to 2 KiB a frame).
 */
const CALL_DEPTH = 200;
/** How far a function may reach, in bytes. */
const NEARBY = 1 << 16;
/** A function with this share of the threshold is compiled together with a caller that reached it. */
const WARM_SHARE = 8;
/** Bytes from where a function begins to a jump by which all it does is lead to another one. */
const LONGEST_STUB = 16;
const NEVER = 0x7fffffff;
/** Where execution goes on: the host offset of a micro-op, 0 for a pc that is not executable, or a region. */
type Place = number | RegionEntry;

/** Reads guest code through the permission table. */
export function codeSource(memory: GuestMemory): CodeSource {
  const { bytes, layout } = memory;
  const executable = (pc: number): boolean =>
    pc >= 0 &&
    pc < layout.guestLimit &&
    ((bytes[layout.permissions + (pc >>> PAGE_SHIFT)] ?? 0) & PERMISSION.EXECUTE) !== 0;
  return {
    readU8: (pc) => (executable(pc) ? (bytes[pc] ?? -1) : -1),
    readU16: (pc) => (executable(pc) && executable(pc + 1) ? (bytes[pc] ?? 0) | ((bytes[pc + 1] ?? 0) << 8) : -1),
  };
}

/** What is counted when guest code returns to the run loop for a reason. */
const COUNTERS: Readonly<Record<number, keyof RunExitStats>> = {
  [EXIT.BUDGET]: 'budgetExits',
  [EXIT.LINK]: 'unlinkedBranches',
  [EXIT.INDIRECT]: 'jumpCacheMisses',
  [EXIT.RETURN]: 'jumpCacheMisses',
  [EXIT.HOT]: 'hotCounters',
  [EXIT.ENTER]: 'regionLookups',
  [EXIT.LOOKUP]: 'regionLookups',
  [EXIT.STRAY]: 'strayExits',
  [EXIT.SYSCALL]: 'syscallExits',
  [EXIT.RESYNC]: 'resyncs',
  [EXIT.TRAP]: 'trapExits',
  [EXIT.FAULT_READ]: 'faultExits',
  [EXIT.FAULT_WRITE]: 'faultExits',
};

/** What the vCPUs of one memory share: they run one at a time. */
interface Sharing {
  /** The one that runs, or ran last. */
  current: Vcpu;
  /** What is in memory, as far as that was told. */
  program: string | null;
  /** Mode that the entries of the jump cache are for. */
  jumpMode: number;
  /** Entries of the peers' log that were read. */
  codeSeen: number;
}

/** The vCPU blocks of one memory. */
export const MAX_VCPUS = VCPU_AREA / VCPU_SIZE;

export class Vcpu {
  readonly guest: Guest;
  readonly memory: GuestMemory;
  readonly #view: DataView;
  readonly #offset: number;
  readonly #interpreter: Interpreter;
  readonly #translator: Translator;
  readonly #profile: Map<number, number> | null;
  #pc = 0;
  #mode = 0;
  #interrupted = false;
  #instructions = 0;
  /** Instructions that the code running now was given. */
  #given = 0;
  readonly #regions: Regions | null;
  /** Null where there are no regions. */
  readonly #growth: GrowthPolicy | null;
  readonly #hotspots: HotspotDetector;
  readonly #stats: EngineStats;

  readonly #options: VcpuOptions;
  readonly #sharing: Sharing;
  readonly #peers: Peers | null;
  /** Nobody else runs. */
  #isAlone = false;

  /**
   * `sibling`: another vCPU of the same memory, to share its translations; `index`: which block of the vCPU area is this
   * one's. See `createSibling`.
   */
  constructor(options: VcpuOptions, sibling?: Vcpu, index = 0) {
    const { guest, memory, memoryModel = 'strict', clock, prebuilt, profile } = options;
    assert(index < MAX_VCPUS, 'a vCPU has a block of its own');
    this.#options = options;
    this.#profile = profile ?? null;
    this.guest = guest;
    this.memory = memory;
    this.#view = memory.view;
    this.#offset = memory.layout.vcpus + index * VCPU_SIZE;
    this.#peers = options.peers ?? null;
    if (options.attaches !== true) memory.bytes.fill(0, this.#offset, this.#offset + VCPU_SIZE);
    if (sibling !== undefined) {
      this.#sharing = sibling.#sharing;
      this.#stats = sibling.#stats;
      this.#interpreter = sibling.#interpreter;
      this.#translator = sibling.#translator;
      this.#regions = sibling.#regions;
      this.#growth = sibling.#growth;
      this.#hotspots = sibling.#hotspots;
      if (options.attaches !== true) this.fpEnv = guest.initialFpEnv;
      return;
    }
    const stats = (this.#stats = options.stats ?? createEngineStats());
    const events = options.events ?? null;
    const sharing: Sharing = (this.#sharing = { current: this, program: null, jumpMode: 0, codeSeen: 0 });
    const imports = {
      ...createFpImports(() => memory.view),
      ...pairImports(memory, options.peers),
      'input.time': clock,
      'input.random': options.random ?? ((): bigint => unreachable('the vCPU was given no source of random numbers')),
      'input.instructions': () => sharing.current.#instructionsNow(),
    };
    const interpreted = interpretedModel(memoryModel, guest);
    const { codeCache } = options;
    const module = interpreterModule(memory.layout, interpreted, {
      ...(prebuilt === undefined ? {} : { prebuilt }),
      ...(codeCache === undefined ? {} : { compile: (name, wasm) => codeCache.compileRuntime(name, wasm) }),
    });
    this.#interpreter = instantiateInterpreter(module, memory, imports);
    const source = codeSource(memory);
    const usesRegions = options.tier === 1 && profile === undefined;
    const compileClock = options.compileClock ?? clock;
    const hotspots = (this.#hotspots = new HotspotDetector(compileClock, stats, options.compileThreshold));
    const countdown = usesRegions ? hotspots.granule : -1;
    const isCached = (pc: number): boolean => {
      const kept = this.#regions;
      return kept !== null && (hotspots.isReady || kept.isCheap(pc)) && kept.isCached(pc);
    };
    const arrivals = (pc: number): number => this.#translator.arrivals(pc) + hotspots.countOf(pc);
    const compiledAt = (pc: number): { tableIndex: number; entry: number } | null => {
      const found = this.#regions?.find(pc);
      return found === undefined ? null : { tableIndex: found.region.tableIndex, entry: found.entry };
    };
    const set = microOpSet();
    const watched = { clock: compileClock, stats, events };
    const watch = options.peers === undefined ? null : this.#watchFirst(options.peers);
    this.#translator = new Translator({
      guest,
      memory,
      source,
      set,
      countdown,
      isCached,
      compiledAt,
      watch,
      ...watched,
    });
    this.#regions = usesRegions
      ? new Regions({
          guest,
          memory,
          source,
          model: memoryModel,
          fallback: 'strict',
          protection: options.pageProtection ?? (() => null),
          enableWasmFeatures: options.enableWasmFeatures ?? (() => undefined),
          imports,
          enterCode: set.kind('enter').code,
          interpret: this.#interpreter.run,
          onEntry: (pc, place) => {
            if (place === null) this.#translator.unmarkCompiled(pc);
            else this.#translator.markCompiled(pc, place.region.tableIndex, place.entry);
          },
          clock: options.compileClock ?? clock,
          isKnown: (pc) => this.#translator.knows(pc),
          functions: () => this.#translator.functions(),
          isFunction: (pc) => this.#translator.isFunction(pc),
          staysInFunction: (site, target) => this.#translator.staysInFunction(site, target),
          functionStart: (pc) => this.#translator.functionStart(pc) ?? pc,
          arrivals,
          isWarm: (pc) => arrivals(pc) >= this.#warmFrom,
          background: this.#openSession(options.background),
          ...(options.compiles === undefined ? {} : { compiles: options.compiles }),
          limits: options.codeLimits ?? DEFAULT_CODE_LIMITS,
          snapshots: options.peers !== undefined,
          stats,
          events,
        })
      : null;
    this.#growth = this.#regions === null ? null : new GrowthPolicy(this.#regions, hotspots.usual);
    if (options.attaches !== true) this.fpEnv = guest.initialFpEnv;
  }

  /** Arrivals at a function from which on it is compiled with its callers. */
  get #warmFrom(): number {
    return this.#hotspots.usual / WARM_SHARE;
  }

  #openSession(compiler: BackgroundCompiler | undefined): { readonly session: CompileSession } | null {
    if (compiler === undefined) return null;
    const { guest, memory } = this;
    const translator = this.#translator;
    const code = {
      get pcs() {
        return translator.pcs;
      },
      get epoch() {
        return translator.epoch;
      },
      pages: () => translator.pages(),
      heat: (start: number) => this.#heat(start),
      warmFrom: this.#warmFrom,
    };
    return { session: compiler.open({ name: guest.name, cpu: guest.variant ?? '' }, memory, code) };
  }

  /** Watches a page before code on it is translated; see `Translator`. */
  #watchFirst(peers: Peers): (page: number) => boolean {
    const { bytes, layout } = this.memory;
    return (page) => {
      if (((bytes[layout.permissions + page] ?? 0) & PERMISSION.WRITE) === 0) return false;
      peers.watch(page);
      return true;
    };
  }

  /** Other vCPUs of the memory watch pages for their code: this one looks where its stores go from now on. */
  noteWatched(): void {
    this.#translator.hasWatched = true;
  }

  /** How compiled code checks accesses, from now on; with it the host protects the pages if it is to. */
  get settledModel(): VcpuMemoryModel {
    return this.#regions?.settleModel() ?? 'strict';
  }

  /** See `ExecutedCode`: what goes round is of interest close to the code that is compiled, functions are anywhere. */
  #heat(start: number): Uint32Array {
    const [first, last] = [Math.max(start - NEARBY, 0), Math.min(start + NEARBY, this.memory.layout.guestLimit - 1)];
    const goesRound = Math.min(GOES_ROUND, this.#warmFrom);
    return this.#translator.heat(first, last, goesRound, this.#warmFrom, new Map(this.#hotspots.counts()));
  }

  /** Another vCPU over the same memory, with the same translations; `index` from 1 to MAX_VCPUS - 1 says which one. */
  createSibling(index: number): Vcpu {
    return new Vcpu(this.#options, this, index);
  }

  /** Takes over the state of another vCPU of the same guest: registers, pc, mode, floating-point environment. */
  copyState(from: Vcpu): void {
    const { offset, length } = { offset: from.#offset, length: VCPU_SIZE };
    this.memory.bytes.set(from.memory.bytes.subarray(offset, offset + length), this.#offset);
    this.#pc = from.#pc;
    this.#mode = from.#mode;
  }

  /** Tells which program is in memory, so that its compiled code can be found again. What differs needs another name. */
  setProgram(name: string): void {
    this.#sharing.program = name;
    const program = this.#useProgram();
    if (program !== null) this.#translator.kept = program.blocks;
  }

  /** Has regions be those of the program as they are to handle faults. */
  #useProgram(): ProgramCode | null {
    const { codeCache, guest, memory } = this.#options;
    const regions = this.#regions;
    const name = this.#sharing.program;
    if (regions === null || codeCache === undefined || name === null) return null;
    return (regions.program = codeCache.program(nameInCache(guest, memory.layout, name, regions.precise)));
  }

  #instructionsNow(): bigint {
    return BigInt(
      this.#instructions + this.#given - this.#budgetLeft() - this.#view.getInt32(this.#offset + VCPU.RESERVE, true),
    );
  }

  /** Guest pc of the next instruction. */
  get pc(): number {
    return this.#pc;
  }
  set pc(pc: number) {
    this.#pc = pc;
  }

  /** Mode bits of the next location. */
  get mode(): number {
    return this.#mode;
  }
  set mode(mode: number) {
    this.#mode = mode;
  }

  /** The floating-point environment word (`FP_ENV`). */
  get fpEnv(): number {
    return this.#view.getInt32(this.#offset + VCPU.FP_ENV, true);
  }
  set fpEnv(word: number) {
    this.#view.setInt32(this.#offset + VCPU.FP_ENV, word, true);
  }

  /** Guest instructions retired since the vCPU was made. */
  get instructions(): number {
    return this.#instructions;
  }
  set instructions(count: number) {
    this.#instructions = count;
  }

  get stats(): VcpuStats {
    return { ...this.#stats, instructions: this.#instructions, regionEntries: this.#regions?.entries ?? 0 };
  }

  /** The translator, for tools that look at the code. */
  get translator(): Translator {
    return this.#translator;
  }

  /** The 64 bits of an i64 or f64 slot, unsigned. */
  getU64(slot: Slot): bigint {
    return this.#view.getBigUint64(this.#offset + slot.offset, true);
  }
  setU64(slot: Slot, value: bigint): void {
    this.#view.setBigUint64(this.#offset + slot.offset, BigInt.asUintN(64, value), true);
  }

  /** A 64-bit slot as a signed number, exact up to 2^53. */
  getI64(slot: Slot): number {
    const at = this.#offset + slot.offset;
    return this.#view.getUint32(at, true) + this.#view.getInt32(at + 4, true) * 0x100000000;
  }
  /** Sets a 64-bit slot from a safe integer. */
  setI64(slot: Slot, value: number): void {
    const at = this.#offset + slot.offset;
    this.#view.setInt32(at, value | 0, true);
    this.#view.setInt32(at + 4, Math.floor(value / 0x100000000), true);
  }

  /** A view of a slot's bytes, for any type. */
  slotBytes(slot: Slot, length: number): Uint8Array {
    return this.memory.bytes.subarray(this.#offset + slot.offset, this.#offset + slot.offset + length);
  }

  /** Makes `run` return with `interrupt` as soon as it can; without effect on state. */
  interrupt(): void {
    this.#interrupted = true;
  }

  /**
   * Whether a memory fault has to leave the state as it was before the instruction, so that the guest can handle it. Else
   * a fault in compiled code may end with `imprecise`, which is faster.
   */
  setPreciseFaults(precise: boolean): void {
    const regions = this.#regions;
    // Stores to watched pages leave to tier 0 as well.
    const isPrecise = precise || regions?.checksStores === true;
    if (regions === null || regions.precise === isPrecise) return;
    this.#flushCode('fault-handling');
    regions.precise = isPrecise;
    this.#useProgram();
  }

  /**
   * Some page is watched for its code from now on, so that every store of a region has to look where it goes; tier 0
   * executes those to a watched page. True when regions are compiled anew for that.
   */
  #checkStores(): boolean {
    const regions = this.#regions;
    if (!this.#translator.hasWatched || regions === null || regions.checksStores) return false;
    this.#flushCode('watched-code');
    regions.precise = true;
    regions.checksStores = true;
    return true;
  }

  /** Forgets translations of guest code in [start, end): call after the bytes or their permissions changed. */
  invalidateCode(start: number, end: number): void {
    if (end <= start) return;
    this.#regions?.invalidate(start, end);
    this.#translator.invalidate(start, end);
  }

  /** Makes translations those of the code in [start, end) as it is now: the guest may have written there. */
  synchronizeCode(start: number, end: number): void {
    if (end <= start) return;
    this.#regions?.synchronize(start, end);
    if (start === 0 && end >= this.memory.layout.guestLimit) this.#translator.flush('code-changed');
    else this.#translator.invalidate(start, end);
  }

  /** The program in memory has ended: gives up its compiled code, of which others may have the use. */
  release(): void {
    this.#flushCode('program-ended');
  }

  /** Runs the guest until something needs the caller's attention, at most about `budget` guest instructions. */
  run(budget: number): Exit {
    this.#sharing.current = this;
    if (this.#peers === null) return this.#run(budget);
    const { jumpCache } = this.memory.layout;
    this.#view.setUint32(this.#offset + VCPU.JUMP_CACHE, jumpCache, true);
    try {
      return this.#run(budget);
    } finally {
      this.#setAlone(false);
    }
  }

  /** An instruction in its careful form is several steps, so that nobody else may run meanwhile. */
  #setAlone(isAlone: boolean): void {
    const peers = this.#peers;
    if (peers === null || this.#isAlone === isAlone) return;
    this.#isAlone = isAlone;
    if (isAlone) peers.exclude();
    else peers.share();
  }

  /** Takes notice of what other vCPUs said about their code; true when translations may have gone. */
  #readCodeLog(): boolean {
    const peers = this.#peers;
    const sharing = this.#sharing;
    if (peers === null || peers.log.count === sharing.codeSeen) return false;
    sharing.codeSeen = peers.log.read(sharing.codeSeen, this.memory.layout.guestLimit, (start, end) => {
      this.synchronizeCode(start, end);
    });
    return true;
  }

  #run(budget: number): Exit {
    let left = budget;
    this.#claimJumpCache();
    let ip: Place = this.#regionAt(this.#pc) ?? this.#entry();
    for (;;) {
      if (this.#readCodeLog()) ip = this.#regionAt(this.#pc) ?? this.#entry();
      if (this.#checkStores()) ip = this.#entry();
      // A region may have gone for a newer one.
      if (this.#regions?.takeCompiled() === true && typeof ip !== 'number')
        ip = this.#regionAt(this.#pc) ?? this.#entry();
      if (ip === 0) return this.#fetchFault(this.#pc);
      if (this.#interrupted || this.#peers?.mustStop === true) {
        this.#interrupted = false;
        return { kind: 'interrupt' };
      }
      this.#setAlone((this.#mode & (this.guest.careful ?? 0)) !== 0);
      if (left <= 0) return { kind: 'budget' };
      this.#stats.runs++;
      const before = this.#instructions;
      let reason: number;
      try {
        reason = this.#execute(ip, left);
      } catch (error) {
        this.#stats.faultExits++;
        const trap = this.#regionTrap(error);
        left -= this.#instructions - before;
        if (this.#regions?.precise !== true) return { kind: 'trap', trap };
        // The state is that before the instruction, which tier 0 tries again.
        ip = this.#withoutRegion();
        continue;
      }
      this.#stats[COUNTERS[reason] ?? unreachable(`the interpreter returned ${String(reason)}`)]++;
      left -= this.#instructions - before;
      const stop = this.#view.getUint32(this.#offset + VCPU.EXIT_IP, true);
      switch (reason) {
        case EXIT.BUDGET:
          // Often a link that no one followed yet: keep the pc for the caller, and go on at the same place.
          ip = stop;
          this.#pc = this.#translator.continuation(stop);
          if (this.#endCareful(stop)) ip = this.#entry();
          break;
        case EXIT.LINK:
          ip = this.#followLink(stop);
          break;
        case EXIT.INDIRECT:
        case EXIT.RETURN:
          ip = this.#indirect(stop);
          break;
        case EXIT.HOT:
          ip = this.#hot(stop);
          break;
        case EXIT.ENTER:
          this.#pc = this.#translator.position(stop).pc;
          ip = this.#regionAt(this.#pc) ?? this.#translator.body(stop);
          break;
        case EXIT.LOOKUP:
          ip = this.#lookup(stop);
          break;
        case EXIT.STRAY:
          ip = this.#noteStray();
          break;
        case EXIT.SYSCALL:
          this.#pc = this.#translator.word(stop, 2) >>> 0;
          return { kind: 'syscall' };
        case EXIT.RESYNC:
          ip = this.#resync(stop);
          break;
        case EXIT.TRAP:
          if (this.#translator.word(stop, 2) === TRAP.CAREFUL) {
            ip = this.#beCareful(stop);
            break;
          }
          return { kind: 'trap', trap: this.#trap(stop) };
        case EXIT.FAULT_READ:
          return { kind: 'trap', trap: this.#memoryFault(stop, 'read') };
        case EXIT.FAULT_WRITE: {
          const again = this.#storeToCode(stop);
          if (again === null) return { kind: 'trap', trap: this.#memoryFault(stop, 'write') };
          ip = again;
          break;
        }
        default:
          unreachable(`the interpreter returned ${String(reason)}`);
      }
    }
  }

  #regionAt(pc: number): RegionEntry | undefined {
    return this.#mode === 0 ? this.#regions?.find(pc) : undefined;
  }

  /** Runs from `place` on, by the dispatcher where there are regions; returns an `EXIT` code. */
  #execute(place: Place, left: number): number {
    const view = this.#view;
    const at = this.#offset;
    // Regions are for mode 0.
    const regions = this.#mode === 0 ? this.#regions : null;
    let slice = Math.min(left, this.#longestSlice(regions));
    if (this.#profile !== null && typeof place === 'number') {
      slice = 0;
      this.#profile.set(place, (this.#profile.get(place) ?? 0) + 1);
    }
    const { onBlock } = this.#options;
    if (onBlock !== undefined) slice = 0;
    const from = onBlock !== undefined && typeof place === 'number' ? this.#translator.position(place).pc : 0;
    this.#given = slice;
    let reason: number;
    if (regions === null) {
      assert(typeof place === 'number', 'without regions, tier 0 runs');
      view.setInt32(at + VCPU.STOP, STOP_NEVER, true);
      view.setInt32(at + VCPU.RESERVE, 0, true);
      reason = this.#interpreter.run(at, place, slice);
    } else {
      view.setUint32(at + VCPU.PC, this.#pc, true);
      view.setInt32(at + VCPU.BUDGET, slice, true);
      view.setInt32(at + VCPU.SITE, 0, true);
      view.setInt32(at + VCPU.SPECULATION, 0, true);
      view.setInt32(at + VCPU.UNEXPECTED, 0, true);
      reason = regions.run(at, place, CALL_DEPTH);
    }
    onBlock?.(from, slice - this.#budgetLeft());
    this.#countInstructions(slice - this.#budgetLeft(), regions !== null);
    return reason;
  }

  #longestSlice(regions: Regions | null): number {
    if (this.#peers !== null) return SHARED_SLICE;
    if (regions === null) return SLICE;
    return regions.isWaiting ? WAITING_SLICE : LONG_SLICE;
  }

  /** `count` were executed, by tier 0 alone or under the dispatcher. */
  #countInstructions(count: number, dispatched: boolean): void {
    const compiled = dispatched ? Math.min(this.#view.getInt32(this.#offset + VCPU.COMPILED, true), count) : 0;
    this.#instructions += count;
    this.#stats.compiledInstructions += compiled;
    this.#stats.interpretedInstructions += count - compiled;
  }

  /** Goes on at the pc at which the dispatcher does not know how to. */
  #lookup(kind: number): Place {
    const view = this.#view;
    const { regions, growth } = this.#compiled();
    const next = view.getUint32(this.#offset + VCPU.PC, true);
    this.#pc = next === 0 ? this.#exitTarget() : next;
    const site = view.getUint32(this.#offset + VCPU.SITE, true);
    const last = site === 0 ? null : this.#lastRegion(regions);
    const failed = view.getUint32(this.#offset + VCPU.SPECULATION, true);
    // May compile, for which other regions may go.
    if (failed !== 0) regions.noteSpeculation(failed, this.fpEnv);
    const unexpected = view.getUint32(this.#offset + VCPU.UNEXPECTED, true);
    if (unexpected !== 0) regions.noteUnexpected(unexpected);
    if (last !== null) {
      this.#noteStub(site);
      if (regions.jumps.note(site, this.#pc, growth.samplesWorth(last))) regions.extend(last);
    }
    if (kind === LOOKUP.ANY) {
      const found = this.#regionAt(this.#pc);
      // The region cache knows where regions begin; to places in their middle the way leads through tier 0's code.
      if (found !== undefined && found.entry !== 0) this.#translator.cacheJump(this.#pc, this.#entry());
      if (found !== undefined) return found;
    }
    const ip = this.#entry();
    if (ip === 0) return 0;
    // A function that regions call counts its calls.
    const to = kind === LOOKUP.CALL ? ip : this.#translator.body(ip);
    this.#translator.cacheJump(this.#pc, to);
    return to;
  }

  /** The fault that made a region trap. */
  #regionTrap(error: unknown): GuestTrap {
    const site = this.#regions?.trapSite(error) ?? null;
    if (site === null) throw error;
    const reserve = this.#view.getInt32(this.#offset + VCPU.RESERVE, true);
    this.#countInstructions(this.#given - this.#budgetLeft() - reserve, true);
    this.#pc = site.pc;
    const address = site.isChecked ? this.#view.getBigUint64(this.#offset + VCPU.EXIT_VALUE, true) : null;
    return { kind: 'memory-fault', pc: site.pc, address, access: site.access, imprecise: true };
  }

  /** The way on in tier 0, also where a region begins. */
  #withoutRegion(): number {
    const ip = this.#entry();
    return ip === 0 ? 0 : this.#translator.body(ip);
  }

  #compiled(): { readonly regions: Regions; readonly growth: GrowthPolicy } {
    const without = 'the dispatcher runs where there are regions';
    return { regions: defined(this.#regions, without), growth: defined(this.#growth, without) };
  }

  #lastRegion(regions: Regions): CompiledRegion {
    return regions.at(this.#view.getUint32(this.#offset + VCPU.REGION, true));
  }

  #entry(): number {
    return this.#translator.entry(this.#pc, this.#mode);
  }

  /** Makes a place where no region can be entered, and where execution often goes from one to tier 0, such a place. */
  #noteStray(): Place {
    this.#pc = this.#view.getUint32(this.#offset + VCPU.PC, true);
    const { regions, growth } = this.#compiled();
    const region = this.#lastRegion(regions);
    const owner = growth.ownerOf(this.#pc);
    const isDone =
      this.#regionAt(this.#pc) !== undefined ||
      !growth.isWorth(this.#pc, STRAYS, owner ?? region) ||
      (owner !== undefined && (regions.include(owner, this.#pc) !== 'never' || growth.isLarge(owner))) ||
      (region.exits.has(this.#pc) && regions.extend(region) !== 'never');
    if (!isDone) regions.compile(this.#pc);
    return this.#regionAt(this.#pc) ?? this.#withoutRegion();
  }

  /** A counter reached its limit: compiles the code there if that is hot. */
  #hot(stop: number): Place {
    this.#pc = this.#translator.position(stop).pc;
    const known = this.#regionAt(this.#pc);
    if (known !== undefined) {
      this.#translator.markCompiled(this.#pc, known.region.tableIndex, known.entry);
      return known;
    }
    const { regions, growth } = this.#compiled();
    const hotspots = this.#hotspots;
    const { granule } = hotspots;
    const owner = growth.ownerOf(this.#pc);
    const isWorth = owner === undefined || growth.isWorth(this.#pc, granule, owner);
    const isHot = hotspots.note(this.#pc, granule) && isWorth;
    let outcome: Outcome = 'later';
    if (this.#mode !== 0) outcome = 'never';
    else if (!this.#loadsAround(regions, owner, isHot) && (isHot || this.#canLoad(regions))) {
      if (owner === undefined || !growth.isLarge(owner))
        outcome = regions.compile(this.#pc, hotspots.isOverdue(this.#pc));
      else if (regions.include(owner, this.#pc) === 'done') outcome = 'done';
      if (outcome === 'later') hotspots.postpone(this.#pc);
    }
    if (outcome !== 'later') hotspots.settle(this.#pc);
    const found = this.#regionAt(this.#pc);
    if (found === undefined) this.#translator.recount(stop, outcome === 'never' ? NEVER : granule);
    return found ?? this.#translator.body(stop);
  }

  /** Whether there is kept code with an entry here, and it is worth loading. */
  #canLoad(regions: Regions): boolean {
    return this.#isWorthLoading(regions) && regions.isCached(this.#pc);
  }

  /** Loads kept code that has this place in its middle, if no region has it yet: then nothing is to be compiled for it. */
  #loadsAround(regions: Regions, owner: CompiledRegion | undefined, isHot: boolean): boolean {
    return owner === undefined && (isHot || this.#isWorthLoading(regions)) && regions.loadAround(this.#pc);
  }

  /** Whether kept code would be worth loading for here, if there is some. */
  #isWorthLoading(regions: Regions): boolean {
    return this.#hotspots.isWorthLoading(this.#pc) || regions.isCheap(this.#pc);
  }

  #flushCode(reason: DropReason): void {
    this.#regions?.drop(reason);
    this.#growth?.clear();
    this.#hotspots.clear();
    this.#translator.flush(reason);
  }

  #budgetLeft(): number {
    return this.#view.getInt32(this.#offset + VCPU.BUDGET, true);
  }

  #followLink(stop: number): number {
    const translator = this.#translator;
    this.#pc = translator.linkTarget(stop);
    if (this.#endCareful(stop)) return this.#entry();
    const flushes = translator.stats.flushes;
    const ip = translator.entry(this.#pc, this.#mode);
    if (ip === 0 || translator.stats.flushes !== flushes) return ip;
    return translator.link(stop, ip);
  }

  /** Where an indirect jump goes. Signed: a pc near either end of the address space is exact as a number. */
  #exitTarget(): number {
    return Number(this.#view.getBigInt64(this.#offset + VCPU.EXIT_VALUE, true));
  }

  #indirect(stop: number): number {
    this.#pc = this.#exitTarget();
    const purpose = this.#translator.word(stop, 1) >>> 16;
    const isCounted = purpose !== INDIRECT.RETURN;
    if (purpose === INDIRECT.CALL) this.#translator.noteFunction(this.#pc);
    if (isCounted) {
      const { pc } = this.#translator.position(stop);
      this.#regions?.jumps.learn(pc, this.#pc);
      if (purpose === INDIRECT.JUMP) this.#noteStub(pc);
    }
    const ip = this.#translator.entry(this.#pc, this.#mode);
    if (ip === 0) return 0;
    const to = isCounted ? ip : this.#translator.body(ip);
    this.#translator.cacheJump(this.#pc, to);
    return to;
  }

  /** Where a function begins with a jump at `site`, as in a procedure linkage table, another one begins at its target. */
  #noteStub(site: number): void {
    const start = this.#translator.functionStart(site);
    if (start !== undefined && site - start < LONGEST_STUB) this.#translator.noteFunction(this.#pc);
  }

  #resync(stop: number): number {
    const flush = this.#translator.word(stop, 3) !== 0;
    this.#pc = this.#translator.word(stop, 2) >>> 0;
    if (flush) {
      const { start, end } = this.#flushedBy(stop);
      this.synchronizeCode(start, end);
      // What has no range is for this processor alone (FENCE.I).
      if (end < this.memory.layout.guestLimit) this.#tellOthers(start, end);
    }
    this.syncMode();
    return this.#translator.entry(this.#pc, this.#mode);
  }

  #tellOthers(start: number, end: number): void {
    const log = this.#peers?.log;
    if (log === undefined) return;
    const isNext = log.count === this.#sharing.codeSeen;
    log.append(start, end);
    // If somebody else came in between, all is read again.
    if (isNext && log.count === ((this.#sharing.codeSeen + 1) | 0)) this.#sharing.codeSeen = log.count;
  }

  /** The code that the instruction which `stop` belongs to makes coherent. */
  #flushedBy(stop: number): CodeRange {
    const { guest, memory } = this;
    const { pc } = this.#translator.position(stop);
    const one = guest.synchronizedBy?.(memory.view.getUint32(pc, true), (slot) => this.getU64(slot)) ?? null;
    return one ?? { start: 0, end: memory.layout.guestLimit };
  }

  /**
   * A store to a page that is watched for its code (see code-pages.ts): drops what was translated from it, and goes on with
   * the storing instruction alone, which may be on that page itself. Null for any other fault.
   */
  #storeToCode(stop: number): number | null {
    const address = this.#view.getBigUint64(this.#offset + VCPU.EXIT_VALUE, true);
    if (address >> 32n !== 0n) return null;
    const page = Number(address) >>> PAGE_SHIFT;
    if (!(this.#peers?.release(page) ?? releasePage(this.memory, page))) return null;
    const pc = this.#settle(stop);
    this.invalidateCode(page * PAGE_SIZE, (page + 1) * PAGE_SIZE);
    return this.#translator.body(this.#translator.once(pc, this.#mode));
  }

  /** The instruction at `stop` is to be run in its careful form. */
  #beCareful(stop: number): number {
    this.#settle(stop);
    this.#mode |= defined(this.guest.careful, 'the guest has a careful mode');
    return this.#entry();
  }

  /** The careful form is for the one instruction: the bit goes when control leaves from there to another place. */
  #endCareful(stop: number): boolean {
    if ((this.#mode & (this.guest.careful ?? 0)) === 0 || this.#translator.position(stop).pc === this.#pc) return false;
    this.syncMode();
    return true;
  }

  /** Derives the mode bits from guest state; call after changing state that decides them. */
  syncMode(): void {
    const mode = this.guest.currentMode?.((slot) => this.getU64(slot), this.fpEnv) ?? 0;
    if (mode === this.#mode) return;
    this.#mode = mode;
    if (this.#sharing.current === this) this.#claimJumpCache();
  }

  /** Jump cache entries carry no mode: those of another one go. Blocks under the careful bit don't use them. */
  #claimJumpCache(): void {
    const mode = this.#mode & ~(this.guest.careful ?? 0);
    if (this.#sharing.jumpMode === mode) return;
    this.#sharing.jumpMode = mode;
    this.#translator.forgetJumps();
  }

  #fetchFault(pc: number): Exit {
    return {
      kind: 'trap',
      trap: { kind: 'memory-fault', pc, address: BigInt.asUintN(64, BigInt(pc)), access: 'execute' },
    };
  }

  /** Moves pc to the instruction that `stop` belongs to and counts those before it in its block. */
  #settle(stop: number): number {
    const { pc, instructionsBefore } = this.#translator.position(stop);
    this.#instructions += instructionsBefore;
    this.#stats.interpretedInstructions += instructionsBefore;
    this.#pc = pc;
    return pc;
  }

  #memoryFault(stop: number, access: 'read' | 'write'): GuestTrap {
    const address = this.#view.getBigUint64(this.#offset + VCPU.EXIT_VALUE, true);
    return { kind: 'memory-fault', pc: this.#settle(stop), address, access };
  }

  #trap(stop: number): GuestTrap {
    const code = this.#translator.word(stop, 2);
    const detail = this.#translator.word(stop, 3);
    const pc = this.#settle(stop);
    switch (code) {
      case TRAP.ILLEGAL_INSTRUCTION:
        return { kind: 'illegal-instruction', pc, encoding: detail >>> 0 };
      case TRAP.BREAKPOINT:
        return { kind: 'breakpoint', pc };
      case TRAP.MISALIGNED_ACCESS:
        return { kind: 'misaligned-access', pc, address: 0n };
      case TRAP.INTEGER_DIVIDE:
        return { kind: 'integer-divide', pc };
      case TRAP.FLOATING_POINT:
        return { kind: 'floating-point', pc };
      case TRAP.PROTECTION:
        return { kind: 'protection', pc };
      case TRAP.FETCH_FAULT:
        return { kind: 'memory-fault', pc, address: BigInt(pc), access: 'execute' };
      default:
        unreachable(`trap code ${String(code)}`);
    }
  }
}
