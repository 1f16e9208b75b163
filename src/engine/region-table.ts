/**
 * Where emitted code finds regions: the function table by number, the region cache by pc, and the counts of entries, all of
 * one address space, with the dispatcher between them.
 */
import { defined } from '../common/assert.ts';
import { emitDispatcher, NO_REGION, type DispatcherFunction } from '../host/dispatcher.ts';
import { cacheOffset, MAX_REGIONS, REGION_CACHE_ENTRIES, STRAY_ENTRIES } from '../memory/layout.ts';
import type { GuestMemory } from '../memory/guest-memory.ts';

/** Entries by which the table grows at least. */
const MIN_GROWTH = 1024;

/** A region as emitted code knows it. */
export interface NumberedRegion {
  readonly pc: number;
  /** Its index in the table. */
  readonly tableIndex: number;
}

export class RegionTable {
  readonly #table = new WebAssembly.Table({ element: 'anyfunc', initial: 0 });
  readonly #cache: Uint32Array;
  readonly #runs: Uint32Array;
  readonly #run: DispatcherFunction;
  /** What region modules import of the dispatcher: how they call others. */
  readonly call: WebAssembly.ExportValue;
  readonly miss: WebAssembly.ExportValue;
  /** Entries of regions that are not there any more. */
  #past = 0;
  /** True while guest code runs: no region may go then, because the host's stack may hold its frames. */
  isRunning = false;

  /** `enterCode`: code of the micro-op that leads into a region; `interpret`: tier 0's main loop. */
  constructor({ memory, layout }: GuestMemory, enterCode: number, interpret: WebAssembly.ExportValue) {
    this.#cache = new Uint32Array(memory.buffer, layout.regionCache, REGION_CACHE_ENTRIES * 2).fill(0);
    this.#runs = new Uint32Array(memory.buffer, layout.regionRuns, MAX_REGIONS).fill(0);
    new Uint32Array(memory.buffer, layout.strays, STRAY_ENTRIES * 2).fill(0);
    const dispatcher = new WebAssembly.Instance(new WebAssembly.Module(emitDispatcher(layout, enterCode)), {
      env: { memory, regions: this.#table, interpret },
    });
    const { run, call, miss } = dispatcher.exports;
    this.#run = run as unknown as DispatcherFunction;
    this.call = defined(call, 'an export of the dispatcher');
    this.miss = defined(miss, 'an export of the dispatcher');
  }

  /** Runs a region by one of its entries, or tier 0 from the micro-op at `ip` where `region` is null; see the dispatcher. */
  run(vcpu: number, region: NumberedRegion | null, entryOrIp: number, depth: number): number {
    this.isRunning = true;
    try {
      if (region === null) return this.#run(vcpu, entryOrIp, NO_REGION, 0, depth);
      return this.#run(vcpu, 0, region.tableIndex, entryOrIp, depth);
    } finally {
      this.isRunning = false;
    }
  }

  /** Makes room for numbers below `count`. */
  reserve(count: number): void {
    const missing = count - this.#table.length;
    if (missing > 0) this.#table.grow(Math.max(missing, this.#table.length, MIN_GROWTH), this.miss);
  }

  /** Makes `run` the code of a region. */
  set(region: NumberedRegion, run: unknown): void {
    this.#table.set(region.tableIndex, run);
    this.remember(region);
  }

  /** Nothing leads to a region any more; calls of it get tier 0. */
  clear({ pc, tableIndex }: NumberedRegion): void {
    this.#table.set(tableIndex, this.miss);
    const slot = slotOf(pc);
    if (this.#cache[slot] === pc) this.#cache.fill(0, slot, slot + 2);
    this.#past += this.runsOf(tableIndex);
    this.#runs[tableIndex] = 0;
  }

  /** Puts a region into the region cache, which another one may have taken its place in. */
  remember({ pc, tableIndex }: NumberedRegion): void {
    const slot = slotOf(pc);
    this.#cache[slot] = pc;
    this.#cache[slot + 1] = tableIndex;
  }

  /** Times that the region with a number was entered by way of the dispatcher. */
  runsOf(tableIndex: number): number {
    return this.#runs[tableIndex] ?? 0;
  }

  /** Times that regions were entered by way of the dispatcher, of which `numbered` have numbers. */
  entries(numbered: number): number {
    return this.#runs.subarray(0, numbered).reduce((sum, runs) => sum + runs, this.#past);
  }

  /** Numbers have another meaning from now on; no region is there. */
  renumber(numbered: number): void {
    this.#past = this.entries(numbered);
    this.#runs.fill(0, 0, numbered);
  }
}

function slotOf(pc: number): number {
  return cacheOffset(pc, REGION_CACHE_ENTRIES) >>> 2;
}
