/** Advanced SIMD, two registers: one operand, across lanes, and shifts by an immediate. */
import { ROUNDING } from '../../../ir/vcpu-layout.ts';
import type { Value } from '../../../ir/builder.ts';
import type { OpName } from '../../../ir/ops.ts';
import type { Lifters } from '../../pattern/notation.ts';
import type * as unary from '../rows/simd-unary.ts';
import type { LiftContext } from './context.ts';
import { fromFixedPoint, scalarOf, toFixedPoint, writeScalar } from './scalar-float.ts';
import {
  constantLanes,
  extend,
  floatOp,
  laneOp,
  laneOpTo32,
  narrowed,
  readHalf,
  saturatingOp,
  scalar,
  shape,
  vector,
  writeHalf,
  zero,
  type FloatOp,
  type Form,
  type LaneOp,
  type LaneOpTo32,
  type SaturatingOp,
} from './vector.ts';

interface Two {
  readonly Rd: number;
  readonly Rn: number;
}
interface Sized extends Two {
  readonly size: number;
}
interface Arranged extends Sized {
  readonly Q: number;
}
type Lift<Fields> = (c: LiftContext, f: Fields) => void;
type Unary = (c: LiftContext, size: number, a: Value) => Value;

const plain =
  (unary: Unary): Lift<Arranged> =>
  (c, f) =>
    vector(f.Q).write(c, f.Rd, f.size, unary(c, f.size, c.v(f.Rn)));
const plainScalar =
  (unary: Unary): Lift<Sized> =>
  (c, f) =>
    scalar.write(c, f.Rd, f.size, unary(c, f.size, c.v(f.Rn)));
const op =
  (name: LaneOp): Unary =>
  (c, size, a) =>
    c.op(laneOp(size, name), a);
const opTo32 =
  (name: LaneOpTo32): Unary =>
  (c, size, a) =>
    c.op(laneOpTo32(size, name), a);
const withZero =
  (name: LaneOp): Unary =>
  (c, size, a) =>
    c.op(laneOp(size, name), a, zero(c));

const flagged =
  (name: SaturatingOp): Lift<Arranged> =>
  (c, f) => {
    const form = vector(f.Q);
    form.write(c, f.Rd, f.size, c.op(saturatingOp(f.size, name), form.read(c, f.Rn, f.size)));
  };
const flaggedScalar =
  (name: SaturatingOp): Lift<Sized> =>
  (c, f) =>
    scalar.write(c, f.Rd, f.size, c.op(saturatingOp(f.size, name), scalar.read(c, f.Rn, f.size)));
/** The destination is the first operand. */
function accumulate(c: LiftContext, form: Form, f: Sized, name: 'add_su' | 'add_us'): void {
  const [a, b] = [form.read(c, f.Rd, f.size), form.read(c, f.Rn, f.size)];
  form.write(c, f.Rd, f.size, c.op(saturatingOp(f.size, name), a, b));
}

/** Lanes of 8 << `size` bits in reverse order within groups of 8 << `group` bits. */
const reverse =
  (group: number): Unary =>
  (c, size, a) => {
    const [lane, last] = [1 << size, (1 << (group - size)) - 1];
    let [low, high] = [0n, 0n];
    for (let byte = 0; byte < 16; byte++) {
      const from = BigInt((((byte >> size) ^ last) << size) | (byte & (lane - 1)));
      if (byte < 8) low |= from << BigInt(8 * byte);
      else high |= from << BigInt(8 * byte - 64);
    }
    return c.op('i8x16.swizzle', a, c.builder.v128(low, high));
  };

const bitwise =
  (name: 'v128.not' | 'i8x16.reverse_bits'): Lift<Two & { readonly Q: number }> =>
  (c, f) =>
    vector(f.Q).write(c, f.Rd, 0, c.op(name, c.v(f.Rn)));

function pairwiseSum(c: LiftContext, f: Arranged, signed: boolean): Value {
  const name = `${shape(f.size + 1)}.extadd_pairwise_${shape(f.size)}_${signed ? 's' : 'u'}`;
  return c.op(name as OpName, c.v(f.Rn));
}
function accumulatePairwise(c: LiftContext, f: Arranged, signed: boolean): void {
  const sum = c.op(laneOp(f.size + 1, 'add'), c.v(f.Rd), pairwiseSum(c, f, signed));
  vector(f.Q).write(c, f.Rd, f.size + 1, sum);
}

type NarrowKind = 's' | 'u' | 'su';
/** Lanes of twice `size`, limited to `size`, in the lower half. */
function limited(c: LiftContext, size: number, kind: NarrowKind, value: Value): Value {
  return c.op(`sat.${shape(size)}.narrow_${shape(size + 1)}_${kind}` as OpName, value);
}
const narrowSaturating =
  (kind: NarrowKind): Lift<Arranged> =>
  (c, f) =>
    writeHalf(c, f.Rd, f.Q, limited(c, f.size, kind, c.v(f.Rn)));
const narrowScalar =
  (kind: NarrowKind): Lift<Sized> =>
  (c, f) =>
    scalar.write(c, f.Rd, f.size, limited(c, f.size, kind, scalar.read(c, f.Rn, f.size + 1)));

// Floating point.

interface FloatFields extends Two {
  readonly sz: number;
}
interface FloatArranged extends FloatFields {
  readonly Q: number;
}
type FloatUnary = (c: LiftContext, sz: number, a: Value) => Value;

function floatUnary(c: LiftContext, form: Form, f: FloatFields, unary: FloatUnary): void {
  form.write(c, f.Rd, f.sz + 2, unary(c, f.sz, form.read(c, f.Rn, f.sz + 2)));
}
const floatVector =
  (unary: FloatUnary): Lift<FloatArranged> =>
  (c, f) =>
    floatUnary(c, vector(f.Q), f, unary);
const floatScalar =
  (unary: FloatUnary): Lift<FloatFields> =>
  (c, f) =>
    floatUnary(c, scalar, f, unary);
const float =
  (name: FloatOp): FloatUnary =>
  (c, sz, a) =>
    c.op(floatOp(sz, name), a);
const round =
  (mode: number): FloatUnary =>
  (c, sz, a) =>
    c.builder.opImm(floatOp(sz, 'round_rm'), mode, a);
const signBit =
  (name: 'abs' | 'neg'): Lift<FloatArranged> =>
  (c, f) =>
    vector(f.Q).write(c, f.Rd, f.sz + 2, c.op(f.sz === 1 ? `f64x2.${name}` : `f32x4.${name}`, c.v(f.Rn)));

const integers = (sz: number): 'i64x2' | 'i32x4' => (sz === 1 ? 'i64x2' : 'i32x4');
const floats = (sz: number): 'f64x2' | 'f32x4' => (sz === 1 ? 'f64x2' : 'f32x4');

/** By a rounding mode, times 2^bits. */
function toInteger(c: LiftContext, sz: number, sign: 's' | 'u', mode: number, bits: number, a: Value): Value {
  const name = `lanes.${integers(sz)}.fixed_${floats(sz)}_${sign}` as OpName;
  return c.builder.opImm(name, mode | (bits << 8), a);
}
const convert =
  (sign: 's' | 'u', mode: number): Lift<FloatArranged> =>
  (c, f) =>
    floatUnary(c, vector(f.Q), f, (_c, sz, a) => toInteger(c, sz, sign, mode, 0, a));
/** Times 2^-bits, which is exact: no integer is that small. */
function fromInteger(c: LiftContext, sz: number, sign: 's' | 'u', bits: number, a: Value): Value {
  const value = c.op(`lanes.${floats(sz)}.from_${integers(sz)}_${sign}` as OpName, a);
  if (bits === 0) return value;
  const power = sz === 1 ? BigInt(1023 - bits) << 52n : BigInt(127 - bits) << 23n;
  return c.op(`${floats(sz)}.mul`, value, constantLanes(c, sz === 1 ? 64 : 32, power));
}
const ofIntegers =
  (sign: 's' | 'u'): Lift<FloatArranged> =>
  (c, f) =>
    floatUnary(c, vector(f.Q), f, (_c, sz, a) => fromInteger(c, sz, sign, 0, a));

type Relation = 'eq' | 'gt' | 'ge' | 'lt' | 'le';
const compareZero =
  (relation: Relation): FloatUnary =>
  (c, sz, a) => {
    const swap = relation === 'gt' || relation === 'ge';
    const name = relation === 'gt' ? 'lt' : relation === 'ge' ? 'le' : relation;
    return swap ? c.op(floatOp(sz, name), zero(c), a) : c.op(floatOp(sz, name), a, zero(c));
  };

/** `sz`: from double precision to single, else from single to half. A 64-bit half of the destination is written. */
function narrowFloat(c: LiftContext, f: FloatArranged): void {
  const name = f.sz === 1 ? 'lanes.f32x4.demote_f64x2_zero' : 'lanes.f16x8.demote_f32x4_zero';
  writeHalf(c, f.Rd, f.Q, c.op(name, c.v(f.Rn)));
}
function lengthenFloat(c: LiftContext, f: FloatArranged): void {
  const name = f.sz === 1 ? 'lanes.f64x2.promote_low_f32x4' : 'lanes.f32x4.promote_low_f16x8';
  c.setV(f.Rd, c.op(name, readHalf(c, f.Rn, f.Q)));
}

// Across lanes.

type Reduction = 'reduce_add' | 'reduce_max_s' | 'reduce_min_s' | 'reduce_max_u' | 'reduce_min_u';
const reduce =
  (name: Reduction): Lift<Arranged> =>
  (c, f) => {
    // Zeros do not change a sum; of the others the lanes must be repeated.
    const whole = f.Q === 1 ? c.v(f.Rn) : c.op(name === 'reduce_add' ? 'v128.low64' : 'i64x2.splat_low', c.v(f.Rn));
    c.setV(f.Rd, c.op('v128.from_i32', c.op(laneOpTo32(f.size, name), whole)));
  };
/** Sums of ever wider lanes: the last pair is added as it is. */
const reduceLong =
  (signed: boolean): Lift<Arranged> =>
  (c, f) => {
    const sign = signed ? 's' : 'u';
    let value = f.Q === 1 ? c.v(f.Rn) : c.op('v128.low64', c.v(f.Rn));
    for (let size = f.size; size < 3; size++)
      value = c.op(`${shape(size + 1)}.extadd_pairwise_${shape(size)}_${sign}` as OpName, value);
    const sum = c.op('i64x2.add', value, c.op('i64x2.interleave_high', value, value));
    scalar.write(c, f.Rd, f.size + 1, sum);
  };
/** Pairs of neighbours, then of their results: the order in which NaNs are preferred. */
const reduceFloat =
  (name: FloatOp): Lift<Two> =>
  (c, f) => {
    let value = c.v(f.Rn);
    for (let step = 0; step < 2; step++) {
      const [even, odd] = [c.op('i32x4.unzip_even', value, value), c.op('i32x4.unzip_odd', value, value)];
      value = c.op(floatOp(0, name), even, odd);
    }
    scalar.write(c, f.Rd, 2, value);
  };
const pairFloat =
  (name: FloatOp): Lift<FloatFields> =>
  (c, f) => {
    const a = c.v(f.Rn);
    const lanes = f.sz === 1 ? 'i64x2.interleave_high' : 'i32x4.transpose_odd';
    const [even, odd] = [scalar.read(c, f.Rn, f.sz + 2), c.op(lanes, a, a)];
    const second = f.sz === 1 ? odd : c.op('i32x4.splat_low', odd);
    scalar.write(c, f.Rd, f.sz + 2, c.op(floatOp(f.sz, name), even, second));
  };

// Shifts by an immediate.

interface Shifted extends Two {
  readonly immh: number;
  readonly immb: number;
}
interface ShiftedVector extends Shifted {
  readonly Q: number;
}

/** log2 of the lane's bytes: the highest bit of immh. */
const sizeOf = ({ immh }: Shifted): number => 31 - Math.clz32(immh);
const encoded = ({ immh, immb }: Shifted): number => (immh << 3) | immb;
/** Count of a right shift, 1 to the lane's width. */
const rightCount = (f: Shifted): number => (16 << sizeOf(f)) - encoded(f);
const leftCount = (f: Shifted): number => encoded(f) - (8 << sizeOf(f));

type Shift = (c: LiftContext, size: number, a: Value, count: number) => Value;
/** A count of the lane's width leaves signs, or nothing. */
const shiftRight =
  (sign: 's' | 'u'): Shift =>
  (c, size, a, count) => {
    const bits = 8 << size;
    if (count === bits && sign === 'u') return zero(c);
    return c.op(laneOp(size, `shr_${sign}`), a, c.i32(Math.min(count, bits - 1)));
  };
const shiftRightRounded =
  (sign: 's' | 'u'): Shift =>
  (c, size, a, count) =>
    c.op(laneOp(size, `shr_round_${sign}`), a, c.i32(count));
/** Bits that the shifted operand does not reach keep their old value. */
function insertRight(c: LiftContext, f: Shifted): Value {
  const [size, count] = [sizeOf(f), rightCount(f)];
  const bits = 8 << size;
  const mask = constantLanes(c, bits, ((1n << BigInt(bits)) - 1n) >> BigInt(count));
  return c.op('v128.bitselect', shiftRight('u')(c, size, c.v(f.Rn), count), c.v(f.Rd), mask);
}
function insertLeft(c: LiftContext, f: Shifted): Value {
  const [size, count] = [sizeOf(f), leftCount(f)];
  const mask = constantLanes(c, 8 << size, -1n << BigInt(count));
  return c.op('v128.bitselect', c.op(laneOp(size, 'shl'), c.v(f.Rn), c.i32(count)), c.v(f.Rd), mask);
}

type Forms = (f: Shifted) => Form;
const scalarForm: Forms = () => scalar;
const vectorForm: Forms = (f) => vector((f as ShiftedVector).Q);

const right =
  (shift: Shift, form: Forms): Lift<Shifted> =>
  (c, f) =>
    form(f).write(c, f.Rd, sizeOf(f), shift(c, sizeOf(f), c.v(f.Rn), rightCount(f)));
const rightAccumulate =
  (shift: Shift, form: Forms): Lift<Shifted> =>
  (c, f) => {
    const size = sizeOf(f);
    const sum = c.op(laneOp(size, 'add'), c.v(f.Rd), shift(c, size, c.v(f.Rn), rightCount(f)));
    form(f).write(c, f.Rd, size, sum);
  };
const left =
  (form: Forms): Lift<Shifted> =>
  (c, f) =>
    form(f).write(c, f.Rd, sizeOf(f), c.op(laneOp(sizeOf(f), 'shl'), c.v(f.Rn), c.i32(leftCount(f))));
const leftSaturating =
  (name: SaturatingOp, form: Forms): Lift<Shifted> =>
  (c, f) => {
    const [size, count] = [sizeOf(f), c.i32(leftCount(f))];
    form(f).write(c, f.Rd, size, c.op(saturatingOp(size, name), form(f).read(c, f.Rn, size), count));
  };

/** `size` is that of the narrow lanes; the count reaches its width. */
const shiftNarrow =
  (shift: Shift): Lift<ShiftedVector> =>
  (c, f) => {
    const size = sizeOf(f);
    writeHalf(c, f.Rd, f.Q, narrowed(c, shift(c, size + 1, c.v(f.Rn), rightCount(f)), size, 'even'));
  };
const shiftNarrowSaturating =
  (shift: Shift, kind: NarrowKind): Lift<ShiftedVector> =>
  (c, f) => {
    const size = sizeOf(f);
    writeHalf(c, f.Rd, f.Q, limited(c, size, kind, shift(c, size + 1, c.v(f.Rn), rightCount(f))));
  };
const shiftNarrowScalar =
  (shift: Shift, kind: NarrowKind): Lift<Shifted> =>
  (c, f) => {
    const size = sizeOf(f);
    const shifted = shift(c, size + 1, scalar.read(c, f.Rn, size + 1), rightCount(f));
    scalar.write(c, f.Rd, size, limited(c, size, kind, shifted));
  };
const shiftLong =
  (signed: boolean): Lift<ShiftedVector> =>
  (c, f) => {
    const size = sizeOf(f);
    const extended = extend(c, c.v(f.Rn), size, f.Q, signed);
    c.setV(f.Rd, leftCount(f) === 0 ? extended : c.op(laneOp(size + 1, 'shl'), extended, c.i32(leftCount(f))));
  };

const { NEAREST_EVEN, TOWARD_ZERO, UP, DOWN, NEAREST_AWAY } = ROUNDING;

const toFixed =
  (sign: 's' | 'u'): Lift<ShiftedVector> =>
  (c, f) => {
    const sz = sizeOf(f) - 2;
    floatUnary(c, vector(f.Q), { ...two(f), sz }, (_c, _sz, a) =>
      toInteger(c, sz, sign, TOWARD_ZERO, rightCount(f), a),
    );
  };
const ofFixed =
  (sign: 's' | 'u'): Lift<ShiftedVector> =>
  (c, f) => {
    const sz = sizeOf(f) - 2;
    floatUnary(c, vector(f.Q), { ...two(f), sz }, (_c, _sz, a) => fromInteger(c, sz, sign, rightCount(f), a));
  };
const two = ({ Rd, Rn }: Two): Two => ({ Rd, Rn });

/** The scalar forms are what compilers convert with: scalar operations. */
const convertScalar =
  (sign: 's' | 'u', mode: number): Lift<FloatFields> =>
  (c, f) => {
    const integer = toFixedPoint(c, f.sz, f.sz, sign, mode, 0, scalarOf(c, f.sz, f.Rn));
    c.setV(f.Rd, c.op(f.sz === 1 ? 'v128.from_i64' : 'v128.from_i32', integer));
  };
const ofInteger =
  (sign: 's' | 'u'): Lift<FloatFields> =>
  (c, f) => {
    const integer = c.op(f.sz === 1 ? 'i64x2.low' : 'i32x4.low', c.v(f.Rn));
    writeScalar(c, f.sz, f.Rd, fromFixedPoint(c, f.sz, f.sz, sign, 0, integer));
  };
const toFixedScalar =
  (sign: 's' | 'u'): Lift<Shifted> =>
  (c, f) => {
    const sz = sizeOf(f) - 2;
    const integer = toFixedPoint(c, sz, sz, sign, TOWARD_ZERO, rightCount(f), scalarOf(c, sz, f.Rn));
    c.setV(f.Rd, c.op(sz === 1 ? 'v128.from_i64' : 'v128.from_i32', integer));
  };
const ofFixedScalar =
  (sign: 's' | 'u'): Lift<Shifted> =>
  (c, f) => {
    const sz = sizeOf(f) - 2;
    const integer = c.op(sz === 1 ? 'i64x2.low' : 'i32x4.low', c.v(f.Rn));
    writeScalar(c, sz, f.Rd, fromFixedPoint(c, sz, sz, sign, rightCount(f), integer));
  };

type Of<Name extends keyof typeof unary> = Lifters<(typeof unary)[Name]['rows'], LiftContext>;

const integer: Of<'unary'> & Of<'unaryZero'> & Of<'unaryTo32'> & Of<'unary8'> & Of<'unaryTo16'> & Of<'bitwise'> = {
  'suqadd (vector)': (c, f) => accumulate(c, vector(f.Q), f, 'add_su'),
  'sqabs (vector)': flagged('abs'),
  'abs (vector)': plain(op('abs')),
  'usqadd (vector)': (c, f) => accumulate(c, vector(f.Q), f, 'add_us'),
  'sqneg (vector)': flagged('neg'),
  'neg (vector)': plain(op('neg')),
  'cmgt (vector, zero)': plain(withZero('gt_s')),
  'cmeq (vector, zero)': plain(withZero('eq')),
  'cmlt (vector)': plain(withZero('lt_s')),
  'cmge (vector, zero)': plain(withZero('ge_s')),
  'cmle (vector)': plain(withZero('le_s')),
  rev64: plain(reverse(3)),
  'rev32 (vector)': plain(reverse(2)),
  'rev16 (vector)': plain(reverse(1)),
  'cls (vector)': plain(opTo32('cls')),
  'clz (vector)': plain(opTo32('clz')),
  cnt: plain((c, _size, a) => c.op('i8x16.popcnt', a)),
  not: bitwise('v128.not'),
  'rbit (vector)': bitwise('i8x16.reverse_bits'),
};

const widths: Of<'pairwiseLong'> & Of<'narrow'> & Of<'shiftLong'> = {
  saddlp: (c, f) => vector(f.Q).write(c, f.Rd, f.size + 1, pairwiseSum(c, f, true)),
  uaddlp: (c, f) => vector(f.Q).write(c, f.Rd, f.size + 1, pairwiseSum(c, f, false)),
  sadalp: (c, f) => accumulatePairwise(c, f, true),
  uadalp: (c, f) => accumulatePairwise(c, f, false),
  xtn: (c, f) => writeHalf(c, f.Rd, f.Q, narrowed(c, c.v(f.Rn), f.size, 'even')),
  'sqxtn (vector)': narrowSaturating('s'),
  'sqxtun (vector)': narrowSaturating('su'),
  'uqxtn (vector)': narrowSaturating('u'),
  shll: (c, f) => {
    const extended = extend(c, c.v(f.Rn), f.size, f.Q, false);
    c.setV(f.Rd, c.op(laneOp(f.size + 1, 'shl'), extended, c.i32(8 << f.size)));
  },
};

const floatUnaries: Of<'floatUnary'> & Of<'floatZero'> & Of<'estimates'> = {
  'frintn (vector)': floatVector(round(NEAREST_EVEN)),
  'frintm (vector)': floatVector(round(DOWN)),
  'fcvtns (vector)': convert('s', NEAREST_EVEN),
  'fcvtms (vector)': convert('s', DOWN),
  'fcvtas (vector)': convert('s', NEAREST_AWAY),
  'scvtf (vector, integer)': ofIntegers('s'),
  'fabs (vector)': signBit('abs'),
  'frintp (vector)': floatVector(round(UP)),
  'frintz (vector)': floatVector(round(TOWARD_ZERO)),
  'fcvtps (vector)': convert('s', UP),
  'fcvtzs (vector, integer)': convert('s', TOWARD_ZERO),
  'frecpe (vector)': floatVector(float('recip_estimate')),
  'frinta (vector)': floatVector(round(NEAREST_AWAY)),
  'frintx (vector)': floatVector(float('round_exact')),
  'fcvtnu (vector)': convert('u', NEAREST_EVEN),
  'fcvtmu (vector)': convert('u', DOWN),
  'fcvtau (vector)': convert('u', NEAREST_AWAY),
  'ucvtf (vector, integer)': ofIntegers('u'),
  'fneg (vector)': signBit('neg'),
  'frinti (vector)': floatVector(float('round')),
  'fcvtpu (vector)': convert('u', UP),
  'fcvtzu (vector, integer)': convert('u', TOWARD_ZERO),
  'frsqrte (vector)': floatVector(float('rsqrt_estimate')),
  'fsqrt (vector)': floatVector(float('sqrt')),
  'fcmgt (vector, zero)': floatVector(compareZero('gt')),
  'fcmeq (vector, zero)': floatVector(compareZero('eq')),
  'fcmlt (vector)': floatVector(compareZero('lt')),
  'fcmge (vector, zero)': floatVector(compareZero('ge')),
  'fcmle (vector)': floatVector(compareZero('le')),
  urecpe: (c, f) => vector(f.Q).write(c, f.Rd, 2, c.op('i32x4.recip_estimate_u', c.v(f.Rn))),
  ursqrte: (c, f) => vector(f.Q).write(c, f.Rd, 2, c.op('i32x4.rsqrt_estimate_u', c.v(f.Rn))),
};

const formats: Of<'floatNarrow'> & Of<'floatLong'> & Of<'floatNarrowOdd'> & Of<'scalarNarrowOdd'> = {
  fcvtn: narrowFloat,
  fcvtl: lengthenFloat,
  'fcvtxn (vector)': (c, f) => writeHalf(c, f.Rd, f.Q, c.op('lanes.f32x4.demote_f64x2_zero_odd', c.v(f.Rn))),
  'fcvtxn (scalar)': (c, f) => {
    const single = c.builder.opImm('fp.f32.demote_f64_rm', ROUNDING.TO_ODD, scalarOf(c, 1, f.Rn));
    writeScalar(c, 0, f.Rd, single);
  },
};

const reductions: Of<'across'> & Of<'acrossLong'> & Of<'floatAcross'> = {
  smaxv: reduce('reduce_max_s'),
  sminv: reduce('reduce_min_s'),
  addv: reduce('reduce_add'),
  umaxv: reduce('reduce_max_u'),
  uminv: reduce('reduce_min_u'),
  saddlv: reduceLong(true),
  uaddlv: reduceLong(false),
  fmaxnmv: reduceFloat('max_num'),
  fmaxv: reduceFloat('maximum'),
  fminnmv: reduceFloat('min_num'),
  fminv: reduceFloat('minimum'),
};

const scalarPairs: Of<'scalarPairwise'> & Of<'scalarFloatPairwise'> = {
  'addp (scalar)': (c, f) => {
    const a = c.v(f.Rn);
    scalar.write(c, f.Rd, 3, c.op('i64x2.add', a, c.op('i64x2.interleave_high', a, a)));
  },
  'fmaxnmp (scalar)': pairFloat('max_num'),
  'faddp (scalar)': pairFloat('add'),
  'fmaxp (scalar)': pairFloat('maximum'),
  'fminnmp (scalar)': pairFloat('min_num'),
  'fminp (scalar)': pairFloat('minimum'),
};

const scalars: Of<'scalarUnary'> & Of<'scalarUnary64'> & Of<'scalarZero'> & Of<'scalarNarrow'> = {
  'suqadd (scalar)': (c, f) => accumulate(c, scalar, f, 'add_su'),
  'sqabs (scalar)': flaggedScalar('abs'),
  'usqadd (scalar)': (c, f) => accumulate(c, scalar, f, 'add_us'),
  'sqneg (scalar)': flaggedScalar('neg'),
  'abs (scalar)': plainScalar(op('abs')),
  'neg (scalar)': plainScalar(op('neg')),
  'cmgt (scalar, zero)': plainScalar(withZero('gt_s')),
  'cmeq (scalar, zero)': plainScalar(withZero('eq')),
  'cmlt (scalar)': plainScalar(withZero('lt_s')),
  'cmge (scalar, zero)': plainScalar(withZero('ge_s')),
  'cmle (scalar)': plainScalar(withZero('le_s')),
  'sqxtn (scalar)': narrowScalar('s'),
  'sqxtun (scalar)': narrowScalar('su'),
  'uqxtn (scalar)': narrowScalar('u'),
};

const scalarFloats: Of<'scalarFloatUnary'> & Of<'scalarFloatZero'> = {
  'fcvtns (scalar)': convertScalar('s', NEAREST_EVEN),
  'fcvtms (scalar)': convertScalar('s', DOWN),
  'fcvtas (scalar)': convertScalar('s', NEAREST_AWAY),
  'scvtf (scalar)': ofInteger('s'),
  'fcvtps (scalar)': convertScalar('s', UP),
  'fcvtzs (scalar)': convertScalar('s', TOWARD_ZERO),
  'frecpe (scalar)': floatScalar(float('recip_estimate')),
  frecpx: floatScalar(float('recip_exponent')),
  'fcvtnu (scalar)': convertScalar('u', NEAREST_EVEN),
  'fcvtmu (scalar)': convertScalar('u', DOWN),
  'fcvtau (scalar)': convertScalar('u', NEAREST_AWAY),
  'ucvtf (scalar)': ofInteger('u'),
  'fcvtpu (scalar)': convertScalar('u', UP),
  'fcvtzu (scalar)': convertScalar('u', TOWARD_ZERO),
  'frsqrte (scalar)': floatScalar(float('rsqrt_estimate')),
  'fcmgt (scalar, zero)': floatScalar(compareZero('gt')),
  'fcmeq (scalar, zero)': floatScalar(compareZero('eq')),
  'fcmlt (scalar)': floatScalar(compareZero('lt')),
  'fcmge (scalar, zero)': floatScalar(compareZero('ge')),
  'fcmle (scalar)': floatScalar(compareZero('le')),
};

const vectorShifts: Of<'shiftRight'> & Of<'shiftLeft'> & Of<'shiftNarrow'> & Of<'shiftLongImmediate'> = {
  'sshr (vector)': right(shiftRight('s'), vectorForm),
  'ssra (vector)': rightAccumulate(shiftRight('s'), vectorForm),
  'srshr (vector)': right(shiftRightRounded('s'), vectorForm),
  'srsra (vector)': rightAccumulate(shiftRightRounded('s'), vectorForm),
  'ushr (vector)': right(shiftRight('u'), vectorForm),
  'usra (vector)': rightAccumulate(shiftRight('u'), vectorForm),
  'urshr (vector)': right(shiftRightRounded('u'), vectorForm),
  'ursra (vector)': rightAccumulate(shiftRightRounded('u'), vectorForm),
  'sri (vector)': (c, f) => vector(f.Q).write(c, f.Rd, sizeOf(f), insertRight(c, f)),
  'shl (vector)': left(vectorForm),
  'sqshl (vector, immediate)': leftSaturating('shl_s', vectorForm),
  'sli (vector)': (c, f) => vector(f.Q).write(c, f.Rd, sizeOf(f), insertLeft(c, f)),
  'sqshlu (vector)': leftSaturating('shl_su', vectorForm),
  'uqshl (vector, immediate)': leftSaturating('shl_u', vectorForm),
  shrn: shiftNarrow(shiftRight('u')),
  rshrn: shiftNarrow(shiftRightRounded('u')),
  'sqshrn (vector)': shiftNarrowSaturating(shiftRight('s'), 's'),
  'sqrshrn (vector)': shiftNarrowSaturating(shiftRightRounded('s'), 's'),
  'sqshrun (vector)': shiftNarrowSaturating(shiftRight('s'), 'su'),
  'sqrshrun (vector)': shiftNarrowSaturating(shiftRightRounded('s'), 'su'),
  'uqshrn (vector)': shiftNarrowSaturating(shiftRight('u'), 'u'),
  'uqrshrn (vector)': shiftNarrowSaturating(shiftRightRounded('u'), 'u'),
  sshll: shiftLong(true),
  ushll: shiftLong(false),
};

const scalarShifts: Of<'scalarShiftRight'> &
  Of<'scalarShiftLeft'> &
  Of<'scalarShiftLeftSaturating'> &
  Of<'scalarShiftNarrow'> = {
  'sshr (scalar)': right(shiftRight('s'), scalarForm),
  'ssra (scalar)': rightAccumulate(shiftRight('s'), scalarForm),
  'srshr (scalar)': right(shiftRightRounded('s'), scalarForm),
  'srsra (scalar)': rightAccumulate(shiftRightRounded('s'), scalarForm),
  'ushr (scalar)': right(shiftRight('u'), scalarForm),
  'usra (scalar)': rightAccumulate(shiftRight('u'), scalarForm),
  'urshr (scalar)': right(shiftRightRounded('u'), scalarForm),
  'ursra (scalar)': rightAccumulate(shiftRightRounded('u'), scalarForm),
  'sri (scalar)': (c, f) => scalar.write(c, f.Rd, 3, insertRight(c, f)),
  'shl (scalar)': left(scalarForm),
  'sli (scalar)': (c, f) => scalar.write(c, f.Rd, 3, insertLeft(c, f)),
  'sqshl (scalar, immediate)': leftSaturating('shl_s', scalarForm),
  'sqshlu (scalar)': leftSaturating('shl_su', scalarForm),
  'uqshl (scalar, immediate)': leftSaturating('shl_u', scalarForm),
  'sqshrn (scalar)': shiftNarrowScalar(shiftRight('s'), 's'),
  'sqrshrn (scalar)': shiftNarrowScalar(shiftRightRounded('s'), 's'),
  'sqshrun (scalar)': shiftNarrowScalar(shiftRight('s'), 'su'),
  'sqrshrun (scalar)': shiftNarrowScalar(shiftRightRounded('s'), 'su'),
  'uqshrn (scalar)': shiftNarrowScalar(shiftRight('u'), 'u'),
  'uqrshrn (scalar)': shiftNarrowScalar(shiftRightRounded('u'), 'u'),
};

const fixedPoint: Of<'fixedPoint'> & Of<'scalarFixedPoint'> = {
  'scvtf (vector, fixed-point)': ofFixed('s'),
  'fcvtzs (vector, fixed-point)': toFixed('s'),
  'ucvtf (vector, fixed-point)': ofFixed('u'),
  'fcvtzu (vector, fixed-point)': toFixed('u'),
  'scvtf (scalar, fixed-point of a register)': ofFixedScalar('s'),
  'fcvtzs (scalar, fixed-point of a register)': toFixedScalar('s'),
  'ucvtf (scalar, fixed-point of a register)': ofFixedScalar('u'),
  'fcvtzu (scalar, fixed-point of a register)': toFixedScalar('u'),
};

export const simdUnaryLifters = {
  ...integer,
  ...widths,
  ...floatUnaries,
  ...formats,
  ...reductions,
  ...scalarPairs,
  ...scalars,
  ...scalarFloats,
  ...vectorShifts,
  ...scalarShifts,
  ...fixedPoint,
};
