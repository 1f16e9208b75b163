/** What lift functions work with: the block under construction and the instruction at hand. */
import { unreachable } from '../../../common/assert.ts';
import { TRAP } from '../../../ir/block.ts';
import { BlockBuilder, type Value } from '../../../ir/builder.ts';
import type { OpName } from '../../../ir/ops.ts';
import { fSlots, MODE_FRM_INVALID, state, xSlots } from '../state.ts';
import type { Slot } from '../../../ir/state.ts';

/** Low 32 bits set: the mask of a zero-extended word. */
const WORD = 0xffffffff;

/** A register number comes from a five-bit field, hence is always an index of the slot tables. */
const slotOf = (slots: readonly Slot[], register: number): Slot =>
  slots[register] ?? unreachable(`register ${String(register)}`);

export class LiftContext {
  readonly builder: BlockBuilder;
  readonly mode: number;
  /** Of the instruction being lifted: its address, that of the next one, and its bits. */
  pc: number;
  next: number;
  encoding = 0;

  constructor(pc: number, mode: number) {
    this.builder = new BlockBuilder(state, pc, mode);
    this.mode = mode;
    this.pc = pc;
    this.next = pc;
  }

  /** Starts the instruction of `length` bytes after the last one. */
  begin(encoding: number, length: number): void {
    this.pc = this.next;
    this.next = this.pc + length;
    this.encoding = encoding;
    this.builder.instruction(this.pc, length);
  }

  op(name: OpName, a?: Value, b?: Value, c?: Value): Value {
    return this.builder.opImm(name, 0, a, b, c);
  }

  i64(value: number): Value {
    return this.builder.i64(value);
  }

  /** x register; x0 is the constant 0. */
  x(register: number): Value {
    return register === 0 ? this.builder.i64(0) : this.builder.get(slotOf(xSlots, register));
  }

  setX(register: number, value: Value): void {
    if (register !== 0) this.builder.set(slotOf(xSlots, register), value);
  }

  /** The low word of an x register as an i32. */
  xWord(register: number): Value {
    return register === 0 ? this.builder.i32(0) : this.op('i32.wrap_i64', this.x(register));
  }

  /** The low word of an x register, zero-extended. */
  xUnsignedWord(register: number): Value {
    return this.op('i64.and', this.x(register), this.builder.i64(WORD));
  }

  /** f register as a raw 64-bit pattern, typed f64. */
  f(register: number): Value {
    return this.builder.get(slotOf(fSlots, register));
  }

  setF(register: number, value: Value): void {
    this.builder.set(slotOf(fSlots, register), value);
  }

  /** True unless rounding mode field `rm` makes the instruction illegal (table 23, section 21.2). */
  roundsLegally(rm: number): boolean {
    return rm <= 4 || (rm === 7 && (this.mode & MODE_FRM_INVALID) === 0);
  }

  /** Ends the block: the instruction is illegal. Nothing of it may have been lifted yet. */
  illegal(): void {
    this.builder.trap(TRAP.ILLEGAL_INSTRUCTION, this.pc, this.encoding);
  }
}
