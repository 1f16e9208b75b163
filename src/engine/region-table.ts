/**
 * Where emitted code finds regions: the function table by number, the region cache by pc, and the counts of entries, all of
 * one address space, with the dispatcher between them. A region has its number as long as it is there.
 */
import { assert, defined } from '../common/assert.ts';
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

/** The calls of others in a module: its table for them, and for each entry the pc of the region that is called. */
export interface ModuleLinks {
  readonly table: WebAssembly.Table;
  readonly pcs: readonly number[];
}

export class RegionTable {
  readonly #table = new WebAssembly.Table({ element: 'anyfunc', initial: 0 });
  readonly #cache: Uint32Array;
  readonly #runs: Uint32Array;
  readonly #run: DispatcherFunction;
  /** The code of each region that is there, by its pc. */
  readonly #code = new Map<number, unknown>();
  /** By pc the modules that call the region there, whether there is one or not. */
  readonly #callers = new Map<number, Set<ModuleLinks>>();
  /** What region modules import of the dispatcher: how they call others. */
  readonly call: WebAssembly.ExportValue;
  readonly miss: WebAssembly.ExportValue;
  /** Numbers below this one are in use, or free again. */
  #numbers = 0;
  readonly #free: number[] = [];
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

  /** Whether there are numbers for so many more regions. */
  hasRoomFor(count: number): boolean {
    return MAX_REGIONS - this.#numbers + this.#free.length >= count;
  }

  /** A number for a region that is to be `set`. */
  takeNumber(): number {
    assert(this.hasRoomFor(1), 'there is room for the region');
    const number = this.#free.pop() ?? this.#numbers++;
    if (number >= this.#table.length) this.#table.grow(Math.max(this.#table.length, MIN_GROWTH), this.miss);
    return number;
  }

  /** Makes `run` the code of a region. */
  set(region: NumberedRegion, run: unknown): void {
    this.#table.set(region.tableIndex, run);
    this.#code.set(region.pc, run);
    this.#relink(region.pc);
    this.remember(region);
  }

  /** Lets calls from a module lead to what there is, until `unlink`. */
  link(links: ModuleLinks): void {
    for (const [index, pc] of links.pcs.entries()) {
      links.table.set(index, this.#codeAt(pc));
      const callers = this.#callers.get(pc);
      if (callers === undefined) this.#callers.set(pc, new Set([links]));
      else callers.add(links);
    }
  }

  unlink(links: ModuleLinks): void {
    for (const pc of links.pcs) {
      const callers = this.#callers.get(pc);
      callers?.delete(links);
      if (callers?.size === 0) this.#callers.delete(pc);
    }
  }

  #codeAt(pc: number): unknown {
    return this.#code.get(pc) ?? this.miss;
  }

  #relink(pc: number): void {
    for (const { table, pcs } of this.#callers.get(pc) ?? []) table.set(pcs.indexOf(pc), this.#codeAt(pc));
  }

  /** Nothing leads to a region any more, and another one may get its number; calls of it get tier 0. */
  clear({ pc, tableIndex }: NumberedRegion): void {
    this.#table.set(tableIndex, this.miss);
    this.#code.delete(pc);
    this.#relink(pc);
    const slot = slotOf(pc);
    if (this.#cache[slot] === pc) this.#cache.fill(0, slot, slot + 2);
    this.#past += this.runsOf(tableIndex);
    this.#runs[tableIndex] = 0;
    this.#free.push(tableIndex);
  }

  /** Puts a region into the region cache, which another one may have taken its place in. */
  remember({ pc, tableIndex }: NumberedRegion): void {
    const slot = slotOf(pc);
    this.#cache[slot] = pc;
    this.#cache[slot + 1] = tableIndex;
  }

  /** Times that the dispatcher's loop entered the region with a number. */
  runsOf(tableIndex: number): number {
    return this.#runs[tableIndex] ?? 0;
  }

  /** Times that the dispatcher's loop entered regions. */
  get entries(): number {
    return this.#runs.subarray(0, this.#numbers).reduce((sum, runs) => sum + runs, this.#past);
  }
}

function slotOf(pc: number): number {
  return cacheOffset(pc, REGION_CACHE_ENTRIES) >>> 2;
}
