/**
 * The mm registers: the significands of the x87 registers in physical order. Most code uses them with the stack's top at
 * 0 and all registers full, which `x87_top` says by `TOP_MMX`; whoever comes from another state takes the careful form,
 * which brings it about (SDM vol. 1, 9.6.2).
 */
import { defined } from '../../../common/assert.ts';
import { TRAP } from '../../../ir/block.ts';
import type { Value } from '../../../ir/builder.ts';
import { stackSlots, topSlot, TOP_MMX, X87_FULL } from '../state.ts';
import type { LiftContext } from './context.ts';

/** Blocks in which the state has been checked, and nothing has changed it since. */
const ready = new WeakSet<LiftContext>();

/** Call where an instruction may leave the MMX state. */
export function leaveMmx(c: LiftContext): void {
  ready.delete(c);
}

function enterMmx(c: LiftContext): void {
  if (ready.has(c)) return;
  ready.add(c);
  const top = c.builder.get(topSlot);
  if (!c.isCareful) {
    c.trapIf(c.op('i32.xor', top, c.i32(TOP_MMX)), TRAP.CAREFUL);
    return;
  }
  let values = stackSlots.map((slot) => c.builder.get(slot));
  for (const bit of [1, 2, 4]) {
    const isSet = c.op('i32.ne', c.op('i32.and', top, c.i32(bit)), c.i32(0));
    const mask = c.op('i32x4.splat', c.op('i32.sub', c.i32(0), isSet));
    values = values.map((value, index) =>
      c.op('v128.bitselect', defined(values[(index - bit) & 7], 'a register'), value, mask),
    );
  }
  const full = c.builder.v128(0n, X87_FULL);
  for (const [index, value] of values.entries())
    c.builder.set(defined(stackSlots[index], 'a register'), c.op('v128.or', value, full));
  c.builder.set(topSlot, c.i32(TOP_MMX));
}

/** Low 64 bits: the register; above them anything. */
export function mmxRegister(c: LiftContext, number: number): Value {
  enterMmx(c);
  return c.builder.get(defined(stackSlots[number], 'a register'));
}

/** Sets a register to the low 64 bits; sign and exponent become ones (SDM vol. 1, 9.2.1). */
export function setMmxRegister(c: LiftContext, number: number, value: Value): void {
  enterMmx(c);
  const exponent = c.builder.i64Bits(X87_FULL | 0xffffn);
  c.builder.set(defined(stackSlots[number], 'a register'), c.builder.opImm('i64x2.replace_lane', 1, value, exponent));
}
