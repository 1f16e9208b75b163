/** Tier 1 of one address space: compiles hot guest code into regions and finds them by pc. */
import type { Guest, CodeSource } from '../guest/guest.ts';
import { emitRegionModule, type RegionFunction } from '../host/wasm/region/module.ts';
import type { RegionMemoryModel } from '../host/wasm/region/memory-access.ts';
import { RUNTIME_MODULE } from '../host/wasm/runtime-library.ts';
import { optimizeBlock } from '../ir/passes/optimize.ts';
import { formRegion, type Region } from '../ir/region.ts';
import { REGION_CACHE_ENTRIES } from '../memory/layout.ts';
import type { GuestMemory } from '../memory/guest-memory.ts';
import { discoverBlocks } from './region-discovery.ts';

export interface RegionStats {
  modules: number;
  regions: number;
  regionInstructions: number;
  moduleBytes: number;
  /** Times that all regions were dropped because guest code changed. */
  drops: number;
}

export interface RegionsOptions {
  readonly guest: Guest;
  readonly memory: GuestMemory;
  readonly source: CodeSource;
  readonly model: RegionMemoryModel;
  readonly imports: WebAssembly.ModuleImports;
  /** True where tier 0 has executed code. */
  readonly isKnown: (pc: number) => boolean;
}

export interface CompiledRegion {
  readonly pc: number;
  readonly run: RegionFunction;
  readonly tableIndex: number;
  /** Times the region was compiled again because execution kept leaving it for code it did not hold. */
  readonly generation: number;
}

const MAX_REGION = 2000;
const MAX_BATCH_REGIONS = 40;
const MAX_BATCH_INSTRUCTIONS = 6000;
/** Drops after which the guest counts as one that keeps changing its code: tier 0 only from then on. */
const MAX_DROPS = 20;
const MAX_GENERATION = 4;
const INITIAL_TABLE = 1024;

export class Regions {
  readonly stats: RegionStats = { modules: 0, regions: 0, regionInstructions: 0, moduleBytes: 0, drops: 0 };
  readonly #options: RegionsOptions;
  readonly #compiled = new Map<number, CompiledRegion>();
  readonly #table = new WebAssembly.Table({ element: 'anyfunc', initial: INITIAL_TABLE });
  readonly #cache: Uint32Array;
  #nextIndex = 0;
  /** Guest code bytes that regions were made from, as page numbers. */
  readonly #pages = new Set<number>();

  constructor(options: RegionsOptions) {
    this.#options = options;
    const { memory } = options;
    this.#cache = new Uint32Array(memory.memory.buffer, memory.layout.regionCache, REGION_CACHE_ENTRIES * 2);
    this.#cache.fill(0);
  }

  /** The region that starts at `pc`, if it is compiled. Puts it into the region cache. */
  find(pc: number): CompiledRegion | undefined {
    const region = this.#compiled.get(pc);
    if (region !== undefined) this.#remember(region);
    return region;
  }

  /** Compiles the code at `pc` with the functions it calls. False when it cannot or should not be compiled. */
  compile(pc: number): boolean {
    if (this.stats.drops >= MAX_DROPS) return false;
    const batch = this.#batch(pc);
    if (batch.length === 0) return false;
    const { memory, model, imports } = this.#options;
    const { bytes } = emitRegionModule(batch, {
      layout: memory.layout,
      model,
      precise: false,
      tableIndex: (target) => this.#compiled.get(target)?.tableIndex ?? -1,
    });
    const module = new WebAssembly.Module(bytes);
    const instance = new WebAssembly.Instance(module, {
      env: { memory: memory.memory, regions: this.#table },
      [RUNTIME_MODULE]: imports,
    });
    this.stats.modules++;
    this.stats.moduleBytes += bytes.length;
    for (const [index, region] of batch.entries())
      this.#add(region, instance.exports[`r${String(index)}`] as unknown as RegionFunction);
    return true;
  }

  /** Compiles the region at `pc` anew, with the code executed since; false when that was done often enough. */
  extend(pc: number): boolean {
    const region = this.#compiled.get(pc);
    if (region === undefined || region.generation >= MAX_GENERATION) return false;
    return this.compile(pc);
  }

  /** True when a region was made from bytes in [start, end). */
  covers(start: number, end: number): boolean {
    const last = (end - 1) >>> 12;
    if (last - (start >>> 12) > this.#pages.size)
      return [...this.#pages].some((page) => page >= start >>> 12 && page <= last);
    for (let page = start >>> 12; page <= last; page++) if (this.#pages.has(page)) return true;
    return false;
  }

  /** Forgets all regions: their code calls one another directly, so none can go alone. */
  drop(): void {
    if (this.#compiled.size === 0) return;
    this.stats.drops++;
    this.#compiled.clear();
    this.#pages.clear();
    this.#cache.fill(0);
    for (let index = 0; index < this.#nextIndex; index++) this.#table.set(index, null);
    this.#nextIndex = 0;
  }

  #add(region: Region, run: RegionFunction): void {
    const before = this.#compiled.get(region.pc);
    const tableIndex = before?.tableIndex ?? this.#nextIndex++;
    if (tableIndex >= this.#table.length) this.#table.grow(this.#table.length);
    this.#table.set(tableIndex, run);
    const generation = before === undefined ? 0 : before.generation + 1;
    const compiled: CompiledRegion = { pc: region.pc, run, tableIndex, generation };
    this.#compiled.set(region.pc, compiled);
    this.#remember(compiled);
    for (const { block } of region.nodes)
      for (let page = block.pc >>> 12; page <= (block.endPc - 1) >>> 12; page++) this.#pages.add(page);
    this.stats.regions++;
    this.stats.regionInstructions += region.guestInstructions;
  }

  #remember({ pc, tableIndex }: CompiledRegion): void {
    const entry = ((pc >>> 1) & (REGION_CACHE_ENTRIES - 1)) * 2;
    this.#cache[entry] = pc;
    this.#cache[entry + 1] = tableIndex;
  }

  /** The region at `pc` and those of the functions it calls that are not compiled yet, breadth first. */
  #batch(pc: number): Region[] {
    const batch: Region[] = [];
    const seen = new Set([pc]);
    let instructions = 0;
    for (const target of seen) {
      if (batch.length >= MAX_BATCH_REGIONS || instructions >= MAX_BATCH_INSTRUCTIONS) break;
      if (target !== pc && (this.#compiled.has(target) || !this.#options.isKnown(target))) continue;
      const region = this.#form(target);
      if (region === null) continue;
      batch.push(region);
      instructions += region.guestInstructions;
      for (const { flow } of region.nodes) if (flow.kind === 'call') seen.add(flow.target);
    }
    return batch[0]?.pc === pc ? batch : [];
  }

  /** Null for code that tier 0 has to execute from its first instruction on. */
  #form(pc: number): Region | null {
    const { guest, source, isKnown } = this.#options;
    const blocks = discoverBlocks(pc, {
      lift: (at, max) => optimizeBlock(guest.liftBlock(source, at, 0, max), 'exits'),
      isKnown,
      maxInstructions: MAX_REGION,
    });
    if (blocks.length === 0) return null;
    const region = formRegion(blocks);
    const first = region.nodes[0]?.flow;
    return first?.kind === 'leave' && first.pc === pc ? null : region;
  }
}
