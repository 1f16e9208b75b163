/**
 * Vector rows: WebAssembly's 128-bit instructions (specification 4.3.6) under their own names. Not here: relaxed SIMD
 * (results differ by host), and lane loads and stores (a scalar access and a lane operation say the same).
 */
import type { OpRow } from '../op.ts';
import { named, signature } from './rows.ts';

const V = 'v128 -> v128';
const VV = 'v128 v128 -> v128';
const SHIFT = 'v128 i32 -> v128';
const TEST = 'v128 -> i32';

function row(types: string, summary: string, more: Partial<OpRow> = {}): OpRow {
  return { ...signature(types), effect: 'pure', summary, ...more };
}

function lane(types: string, summary: string): OpRow {
  return row(types, summary, { immediate: 'lane' });
}

function commutative(summary: string): OpRow {
  return row(VV, summary, { commutative: true });
}

const M128 = (1n << 128n) - 1n;

const bitwise = {
  ...named('v128.not', row(V, 'Bitwise complement.', { fold: (a) => a ^ M128 })),
  ...named('v128.and', row(VV, 'Bitwise and.', { commutative: true, fold: (a, b) => a & b })),
  ...named('v128.andnot', row(VV, 'The first and the complement of the second.', { fold: (a, b) => a & (b ^ M128) })),
  ...named('v128.or', row(VV, 'Bitwise or.', { commutative: true, fold: (a, b) => a | b })),
  ...named('v128.xor', row(VV, 'Bitwise exclusive or.', { commutative: true, fold: (a, b) => a ^ b })),
  ...named(
    'v128.bitselect',
    row('v128 v128 v128 -> v128', 'Bits of the first where the third has 1, else of the second.', {
      fold: (a, b, c) => (a & c) | (b & (c ^ M128)),
    }),
  ),
  ...named('v128.any_true', row(TEST, '1 if any bit is 1.', { fold: (a) => (a === 0n ? 0n : 1n) })),
};

const lanes = {
  ...named(
    'i8x16.shuffle',
    row(VV, 'Byte i of the result is byte lane[i] of both operands.', { immediate: 'shuffle' }),
  ),
  ...named('i8x16.swizzle', row(VV, 'Byte i is byte b[i] of the first operand, 0 where b[i] > 15.')),
  ...named('i8x16.splat i16x8.splat i32x4.splat', row('i32 -> v128', 'The low bits in every lane.')),
  ...named('i64x2.splat', row('i64 -> v128', 'The operand in every lane.')),
  ...named('f32x4.splat', row('f32 -> v128', 'The operand in every lane.')),
  ...named('f64x2.splat', row('f64 -> v128', 'The operand in every lane.')),
  ...named('i8x16.extract_lane_s i16x8.extract_lane_s', lane(TEST, 'One lane, sign-extended.')),
  ...named('i8x16.extract_lane_u i16x8.extract_lane_u', lane(TEST, 'One lane, zero-extended.')),
  ...named('i32x4.extract_lane', lane(TEST, 'One lane.')),
  ...named('i64x2.extract_lane', lane('v128 -> i64', 'One lane.')),
  ...named('f32x4.extract_lane', lane('v128 -> f32', 'One lane.')),
  ...named('f64x2.extract_lane', lane('v128 -> f64', 'One lane.')),
  ...named(
    'i8x16.replace_lane i16x8.replace_lane i32x4.replace_lane',
    lane(SHIFT, 'The first operand with one lane replaced by the low bits of the second.'),
  ),
  ...named('i64x2.replace_lane', lane('v128 i64 -> v128', 'The first operand with one lane replaced.')),
  ...named('f32x4.replace_lane', lane('v128 f32 -> v128', 'The first operand with one lane replaced.')),
  ...named('f64x2.replace_lane', lane('v128 f64 -> v128', 'The first operand with one lane replaced.')),
};

const comparisons = {
  ...named('i8x16.eq i16x8.eq i32x4.eq i64x2.eq', commutative('All ones where equal.')),
  ...named('i8x16.ne i16x8.ne i32x4.ne i64x2.ne', commutative('All ones where different.')),
  ...named('i8x16.lt_s i16x8.lt_s i32x4.lt_s i64x2.lt_s', row(VV, 'All ones where less, signed.')),
  ...named('i8x16.lt_u i16x8.lt_u i32x4.lt_u', row(VV, 'All ones where less, unsigned.')),
  ...named('i8x16.gt_s i16x8.gt_s i32x4.gt_s i64x2.gt_s', row(VV, 'All ones where greater, signed.')),
  ...named('i8x16.gt_u i16x8.gt_u i32x4.gt_u', row(VV, 'All ones where greater, unsigned.')),
  ...named('i8x16.le_s i16x8.le_s i32x4.le_s i64x2.le_s', row(VV, 'All ones where less or equal, signed.')),
  ...named('i8x16.le_u i16x8.le_u i32x4.le_u', row(VV, 'All ones where less or equal, unsigned.')),
  ...named('i8x16.ge_s i16x8.ge_s i32x4.ge_s i64x2.ge_s', row(VV, 'All ones where greater or equal, signed.')),
  ...named('i8x16.ge_u i16x8.ge_u i32x4.ge_u', row(VV, 'All ones where greater or equal, unsigned.')),
  ...named('f32x4.eq f64x2.eq', commutative('All ones where equal.')),
  ...named('f32x4.ne f64x2.ne', commutative('All ones where different or NaN.')),
  ...named('f32x4.lt f64x2.lt', row(VV, 'All ones where less.')),
  ...named('f32x4.gt f64x2.gt', row(VV, 'All ones where greater.')),
  ...named('f32x4.le f64x2.le', row(VV, 'All ones where less or equal.')),
  ...named('f32x4.ge f64x2.ge', row(VV, 'All ones where greater or equal.')),
};

const integerArithmetic = {
  ...named('i8x16.abs i16x8.abs i32x4.abs i64x2.abs', row(V, 'Absolute value of each lane; MIN stays.')),
  ...named('i8x16.neg i16x8.neg i32x4.neg i64x2.neg', row(V, 'Negates each lane.')),
  ...named('i8x16.popcnt', row(V, 'Number of 1 bits of each byte.')),
  ...named('i8x16.add i16x8.add i32x4.add i64x2.add', commutative('Sum of each lane.')),
  ...named('i8x16.sub i16x8.sub i32x4.sub i64x2.sub', row(VV, 'Difference of each lane.')),
  ...named('i16x8.mul i32x4.mul i64x2.mul', commutative('Low half of the product of each lane.')),
  ...named('i8x16.add_sat_s i16x8.add_sat_s', commutative('Sum, saturating, signed.')),
  ...named('i8x16.add_sat_u i16x8.add_sat_u', commutative('Sum, saturating, unsigned.')),
  ...named('i8x16.sub_sat_s i16x8.sub_sat_s', row(VV, 'Difference, saturating, signed.')),
  ...named('i8x16.sub_sat_u i16x8.sub_sat_u', row(VV, 'Difference, saturating, unsigned.')),
  ...named('i8x16.min_s i16x8.min_s i32x4.min_s', commutative('Smaller of each lane, signed.')),
  ...named('i8x16.min_u i16x8.min_u i32x4.min_u', commutative('Smaller of each lane, unsigned.')),
  ...named('i8x16.max_s i16x8.max_s i32x4.max_s', commutative('Greater of each lane, signed.')),
  ...named('i8x16.max_u i16x8.max_u i32x4.max_u', commutative('Greater of each lane, unsigned.')),
  ...named('i8x16.avgr_u i16x8.avgr_u', commutative('Average rounded up, unsigned.')),
  ...named('i16x8.q15mulr_sat_s', commutative('Rounding, saturating product of Q15 numbers.')),
  ...named('i32x4.dot_i16x8_s', commutative('Sums of the products of neighbouring lanes.')),
};

const shiftsAndTests = {
  ...named('i8x16.shl i16x8.shl i32x4.shl i64x2.shl', row(SHIFT, 'Shifts each lane left; count modulo lane width.')),
  ...named(
    'i8x16.shr_s i16x8.shr_s i32x4.shr_s i64x2.shr_s',
    row(SHIFT, 'Shifts each lane right arithmetically; count modulo lane width.'),
  ),
  ...named(
    'i8x16.shr_u i16x8.shr_u i32x4.shr_u i64x2.shr_u',
    row(SHIFT, 'Shifts each lane right logically; count modulo lane width.'),
  ),
  ...named('i8x16.all_true i16x8.all_true i32x4.all_true i64x2.all_true', row(TEST, '1 if no lane is 0.')),
  ...named('i8x16.bitmask i16x8.bitmask i32x4.bitmask i64x2.bitmask', row(TEST, 'The sign bit of each lane.')),
};

const widthChanges = {
  ...named(
    'i8x16.narrow_i16x8_s i8x16.narrow_i16x8_u i16x8.narrow_i32x4_s i16x8.narrow_i32x4_u',
    row(VV, 'Signed lanes of both operands at half their width, saturating to the named signedness.'),
  ),
  ...named(
    'i16x8.extend_low_i8x16_s i32x4.extend_low_i16x8_s i64x2.extend_low_i32x4_s',
    row(V, 'Lower lanes sign-extended to twice their width.'),
  ),
  ...named(
    'i16x8.extend_high_i8x16_s i32x4.extend_high_i16x8_s i64x2.extend_high_i32x4_s',
    row(V, 'Upper lanes sign-extended to twice their width.'),
  ),
  ...named(
    'i16x8.extend_low_i8x16_u i32x4.extend_low_i16x8_u i64x2.extend_low_i32x4_u',
    row(V, 'Lower lanes zero-extended to twice their width.'),
  ),
  ...named(
    'i16x8.extend_high_i8x16_u i32x4.extend_high_i16x8_u i64x2.extend_high_i32x4_u',
    row(V, 'Upper lanes zero-extended to twice their width.'),
  ),
  ...named(
    'i16x8.extmul_low_i8x16_s i32x4.extmul_low_i16x8_s i64x2.extmul_low_i32x4_s',
    commutative('Full products of the lower lanes, signed.'),
  ),
  ...named(
    'i16x8.extmul_high_i8x16_s i32x4.extmul_high_i16x8_s i64x2.extmul_high_i32x4_s',
    commutative('Full products of the upper lanes, signed.'),
  ),
  ...named(
    'i16x8.extmul_low_i8x16_u i32x4.extmul_low_i16x8_u i64x2.extmul_low_i32x4_u',
    commutative('Full products of the lower lanes, unsigned.'),
  ),
  ...named(
    'i16x8.extmul_high_i8x16_u i32x4.extmul_high_i16x8_u i64x2.extmul_high_i32x4_u',
    commutative('Full products of the upper lanes, unsigned.'),
  ),
  ...named(
    'i16x8.extadd_pairwise_i8x16_s i32x4.extadd_pairwise_i16x8_s',
    row(V, 'Sums of neighbouring lanes at twice their width, signed.'),
  ),
  ...named(
    'i16x8.extadd_pairwise_i8x16_u i32x4.extadd_pairwise_i16x8_u',
    row(V, 'Sums of neighbouring lanes at twice their width, unsigned.'),
  ),
};

const floatArithmetic = {
  ...named('f32x4.abs f64x2.abs', row(V, 'Clears the sign bit of each lane.')),
  ...named('f32x4.neg f64x2.neg', row(V, 'Inverts the sign bit of each lane.')),
  ...named('f32x4.sqrt f64x2.sqrt', row(V, 'Square root of each lane.')),
  ...named('f32x4.ceil f64x2.ceil', row(V, 'Rounds each lane up to an integral value.')),
  ...named('f32x4.floor f64x2.floor', row(V, 'Rounds each lane down to an integral value.')),
  ...named('f32x4.trunc f64x2.trunc', row(V, 'Rounds each lane toward zero to an integral value.')),
  ...named('f32x4.nearest f64x2.nearest', row(V, 'Rounds each lane to the nearest integral value, ties to even.')),
  ...named('f32x4.add f64x2.add', commutative('Sum of each lane.')),
  ...named('f32x4.sub f64x2.sub', row(VV, 'Difference of each lane.')),
  ...named('f32x4.mul f64x2.mul', commutative('Product of each lane.')),
  ...named('f32x4.div f64x2.div', row(VV, 'Quotient of each lane.')),
  ...named('f32x4.min f64x2.min', commutative('Smaller of each lane; NaN with a NaN.')),
  ...named('f32x4.max f64x2.max', commutative('Greater of each lane; NaN with a NaN.')),
  ...named('f32x4.pmin f64x2.pmin', row(VV, 'b < a ? b : a in each lane.')),
  ...named('f32x4.pmax f64x2.pmax', row(VV, 'a < b ? b : a in each lane.')),
};

const conversions = {
  ...named('i32x4.trunc_sat_f32x4_s', row(V, 'Rounds toward zero to signed integers, saturating; NaN gives 0.')),
  ...named('i32x4.trunc_sat_f32x4_u', row(V, 'Rounds toward zero to unsigned integers, saturating; NaN gives 0.')),
  ...named('i32x4.trunc_sat_f64x2_s_zero', row(V, 'Two lanes to signed integers, saturating; upper lanes 0.')),
  ...named('i32x4.trunc_sat_f64x2_u_zero', row(V, 'Two lanes to unsigned integers, saturating; upper lanes 0.')),
  ...named('f32x4.convert_i32x4_s', row(V, 'Nearest singles of signed integers.')),
  ...named('f32x4.convert_i32x4_u', row(V, 'Nearest singles of unsigned integers.')),
  ...named('f64x2.convert_low_i32x4_s', row(V, 'Doubles of the two lower signed integers.')),
  ...named('f64x2.convert_low_i32x4_u', row(V, 'Doubles of the two lower unsigned integers.')),
  ...named('f32x4.demote_f64x2_zero', row(V, 'Two doubles rounded to singles; upper lanes 0.')),
  ...named('f64x2.promote_low_f32x4', row(V, 'The two lower singles as doubles.')),
};

export const simdRows = {
  ...bitwise,
  ...lanes,
  ...comparisons,
  ...integerArithmetic,
  ...shiftsAndTests,
  ...widthChanges,
  ...floatArithmetic,
  ...conversions,
};
