/** Floating-point instructions on vector registers. */
import { ROUNDING } from '../../../ir/vcpu-layout.ts';
import type { Value } from '../../../ir/builder.ts';
import type { OpName } from '../../../ir/ops.ts';
import type { Operand } from '../operands.ts';
import { STATUS_FLAGS } from '../state.ts';
import type { LiftContext } from './context.ts';
import { guardResult, raising } from './fp-guard.ts';
import {
  binary,
  binaryImmediate,
  byteLanes,
  bytesVector,
  halvesOf,
  immediateByte,
  operandAt,
  readVector,
  setVector,
  shuffle,
  three,
  unary,
  unaryImmediate,
  writeVector,
  type Binary,
  type Half,
  type Operands,
  type VectorLifter,
} from './vector.ts';

export type FloatName = 'f32' | 'f64';
const shapeOf = (T: FloatName): 'f32x4' | 'f64x2' => (T === 'f32' ? 'f32x4' : 'f64x2');

/** The scalar in the lowest lane of an operand, or in memory. */
export function readScalar(c: LiftContext, T: FloatName, operand: Operand): Value {
  if (operand.kind === 'memory') return c.op(`${T}.load`, c.address());
  return c.op(`${shapeOf(T)}.low`, readVector(c, operand));
}

/** A result in the lowest lane; above it the first source. */
export function writeScalar(c: LiftContext, T: FloatName, to: Operand, first: Operand, value: Value): void {
  setVector(c, to.number, c.op(`${shapeOf(T)}.with_low`, readVector(c, first), value));
}

function op(name: OpName): Binary {
  return (c, a, b) => c.op(name, a, b);
}

function scalarBinary(T: FloatName, compute: (c: LiftContext, a: Value, b: Value) => Value): VectorLifter {
  return raising((c, operands) => {
    const [to, first, second] = three(operands);
    const b = readScalar(c, T, second);
    writeScalar(c, T, to, first, compute(c, c.op(`${shapeOf(T)}.low`, readVector(c, first)), b));
  });
}

function scalarUnary(T: FloatName, compute: (c: LiftContext, b: Value) => Value): VectorLifter {
  return scalarBinary(T, (c, _a, b) => compute(c, b));
}

/** The lowest lane of a vector operation; all lanes are the same, so the flags are its own. */
function viaVector(T: FloatName, name: 'min_or_second' | 'max_or_second'): VectorLifter {
  const shape = shapeOf(T);
  return scalarBinary(T, (c, a, b) => {
    const result = c.op(`fp.${shape}.${name}`, c.op(`${shape}.splat`, a), c.op(`${shape}.splat`, b));
    return c.op(`${shape}.low`, result);
  });
}

/** Estimates: the quotient, correctly rounded, with the special cases of the manual (SDM vol. 2, RCPPS, RSQRTPS). */
function estimate(square: boolean): (c: LiftContext, a: Value) => Value {
  return (c, a) => c.op(square ? 'f32x4.reciprocal_sqrt_estimate' : 'f32x4.reciprocal_estimate', a);
}

function scalarEstimate(square: boolean): VectorLifter {
  return scalarUnary('f32', (c, b) => c.op('f32x4.low', estimate(square)(c, c.op('f32x4.splat', b))));
}

/**
 * Comparison predicates (SDM vol. 2, table 3-1) as relations of the row `compare`: 1 less, 2 equal, 4 greater,
 * 8 unordered, 16 signaling.
 */
const PREDICATES = [2, 17, 19, 8, 13, 30, 28, 7, 10, 25, 27, 0, 5, 22, 20, 15] as const;

/** The relations of a predicate; the second 16 are the first with signaling inverted. */
export function relationsOf(predicate: number): number {
  const relations = PREDICATES[predicate & 15] ?? 0;
  return (predicate & 16) === 0 ? relations : relations ^ 16;
}

/** Legacy forms have 8 predicates, the other bits of the immediate are ignored; VEX forms have 32. */
function predicateOf(c: LiftContext, operands: Operands): number {
  return immediateByte(operands) & (c.i.isVex ? 31 : 7);
}

function compareVector(T: FloatName): VectorLifter {
  return raising((c, operands) => {
    const [to, first, second] = three(operands, 1);
    const relations = relationsOf(predicateOf(c, operands));
    const values = halvesOf(to).map((half) =>
      c.builder.opImm(`fp.${shapeOf(T)}.compare`, relations, readVector(c, first, half), readVector(c, second, half)),
    );
    writeVector(c, to, values);
  });
}

function compareScalar(T: FloatName): VectorLifter {
  return raising((c, operands) => {
    const [to, first, second] = three(operands, 1);
    const relations = relationsOf(predicateOf(c, operands));
    const shape = shapeOf(T);
    const b = c.op(`${shape}.splat`, readScalar(c, T, second));
    const a = c.op(`${shape}.splat`, c.op(`${shape}.low`, readVector(c, first)));
    const mask = c.builder.opImm(`fp.${shape}.compare`, relations, a, b);
    writeScalar(c, T, to, first, c.op(`${shape}.low`, mask));
  });
}

/** ZF, PF and CF are the relation; OF, SF and AF are cleared (SDM vol. 2, COMISD). */
function compareToFlags(T: FloatName, signaling: boolean): VectorLifter {
  return raising((c, operands) => {
    const b = readScalar(c, T, operandAt(operands, 1));
    const a = readScalar(c, T, operandAt(operands, 0));
    const relation = c.builder.opImm(`fp.${T}.relation`, signaling ? 1 : 0, a, b);
    guardResult(c);
    defineRelationFlags(c, relation);
  });
}

/** Flags from a relation: 1 less, 2 equal, 4 greater, 8 unordered. */
export function defineRelationFlags(c: LiftContext, relation: Value): void {
  const any = (bits: number): Value => c.op('i32.ne', c.op('i32.and', relation, c.i32(bits)), c.i32(0));
  const none = (): Value => c.i32(0);
  c.flags.define(STATUS_FLAGS, {
    zero: () => any(10),
    parity: () => c.op('i32.shr_u', relation, c.i32(3)),
    carry: () => any(9),
    sign: none,
    overflow: none,
    adjust: none,
  });
}

/** Lanes of two vectors, the even ones and the odd ones. */
function deinterleaved(c: LiftContext, size: number, a: Value, b: Value): readonly [Value, Value] {
  const count = 16 / size;
  const lanes = (odd: number): number[] => Array.from({ length: count }, (_, lane) => 2 * lane + odd);
  return [shuffle(c, byteLanes(size, lanes(0)), a, b), shuffle(c, byteLanes(size, lanes(1)), a, b)];
}

function horizontal(T: FloatName, name: 'add' | 'sub'): VectorLifter {
  return raising(
    binary((c, a, b) => {
      const [even, odd] = deinterleaved(c, T === 'f32' ? 4 : 8, a, b);
      return c.op(`fp.${shapeOf(T)}.${name}`, even, odd);
    }),
  );
}

/**
 * Subtracts in even lanes and adds in odd ones: the sum with the sign of the second operand inverted in even lanes where
 * it is no NaN (a NaN operand keeps its sign).
 */
function addSubtract(T: FloatName): VectorLifter {
  const shape = shapeOf(T);
  const signs = T === 'f32' ? 0x80000000n : 0x8000000000000000n;
  return raising(
    binary((c, a, b) => {
      const even = T === 'f32' ? c.builder.v128(signs, signs) : c.builder.v128(signs, 0n);
      const flips = c.op('v128.and', even, c.op(`${shape}.eq`, b, b));
      return c.op(`fp.${shape}.add`, a, c.op('v128.xor', b, flips));
    }),
  );
}

/** Rounding operand of `round`: bits 1 and 0 of the immediate unless bit 2 asks for MXCSR's; bit 3 hushes inexact. */
const ROUND_MODES = [ROUNDING.NEAREST_EVEN, ROUNDING.DOWN, ROUNDING.UP, ROUNDING.TOWARD_ZERO] as const;
function roundingOf(immediate: number): number {
  const mode = (immediate & 4) === 0 ? (ROUND_MODES[immediate & 3] ?? ROUNDING.NEAREST_EVEN) : ROUNDING.DYNAMIC;
  return mode | (immediate & 8);
}

function roundVector(T: FloatName): VectorLifter {
  return raising(unaryImmediate((c, a, imm) => c.builder.opImm(`fp.${shapeOf(T)}.round`, roundingOf(imm), a)));
}

function roundScalar(T: FloatName): VectorLifter {
  const shape = shapeOf(T);
  return raising((c, operands) => {
    const [to, first, second] = three(operands, 1);
    const from = c.op(`${shape}.splat`, readScalar(c, T, second));
    const result = c.builder.opImm(`fp.${shape}.round`, roundingOf(immediateByte(operands)), from);
    writeScalar(c, T, to, first, c.op(`${shape}.low`, result));
  });
}

/** Bits 0 to 3 of `bits` as masks of the lanes. */
function laneMask(c: LiftContext, T: FloatName, bits: number): Value {
  const size = T === 'f32' ? 4 : 8;
  return bytesVector(
    c,
    Array.from({ length: 16 }, (_, byte) => ((bits >> Math.floor(byte / size)) & 1) * 0xff),
  );
}

/**
 * Dot product (SDM vol. 2, DPPS): products of the lanes in the immediate's upper half, summed in pairs. Lanes without
 * product are 0 * 0 and 0 + 0, which raise nothing.
 */
function dotProduct(T: FloatName): VectorLifter {
  const shape = shapeOf(T);
  return raising(
    binaryImmediate((c, a, b, imm) => {
      const used = laneMask(c, T, imm >> 4);
      const products = c.op(`fp.${shape}.mul`, c.op('v128.and', a, used), c.op('v128.and', b, used));
      let sum: Value;
      if (T === 'f64') {
        // Both lanes add in the same order, which decides between NaNs.
        const [low, high] = [0, 1].map((lane) => shuffle(c, byteLanes(8, [lane, lane]), products, products));
        sum = c.op('fp.f64x2.add', low, high);
      } else {
        const [even, odd] = deinterleaved(c, 4, products, products);
        const pairs = c.op('fp.f32x4.add', even, odd);
        sum = c.op(
          'fp.f32x4.add',
          shuffle(c, byteLanes(4, [0, 0, 0, 0]), pairs, pairs),
          shuffle(c, byteLanes(4, [1, 1, 1, 1]), pairs, pairs),
        );
      }
      return c.op('v128.and', sum, laneMask(c, T, imm));
    }),
  );
}

/** A conversion between vectors whose lanes have the same width, or that narrow two lanes. */
function convert(name: OpName, rounding: number | null = null): VectorLifter {
  return raising((c, operands) => {
    const [to, from] = [operandAt(operands, 0), operandAt(operands, 1)];
    const one = (half: Half): Value => {
      const source = readVector(c, from, half);
      return rounding === null ? c.op(name, source) : c.builder.opImm(name, rounding, source);
    };
    if (from.bits === 256 && to.bits === 128) {
      writeVector(c, to, [c.op('i64x2.interleave_low', one(0), one(1))]);
      return;
    }
    writeVector(c, to, halvesOf(to).map(one));
  });
}

/** A conversion that widens lanes: the lower half of the source, and for 256 bits the upper one. */
function widen(name: OpName): VectorLifter {
  return raising((c, operands) => {
    const [to, from] = [operandAt(operands, 0), operandAt(operands, 1)];
    const source = readVector(c, from);
    const values = [c.op(name, source)];
    if (to.bits === 256) values.push(c.op(name, shuffle(c, byteLanes(8, [1, 1]), source, source)));
    writeVector(c, to, values);
  });
}

/** The low 64 bits alone: what is above them must raise nothing. */
function lowHalf(c: LiftContext, value: Value): Value {
  return c.builder.opImm('i64x2.replace_lane', 1, value, c.i64(0));
}

/** Two integers of an mm register or memory to the lower lanes of a vector, whose upper ones stay. */
const cvtpi2ps: VectorLifter = raising((c, operands) => {
  const [to, from] = [operandAt(operands, 0), operandAt(operands, 1)];
  const pair = c.op('fp.f32x4.from_i32x4', lowHalf(c, readVector(c, from)));
  const value = c.builder.opImm('i64x2.extract_lane', 0, pair);
  setVector(c, to.number, c.builder.opImm('i64x2.replace_lane', 0, readVector(c, to), value));
});

/** Two floats to integers of an mm register. */
function toPair(name: OpName, rounding: number): VectorLifter {
  return raising((c, operands) => {
    const [to, from] = [operandAt(operands, 0), operandAt(operands, 1)];
    const source = readVector(c, from);
    writeVector(c, to, [c.builder.opImm(name, rounding, from.bits === 64 ? lowHalf(c, source) : source)]);
  });
}

function fromInteger(T: FloatName): VectorLifter {
  return raising((c, operands) => {
    const [to, first, second] = three(operands);
    const value = c.op(`fp.${T}.from_${second.bits === 64 ? 'i64' : 'i32'}_s`, c.readLow(second));
    writeScalar(c, T, to, first, value);
  });
}

function toInteger(T: FloatName, rounding: number): VectorLifter {
  return raising((c, operands) => {
    const [to, from] = [operandAt(operands, 0), operandAt(operands, 1)];
    const name: OpName = `fp.${to.bits === 64 ? 'i64' : 'i32'}.from_${T}_or_min`;
    const result = c.builder.opImm(name, rounding, readScalar(c, T, from));
    guardResult(c);
    c.write(to, result);
  });
}

function convertScalar(from: FloatName): VectorLifter {
  const T = from === 'f32' ? 'f64' : 'f32';
  const name: OpName = from === 'f32' ? 'fp.f64.promote_f32_dn' : 'fp.f32.demote_f64_dn';
  return raising((c, operands) => {
    const [to, first, second] = three(operands);
    writeScalar(c, T, to, first, c.op(name, readScalar(c, from, second)));
  });
}

const { DYNAMIC, TOWARD_ZERO } = ROUNDING;

export const sseFloatLifters = {
  addps: raising(binary(op('fp.f32x4.add'))),
  subps: raising(binary(op('fp.f32x4.sub'))),
  mulps: raising(binary(op('fp.f32x4.mul'))),
  divps: raising(binary(op('fp.f32x4.div'))),
  minps: raising(binary(op('fp.f32x4.min_or_second'))),
  maxps: raising(binary(op('fp.f32x4.max_or_second'))),
  addpd: raising(binary(op('fp.f64x2.add'))),
  subpd: raising(binary(op('fp.f64x2.sub'))),
  mulpd: raising(binary(op('fp.f64x2.mul'))),
  divpd: raising(binary(op('fp.f64x2.div'))),
  minpd: raising(binary(op('fp.f64x2.min_or_second'))),
  maxpd: raising(binary(op('fp.f64x2.max_or_second'))),
  addss: scalarBinary('f32', op('fp.f32.add_dn')),
  subss: scalarBinary('f32', op('fp.f32.sub_dn')),
  mulss: scalarBinary('f32', op('fp.f32.mul_dn')),
  divss: scalarBinary('f32', op('fp.f32.div_dn')),
  minss: viaVector('f32', 'min_or_second'),
  maxss: viaVector('f32', 'max_or_second'),
  addsd: scalarBinary('f64', op('fp.f64.add_dn')),
  subsd: scalarBinary('f64', op('fp.f64.sub_dn')),
  mulsd: scalarBinary('f64', op('fp.f64.mul_dn')),
  divsd: scalarBinary('f64', op('fp.f64.div_dn')),
  minsd: viaVector('f64', 'min_or_second'),
  maxsd: viaVector('f64', 'max_or_second'),
  sqrtps: raising(unary((c, a) => c.op('fp.f32x4.sqrt', a))),
  sqrtpd: raising(unary((c, a) => c.op('fp.f64x2.sqrt', a))),
  sqrtss: scalarUnary('f32', (c, b) => c.op('fp.f32.sqrt_dn', b)),
  sqrtsd: scalarUnary('f64', (c, b) => c.op('fp.f64.sqrt_dn', b)),
  rcpps: unary(estimate(false)),
  rsqrtps: unary(estimate(true)),
  rcpss: scalarEstimate(false),
  rsqrtss: scalarEstimate(true),
  andps: binary(op('v128.and')),
  andnps: binary((c, a, b) => c.op('v128.andnot', b, a)),
  orps: binary(op('v128.or')),
  xorps: binary(op('v128.xor')),
  andpd: binary(op('v128.and')),
  andnpd: binary((c, a, b) => c.op('v128.andnot', b, a)),
  orpd: binary(op('v128.or')),
  xorpd: binary(op('v128.xor')),
  cmpps: compareVector('f32'),
  cmppd: compareVector('f64'),
  cmpss: compareScalar('f32'),
  cmpsd: compareScalar('f64'),
  ucomiss: compareToFlags('f32', false),
  ucomisd: compareToFlags('f64', false),
  comiss: compareToFlags('f32', true),
  comisd: compareToFlags('f64', true),
  haddps: horizontal('f32', 'add'),
  haddpd: horizontal('f64', 'add'),
  hsubps: horizontal('f32', 'sub'),
  hsubpd: horizontal('f64', 'sub'),
  addsubps: addSubtract('f32'),
  addsubpd: addSubtract('f64'),
  roundps: roundVector('f32'),
  roundpd: roundVector('f64'),
  roundss: roundScalar('f32'),
  roundsd: roundScalar('f64'),
  dpps: dotProduct('f32'),
  dppd: dotProduct('f64'),
  cvtdq2ps: convert('fp.f32x4.from_i32x4'),
  cvtps2dq: convert('fp.i32x4.from_f32x4_or_min', DYNAMIC),
  cvttps2dq: convert('fp.i32x4.from_f32x4_or_min', TOWARD_ZERO),
  cvtpd2dq: convert('fp.i32x4.from_f64x2_or_min', DYNAMIC),
  cvttpd2dq: convert('fp.i32x4.from_f64x2_or_min', TOWARD_ZERO),
  cvtpd2ps: convert('fp.f32x4.demote_f64x2_zero'),
  cvtps2pd: widen('fp.f64x2.promote_low_f32x4'),
  cvtdq2pd: widen('f64x2.convert_low_i32x4_s'),
  cvtpi2ps,
  cvtpi2pd: widen('f64x2.convert_low_i32x4_s'),
  cvttps2pi: toPair('fp.i32x4.from_f32x4_or_min', TOWARD_ZERO),
  cvttpd2pi: toPair('fp.i32x4.from_f64x2_or_min', TOWARD_ZERO),
  cvtps2pi: toPair('fp.i32x4.from_f32x4_or_min', DYNAMIC),
  cvtpd2pi: toPair('fp.i32x4.from_f64x2_or_min', DYNAMIC),
  cvtss2sd: convertScalar('f32'),
  cvtsd2ss: convertScalar('f64'),
  cvtsi2ss: fromInteger('f32'),
  cvtsi2sd: fromInteger('f64'),
  cvtss2si: toInteger('f32', DYNAMIC),
  cvtsd2si: toInteger('f64', DYNAMIC),
  cvttss2si: toInteger('f32', TOWARD_ZERO),
  cvttsd2si: toInteger('f64', TOWARD_ZERO),
};
