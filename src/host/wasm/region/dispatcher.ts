/**
 * The dispatcher: a small module that owns the table of compiled regions. Region modules do not import the table, because
 * on some engines an instance that does costs time and memory in proportion to it (V8 11: milliseconds each).
 *
 * `run(vcpu, region, entry, depth) -> pc` enters a region and goes from one to the next as long as the region cache knows
 * where execution goes on. It takes the fuel from BUDGET and writes it back; a pc of 0 is in EXIT_VALUE.
 * It returns when the fuel is used up, when no region begins at the pc, when a region did not get anywhere (tier 0
 * has to execute its first instruction), or when a region reports an indirect jump (SITE).
 *
 * `call(vcpu, depth, entry, fuel, region) -> (pc, fuel)` is how one region calls another of a different module.
 *
 * `miss(vcpu, depth, entry, fuel) -> (pc, fuel)` stands in the table for a function that is not compiled yet: its callers
 * give their target's pc as `entry`, and get it back as where to go on.
 */
import { VCPU } from '../../../ir/vcpu-layout.ts';
import type { ValueType } from '../../../ir/types.ts';
import { REGION_CACHE_ENTRIES, type MemoryLayout } from '../../../memory/layout.ts';
import { FunctionBody, ModuleBuilder } from '../encoder.ts';
import { REGION_PARAMS, REGION_RESULTS } from './emitter.ts';

export type DispatcherFunction = (vcpu: number, region: number, entry: number, depth: number) => number;

/** Parameters of `call`: a region's, then its number. */
export const CALL_PARAMS: readonly ValueType[] = [...REGION_PARAMS, 'i32'];

/** Bytes of the module; it imports `env.memory` and `env.regions`, and exports `run`, `call` and `miss`. */
export function emitDispatcher(layout: MemoryLayout): Uint8Array {
  const module = new ModuleBuilder();
  module.importMemory('env', 'memory', { min: 0, max: 65536 });
  module.importTable('env', 'regions', { min: 0 });
  const regionType = module.type(REGION_PARAMS, REGION_RESULTS);
  defineCall(module, regionType);
  defineMiss(module);
  defineRun(module, regionType, layout);
  return module.build();
}

function defineCall(module: ModuleBuilder, regionType: number): void {
  const ref = module.declareFunction('call', CALL_PARAMS, REGION_RESULTS);
  const body = new FunctionBody(CALL_PARAMS);
  for (const index of CALL_PARAMS.keys()) body.localGet(index);
  body.callIndirect(regionType);
  module.defineFunction(ref, body);
  module.exportFunction('call', ref);
}

function defineMiss(module: ModuleBuilder): void {
  const ref = module.declareFunction('miss', REGION_PARAMS, REGION_RESULTS);
  const body = new FunctionBody(REGION_PARAMS);
  const [entry, fuel] = [2, 3];
  body.localGet(entry);
  body.localGet(fuel);
  module.defineFunction(ref, body);
  module.exportFunction('miss', ref);
}

function defineRun(module: ModuleBuilder, regionType: number, layout: MemoryLayout): void {
  const ref = module.declareFunction('run', ['i32', 'i32', 'i32', 'i32'], ['i32']);
  const [vcpu, region, entry, depth] = [0, 1, 2, 3];
  const body = new FunctionBody(['i32', 'i32', 'i32', 'i32']);
  const fuel = body.local('i32');
  const before = body.local('i32');
  const pc = body.local('i32');
  const slot = body.local('i32');
  body.localGet(vcpu);
  body.load('i32.load', VCPU.BUDGET);
  body.localSet(fuel);
  body.block();
  body.loop();
  body.localGet(vcpu);
  body.localGet(region);
  body.store('i32.store', VCPU.REGION);
  body.localGet(vcpu);
  body.localGet(depth);
  body.localGet(entry);
  body.localGet(fuel);
  body.localTee(before);
  body.localGet(region);
  body.callIndirect(regionType);
  body.localSet(fuel);
  body.localSet(pc);
  // Out of fuel, or stuck, or reporting: to the caller.
  body.localGet(fuel);
  body.i32Const(0);
  body.emit('i32.le_s');
  body.brIf(1);
  body.localGet(fuel);
  body.localGet(before);
  body.emit('i32.eq');
  body.brIf(1);
  body.localGet(vcpu);
  body.load('i32.load', VCPU.SITE);
  body.brIf(1);
  body.localGet(pc);
  body.i32Const(1);
  body.emit('i32.shr_u');
  body.i32Const(REGION_CACHE_ENTRIES - 1);
  body.emit('i32.and');
  body.i32Const(3);
  body.emit('i32.shl');
  body.localTee(slot);
  body.load('i32.load', layout.regionCache);
  body.localGet(pc);
  body.emit('i32.ne');
  body.brIf(1);
  body.localGet(slot);
  body.load('i32.load', layout.regionCache + 4);
  body.localSet(region);
  body.i32Const(0);
  body.localSet(entry);
  body.br(0);
  body.end();
  body.end();
  body.localGet(vcpu);
  body.localGet(fuel);
  body.store('i32.store', VCPU.BUDGET);
  body.localGet(pc);
  module.defineFunction(ref, body);
  module.exportFunction('run', ref);
}
