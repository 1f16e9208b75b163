/** RV64F. */
import type { Lifters } from '../../pattern/notation.ts';
import type { fRows } from '../rows/f.ts';
import type { LiftContext } from './context.ts';
import {
  arithmetic,
  binaryFloat,
  classify,
  compare,
  fromInteger,
  fused,
  injectNegatedSign,
  injectSign,
  squareRoot,
  toDoubleWord,
  toWord,
} from './float.ts';
import { single, writeBoxed } from './formats.ts';

/** fsgnjx: the sign of rs1 flips where that of rs2 is set. */
function multiplySign(c: LiftContext, rd: number, rs1: number, rs2: number): void {
  const value = single.read(c, rs1);
  if (rs1 === rs2) return single.write(c, rd, c.op(single.abs, value));
  const other = c.op('i32.reinterpret_f32', single.read(c, rs2));
  const sign = c.op('i32.and', other, c.builder.i32(-0x80000000));
  const bits = c.op('i32.xor', c.op('i32.reinterpret_f32', value), sign);
  writeBoxed(c, rd, c.op('i64.extend_i32_u', bits));
}

export const fLifters: Lifters<typeof fRows, LiftContext> = {
  flw: (c, f) => writeBoxed(c, f.rd, c.builder.opImm('i64.load32_u', f.imm, c.x(f.rs1))),
  // Stores and moves to x take the low word as it is, boxed or not.
  fsw: (c, f) => void c.builder.opImm('i64.store32', f.imm, c.x(f.rs1), c.op('i64.reinterpret_f64', c.f(f.rs2))),
  'fmadd.s': (c, f) => fused(c, single, f, false, false),
  'fmsub.s': (c, f) => fused(c, single, f, false, true),
  'fnmsub.s': (c, f) => fused(c, single, f, true, false),
  'fnmadd.s': (c, f) => fused(c, single, f, true, true),
  'fadd.s': (c, f) => arithmetic(c, single, single.add, f),
  'fsub.s': (c, f) => arithmetic(c, single, single.sub, f),
  'fmul.s': (c, f) => arithmetic(c, single, single.mul, f),
  'fdiv.s': (c, f) => arithmetic(c, single, single.div, f),
  'fsqrt.s': (c, f) => squareRoot(c, single, f),
  'fsgnj.s': (c, f) => injectSign(c, single, f),
  'fsgnjn.s': (c, f) => injectNegatedSign(c, single, f),
  'fsgnjx.s': (c, f) => multiplySign(c, f.rd, f.rs1, f.rs2),
  'fmin.s': (c, f) => binaryFloat(c, single, single.min, f),
  'fmax.s': (c, f) => binaryFloat(c, single, single.max, f),
  'feq.s': (c, f) => compare(c, single, single.eq, f),
  'flt.s': (c, f) => compare(c, single, single.lt, f),
  'fle.s': (c, f) => compare(c, single, single.le, f),
  'fclass.s': (c, f) => classify(c, single, f.rd, f.rs1),
  'fcvt.w.s': (c, f) => toWord(c, single, single.toWord, f),
  'fcvt.wu.s': (c, f) => toWord(c, single, single.toUnsignedWord, f),
  'fcvt.l.s': (c, f) => toDoubleWord(c, single, single.toDouble, f),
  'fcvt.lu.s': (c, f) => toDoubleWord(c, single, single.toUnsignedDouble, f),
  'fcvt.s.w': (c, f) => fromInteger(c, single, single.fromWord, f, () => c.xWord(f.rs1)),
  'fcvt.s.wu': (c, f) => fromInteger(c, single, single.fromUnsignedWord, f, () => c.xWord(f.rs1)),
  'fcvt.s.l': (c, f) => fromInteger(c, single, single.fromDouble, f, () => c.x(f.rs1)),
  'fcvt.s.lu': (c, f) => fromInteger(c, single, single.fromUnsignedDouble, f, () => c.x(f.rs1)),
  'fmv.x.w': (c, f) => {
    if (f.rd !== 0) c.setX(f.rd, c.op('i64.extend32_s', c.op('i64.reinterpret_f64', c.f(f.rs1))));
  },
  'fmv.w.x': (c, f) => writeBoxed(c, f.rd, c.x(f.rs1)),
};
