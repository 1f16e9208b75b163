/**
 * Which compiled code can be entered where: modules by the pages that they were made from, regions by pc, and which module
 * goes first when there are too many. A module goes as a whole: its regions call one another directly.
 *
 * At most one region begins at a pc; a newer one replaces it. Other regions may have a place in their middle there. A module
 * with no region left can't be reached, and is gone.
 */
import { PAGE_SHIFT } from '../memory/layout.ts';

export interface MappedRegion {
  /** Where it begins. */
  readonly pc: number;
  /** Pcs at which it can be entered, and by which of its entries; 0 is the one at its own pc. */
  readonly places: readonly (readonly [pc: number, entry: number])[];
  /** Pcs of its blocks. */
  readonly blocks: ReadonlySet<number>;
  /** Pcs to which its branches leave. */
  readonly exits: ReadonlySet<number>;
}

export interface MappedModule<Region extends MappedRegion> {
  /** Bytes of code. */
  readonly size: number;
  /** Guest pages that it was made from. */
  readonly pages: ReadonlySet<number>;
  /** Those that are to be entered. */
  readonly regions: readonly Region[];
}

/** Where a region can be entered. */
export interface Entry<Region> {
  readonly region: Region;
  readonly entry: number;
}

/** What went. */
export interface Gone<Module, Region> {
  readonly modules: readonly Module[];
  readonly regions: readonly Region[];
}

export class CodeMap<Region extends MappedRegion, Module extends MappedModule<Region>> {
  /** By module the regions that are left of it; in the order in which the hand of the clock comes to them. */
  readonly #modules = new Map<Module, Set<Region>>();
  /** By the pc at which each begins. */
  readonly #regions = new Map<number, { readonly region: Region; readonly module: Module }>();
  /** By pc all entries there. */
  readonly #entries = new Map<number, Entry<Region>[]>();
  readonly #pages = new Map<number, Set<Module>>();
  readonly #onEntry: (pc: number, entry: Entry<Region> | null) => void;
  #size = 0;

  /** `onEntry` is told by which entry a pc leads into a region from now on, or that it leads into none any more. */
  constructor(onEntry: (pc: number, entry: Entry<Region> | null) => void) {
    this.#onEntry = onEntry;
  }

  get moduleCount(): number {
    return this.#modules.size;
  }

  get regionCount(): number {
    return this.#regions.size;
  }

  /** Bytes of code. */
  get size(): number {
    return this.#size;
  }

  /** All modules, in no particular order. */
  get modules(): Iterable<Module> {
    return this.#modules.keys();
  }

  has(module: Module): boolean {
    return this.#modules.has(module);
  }

  /** The entry at a pc: that of the region which begins there, else that of the newest region with a place there. */
  find(pc: number): Entry<Region> | undefined {
    const entries = this.#entries.get(pc);
    return entries === undefined ? undefined : bestOf(entries);
  }

  /** Pcs at which a region begins. */
  beginnings(): Iterable<number> {
    return this.#regions.keys();
  }

  /** The region that begins at a pc. */
  beginning(pc: number): Region | undefined {
    return this.#regions.get(pc)?.region;
  }

  /** The largest region that a branch leaves to a pc. */
  leavingTo(pc: number): Region | undefined {
    let largest: Region | undefined;
    for (const { region } of this.#regions.values())
      if (region.exits.has(pc) && region.blocks.size > (largest?.blocks.size ?? 0)) largest = region;
    return largest;
  }

  /** Regions with a block at a pc. */
  *holding(pc: number): Generator<Region> {
    for (const module of this.#pages.get(pc >>> PAGE_SHIFT) ?? [])
      for (const region of this.#modules.get(module) ?? []) if (region.blocks.has(pc)) yield region;
  }

  /** Modules made from a page from `first` to `last`. */
  on(first: number, last: number): Set<Module> {
    const found = new Set<Module>();
    const take = (modules: Iterable<Module> = []): void => {
      for (const module of modules) found.add(module);
    };
    if (last - first < this.#pages.size) for (let page = first; page <= last; page++) take(this.#pages.get(page));
    else for (const [page, modules] of this.#pages) if (page >= first && page <= last) take(modules);
    return found;
  }

  /** Adds a module, which no one else may have added; returns what its regions took the place of. */
  add(module: Module): Gone<Module, Region> {
    const regions: Region[] = [];
    const modules: Module[] = [];
    for (const { pc } of module.regions) {
      const old = this.#regions.get(pc);
      if (old === undefined) continue;
      this.#removeRegion(old.region);
      regions.push(old.region);
      const left = this.#modules.get(old.module);
      left?.delete(old.region);
      if (left?.size !== 0) continue;
      this.#removeModule(old.module);
      modules.push(old.module);
    }
    if (module.regions.length === 0) return { modules: [...modules, module], regions };
    this.#modules.set(module, new Set(module.regions));
    this.#size += module.size;
    for (const page of module.pages) {
      const on = this.#pages.get(page);
      if (on === undefined) this.#pages.set(page, new Set([module]));
      else on.add(module);
    }
    for (const region of module.regions) {
      this.#regions.set(region.pc, { region, module });
      for (const [pc, entry] of region.places) this.#addEntry(pc, { region, entry });
    }
    return { modules, regions };
  }

  /** Removes modules; returns those that were there, with the regions that were left of them. */
  remove(modules: Iterable<Module>): Gone<Module, Region> {
    const gone: { modules: Module[]; regions: Region[] } = { modules: [], regions: [] };
    for (const module of [...modules]) {
      const regions = this.#modules.get(module);
      if (regions === undefined) continue;
      gone.modules.push(module);
      gone.regions.push(...regions);
      for (const region of regions) this.#removeRegion(region);
      this.#removeModule(module);
    }
    return gone;
  }

  /**
   * The module to give up first: the hand of a clock passes those that were used since it came by last. `wasUsed` answers
   * that, and begins anew.
   */
  victim(wasUsed: (module: Module) => boolean): Module | undefined {
    for (const [module, regions] of this.#modules) {
      if (!wasUsed(module)) return module;
      // Those that it passed come last. This ends: nothing is used meanwhile.
      this.#modules.delete(module);
      this.#modules.set(module, regions);
    }
    return undefined;
  }

  #removeModule(module: Module): void {
    this.#modules.delete(module);
    this.#size -= module.size;
    for (const page of module.pages) {
      const on = this.#pages.get(page);
      on?.delete(module);
      if (on?.size === 0) this.#pages.delete(page);
    }
  }

  #removeRegion(region: Region): void {
    this.#regions.delete(region.pc);
    for (const [pc] of region.places) {
      const entries = this.#entries.get(pc);
      if (entries === undefined) continue;
      const best = bestOf(entries);
      const left = entries.filter((entry) => entry.region !== region);
      if (left.length > 0) this.#entries.set(pc, left);
      else this.#entries.delete(pc);
      if (best?.region === region) this.#onEntry(pc, bestOf(left) ?? null);
    }
  }

  #addEntry(pc: number, entry: Entry<Region>): void {
    const entries = this.#entries.get(pc);
    if (entries === undefined) this.#entries.set(pc, [entry]);
    else entries.push(entry);
    if (entries === undefined || bestOf(entries) === entry) this.#onEntry(pc, entry);
  }
}

function bestOf<Region>(entries: readonly Entry<Region>[]): Entry<Region> | undefined {
  return entries.find(({ entry }) => entry === 0) ?? entries.at(-1);
}
