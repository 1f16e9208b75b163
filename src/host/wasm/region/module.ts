/** Compiles a batch of regions into one module: calls among them are direct, all others go through a shared table. */
import type { Region } from '../../../ir/region.ts';
import { runtimeFunctions } from '../../../ir/runtime-functions.ts';
import type { MemoryLayout } from '../../../memory/layout.ts';
import { ModuleBuilder } from '../encoder.ts';
import { RuntimeLibrary } from '../runtime-library.ts';
import { emitRegion, REGION_PARAMS, REGION_RESULTS, type RegionMemoryModel } from './emitter.ts';

export interface RegionModuleOptions {
  readonly layout: MemoryLayout;
  readonly model: RegionMemoryModel;
  /** Index in the shared table of the function compiled for a call target in an earlier batch, -1 if there is none. */
  readonly tableIndex: (pc: number) => number;
}

/** A compiled region: returns the guest pc to go on at (0: it is in EXIT_VALUE). */
export type RegionFunction = (vcpu: number, depth: number) => number;

/** The module's bytes. Imports `env.memory` and `env.regions` (the shared table); exports `r0`, `r1` ... by region. */
export function emitRegionModule(regions: readonly Region[], options: RegionModuleOptions): Uint8Array {
  const module = new ModuleBuilder();
  module.importMemory('env', 'memory', { min: 0, max: 65536 });
  module.importTable('env', 'regions', { min: 0 });
  const library = new RuntimeLibrary(module, runtimeFunctions);
  const refs = new Map(
    regions.map((region) => [
      region.pc,
      module.declareFunction(`region_${region.pc.toString(16)}`, REGION_PARAMS, REGION_RESULTS),
    ]),
  );
  const regionType = module.type(REGION_PARAMS, REGION_RESULTS);
  for (const [index, region] of regions.entries()) {
    const body = emitRegion(region, {
      layout: options.layout,
      model: options.model,
      regionType,
      runtimeFunction: (name) => library.use(name),
      callee: (pc) => {
        const ref = refs.get(pc);
        if (ref !== undefined) return { ref };
        const tableIndex = options.tableIndex(pc);
        return tableIndex < 0 ? null : { tableIndex };
      },
    });
    const ref = refs.get(region.pc);
    if (ref === undefined) continue;
    module.defineFunction(ref, body);
    module.exportFunction(`r${String(index)}`, ref);
  }
  library.defineFunctions();
  return module.build();
}
