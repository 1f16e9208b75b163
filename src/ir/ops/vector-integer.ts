/**
 * Integer vector rows that WebAssembly has no single instruction for. Templates are a few native instructions, or a
 * call of the runtime function of the row's name where that would be long; folders say the same lane by lane.
 */
import type { Fold, OpRow } from '../op.ts';
import { named, signature } from './rows.ts';

const V = 'v128 -> v128';
const VV = 'v128 v128 -> v128';

/** Unsigned lanes of `bits` bits, lane 0 first. */
export function lanesOf(vector: bigint, bits: number): bigint[] {
  return Array.from({ length: 128 / bits }, (_, lane) => BigInt.asUintN(bits, vector >> BigInt(lane * bits)));
}

/** The vector of lanes, each taken modulo 2^bits. */
export function vectorOf(lanes: readonly bigint[], bits: number): bigint {
  return lanes.reduce((vector, lane, index) => vector | (BigInt.asUintN(bits, lane) << BigInt(index * bits)), 0n);
}

type LaneFold = (a: bigint, b: bigint) => bigint;

/** A folder that works on lanes of `bits` bits, signed or unsigned. */
function byLane(bits: number, signed: boolean, fold: LaneFold): Fold {
  const value = (lane: bigint): bigint => (signed ? BigInt.asIntN(bits, lane) : lane);
  return (a, b) => {
    const other = lanesOf(b, bits);
    return vectorOf(
      lanesOf(a, bits).map((lane, index) => fold(value(lane), value(other[index] ?? 0n))),
      bits,
    );
  };
}

function pure(types: string, summary: string, wasm: string, fold: Fold): OpRow {
  return { ...signature(types), effect: 'pure', summary, wasm, fold };
}

const clamp = (value: bigint, low: bigint, high: bigint): bigint => (value < low ? low : value > high ? high : value);
const magnitude = (value: bigint): bigint => (value < 0n ? -value : value);

/** Sums of `size` neighbouring entries. */
function sums(values: readonly bigint[], size: number): bigint[] {
  return Array.from({ length: values.length / size }, (_, index) =>
    values.slice(index * size, index * size + size).reduce((sum, value) => sum + value, 0n),
  );
}

const HIGH_HALVES = 'i8x16.shuffle 2 3 6 7 10 11 14 15 18 19 22 23 26 27 30 31';
const highHalves = (sign: 's' | 'u'): string =>
  `$0 $1 i32x4.extmul_low_i16x8_${sign} $0 $1 i32x4.extmul_high_i16x8_${sign} ${HIGH_HALVES}`;
const EVEN_WORDS = 'i8x16.shuffle 0 1 2 3 8 9 10 11 0 1 2 3 8 9 10 11';
const evenWords = (sign: 's' | 'u'): string => `$0 $0 ${EVEN_WORDS} $1 $1 ${EVEN_WORDS} i64x2.extmul_low_i32x4_${sign}`;

const evenProducts =
  (signed: boolean): Fold =>
  (a, b) => {
    const even = (v: bigint): bigint[] =>
      lanesOf(v, 64).map((lane) => (signed ? BigInt.asIntN(32, lane) : BigInt.asUintN(32, lane)));
    const other = even(b);
    return vectorOf(
      even(a).map((lane, index) => lane * (other[index] ?? 0n)),
      64,
    );
  };

const products = {
  'i16x8.mulh_s': pure(
    VV,
    'Upper halves of the products, signed.',
    highHalves('s'),
    byLane(16, true, (a, b) => (a * b) >> 16n),
  ),
  'i16x8.mulh_u': pure(
    VV,
    'Upper halves of the products, unsigned.',
    highHalves('u'),
    byLane(16, false, (a, b) => (a * b) >> 16n),
  ),
  // WebAssembly's row saturates -1 * -1; the product without saturation is 0x8000, that with it 0x7fff.
  'i16x8.q15mulr_s': pure(
    VV,
    'Rounded product of Q15 numbers; -1 * -1 wraps.',
    `$0 $1 i16x8.q15mulr_sat_s ~p:v128 @p
     v128.const 0x7fff7fff7fff7fff 0x7fff7fff7fff7fff i16x8.eq v128.xor`,
    byLane(16, true, (a, b) => (((a * b) >> 14n) + 1n) >> 1n),
  ),
  'i64x2.mul_even_i32x4_u': pure(VV, 'Full products of lanes 0 and 2, unsigned.', evenWords('u'), evenProducts(false)),
  'i64x2.mul_even_i32x4_s': pure(VV, 'Full products of lanes 0 and 2, signed.', evenWords('s'), evenProducts(true)),
  'i16x8.dot_i8x16_us': pure(
    VV,
    'Saturated sums of neighbouring products of unsigned (first) and signed (second) bytes.',
    `$0 v128.const 0x00ff00ff00ff00ff 0x00ff00ff00ff00ff v128.and $1 i32.const 8 i16x8.shl i32.const 8 i16x8.shr_s
     i16x8.mul $0 i32.const 8 i16x8.shr_u $1 i32.const 8 i16x8.shr_s i16x8.mul i16x8.add_sat_s`,
    (a, b) => {
      const signed = lanesOf(b, 8).map((lane) => BigInt.asIntN(8, lane));
      const terms = lanesOf(a, 8).map((lane, index) => lane * (signed[index] ?? 0n));
      return vectorOf(
        sums(terms, 2).map((sum) => clamp(sum, -32768n, 32767n)),
        16,
      );
    },
  ),
  'i64x2.sum_abs_diff_i8x16_u': pure(
    VV,
    'Sum of the absolute differences of the unsigned bytes of each half.',
    `$0 $1 i8x16.max_u $0 $1 i8x16.min_u i8x16.sub i16x8.extadd_pairwise_i8x16_u i32x4.extadd_pairwise_i16x8_u
     ~s:v128 i32.const 32 i64x2.shr_u @s i64x2.add v128.const 0xffffffff 0xffffffff v128.and`,
    (a, b) => {
      const other = lanesOf(b, 8);
      const differences = lanesOf(a, 8).map((lane, index) => magnitude(lane - (other[index] ?? 0n)));
      return vectorOf(sums(differences, 8), 64);
    },
  ),
};

/** The first operand where the second is positive, 0 where it is 0, negated where it is negative. */
function signRow(bits: 8 | 16 | 32): OpRow {
  const shape = `i${String(bits)}x${String(128 / bits)}`;
  const wasm = `$1 i32.const ${String(bits - 1)} ${shape}.shr_s =g:v128
    $0 @g v128.xor @g ${shape}.sub $1 v128.const 0 0 ${shape}.eq v128.andnot`;
  const fold = byLane(bits, true, (a, b) => (b < 0n ? -a : b === 0n ? 0n : a));
  return pure(VV, 'The first operand with the sign of the second applied.', wasm, fold);
}

/** Shifts by the low 64 bits of the second operand; counts beyond the lane shift everything out. */
function shiftRow(bits: 16 | 32 | 64, kind: 'shl' | 'shr_s' | 'shr_u'): OpRow {
  const shape = `i${String(bits)}x${String(128 / bits)}`;
  const count = '$1 i64x2.extract_lane 0';
  const last = `i64.const ${String(bits - 1)}`;
  const wasm =
    kind === 'shr_s'
      ? `$0 i32.const ${String(bits - 1)} ${count} i32.wrap_i64 ${count} ${last} i64.gt_u select ${shape}.shr_s`
      : `${count} ~n:i64 ${last} i64.gt_u if:v128 v128.const 0 0 else $0 @n i32.wrap_i64 ${shape}.${kind} end`;
  const fold: Fold = (a, b) => {
    const by = BigInt.asUintN(64, b);
    const over = by >= BigInt(bits);
    return byLane(bits, kind === 'shr_s', (lane) => {
      if (kind === 'shr_s') return lane >> (over ? BigInt(bits - 1) : by);
      if (over) return 0n;
      return kind === 'shl' ? lane << by : lane >> by;
    })(a, 0n, 0n);
  };
  return pure(VV, 'Lanes shifted by the low 64 bits of the second operand, without modulo.', wasm, fold);
}

const shifts = {
  'i16x8.shl_by': shiftRow(16, 'shl'),
  'i32x4.shl_by': shiftRow(32, 'shl'),
  'i64x2.shl_by': shiftRow(64, 'shl'),
  'i16x8.shr_u_by': shiftRow(16, 'shr_u'),
  'i32x4.shr_u_by': shiftRow(32, 'shr_u'),
  'i64x2.shr_u_by': shiftRow(64, 'shr_u'),
  'i16x8.shr_s_by': shiftRow(16, 'shr_s'),
  'i32x4.shr_s_by': shiftRow(32, 'shr_s'),
};

/** Shifts each lane by the unsigned lane of the second operand; counts beyond the lane shift everything out. */
function shiftEachRow(bits: 32 | 64, kind: 'shl' | 'shr_s' | 'shr_u'): OpRow {
  const shape = `i${String(bits)}x${String(128 / bits)}`;
  const type = bits === 32 ? 'i32' : 'i64';
  const last = `${type}.const ${String(bits - 1)}`;
  const lane = (index: number): string => {
    const [value, count] = ['$0', '$1'].map((operand) => `${operand} ${shape}.extract_lane ${String(index)}`);
    const place = index === 0 ? 'splat' : `replace_lane ${String(index)}`;
    if (kind === 'shr_s')
      return `${value} ${last} ${count} ~n:${type} @n ${last} ${type}.gt_u select ${type}.shr_s ${shape}.${place}`;
    return `${value} ${count} ~n:${type} ${type}.${kind} ${type}.const 0 @n ${last} ${type}.le_u select ${shape}.${place}`;
  };
  const wasm = Array.from({ length: 128 / bits }, (_, index) => lane(index)).join(' ');
  const fold: Fold = (a, b) => {
    const counts = lanesOf(b, bits);
    const shifted = lanesOf(a, bits).map((value, index) => {
      const count = counts[index] ?? 0n;
      const by = count < BigInt(bits) ? count : BigInt(bits);
      if (kind === 'shr_s') return BigInt.asIntN(bits, value) >> by;
      return kind === 'shl' ? value << by : value >> by;
    });
    return vectorOf(shifted, bits);
  };
  return pure(VV, 'Each lane shifted by the lane of the second operand, without modulo.', wasm, fold);
}

const shiftsOfEach = {
  'i32x4.shl_each': shiftEachRow(32, 'shl'),
  'i32x4.shr_u_each': shiftEachRow(32, 'shr_u'),
  'i32x4.shr_s_each': shiftEachRow(32, 'shr_s'),
  'i64x2.shl_each': shiftEachRow(64, 'shl'),
  'i64x2.shr_u_each': shiftEachRow(64, 'shr_u'),
};

const pick =
  (bits: number, from: 0 | 1, step: 1 | 2): Fold =>
  (a, b) => {
    const [x, y] = [lanesOf(a, bits), lanesOf(b, bits)];
    const half = step === 2 ? 1 : x.length / 2;
    const count = x.length / 2;
    const at = (index: number): number => from * half + index * step;
    return vectorOf(Array.from({ length: count }, (_, index) => [x[at(index)] ?? 0n, y[at(index)] ?? 0n]).flat(), bits);
  };

/** Interleaves the lower or the upper halves of both operands: a0 b0 a1 b1 ... */
function interleaveRow(bits: 8 | 16 | 32 | 64, from: 0 | 1): OpRow {
  const bytes = bits / 8;
  const first = from * 8;
  const selectors = Array.from({ length: 8 / bytes }, (_, lane) => {
    const lanes = Array.from({ length: bytes }, (__, byte) => first + lane * bytes + byte);
    return [...lanes, ...lanes.map((selector) => selector + 16)];
  }).flat();
  const wasm = `$0 $1 i8x16.shuffle ${selectors.join(' ')}`;
  return pure(VV, `Interleaves the ${from === 0 ? 'lower' : 'upper'} halves.`, wasm, pick(bits, from, 1));
}

const interleaves = {
  'i8x16.interleave_low': interleaveRow(8, 0),
  'i16x8.interleave_low': interleaveRow(16, 0),
  'i32x4.interleave_low': interleaveRow(32, 0),
  'i64x2.interleave_low': interleaveRow(64, 0),
  'i8x16.interleave_high': interleaveRow(8, 1),
  'i16x8.interleave_high': interleaveRow(16, 1),
  'i32x4.interleave_high': interleaveRow(32, 1),
  'i64x2.interleave_high': interleaveRow(64, 1),
};

const lookups = {
  'i8x16.lookup': pure(
    VV,
    'Byte i is byte b[i] modulo 16 of the first operand, 0 where b[i] has its sign bit.',
    `$0 $1 v128.const 0x8f8f8f8f8f8f8f8f 0x8f8f8f8f8f8f8f8f v128.and i8x16.swizzle`,
    (a, b) => {
      const bytes = lanesOf(a, 8);
      return vectorOf(
        lanesOf(b, 8).map((index) => (index > 127n ? 0n : (bytes[Number(index & 15n)] ?? 0n))),
        8,
      );
    },
  ),
};

const fromScalars = {
  'v128.from_i32': pure(
    'i32 -> v128',
    'The operand, zero-extended.',
    'v128.const 0 0 $0 i32x4.replace_lane 0',
    (a) => a,
  ),
  'v128.from_i64': pure(
    'i64 -> v128',
    'The operand, zero-extended.',
    'v128.const 0 0 $0 i64x2.replace_lane 0',
    (a) => a,
  ),
};

const minimumPosition = {
  'i16x8.min_position_u': pure(
    V,
    'The least unsigned lane in lane 0 and its first index in lane 1; the others 0.',
    '$0 call:i16x8.min_position_u',
    (a) => {
      const lanes = lanesOf(a, 16);
      const least = lanes.reduce((low, lane) => (lane < low ? lane : low));
      return least | (BigInt(lanes.indexOf(least)) << 16n);
    },
  ),
};

function indexed(types: string, summary: string, wasm: string): OpRow {
  return { ...signature(types), effect: 'pure', summary, wasm, immediate: 'index' };
}

const STRING_MATCH =
  'Bit for each element of the second vector that matches the first one; the operand holds both lengths, the immediate ' +
  'is the control byte of the SSE4.2 string instructions.';

const strings = {
  'i8x16.string_match': indexed('v128 v128 i32 -> i32', STRING_MATCH, '$0 $1 $2 $imm call:i8x16.string_match'),
  'i16x8.string_match': indexed('v128 v128 i32 -> i32', STRING_MATCH, '$0 $1 $2 $imm call:i16x8.string_match'),
  'i16x8.sliding_abs_diff_i8x16_u': indexed(
    VV,
    'Sums of absolute differences of four bytes of the second operand and eight groups of four of the first; ' +
      'immediate: bits 0 and 1 the four bytes, bit 2 the first group.',
    '$0 $1 $imm call:i16x8.sliding_abs_diff_i8x16_u',
  ),
};

export const vectorIntegerRows = {
  ...strings,
  ...products,
  ...named('i8x16.sign', signRow(8)),
  ...named('i16x8.sign', signRow(16)),
  ...named('i32x4.sign', signRow(32)),
  ...shifts,
  ...shiftsOfEach,
  ...interleaves,
  ...lookups,
  ...fromScalars,
  ...minimumPosition,
};
