/** Vector rows on integer lanes that WebAssembly has no instruction for. None raises a flag. */
import { estimateReciprocal, estimateReciprocalRoot } from '../../fp/estimate.ts';
import type { Fold, OpRow } from '../op.ts';
import {
  join,
  lanewise,
  lanewiseSigned,
  narrower,
  rowsFor,
  shapes,
  shuffleLanesText,
  split,
  splatConst,
  type Shape,
} from './lanes.ts';
import { named, signature } from './rows.ts';

const VV = 'v128 v128 -> v128';

function pure(types: string, summary: string, wasm: string, fold: Fold): OpRow {
  return { ...signature(types), effect: 'pure', summary, wasm, fold };
}

const magnitude = (value: bigint): bigint => (value < 0n ? -value : value);
const truth = (condition: boolean): bigint => (condition ? -1n : 0n);

type Sign = 's' | 'u';
const byLanes = (sign: Sign, bits: number, lane: Fold): Fold =>
  sign === 's' ? lanewiseSigned(bits, lane) : lanewise(bits, lane);
const word = (sign: Sign): string => (sign === 's' ? 'signed' : 'unsigned');

/** Sums and differences without losing the carry: a + b is 2 (a & b) + (a ^ b), a - b is (a ^ b) - 2 (~a & b). */
function halving(shape: Shape, sign: Sign) {
  const { name: t, bits } = shape;
  const half = `$0 $1 v128.xor i32.const 1 ${t}.shr_${sign}`;
  const rounded = sign === 'u' && bits < 32 ? `$0 $1 ${t}.avgr_u` : `$0 $1 v128.or ${half} ${t}.sub`;
  return {
    halving_add: pure(
      VV,
      `Half of the sum, rounded down, ${word(sign)}.`,
      `$0 $1 v128.and ${half} ${t}.add`,
      byLanes(sign, bits, (a, b) => (a + b) >> 1n),
    ),
    halving_add_round: pure(
      VV,
      `Half of the sum, rounded up, ${word(sign)}.`,
      rounded,
      byLanes(sign, bits, (a, b) => (a + b + 1n) >> 1n),
    ),
    halving_sub: pure(
      VV,
      `Half of the difference, rounded down, ${word(sign)}.`,
      `${half} $1 $0 v128.andnot ${t}.sub`,
      byLanes(sign, bits, (a, b) => (a - b) >> 1n),
    ),
  };
}

function absDifference({ name: t, bits }: Shape, sign: Sign): OpRow {
  const wasm =
    sign === 'u' && bits < 32
      ? `$0 $1 ${t}.sub_sat_u $1 $0 ${t}.sub_sat_u v128.or`
      : `$0 $1 ${t}.max_${sign} $0 $1 ${t}.min_${sign} ${t}.sub`;
  return pure(
    VV,
    `Distance of each lane, ${word(sign)}.`,
    wasm,
    byLanes(sign, bits, (a, b) => magnitude(a - b)),
  );
}

/** a >> n, rounded to nearest, ties up; the count is 1 to the lane's width. */
function roundingShift({ name: t, bits }: Shape, sign: Sign): OpRow {
  const shift = `${t}.shr_${sign}`;
  const fold: Fold = (a, count) => {
    const n = (BigInt.asUintN(32, count - 1n) & BigInt(bits - 1)) + 1n;
    return byLanes(sign, bits, (x) => (x + (1n << (n - 1n))) >> n)(a, 0n, 0n);
  };
  return pure(
    'v128 i32 -> v128',
    `Shifts right by 1 to the lane's width (count less one modulo that), rounded to nearest, ties up, ${word(sign)}.`,
    `$0 $1 i32.const 1 i32.sub ${shift} ~t:v128 i32.const 1 ${shift} @t ${splatConst(bits, 1n)} v128.and ${t}.add`,
    fold,
  );
}

/** Shifts by a signed count in the low byte of each lane of the second operand: left, or right where it is negative. */
export function shiftByLane(x: bigint, count: bigint, round: boolean): bigint {
  const n = BigInt.asIntN(8, count);
  if (n >= 0n) return x << n;
  return (x + (round ? 1n << (-n - 1n) : 0n)) >> -n;
}

function variableShift({ name: t, bits }: Shape, sign: Sign, round: boolean): OpRow {
  const name = `${t}.shift${round ? '_round' : ''}_${sign}`;
  const fold = lanewise(bits, (a, b) => shiftByLane(sign === 's' ? BigInt.asIntN(bits, a) : a, b, round));
  const summary = `Shifts each lane by the low byte of b's: left, or right where negative${round ? ', rounded' : ''}, ${word(sign)}.`;
  return pure(VV, summary, `$0 $1 call:${name}`, fold);
}

const narrow = ['i8x16', 'i16x8', 'i32x4'] as const;
const all = [...narrow, 'i64x2'] as const;

const arithmetic = {
  ...rowsFor(narrow, (shape) => {
    const [s, u] = [halving(shape, 's'), halving(shape, 'u')];
    return {
      halving_add_s: s.halving_add,
      halving_add_u: u.halving_add,
      halving_add_round_s: s.halving_add_round,
      halving_add_round_u: u.halving_add_round,
      halving_sub_s: s.halving_sub,
      halving_sub_u: u.halving_sub,
      abs_diff_s: absDifference(shape, 's'),
      abs_diff_u: absDifference(shape, 'u'),
    };
  }),
  ...named(
    'i8x16.mul',
    pure(
      VV,
      'Low half of the product of each lane.',
      `$0 $1 i16x8.mul ${splatConst(16, 0xffn)} v128.and
        $0 i32.const 8 i16x8.shr_u $1 i32.const 8 i16x8.shr_u i16x8.mul i32.const 8 i16x8.shl v128.or`,
      lanewise(8, (a, b) => a * b),
    ),
  ),
};

const MIN64 = splatConst(64, 1n << 63n);
const comparisons = {
  ...named(
    'i64x2.gt_u',
    pure(
      VV,
      'All ones where greater, unsigned.',
      `$0 ${MIN64} v128.xor $1 ${MIN64} v128.xor i64x2.gt_s`,
      lanewise(64, (a, b) => truth(a > b)),
    ),
  ),
  ...named(
    'i64x2.ge_u',
    pure(
      VV,
      'All ones where greater or equal, unsigned.',
      `$0 ${MIN64} v128.xor $1 ${MIN64} v128.xor i64x2.ge_s`,
      lanewise(64, (a, b) => truth(a >= b)),
    ),
  ),
};

const shifts = rowsFor(all, (shape) => ({
  shr_round_s: roundingShift(shape, 's'),
  shr_round_u: roundingShift(shape, 'u'),
  shift_s: variableShift(shape, 's', false),
  shift_u: variableShift(shape, 'u', false),
  shift_round_s: variableShift(shape, 's', true),
  shift_round_u: variableShift(shape, 'u', true),
}));

const bitLength = (value: bigint): number => (value === 0n ? 0 : value.toString(2).length);

function leadingZeros({ name: t, bits }: Shape): OpRow {
  return pure(
    'v128 -> v128',
    'Leading zero bits of each lane.',
    `$0 call:${t}.clz`,
    lanewise(bits, (a) => BigInt(bits - bitLength(a))),
  );
}

/** Bits after the sign bit that equal it: the leading zeros of x ^ (x << 1) with the last bit set, cut off at the top. */
function leadingSigns({ name: t, bits }: Shape): OpRow {
  const last = String(bits - 1);
  const wasm = `$0 $0 i32.const ${last} ${t}.shr_s v128.xor call:${t}.clz ${splatConst(bits, 1n)} ${t}.sub`;
  const fold = lanewiseSigned(bits, (a) => BigInt(bits - 1 - bitLength(a < 0n ? ~a : a)));
  return pure('v128 -> v128', 'Bits below the sign bit that equal it, of each lane.', wasm, fold);
}

const NIBBLES_REVERSED = [0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15];
function reverseBits(): OpRow {
  const table = (shift: number): string => {
    const half = (from: number): string =>
      String(
        BigInt.asIntN(
          64,
          join(
            NIBBLES_REVERSED.slice(from, from + 8).map((n) => BigInt(n << shift)),
            8,
          ),
        ),
      );
    return `v128.const ${half(0)} ${half(8)}`;
  };
  const wasm = `${table(4)} $0 ${splatConst(8, 15n)} v128.and i8x16.swizzle
    ${table(0)} $0 i32.const 4 i8x16.shr_u i8x16.swizzle v128.or`;
  const fold = lanewise(8, (a) => BigInt(`0b${[...a.toString(2).padStart(8, '0')].reverse().join('')}`));
  return pure('v128 -> v128', 'Bits of each byte in reverse order.', wasm, fold);
}

const bitCounts = {
  ...rowsFor(narrow, (shape) => ({ clz: leadingZeros(shape), cls: leadingSigns(shape) })),
  ...named('i8x16.reverse_bits', reverseBits()),
};

/** Folds the vector onto itself until lane 0 holds the whole. */
function reduction({ name: t, bits, count }: Shape, summary: string, combine: string, lane: Fold, sign: Sign): OpRow {
  let wasm = '$0';
  for (let distance = count / 2; distance >= 1; distance /= 2) {
    const lanes = Array.from({ length: count }, (_, at) => (at + distance) % count);
    wasm += ` ~x:v128 @x @x ${shuffleLanesText(bits, lanes)} ${t}.${combine}`;
  }
  const extract = bits === 32 ? 'extract_lane' : 'extract_lane_u';
  const fold: Fold = (a) => {
    const values = split(a, bits).map((value) => (sign === 's' ? BigInt.asIntN(bits, value) : value));
    return BigInt.asUintN(
      bits,
      values.reduce((x, y) => lane(x, y, 0n)),
    );
  };
  return pure('v128 -> i32', summary, `${wasm} ${t}.${extract} 0`, fold);
}

const least: Fold = (a, b) => (a < b ? a : b);
const greatest: Fold = (a, b) => (a > b ? a : b);

const reductions = rowsFor(narrow, (shape) => ({
  reduce_add: reduction(shape, 'Sum of all lanes at their width, zero-extended.', 'add', (a, b) => a + b, 'u'),
  reduce_min_s: reduction(shape, 'Least lane, signed, zero-extended.', 'min_s', least, 's'),
  reduce_min_u: reduction(shape, 'Least lane, unsigned.', 'min_u', least, 'u'),
  reduce_max_s: reduction(shape, 'Greatest lane, signed, zero-extended.', 'max_s', greatest, 's'),
  reduce_max_u: reduction(shape, 'Greatest lane, unsigned.', 'max_u', greatest, 'u'),
}));

function pairwiseSum(sign: Sign): OpRow {
  const signed = (value: bigint): bigint => (sign === 's' ? BigInt.asIntN(32, value) : value);
  const wasm = `$0 i32.const 32 i64x2.shr_${sign} $0 i32.const 32 i64x2.shl i32.const 32 i64x2.shr_${sign} i64x2.add`;
  const fold = lanewise(64, (a) => signed(a >> 32n) + signed(a & 0xffffffffn));
  return pure('v128 -> v128', `Sums of neighbouring lanes at twice their width, ${word(sign)}.`, wasm, fold);
}

function dot(sign: Sign): OpRow {
  const half = (which: 'low' | 'high'): string =>
    `$1 $2 i16x8.extmul_${which}_i8x16_${sign} i32x4.extadd_pairwise_i16x8_${sign}`;
  const wasm = `$0 ${half('low')} ~l:v128 ${half('high')} ~h:v128 ${shuffleLanesText(32, [0, 2, 4, 6])}
    @l @h ${shuffleLanesText(32, [1, 3, 5, 7])} i32x4.add i32x4.add`;
  const value = (byte: bigint): bigint => (sign === 's' ? BigInt.asIntN(8, byte) : byte);
  const fold: Fold = (a, b, c) => {
    const [x, y] = [split(b, 8), split(c, 8)];
    const sums = split(a, 32);
    x.forEach((byte, at) => {
      sums[at >> 2] = (sums[at >> 2] ?? 0n) + value(byte) * value(y[at] ?? 0n);
    });
    return join(sums, 32);
  };
  return pure(
    'v128 v128 v128 -> v128',
    `a plus the sums of four neighbouring products of bytes, ${word(sign)}.`,
    wasm,
    fold,
  );
}

const products = {
  ...named('i64x2.extadd_pairwise_i32x4_s', pairwiseSum('s')),
  ...named('i64x2.extadd_pairwise_i32x4_u', pairwiseSum('u')),
  ...named('i32x4.dot_i8x16_s', dot('s')),
  ...named('i32x4.dot_i8x16_u', dot('u')),
};

function carryLess(a: bigint, b: bigint, bits: number): bigint {
  let product = 0n;
  for (let bit = 0; bit < bits; bit++) if ((b >> BigInt(bit)) & 1n) product ^= a << BigInt(bit);
  return product;
}

/** Adds a << k where bit k of b is set, in each lane: the bit, moved to the sign, becomes a mask. */
function carryLessSteps({ name: t, bits }: Shape): string {
  const steps = Array.from({ length: 8 }, (_, k) => {
    const mask = `@b i32.const ${String(bits - 1 - k)} ${t}.shl i32.const ${String(bits - 1)} ${t}.shr_s`;
    return `${mask} @a i32.const ${String(k)} ${t}.shl v128.and ${k === 0 ? '' : 'v128.xor'}`;
  });
  return steps.join(' ');
}

function extendedCarryLess(which: 'low' | 'high'): OpRow {
  const wide = shapes.i16x8;
  const extend = `i16x8.extend_${which}_${narrower(wide).name}_u`;
  const from = which === 'low' ? 0 : 8;
  const fold: Fold = (a, b) => {
    const [x, y] = [split(a, 8), split(b, 8)];
    return join(
      x.slice(from, from + 8).map((value, at) => carryLess(value, y[from + at] ?? 0n, 8)),
      16,
    );
  };
  return pure(
    VV,
    `Carry-less products of the ${which === 'low' ? 'lower' : 'upper'} bytes.`,
    `$0 ${extend} =a:v128 $1 ${extend} =b:v128 ${carryLessSteps(wide)}`,
    fold,
  );
}

function wideCarryLess(lane: 0 | 1): OpRow {
  const operand = (at: number): string => `$${String(at)} i64x2.extract_lane ${String(lane)}`;
  const wasm = `${operand(0)} =a:i64 ${operand(1)} =b:i64 @a @b call:clmul i64x2.splat
    @a @b call:clmulh i64x2.replace_lane 1`;
  const fold: Fold = (a, b) => carryLess(split(a, 64)[lane] ?? 0n, split(b, 64)[lane] ?? 0n, 64);
  return pure(VV, `128-bit carry-less product of lane ${String(lane)} of both.`, wasm, fold);
}

const carryLessProducts = {
  ...named(
    'i8x16.clmul',
    pure(
      VV,
      'Low half of the carry-less product of each lane.',
      `$0 =a:v128 $1 =b:v128 ${carryLessSteps(shapes.i8x16)}`,
      lanewise(8, (a, b) => carryLess(a, b, 8)),
    ),
  ),
  ...named('i16x8.extclmul_low_i8x16', extendedCarryLess('low')),
  ...named('i16x8.extclmul_high_i8x16', extendedCarryLess('high')),
  ...named('i64x2.clmul_low', wideCarryLess(0)),
  ...named('i64x2.clmul_high', wideCarryLess(1)),
};

/** Of numbers from 0.5 on, as fractions of 32 bits: nine significant bits of the result; all ones where it is too large. */
function estimate(name: string, what: string, least: bigint, of: (a: number) => number): OpRow {
  const lane: Fold = (a) => (a < least ? -1n : BigInt(of(Number(a >> 23n))) << 23n);
  const lanes = Array.from({ length: 4 }, (_, at) => {
    const place = at === 0 ? 'splat' : `replace_lane ${String(at)}`;
    return `$0 i32x4.extract_lane ${String(at)} call:lane.${name} i32x4.${place}`;
  });
  return pure('v128 -> v128', `${what} of unsigned fractions, to 9 bits.`, lanes.join(' '), lanewise(32, lane));
}

const estimates = {
  ...named('i32x4.recip_estimate_u', estimate('recip_estimate', 'Reciprocals', 1n << 31n, estimateReciprocal)),
  ...named('i32x4.rsqrt_estimate_u', estimate('rsqrt_estimate', 'Reciprocal roots', 1n << 30n, estimateReciprocalRoot)),
};

export const laneIntegerRows = {
  ...estimates,
  ...arithmetic,
  ...comparisons,
  ...shifts,
  ...bitCounts,
  ...reductions,
  ...products,
  ...carryLessProducts,
};
