import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PAGE_SIZE } from '../memory/layout.ts';
import { CodeMap, type Entry, type Gone, type MappedModule, type MappedRegion } from './code-map.ts';

interface TestModule extends MappedModule<MappedRegion> {
  readonly name: number;
}

type Removed = Gone<TestModule, MappedRegion>;

/** The same by looking through everything. */
class NaiveMap {
  modules: { readonly module: TestModule; regions: MappedRegion[] }[] = [];

  add(module: TestModule): Removed {
    const own = new Set(module.regions.map(({ pc }) => pc));
    const regions = this.modules.flatMap((each) => each.regions.filter(({ pc }) => own.has(pc)));
    for (const each of this.modules) each.regions = each.regions.filter((region) => !regions.includes(region));
    this.modules.push({ module, regions: [...module.regions] });
    const modules = this.modules.filter((each) => each.regions.length === 0).map((each) => each.module);
    this.modules = this.modules.filter((each) => each.regions.length > 0);
    return { modules, regions };
  }

  remove(gone: readonly TestModule[]): Removed {
    const found = this.modules.filter(({ module }) => gone.includes(module));
    this.modules = this.modules.filter((each) => !found.includes(each));
    return { modules: found.map(({ module }) => module), regions: found.flatMap(({ regions }) => regions) };
  }

  on(first: number, last: number): TestModule[] {
    return this.modules
      .map(({ module }) => module)
      .filter(({ pages }) => [...pages].some((page) => page >= first && page <= last));
  }

  get regions(): MappedRegion[] {
    return this.modules.flatMap(({ regions }) => regions);
  }

  find(pc: number): Entry<MappedRegion> | undefined {
    // Later modules are newer; in one region a later place counts.
    const entries = this.regions.flatMap((region) =>
      region.places.flatMap(([at, entry]) => (at === pc ? [{ region, entry }] : [])),
    );
    return entries.find(({ entry }) => entry === 0) ?? entries.at(-1);
  }
}

const PAGES = 6;
/** Pcs are few, so that regions often meet: 8 on each page. */
const pcs = fc.nat(PAGES * 8 - 1).map((at) => (at >>> 3) * PAGE_SIZE + (at & 7) * 2);
const region = fc.record({ pc: pcs, others: fc.array(pcs, { maxLength: 4 }) }).map(({ pc, others }): MappedRegion => {
  const inside = others.filter((at) => at !== pc);
  return {
    pc,
    places: [[pc, 0], ...inside.map((at, entry) => [at, entry + 1] as const)],
    blocks: new Set([pc, ...inside]),
    exits: new Set([pc + 1]),
  };
});
const regions = fc.uniqueArray(region, { selector: ({ pc }) => pc, maxLength: 4 });
const range = fc.tuple(fc.nat(PAGES + 2), fc.nat(PAGES + 2));
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('add' as const), regions, size: fc.integer({ min: 1, max: 99 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('invalidate' as const), range }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('evict' as const), used: fc.array(fc.boolean(), { maxLength: 8 }) }),
  },
);

const sorted = ({ modules, regions: gone }: Removed): unknown => ({
  modules: modules.map(({ name }) => name).sort((a, b) => a - b),
  regions: gone.map(({ pc }) => pc).sort((a, b) => a - b),
});

describe('code map', () => {
  it('is the same as looking through everything, whatever is added, changed and evicted', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const naive = new NaiveMap();
        const told = new Map<number, Entry<MappedRegion> | null>();
        const map = new CodeMap<MappedRegion, TestModule>((pc, entry) => told.set(pc, entry));
        const counts = { addedModules: 0, addedRegions: 0, goneModules: 0, goneRegions: 0 };
        const compare = (gone: Removed, wanted: Removed): void => {
          expect(sorted(gone)).toEqual(sorted(wanted));
          counts.goneModules += gone.modules.length;
          counts.goneRegions += gone.regions.length;
        };
        for (const [name, each] of steps.entries()) {
          if (each.kind === 'add') {
            const pages = new Set(
              each.regions.flatMap(({ blocks }) => [...blocks].map((pc) => Math.floor(pc / PAGE_SIZE))),
            );
            const module = { name, size: each.size, pages, regions: each.regions };
            counts.addedModules++;
            counts.addedRegions += each.regions.length;
            compare(map.add(module), naive.add(module));
          } else if (each.kind === 'invalidate') {
            const [a, b] = each.range;
            const [first, last] = [Math.min(a, b), Math.max(a, b)];
            const on = map.on(first, last);
            expect(on).toEqual(new Set(naive.on(first, last)));
            compare(map.remove(on), naive.remove([...on]));
          } else {
            const used = [...each.used];
            const victim = map.victim(() => used.shift() ?? false);
            expect(victim === undefined).toBe(naive.modules.length === 0);
            if (victim !== undefined) compare(map.remove([victim]), naive.remove([victim]));
          }
          expect(map.moduleCount).toBe(counts.addedModules - counts.goneModules);
          expect(map.regionCount).toBe(counts.addedRegions - counts.goneRegions);
          expect(map.size).toBe(naive.modules.reduce((sum, { module }) => sum + module.size, 0));
          expect(new Set(map.modules)).toEqual(new Set(naive.modules.map(({ module }) => module)));
          for (let at = 0; at < PAGES * 8; at++) {
            const pc = (at >>> 3) * PAGE_SIZE + (at & 7) * 2;
            const found = naive.find(pc);
            expect(map.find(pc)).toEqual(found);
            expect(told.get(pc) ?? undefined).toEqual(found);
            expect(map.beginning(pc)).toBe(naive.regions.find((one) => one.pc === pc));
            expect(new Set(map.holding(pc))).toEqual(new Set(naive.regions.filter(({ blocks }) => blocks.has(pc))));
          }
        }
      }),
    );
  });

  it('gives up what was not used since the hand came by, in turn', () => {
    const map = new CodeMap<MappedRegion, TestModule>(() => undefined);
    for (let name = 0; name < 4; name++) {
      const pc = name * PAGE_SIZE;
      map.add({
        name,
        size: 1,
        pages: new Set([name]),
        regions: [{ pc, places: [[pc, 0]], blocks: new Set([pc]), exits: new Set<number>() }],
      });
    }
    const used = new Set([0, 1]);
    const evict = (): number | undefined => {
      const victim = map.victim(({ name }) => used.delete(name));
      map.remove(victim === undefined ? [] : [victim]);
      return victim?.name;
    };
    expect(evict()).toBe(2);
    used.add(3);
    // 0 was passed before, and so was 1; 3 is passed now.
    expect([evict(), evict(), evict(), evict()]).toEqual([0, 1, 3, undefined]);
  });
});
