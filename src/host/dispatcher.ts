/**
 * The dispatcher: a small module that goes from one compiled region to the next, and between regions and the interpreter,
 * as long as the caches in linear memory know where execution goes on. It owns the table of regions: region modules
 * do not import it, because on some engines an instance that does costs time and memory in proportion to it (V8 11:
 * milliseconds each).
 *
 * `run(vcpu, ip, region, entry, depth) -> reason` starts in tier 0 at the micro-op `ip`, or in a region where `region` is
 * not NO_REGION. It takes its fuel from BUDGET and returns an `EXIT` reason, with what is left in BUDGET.
 *
 * `call(vcpu, depth, entry, fuel, region) -> (pc, fuel)` is how one region calls another one that only the region cache knows;
 * those that it knows by their pc it calls itself, by its module's links.
 *
 * `miss(vcpu, depth, entry, fuel) -> (pc, fuel)` stands in the table for a function that is not compiled. Its callers give
 * their target's pc as `entry`, and have the pc behind the call in RETURN: tier 0 executes the function, and what that
 * calls, and returns when it gets there. Everything else that ends it goes to whoever called `run`: the functions in
 * between return 0, which is no return address, with the reason in PENDING.
 */
import { STOP_NEVER, VCPU } from '../ir/vcpu-layout.ts';
import type { ValueType } from '../ir/types.ts';
import { JUMP_CACHE_ENTRIES, REGION_CACHE_ENTRIES, STRAY_ENTRIES, type MemoryLayout } from '../memory/layout.ts';
import { EXIT, LOOKUP } from './interpreter/exits.ts';
import { MICRO_OP_SIZE } from './interpreter/micro-ops.ts';
import { emitCacheOffset } from './wasm/cache-offset.ts';
import { FunctionBody, ModuleBuilder, type FunctionRef } from './wasm/encoder.ts';
import { importGuestMemory } from './wasm/guest-memory-import.ts';
import { REGION_PARAMS, REGION_RESULTS } from './wasm/region/emitter.ts';

export type DispatcherFunction = (vcpu: number, ip: number, region: number, entry: number, depth: number) => number;

/** In place of a region's number. */
export const NO_REGION = -1;

/** Parameters of `call`: a region's, then its number. */
export const CALL_PARAMS: readonly ValueType[] = [...REGION_PARAMS, 'i32'];

/**
 * Instructions in one call of the interpreter's main loop, and of a region that was entered a few times only. V8 replaces
 * baseline code by optimised code only at a call, so these return now and then.
 */
const SLICE = 400_000;
const YOUNG_RUNS = 32;
/** Calls that must be left for the dispatcher to go on itself; else it returns, to begin again with all of them. */
const MIN_DEPTH = 8;
/** Exits from regions to tier 0 at one pc after which they are reported. */
export const STRAYS = 2_000;

/** One in so many indirect jumps out of regions is reported; a power of two. */
export const JUMP_SAMPLE = 16;

/**
 * `enterCode`: code of the micro-op that leads into a region.
 *
 * Bytes of the module; it imports `env.memory`, `env.regions` and `env.interpret`, and exports `run`, `call` and `miss`.
 */
export function emitDispatcher(layout: MemoryLayout, enterCode: number): Uint8Array {
  const module = new ModuleBuilder();
  importGuestMemory(module, layout);
  module.importTable('env', 'regions', { min: 0 });
  const interpret = module.importFunction('env', 'interpret', ['i32', 'i32', 'i32'], ['i32']);
  const regionType = module.type(REGION_PARAMS, REGION_RESULTS);
  const loop = module.declareFunction('loop', LOOP_PARAMS, REGION_RESULTS);
  new Loop(layout, interpret, regionType, enterCode).define(module, loop);
  defineRun(module, loop);
  defineCall(module, regionType);
  defineMiss(module, loop);
  return module.build();
}

function defineRun(module: ModuleBuilder, loop: FunctionRef): void {
  const params: readonly ValueType[] = ['i32', 'i32', 'i32', 'i32', 'i32'];
  const ref = module.declareFunction('run', params, ['i32']);
  const [vcpu, ip, region, entry, depth] = [0, 1, 2, 3, 4];
  const body = new FunctionBody(params);
  const left = body.local('i32');
  for (const field of [VCPU.PENDING, VCPU.RESERVE, VCPU.COMPILED]) {
    body.localGet(vcpu);
    body.i32Const(0);
    body.store('i32.store', field);
  }
  body.localGet(vcpu);
  body.localGet(depth);
  body.localGet(vcpu);
  body.load('i32.load', VCPU.BUDGET);
  body.i32Const(STOP_NEVER);
  body.localGet(ip);
  body.localGet(region);
  body.localGet(entry);
  body.i32Const(0);
  body.call(loop);
  body.localSet(left);
  body.emit('drop');
  body.localGet(vcpu);
  body.localGet(left);
  body.store('i32.store', VCPU.BUDGET);
  body.localGet(vcpu);
  body.load('i32.load', VCPU.PENDING);
  body.i32Const(1);
  body.emit('i32.sub');
  module.defineFunction(ref, body);
  module.exportFunction('run', ref);
}

function defineCall(module: ModuleBuilder, regionType: number): void {
  const ref = module.declareFunction('call', CALL_PARAMS, REGION_RESULTS);
  const body = new FunctionBody(CALL_PARAMS);
  for (const index of CALL_PARAMS.keys()) body.localGet(index);
  body.callIndirect(regionType);
  module.defineFunction(ref, body);
  module.exportFunction('call', ref);
}

function defineMiss(module: ModuleBuilder, loop: FunctionRef): void {
  const ref = module.declareFunction('miss', REGION_PARAMS, REGION_RESULTS);
  const [vcpu, depth, target, fuel] = [0, 1, 2, 3];
  const body = new FunctionBody(REGION_PARAMS);
  body.localGet(vcpu);
  body.localGet(depth);
  body.localGet(fuel);
  body.localGet(vcpu);
  body.load('i32.load', VCPU.RETURN);
  body.i32Const(0);
  body.i32Const(NO_REGION);
  body.i32Const(0);
  body.localGet(target);
  body.call(loop);
  module.defineFunction(ref, body);
  module.exportFunction('miss', ref);
}

/** Counts an entry of the region whose number a local holds; leaves the count before in `count`. */
function emitCountRun(body: FunctionBody, layout: MemoryLayout, region: number, count: number): void {
  body.localGet(region);
  body.i32Const(2);
  body.emit('i32.shl');
  body.localGet(region);
  body.i32Const(2);
  body.emit('i32.shl');
  body.load('i32.load', layout.regionRuns);
  body.localTee(count);
  body.i32Const(1);
  body.emit('i32.add');
  body.store('i32.store', layout.regionRuns);
}

/** vcpu, depth, fuel, stop, ip, region, entry, and the pc to begin with, where ip is 0 and region is NO_REGION. */
const LOOP_PARAMS: readonly ValueType[] = new Array<ValueType>(8).fill('i32');

class Loop {
  readonly #layout: MemoryLayout;
  readonly #interpret: FunctionRef;
  readonly #regionType: number;
  readonly #enterCode: number;
  readonly #body = new FunctionBody(LOOP_PARAMS);
  readonly #vcpu = 0;
  readonly #depth = 1;
  readonly #fuel = 2;
  readonly #stop = 3;
  readonly #ip = 4;
  readonly #region = 5;
  readonly #entry = 6;
  readonly #pc = 7;
  /** Fuel given to what runs. */
  readonly #given = this.#body.local('i32');
  readonly #left = this.#body.local('i32');
  readonly #slot = this.#body.local('i32');
  readonly #reason = this.#body.local('i32');
  /** A `LOOKUP` detail. */
  readonly #kind = this.#body.local('i32');
  /** STOP as the caller left it. */
  readonly #outer = this.#body.local('i32');
  #exit = 0;
  #again = 0;
  #lookup = 0;

  constructor(layout: MemoryLayout, interpret: FunctionRef, regionType: number, enterCode: number) {
    this.#enterCode = enterCode;
    this.#layout = layout;
    this.#interpret = interpret;
    this.#regionType = regionType;
  }

  define(module: ModuleBuilder, ref: FunctionRef): void {
    const body = this.#body;
    body.localGet(this.#vcpu);
    body.load('i32.load', VCPU.STOP);
    body.localSet(this.#outer);
    this.#store(VCPU.STOP, this.#stop);
    body.i32Const(LOOKUP.CALL);
    body.localSet(this.#kind);
    body.block();
    this.#exit = body.depth;
    body.loop();
    this.#again = body.depth;
    body.block();
    this.#lookup = body.depth;
    body.localGet(this.#region);
    body.i32Const(NO_REGION);
    body.emit('i32.ne');
    body.if();
    this.#runRegion();
    body.end();
    body.localGet(this.#ip);
    body.emit('i32.eqz');
    this.#brIf(this.#lookup);
    this.#runTier0();
    body.end();
    this.#findNext();
    body.end();
    body.end();
    // exit label
    body.localGet(this.#vcpu);
    body.localGet(this.#reason);
    body.i32Const(1);
    body.emit('i32.add');
    body.store('i32.store', VCPU.PENDING);
    body.i32Const(0);
    this.#returnPushed();
    module.defineFunction(ref, body);
  }

  #br(label: number): void {
    this.#body.br(this.#body.depth - label);
  }

  #brIf(label: number): void {
    this.#body.brIf(this.#body.depth - label);
  }

  #store(field: number, local: number): void {
    this.#body.localGet(this.#vcpu);
    this.#body.localGet(local);
    this.#body.store('i32.store', field);
  }

  /** With the pc on the stack: returns to the region, or to `run`. */
  #returnPushed(): void {
    this.#store(VCPU.STOP, this.#outer);
    this.#body.localGet(this.#fuel);
    this.#body.return();
  }

  #exitWith(reason: number): void {
    this.#body.i32Const(reason);
    this.#body.localSet(this.#reason);
    this.#br(this.#exit);
  }

  /** With the condition on the stack: leaves for whoever called `run` to go on at the pc. */
  #exitAtPcIf(): void {
    const body = this.#body;
    body.if();
    this.#store(VCPU.EXIT_IP, this.#kind);
    this.#store(VCPU.PC, this.#pc);
    this.#exitWith(EXIT.LOOKUP);
    body.end();
  }

  /** Gives fuel to what runs next; what is kept back goes to RESERVE. */
  #give(limit: () => void): void {
    const body = this.#body;
    limit();
    body.localSet(this.#given);
    this.#moveReserve('i32.add');
    body.localGet(this.#vcpu);
    body.localGet(this.#given);
    body.store('i32.store', VCPU.BUDGET);
  }

  #moveReserve(operation: 'i32.add' | 'i32.sub'): void {
    const body = this.#body;
    body.localGet(this.#vcpu);
    body.localGet(this.#vcpu);
    body.load('i32.load', VCPU.RESERVE);
    body.localGet(this.#fuel);
    body.localGet(this.#given);
    body.emit('i32.sub');
    body.emit(operation);
    body.store('i32.store', VCPU.RESERVE);
  }

  /** Pushes the smaller one of the fuel and a slice. */
  #pushSlice(): void {
    const body = this.#body;
    body.i32Const(SLICE);
    body.localGet(this.#fuel);
    body.i32Const(SLICE);
    body.localGet(this.#fuel);
    body.emit('i32.lt_s');
    body.emit('select');
  }

  /** fuel -= given - left */
  #charge(): void {
    const body = this.#body;
    this.#moveReserve('i32.sub');
    body.localGet(this.#fuel);
    body.localGet(this.#given);
    body.emit('i32.sub');
    body.localGet(this.#left);
    body.emit('i32.add');
    body.localSet(this.#fuel);
  }

  #runRegion(): void {
    const body = this.#body;
    this.#store(VCPU.REGION, this.#region);
    emitCountRun(body, this.#layout, this.#region, this.#left);
    this.#give(() => {
      this.#pushSlice();
      body.localGet(this.#fuel);
      body.localGet(this.#left);
      body.i32Const(YOUNG_RUNS);
      body.emit('i32.lt_u');
      body.emit('select');
    });
    body.localGet(this.#vcpu);
    body.localGet(this.#depth);
    body.localGet(this.#entry);
    body.localGet(this.#given);
    body.localGet(this.#region);
    body.callIndirect(this.#regionType);
    body.localSet(this.#left);
    body.localSet(this.#pc);
    this.#charge();
    body.localGet(this.#vcpu);
    body.localGet(this.#vcpu);
    body.load('i32.load', VCPU.COMPILED);
    body.localGet(this.#given);
    body.localGet(this.#left);
    body.emit('i32.sub');
    body.emit('i32.add');
    body.store('i32.store', VCPU.COMPILED);
    this.#passPending();
    body.i32Const(NO_REGION);
    body.localSet(this.#region);
    // A region that executed nothing leaves its first instruction to tier 0.
    body.i32Const(LOOKUP.STUCK);
    body.i32Const(LOOKUP.ANY);
    body.localGet(this.#left);
    body.localGet(this.#given);
    body.emit('i32.eq');
    body.emit('select');
    body.localSet(this.#kind);
    this.#sampleJumps();
    // What it reports is for the host, and so is a pc of more than 32 bits.
    body.localGet(this.#pc);
    body.emit('i32.eqz');
    body.localGet(this.#vcpu);
    body.load('i32.load', VCPU.SITE);
    body.localGet(this.#vcpu);
    body.load('i32.load', VCPU.SPECULATION);
    body.emit('i32.or');
    body.localGet(this.#vcpu);
    body.load('i32.load', VCPU.UNEXPECTED);
    body.emit('i32.or');
    body.emit('i32.or');
    this.#exitAtPcIf();
    body.localGet(this.#pc);
    body.localGet(this.#stop);
    body.emit('i32.eq');
    body.if();
    body.localGet(this.#pc);
    this.#returnPushed();
    body.end();
    body.localGet(this.#fuel);
    body.i32Const(0);
    body.emit('i32.le_s');
    this.#exitAtPcIf();
    this.#br(this.#lookup);
  }

  /** Lets one in many indirect jumps be reported, and the function or case at their target count its arrivals. */
  #sampleJumps(): void {
    const body = this.#body;
    body.localGet(this.#vcpu);
    body.load('i32.load', VCPU.SITE);
    body.if();
    body.i32Const(LOOKUP.CALL);
    body.localSet(this.#kind);
    body.localGet(this.#vcpu);
    body.localGet(this.#vcpu);
    body.load('i32.load', VCPU.JUMPS);
    body.i32Const(1);
    body.emit('i32.add');
    body.localTee(this.#slot);
    body.store('i32.store', VCPU.JUMPS);
    body.localGet(this.#slot);
    body.i32Const(JUMP_SAMPLE - 1);
    body.emit('i32.and');
    body.if();
    body.localGet(this.#vcpu);
    body.i32Const(0);
    body.store('i32.store', VCPU.SITE);
    body.end();
    body.end();
  }

  /** Lets an exit that began further inside go on to `run`. */
  #passPending(): void {
    const body = this.#body;
    body.localGet(this.#vcpu);
    body.load('i32.load', VCPU.PENDING);
    body.if();
    body.i32Const(0);
    this.#returnPushed();
    body.end();
  }

  #runTier0(): void {
    const body = this.#body;
    this.#give(() => {
      this.#pushSlice();
    });
    body.localGet(this.#vcpu);
    body.localGet(this.#ip);
    body.localGet(this.#given);
    body.call(this.#interpret);
    body.localSet(this.#reason);
    body.localGet(this.#vcpu);
    body.load('i32.load', VCPU.BUDGET);
    body.localSet(this.#left);
    this.#charge();
    body.localGet(this.#vcpu);
    body.load('i32.load', VCPU.EXIT_IP);
    body.localSet(this.#ip);
    body.localGet(this.#reason);
    body.i32Const(EXIT.ENTER);
    body.emit('i32.eq');
    body.if();
    body.localGet(this.#ip);
    body.load('i32.load', 8);
    body.localSet(this.#region);
    body.localGet(this.#ip);
    body.load('i32.load', 12);
    body.localSet(this.#entry);
    body.localGet(this.#vcpu);
    body.localGet(this.#ip);
    body.load('i32.load', 4);
    body.store('i32.store', VCPU.PC);
    body.i32Const(0);
    body.localSet(this.#ip);
    this.#br(this.#again);
    body.end();
    body.localGet(this.#reason);
    body.i32Const(EXIT.RETURN);
    body.emit('i32.eq');
    body.if();
    body.localGet(this.#stop);
    this.#returnPushed();
    body.end();
    body.localGet(this.#reason);
    body.i32Const(EXIT.BUDGET);
    body.emit('i32.eq');
    body.localGet(this.#fuel);
    body.i32Const(0);
    body.emit('i32.gt_s');
    body.emit('i32.and');
    this.#brIf(this.#again);
    this.#br(this.#exit);
  }

  /** lookup label: goes on at the pc. */
  #findNext(): void {
    const body = this.#body;
    body.localGet(this.#depth);
    body.i32Const(MIN_DEPTH);
    body.emit('i32.lt_s');
    this.#exitAtPcIf();
    body.localGet(this.#kind);
    body.i32Const(LOOKUP.ANY);
    body.emit('i32.eq');
    body.if();
    this.#slotOf(REGION_CACHE_ENTRIES);
    body.load('i32.load', this.#layout.regionCache);
    body.localGet(this.#pc);
    body.emit('i32.eq');
    body.if();
    body.localGet(this.#slot);
    body.load('i32.load', this.#layout.regionCache + 4);
    body.localSet(this.#region);
    body.i32Const(0);
    body.localSet(this.#entry);
    this.#br(this.#again);
    body.end();
    this.#countStray();
    body.end();
    this.#slotOf(JUMP_CACHE_ENTRIES);
    body.load('i32.load', this.#layout.jumpCache);
    body.localGet(this.#pc);
    body.emit('i32.ne');
    this.#exitAtPcIf();
    body.localGet(this.#slot);
    body.load('i32.load', this.#layout.jumpCache + 4);
    body.localTee(this.#ip);
    // Past the way into a region that did not get anywhere.
    body.i32Const(MICRO_OP_SIZE);
    body.i32Const(0);
    body.localGet(this.#kind);
    body.i32Const(LOOKUP.STUCK);
    body.emit('i32.eq');
    body.localGet(this.#ip);
    body.load('i32.load16_u');
    body.i32Const(this.#enterCode);
    body.emit('i32.eq');
    body.emit('i32.and');
    body.emit('select');
    body.emit('i32.add');
    body.localSet(this.#ip);
    this.#br(this.#again);
  }

  /** Pushes the offset of the pc's entry in a direct-mapped table of pairs. */
  #slotOf(entries: number): void {
    const body = this.#body;
    emitCacheOffset(body, entries, () => {
      body.localGet(this.#pc);
    });
    body.localTee(this.#slot);
  }

  #countStray(): void {
    const body = this.#body;
    const { strays } = this.#layout;
    this.#slotOf(STRAY_ENTRIES);
    body.load('i32.load', strays);
    body.localGet(this.#pc);
    body.emit('i32.eq');
    body.if();
    body.localGet(this.#slot);
    body.localGet(this.#slot);
    body.load('i32.load', strays + 4);
    body.i32Const(1);
    body.emit('i32.add');
    body.localTee(this.#left);
    body.store('i32.store', strays + 4);
    body.localGet(this.#left);
    body.i32Const(STRAYS);
    body.emit('i32.ge_u');
    body.if();
    body.localGet(this.#slot);
    body.i32Const(0);
    body.store('i32.store', strays + 4);
    this.#store(VCPU.PC, this.#pc);
    this.#exitWith(EXIT.STRAY);
    body.end();
    body.else();
    body.localGet(this.#slot);
    body.localGet(this.#pc);
    body.store('i32.store', strays);
    body.localGet(this.#slot);
    body.i32Const(1);
    body.store('i32.store', strays + 4);
    body.end();
  }
}
