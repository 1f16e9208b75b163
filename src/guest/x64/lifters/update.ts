/** Operands that are read, changed and written back, also under LOCK. */
import { TRAP } from '../../../ir/block.ts';
import type { Value } from '../../../ir/builder.ts';
import type { OpName } from '../../../ir/ops.ts';
import type { Operand } from '../operands.ts';
import { typeOf, type LiftContext } from './context.ts';
import type { Width } from './flags.ts';

export type AtomicName = 'add' | 'sub' | 'and' | 'or' | 'xor' | 'xchg';

export interface Updated {
  /** Before, zero-extended in the type of the width. */
  readonly old: Value;
  readonly result: Value;
}

/** Name of the atomic row for a width. */
export function atomicName(width: Width, name: AtomicName | 'cmpxchg'): OpName {
  if (width >= 32) return `${typeOf(width)}.atomic.rmw.${name}`;
  return `i32.atomic.rmw${width === 8 ? 8 : 16}.${name}_u`;
}

/**
 * Locked accesses may have any alignment on x64, but only aligned ones are atomic on the host: others take the careful
 * form, which is a plain read and write. (Another thread can come between the two; see docs/architecture.md.)
 */
export function isAtomic(c: LiftContext, width: Width): boolean {
  if (c.isCareful) return false;
  if (width > 8) {
    const unaligned = c.op('i64.and', c.address(), c.i64(width / 8 - 1));
    c.trapIf(c.op('i64.ne', unaligned, c.i64(0)), TRAP.CAREFUL);
  }
  return true;
}

/**
 * Replaces the operand by `compute` of it. `atomic` with the operand `b` is the row that does the same under LOCK; where
 * there is none (null), the old value is exchanged if no one changed it meanwhile, else the careful form goes on.
 */
export function update(
  c: LiftContext,
  to: Operand,
  atomic: AtomicName | null,
  b: Value,
  compute: (old: Value) => Value,
): Updated {
  const width = to.bits as Width;
  if (to.kind === 'memory' && c.i.hasLock && isAtomic(c, width)) {
    if (atomic === null) return exchangeUnchanged(c, width, compute);
    const old = c.op(atomicName(width, atomic), c.address(), b);
    return { old, result: compute(old) };
  }
  const old = c.read(to);
  const result = compute(old);
  c.write(to, result);
  return { old, result };
}

function exchangeUnchanged(c: LiftContext, width: Width, compute: (old: Value) => Value): Updated {
  const address = c.address();
  const old = c.load(width, address);
  const result = compute(old);
  const found = c.op(atomicName(width, 'cmpxchg'), address, old, result);
  // Nothing is stored where this trap is taken.
  c.trapIf(c.opOf(width, 'ne', found, old), TRAP.CAREFUL);
  return { old, result };
}
