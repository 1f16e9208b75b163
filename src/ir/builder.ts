/** Builds blocks. Lifters call it in guest order; it counts uses and checks operand types as it goes. */
import { assert, defined, unreachable } from '../common/assert.ts';
import { Inst, type Block, type Terminator, type TransferHint, type TrapCode } from './block.ts';
import { ops, type OpName } from './ops.ts';
import type { Slot, StateLayout } from './state.ts';

/** A finished value of a given block. */
export type Value = Inst;

export class BlockBuilder {
  readonly pc: number;
  readonly mode: number;
  readonly layout: StateLayout;
  readonly #instructions: Inst[] = [];
  #terminator: Terminator | null = null;
  #guestInstructions = 0;
  #endPc: number;

  constructor(layout: StateLayout, pc: number, mode: number) {
    this.layout = layout;
    this.pc = pc;
    this.mode = mode;
    this.#endPc = pc;
  }

  /** True once a terminator is set; nothing may follow. */
  get terminated(): boolean {
    return this.#terminator !== null;
  }

  get guestInstructions(): number {
    return this.#guestInstructions;
  }

  /** Starts a guest instruction of `length` bytes at `pc`. Call before the IR that it becomes. */
  instruction(pc: number, length: number): void {
    this.#push(new Inst('instruction', null, null, null, null, null, pc | 0, length));
    this.#guestInstructions++;
    this.#endPc = pc + length;
  }

  /** i32 constant; `value` is taken modulo 2^32. */
  i32(value: number): Value {
    return this.#push(new Inst('const', null, 'i32', null, null, null, value | 0, 0));
  }

  /** i64 constant from a safe integer (sign-extended). For anything wider use `i64Bits`. */
  i64(value: number): Value {
    const lo = value | 0;
    return this.#push(new Inst('const', null, 'i64', null, null, null, lo, Math.floor(value / 4294967296) | 0));
  }

  /** i64 constant from its 64 bits. */
  i64Bits(bits: bigint): Value {
    return this.#constant('i64', bits);
  }

  /** f32 constant from its 32 bits. */
  f32Bits(bits: number): Value {
    return this.#push(new Inst('const', null, 'f32', null, null, null, bits | 0, 0));
  }

  /** f64 constant from its 64 bits. */
  f64Bits(bits: bigint): Value {
    return this.#constant('f64', bits);
  }

  /** v128 constant from two 64-bit halves. */
  v128(low: bigint, high: bigint): Value {
    const bits = BigInt.asIntN(64, low);
    return this.#push(
      new Inst('const', null, 'v128', null, null, null, Number(BigInt.asIntN(32, bits)), Number(bits >> 32n), high),
    );
  }

  get(slot: Slot): Value {
    return this.#push(new Inst('get', null, slot.type, null, null, null, slot.offset, 0));
  }

  set(slot: Slot, value: Value): void {
    // Not `assert`: its message would be built every time, and lifting is warm code.
    if (value.type !== slot.type) unreachable(`slot ${slot.name} is ${slot.type}, the value is ${String(value.type)}`);
    this.#push(new Inst('set', null, null, value, null, null, slot.offset, 0));
  }

  /** An operation without immediate. */
  op(name: OpName, a?: Value, b?: Value, c?: Value): Value {
    return this.opImm(name, 0, a, b, c);
  }

  /** An operation with its immediate (address offset, lane, index). */
  opImm(name: OpName, imm: number, a?: Value, b?: Value, c?: Value): Value {
    const op = ops[name];
    const params = op.params;
    if (a?.type !== params[0] || b?.type !== params[1] || c?.type !== params[2])
      unreachable(`operands of ${name} do not fit`);
    return this.#push(new Inst('op', op, op.result, a ?? null, b ?? null, c ?? null, imm | 0, 0));
  }

  /** A vector shuffle or another operation with a 128-bit immediate. */
  opWide(name: OpName, low: bigint, high: bigint, a?: Value, b?: Value): Value {
    const op = ops[name];
    const bits = BigInt.asIntN(64, low);
    return this.#push(
      new Inst(
        'op',
        op,
        op.result,
        a ?? null,
        b ?? null,
        null,
        Number(BigInt.asIntN(32, bits)),
        Number(bits >> 32n),
        high,
      ),
    );
  }

  /** Leaves with `trap` when `condition` (i32) is not 0. Must precede all `set`s and stores of its guest instruction. */
  trapIf(condition: Value, trap: TrapCode): void {
    this.#push(new Inst('trap_if', null, null, condition, null, null, trap, 0));
  }

  jump(target: number, hint: TransferHint = 'jump', returnPc: number | null = null): void {
    this.#terminate({ kind: 'jump', target, hint, returnPc });
  }

  branch(condition: Value, taken: number, fallthrough: number): void {
    condition.uses++;
    this.#terminate({ kind: 'branch', condition, taken, fallthrough });
  }

  indirect(target: Value, hint: TransferHint, returnPc: number | null = null): void {
    target.uses++;
    this.#terminate({ kind: 'indirect', target, hint, returnPc });
  }

  syscall(next: number): void {
    this.#terminate({ kind: 'syscall', next });
  }

  trap(trap: TrapCode, pc: number, detail = 0): void {
    this.#terminate({ kind: 'trap', trap, pc, detail: detail | 0 });
  }

  resync(next: number, flushCode: boolean): void {
    this.#terminate({ kind: 'resync', next, flushCode });
  }

  finish(): Block {
    return {
      pc: this.pc,
      mode: this.mode,
      endPc: this.#endPc,
      layout: this.layout,
      instructions: this.#instructions,
      terminator: defined(this.#terminator, 'a block needs a terminator'),
      guestInstructions: this.#guestInstructions,
    };
  }

  #constant(type: 'i64' | 'f64', value: bigint): Value {
    const bits = BigInt.asIntN(64, value);
    return this.#push(
      new Inst('const', null, type, null, null, null, Number(BigInt.asIntN(32, bits)), Number(bits >> 32n)),
    );
  }

  #push(inst: Inst): Inst {
    assert(this.#terminator === null, 'nothing may follow a terminator');
    this.#instructions.push(inst);
    return inst;
  }

  #terminate(terminator: Terminator): void {
    assert(this.#terminator === null, 'a block has one terminator');
    this.#terminator = terminator;
  }
}
