/** What lift functions work with: the block under construction and the instruction at hand. */
import { unreachable } from '../../../common/assert.ts';
import { TRAP } from '../../../ir/block.ts';
import { BlockBuilder, type Value } from '../../../ir/builder.ts';
import type { OpName } from '../../../ir/ops.ts';
import type { Slot } from '../../../ir/state.ts';
import { BlockFlags } from '../flags.ts';
import { spSlot, state, vSlots, xSlots } from '../state.ts';

/** A register number comes from a five-bit field, hence is always an index of the slot tables. */
const slotOf = (slots: readonly Slot[], register: number): Slot =>
  slots[register] ?? unreachable(`register ${String(register)}`);

/** Bytes of an instruction. */
export const LENGTH = 4;

export class LiftContext {
  readonly builder: BlockBuilder;
  readonly flags: BlockFlags;
  readonly mode: number;
  /** Of the instruction being lifted: its address, that of the next one, and its bits. */
  pc: number;
  next: number;
  encoding = 0;

  constructor(pc: number, mode: number) {
    this.builder = new BlockBuilder(state, pc, mode);
    this.flags = new BlockFlags(this.builder);
    this.mode = mode;
    this.pc = pc;
    this.next = pc;
  }

  /** Starts the instruction after the last one. */
  begin(encoding: number): void {
    this.pc = this.next;
    this.next = this.pc + LENGTH;
    this.encoding = encoding;
    this.builder.instruction(this.pc, LENGTH);
  }

  op(name: OpName, a?: Value, b?: Value, c?: Value): Value {
    return this.builder.opImm(name, 0, a, b, c);
  }

  i32(value: number): Value {
    return this.builder.i32(value);
  }

  i64(value: number): Value {
    return this.builder.i64(value);
  }

  /** X register; 31 is zero. */
  x(register: number): Value {
    return register === 31 ? this.builder.i64(0) : this.builder.get(slotOf(xSlots, register));
  }

  /** X register or, for 31, the stack pointer. */
  xOrSp(register: number): Value {
    return this.builder.get(register === 31 ? spSlot : slotOf(xSlots, register));
  }

  /** W register as an i32; 31 is zero. */
  w(register: number): Value {
    return register === 31 ? this.builder.i32(0) : this.op('i32.wrap_i64', this.x(register));
  }

  /** W register or WSP as an i32. */
  wOrSp(register: number): Value {
    return this.op('i32.wrap_i64', this.xOrSp(register));
  }

  setX(register: number, value: Value): void {
    if (register !== 31) this.builder.set(slotOf(xSlots, register), value);
  }

  setXOrSp(register: number, value: Value): void {
    this.builder.set(register === 31 ? spSlot : slotOf(xSlots, register), value);
  }

  /** Writes a W register from an i32, which clears the upper half. */
  setW(register: number, value: Value): void {
    if (register !== 31) this.setX(register, this.op('i64.extend_i32_u', value));
  }

  /** V register, all 128 bits. */
  v(register: number): Value {
    return this.builder.get(slotOf(vSlots, register));
  }

  setV(register: number, value: Value): void {
    this.builder.set(slotOf(vSlots, register), value);
  }

  /** Ends the block: the instruction is undefined. Nothing of it may have been lifted yet. */
  undefined(): void {
    this.builder.trap(TRAP.ILLEGAL_INSTRUCTION, this.pc, this.encoding);
  }
}
