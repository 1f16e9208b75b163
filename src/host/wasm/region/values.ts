/**
 * Emits the instructions of one block with slots in locals. Values used once are computed where they are used,
 * everything else goes through temporaries; a slot that is overwritten while an older value of it is still wanted is
 * copied first.
 */
import { assert, defined } from '../../../common/assert.ts';
import type { Block, Inst } from '../../../ir/block.ts';
import { boxedBits, isLowMask, isShortCount, shiftCount, type NarrowTracker } from '../../../ir/narrow.ts';
import type { Op } from '../../../ir/op.ts';
import type { Extension } from '../../../ir/state.ts';
import type { ValueType } from '../../../ir/types.ts';
import type { FunctionBody, FunctionRef } from '../encoder.ts';
import type { InstructionName } from '../opcodes.ts';
import { assembleTemplate, ownTemplate, type TemplateContext } from '../template.ts';
import type { AccessKind } from './memory-access.ts';
import { emitNarrow, emitWiden, narrowType, type SlotLocals } from './slot-locals.ts';

export interface BlockHooks {
  readonly body: FunctionBody;
  /** Local that holds the vCPU block's host offset. */
  readonly vcpu: number;
  readonly slots: SlotLocals;
  /** Which values and slots are narrow; null where all live in 64 bits. */
  readonly narrow: NarrowTracker | null;
  /** How narrow values fill 64 bits. */
  readonly extension: Extension;
  runtimeFunction(name: string): FunctionRef;
  /** False when the address of a memory access is known to be in range (asked once, in order of execution). */
  needsCheck(inst: Inst): boolean;
  /** Checks the guest address in the i64 local `address`; does not come back when it may not be accessed. */
  emitCheck(inst: Inst, address: number, access: AccessKind, width: number): void;
  /** Tells that the instruction emitted next accesses guest memory. */
  access(kind: AccessKind): void;
  /** Tells of a `get` or `set`, in order, before its code. */
  slot(inst: Inst): void;
  /** Tells of a `set` after its code. */
  wrote(inst: Inst): void;
  /** Comes before an operation with effect `input`: what it may ask about has to be in the vCPU block. */
  beforeInput(): void;
  /** Leaves the block when the i32 on the stack is not 0. */
  emitTrapExit(): void;
  /** The speculative form in which the operation is to be emitted, if it is. */
  speculativeForm(op: Op): string | undefined;
  /** Operands of speculative forms may be denormal. */
  readonly takesDenormals: boolean;
  /** Leaves the block before the current guest instruction when the i32 on the stack is not 0. */
  emitSpeculationExit(): void;
  /** Tells which guest instruction the code that follows belongs to. */
  instruction(pc: number, index: number): void;
}

/** i64 operations whose low 32 bits depend on the low 32 bits of their operands alone. */
const NARROWABLE: ReadonlyMap<string, InstructionName> = new Map([
  ['i64.add', 'i32.add'],
  ['i64.sub', 'i32.sub'],
  ['i64.mul', 'i32.mul'],
  ['i64.and', 'i32.and'],
  ['i64.or', 'i32.or'],
  ['i64.xor', 'i32.xor'],
]);

/** Loads whose result fits 32 bits, and the load that gives it there. */
const NARROW_LOADS: ReadonlyMap<string, InstructionName> = new Map([
  ['i64.load32_s', 'i32.load'],
  ['i64.load32_u', 'i32.load'],
  ['i64.load16_s', 'i32.load16_s'],
  ['i64.load16_u', 'i32.load16_u'],
  ['i64.load8_s', 'i32.load8_s'],
  ['i64.load8_u', 'i32.load8_u'],
]);

const NARROW_STORES: ReadonlyMap<string, InstructionName> = new Map([
  ['i64.store32', 'i32.store'],
  ['i64.store16', 'i32.store16'],
  ['i64.store8', 'i32.store8'],
]);

const COMPARED = ['eq', 'ne', 'lt_s', 'lt_u', 'gt_s', 'gt_u', 'le_s', 'le_u', 'ge_s', 'ge_u'] as const;
/** Comparisons that give the same on the low halves of two extensions. Zero extensions have no sign. */
const COMPARISONS: Readonly<Record<Extension, ReadonlyMap<string, InstructionName>>> = {
  sign: new Map(COMPARED.map((name) => [`i64.${name}`, `i32.${name}`])),
  zero: new Map(COMPARED.map((name) => [`i64.${name}`, `i32.${name.replace('_s', '_u')}` as InstructionName])),
};

/** A temporary for a value of a type; a narrow one holds its low 32 bits. */
interface Held {
  readonly local: number;
  readonly type: ValueType;
  readonly isNarrow: boolean;
}

export class BlockEmitter {
  readonly #hooks: BlockHooks;
  readonly #temporaries: number[] = [];
  /** `get`s whose slot still holds their value, with the number of uses left. */
  readonly #live = new Map<Inst, number>();
  /** Temporaries by instruction. */
  readonly #held = new Map<Inst, Held>();
  /** By type: floats, and vectors whose lane 0 is one, that are known not to be denormal. */
  readonly #normal = { f32: new Set<Inst>(), f64: new Set<Inst>() };
  /** True when the current guest instruction has changed state already, so that control can't leave before it. */
  #hasChanged = false;

  constructor(hooks: BlockHooks) {
    this.#hooks = hooks;
  }

  /** Emits everything up to the terminator. */
  emit(block: Block): void {
    let index = 0;
    for (const inst of block.instructions) {
      switch (inst.kind) {
        case 'instruction':
          this.#hooks.instruction(inst.lo >>> 0, index++);
          this.#hasChanged = false;
          break;
        case 'const':
          break;
        case 'get':
          this.#hooks.slot(inst);
          if (inst.uses > 0) this.#live.set(inst, inst.uses);
          break;
        case 'set':
          this.#hooks.slot(inst);
          this.#set(inst);
          this.#hooks.wrote(inst);
          this.#hasChanged = true;
          break;
        case 'trap_if':
          this.push(defined(inst.a, 'trap_if has a condition'));
          this.#hooks.emitTrapExit();
          break;
        case 'op':
          this.#operation(inst);
      }
    }
  }

  /** Pushes a value; the terminator uses it for its operand. */
  push(inst: Inst): void {
    const held = this.#held.get(inst);
    if (held !== undefined) {
      this.#pushHeld(held);
      return;
    }
    switch (inst.kind) {
      case 'const':
        this.#constant(inst);
        return;
      case 'get':
        this.#pushGet(inst);
        return;
      case 'op':
        this.#compute(inst);
        return;
      default:
        assert(false, `${inst.kind} has no value`);
    }
  }

  #pushHeld({ local, type, isNarrow }: Held): void {
    this.#hooks.body.localGet(local);
    if (isNarrow) emitWiden(this.#hooks.body, type, this.#hooks.extension);
  }

  #isNarrow(inst: Inst): boolean {
    return this.#hooks.narrow?.isNarrow(inst) === true;
  }

  /** Gives the temporaries back; call after the terminator's operand is pushed. */
  finish(): void {
    for (const local of this.#temporaries) this.#hooks.body.freeLocal(local);
    this.#temporaries.length = 0;
    this.#live.clear();
    this.#held.clear();
    this.#normal.f32.clear();
    this.#normal.f64.clear();
  }

  #set(inst: Inst): void {
    const { body, slots } = this.#hooks;
    const value = defined(inst.a, 'set has a value');
    const isNarrow = this.#isNarrow(value);
    if (isNarrow) this.#pushLow(value);
    else this.push(value);
    for (const [get] of this.#live) {
      if (get.lo !== inst.lo) continue;
      const saved = this.#hold(get, this.#isNarrow(get));
      body.localGet(saved.isNarrow ? slots.narrowAt(get.lo) : slots.at(get.lo));
      body.localSet(saved.local);
      this.#live.delete(get);
    }
    body.localSet(isNarrow ? slots.narrowAt(inst.lo) : slots.at(inst.lo));
  }

  /** Declares a temporary for a value. */
  #hold(inst: Inst, isNarrow: boolean): Held {
    const type = defined(inst.type, 'a value has a type');
    const held = { local: this.#temporary(isNarrow ? narrowType(type) : type), type, isNarrow };
    this.#held.set(inst, held);
    return held;
  }

  #operation(inst: Inst): void {
    const { body } = this.#hooks;
    const isPure = inst.op?.effect === 'pure';
    if (inst.op?.effect === 'input') this.#hooks.beforeInput();
    else if (inst.op?.effect === 'store' || inst.op?.effect === 'atomic') this.#hasChanged = true;
    if (isPure && inst.uses < 2) return;
    const isNarrow = this.#isNarrow(inst) && (isPure || NARROW_LOADS.has(inst.op?.name ?? ''));
    if (isNarrow && isPure) this.#pushLow(inst);
    else this.#compute(inst);
    if (inst.type === null) return;
    body.localSet(this.#hold(inst, isNarrow).local);
  }

  #temporary(type: ValueType): number {
    const local = this.#hooks.body.local(type);
    this.#temporaries.push(local);
    return local;
  }

  #pushGet(inst: Inst): void {
    const { body, slots } = this.#hooks;
    this.#useGet(inst);
    if (!this.#isNarrow(inst)) {
      body.localGet(slots.at(inst.lo));
      return;
    }
    body.localGet(slots.narrowAt(inst.lo));
    emitWiden(body, defined(inst.type, 'a value has a type'), this.#hooks.extension);
  }

  /** Counts a use of a slot's value that is still in its local. */
  #useGet(inst: Inst): void {
    const left = defined(this.#live.get(inst), 'a slot is read after it was overwritten') - 1;
    if (left === 0) this.#live.delete(inst);
    else this.#live.set(inst, left);
  }

  #constant(inst: Inst): void {
    const { body } = this.#hooks;
    const bits = (BigInt.asUintN(32, BigInt(inst.hi)) << 32n) | BigInt.asUintN(32, BigInt(inst.lo));
    switch (inst.type) {
      case 'i32':
        body.i32Const(inst.lo);
        return;
      case 'i64':
        body.i64Const(inst.lo, inst.hi);
        return;
      case 'f32':
        body.emit('f32.const', inst.lo);
        return;
      case 'f64':
        body.emit('f64.const', bits);
        return;
      case 'v128':
        body.emit('v128.const', bits, BigInt.asUintN(64, inst.wide));
        return;
      case null:
        assert(false, 'a constant has a type');
    }
  }

  #compute(inst: Inst): void {
    const op = defined(inst.op, 'an operation');
    const { body } = this.#hooks;
    if (op.name === 'i64.extend32_s') {
      this.#pushLow(defined(inst.a, 'operand'));
      body.emit('i64.extend_i32_s');
      return;
    }
    if (op.name === 'i32.wrap_i64') {
      this.#pushLow(defined(inst.a, 'operand'));
      return;
    }
    if (isLowMask(inst)) {
      this.#pushLow(defined(inst.a, 'operand'));
      body.emit('i64.extend_i32_u');
      return;
    }
    if (op.name === 'f32.unbox_f64' && this.#isNarrow(defined(inst.a, 'operand'))) {
      this.#pushLow(defined(inst.a, 'operand'));
      return;
    }
    if (this.#computeNarrow(inst, op)) return;
    if (isMemory(inst) && op.wasm === undefined) {
      this.#plainAccess(inst, op);
      return;
    }
    const template = this.#template(op);
    const operands = [inst.a, inst.b, inst.c];
    const held = op.params.map((type, position) => {
      const operand = defined(operands[position], `${op.name} has ${String(op.params.length)} operands`);
      if (position === 0 && isMemory(inst)) return this.#address(inst, operand);
      // Pushed exactly once, in order, without scratch locals: straight onto the stack.
      const uses = template.split(/\s+/).filter((token) => token === `$${String(position)}`).length;
      if ((uses === 1 && isDirect(template)) || this.#isRepeatable(operand)) return -1;
      const local = this.#temporary(type);
      this.push(operand);
      body.localSet(local);
      return local;
    });
    const context: TemplateContext = {
      operand: (position) => {
        const local = defined(held[position], 'operand in range');
        if (local >= 0) body.localGet(local);
        else this.push(defined(operands[position], 'operand in range'));
      },
      vcpu: () => {
        body.localGet(this.#hooks.vcpu);
      },
      leave: () => {
        this.#hooks.emitSpeculationExit();
      },
      imm: inst.lo,
      lanes: [
        (BigInt.asUintN(32, BigInt(inst.hi)) << 32n) | BigInt.asUintN(32, BigInt(inst.lo)),
        BigInt.asUintN(64, inst.wide),
      ],
      runtimeFunction: (name) => this.#hooks.runtimeFunction(name),
      scratch: (_name, type) => this.#temporary(type),
    };
    if (template !== op.wasm && !this.#hooks.takesDenormals) this.#lookAtOperands(inst, op, context);
    if (op.givesNormal === true && (op.speculative === undefined || template === op.speculative))
      this.#normal[floatType(op.result)].add(inst);
    assembleTemplate(body, template, context);
  }

  /** Leaves where an operand of a speculative form is denormal, unless it is known not to be. */
  #lookAtOperands({ a, b, c }: Inst, op: Op, context: TemplateContext): void {
    const operands = [a, b, c];
    for (const [position, text] of (op.speculativeOperands ?? []).entries()) {
      const number = numberOf(defined(operands[position], 'an operand that is looked at'));
      const known = this.#normal[floatType(op.params[position])];
      if (known.has(number)) continue;
      known.add(number);
      assembleTemplate(this.#hooks.body, text, context);
    }
  }

  #template(op: Op): string {
    const speculative = this.#hasChanged ? undefined : this.#hooks.speculativeForm(op);
    return speculative ?? op.wasm ?? ownTemplate(op);
  }

  /** True for values that cost nothing to push again and whose pushes are not counted. */
  #isRepeatable(inst: Inst): boolean {
    return inst.kind === 'const' || this.#held.has(inst);
  }

  /** Computes on the low halves of sign extensions what gives the same there; false for everything else. */
  #computeNarrow(inst: Inst, op: Op): boolean {
    const { a, b } = inst;
    const { body } = this.#hooks;
    if (a === null || !this.#isNarrow(a)) return false;
    const comparison = COMPARISONS[this.#hooks.extension].get(op.name);
    if (comparison !== undefined && b !== null && this.#isNarrow(b)) {
      this.#pushLow(a);
      this.#pushLow(b);
      body.emit(comparison);
      return true;
    }
    if (op.name !== 'i64.eqz') return false;
    this.#pushLow(a);
    body.emit('i32.eqz');
    return true;
  }

  /**
   * Pushes the low 32 bits of an i64 value as an i32, computing in 32 bits where that gives the same; of a narrow f64, its
   * f32.
   */
  #pushLow(inst: Inst): void {
    const { body, slots } = this.#hooks;
    const held = this.#held.get(inst);
    if (held !== undefined) {
      body.localGet(held.local);
      if (!held.isNarrow) emitNarrow(body, held.type);
      return;
    }
    if (inst.kind === 'const') {
      if (inst.type === 'f64') body.emit('f32.const', inst.lo);
      else body.i32Const(inst.lo);
    } else if (inst.kind === 'get' && this.#isNarrow(inst)) {
      this.#useGet(inst);
      body.localGet(slots.narrowAt(inst.lo));
    } else if (inst.kind !== 'op' || !this.#computeLow(inst, defined(inst.op, 'an operation'))) {
      this.push(inst);
      emitNarrow(body, defined(inst.type, 'a value has a type'));
    }
  }

  /** The low 32 bits of an operation by operations of 32 bits; false where there are none. */
  #computeLow(inst: Inst, { name }: Op): boolean {
    const { body } = this.#hooks;
    const { a, b, c } = inst;
    if (a === null) return false;
    const narrow = NARROWABLE.get(name);
    if (narrow !== undefined && b !== null) {
      this.#pushLow(a);
      if (isLowMask(inst)) return true;
      this.#pushLow(b);
      body.emit(narrow);
      return true;
    }
    switch (name) {
      case 'i64.extend_i32_s':
      case 'i64.extend_i32_u':
      case 'f64.box_f32':
        this.push(a);
        return true;
      case 'f64.reinterpret_i64': {
        const bits = boxedBits(a);
        if (bits === null || this.#held.has(a)) break;
        this.#pushLow(bits);
        body.emit('f32.reinterpret_i32');
        return true;
      }
      case 'i64.reinterpret_f64':
        if (!this.#isNarrow(a)) break;
        this.#pushLow(a);
        body.emit('i32.reinterpret_f32');
        return true;
      case 'i64.extend32_s':
        this.#pushLow(a);
        return true;
      case 'i64.extend16_s':
        this.#pushLow(a);
        body.emit('i32.extend16_s');
        return true;
      case 'i64.extend8_s':
        this.#pushLow(a);
        body.emit('i32.extend8_s');
        return true;
      case 'i64.select':
        if (b === null || c === null) return false;
        this.#pushLow(a);
        this.#pushLow(b);
        this.push(c);
        body.emit('select');
        return true;
    }
    return b !== null && this.#shiftLow(inst, a, b, name);
  }

  #shiftLow(inst: Inst, a: Inst, b: Inst, name: string): boolean {
    const { extension, body } = this.#hooks;
    let shift: InstructionName;
    if (name === 'i64.shl' && (shiftCount(inst) ?? 0) >= 32) {
      body.i32Const(0);
      return true;
    }
    if (name === 'i64.shl' && isShortCount(b)) shift = 'i32.shl';
    else if (name === 'i64.shr_s' && isShortCount(b) && this.#isNarrow(a))
      shift = extension === 'sign' ? 'i32.shr_s' : 'i32.shr_u';
    else if (name === 'i64.shr_u' && extension === 'zero' && isShortCount(b) && this.#isNarrow(a)) shift = 'i32.shr_u';
    else if (name === 'i64.shr_u' && isLowMask(a) && (shiftCount(inst) ?? 32) < 32) shift = 'i32.shr_u';
    else return false;
    this.#pushLow(a);
    if (b.kind === 'const') this.#hooks.body.i32Const(b.lo & 31);
    else this.#pushLow(b);
    this.#hooks.body.emit(shift);
    return true;
  }

  /** A load, store or atomic operation that is one WebAssembly instruction. */
  #plainAccess(inst: Inst, op: Op): void {
    const { body } = this.#hooks;
    const address = defined(inst.a, 'an access has an address');
    let offset = 0;
    if (this.#hooks.needsCheck(inst)) {
      body.localGet(this.#checkedAddress(inst, address));
      body.emit('i32.wrap_i64');
    } else {
      this.#pushLow(address);
      if (inst.lo >= 0) {
        offset = inst.lo;
      } else {
        body.i32Const(inst.lo);
        body.emit('i32.add');
      }
    }
    const narrowStore = NARROW_STORES.get(op.name);
    if (narrowStore !== undefined) this.#pushLow(defined(inst.b, 'a store has a value'));
    else for (const operand of [inst.b, inst.c]) if (operand !== null) this.push(operand);
    this.#hooks.access(accessKind(op));
    const narrowLoad = this.#isNarrow(inst) ? NARROW_LOADS.get(op.name) : undefined;
    body.access(narrowLoad ?? narrowStore ?? (op.name as InstructionName), offset);
  }

  /** Computes and checks a guest address; returns the local with its host offset. */
  #address(inst: Inst, operand: Inst): number {
    const { body } = this.#hooks;
    const host = this.#temporary('i32');
    if (this.#hooks.needsCheck(inst)) {
      body.localGet(this.#checkedAddress(inst, operand));
      body.emit('i32.wrap_i64');
    } else {
      this.#pushLow(operand);
      body.i32Const(inst.lo);
      body.emit('i32.add');
    }
    body.localSet(host);
    this.#hooks.access(accessKind(defined(inst.op, 'a memory operation')));
    return host;
  }

  /** The i64 local that holds the checked guest address. */
  #checkedAddress(inst: Inst, operand: Inst): number {
    const { body } = this.#hooks;
    const op = defined(inst.op, 'a memory operation');
    const address = this.#temporary('i64');
    this.push(operand);
    if (inst.lo !== 0) {
      body.i64Const(inst.lo, inst.lo >> 31);
      body.emit('i64.add');
    }
    body.localSet(address);
    const width = defined(op.width, `${op.name} has a width`);
    this.#hooks.emitCheck(inst, address, accessKind(op), width);
    return address;
  }
}

function accessKind(op: Op): AccessKind {
  if (op.effect === 'load' || op.name.includes('.atomic.load')) return 'read';
  return op.effect === 'store' || op.name.includes('.atomic.store') ? 'write' : 'update';
}

function isMemory(inst: Inst): boolean {
  return inst.op?.width !== undefined;
}

function floatType(type: ValueType | null | undefined): 'f32' | 'f64' {
  assert(type === 'f32' || type === 'f64', 'only floats are denormal');
  return type;
}

/** What stands for a float: the vector from whose lane 0 it is taken, if that is where it comes from. */
function numberOf(inst: Inst): Inst {
  const isLow = inst.op?.name === 'f32x4.low' || inst.op?.name === 'f64x2.low';
  return isLow ? defined(inst.a, 'a lane of a vector') : inst;
}

/** True when a template pushes its operands in order before it does anything else. */
function isDirect(template: string): boolean {
  return /^\s*(\$\d\s+)*[a-z0-9_.]+(\s+\$imm)?\s*$/.test(template);
}
