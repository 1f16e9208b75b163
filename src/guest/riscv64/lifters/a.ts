/** The A extension. All its accesses are sequentially consistent here, which satisfies any aq and rl. */
import { TRAP } from '../../../ir/block.ts';
import type { Value } from '../../../ir/builder.ts';
import type { OpName } from '../../../ir/ops.ts';
import type { Lifters } from '../../pattern/notation.ts';
import type { aRows } from '../rows/a.ts';
import { reservationAddress, reservationValue } from '../state.ts';
import type { LiftContext } from './context.ts';

/** An address that no aligned access has: there is no reservation. */
const NO_RESERVATION = -1;

/** The address in rs1, after the check that it is a multiple of `size` (Zaamo and Zalrsc, no Zam). */
function alignedAddress(c: LiftContext, rs1: number, size: 4 | 8): Value {
  const address = c.x(rs1);
  const low = c.op('i32.and', c.op('i32.wrap_i64', address), c.builder.i32(size - 1));
  c.builder.trapIf(low, TRAP.MISALIGNED_ACCESS);
  return address;
}

function amoWord(c: LiftContext, op: OpName, rd: number, rs1: number, rs2: number): void {
  const address = alignedAddress(c, rs1, 4);
  const old = c.op(op, address, c.xWord(rs2));
  if (rd !== 0) c.setX(rd, c.op('i64.extend_i32_s', old));
}

function amoDouble(c: LiftContext, op: OpName, rd: number, rs1: number, rs2: number): void {
  const address = alignedAddress(c, rs1, 8);
  c.setX(rd, c.op(op, address, c.x(rs2)));
}

/** The reservation is the address and the value seen there. */
function loadReserved(c: LiftContext, rd: number, address: Value, value: Value): void {
  c.builder.set(reservationAddress, address);
  c.builder.set(reservationValue, value);
  c.setX(rd, value);
}

/**
 * Succeeds where the address is the reserved one and memory still holds the reserved value. That lets through a value
 * that was changed and changed back, like every emulation by compare-and-swap. With the wrong address the
 * compare-and-swap replaces a value by itself, which changes nothing and can only fail.
 */
function storeConditional(
  c: LiftContext,
  rd: number,
  address: Value,
  attempt: (matches: Value) => { readonly held: Value },
): void {
  const matches = c.op('i64.eq', address, c.builder.get(reservationAddress));
  const { held } = attempt(matches);
  c.builder.set(reservationAddress, c.i64(NO_RESERVATION));
  if (rd !== 0) c.setX(rd, c.op('i64.extend_i32_u', c.op('i32.eqz', c.op('i32.and', matches, held))));
}

function storeConditionalWord(c: LiftContext, rd: number, rs1: number, rs2: number): void {
  const address = alignedAddress(c, rs1, 4);
  storeConditional(c, rd, address, (matches) => {
    const expected = c.op('i32.wrap_i64', c.builder.get(reservationValue));
    const replacement = c.op('i32.select', c.xWord(rs2), expected, matches);
    return { held: c.op('i32.eq', c.op('i32.atomic.rmw.cmpxchg', address, expected, replacement), expected) };
  });
}

function storeConditionalDouble(c: LiftContext, rd: number, rs1: number, rs2: number): void {
  const address = alignedAddress(c, rs1, 8);
  storeConditional(c, rd, address, (matches) => {
    const expected = c.builder.get(reservationValue);
    const replacement = c.op('i64.select', c.x(rs2), expected, matches);
    return { held: c.op('i64.eq', c.op('i64.atomic.rmw.cmpxchg', address, expected, replacement), expected) };
  });
}

export const aLifters: Lifters<typeof aRows, LiftContext> = {
  'lr.w': (c, f) => {
    const address = alignedAddress(c, f.rs1, 4);
    loadReserved(c, f.rd, address, c.op('i64.extend_i32_s', c.op('i32.atomic.load', address)));
  },
  'sc.w': (c, f) => storeConditionalWord(c, f.rd, f.rs1, f.rs2),
  'amoswap.w': (c, f) => amoWord(c, 'i32.atomic.rmw.xchg', f.rd, f.rs1, f.rs2),
  'amoadd.w': (c, f) => amoWord(c, 'i32.atomic.rmw.add', f.rd, f.rs1, f.rs2),
  'amoxor.w': (c, f) => amoWord(c, 'i32.atomic.rmw.xor', f.rd, f.rs1, f.rs2),
  'amoand.w': (c, f) => amoWord(c, 'i32.atomic.rmw.and', f.rd, f.rs1, f.rs2),
  'amoor.w': (c, f) => amoWord(c, 'i32.atomic.rmw.or', f.rd, f.rs1, f.rs2),
  'amomin.w': (c, f) => amoWord(c, 'i32.atomic.rmw.min_s', f.rd, f.rs1, f.rs2),
  'amomax.w': (c, f) => amoWord(c, 'i32.atomic.rmw.max_s', f.rd, f.rs1, f.rs2),
  'amominu.w': (c, f) => amoWord(c, 'i32.atomic.rmw.min_u', f.rd, f.rs1, f.rs2),
  'amomaxu.w': (c, f) => amoWord(c, 'i32.atomic.rmw.max_u', f.rd, f.rs1, f.rs2),

  'lr.d': (c, f) => {
    const address = alignedAddress(c, f.rs1, 8);
    loadReserved(c, f.rd, address, c.op('i64.atomic.load', address));
  },
  'sc.d': (c, f) => storeConditionalDouble(c, f.rd, f.rs1, f.rs2),
  'amoswap.d': (c, f) => amoDouble(c, 'i64.atomic.rmw.xchg', f.rd, f.rs1, f.rs2),
  'amoadd.d': (c, f) => amoDouble(c, 'i64.atomic.rmw.add', f.rd, f.rs1, f.rs2),
  'amoxor.d': (c, f) => amoDouble(c, 'i64.atomic.rmw.xor', f.rd, f.rs1, f.rs2),
  'amoand.d': (c, f) => amoDouble(c, 'i64.atomic.rmw.and', f.rd, f.rs1, f.rs2),
  'amoor.d': (c, f) => amoDouble(c, 'i64.atomic.rmw.or', f.rd, f.rs1, f.rs2),
  'amomin.d': (c, f) => amoDouble(c, 'i64.atomic.rmw.min_s', f.rd, f.rs1, f.rs2),
  'amomax.d': (c, f) => amoDouble(c, 'i64.atomic.rmw.max_s', f.rd, f.rs1, f.rs2),
  'amominu.d': (c, f) => amoDouble(c, 'i64.atomic.rmw.min_u', f.rd, f.rs1, f.rs2),
  'amomaxu.d': (c, f) => amoDouble(c, 'i64.atomic.rmw.max_u', f.rd, f.rs1, f.rs2),
};
