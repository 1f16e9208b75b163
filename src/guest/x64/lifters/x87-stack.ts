/**
 * The register stack. Slots `st0` to `st7` hold the registers from the top on, so pushing and popping move values between
 * slots; which register a slot is, only the tag and status words tell, by `x87_top`.
 */
import { defined } from '../../../common/assert.ts';
import { TRAP } from '../../../ir/block.ts';
import type { Value } from '../../../ir/builder.ts';
import { STATUS } from '../../../fp/extended/environment.ts';
import type { Operand } from '../operands.ts';
import { MODE_FP_TRAPS, stackSlots, topSlot, X87_FULL } from '../state.ts';
import type { LiftContext } from './context.ts';
import { leaveMmx } from './mmx.ts';

const slot = (number: number) => defined(stackSlots[number & 7], 'an x87 register');

/** A register as it is, empty or not. */
export function stack(c: LiftContext, number: number): Value {
  return c.builder.get(slot(number));
}

export function setStack(c: LiftContext, number: number, value: Value): void {
  c.builder.set(slot(number), value);
}

/** A register that must not be empty. */
export function used(c: LiftContext, number: number): Value {
  return c.op('fp.f80.used', stack(c, number));
}

/** A value in the extended format, of a register that is not empty. */
export function extendedConstant(c: LiftContext, significand: bigint, high: number): Value {
  return c.builder.v128(significand, X87_FULL | BigInt(high));
}

/** Changes the top by -1 where the i32 (0 or 1) says so. */
export function lowerTop(c: LiftContext, by: Value): void {
  c.builder.set(topSlot, c.op('i32.and', c.op('i32.sub', c.builder.get(topSlot), by), c.i32(7)));
}

function setTop(c: LiftContext, change: number): void {
  const top = c.op('i32.add', c.builder.get(topSlot), c.i32(change));
  c.builder.set(topSlot, c.op('i32.and', top, c.i32(7)));
}

/** Moves every register one place away from the top and gives the new top its value. */
export function rotateDown(c: LiftContext, first: Value): void {
  for (let number = 7; number > 0; number--) setStack(c, number, stack(c, number - 1));
  setStack(c, 0, first);
  setTop(c, -1);
}

/** Moves every register one place towards the top; the last gets `last`. */
export function rotateUp(c: LiftContext, last: Value): void {
  for (let number = 0; number < 7; number++) setStack(c, number, stack(c, number + 1));
  setStack(c, 7, last);
  setTop(c, 1);
}

/** Pushes a value; the register that it gets must be empty. */
export function push(c: LiftContext, value: Value): void {
  pushFresh(c, c.op('fp.f80.fresh', stack(c, 7), value));
}

/** Pushes a value that is known to fit. */
export function pushFresh(c: LiftContext, fresh: Value): void {
  checkRaised(c);
  rotateDown(c, fresh);
}

export function emptied(c: LiftContext, value: Value): Value {
  return c.op('v128.and', value, c.builder.v128(-1n, ~X87_FULL & 0xffffffffffffffffn));
}

/** Empties the top register and lets the next one be the top. */
export function pop(c: LiftContext): void {
  rotateUp(c, emptied(c, stack(c, 0)));
}

/** In the mode for it: traps where an unmasked exception is pending (SDM vol. 1, 8.6; we do not wait for the next one). */
export function checkRaised(c: LiftContext): void {
  if ((c.mode & MODE_FP_TRAPS) === 0) return;
  c.trapIf(c.op('i32.and', c.op('fp.f80.env.get'), c.i32(STATUS.SUMMARY)), TRAP.FLOATING_POINT);
}

/** A vector mask from an i32 condition. */
export function maskOf(c: LiftContext, condition: Value): Value {
  return c.op('i32x4.splat', c.op('i32.sub', c.i32(0), c.op('i32.ne', condition, c.i32(0))));
}

/** Registers moved by `amount` places towards the top (modulo 8): the one at `amount` comes first. */
export function rotated(c: LiftContext, values: readonly Value[], amount: Value): readonly Value[] {
  let list = values;
  for (const bit of [1, 2, 4]) {
    const mask = maskOf(c, c.op('i32.and', amount, c.i32(bit)));
    const before = list;
    list = before.map((value, index) =>
      c.op('v128.bitselect', defined(before[(index + bit) & 7], 'a register'), value, mask),
    );
  }
  return list;
}

/** All registers from the top on. */
export function allRegisters(c: LiftContext): readonly Value[] {
  return stackSlots.map((register) => c.builder.get(register));
}

export type X87Lifter = (c: LiftContext, operands: readonly Operand[]) => void;

/** An instruction that waits for pending exceptions and may change the stack. */
export function waiting(lift: X87Lifter): X87Lifter {
  return (c, operands) => {
    leaveMmx(c);
    checkRaised(c);
    lift(c, operands);
  };
}
