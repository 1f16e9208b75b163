/** RV64D. */
import type { Lifters } from '../../pattern/notation.ts';
import type { dRows } from '../rows/d.ts';
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
  loadDouble,
  squareRoot,
  storeDouble,
  toDoubleWord,
  toWord,
} from './float.ts';
import { double, rounded, single, type Rounded } from './formats.ts';

const SIGN = -0x8000000000000000n;
const demote: Rounded = { dynamic: 'fp.f32.demote_f64', fixed: 'fp.f32.demote_f64_rm' };

/** fsgnjx: the sign of rs1 flips where that of rs2 is set. */
function multiplySign(c: LiftContext, rd: number, rs1: number, rs2: number): void {
  if (rs1 === rs2) return c.setF(rd, c.op('f64.abs', c.f(rs1)));
  const value = c.op('i64.reinterpret_f64', c.f(rs1));
  const sign = c.op('i64.and', c.op('i64.reinterpret_f64', c.f(rs2)), c.builder.i64Bits(SIGN));
  c.setF(rd, c.op('f64.reinterpret_i64', c.op('i64.xor', value, sign)));
}

export const dLifters: Lifters<typeof dRows, LiftContext> = {
  fld: (c, f) => loadDouble(c, f.rd, f.rs1, f.imm),
  fsd: (c, f) => storeDouble(c, f.rs1, f.rs2, f.imm),
  'fmadd.d': (c, f) => fused(c, double, f, false, false),
  'fmsub.d': (c, f) => fused(c, double, f, false, true),
  'fnmsub.d': (c, f) => fused(c, double, f, true, false),
  'fnmadd.d': (c, f) => fused(c, double, f, true, true),
  'fadd.d': (c, f) => arithmetic(c, double, double.add, f),
  'fsub.d': (c, f) => arithmetic(c, double, double.sub, f),
  'fmul.d': (c, f) => arithmetic(c, double, double.mul, f),
  'fdiv.d': (c, f) => arithmetic(c, double, double.div, f),
  'fsqrt.d': (c, f) => squareRoot(c, double, f),
  'fsgnj.d': (c, f) => injectSign(c, double, f),
  'fsgnjn.d': (c, f) => injectNegatedSign(c, double, f),
  'fsgnjx.d': (c, f) => multiplySign(c, f.rd, f.rs1, f.rs2),
  'fmin.d': (c, f) => binaryFloat(c, double, double.min, f),
  'fmax.d': (c, f) => binaryFloat(c, double, double.max, f),
  'fcvt.s.d': (c, f) => {
    if (!c.roundsLegally(f.rm)) return c.illegal();
    single.write(c, f.rd, rounded(c, demote, f.rm, double.read(c, f.rs1)));
  },
  'fcvt.d.s': (c, f) => {
    // Exact, but an unusable rounding mode is illegal all the same.
    if (!c.roundsLegally(f.rm)) return c.illegal();
    double.write(c, f.rd, c.op('fp.f64.promote_f32', single.read(c, f.rs1)));
  },
  'feq.d': (c, f) => compare(c, double, double.eq, f),
  'flt.d': (c, f) => compare(c, double, double.lt, f),
  'fle.d': (c, f) => compare(c, double, double.le, f),
  'fclass.d': (c, f) => classify(c, double, f.rd, f.rs1),
  'fcvt.w.d': (c, f) => toWord(c, double, double.toWord, f),
  'fcvt.wu.d': (c, f) => toWord(c, double, double.toUnsignedWord, f),
  'fcvt.l.d': (c, f) => toDoubleWord(c, double, double.toDouble, f),
  'fcvt.lu.d': (c, f) => toDoubleWord(c, double, double.toUnsignedDouble, f),
  // A 32-bit integer is exact in double precision: no rounding mode matters, the plain Wasm conversion does it.
  'fcvt.d.w': (c, f) => {
    if (!c.roundsLegally(f.rm)) return c.illegal();
    c.setF(f.rd, c.op('f64.convert_i32_s', c.xWord(f.rs1)));
  },
  'fcvt.d.wu': (c, f) => {
    if (!c.roundsLegally(f.rm)) return c.illegal();
    c.setF(f.rd, c.op('f64.convert_i32_u', c.xWord(f.rs1)));
  },
  'fcvt.d.l': (c, f) => fromInteger(c, double, double.fromDouble, f, () => c.x(f.rs1)),
  'fcvt.d.lu': (c, f) => fromInteger(c, double, double.fromUnsignedDouble, f, () => c.x(f.rs1)),
  'fmv.x.d': (c, f) => {
    if (f.rd !== 0) c.setX(f.rd, c.op('i64.reinterpret_f64', c.f(f.rs1)));
  },
  'fmv.d.x': (c, f) => c.setF(f.rd, c.op('f64.reinterpret_i64', c.x(f.rs1))),
};
