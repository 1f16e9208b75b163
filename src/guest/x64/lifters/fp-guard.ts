/**
 * Unmasked floating-point exceptions (SDM vol. 1, 11.5.2). In the mode for it, an instruction computes with the flags
 * cleared, notes them, and traps before it writes its result where an unmasked one came up.
 */
import { TRAP } from '../../../ir/block.ts';
import type { Value } from '../../../ir/builder.ts';
import { FP_ENV } from '../../../ir/vcpu-layout.ts';
import { fpTrapsSlot, MODE_FP_TRAPS } from '../state.ts';
import type { Operand } from '../operands.ts';
import { checkAlignment } from './alignment.ts';
import type { LiftContext } from './context.ts';

/** The environment before the instruction at hand, of those that are guarded. */
const guarded = new WeakMap<LiftContext, Value>();

type Lifter = (c: LiftContext, operands: readonly Operand[]) => void;

/** A fault comes before the flags are touched. */
function touchMemory(c: LiftContext, operands: readonly Operand[]): void {
  const memory = operands.find(({ kind }) => kind === 'memory');
  if (memory === undefined) return;
  checkAlignment(c, memory);
  c.op('i32.load8_u', c.address());
  c.builder.opImm('i32.load8_u', memory.bits / 8 - 1, c.address());
}

/** An unmasked exception of the operands comes before those of the result (SDM vol. 1, 11.5.2.1 and 11.5.2.2). */
function reported(c: LiftContext, raised: Value, traps: Value): Value {
  const isUnmasked = (flags: number): Value =>
    c.op('i32.ne', c.op('i32.and', c.op('i32.and', raised, traps), c.i32(flags)), c.i32(0));
  const operandFlags = FP_ENV.INVALID | FP_ENV.INPUT_DENORMAL | FP_ENV.DIVIDE_BY_ZERO;
  const kept = c.op('i32.or', c.op('i32.sub', isUnmasked(operandFlags), c.i32(1)), c.i32(operandFlags));
  return c.op('i32.and', raised, kept);
}

/** A lifter whose floating-point exceptions may be unmasked. */
export function raising(lift: Lifter): Lifter {
  return (c, operands) => {
    if ((c.mode & MODE_FP_TRAPS) === 0) {
      lift(c, operands);
      return;
    }
    touchMemory(c, operands);
    const before = c.op('fp.env.get');
    c.op('fp.env.set', c.op('i32.and', before, c.i32(~FP_ENV.FLAGS_MASK)));
    guarded.set(c, before);
    lift(c, operands);
    guardResult(c);
  };
}

/** Traps where the guarded instruction at hand raised an unmasked exception; before its first result is written. */
export function guardResult(c: LiftContext): void {
  const before = guarded.get(c);
  if (before === undefined) return;
  guarded.delete(c);
  const traps = c.builder.get(fpTrapsSlot);
  const raised = reported(c, c.op('i32.and', c.op('fp.env.get'), c.i32(FP_ENV.FLAGS_MASK)), traps);
  c.op('fp.env.set', c.op('i32.or', before, raised));
  c.trapIf(c.op('i32.and', raised, traps), TRAP.FLOATING_POINT);
}
