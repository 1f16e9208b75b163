/**
 * Compiles code that was not run yet: functions from their beginnings on, and what they call. What a run would know (what was
 * executed, where indirect jumps went) is taken from the code itself; what cannot be is left to the tiers.
 */
import { assert } from '../common/assert.ts';
import type { CodeSource, Guest } from '../guest/guest.ts';
import { emitRegionModule } from '../host/wasm/region/module.ts';
import { TRAP, type Block } from '../ir/block.ts';
import { optimizeBlock } from '../ir/passes/optimize.ts';
import { edgesOf, formRegion, lastInstructionPc, type Region } from '../ir/region.ts';
import type { GuestMemory } from '../memory/guest-memory.ts';
import { PAGE_SHIFT } from '../memory/layout.ts';
import { AheadEncoder } from './ahead-code.ts';
import { infoOf, rangesOf, withoutInnerHub } from './batch.ts';
import { codeIn, mergeRanges, type CodeRange, type CodeTarget } from './code-cache.ts';
import { SeenConstants, tableTargets, type CodeMemory, type FunctionBounds } from './jump-tables.ts';
import { discoverBlocks } from './region-discovery.ts';

import { moduleName } from './trap-table.ts';

export interface AheadOptions {
  readonly guest: Guest;
  /** Has the program's code where it will be, with its permissions. */
  readonly memory: GuestMemory;
  readonly source: CodeSource;
  /** Ascending, not overlapping. */
  readonly functions: readonly FunctionBounds[];
  readonly target: CodeTarget;
  /** Is told now and then how far it is; throwing ends the compilation. */
  readonly onProgress: (progress: AheadProgress) => void;
}

export interface AheadProgress {
  /** Places to begin at that are done, and that are known so far. */
  readonly done: number;
  readonly known: number;
  /** Bytes of compiled code. */
  readonly bytes: number;
}

export interface AheadReport {
  readonly functions: number;
  readonly modules: number;
  readonly regions: number;
  /** In all regions; some are in several. */
  readonly guestInstructions: number;
  /** Bytes of guest code of which there is compiled code. */
  readonly codeBytes: number;
  readonly wasmBytes: number;
  /** Indirect jumps other than returns, and those for which a table was found. */
  readonly jumps: number;
  readonly tables: number;
}

export interface AheadResult {
  readonly bytes: Uint8Array;
  /** What was compiled: ascending, disjoint. */
  readonly ranges: readonly CodeRange[];
  readonly report: AheadReport;
}

const MAX_REGION = 2000;
const MAX_BATCH_REGIONS = 40;
const MAX_BATCH_INSTRUCTIONS = 3000;

export class AheadCompiler {
  readonly #options: AheadOptions;
  readonly #encoder = new AheadEncoder();
  /** Where to begin, in the order in which that is done. */
  readonly #starts = new Set<number>();
  /** By the pc of an indirect jump. */
  readonly #targets = new Map<number, readonly number[]>();
  /**
   * Blocks of regions. A large function becomes several, and none of its blocks is in two: copies would be there to be entered
   * elsewhere, at a multiple of what the host's engine takes to optimize them.
   */
  readonly #owned = new Set<number>();
  readonly #memory: CodeMemory;
  #batch: Region[] = [];
  #batchInstructions = 0;
  readonly #covered: CodeRange[] = [];
  readonly #count = { regions: 0, guestInstructions: 0, wasmBytes: 0, jumps: 0, tables: 0 };

  constructor(options: AheadOptions) {
    this.#options = options;
    for (const { pc } of options.functions) this.#starts.add(pc);
    const { bytes, view, layout } = options.memory;
    this.#memory = {
      view,
      isReadable: (vaddr, length) =>
        vaddr >= 0 &&
        vaddr + length <= layout.guestLimit &&
        (bytes[layout.permissions + (vaddr >>> PAGE_SHIFT)] ?? 0) !== 0 &&
        (bytes[layout.permissions + ((vaddr + length - 1) >>> PAGE_SHIFT)] ?? 0) !== 0,
    };
  }

  /** Compiles all, for the cache to have under a key. */
  run(key: string): AheadResult {
    let done = 0;
    for (const start of this.#starts) {
      this.#begin(start);
      done++;
      if (done % 16 === 0) this.#options.onProgress({ done, known: this.#starts.size, bytes: this.#encoder.size });
    }
    this.#flush();
    const bytes = this.#encoder.finish(key);
    const ranges = mergeRanges(this.#covered);
    const codeBytes = ranges.reduce((sum, { start, end }) => sum + end - start, 0);
    const { length } = this.#options.functions;
    return { bytes, ranges, report: { functions: length, modules: this.#encoder.modules, codeBytes, ...this.#count } };
  }

  #begin(start: number): void {
    const bounds = this.#functionAt(start);
    const region = this.#regionAt(start, bounds);
    if (region === null) return;
    for (const { block } of region.nodes) this.#owned.add(block.pc);
    this.#noteWays(region);
    this.#batch.push(region);
    this.#batchInstructions += region.guestInstructions;
    if (this.#batch.length >= MAX_BATCH_REGIONS || this.#batchInstructions >= MAX_BATCH_INSTRUCTIONS) this.#flush();
  }

  #regionAt(start: number, bounds: FunctionBounds): Region | null {
    const { guest, source } = this.#options;
    const seen = new SeenConstants();
    const blocks = discoverBlocks([start], {
      lift: (pc, max) => {
        if (pc !== start && (this.#starts.has(pc) || this.#owned.has(pc))) return notHere(pc, guest);
        const block = optimizeBlock(guest.liftBlock(source, pc, 0, max), 'exits');
        seen.add(block);
        this.#findTargets(block, bounds, seen);
        return block;
      },
      isKnown: () => true,
      isTailCall: () => false,
      targetsOf: (site) => this.#targets.get(site) ?? [],
      maxInstructions: MAX_REGION,
      maxUnknown: 0,
    });
    if (blocks.length === 0) return null;
    const formed = formRegion(blocks, (site) => this.#targets.get(site) ?? [], [], true);
    const region = withoutInnerHub(formed, true);
    const first = region.nodes[0]?.flow;
    return first?.kind === 'leave' && first.pc === start ? null : region;
  }

  #findTargets(block: Block, bounds: FunctionBounds, seen: SeenConstants): void {
    const { terminator } = block;
    if (terminator.kind !== 'indirect' || terminator.hint !== 'jump') return;
    const site = lastInstructionPc(block);
    if ((this.#targets.get(site)?.length ?? 0) > 0) return;
    if (!this.#targets.has(site)) this.#count.jumps++;
    const targets = tableTargets(block, bounds, seen, this.#memory);
    if (targets.length > 0) this.#count.tables++;
    this.#targets.set(site, targets);
  }

  /** Functions that a region calls, and places where it leaves, are to be compiled too. */
  #noteWays(region: Region): void {
    for (const { block, flow } of region.nodes) {
      if (flow.kind === 'call') this.#note(flow.target);
      if (block.terminator.kind === 'syscall') this.#note(block.terminator.next);
      for (const { node, pc } of edgesOf(flow)) if (node < 0) this.#note(pc);
      for (const pc of this.#targets.get(lastInstructionPc(block)) ?? []) this.#note(pc);
    }
  }

  #note(pc: number): void {
    if (!this.#owned.has(pc) && this.#options.source.readU8(pc) >= 0) this.#starts.add(pc);
  }

  /** The function that holds a pc; what lies between functions reaches to the next one. */
  #functionAt(pc: number): FunctionBounds {
    const { functions, memory } = this.#options;
    let low = 0;
    let high = functions.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((functions[middle]?.pc ?? Infinity) <= pc) low = middle + 1;
      else high = middle;
    }
    const found = functions[low - 1];
    if (found !== undefined && pc < found.end) return found;
    return { pc, end: functions[low]?.pc ?? memory.layout.guestLimit };
  }

  #flush(): void {
    const batch = this.#batch;
    if (batch.length === 0) return;
    this.#batch = [];
    this.#batchInstructions = 0;
    const { memory, target } = this.#options;
    const id = this.#encoder.modules;
    const { bytes, sites, links } = emitRegionModule(batch, {
      layout: memory.layout,
      ...target,
      precise: false,
      name: moduleName(id),
      reportsJumps: () => true,
      speculation: () => 'speculates',
    });
    const nodes = batch.flatMap((region) => region.nodes);
    const ranges = mergeRanges(nodes.flatMap(({ block }) => rangesOf(block)));
    // Not what blocks were lifted in view of.
    this.#covered.push(...nodes.map(({ block }) => ({ start: block.pc, end: block.endPc })));
    this.#encoder.add({
      ...{ id, target, ranges, sites, links, wasm: bytes, code: codeIn(memory.bytes, ranges) },
      regions: batch.map((region) => infoOf(region, 0, 'speculates')),
      jumps: nodes.flatMap(({ block }) => {
        const site = lastInstructionPc(block);
        const targets = this.#targets.get(site) ?? [];
        return targets.length === 0 ? [] : [[site, targets] as const];
      }),
    });
    this.#count.regions += batch.length;
    this.#count.guestInstructions += batch.reduce((sum, region) => sum + region.guestInstructions, 0);
    this.#count.wasmBytes += bytes.length;
    assert(this.#encoder.modules === id + 1, 'modules are numbered in order');
  }
}

/** Stands for code that another region begins with. */
function notHere(pc: number, guest: Guest): Block {
  return {
    ...{ pc, mode: 0, endPc: pc, layout: guest.state, instructions: [], guestInstructions: 0 },
    terminator: { kind: 'trap', trap: TRAP.FETCH_FAULT, pc, detail: 0 },
  };
}
