/**
 * Compiles a batch of regions into one module. Calls among them are direct; calls of others go through a table that the module
 * has for that, its links, whose entries change as regions come and go. All else goes through the dispatcher.
 */
import type { Region } from '../../../ir/region.ts';
import { runtimeFunctions } from '../../../ir/runtime-functions.ts';
import type { MemoryLayout } from '../../../memory/layout.ts';
import { defined } from '../../../common/assert.ts';
import { finish, type Steps } from '../../../common/steps.ts';
import { ModuleBuilder, type FunctionRef } from '../encoder.ts';
import { importGuestMemory } from '../guest-memory-import.ts';
import { RuntimeLibrary } from '../runtime-library.ts';
import { CALL_PARAMS } from '../../dispatcher.ts';
import {
  emitRegionSteps,
  REGION_PARAMS,
  REGION_RESULTS,
  type CodeNotes,
  type RegionEmitterOptions,
} from './emitter.ts';
import type { RegionMemoryModel, TrapSites } from './memory-access.ts';

export interface RegionModuleOptions {
  readonly layout: MemoryLayout;
  readonly model: RegionMemoryModel;
  /** What a refused access finds in the vCPU block is the state before its instruction, for tier 0 to raise the fault. */
  readonly precise: boolean;
  /** First part of the names of all functions in the module. */
  readonly name: string;
  /** Whether indirect jumps out of a region are reported; see the emitter. */
  readonly reportsJumps: (region: Region) => boolean;
  /** Whether a region's floating-point operations speculate; see the emitter. */
  readonly speculation: (region: Region) => RegionEmitterOptions['speculation'];
  readonly fusesMultiplyAdd: boolean;
  /** Whether to note what belongs to what, for tools. */
  readonly annotates?: boolean;
}

export interface RegionModule {
  readonly bytes: Uint8Array;
  /** Where the code may trap: module offsets, ascending, and the guest instructions there. */
  readonly sites: TrapSites;
  /** By entry of the table `links`, the pc of the region that it is for. */
  readonly links: readonly number[];
  /** By region: marks at module offsets, and names of locals; empty unless asked for. */
  readonly notes: readonly CodeNotes[];
}

/**
 * Imports `env.memory` and the dispatcher's `env.call` and `env.miss`; exports `r0`, `r1` ... by region, the table `links`, which
 * is to be filled before any of them is called, and the global `used`, which is 1 from when any of them is called.
 */
export function emitRegionModule(regions: readonly Region[], options: RegionModuleOptions): RegionModule {
  return finish(emitRegionModuleSteps(regions, options));
}

/** The same, in steps. */
export function* emitRegionModuleSteps(regions: readonly Region[], options: RegionModuleOptions): Steps<RegionModule> {
  const module = new ModuleBuilder();
  importGuestMemory(module, options.layout);
  const call = module.importFunction('env', 'call', CALL_PARAMS, REGION_RESULTS);
  const miss = module.importFunction('env', 'miss', REGION_PARAMS, REGION_RESULTS);
  const library = new RuntimeLibrary(module, runtimeFunctions);
  const links = new Map<number, number>();
  const linkTable = { table: 0, type: module.type(REGION_PARAMS, REGION_RESULTS) };
  const used = module.global('i32', true);
  module.exportGlobal('used', used);
  const refs = new Map(
    regions.map((region) => [
      region.pc,
      module.declareFunction(`${options.name}-${region.pc.toString(16)}`, REGION_PARAMS, REGION_RESULTS),
    ]),
  );
  const emitted: { readonly ref: FunctionRef; readonly sites: TrapSites; readonly notes: CodeNotes }[] = [];
  for (const [index, region] of regions.entries()) {
    const { body, sites, notes } = yield* emitRegionSteps(region, {
      layout: options.layout,
      model: options.model,
      precise: options.precise,
      reportsJumps: options.reportsJumps(region),
      speculation: options.speculation(region),
      fusesMultiplyAdd: options.fusesMultiplyAdd,
      links: linkTable,
      used,
      call,
      miss,
      ...(options.annotates === undefined ? {} : { annotates: options.annotates }),
      runtimeFunction: (name) => library.use(name),
      callee: (pc) => {
        const ref = refs.get(pc);
        if (ref !== undefined) return { ref };
        const link = links.get(pc) ?? links.size;
        links.set(pc, link);
        return { link };
      },
    });
    const ref = defined(refs.get(region.pc), 'every region is declared');
    module.defineFunction(ref, body);
    module.exportFunction(`r${String(index)}`, ref);
    emitted.push({ ref, sites, notes });
    yield;
  }
  library.defineFunctions();
  module.exportTable('links', module.table({ min: links.size, max: links.size }));
  module.nameSection();
  const bytes = module.build();
  const notes = emitted.map(({ ref, notes: { marks, locals } }) => {
    const start = module.codeOffset(ref);
    return { locals, marks: marks.map(({ position, pc }) => ({ position: start + position, pc })) };
  });
  return { bytes, sites: joinSites(module, emitted), links: [...links.keys()], notes };
}

function joinSites(
  module: ModuleBuilder,
  emitted: readonly { readonly ref: FunctionRef; readonly sites: TrapSites }[],
): TrapSites {
  const joined: TrapSites = { positions: [], pcs: [], kinds: [] };
  for (const { ref, sites } of emitted) {
    const start = module.codeOffset(ref);
    for (const position of sites.positions) joined.positions.push(start + position);
    joined.pcs.push(...sites.pcs);
    joined.kinds.push(...sites.kinds);
  }
  return joined;
}
