/** Branches. */
import type { Value } from '../../../ir/builder.ts';
import type { Lifters } from '../../pattern/notation.ts';
import type { branchRows } from '../rows/branches.ts';
import type { LiftContext } from './context.ts';

/** Ends the block with a jump to a known address; one below 0 wraps to the top of the 64-bit address space. */
function jump(c: LiftContext, displacement: number, link: boolean): void {
  const target = c.pc + displacement;
  const [hint, returnPc] = link ? (['call', c.next] as const) : (['jump', null] as const);
  if (target >= 0) c.builder.jump(target, hint, returnPc);
  else c.builder.indirect(c.i64(target), hint, returnPc);
}

/** Ends the block with a conditional branch. */
function branchIf(c: LiftContext, condition: Value, displacement: number): void {
  const taken = c.pc + displacement;
  if (taken >= 0) c.builder.branch(condition, taken, c.next);
  else c.builder.indirect(c.op('i64.select', c.i64(taken), c.i64(c.next), condition), 'jump');
}

function isZero(c: LiftContext, sf: number, register: number): Value {
  return sf === 1 ? c.op('i64.eq', c.x(register), c.i64(0)) : c.op('i32.eq', c.w(register), c.i32(0));
}

function isNotZero(c: LiftContext, sf: number, register: number): Value {
  if (sf === 1) return c.op('i64.ne', c.x(register), c.i64(0));
  return c.op('i32.ne', c.w(register), c.i32(0));
}

/** The tested bit, others masked away: bit 31 and 63 by the sign. */
function testBit(c: LiftContext, bit: number, register: number, set: boolean): Value {
  if (bit === 63) return c.op(set ? 'i64.lt_s' : 'i64.ge_s', c.x(register), c.i64(0));
  if (bit === 31) return c.op(set ? 'i32.lt_s' : 'i32.ge_s', c.w(register), c.i32(0));
  const mask = bit < 31 ? c.i64(1 << bit) : c.builder.i64Bits(1n << BigInt(bit));
  return c.op(set ? 'i64.ne' : 'i64.eq', c.op('i64.and', c.x(register), mask), c.i64(0));
}

function conditionalBranch(c: LiftContext, cond: number, displacement: number): void {
  if (cond >= 14) jump(c, displacement, false);
  else branchIf(c, c.flags.test(cond), displacement);
}

const LR = 30;

export const branchLifters: Lifters<typeof branchRows, LiftContext> = {
  b: (c, f) => jump(c, f.imm, false),
  bl: (c, f) => {
    c.setX(LR, c.i64(c.next));
    jump(c, f.imm, true);
  },
  'b.cond': (c, f) => conditionalBranch(c, f.cond, f.imm),
  cbz: (c, f) => branchIf(c, isZero(c, f.sf, f.Rt), f.imm),
  cbnz: (c, f) => branchIf(c, isNotZero(c, f.sf, f.Rt), f.imm),
  tbz: (c, f) => branchIf(c, testBit(c, f.bit, f.Rt, false), f.imm),
  tbnz: (c, f) => branchIf(c, testBit(c, f.bit, f.Rt, true), f.imm),
  br: (c, f) => c.builder.indirect(c.x(f.Rn), 'jump'),
  blr: (c, f) => {
    // The target is read before the link register is written: they may be the same.
    const target = c.x(f.Rn);
    c.setX(LR, c.i64(c.next));
    c.builder.indirect(target, 'call', c.next);
  },
  ret: (c, f) => c.builder.indirect(c.x(f.Rn), 'return'),
};
