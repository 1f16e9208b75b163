/**
 * Emits one region as a WebAssembly function `(vcpu, depth, entry, fuel) -> (pc, fuel)`.
 *
 * Slots live in locals. The function loads at its entry what may be read, stores what may have changed where it leaves,
 * and returns the guest pc at which execution goes on, with the state in the vCPU block. A pc of 0 means that it does not
 * fit 32 bits; it is in EXIT_VALUE then. A guest call is a call of the callee's function, whose result is compared
 * with the return address: where they differ, the caller returns the result too, and so on to the dispatcher. `entry`
 * numbers the region's entries (for the hub, PC holds the target); calls use the first. `fuel` counts guest instructions down; when it is used up, loops
 * leave to the dispatcher.
 */
import { assert, defined } from '../../../common/assert.ts';
import { inSequence, type Nested, type Steps } from '../../../common/steps.ts';
import { SETTLED } from '../../../fp/fp-env.ts';
import { AddressTracker, needsCheck, type AddressFlow } from '../../../ir/address-flow.ts';
import type { Block, Inst } from '../../../ir/block.ts';
import { NarrowTracker } from '../../../ir/narrow.ts';
import type { Edge, Flow, Region, RegionNode } from '../../../ir/region.ts';
import { slotIndices, type SlotFlow, type SlotSet } from '../../../ir/slot-flow.ts';
import type { ValueType } from '../../../ir/types.ts';
import { VCPU } from '../../../ir/vcpu-layout.ts';
import { REGION_CACHE_ENTRIES, type MemoryLayout } from '../../../memory/layout.ts';
import { emitCacheOffset } from '../cache-offset.ts';
import { FunctionBody, type FunctionRef } from '../encoder.ts';
import {
  analyzeRegion,
  isBackward,
  leavesRefused,
  loadedAt,
  mayLeaveInside,
  storesBeforeAccess,
  type RegionAnalysis,
} from './analysis.ts';
import { pushBrokenFacts, settleFacts } from './entry-guards.ts';
import { emitRefused, SITE, type AccessKind, type RegionMemoryModel, type TrapSites } from './memory-access.ts';
import { emitWiden, SlotLocals } from './slot-locals.ts';
import type { ControlFlow } from './structure.ts';
import { BlockEmitter, type BlockHooks } from './values.ts';

export type SpeculationState =
  'speculates' | 'speculates on tiny results' | 'speculates on denormals' | 'waits' | 'gave up';

export interface RegionEmitterOptions {
  readonly layout: MemoryLayout;
  readonly model: RegionMemoryModel;
  /** What a refused access finds in the vCPU block is the state before its instruction, for tier 0 to raise the fault. */
  readonly precise: boolean;
  /** Jumps through a register to where no region begins are noted in SITE, so that the engine learns their targets. */
  readonly reportsJumps: boolean;
  /**
   * With `speculates`, floating-point operations take their speculative form. The region leaves where it finds the
   * environment not settled, and where a result may be more than the native one; the region's pc is in SPECULATION then.
   * With `speculates on tiny results`, the environment has to have underflow raised, and results may be small; with `speculates
   * on denormals`, that of denormal operands as well, and operands may be denormal.
   * With `waits`, it is there when the region is entered in a settled environment.
   */
  readonly speculation: SpeculationState;
  readonly fusesMultiplyAdd: boolean;
  readonly runtimeFunction: (name: string) => FunctionRef;
  /** The function for a call target: in this module, or by its place in the module's table of links. */
  readonly callee: (pc: number) => { readonly ref: FunctionRef } | { readonly link: number };
  readonly links: LinkTable;
  /** An i32 global of the module, 1 from when one of its functions is called. */
  readonly used: number;
  /** The dispatcher's function that calls a region by its number. */
  readonly call: FunctionRef;
  /** The dispatcher's function that calls what is not compiled. */
  readonly miss: FunctionRef;
  /** Whether to note what belongs to what, for tools. */
  readonly annotates?: boolean;
}

/** A module's table with the functions of others that it calls, or what stands in their place. */
export interface LinkTable {
  readonly table: number;
  /** Type of a region function. */
  readonly type: number;
}

/** What of a function's code belongs to what of the guest. */
export interface CodeNotes {
  /** Positions in the code at which guest instructions begin, in the order of the code. */
  readonly marks: readonly { readonly position: number; readonly pc: number }[];
  /** Names of locals. */
  readonly locals: ReadonlyMap<number, string>;
}

/** Parameters of a region function. */
export const REGION_PARAMS: readonly ValueType[] = ['i32', 'i32', 'i32', 'i32'];
export const REGION_RESULTS: readonly ValueType[] = ['i32', 'i32'];

/** Entries that the jump table of a hub may have; sparser targets are compared one by one. */
const MAX_JUMP_TABLE = 1 << 14;

/** Blocks in a step. */
const STEP = 32;

const [VCPU_LOCAL, DEPTH_LOCAL, ENTRY_LOCAL, FUEL_LOCAL] = [0, 1, 2, 3];

export interface EmittedRegion {
  readonly body: FunctionBody;
  readonly sites: TrapSites;
  /** Empty unless asked for. */
  readonly notes: CodeNotes;
}

/** Emits a region, in steps: what is found out about it, then its code. */
export function* emitRegionSteps(region: Region, options: RegionEmitterOptions): Steps<EmittedRegion> {
  return yield* new RegionEmitter(region, options, yield* analyzeRegion(region, options)).emit();
}

class RegionEmitter {
  readonly #region: Region;
  readonly #options: RegionEmitterOptions;
  readonly #body = new FunctionBody(REGION_PARAMS);
  readonly #analysis: RegionAnalysis;
  readonly #slots: SlotFlow;
  readonly #flow: ControlFlow;
  readonly #locals: SlotLocals;
  readonly #sites: TrapSites = { positions: [], pcs: [], kinds: [] };
  readonly #marks: { readonly position: number; readonly pc: number }[] = [];
  /** i32: pc at which a block leaves in its middle. */
  readonly #leavePc: number;
  readonly #result: number;
  readonly #target: number;
  readonly #entry: number;
  /** i32: pc of the indirect jump that goes through the hub or out. */
  readonly #site: number;
  readonly #labels: number[];
  /** Depths of the structured labels to which nodes can be reached, innermost last. */
  readonly #context: { readonly node: number; readonly depth: number }[] = [];
  #emitted = 0;
  /** Guest instructions executed that are not charged yet, on the way to what is emitted next. */
  #pending = 0;

  constructor(region: Region, options: RegionEmitterOptions, analysis: RegionAnalysis) {
    this.#region = region;
    this.#options = options;
    this.#analysis = analysis;
    this.#slots = analysis.slots;
    this.#flow = analysis.flow;
    const body = this.#body;
    this.#locals = new SlotLocals(body, region.layout, this.#slots.used, VCPU_LOCAL);
    this.#leavePc = body.local('i32');
    this.#result = body.local('i32');
    this.#target = body.local('i64');
    this.#entry = body.local('i32');
    this.#site = body.local('i32');
    this.#labels = this.#flow.dispatchers.map(() => body.local('i32'));
  }

  *emit(): Steps<EmittedRegion> {
    this.#noteUse();
    if (this.#analysis.root === 0) this.#enter(0);
    yield* inSequence(this.#tree(this.#analysis.root));
    this.#body.emit('unreachable');
    const named = ['vcpu', 'depth', 'entry', 'fuel'].map((name, local) => [local, name] as const);
    const locals = new Map(this.#options.annotates === true ? [...named, ...this.#locals.names()] : []);
    return { body: this.#body, sites: this.#sites, notes: { marks: this.#marks, locals } };
  }

  #noteUse(): void {
    this.#body.i32Const(1);
    this.#body.emit('global.set', this.#options.used);
  }

  #isBackward(from: number, to: number): boolean {
    return isBackward(this.#flow, from, to);
  }

  // --- structure

  /** A node and everything that it dominates; what comes behind a loop follows its end. */
  *#tree(node: number): Nested {
    const exits = this.#flow.exits(node);
    this.#open(exits);
    const merges = this.#flow.children(node).filter((child) => this.#flow.needsLabel(child));
    const isLoop = this.#flow.isLoopHeader(node);
    if (isLoop) {
      this.#chargePending();
      this.#body.loop();
      this.#context.push({ node, depth: this.#body.depth });
    }
    this.#open(merges);
    yield this.#node(node);
    yield this.#close(merges);
    if (isLoop) {
      this.#context.pop();
      this.#body.end();
    }
    yield this.#close(exits);
  }

  /** Opens a block for each node, to whose end a branch goes to reach it; the first node's innermost. */
  #open(nodes: readonly number[]): void {
    for (const node of nodes.toReversed()) {
      this.#body.block();
      this.#context.push({ node, depth: this.#body.depth });
    }
  }

  /** Ends these blocks, each followed by its node. */
  *#close(nodes: readonly number[]): Nested {
    for (const node of nodes) {
      this.#context.pop();
      this.#body.end();
      this.#pending = 0;
      yield this.#tree(node);
    }
  }

  *#node(node: number): Nested {
    const given = this.#region.nodes[node];
    if (given !== undefined) yield this.#block(node, given);
    else if (node === this.#analysis.root) yield this.#entries();
    else yield this.#dispatcher(node);
  }

  /** Goes on at the entry that the caller asked for; the first one takes every other number. */
  *#entries(): Nested {
    const { entries } = this.#region;
    const body = this.#body;
    body.localGet(ENTRY_LOCAL);
    body.if();
    for (const [index, node] of entries.entries()) {
      if (index === 0) continue;
      body.localGet(ENTRY_LOCAL);
      body.i32Const(index);
      body.emit('i32.eq');
      body.if();
      if (this.#region.nodes[node]?.flow.kind === 'hub') this.#enterHub(node);
      else this.#enter(node);
      yield this.#goto(this.#analysis.root, node);
      body.end();
    }
    body.end();
    this.#enter(0);
    yield this.#goto(this.#analysis.root, 0);
  }

  /** What comes before the code of an entry: its slots, and the checks of a loop that begins there. */
  #enter(node: number): void {
    const { pc } = defined(this.#region.nodes[node], 'an entry').block;
    this.#emitSettled(pc);
    this.#loadAt(node, pc);
  }

  /** Enters by the hub, as if by a jump to the pc in PC. */
  #enterHub(node: number): void {
    const body = this.#body;
    body.localGet(VCPU_LOCAL);
    body.load('i64.load32_u', VCPU.PC);
    body.localSet(this.#target);
    body.i32Const(0);
    body.localSet(this.#site);
    this.#emitSettled(null);
    this.#loadAt(node, null);
  }

  /** Loads what is live at an entry; of a guarded one, leaves at `pc` (null: at the jump's target) where facts are broken. */
  #loadAt(node: number, pc: number | null): void {
    const live = this.#loadedAt(node);
    this.#locals.load(live);
    if (!this.#region.guarded.includes(node)) {
      this.#emitHoisted(new Map(), node, 0n, live);
      return;
    }
    const body = this.#body;
    const facts = {
      live,
      narrow: this.#analysis.narrow.entry[node] ?? 0n,
      constants: this.#analysis.constants[node] ?? new Map<number, Inst>(),
      addresses: this.#analysis.addresses?.entry[node] ?? new Map<number, never>(),
    };
    const { extension } = this.#region.layout;
    const count = pushBrokenFacts(body, this.#locals, facts, { extension, ...this.#analysis.addressOptions });
    for (let open = 1; open < count; open++) body.emit('i32.or');
    if (count > 0) {
      body.if();
      body.localGet(VCPU_LOCAL);
      body.i32Const(this.#region.pc);
      body.store('i32.store', VCPU.UNEXPECTED);
      if (pc === null) this.#returnTarget();
      else this.#returnConstant(pc);
      body.end();
    }
    settleFacts(body, this.#locals, facts);
  }

  /**
   * Looks at the floating-point environment, at `pc` (null: at the jump's target) and with the state stored: leaves where it is not what speculation
   * needs, or reports that it has become so.
   */
  #emitSettled(pc: number | null): void {
    const { speculation } = this.#analysis;
    if (speculation.state === 'gave up') return;
    const isSpeculative = speculation.isOn;
    const raised = speculation.raised;
    const body = this.#body;
    body.localGet(VCPU_LOCAL);
    body.load('i32.load', VCPU.FP_ENV);
    body.i32Const(SETTLED.MASK | raised);
    body.emit('i32.and');
    body.i32Const(SETTLED.VALUE | raised);
    body.emit(isSpeculative ? 'i32.ne' : 'i32.eq');
    body.if();
    this.#noteSpeculation();
    if (isSpeculative && pc === null) this.#returnTarget();
    else if (isSpeculative) this.#returnConstant(pc ?? 0);
    body.end();
  }

  #noteSpeculation(): void {
    this.#body.localGet(VCPU_LOCAL);
    this.#body.i32Const(this.#region.pc);
    this.#body.store('i32.store', VCPU.SPECULATION);
  }

  *#dispatcher(node: number): Nested {
    const index = node - this.#flow.given;
    const targets = defined(this.#flow.dispatchers[index], 'a dispatcher');
    const label = defined(this.#labels[index], 'a dispatcher has a label');
    for (const [value, target] of targets.entries()) {
      this.#pending = 0;
      if (value < targets.length - 1) {
        this.#body.localGet(label);
        this.#body.i32Const(value);
        this.#body.emit('i32.eq');
        this.#body.if();
        yield this.#goto(node, target);
        this.#body.end();
      } else {
        yield this.#goto(node, target);
      }
    }
  }

  /** Continues at `target`, a node of the graph, from `from`. */
  *#goto(from: number, target: number): Nested {
    const redirect = this.#flow.redirect(from, target);
    const to = redirect?.node ?? target;
    if (redirect !== null) {
      this.#body.i32Const(redirect.label);
      this.#body.localSet(defined(this.#labels[to - this.#flow.given], 'a dispatcher has a label'));
    }
    const label = this.#context.findLast((entry) => entry.node === to);
    if (label !== undefined) {
      this.#chargePending();
      this.#body.br(this.#body.depth - label.depth);
      return;
    }
    assert(!this.#flow.needsLabel(to) && !this.#flow.isBackward(from, to), 'an edge without a label is a tree edge');
    yield this.#tree(to);
  }

  *#edge(from: number, edge: Edge): Nested {
    const dirty = this.#slots.dirtyEnd[from] ?? 0n;
    if (edge.node < 0) {
      this.#leave(from, dirty, edge.pc);
      return;
    }
    if (this.#isBackward(from, edge.node)) {
      this.#chargePending();
      this.#pushExhausted();
      this.#body.if();
      const stored = this.#slots.storedOn(from, edge.node);
      this.#leave(from, (dirty & (this.#slots.liveIn[edge.node] ?? 0n)) | stored, edge.pc);
      this.#body.end();
    } else if (this.#analysis.addresses !== null) {
      const loaded = this.#slots.loadedEnd[from] ?? 0n;
      this.#emitHoisted(
        this.#analysis.addresses.exit[from] ?? new Map(),
        edge.node,
        this.#analysis.narrow.exit[from] ?? 0n,
        loaded,
      );
    }
    yield this.#follow(from, edge.node);
  }

  /** Takes an edge inside the region, with the slots in the locals that its end expects. */
  *#follow(from: number, to: number): Nested {
    this.#locals.store(this.#slots.storedOn(from, to), this.#analysis.narrow.exit[from] ?? 0n);
    const stays = this.#analysis.narrow.entry[to] ?? 0n;
    this.#locals.widen((this.#analysis.narrow.exit[from] ?? 0n) & ~stays & (this.#slots.liveIn[to] ?? 0n));
    this.#locals.load(this.#loadedAt(to) & ~(this.#slots.loadedEnd[from] ?? 0n));
    yield this.#goto(from, to);
  }

  #loadedAt(node: number): SlotSet {
    return loadedAt(this.#slots, node);
  }

  /** Goes to the hub, which has no pc of its own: out of fuel, the jump's target is where execution goes on. */
  *#toHub(node: number, site: number, hub: Edge): Nested {
    const body = this.#body;
    body.i32Const(site);
    body.localSet(this.#site);
    if (this.#isBackward(node, hub.node)) {
      this.#chargePending();
      this.#pushExhausted();
      body.if();
      this.#storeAll(node);
      this.#leaveIfWide();
      this.#returnTarget();
      body.end();
    }
    yield this.#follow(node, hub.node);
  }

  // --- blocks

  *#block(node: number, { block, flow }: RegionNode): Nested {
    if (++this.#emitted % STEP === 0) yield;
    const body = this.#body;
    // What a leave in the middle stores; its code is shared, so slots are widened on the way to it.
    const mayLeave = mayLeaveInside(block, this.#options, this.#analysis.speculation);
    const inside = mayLeave ? (this.#slots.dirtyIn[node] ?? 0n) | this.#definedIn(block) : null;
    let doneLabel = 0;
    let leaveLabel = 0;
    if (inside !== null) {
      body.block();
      doneLabel = body.depth;
      body.block();
      leaveLabel = body.depth;
    }
    let pc = block.pc;
    let executed = 0;
    const narrow = new NarrowTracker(this.#region.layout, this.#analysis.narrow.entry[node] ?? 0n);
    const leaveInside = (isSpeculation: boolean): void => {
      body.if();
      if (isSpeculation) this.#noteSpeculation();
      body.i32Const(pc);
      body.localSet(this.#leavePc);
      this.#charge(this.#pending + executed);
      this.#locals.widen((inside ?? 0n) & narrow.slots);
      body.br(body.depth - leaveLabel);
      body.end();
    };
    const storesThrough = storesBeforeAccess(this.#options);
    // Once a block: a few instructions do not matter where it traps.
    let isFuelStored = false;
    let dirty = this.#slots.dirtyIn[node] ?? 0n;
    let loaded = this.#slots.loadedIn[node] ?? 0n;
    const indices = slotIndices(this.#region.layout);
    const tracker = new AddressTracker(
      this.#analysis.addresses?.entry[node] ?? new Map(),
      this.#analysis.addressOptions,
    );
    const emitter = new BlockEmitter({
      body,
      vcpu: VCPU_LOCAL,
      slots: this.#locals,
      narrow,
      extension: this.#region.layout.extension,
      runtimeFunction: this.#options.runtimeFunction,
      slot: (inst) => {
        tracker.slot(inst);
        const bit = 1n << BigInt(defined(indices.get(inst.lo), 'a slot of the layout'));
        if (inst.kind === 'get') {
          this.#locals.load(bit & ~loaded);
          narrow.slot(inst);
        }
        loaded |= bit;
      },
      wrote: (inst) => {
        narrow.slot(inst);
        dirty |= 1n << BigInt(defined(indices.get(inst.lo), 'a slot of the layout'));
      },
      needsCheck: (inst) => {
        if (storesThrough) {
          this.#locals.store(dirty, narrow.slots);
          dirty = 0n;
          if (!isFuelStored) this.#storeFuel(executed);
          isFuelStored = true;
        }
        return this.#needsCheck(tracker, inst);
      },
      emitCheck: (inst, address, access, width) => {
        emitRefused(body, this.#options.layout, this.#modelFor(inst), address, access, width);
        if (leavesRefused(inst, this.#options)) leaveInside(false);
        else this.#trapIf(address, pc, access);
      },
      access: (kind) => {
        this.#mayTrap(pc, kind === 'read' ? 0 : SITE.WRITE);
      },
      beforeInput: () => {
        this.#storeFuel(executed);
      },
      emitTrapExit: () => {
        leaveInside(false);
      },
      speculativeForm: (op) => this.#analysis.speculation.formOf(op),
      takesDenormals: this.#analysis.speculation.takesDenormals,
      emitSpeculationExit: () => {
        leaveInside(true);
      },
      instruction: (at, index) => {
        pc = at;
        executed = index;
        if (this.#options.annotates === true) this.#marks.push({ position: body.position, pc });
      },
    } satisfies BlockHooks);
    emitter.emit(block);
    if (inside !== null) {
      body.br(body.depth - doneLabel);
      body.end();
      this.#locals.store(inside, 0n);
      body.localGet(this.#leavePc);
      this.#returnPushed();
      body.end();
    }
    this.#pending += flow.kind === 'leave' ? block.guestInstructions - 1 : block.guestInstructions;
    yield this.#flowOut(node, { block, flow }, emitter);
  }

  #definedIn(block: Block): SlotSet {
    const { slots } = this.#region.layout;
    let defs = 0n;
    for (const inst of block.instructions)
      if (inst.kind === 'set') defs |= 1n << BigInt(slots.findIndex((slot) => slot.offset === inst.lo));
    return defs;
  }

  *#flowOut(node: number, { block, flow }: RegionNode, emitter: BlockEmitter): Nested {
    const body = this.#body;
    const { terminator } = block;
    switch (flow.kind) {
      case 'goto':
        emitter.finish();
        yield this.#edge(node, flow.target);
        return;
      case 'branch':
        assert(terminator.kind === 'branch', 'a branch flow has a branch terminator');
        emitter.push(terminator.condition);
        emitter.finish();
        yield this.#branch(node, flow.taken, flow.fallthrough);
        return;
      case 'leave':
        emitter.finish();
        this.#leave(node, this.#slots.dirtyEnd[node] ?? 0n, flow.pc);
        return;
      case 'call':
        emitter.finish();
        yield this.#call(node, flow.target, flow.next);
        return;
      case 'hub':
        emitter.finish();
        yield this.#hub(node, flow.targets);
        return;
      case 'call-indirect':
      case 'indirect':
      case 'to-hub':
        assert(terminator.kind === 'indirect', 'an indirect flow has an indirect terminator');
        emitter.push(terminator.target);
        emitter.finish();
        body.localSet(this.#target);
        if (flow.kind === 'indirect') yield this.#indirect(node, flow);
        else if (flow.kind === 'call-indirect') yield this.#indirectCall(node, flow.next);
        else {
          yield this.#toHub(node, flow.site, flow.hub);
        }
    }
  }

  // --- leaving

  /** With the condition on the stack. */
  *#branch(node: number, taken: Edge, fallthrough: Edge): Nested {
    const pending = this.#pending;
    this.#body.if();
    yield this.#edge(node, taken);
    this.#pending = pending;
    this.#body.else();
    yield this.#edge(node, fallthrough);
    this.#body.end();
  }

  /** Stores `dirty` as it is at the end of `node`, and returns to the dispatcher, to go on at `pc`. */
  #leave(node: number, dirty: SlotSet, pc: number): void {
    this.#locals.store(dirty, this.#analysis.narrow.exit[node] ?? 0n);
    this.#chargePending();
    this.#returnConstant(pc);
  }

  /** Stores all that is dirty at the end of `node`. */
  #storeAll(node: number): void {
    this.#locals.store(this.#slots.dirtyEnd[node] ?? 0n, this.#analysis.narrow.exit[node] ?? 0n);
  }

  #returnConstant(pc: number): void {
    this.#body.i32Const(pc);
    this.#returnPushed();
  }

  /** With the pc on the stack. */
  #returnPushed(): void {
    this.#body.localGet(FUEL_LOCAL);
    this.#body.return();
  }

  #returnTarget(): void {
    this.#body.localGet(this.#target);
    this.#body.emit('i32.wrap_i64');
    this.#returnPushed();
  }

  *#call(node: number, target: number, next: Edge): Nested {
    const body = this.#body;
    this.#storeAll(node);
    this.#chargePending();
    const callee = this.#options.callee(target);
    body.localGet(DEPTH_LOCAL);
    body.emit('i32.eqz');
    body.if();
    this.#returnConstant(target);
    body.end();
    if ('ref' in callee) {
      this.#pushCallArguments(0);
      body.call(callee.ref);
    } else {
      this.#noteReturn(next);
      // What stands in the place of a function that is not compiled needs its pc.
      this.#pushCallArguments(target);
      body.i32Const(callee.link);
      body.callIndirect(this.#options.links.type, this.#options.links.table);
    }
    this.#takeResults();
    yield this.#returned(node, next);
  }

  /** Tells tier 0 where the function that is called returns to. */
  #noteReturn({ pc }: Edge): void {
    this.#body.localGet(VCPU_LOCAL);
    this.#body.i32Const(pc);
    this.#body.store('i32.store', VCPU.RETURN);
  }

  #pushCallArguments(entry: number | (() => void)): void {
    const body = this.#body;
    body.localGet(VCPU_LOCAL);
    body.localGet(DEPTH_LOCAL);
    body.i32Const(1);
    body.emit('i32.sub');
    if (typeof entry === 'number') body.i32Const(entry);
    else entry();
    body.localGet(FUEL_LOCAL);
  }

  #takeResults(): void {
    this.#body.localSet(FUEL_LOCAL);
    this.#body.localSet(this.#result);
  }

  /** Goes on after a call if that is where the callee returned to. */
  *#returned(node: number, next: Edge): Nested {
    const body = this.#body;
    body.localGet(this.#result);
    body.i32Const(next.pc);
    body.emit('i32.ne');
    body.if();
    body.localGet(this.#result);
    this.#returnPushed();
    body.end();
    if (next.node < 0) {
      this.#returnConstant(next.pc);
      return;
    }
    const isBackward = this.#isBackward(node, next.node);
    if (isBackward) {
      this.#pushExhausted();
      body.if();
      this.#returnConstant(next.pc);
      body.end();
    }
    // Whoever waits looks at it where it is entered.
    if (this.#analysis.speculation.isOn) this.#emitSettled(next.pc);
    const loaded = this.#loadedAt(next.node);
    this.#locals.load(loaded);
    if (!isBackward) this.#emitHoisted(new Map(), next.node, 0n, loaded);
    yield this.#goto(node, next.node);
  }

  #pushExhausted(): void {
    this.#body.localGet(FUEL_LOCAL);
    this.#body.i32Const(0);
    this.#body.emit('i32.lt_s');
  }

  /**
   * Jump through a register: goes on at a known target in the region, or returns the target, or calls the region that
   * starts there and passes its result on.
   */
  *#indirect(node: number, flow: Flow & { readonly kind: 'indirect' }): Nested {
    const body = this.#body;
    const pending = this.#pending;
    for (const target of flow.targets) {
      body.localGet(this.#target);
      body.emit('i64.const', BigInt(target.pc));
      body.emit('i64.eq');
      body.if();
      this.#pending = pending;
      yield this.#edge(node, target);
      body.end();
    }
    this.#pending = pending;
    this.#storeAll(node);
    this.#chargePending();
    this.#leaveIfWide();
    if (flow.isReturn) {
      this.#returnTarget();
      return;
    }
    body.i32Const(flow.site);
    body.localSet(this.#site);
    this.#jumpOut();
  }

  /** Goes on at the target of an indirect jump outside the region, with the state stored. */
  #jumpOut(): void {
    const body = this.#body;
    this.#lookup();
    body.if();
    this.#pushCallArguments(0);
    this.#pushFound();
    body.call(this.#options.call);
    body.return();
    body.end();
    if (this.#options.reportsJumps) {
      body.localGet(VCPU_LOCAL);
      body.localGet(this.#site);
      body.store('i32.store', VCPU.SITE);
    }
    this.#returnTarget();
  }

  /** A jump table over the targets of all the jumps that come here. */
  *#hub(node: number, targets: readonly Edge[]): Nested {
    const body = this.#body;
    const pending = this.#pending;
    const first = defined(targets[0], 'a hub has targets').pc;
    const distances = targets.map(({ pc }) => pc - first);
    const shift = 31 - Math.clz32(distances.reduce((all, d) => all | d, 0) & -distances.reduce((all, d) => all | d, 0));
    const slots = ((distances.at(-1) ?? 0) >>> shift) + 1;
    body.localGet(this.#target);
    body.emit('i64.const', 32n);
    body.emit('i64.shr_u');
    body.emit('i64.eqz');
    body.if();
    for (let open = 0; open <= targets.length; open++) body.block();
    if (slots <= MAX_JUMP_TABLE) {
      body.localGet(this.#target);
      body.emit('i32.wrap_i64');
      body.i32Const(first);
      body.emit('i32.sub');
      body.i32Const(shift);
      // Odd bits end up on top, out of the table's range.
      body.emit('i32.rotr');
      const labels = new Array<number>(slots).fill(targets.length);
      for (const [index, distance] of distances.entries()) labels[distance >>> shift] = index;
      body.brTable(labels, targets.length);
    } else {
      for (const [index, { pc }] of targets.entries()) {
        body.localGet(this.#target);
        body.emit('i32.wrap_i64');
        body.i32Const(pc);
        body.emit('i32.eq');
        body.brIf(index);
      }
      body.br(targets.length);
    }
    for (const target of targets) {
      body.end();
      this.#pending = pending;
      yield this.#edge(node, target);
    }
    body.end();
    body.end();
    this.#pending = pending;
    this.#storeAll(node);
    this.#chargePending();
    this.#leaveIfWide();
    this.#jumpOut();
  }

  *#indirectCall(node: number, next: Edge): Nested {
    const body = this.#body;
    this.#storeAll(node);
    this.#chargePending();
    this.#leaveIfWide();
    body.localGet(DEPTH_LOCAL);
    body.emit('i32.eqz');
    body.if();
    this.#returnTarget();
    body.end();
    this.#noteReturn(next);
    this.#lookup();
    body.if();
    this.#pushCallArguments(0);
    this.#pushFound();
    body.call(this.#options.call);
    this.#takeResults();
    body.else();
    this.#pushCallArguments(() => {
      body.localGet(this.#target);
      body.emit('i32.wrap_i64');
    });
    body.call(this.#options.miss);
    this.#takeResults();
    body.end();
    yield this.#returned(node, next);
  }

  #leaveIfWide(): void {
    const body = this.#body;
    body.localGet(this.#target);
    body.emit('i64.const', 32n);
    body.emit('i64.shr_u');
    body.emit('i64.eqz');
    body.emit('i32.eqz');
    body.if();
    body.localGet(VCPU_LOCAL);
    body.localGet(this.#target);
    body.store('i64.store', VCPU.EXIT_VALUE);
    this.#returnConstant(0);
    body.end();
  }

  /** Pushes 1 when the region cache knows the target and there is depth left for a call. */
  #lookup(): void {
    const body = this.#body;
    emitCacheOffset(body, REGION_CACHE_ENTRIES, () => {
      body.localGet(this.#target);
      body.emit('i32.wrap_i64');
    });
    body.localTee(this.#entry);
    body.load('i32.load', this.#options.layout.regionCache);
    body.localGet(this.#target);
    body.emit('i32.wrap_i64');
    body.emit('i32.eq');
    body.localGet(DEPTH_LOCAL);
    body.i32Const(0);
    body.emit('i32.ne');
    body.emit('i32.and');
  }

  #pushFound(): void {
    this.#body.localGet(this.#entry);
    this.#body.load('i32.load', this.#options.layout.regionCache + 4);
  }

  // --- fuel

  #chargePending(): void {
    this.#charge(this.#pending);
    this.#pending = 0;
  }

  #charge(instructions: number): void {
    if (instructions === 0) return;
    this.#body.localGet(FUEL_LOCAL);
    this.#body.i32Const(instructions);
    this.#body.emit('i32.sub');
    this.#body.localSet(FUEL_LOCAL);
  }

  /** Tells the vCPU what is left after `executed` instructions of the block. */
  #storeFuel(executed: number): void {
    this.#body.localGet(VCPU_LOCAL);
    this.#body.localGet(FUEL_LOCAL);
    this.#body.i32Const(this.#pending + executed);
    this.#body.emit('i32.sub');
    this.#body.store('i32.store', VCPU.BUDGET);
  }

  // --- memory

  #modelFor(inst: Inst): RegionMemoryModel {
    const { model } = this.#options;
    return model === 'host' && inst.op?.effect === 'atomic' ? 'strict' : model;
  }

  #needsCheck(tracker: AddressTracker, inst: Inst): boolean {
    if (this.#analysis.addresses === null) return true;
    const unchecked = tracker.access(defined(inst.a, 'an access has an address'), inst.lo);
    return !unchecked || this.#modelFor(inst) === 'strict';
  }

  /** With a condition on the stack: notes the address and traps. */
  #trapIf(address: number, pc: number, access: AccessKind): void {
    const body = this.#body;
    body.if();
    body.localGet(VCPU_LOCAL);
    body.localGet(address);
    body.store('i64.store', VCPU.EXIT_VALUE);
    this.#mayTrap(pc, SITE.CHECK | (access === 'read' ? 0 : SITE.WRITE));
    body.emit('unreachable');
    body.end();
  }

  #mayTrap(pc: number, kind: number): void {
    this.#sites.positions.push(this.#body.position);
    this.#sites.pcs.push(pc);
    this.#sites.kinds.push(kind);
  }

  /** Checks, on an edge with these facts, narrow and loaded slots into a loop, what the loop is sure to access. */
  #emitHoisted(facts: AddressFlow['exit'][number], header: number, narrow: SlotSet, loaded: SlotSet): void {
    const body = this.#body;
    const indices = slotIndices(this.#region.layout);
    for (const check of this.#analysis.addresses?.hoisted.get(header) ?? []) {
      if (!needsCheck(facts, check)) continue;
      const address = body.local('i64');
      const bit = 1n << BigInt(defined(indices.get(check.slot), 'a slot of the layout'));
      this.#locals.load(bit & ~loaded);
      if ((narrow & bit) === 0n) {
        body.localGet(this.#locals.at(check.slot));
      } else {
        body.localGet(this.#locals.narrowAt(check.slot));
        emitWiden(body, 'i64', this.#region.layout.extension);
      }
      body.emit('i64.const', BigInt(check.displacement));
      body.emit('i64.add');
      body.localSet(address);
      emitRefused(body, this.#options.layout, this.#options.model, address, check.access, 1);
      this.#trapIf(address, check.pc, check.access);
      body.freeLocal(address);
    }
  }
}
