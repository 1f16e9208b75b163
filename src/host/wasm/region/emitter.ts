/**
 * Emits one region as a WebAssembly function `(vcpu, depth) -> pc`.
 *
 * Slots live in locals. The function loads at its entry what may be read, stores what may have changed where it leaves,
 * and returns the guest pc at which execution goes on, with the state in the vCPU block. A result of 0 means that this
 * pc does not fit 32 bits; it is in EXIT_VALUE then. A guest call is a call of the callee's function, whose result is
 * compared with the return address: where they differ, the caller returns the result too, and so on to the dispatcher.
 */
import { assert, defined } from '../../../common/assert.ts';
import type { Block } from '../../../ir/block.ts';
import { edgesOf, type Edge, type Region, type RegionNode } from '../../../ir/region.ts';
import { analyzeSlots, type SlotFlow, type SlotSet } from '../../../ir/slot-flow.ts';
import type { ValueType } from '../../../ir/types.ts';
import { VCPU } from '../../../ir/vcpu-layout.ts';
import { GUEST_BASE, PAGE_SHIFT, PERMISSION, REGION_CACHE_ENTRIES, type MemoryLayout } from '../../../memory/layout.ts';
import { FunctionBody, type FunctionRef } from '../encoder.ts';
import type { InstructionName } from '../opcodes.ts';
import { ControlFlow } from './structure.ts';
import { BlockEmitter } from './values.ts';

/** How guest memory is checked in regions; as in tier 0. */
export type RegionMemoryModel = 'range' | 'strict';

export interface RegionEmitterOptions {
  readonly layout: MemoryLayout;
  readonly model: RegionMemoryModel;
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

export function emitRegion(region: Region, options: RegionEmitterOptions): FunctionBody {
  return new RegionEmitter(region, options).emit();
}

/** True when a block may leave in its middle, for tier 0 to execute the instruction there. */
function mayLeaveInside(block: Block): boolean {
  return block.instructions.some((inst) => inst.kind === 'trap_if' || inst.op?.width !== undefined);
}

class RegionEmitter {
  readonly #region: Region;
  readonly #options: RegionEmitterOptions;
  readonly #body = new FunctionBody(REGION_PARAMS);
  readonly #slots: SlotFlow;
  readonly #flow: ControlFlow;
  /** Local of each slot by index; undefined for slots that the region does not touch. */
  readonly #locals: (number | undefined)[];
  readonly #offsetLocals = new Map<number, number>();
  readonly #fuel: number;
  /** i32: pc at which a block leaves in its middle. */
  readonly #leavePc: number;
  readonly #result: number;
  readonly #target: number;
  readonly #entry: number;
  readonly #labels: number[];
  /** Depths of the structured labels to which nodes can be reached, innermost last. */
  readonly #context: { readonly node: number; readonly depth: number }[] = [];

  constructor(region: Region, options: RegionEmitterOptions) {
    this.#region = region;
    this.#options = options;
    this.#slots = analyzeSlots(region, mayLeaveInside);
    this.#flow = new ControlFlow(
      region.nodes.map(({ flow }) =>
        edgesOf(flow)
          .filter((edge) => edge.node >= 0)
          .map((edge) => edge.node),
      ),
    );
    const body = this.#body;
    this.#locals = region.layout.slots.map((slot, index) => {
      if ((this.#slots.used & (1n << BigInt(index))) === 0n) return undefined;
      const local = body.local(slot.type);
      this.#offsetLocals.set(slot.offset, local);
      return local;
    });
    this.#fuel = body.local('i32');
    this.#leavePc = body.local('i32');
    this.#result = body.local('i32');
    this.#target = body.local('i64');
    this.#entry = body.local('i32');
    this.#labels = this.#flow.dispatchers.map(() => body.local('i32'));
  }

  emit(): FunctionBody {
    this.#loadFuel();
    this.#load(this.#slots.entry);
    this.#tree(0);
    this.#body.emit('unreachable');
    return this.#body;
  }

  // --- structure

  /** A node and everything that it dominates. */
  #tree(node: number): void {
    const merges = this.#flow.children(node).filter((child) => this.#flow.isMerge(child));
    const isLoop = this.#flow.isLoopHeader(node);
    if (isLoop) {
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
    const to = this.#flow.redirect(from, edge.node)?.node ?? edge.node;
    if (this.#flow.isBackward(from, to)) {
      this.#body.localGet(this.#fuel);
      this.#body.i32Const(0);
      this.#body.emit('i32.lt_s');
      this.#body.if();
      this.#leave(dirty & (this.#slots.liveIn[edge.node] ?? 0n), edge.pc);
      this.#body.end();
    }
    this.#goto(from, edge.node);
  }

  // --- blocks

  #block(node: number, { block, flow }: RegionNode): void {
    const body = this.#body;
    const inside = mayLeaveInside(block);
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
      body.i32Const(pc);
      body.localSet(this.#leavePc);
      if (executed > 0) this.#charge(executed);
      body.br(body.depth - leaveLabel);
    };
    const emitter = new BlockEmitter({
      body,
      vcpu: VCPU_LOCAL,
      slotLocal: (offset) => defined(this.#offsetLocals.get(offset), 'a slot that the region uses'),
      runtimeFunction: this.#options.runtimeFunction,
      emitCheck: (address, access, width) => {
        this.#emitCheck(address, access, width);
        body.if();
        leaveInside();
        body.end();
      },
      emitTrapExit: () => {
        body.if();
        leaveInside();
        body.end();
      },
      instruction: (at, index) => {
        pc = at;
        executed = index;
      },
    });
    emitter.emit(block);
    if (inside) {
      body.br(body.depth - doneLabel);
      body.end();
      this.#store((this.#slots.dirtyIn[node] ?? 0n) | this.#definedIn(block));
      this.#storeFuel();
      body.localGet(this.#leavePc);
      body.return();
      body.end();
    }
    this.#charge(flow.kind === 'leave' ? block.guestInstructions - 1 : block.guestInstructions);
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
        body.if();
        this.#edge(node, flow.taken);
        body.else();
        this.#edge(node, flow.fallthrough);
        body.end();
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
        this.#store(this.#slots.dirtyEnd[node] ?? 0n);
        this.#storeFuel();
        if (flow.kind === 'indirect') this.#indirect(flow.isReturn);
        else this.#indirectCall(node, flow.next);
    }
  }

  // --- leaving

  /** Stores `dirty` and returns to the dispatcher, to go on at `pc`. */
  #leave(dirty: SlotSet, pc: number): void {
    this.#store(dirty);
    this.#storeFuel();
    this.#body.i32Const(pc);
    this.#body.return();
  }

  #call(node: number, target: number, next: Edge): void {
    const body = this.#body;
    this.#store(this.#slots.dirtyEnd[node] ?? 0n);
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
    const to = this.#flow.redirect(node, next.node)?.node ?? next.node;
    if (this.#flow.isBackward(node, to)) {
      body.localGet(this.#fuel);
      body.i32Const(0);
      body.emit('i32.lt_s');
      body.if();
      body.i32Const(next.pc);
      body.return();
      body.end();
    }
    this.#load(this.#slots.liveIn[next.node] ?? 0n);
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

  #forEach(set: SlotSet, action: (local: number, offset: number, type: ValueType) => void): void {
    for (const [index, slot] of this.#region.layout.slots.entries()) {
      if ((set & (1n << BigInt(index))) === 0n) continue;
      action(defined(this.#locals[index], 'a slot that the region uses'), slot.offset, slot.type);
    }
  }

  #load(set: SlotSet): void {
    this.#forEach(set, (local, offset, type) => {
      this.#body.localGet(VCPU_LOCAL);
      this.#body.load(`${type}.load` satisfies InstructionName, offset);
      this.#body.localSet(local);
    });
  }

  #store(set: SlotSet): void {
    this.#forEach(set, (local, offset, type) => {
      this.#body.localGet(VCPU_LOCAL);
      this.#body.localGet(local);
      this.#body.store(`${type}.store` satisfies InstructionName, offset);
    });
  }

  #loadFuel(): void {
    this.#body.localGet(VCPU_LOCAL);
    this.#body.load('i32.load', VCPU.BUDGET);
    this.#body.localSet(this.#fuel);
  }

  #storeFuel(): void {
    this.#body.localGet(VCPU_LOCAL);
    this.#body.localGet(this.#fuel);
    this.#body.store('i32.store', VCPU.BUDGET);
  }

  #charge(instructions: number): void {
    if (instructions === 0) return;
    this.#body.localGet(this.#fuel);
    this.#body.i32Const(instructions);
    this.#body.emit('i32.sub');
    this.#body.localSet(this.#fuel);
  }

  // --- memory

  /** Pushes an i32 that is not 0 when the access must be left to tier 0. */
  #emitCheck(address: number, access: 'read' | 'write' | 'update', width: number): void {
    const body = this.#body;
    const { layout, model } = this.#options;
    if (model === 'range') {
      body.localGet(address);
      body.i64Const(GUEST_BASE, 0);
      body.emit('i64.sub');
      body.emit('i64.const', BigInt(layout.guestLimit - GUEST_BASE - width));
      body.emit('i64.gt_u');
      return;
    }
    const need = access === 'read' ? PERMISSION.READ : access === 'write' ? PERMISSION.WRITE : 3;
    // Refused: above 4 GiB, or a page without permission, that of the last byte included.
    body.localGet(address);
    body.emit('i64.const', 32n);
    body.emit('i64.shr_u');
    body.emit('i32.wrap_i64');
    this.#pushMissing(address, 0, need);
    body.emit('i32.or');
    if (width > 1) {
      this.#pushMissing(address, width - 1, need);
      body.emit('i32.or');
    }
  }

  #pushMissing(address: number, displacement: number, need: number): void {
    const body = this.#body;
    body.localGet(address);
    body.emit('i32.wrap_i64');
    if (displacement > 0) {
      body.i32Const(displacement);
      body.emit('i32.add');
    }
    body.i32Const(PAGE_SHIFT);
    body.emit('i32.shr_u');
    body.load('i32.load8_u', this.#options.layout.permissions);
    body.i32Const(need);
    body.emit('i32.and');
    body.i32Const(need);
    body.emit('i32.xor');
  }
}
