/**
 * Vector floating point: what is not native goes lane by lane through the scalar functions, so that no operation is
 * said twice. Lanes are taken in order; flags are sticky, hence the order does not show.
 */
import { FP_ENV, ROUNDING } from '../fp-env.ts';
import { comparisons, ordered } from './compare.ts';
import { integerTexts, nativeFromInteger, type IntegerText } from './convert.ts';
import { envIs, floatText, softOn, type FloatText, type FloatType, type NumberType } from './text.ts';

type VectorType = NumberType | 'v128';

/** As `RuntimeFunction` of `text.ts`, with vectors. */
export interface VectorFunction {
  readonly kind: 'template';
  readonly params: readonly VectorType[];
  readonly results: readonly VectorType[];
  readonly body: string;
  readonly summary: string;
}

export interface VectorShape {
  readonly name: 'f32x4' | 'f64x2';
  readonly integer: 'i32x4' | 'i64x2';
  readonly lane: FloatText;
  readonly count: number;
}

export const vectorShapes: Readonly<Record<FloatType, VectorShape>> = {
  f32: { name: 'f32x4', integer: 'i32x4', lane: floatText.f32, count: 4 },
  f64: { name: 'f64x2', integer: 'i64x2', lane: floatText.f64, count: 2 },
};

function vectorFunction(
  name: string,
  params: readonly VectorType[],
  body: string,
  summary: string,
): [string, VectorFunction] {
  return [name, { kind: 'template', params, results: ['v128'], body, summary }];
}

/** Builds a vector of shape `to` from `count` lane values, each pushed by `value`; lanes above stay 0. */
function lanes(to: string, count: number, value: (lane: number) => string, partial = false): string {
  const start = partial ? 'v128.const 0 0' : '';
  return Array.from({ length: count }, (_, lane) => {
    const place = lane === 0 && !partial ? `${to}.splat` : `${to}.replace_lane ${String(lane)}`;
    return `${lane === 0 ? start : ''} ${value(lane)} ${place}`;
  }).join(' ');
}

const lane = (shape: string, vector: number, at: number): string =>
  `$${String(vector)} ${shape}.extract_lane ${String(at)}`;

/** Operations by row name that have a scalar function of the same name, with their number of operands. */
export const vectorOperations = {
  add: 2,
  sub: 2,
  mul: 2,
  div: 2,
  sqrt: 1,
  fma: 3,
  minimum: 2,
  maximum: 2,
  min_num: 2,
  max_num: 2,
  mul_extended: 2,
  recip_step: 2,
  rsqrt_step: 2,
  recip_estimate: 1,
  rsqrt_estimate: 1,
  recip_exponent: 1,
} as const;

function byLane({ name, count, lane: F }: VectorShape, operation: keyof typeof vectorOperations) {
  const arity = vectorOperations[operation];
  const operands = (at: number): string => Array.from({ length: arity }, (_, index) => lane(name, index, at)).join(' ');
  const vcpu = `$${String(arity)}`;
  const body = lanes(name, count, (at) => `${operands(at)} ${vcpu} call:fp.${F.type}.${operation}`);
  const params = [...Array.from({ length: arity }, () => 'v128' as const), 'i32' as const];
  return vectorFunction(`lanes.${name}.${operation}`, params, body, `${operation} of each lane`);
}

/** All ones where the scalar comparison gives 1. */
function comparison(shape: VectorShape, row: (typeof comparisons)[number]): [string, VectorFunction] {
  const { name, integer, count, lane: F } = shape;
  const t = F.type;
  const widen = F.bits === 'i64' ? 'i64.extend_i32_s' : '';
  const keepsInputs = envIs('$2', FP_ENV.FLUSH_INPUTS, 0);
  const body = lanes(integer, count, (at) => {
    const operands = `${lane(name, 0, at)} =x:${t} ${lane(name, 1, at)} =y:${t}`;
    const fast = `${ordered(F, '@x', '@y')} ${keepsInputs} i32.and`;
    const slow = `@x @y $2 call:fp.${t}.${row.name}`;
    return `i32.const 0 ${operands} ${fast} if:i32 @x @y ${t}.${row.native} else ${slow} end i32.sub ${widen}`;
  });
  return vectorFunction(
    `lanes.${name}.${row.name}`,
    ['v128', 'v128', 'i32'],
    body,
    `${row.name} of each lane, as masks`,
  );
}

/** Pushes 1 where every lane of what `vector` pushes is a number. */
const numbers = (shape: VectorShape, vector: string): string =>
  `${vector} ${vector} ${shape.name}.eq ${shape.integer}.all_true`;

/** Native rounding to integral numbers, in each mode that there is an instruction for. */
const NATIVE_ROUNDING = [
  [ROUNDING.NEAREST_EVEN, 'nearest'],
  [ROUNDING.TOWARD_ZERO, 'trunc'],
  [ROUNDING.DOWN, 'floor'],
  [ROUNDING.UP, 'ceil'],
] as const;

/** `use` says what becomes of each native result. */
function nativeRounding(shape: VectorShape, use: (rounded: string) => string): string {
  return NATIVE_ROUNDING.map(
    ([mode, name]) => `$1 i32.const ${String(mode)} i32.eq if ${use(`$0 ${shape.name}.${name}`)} end`,
  ).join(' ');
}

function rounding(shape: VectorShape, operation: 'round' | 'round_exact'): [string, VectorFunction] {
  const { name, count, lane: F } = shape;
  const quiet = operation === 'round' ? FP_ENV.FLUSH_INPUTS : FP_ENV.FLUSH_INPUTS | FP_ENV.INEXACT;
  const wanted = operation === 'round' ? 0 : FP_ENV.INEXACT;
  const body = `
    ${numbers(shape, '$0')} ${envIs('$2', quiet, wanted)} i32.and if
      ${nativeRounding(shape, (rounded) => `${rounded} return`)}
    end
    ${lanes(name, count, (at) => `${lane(name, 0, at)} $1 $2 call:fp.${F.type}.${operation}`)}`;
  return vectorFunction(
    `lanes.${name}.${operation}`,
    ['v128', 'i32', 'i32'],
    body,
    'to integral numbers, by the given mode',
  );
}

/** The integer type of a shape's lanes. */
function integerOf(shape: VectorShape, signed: boolean): IntegerText | undefined {
  return integerTexts.find((I) => I.type === shape.lane.bits && I.signed === signed);
}

/** Pushes 1 where all lanes of `@r`, integral numbers, are values of the signed or unsigned 32-bit type. */
function inRange(signed: boolean): string {
  const bound = (exponent: number, sign: bigint): string => {
    const bits = (sign << 31n) | (BigInt(127 + exponent) << 23n);
    const half = BigInt.asIntN(64, bits | (bits << 32n));
    return `v128.const ${String(half)} ${String(half)}`;
  };
  const low = signed ? bound(31, 1n) : 'v128.const 0 0';
  return `@r ${low} f32x4.ge @r ${bound(signed ? 31 : 32, 0n)} f32x4.lt v128.and i32x4.all_true`;
}

/** `$1` holds mode and fraction bits as the scalar function takes them. */
function toFixed(shape: VectorShape, I: IntegerText): [string, VectorFunction] {
  const { name, integer, count, lane: F } = shape;
  const settled = envIs('$2', FP_ENV.FLUSH_INPUTS | FP_ENV.INEXACT, FP_ENV.INEXACT);
  const convert = `i32x4.trunc_sat_f32x4_${I.signed ? 's' : 'u'}`;
  const fast = nativeRounding(
    shape,
    (rounded) => `${rounded} =r:v128 ${inRange(I.signed)} if @r ${convert} return end`,
  );
  const body = `
    ${F.type === 'f32' ? `${settled} if ${fast} end` : ''}
    ${lanes(integer, count, (at) => `${lane(name, 0, at)} $1 $2 call:fp.${I.name}.fixed_${F.type}`)}`;
  const row = `lanes.${integer}.fixed_${name}_${I.signed ? 's' : 'u'}`;
  return vectorFunction(row, ['v128', 'i32', 'i32'], body, 'to fixed point, saturating; a NaN gives 0');
}

function fromInteger(shape: VectorShape, I: IntegerText): [string, VectorFunction] {
  const { name, integer, count, lane: F } = shape;
  const sign = I.signed ? 's' : 'u';
  const nearest = envIs('$2', FP_ENV.ROUNDING_MASK | FP_ENV.INEXACT, FP_ENV.INEXACT);
  const native =
    F.type === 'f32'
      ? `$0 f32x4.convert_i32x4_${sign}`
      : lanes(name, count, (at) => `${lane(integer, 0, at)} ${nativeFromInteger(F, I)}`);
  const body = `
    ${nearest} if ${native} return end
    ${lanes(name, count, (at) => `${lane(integer, 0, at)} $1 $2 call:fp.${F.type}.from_${I.name}`)}`;
  const row = `lanes.${name}.from_${integer}_${sign}`;
  return vectorFunction(row, ['v128', 'i32', 'i32'], body, 'of integers, by the given mode');
}

function conversions(shape: VectorShape): [string, VectorFunction][] {
  return [true, false].flatMap((signed) => {
    const I = integerOf(shape, signed);
    return I === undefined ? [] : [toFixed(shape, I), fromInteger(shape, I)];
  });
}

/** Two lanes to the other format; `$1` is the rounding operand of the narrowing, then the vCPU. */
function formats(): [string, VectorFunction][] {
  const { f32, f64 } = vectorShapes;
  const exact = `${envIs('$1', FP_ENV.FLUSH_INPUTS, 0)} $0 $0 f32x4.eq i64x2.extract_lane 0 i64.const -1 i64.eq i32.and`;
  const promote = `
    ${exact} if $0 f64x2.promote_low_f32x4 return end
    ${lanes(f64.name, 2, (at) => `${lane('f32x4', 0, at)} $1 call:fp.f64.promote_f32`)}`;
  const demote = lanes(f32.name, 2, (at) => `${lane('f64x2', 0, at)} $1 call:fp.f32.demote_f64`, true);
  const toOdd = lanes(
    f32.name,
    2,
    (at) =>
      softOn('fp.f32.demote_f64', [['f64', lane('f64x2', 0, at)]], 'f32', '$1', `i32.const ${String(ROUNDING.TO_ODD)}`),
    true,
  );
  const half = lanes(f32.name, 4, (at) => `$0 i16x8.extract_lane_u ${String(at)} $1 call:fp.f32.promote_f16`);
  const toHalf = lanes('i16x8', 4, (at) => `${lane('f32x4', 0, at)} $1 $2 call:fp.f16.demote_f32`, true);
  return [
    vectorFunction('lanes.f64x2.promote_low_f32x4', ['v128', 'i32'], promote, 'the lower lanes in double precision'),
    vectorFunction('lanes.f32x4.demote_f64x2_zero', ['v128', 'i32'], demote, 'in single precision; upper lanes 0'),
    vectorFunction('lanes.f32x4.demote_f64x2_zero_odd', ['v128', 'i32'], toOdd, 'in single precision, rounded to odd'),
    vectorFunction('lanes.f32x4.promote_low_f16x8', ['v128', 'i32'], half, 'the lower half-precision lanes'),
    vectorFunction('lanes.f16x8.demote_f32x4_zero', ['v128', 'i32', 'i32'], toHalf, 'in half precision; upper lanes 0'),
  ];
}

export const byLaneFunctions: Readonly<Record<string, VectorFunction>> = Object.fromEntries([
  ...Object.values(vectorShapes).flatMap((shape) => [
    ...(Object.keys(vectorOperations) as (keyof typeof vectorOperations)[]).map((name) => byLane(shape, name)),
    ...comparisons.map((row) => comparison(shape, row)),
    rounding(shape, 'round'),
    rounding(shape, 'round_exact'),
    ...conversions(shape),
  ]),
  ...formats(),
]);
