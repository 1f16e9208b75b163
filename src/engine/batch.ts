/**
 * Makes a module of hot guest code: which blocks are a region, which regions go together, and their WebAssembly. It changes
 * nothing and knows the address space only through what it is told, so that another thread can do it as well.
 */
import { defined } from '../common/assert.ts';
import { finish, type Steps } from '../common/steps.ts';
import type { CodeSource, Guest } from '../guest/guest.ts';
import { emitRegionModuleSteps } from '../host/wasm/region/module.ts';
import type { SpeculationState } from '../host/wasm/region/emitter.ts';
import type { TrapSites } from '../host/wasm/region/memory-access.ts';
import { ControlFlow } from '../host/wasm/region/structure.ts';
import type { Block } from '../ir/block.ts';
import { inlineCalls, isInlinable } from '../ir/passes/inline.ts';
import { optimizeBlock } from '../ir/passes/optimize.ts';
import { unrollLoops } from '../ir/passes/unroll.ts';
import { edgesOf, formRegion, lastInstructionPc, successorsIn, type JumpTargets, type Region } from '../ir/region.ts';
import { PAGE_SIZE, type MemoryLayout } from '../memory/layout.ts';
import { mergeRanges, type CodeRange, type CodeTarget, type RegionInfo } from './code-cache.ts';
import { GOES_ROUND } from './hotspots.ts';
import { discoverSteps } from './region-discovery.ts';
import { moduleName } from './trap-table.ts';

/**
 * Guest instructions in a region and in all of a batch: where the guest waits, `usual`; where it goes on meanwhile, `large`, as
 * some loops around a switch are; where it waits for some 10 ms at a time only, `small`, or nothing is compiled.
 */
const SIZES = {
  small: { region: 500, batch: 1200 },
  usual: { region: 2000, batch: 6000 },
  large: { region: 16_000, batch: 6000 },
} as const;
const MAX_UNKNOWN = 64;
/** Guest instructions of a function that is put where it is called, and of them those that were never executed. */
const MAX_INLINE = 40;
const MAX_INLINE_UNKNOWN = 12;
const MAX_BATCH_REGIONS = 40;
/** Times that a region is compiled again with what was learnt since. */
export const MAX_GENERATION = 12;
/** Of the instructions around a pc, the part that a function's region has already which makes them one with it. */
const SHARED_PART = 0.5;

/** What is known of an address space and of what ran there. */
export interface CodeKnowledge {
  /** Code that may be compiled. */
  readonly source: CodeSource;
  /** True where tier 0 has executed code. */
  readonly isKnown: (pc: number) => boolean;
  /** How often tier 0 came to a function or loop; those below `GOES_ROUND` need not be exact. */
  readonly arrivals: (pc: number) => number;
  /** True where a function begins, as far as is known. */
  readonly isFunction: (pc: number) => boolean;
  /** True for a function that is called often enough to be compiled with its callers. */
  readonly isWarm: (pc: number) => boolean;
  readonly targetsOf: JumpTargets;
  /** True where a region begins already, or one can be had without compiling. */
  readonly isCompiled: (pc: number) => boolean;
  /** Places in the middle of the region at a pc at which it is to be entered. */
  readonly entriesOf: (pc: number) => Iterable<number>;
  /** Whether the region at a pc may expect something of the state with which it is entered in its middle. */
  readonly guardsEntries: (pc: number) => boolean;
  readonly speculationOf: (pc: number) => SpeculationState;
  /** How often the region at a pc was compiled before. */
  readonly generationOf: (pc: number) => number;
}

export interface BatchTask {
  /** Where control is to enter the code. */
  readonly pc: number;
  /** Where the function begins that seems to hold it; `pc` itself for the region that begins there, and no other. */
  readonly start: number;
  /** Whether control comes to `pc` on ways that do not lead through the region that begins at `start`. */
  readonly isEntered: boolean;
  /** Of the module; unique in its program. */
  readonly id: number;
  readonly target: CodeTarget;
  /** What a refused access finds in the vCPU block is the state before its instruction, for tier 0 to raise the fault. */
  readonly precise: boolean;
  readonly size: keyof typeof SIZES;
  readonly layout: MemoryLayout;
}

export interface Batch {
  readonly regions: readonly RegionInfo[];
  /** What it was made from: disjoint, ascending. */
  readonly ranges: readonly CodeRange[];
  readonly wasm: Uint8Array;
  readonly sites: TrapSites;
  /** By entry of the module's table of links, the pc of the region that it is for. */
  readonly links: readonly number[];
  /** Where indirect jumps in these regions go, by the pc of the jump. */
  readonly jumps: readonly (readonly [site: number, targets: readonly number[]])[];
}

/**
 * A module with the code at a pc, the function it is in and the functions that this calls; null where there is nothing that
 * could be compiled. Only what has to be small may be too large.
 */
export function compileBatch(guest: Guest, task: BatchTask, knowledge: CodeKnowledge): Batch | 'too-large' | null {
  return finish(compileSteps(guest, task, knowledge));
}

/** The same, in steps that take some milliseconds each as long as regions are small. */
export function compileSteps(
  guest: Guest,
  task: BatchTask,
  knowledge: CodeKnowledge,
): Steps<Batch | 'too-large' | null> {
  return new BatchCompiler(guest, task, knowledge).compile();
}

class BatchCompiler {
  readonly #guest: Guest;
  readonly #task: BatchTask;
  readonly #knowledge: CodeKnowledge;
  /** An entry that the region at `start` gets for the sake of the task's pc. */
  #newEntry: { readonly start: number; readonly entry: number } | null = null;

  readonly #tailCalls = new Map<number, boolean>();
  /** By the pc of a region, how many nodes it has without those of functions that it calls. */
  readonly #ownNodes = new Map<number, number>();

  constructor(guest: Guest, task: BatchTask, knowledge: CodeKnowledge) {
    this.#guest = guest;
    this.#task = task;
    this.#knowledge = knowledge;
  }

  *compile(): Steps<Batch | 'too-large' | null> {
    const batch = yield* this.#batchAround();
    if (batch.length === 0) return null;
    if (this.#task.size === 'small') {
      const sizes = batch.map(({ guestInstructions }) => guestInstructions);
      const sum = sizes.reduce((all, size) => all + size, 0);
      if (Math.max(...sizes) >= SIZES.small.region || sum >= SIZES.small.batch) return 'too-large';
    }
    const { id, target, precise, layout } = this.#task;
    const { generationOf, speculationOf, targetsOf } = this.#knowledge;
    const { bytes, sites, links } = yield* emitRegionModuleSteps(batch, {
      ...{ layout, ...target, precise, name: moduleName(id) },
      reportsJumps: (region) => generationOf(region.pc) < MAX_GENERATION,
      speculation: (region) => speculationOf(region.pc),
    });
    const nodes = batch.flatMap((region) => region.nodes);
    const regions = batch.map((region) =>
      infoOf(region, generationOf(region.pc), speculationOf(region.pc), this.#ownNodes.get(region.pc)),
    );
    return {
      ...{ regions, sites, links, wasm: bytes },
      ranges: mergeRanges(nodes.flatMap(({ block }) => rangesOf(block))),
      jumps: nodes.flatMap(({ block }) => {
        const site = lastInstructionPc(block);
        const targets = targetsOf(site);
        return targets.length === 0 ? [] : [[site, targets] as const];
      }),
    };
  }

  /**
   * A batch with the function that holds the task's pc, entered there as well: loops have the shape then that the guest's
   * compiler gave them, whichever of them was hot first.
   */
  *#batchAround(): Steps<readonly Region[]> {
    const { pc, start, isEntered, size } = this.#task;
    if (start === pc || this.#knowledge.generationOf(start) > MAX_GENERATION) return yield* this.#batch(pc);
    const blocks = yield* this.#discover(start);
    yield;
    const region = this.#form(start, blocks);
    if (region === null) return yield* this.#batch(pc);
    const node = region.nodes.findIndex(({ block }) => block.pc === pc);
    // Where the guest waits, the larger of the two is not compiled again for that.
    if (node < 0) return yield* size === 'large' ? this.#joined(blocks) : this.#batch(pc);
    if (isEntered) this.#newEntry = { start, entry: this.#entryFor(region, node) };
    return yield* this.#batch(start, blocks);
  }

  /** With the code at the task's pc, to which no known way leads from the function's begin: one with that if it goes on there. */
  *#joined(around: readonly Block[]): Steps<readonly Region[]> {
    const { pc, start } = this.#task;
    const own = yield* this.#discover(pc);
    const isShared = (block: Block): boolean => around.some((other) => other.pc <= block.pc && block.pc < other.endPc);
    if (sizeOf(own.filter(isShared)) < sizeOf(own) * SHARED_PART) return yield* this.#batch(pc, own);
    this.#newEntry = { start, entry: pc };
    return yield* this.#batch(start);
  }

  #entriesOf(pc: number): Set<number> {
    const entries = new Set(this.#knowledge.entriesOf(pc));
    return this.#newEntry?.start === pc ? entries.add(this.#newEntry.entry) : entries;
  }

  /**
   * Where to enter a region for the sake of its block `node`. An entry inside of a loop costs something in each round, so it is
   * the outermost loop around it that goes round, unless control was expected there before.
   */
  #entryFor(region: Region, node: number): number {
    const around = new ControlFlow(successorsIn(region)).loopsAround(node).toReversed();
    const pcs = around.flatMap((header) => region.nodes[header]?.block.pc ?? []);
    const outer = pcs.find((at) => this.#knowledge.arrivals(at) >= GOES_ROUND);
    return outer === undefined || this.#entriesOf(region.pc).has(outer) ? this.#task.pc : outer;
  }

  /** The region at `pc` and those of the functions it calls that are not compiled yet, breadth first. */
  *#batch(pc: number, blocks?: readonly Block[]): Steps<Region[]> {
    const { isCompiled, isWarm } = this.#knowledge;
    const batch: Region[] = [];
    const seen = new Set([pc]);
    let instructions = 0;
    for (const target of seen) {
      if (batch.length >= MAX_BATCH_REGIONS || instructions >= SIZES[this.#task.size].batch) break;
      if (target !== pc && (isCompiled(target) || !isWarm(target))) continue;
      const known = target === pc ? blocks : undefined;
      const region = this.#form(target, known ?? (yield* this.#discover(target)));
      if (region === null) continue;
      this.#ownNodes.set(target, region.nodes.length);
      const larger = yield* this.#withCallees(region);
      batch.push(this.#unrolled(larger));
      yield;
      instructions += larger.guestInstructions;
      for (const { flow } of larger.nodes) if (flow.kind === 'call') seen.add(flow.target);
    }
    return batch[0]?.pc === pc ? batch : [];
  }

  /** The blocks of the region at `pc`, which has what lies behind its other entries, too. */
  #discover(pc: number): Steps<readonly Block[]> {
    return this.#discoverFrom([pc, ...this.#entriesOf(pc)], SIZES[this.#task.size].region, MAX_UNKNOWN);
  }

  #discoverFrom(entries: readonly number[], maxInstructions: number, maxUnknown: number): Steps<readonly Block[]> {
    const { source, isKnown, targetsOf } = this.#knowledge;
    const kind = this.#task.precise ? 'effects' : 'exits';
    return discoverSteps(entries, {
      lift: (at, max) => optimizeBlock(this.#guest.liftBlock(source, at, 0, max), kind),
      ...{ isKnown, targetsOf },
      isTailCall: (target) => !entries.includes(target) && this.#isTailCall(target),
      ...{ maxInstructions, maxUnknown },
    });
  }

  /** A small function is put where it is jumped to, as where it is called. */
  #isTailCall(target: number): boolean {
    if (!this.#knowledge.isFunction(target)) return false;
    let isTailCall = this.#tailCalls.get(target);
    if (isTailCall === undefined) {
      // Functions may jump to each other.
      this.#tailCalls.set(target, true);
      const blocks = finish(this.#discoverFrom([target], MAX_INLINE, MAX_INLINE_UNKNOWN));
      this.#tailCalls.set(target, (isTailCall = sizeOf(blocks) >= MAX_INLINE));
    }
    return isTailCall;
  }

  /** Null for code that tier 0 has to execute from its first instruction on. */
  #form(pc: number, blocks: readonly Block[]): Region | null {
    if (blocks.length === 0) return null;
    const guards = this.#knowledge.guardsEntries(pc);
    const entries = [...this.#entriesOf(pc)];
    const region = withoutInnerHub(formRegion(blocks, this.#knowledge.targetsOf, entries, guards), guards);
    const first = region.nodes[0]?.flow;
    return first?.kind === 'leave' && first.pc === pc ? null : region;
  }

  /** With the small functions that it calls often in the place of calls. */
  *#withCallees(region: Region): Steps<Region> {
    const { isWarm } = this.#knowledge;
    const callees = new Map<number, Region | null>();
    const targets = region.nodes.flatMap(({ flow }) => (flow.kind === 'call' ? [flow.target] : []));
    for (const target of targets) {
      if (callees.has(target)) continue;
      const callee = isWarm(target) ? yield* this.#inlinable(target) : null;
      callees.set(target, callee);
      for (const { flow } of callee?.nodes ?? []) if (flow.kind === 'call') targets.push(flow.target);
    }
    return inlineCalls(region, (pc) => callees.get(pc) ?? null);
  }

  /** The function at a pc, if it is small and has no loop. */
  *#inlinable(pc: number): Steps<Region | null> {
    const blocks = yield* this.#discoverFrom([pc], MAX_INLINE, MAX_INLINE_UNKNOWN);
    if (blocks.length === 0) return null;
    const region = formRegion(blocks, this.#knowledge.targetsOf, []);
    if (region.guestInstructions >= MAX_INLINE || !isInlinable(region)) return null;
    return new ControlFlow(successorsIn(region)).loops().length > 0 ? null : region;
  }

  /** Repeats the bodies of the small loops that tier 0 went round often. */
  #unrolled(region: Region): Region {
    const hasHub = region.nodes.some(({ flow }) => flow.kind === 'hub');
    if (hasHub) return region;
    const loops = new ControlFlow(successorsIn(region)).innermostLoops();
    const isHot = (loop: readonly number[]): boolean =>
      this.#knowledge.isWarm(region.nodes[loop[0] ?? 0]?.block.pc ?? -1);
    return unrollLoops(region, loops.filter(isHot));
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

/** What is known of a region when it is compiled; `own`: how many of its nodes are not copies of other functions' code. */
export function infoOf(
  region: Region,
  generation: number,
  speculation: SpeculationState,
  own = region.nodes.length,
): RegionInfo {
  const pcOf = (node: number): number => defined(region.nodes[node], 'a node of the region').block.pc;
  const hub = region.nodes.findIndex(({ flow }) => flow.kind === 'hub');
  return {
    pc: region.pc,
    entries: region.entries.filter((node) => node !== hub).map(pcOf),
    hubTargets: !region.entries.includes(hub)
      ? []
      : edgesOf(defined(region.nodes[hub], 'the hub').flow).map(({ pc }) => pc),
    blocks: region.nodes.slice(0, own).flatMap(({ block }, node) => (node === hub ? [] : [block.pc])),
    exits: [...new Set(region.nodes.flatMap(({ flow }) => edgesOf(flow).flatMap((e) => (e.node < 0 ? [e.pc] : []))))],
    generation,
    guestInstructions: region.guestInstructions,
    speculation,
  };
}

/** Guest instructions in all of some blocks. */
function sizeOf(blocks: readonly Block[]): number {
  return blocks.reduce((sum, { guestInstructions }) => sum + guestInstructions, 0);
}

/** What a block was made from. */
export function rangesOf({ pc, endPc, reliesOn = [] }: Block): CodeRange[] {
  const pages = reliesOn.map((page) => ({ start: page * PAGE_SIZE, end: (page + 1) * PAGE_SIZE }));
  return [{ start: pc, end: endPc }, ...pages];
}
