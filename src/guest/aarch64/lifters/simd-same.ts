/** Advanced SIMD, three registers. */
import type { Value } from '../../../ir/builder.ts';
import type { Lifters } from '../../pattern/notation.ts';
import type * as same from '../rows/simd-same.ts';
import type { LiftContext } from './context.ts';
import {
  extend,
  floatOp,
  halfName,
  laneOp,
  laneOpTo32,
  multiplyLong,
  narrowed,
  saturatingOp,
  scalar,
  shape,
  splatLane,
  vector,
  writeHalf,
  constantLanes,
  type FloatOp,
  type Form,
  type LaneOp,
  type LaneOpTo32,
  type SaturatingOp,
} from './vector.ts';
import type { OpName } from '../../../ir/ops.ts';

interface Three {
  readonly Rd: number;
  readonly Rn: number;
  readonly Rm: number;
}
interface Sized extends Three {
  readonly size: number;
}
interface Arranged extends Sized {
  readonly Q: number;
}
type Lift<Fields> = (c: LiftContext, f: Fields) => void;
/** Value of an operation on two vectors with lanes of a size. */
type Binary = (c: LiftContext, size: number, a: Value, b: Value) => Value;

/** An operation without flags: what lies in unused lanes does not matter. */
const plain =
  (binary: Binary): Lift<Arranged> =>
  (c, f) =>
    vector(f.Q).write(c, f.Rd, f.size, binary(c, f.size, c.v(f.Rn), c.v(f.Rm)));
const op =
  (name: LaneOp): Binary =>
  (c, size, a, b) =>
    c.op(laneOp(size, name), a, b);
const opTo32 =
  (name: LaneOpTo32): Binary =>
  (c, size, a, b) =>
    c.op(laneOpTo32(size, name), a, b);
const multiply: Binary = (c, size, a, b) =>
  c.op(size === 0 ? 'i8x16.mul' : size === 1 ? 'i16x8.mul' : 'i32x4.mul', a, b);
const compareUnsigned =
  (name: 'gt_u' | 'ge_u'): Binary =>
  (c, size, a, b) =>
    c.op(`${shape(size)}.${name}` as const, a, b);
const test: Binary = (c, size, a, b) => c.op(laneOp(size, 'ne'), c.op('v128.and', a, b), c.builder.v128(0n, 0n));

/** The old value of the destination plus (or less) an operation's. */
const accumulate =
  (sign: 'add' | 'sub', binary: Binary): Lift<Arranged> =>
  (c, f) => {
    const value = binary(c, f.size, c.v(f.Rn), c.v(f.Rm));
    vector(f.Q).write(c, f.Rd, f.size, c.op(laneOp(f.size, sign), c.v(f.Rd), value));
  };

/** The pairs of both operands, first those of Rn. Of 64-bit vectors the lower halves make one of 128. */
function pairs(c: LiftContext, Q: number, size: number, a: Value, b: Value): readonly [even: Value, odd: Value] {
  const both = Q === 1 ? ([a, b] as const) : twice(c.op('i64x2.interleave_low', a, b));
  if (size === 3) return [c.op('i64x2.interleave_low', ...both), c.op('i64x2.interleave_high', ...both)];
  return [c.op(laneOpTo32(size, 'unzip_even'), ...both), c.op(laneOpTo32(size, 'unzip_odd'), ...both)];
}
const twice = (value: Value): readonly [Value, Value] => [value, value];

const pairwise =
  (binary: Binary): Lift<Arranged> =>
  (c, f) => {
    const [even, odd] = pairs(c, f.Q, f.size, c.v(f.Rn), c.v(f.Rm));
    vector(f.Q).write(c, f.Rd, f.size, binary(c, f.size, even, odd));
  };

type Saturating = (c: LiftContext, size: number, a: Value, b: Value) => Value;
const saturating =
  (name: SaturatingOp): Saturating =>
  (c, size, a, b) =>
    c.op(saturatingOp(size, name), a, b);
/** With flags: unused lanes must not raise any. */
function flagged(c: LiftContext, form: Form, f: Sized, binary: Saturating): void {
  const value = binary(c, f.size, form.read(c, f.Rn, f.size), form.read(c, f.Rm, f.size));
  form.write(c, f.Rd, f.size, value);
}
const flaggedVector =
  (binary: Saturating): Lift<Arranged> =>
  (c, f) =>
    flagged(c, vector(f.Q), f, binary);
const flaggedScalar =
  (binary: Saturating): Lift<Sized> =>
  (c, f) =>
    flagged(c, scalar, f, binary);
const plainScalar =
  (binary: Binary): Lift<Sized> =>
  (c, f) =>
    scalar.write(c, f.Rd, f.size, binary(c, f.size, c.v(f.Rn), c.v(f.Rm)));

type HighOp = 'mul2_high' | 'mul2_high_round';
const high =
  (name: HighOp): Saturating =>
  (c, size, a, b) =>
    c.op(size === 1 ? `sat.i16x8.${name}` : `sat.i32x4.${name}`, a, b);

type HighAccumulateOp = 'add_mul2_high_round' | 'sub_mul2_high_round';
function accumulateHigh(c: LiftContext, form: Form, f: Sized, name: HighAccumulateOp, b: Value): void {
  const [accumulator, a] = [form.read(c, f.Rd, f.size), form.read(c, f.Rn, f.size)];
  form.write(c, f.Rd, f.size, c.op(f.size === 1 ? `sat.i16x8.${name}` : `sat.i32x4.${name}`, accumulator, a, b));
}
const accumulateHighVector =
  (name: HighAccumulateOp): Lift<Arranged> =>
  (c, f) =>
    accumulateHigh(c, vector(f.Q), f, name, vector(f.Q).read(c, f.Rm, f.size));
const accumulateHighScalar =
  (name: HighAccumulateOp): Lift<Sized> =>
  (c, f) =>
    accumulateHigh(c, scalar, f, name, scalar.read(c, f.Rm, f.size));

// Logic.

interface Bits extends Three {
  readonly Q: number;
}
const logical =
  (value: (c: LiftContext, f: Bits) => Value): Lift<Bits> =>
  (c, f) =>
    vector(f.Q).write(c, f.Rd, 0, value(c, f));
const bitwise = (name: 'v128.and' | 'v128.or' | 'v128.xor' | 'v128.andnot'): Lift<Bits> =>
  logical((c, f) => c.op(name, c.v(f.Rn), c.v(f.Rm)));

// Floating point.

interface FloatFields extends Three {
  readonly sz: number;
}
interface FloatArranged extends FloatFields {
  readonly Q: number;
}
type FloatBinary = (c: LiftContext, sz: number, a: Value, b: Value) => Value;

const float =
  (name: FloatOp): FloatBinary =>
  (c, sz, a, b) =>
    c.op(floatOp(sz, name), a, b);
const swappedFloat =
  (binary: FloatBinary): FloatBinary =>
  (c, sz, a, b) =>
    binary(c, sz, b, a);
const absolute = (c: LiftContext, sz: number, value: Value): Value => c.op(sz === 1 ? 'f64x2.abs' : 'f32x4.abs', value);
const negative = (c: LiftContext, sz: number, value: Value): Value => c.op(sz === 1 ? 'f64x2.neg' : 'f32x4.neg', value);
const ofMagnitudes =
  (binary: FloatBinary): FloatBinary =>
  (c, sz, a, b) =>
    binary(c, sz, absolute(c, sz, a), absolute(c, sz, b));
const distance: FloatBinary = (c, sz, a, b) => absolute(c, sz, c.op(floatOp(sz, 'sub'), a, b));
/** a > b is b < a, and a >= b is b <= a. */
const greater = swappedFloat(float('lt'));
const greaterOrEqual = swappedFloat(float('le'));

function floatBinary(c: LiftContext, form: Form, f: FloatFields, binary: FloatBinary): void {
  const size = f.sz + 2;
  form.write(c, f.Rd, size, binary(c, f.sz, form.read(c, f.Rn, size), form.read(c, f.Rm, size)));
}
const floatVector =
  (binary: FloatBinary): Lift<FloatArranged> =>
  (c, f) =>
    floatBinary(c, vector(f.Q), f, binary);
const floatScalar =
  (binary: FloatBinary): Lift<FloatFields> =>
  (c, f) =>
    floatBinary(c, scalar, f, binary);
const floatPairwise =
  (binary: FloatBinary): Lift<FloatArranged> =>
  (c, f) => {
    const [even, odd] = pairs(c, f.Q, f.sz + 2, c.v(f.Rn), c.v(f.Rm));
    vector(f.Q).write(c, f.Rd, f.sz + 2, binary(c, f.sz, even, odd));
  };

/** The destination plus (or less) a product, rounded once; a negated factor's NaN keeps the changed sign. */
function fused(c: LiftContext, form: Form, f: FloatFields, negate: boolean, b: Value): void {
  const size = f.sz + 2;
  const a = form.read(c, f.Rn, size);
  const factor = negate ? negative(c, f.sz, a) : a;
  form.write(c, f.Rd, size, c.op(floatOp(f.sz, 'fma'), factor, b, form.read(c, f.Rd, size)));
}
const fusedVector =
  (negate: boolean): Lift<FloatArranged> =>
  (c, f) =>
    fused(c, vector(f.Q), f, negate, vector(f.Q).read(c, f.Rm, f.sz + 2));

// Different widths.

const longSum =
  (sign: 'add' | 'sub', signed: boolean): Lift<Arranged> =>
  (c, f) => {
    const [a, b] = [c.v(f.Rn), c.v(f.Rm)].map((value) => extend(c, value, f.size, f.Q, signed)) as [Value, Value];
    c.setV(f.Rd, c.op(laneOp(f.size + 1, sign), a, b));
  };
const wideSum =
  (sign: 'add' | 'sub', signed: boolean): Lift<Arranged> =>
  (c, f) =>
    c.setV(f.Rd, c.op(laneOp(f.size + 1, sign), c.v(f.Rn), extend(c, c.v(f.Rm), f.size, f.Q, signed)));
/** The distance of two numbers is unsigned, whatever they are. */
function longDistance(c: LiftContext, f: Arranged, signed: boolean): Value {
  const difference = c.op(laneOpTo32(f.size, signed ? 'abs_diff_s' : 'abs_diff_u'), c.v(f.Rn), c.v(f.Rm));
  return extend(c, difference, f.size, f.Q, false);
}
function accumulateLong(c: LiftContext, f: Arranged, sign: 'add' | 'sub', value: Value): void {
  c.setV(f.Rd, c.op(laneOp(f.size + 1, sign), c.v(f.Rd), value));
}
const longProduct = (c: LiftContext, f: Arranged, signed: boolean): Value =>
  multiplyLong(c, c.v(f.Rn), c.v(f.Rm), f.size, f.Q, signed);
const highNarrow =
  (sign: 'add' | 'sub', round: boolean): Lift<Arranged> =>
  (c, f) => {
    const sum = c.op(laneOp(f.size + 1, sign), c.v(f.Rn), c.v(f.Rm));
    const bits = 16 << f.size;
    const bias = constantLanes(c, bits, 1n << BigInt(bits / 2 - 1));
    const rounded = round ? c.op(laneOp(f.size + 1, 'add'), sum, bias) : sum;
    writeHalf(c, f.Rd, f.Q, narrowed(c, rounded, f.size, 'odd'));
  };

type LongOp = 'multiply' | 'add' | 'sub';
function doublingLong(c: LiftContext, size: number, which: 'low' | 'high', a: Value, b: Value): Value {
  return c.op(size === 1 ? `sat.i32x4.extmul2_${which}_i16x8` : `sat.i64x2.extmul2_${which}_i32x4`, a, b);
}
/** Saturates twice: the doubled product, then the sum. */
function accumulateDoubling(
  c: LiftContext,
  size: number,
  accumulator: Value,
  operation: LongOp,
  product: Value,
): Value {
  return operation === 'multiply' ? product : c.op(saturatingOp(size + 1, `${operation}_s`), accumulator, product);
}
/** Only the named half of the operands counts, so both halves are made the same. */
function doubling(c: LiftContext, f: Arranged, operation: LongOp, b: Value): void {
  const product = doublingLong(c, f.size, halfName(f.Q), c.v(f.Rn), b);
  c.setV(f.Rd, accumulateDoubling(c, f.size, c.v(f.Rd), operation, product));
}
function doublingScalar(c: LiftContext, f: Sized, operation: LongOp, b: Value): void {
  const product = doublingLong(c, f.size, 'low', scalar.read(c, f.Rn, f.size), b);
  scalar.write(
    c,
    f.Rd,
    f.size + 1,
    accumulateDoubling(c, f.size, scalar.read(c, f.Rd, f.size + 1), operation, product),
  );
}

function polynomialLong(c: LiftContext, f: Arranged): void {
  const which = halfName(f.Q);
  const name: OpName = f.size === 3 ? `i64x2.clmul_${which}` : `i16x8.extclmul_${which}_i8x16`;
  c.setV(f.Rd, c.op(name, c.v(f.Rn), c.v(f.Rm)));
}

// By element.

interface Element {
  readonly L: number;
  readonly H: number;
  readonly Rm: number;
}

/** The element in every lane. With halfwords, M is the low bit of the index instead of the high one of the register. */
function element(c: LiftContext, f: Element & { readonly size: number }): Value {
  if (f.size === 1) return splatLane(c, c.v(f.Rm & 15), 1, (f.H << 2) | (f.L << 1) | (f.Rm >> 4));
  return splatLane(c, c.v(f.Rm), 2, (f.H << 1) | f.L);
}
function floatElement(c: LiftContext, f: Element & { readonly sz: number }): Value {
  return f.sz === 1 ? splatLane(c, c.v(f.Rm), 3, f.H) : splatLane(c, c.v(f.Rm), 2, (f.H << 1) | f.L);
}

type ByElement = Arranged & Element;
type ScalarByElement = Sized & Element;

function multiplyElement(c: LiftContext, f: ByElement): Value {
  return multiply(c, f.size, c.v(f.Rn), element(c, f));
}
const highElement =
  (name: HighOp): Lift<ByElement> =>
  (c, f) => {
    const form = vector(f.Q);
    form.write(c, f.Rd, f.size, high(name)(c, f.size, form.read(c, f.Rn, f.size), element(c, f)));
  };
const highScalarElement =
  (name: HighOp): Lift<ScalarByElement> =>
  (c, f) =>
    scalar.write(c, f.Rd, f.size, high(name)(c, f.size, scalar.read(c, f.Rn, f.size), element(c, f)));
const longElement =
  (sign: 'add' | 'sub' | null, signed: boolean): Lift<ByElement> =>
  (c, f) => {
    const product = multiplyLong(c, c.v(f.Rn), element(c, f), f.size, f.Q, signed);
    if (sign === null) c.setV(f.Rd, product);
    else accumulateLong(c, f, sign, product);
  };

type FloatByElement = FloatFields & Element;
function floatByElement(c: LiftContext, form: Form, f: FloatByElement, name: 'mul' | 'mul_extended'): void {
  const size = f.sz + 2;
  form.write(c, f.Rd, size, c.op(floatOp(f.sz, name), form.read(c, f.Rn, size), floatElement(c, f)));
}

function dot(c: LiftContext, f: Bits, signed: boolean, b: Value): void {
  const name = signed ? 'i32x4.dot_i8x16_s' : 'i32x4.dot_i8x16_u';
  vector(f.Q).write(c, f.Rd, 2, c.op(name, c.v(f.Rd), c.v(f.Rn), b));
}
const fourBytes = (c: LiftContext, f: Element): Value => splatLane(c, c.v(f.Rm), 2, (f.H << 1) | f.L);

type Of<Name extends keyof typeof same> = Lifters<(typeof same)[Name]['rows'], LiftContext>;

const threeSame: Of<'threeSame'> = {
  'sqadd (vector)': flaggedVector(saturating('add_s')),
  'sqsub (vector)': flaggedVector(saturating('sub_s')),
  'cmgt (vector, register)': plain(op('gt_s')),
  'cmge (vector, register)': plain(op('ge_s')),
  'sshl (vector)': plain(op('shift_s')),
  'sqshl (vector, register)': flaggedVector(saturating('shift_s')),
  'srshl (vector)': plain(op('shift_round_s')),
  'sqrshl (vector)': flaggedVector(saturating('shift_round_s')),
  'add (vector)': plain(op('add')),
  'cmtst (vector)': plain(test),
  'addp (vector)': pairwise(op('add')),
  'uqadd (vector)': flaggedVector(saturating('add_u')),
  'uqsub (vector)': flaggedVector(saturating('sub_u')),
  'cmhi (vector, register)': plain(compareUnsigned('gt_u')),
  'cmhs (vector, register)': plain(compareUnsigned('ge_u')),
  'ushl (vector)': plain(op('shift_u')),
  'uqshl (vector, register)': flaggedVector(saturating('shift_u')),
  'urshl (vector)': plain(op('shift_round_u')),
  'uqrshl (vector)': flaggedVector(saturating('shift_round_u')),
  'sub (vector)': plain(op('sub')),
  'cmeq (vector, register)': plain(op('eq')),
};

const threeSameTo32: Of<'threeSameTo32'> = {
  shadd: plain(opTo32('halving_add_s')),
  srhadd: plain(opTo32('halving_add_round_s')),
  shsub: plain(opTo32('halving_sub_s')),
  smax: plain(opTo32('max_s')),
  smin: plain(opTo32('min_s')),
  sabd: plain(opTo32('abs_diff_s')),
  saba: accumulate('add', opTo32('abs_diff_s')),
  'mla (vector)': accumulate('add', multiply),
  'mul (vector)': plain(multiply),
  smaxp: pairwise(opTo32('max_s')),
  sminp: pairwise(opTo32('min_s')),
  uhadd: plain(opTo32('halving_add_u')),
  urhadd: plain(opTo32('halving_add_round_u')),
  uhsub: plain(opTo32('halving_sub_u')),
  umax: plain(opTo32('max_u')),
  umin: plain(opTo32('min_u')),
  uabd: plain(opTo32('abs_diff_u')),
  uaba: accumulate('add', opTo32('abs_diff_u')),
  'mls (vector)': accumulate('sub', multiply),
  umaxp: pairwise(opTo32('max_u')),
  uminp: pairwise(opTo32('min_u')),
};

const threeSameOthers: Of<'threeSamePolynomial'> & Of<'threeSameHigh'> & Of<'threeSameExtra'> = {
  pmul: plain((c, _size, a, b) => c.op('i8x16.clmul', a, b)),
  'sqdmulh (vector)': flaggedVector(high('mul2_high')),
  'sqrdmulh (vector)': flaggedVector(high('mul2_high_round')),
  'sqrdmlah (vector)': accumulateHighVector('add_mul2_high_round'),
  'sqrdmlsh (vector)': accumulateHighVector('sub_mul2_high_round'),
};

const dotAndLogical: Of<'dotProduct'> & Of<'logical'> & Of<'dotByElement'> = {
  'sdot (vector)': (c, f) => dot(c, f, true, c.v(f.Rm)),
  'udot (vector)': (c, f) => dot(c, f, false, c.v(f.Rm)),
  'sdot (by element)': (c, f) => dot(c, f, true, fourBytes(c, f)),
  'udot (by element)': (c, f) => dot(c, f, false, fourBytes(c, f)),
  'and (vector)': bitwise('v128.and'),
  'bic (vector, register)': bitwise('v128.andnot'),
  // MOV (vector) is ORR of a register with itself.
  'orr (vector, register)': logical((c, f) => (f.Rn === f.Rm ? c.v(f.Rn) : c.op('v128.or', c.v(f.Rn), c.v(f.Rm)))),
  'orn (vector)': logical((c, f) => c.op('v128.or', c.v(f.Rn), c.op('v128.not', c.v(f.Rm)))),
  'eor (vector)': bitwise('v128.xor'),
  bsl: logical((c, f) => c.op('v128.bitselect', c.v(f.Rn), c.v(f.Rm), c.v(f.Rd))),
  bit: logical((c, f) => c.op('v128.bitselect', c.v(f.Rn), c.v(f.Rd), c.v(f.Rm))),
  bif: logical((c, f) => c.op('v128.bitselect', c.v(f.Rd), c.v(f.Rn), c.v(f.Rm))),
};

const floatSame: Of<'floatSame'> = {
  'fmaxnm (vector)': floatVector(float('max_num')),
  'fmla (vector)': fusedVector(false),
  'fadd (vector)': floatVector(float('add')),
  'fmulx (vector)': floatVector(float('mul_extended')),
  'fcmeq (vector, register)': floatVector(float('eq')),
  'fmax (vector)': floatVector(float('maximum')),
  'frecps (vector)': floatVector(float('recip_step')),
  'fminnm (vector)': floatVector(float('min_num')),
  'fmls (vector)': fusedVector(true),
  'fsub (vector)': floatVector(float('sub')),
  'fmin (vector)': floatVector(float('minimum')),
  'frsqrts (vector)': floatVector(float('rsqrt_step')),
  'fmaxnmp (vector)': floatPairwise(float('max_num')),
  'faddp (vector)': floatPairwise(float('add')),
  'fmul (vector)': floatVector(float('mul')),
  'fcmge (vector, register)': floatVector(greaterOrEqual),
  'facge (vector)': floatVector(ofMagnitudes(greaterOrEqual)),
  'fmaxp (vector)': floatPairwise(float('maximum')),
  'fdiv (vector)': floatVector(float('div')),
  'fminnmp (vector)': floatPairwise(float('min_num')),
  'fabd (vector)': floatVector(distance),
  'fcmgt (vector, register)': floatVector(greater),
  'facgt (vector)': floatVector(ofMagnitudes(greater)),
  'fminp (vector)': floatPairwise(float('minimum')),
};

const differing: Of<'long'> & Of<'wide'> & Of<'highNarrow'> & Of<'doublingLong'> & Of<'polynomialLong'> = {
  saddl: longSum('add', true),
  ssubl: longSum('sub', true),
  sabal: (c, f) => accumulateLong(c, f, 'add', longDistance(c, f, true)),
  sabdl: (c, f) => c.setV(f.Rd, longDistance(c, f, true)),
  'smlal (vector)': (c, f) => accumulateLong(c, f, 'add', longProduct(c, f, true)),
  'smlsl (vector)': (c, f) => accumulateLong(c, f, 'sub', longProduct(c, f, true)),
  'smull (vector)': (c, f) => c.setV(f.Rd, longProduct(c, f, true)),
  uaddl: longSum('add', false),
  usubl: longSum('sub', false),
  uabal: (c, f) => accumulateLong(c, f, 'add', longDistance(c, f, false)),
  uabdl: (c, f) => c.setV(f.Rd, longDistance(c, f, false)),
  'umlal (vector)': (c, f) => accumulateLong(c, f, 'add', longProduct(c, f, false)),
  'umlsl (vector)': (c, f) => accumulateLong(c, f, 'sub', longProduct(c, f, false)),
  'umull (vector)': (c, f) => c.setV(f.Rd, longProduct(c, f, false)),
  saddw: wideSum('add', true),
  ssubw: wideSum('sub', true),
  uaddw: wideSum('add', false),
  usubw: wideSum('sub', false),
  addhn: highNarrow('add', false),
  subhn: highNarrow('sub', false),
  raddhn: highNarrow('add', true),
  rsubhn: highNarrow('sub', true),
  'sqdmlal (vector)': (c, f) => doubling(c, f, 'add', c.v(f.Rm)),
  'sqdmlsl (vector)': (c, f) => doubling(c, f, 'sub', c.v(f.Rm)),
  'sqdmull (vector)': (c, f) => doubling(c, f, 'multiply', c.v(f.Rm)),
  pmull: polynomialLong,
};

const byElement: Of<'byElement'> & Of<'byElementLong'> & Of<'floatByElement'> = {
  'mul (by element)': (c, f) => vector(f.Q).write(c, f.Rd, f.size, multiplyElement(c, f)),
  'sqdmulh (by element)': highElement('mul2_high'),
  'sqrdmulh (by element)': highElement('mul2_high_round'),
  'mla (by element)': (c, f) =>
    vector(f.Q).write(c, f.Rd, f.size, c.op(laneOp(f.size, 'add'), c.v(f.Rd), multiplyElement(c, f))),
  'mls (by element)': (c, f) =>
    vector(f.Q).write(c, f.Rd, f.size, c.op(laneOp(f.size, 'sub'), c.v(f.Rd), multiplyElement(c, f))),
  'sqrdmlah (by element)': (c, f) => accumulateHigh(c, vector(f.Q), f, 'add_mul2_high_round', element(c, f)),
  'sqrdmlsh (by element)': (c, f) => accumulateHigh(c, vector(f.Q), f, 'sub_mul2_high_round', element(c, f)),
  'smlal (by element)': longElement('add', true),
  'sqdmlal (by element)': (c, f) => doubling(c, f, 'add', element(c, f)),
  'smlsl (by element)': longElement('sub', true),
  'sqdmlsl (by element)': (c, f) => doubling(c, f, 'sub', element(c, f)),
  'smull (by element)': longElement(null, true),
  'sqdmull (by element)': (c, f) => doubling(c, f, 'multiply', element(c, f)),
  'umlal (by element)': longElement('add', false),
  'umlsl (by element)': longElement('sub', false),
  'umull (by element)': longElement(null, false),
  'fmla (by element)': (c, f) => fused(c, vector(f.Q), f, false, floatElement(c, f)),
  'fmls (by element)': (c, f) => fused(c, vector(f.Q), f, true, floatElement(c, f)),
  'fmul (by element)': (c, f) => floatByElement(c, vector(f.Q), f, 'mul'),
  'fmulx (by element)': (c, f) => floatByElement(c, vector(f.Q), f, 'mul_extended'),
};

const scalars: Of<'scalarSame'> & Of<'scalarSame64'> & Of<'scalarSameHigh'> & Of<'scalarSameExtra'> = {
  'sqadd (scalar)': flaggedScalar(saturating('add_s')),
  'sqsub (scalar)': flaggedScalar(saturating('sub_s')),
  'sqshl (scalar, register)': flaggedScalar(saturating('shift_s')),
  'sqrshl (scalar)': flaggedScalar(saturating('shift_round_s')),
  'uqadd (scalar)': flaggedScalar(saturating('add_u')),
  'uqsub (scalar)': flaggedScalar(saturating('sub_u')),
  'uqshl (scalar, register)': flaggedScalar(saturating('shift_u')),
  'uqrshl (scalar)': flaggedScalar(saturating('shift_round_u')),
  'cmgt (scalar, register)': plainScalar(op('gt_s')),
  'cmge (scalar, register)': plainScalar(op('ge_s')),
  'sshl (scalar)': plainScalar(op('shift_s')),
  'srshl (scalar)': plainScalar(op('shift_round_s')),
  'add (scalar)': plainScalar(op('add')),
  'cmtst (scalar)': plainScalar(test),
  'cmhi (scalar, register)': plainScalar(compareUnsigned('gt_u')),
  'cmhs (scalar, register)': plainScalar(compareUnsigned('ge_u')),
  'ushl (scalar)': plainScalar(op('shift_u')),
  'urshl (scalar)': plainScalar(op('shift_round_u')),
  'sub (scalar)': plainScalar(op('sub')),
  'cmeq (scalar, register)': plainScalar(op('eq')),
  'sqdmulh (scalar)': flaggedScalar(high('mul2_high')),
  'sqrdmulh (scalar)': flaggedScalar(high('mul2_high_round')),
  'sqrdmlah (scalar)': accumulateHighScalar('add_mul2_high_round'),
  'sqrdmlsh (scalar)': accumulateHighScalar('sub_mul2_high_round'),
};

const scalarFloats: Of<'scalarFloatSame'> & Of<'scalarFloatByElement'> = {
  'fmulx (scalar)': floatScalar(float('mul_extended')),
  'fcmeq (scalar, register)': floatScalar(float('eq')),
  'frecps (scalar)': floatScalar(float('recip_step')),
  'frsqrts (scalar)': floatScalar(float('rsqrt_step')),
  'fcmge (scalar, register)': floatScalar(greaterOrEqual),
  'facge (scalar)': floatScalar(ofMagnitudes(greaterOrEqual)),
  'fabd (scalar)': floatScalar(distance),
  'fcmgt (scalar, register)': floatScalar(greater),
  'facgt (scalar)': floatScalar(ofMagnitudes(greater)),
  'fmla (scalar, by element)': (c, f) => fused(c, scalar, f, false, floatElement(c, f)),
  'fmls (scalar, by element)': (c, f) => fused(c, scalar, f, true, floatElement(c, f)),
  'fmul (scalar, by element)': (c, f) => floatByElement(c, scalar, f, 'mul'),
  'fmulx (scalar, by element)': (c, f) => floatByElement(c, scalar, f, 'mul_extended'),
};

const scalarProducts: Of<'scalarDoublingLong'> & Of<'scalarByElement'> & Of<'scalarByElementLong'> = {
  'sqdmlal (scalar)': (c, f) => doublingScalar(c, f, 'add', scalar.read(c, f.Rm, f.size)),
  'sqdmlsl (scalar)': (c, f) => doublingScalar(c, f, 'sub', scalar.read(c, f.Rm, f.size)),
  'sqdmull (scalar)': (c, f) => doublingScalar(c, f, 'multiply', scalar.read(c, f.Rm, f.size)),
  'sqdmulh (scalar, by element)': highScalarElement('mul2_high'),
  'sqrdmulh (scalar, by element)': highScalarElement('mul2_high_round'),
  'sqrdmlah (scalar, by element)': (c, f) => accumulateHigh(c, scalar, f, 'add_mul2_high_round', element(c, f)),
  'sqrdmlsh (scalar, by element)': (c, f) => accumulateHigh(c, scalar, f, 'sub_mul2_high_round', element(c, f)),
  'sqdmlal (scalar, by element)': (c, f) => doublingScalar(c, f, 'add', element(c, f)),
  'sqdmlsl (scalar, by element)': (c, f) => doublingScalar(c, f, 'sub', element(c, f)),
  'sqdmull (scalar, by element)': (c, f) => doublingScalar(c, f, 'multiply', element(c, f)),
};

export const simdSameLifters = {
  ...threeSame,
  ...threeSameTo32,
  ...threeSameOthers,
  ...dotAndLogical,
  ...floatSame,
  ...differing,
  ...byElement,
  ...scalars,
  ...scalarFloats,
  ...scalarProducts,
};
