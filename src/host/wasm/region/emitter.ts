/**
 * Emits one region as a WebAssembly function `(vcpu, depth) -> pc`.
 *
 * Slots live in locals. The function loads at its entry what may be read, stores what may have changed where it leaves,
 * and returns the guest pc at which execution goes on, with the state in the vCPU block. A result of 0 means that this
 * pc does not fit 32 bits; it is in EXIT_VALUE then. A guest call is a call of the callee's function, whose result is
 * compared with the return address: where they differ, the caller returns the result too, and so on to the dispatcher.
 */
import { assert, defined } from '../../../common/assert.ts';
import { AddressTracker, analyzeAddresses, needsCheck, type AddressFlow } from '../../../ir/address-flow.ts';
import type { Block, Inst } from '../../../ir/block.ts';
import { edgesOf, type Edge, type Region, type RegionNode } from '../../../ir/region.ts';
import { analyzeSlots, type SlotFlow, type SlotSet } from '../../../ir/slot-flow.ts';
import type { ValueType } from '../../../ir/types.ts';
import { VCPU } from '../../../ir/vcpu-layout.ts';
import { GUEST_BASE, REGION_CACHE_ENTRIES, type MemoryLayout } from '../../../memory/layout.ts';
import { FunctionBody, type FunctionRef } from '../encoder.ts';
import { emitRefused, type AccessKind, type RegionMemoryModel, type TrapSites } from './memory-access.ts';
import { SlotLocals } from './slot-locals.ts';
import { ControlFlow } from './structure.ts';
import { BlockEmitter, type BlockHooks } from './values.ts';

export interface RegionEmitterOptions {
  readonly layout: MemoryLayout;
  readonly model: RegionMemoryModel;
  /** A refused access leaves with the state stored, instead of trapping. */
  readonly precise: boolean;
  readonly runtimeFunction: (name: string) => FunctionRef;
  /** The function compiled for a call target, if any: in this module, or in the shared table. */
  readonly callee: (pc: number) => { readonly ref: FunctionRef } | { readonly tableIndex: number } | null;
  /** Type index of region functions in the module. */
  readonly regionType: number;
}

/** Parameters of a region function. */
export const REGION_PARAMS: readonly ValueType[] = ['i32', 'i32'];
export const REGION_RESULTS: readonly ValueType[] = ['i32'];

const [VCPU_LOCAL, DEPTH_LOCAL] = [0, 1];

export interface EmittedRegion {
  readonly body: FunctionBody;
  readonly sites: TrapSites;
}

export function emitRegion(region: Region, options: RegionEmitterOptions): EmittedRegion {
  return new RegionEmitter(region, options).emit();
}

class RegionEmitter {
  readonly #region: Region;
  readonly #options: RegionEmitterOptions;
  readonly #body = new FunctionBody(REGION_PARAMS);
  readonly #slots: SlotFlow;
  readonly #flow: ControlFlow;
  readonly #addresses: AddressFlow | null;
  readonly #locals: SlotLocals;
  readonly #sites: TrapSites = { positions: [], pcs: [] };
  readonly #fuel: number;
  /** i32: pc at which a block leaves in its middle. */
  readonly #leavePc: number;
  readonly #result: number;
  readonly #target: number;
  readonly #entry: number;
  readonly #labels: number[];
  /** Depths of the structured labels to which nodes can be reached, innermost last. */
  readonly #context: { readonly node: number; readonly depth: number }[] = [];
  /** Guest instructions executed that are not charged yet, on the way to what is emitted next. */
  #pending = 0;

  constructor(region: Region, options: RegionEmitterOptions) {
    this.#region = region;
    this.#options = options;
    this.#slots = analyzeSlots(region, (block) => this.#mayLeaveInside(block));
    this.#flow = new ControlFlow(
      region.nodes.map(({ flow }) =>
        edgesOf(flow)
          .filter((edge) => edge.node >= 0)
          .map((edge) => edge.node),
      ),
    );
    this.#addresses = this.#analyzeAddresses();
    const body = this.#body;
    this.#locals = new SlotLocals(body, region.layout, this.#slots.used, VCPU_LOCAL);
    this.#fuel = body.local('i32');
    this.#leavePc = body.local('i32');
    this.#result = body.local('i32');
    this.#target = body.local('i64');
    this.#entry = body.local('i32');
    this.#labels = this.#flow.dispatchers.map(() => body.local('i32'));
  }

  emit(): EmittedRegion {
    this.#loadFuel();
    this.#locals.load(this.#slots.entry);
    this.#emitHoisted(new Map(), 0);
    this.#tree(0);
    this.#body.emit('unreachable');
    return { body: this.#body, sites: this.#sites };
  }

  /** True when a block may leave in its middle, for tier 0 to execute the instruction there. */
  #mayLeaveInside(block: Block): boolean {
    const { precise } = this.#options;
    return block.instructions.some((inst) => inst.kind === 'trap_if' || (precise && inst.op?.width !== undefined));
  }

  /** Null where every access is checked. */
  #analyzeAddresses(): AddressFlow | null {
    const { model, precise } = this.#options;
    if (precise || model === 'strict') return null;
    const order = this.#region.nodes
      .map((_, node) => node)
      .filter((node) => (this.#flow.order[node] ?? -1) >= 0)
      .sort((a, b) => (this.#flow.order[a] ?? 0) - (this.#flow.order[b] ?? 0));
    return analyzeAddresses(this.#region, order, (from, to) => this.#isBackward(from, to), this.#addressOptions);
  }

  get #addressOptions(): { base: number; limit: number; successProves: boolean } {
    const { layout, model } = this.#options;
    return { base: GUEST_BASE, limit: layout.guestLimit, successProves: model === 'host' };
  }

  /** True for an edge between given nodes that closes a loop, possibly through a dispatcher. */
  #isBackward(from: number, to: number): boolean {
    return this.#flow.isBackward(from, this.#flow.redirect(from, to)?.node ?? to);
  }

  // --- structure

  /** A node and everything that it dominates. */
  #tree(node: number): void {
    const merges = this.#flow.children(node).filter((child) => this.#flow.isMerge(child));
    const isLoop = this.#flow.isLoopHeader(node);
    if (isLoop) {
      this.#chargePending();
      this.#body.loop();
      this.#context.push({ node, depth: this.#body.depth });
    }
    for (const merge of [...merges].reverse()) {
      this.#body.block();
      this.#context.push({ node: merge, depth: this.#body.depth });
    }
    this.#node(node);
    for (const merge of merges) {
      this.#context.pop();
      this.#body.end();
      this.#pending = 0;
      this.#tree(merge);
    }
    if (isLoop) {
      this.#context.pop();
      this.#body.end();
    }
  }

  #node(node: number): void {
    const given = this.#region.nodes[node];
    if (given === undefined) this.#dispatcher(node);
    else this.#block(node, given);
  }

  #dispatcher(node: number): void {
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
        this.#goto(node, target);
        this.#body.end();
      } else {
        this.#goto(node, target);
      }
    }
  }

  /** Continues at `target`, a node of the graph, from `from`. */
  #goto(from: number, target: number): void {
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
    assert(!this.#flow.isMerge(to) && !this.#flow.isBackward(from, to), 'an edge without a label is a tree edge');
    this.#tree(to);
  }

  #edge(from: number, edge: Edge): void {
    const dirty = this.#slots.dirtyEnd[from] ?? 0n;
    if (edge.node < 0) {
      this.#leave(dirty, edge.pc);
      return;
    }
    if (this.#isBackward(from, edge.node)) {
      this.#chargePending();
      this.#body.localGet(this.#fuel);
      this.#body.i32Const(0);
      this.#body.emit('i32.lt_s');
      this.#body.if();
      this.#leave(dirty & (this.#slots.liveIn[edge.node] ?? 0n), edge.pc);
      this.#body.end();
    } else if (this.#addresses !== null) {
      this.#emitHoisted(this.#addresses.exit[from] ?? new Map(), edge.node);
    }
    this.#goto(from, edge.node);
  }

  // --- blocks

  #block(node: number, { block, flow }: RegionNode): void {
    const body = this.#body;
    const inside = this.#mayLeaveInside(block);
    let doneLabel = 0;
    let leaveLabel = 0;
    if (inside) {
      body.block();
      doneLabel = body.depth;
      body.block();
      leaveLabel = body.depth;
    }
    let pc = block.pc;
    let executed = 0;
    const leaveInside = (): void => {
      body.if();
      body.i32Const(pc);
      body.localSet(this.#leavePc);
      this.#charge(this.#pending + executed);
      body.br(body.depth - leaveLabel);
      body.end();
    };
    const tracker = new AddressTracker(this.#addresses?.entry[node] ?? new Map(), this.#addressOptions);
    const emitter = new BlockEmitter({
      body,
      vcpu: VCPU_LOCAL,
      slotLocal: (offset) => this.#locals.at(offset),
      runtimeFunction: this.#options.runtimeFunction,
      slot: (inst) => {
        tracker.slot(inst);
      },
      needsCheck: (inst) => this.#needsCheck(tracker, inst),
      emitCheck: (inst, address, access, width) => {
        this.#emitCheck(address, access, width, this.#modelFor(inst), pc, leaveInside);
      },
      access: () => {
        this.#site(pc);
      },
      emitTrapExit: leaveInside,
      instruction: (at, index) => {
        pc = at;
        executed = index;
      },
    } satisfies BlockHooks);
    emitter.emit(block);
    if (inside) {
      body.br(body.depth - doneLabel);
      body.end();
      this.#locals.store((this.#slots.dirtyIn[node] ?? 0n) | this.#definedIn(block));
      const pending = this.#pending;
      this.#pending = 0;
      this.#storeFuel();
      this.#pending = pending;
      body.localGet(this.#leavePc);
      body.return();
      body.end();
    }
    this.#pending += flow.kind === 'leave' ? block.guestInstructions - 1 : block.guestInstructions;
    this.#flowOut(node, { block, flow }, emitter);
  }

  #definedIn(block: Block): SlotSet {
    const { slots } = this.#region.layout;
    let defs = 0n;
    for (const inst of block.instructions)
      if (inst.kind === 'set') defs |= 1n << BigInt(slots.findIndex((slot) => slot.offset === inst.lo));
    return defs;
  }

  #flowOut(node: number, { block, flow }: RegionNode, emitter: BlockEmitter): void {
    const body = this.#body;
    const { terminator } = block;
    switch (flow.kind) {
      case 'goto':
        emitter.finish();
        this.#edge(node, flow.target);
        return;
      case 'branch':
        assert(terminator.kind === 'branch', 'a branch flow has a branch terminator');
        emitter.push(terminator.condition);
        emitter.finish();
        this.#branch(node, flow.taken, flow.fallthrough);
        return;
      case 'leave':
        emitter.finish();
        this.#leave(this.#slots.dirtyEnd[node] ?? 0n, flow.pc);
        return;
      case 'call':
        emitter.finish();
        this.#call(node, flow.target, flow.next);
        return;
      case 'call-indirect':
      case 'indirect':
        assert(terminator.kind === 'indirect', 'an indirect flow has an indirect terminator');
        emitter.push(terminator.target);
        emitter.finish();
        body.localSet(this.#target);
        this.#locals.store(this.#slots.dirtyEnd[node] ?? 0n);
        this.#storeFuel();
        if (flow.kind === 'indirect') this.#indirect(flow.isReturn);
        else this.#indirectCall(node, flow.next);
    }
  }

  // --- leaving

  /** With the condition on the stack. */
  #branch(node: number, taken: Edge, fallthrough: Edge): void {
    const pending = this.#pending;
    this.#body.if();
    this.#edge(node, taken);
    this.#pending = pending;
    this.#body.else();
    this.#edge(node, fallthrough);
    this.#body.end();
  }

  /** Stores `dirty` and returns to the dispatcher, to go on at `pc`. */
  #leave(dirty: SlotSet, pc: number): void {
    this.#locals.store(dirty);
    this.#storeFuel();
    this.#body.i32Const(pc);
    this.#body.return();
  }

  #call(node: number, target: number, next: Edge): void {
    const body = this.#body;
    this.#locals.store(this.#slots.dirtyEnd[node] ?? 0n);
    this.#storeFuel();
    const callee = this.#options.callee(target);
    if (callee === null) {
      body.i32Const(target);
      body.return();
      return;
    }
    body.localGet(DEPTH_LOCAL);
    body.emit('i32.eqz');
    body.if();
    body.i32Const(target);
    body.return();
    body.end();
    this.#pushCallArguments();
    if ('ref' in callee) {
      body.call(callee.ref);
    } else {
      body.i32Const(callee.tableIndex);
      body.callIndirect(this.#options.regionType);
    }
    this.#returned(node, next);
  }

  #pushCallArguments(): void {
    this.#body.localGet(VCPU_LOCAL);
    this.#body.localGet(DEPTH_LOCAL);
    this.#body.i32Const(1);
    this.#body.emit('i32.sub');
  }

  /** With a callee's result on the stack: goes on after the call if that is where it returned to. */
  #returned(node: number, next: Edge): void {
    const body = this.#body;
    body.localTee(this.#result);
    body.i32Const(next.pc);
    body.emit('i32.ne');
    body.if();
    body.localGet(this.#result);
    body.return();
    body.end();
    if (next.node < 0) {
      body.i32Const(next.pc);
      body.return();
      return;
    }
    this.#loadFuel();
    const isBackward = this.#isBackward(node, next.node);
    if (isBackward) {
      body.localGet(this.#fuel);
      body.i32Const(0);
      body.emit('i32.lt_s');
      body.if();
      body.i32Const(next.pc);
      body.return();
      body.end();
    }
    this.#locals.load(this.#slots.liveIn[next.node] ?? 0n);
    if (!isBackward) this.#emitHoisted(new Map(), next.node);
    this.#goto(node, next.node);
  }

  /** Jump through a register: returns the target, or for jumps calls the region that starts there and passes its result on. */
  #indirect(isReturn: boolean): void {
    const body = this.#body;
    this.#leaveIfWide();
    if (!isReturn) {
      this.#lookup();
      body.if();
      this.#pushCallArguments();
      this.#pushFound();
      body.callIndirect(this.#options.regionType);
      body.return();
      body.end();
    }
    body.localGet(this.#target);
    body.emit('i32.wrap_i64');
    body.return();
  }

  #indirectCall(node: number, next: Edge): void {
    const body = this.#body;
    this.#leaveIfWide();
    this.#lookup();
    body.emit('i32.eqz');
    body.if();
    body.localGet(this.#target);
    body.emit('i32.wrap_i64');
    body.return();
    body.end();
    this.#pushCallArguments();
    this.#pushFound();
    body.callIndirect(this.#options.regionType);
    this.#returned(node, next);
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
    body.i32Const(0);
    body.return();
    body.end();
  }

  /** Pushes 1 when the region cache knows the target and there is depth left for a call. */
  #lookup(): void {
    const body = this.#body;
    body.localGet(this.#target);
    body.emit('i32.wrap_i64');
    body.i32Const(1);
    body.emit('i32.shr_u');
    body.i32Const(REGION_CACHE_ENTRIES - 1);
    body.emit('i32.and');
    body.i32Const(3);
    body.emit('i32.shl');
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

  // --- state

  #loadFuel(): void {
    this.#body.localGet(VCPU_LOCAL);
    this.#body.load('i32.load', VCPU.BUDGET);
    this.#body.localSet(this.#fuel);
  }

  /** Writes the fuel back, what is pending included, before control leaves the function. */
  #storeFuel(): void {
    this.#chargePending();
    this.#body.localGet(VCPU_LOCAL);
    this.#body.localGet(this.#fuel);
    this.#body.store('i32.store', VCPU.BUDGET);
  }

  #chargePending(): void {
    this.#charge(this.#pending);
    this.#pending = 0;
  }

  #charge(instructions: number): void {
    if (instructions === 0) return;
    this.#body.localGet(this.#fuel);
    this.#body.i32Const(instructions);
    this.#body.emit('i32.sub');
    this.#body.localSet(this.#fuel);
  }

  // --- memory

  #modelFor(inst: Inst): RegionMemoryModel {
    const { model, precise } = this.#options;
    if (model !== 'host') return model;
    return precise || inst.op?.effect === 'atomic' ? 'strict' : 'host';
  }

  #needsCheck(tracker: AddressTracker, inst: Inst): boolean {
    if (this.#addresses === null) return true;
    const unchecked = tracker.access(defined(inst.a, 'an access has an address'), inst.lo);
    return !unchecked || this.#modelFor(inst) === 'strict';
  }

  #emitCheck(
    address: number,
    access: AccessKind,
    width: number,
    model: RegionMemoryModel,
    pc: number,
    leave: () => void,
  ): void {
    const body = this.#body;
    emitRefused(body, this.#options.layout, model, address, access, width);
    if (this.#options.precise) leave();
    else this.#trapIf(address, pc);
  }

  /** With a condition on the stack: notes the address and traps. */
  #trapIf(address: number, pc: number): void {
    const body = this.#body;
    body.if();
    body.localGet(VCPU_LOCAL);
    body.localGet(address);
    body.store('i64.store', VCPU.EXIT_VALUE);
    this.#site(pc);
    body.emit('unreachable');
    body.end();
  }

  #site(pc: number): void {
    this.#sites.positions.push(this.#body.position);
    this.#sites.pcs.push(pc);
  }

  /** Checks, on an edge with these facts into a loop, what the loop is sure to access. */
  #emitHoisted(facts: AddressFlow['exit'][number], header: number): void {
    const body = this.#body;
    for (const check of this.#addresses?.hoisted.get(header) ?? []) {
      if (!needsCheck(facts, check)) continue;
      const address = body.local('i64');
      body.localGet(this.#locals.at(check.slot));
      body.emit('i64.const', BigInt(check.displacement));
      body.emit('i64.add');
      body.localSet(address);
      emitRefused(body, this.#options.layout, this.#options.model, address, 'read', 1);
      this.#trapIf(address, check.pc);
      body.freeLocal(address);
    }
  }
}
