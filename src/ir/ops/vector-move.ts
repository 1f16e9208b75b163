/** Vector rows that move lanes: between scalars and vectors, and permutations with a fixed pattern. */
import type { Fold, OpRow } from '../op.ts';
import { join, lanewise, rowsFor, shuffleLanesText, split, splatConst, type Shape } from './lanes.ts';
import { named, signature } from './rows.ts';

function pure(types: string, summary: string, wasm: string, fold: Fold): OpRow {
  return { ...signature(types), effect: 'pure', summary, wasm, fold };
}

const M64 = (1n << 64n) - 1n;

/** Scalars in lane 0. Guests whose scalar floats share registers with vectors move this way all the time. */
const scalars = {
  ...named(
    'i32x4.low',
    pure('v128 -> i32', 'Lane 0.', '$0 i32x4.extract_lane 0', (a) => BigInt.asUintN(32, a)),
  ),
  ...named(
    'i64x2.low',
    pure('v128 -> i64', 'Lane 0.', '$0 i64x2.extract_lane 0', (a) => a & M64),
  ),
  ...named(
    'v128.from_f32',
    pure('f32 -> v128', 'In lane 0; all else 0.', 'v128.const 0 0 $0 f32x4.replace_lane 0', (a) => a),
  ),
  ...named(
    'v128.from_f64',
    pure('f64 -> v128', 'In lane 0; all else 0.', 'v128.const 0 0 $0 f64x2.replace_lane 0', (a) => a),
  ),
};

function lowRow(bits: number): OpRow {
  const mask = String(BigInt.asIntN(64, (1n << BigInt(bits)) - 1n));
  const fold: Fold = (a) => BigInt.asUintN(bits, a);
  return pure('v128 -> v128', `The low ${String(bits)} bits; all else 0.`, `$0 v128.const ${mask} 0 v128.and`, fold);
}

const low = {
  ...named('v128.low8', lowRow(8)),
  ...named('v128.low16', lowRow(16)),
  ...named('v128.low32', lowRow(32)),
  ...named('v128.low64', lowRow(64)),
};

function permutation({ bits, count }: Shape, summary: string, lane: (at: number) => number): OpRow {
  const lanes = Array.from({ length: count }, (_, at) => lane(at));
  const fold: Fold = (a, b) => {
    const both = [...split(a, bits), ...split(b, bits)];
    return join(
      lanes.map((from) => both[from] ?? 0n),
      bits,
    );
  };
  return pure('v128 v128 -> v128', summary, `$0 $1 ${shuffleLanesText(bits, lanes)}`, fold);
}

function splatLow({ bits, count }: Shape): OpRow {
  const lanes = Array.from({ length: count }, () => 0);
  return pure('v128 -> v128', 'Lane 0 in every lane.', `$0 $0 ${shuffleLanesText(bits, lanes)}`, (a) =>
    join(
      lanes.map(() => a),
      bits,
    ),
  );
}

const narrow = ['i8x16', 'i16x8', 'i32x4'] as const;
const all = [...narrow, 'i64x2'] as const;

const permutations = {
  ...rowsFor(all, (shape) => ({ splat_low: splatLow(shape) })),
  ...rowsFor(narrow, (shape) => ({
    unzip_even: permutation(shape, 'Even lanes of the first, then of the second.', (at) => 2 * at),
    unzip_odd: permutation(shape, 'Odd lanes of the first, then of the second.', (at) => 2 * at + 1),
    transpose_even: permutation(shape, 'Even lanes of both, alternating.', (at) =>
      at % 2 === 0 ? at : at - 1 + shape.count,
    ),
    transpose_odd: permutation(shape, 'Odd lanes of both, alternating.', (at) =>
      at % 2 === 0 ? at + 1 : at + shape.count,
    ),
  })),

  ...named(
    'i64x2.join_high_low',
    permutation({ name: 'i64x2', bits: 64, count: 2 }, 'Lane 1 of the first, lane 0 of the second.', (at) => 1 + at),
  ),
};

/** Byte i of the result is byte c[i] of 32. */
const table2 = pure(
  'v128 v128 v128 -> v128',
  'Byte i is byte c[i] of the 32 bytes of a and b, 0 where c[i] > 31.',
  `$0 $2 ~s:v128 i8x16.swizzle $1 @s ${splatConst(8, 16n)} i8x16.sub i8x16.swizzle v128.or`,
  (a, b, c) => lanewise(8, (at) => (at > 31n ? 0n : BigInt.asUintN(8, ((b << 128n) | a) >> (8n * at))))(c, 0n, 0n),
);

const upperHalf: OpRow = pure(
  'v128 v128 -> v128',
  'Lane 0 of the first, lane 1 of the second.',
  `$0 $1 ${shuffleLanesText(64, [0, 3])}`,
  (a, b) => (a & M64) | (b & ~M64),
);

export const vectorMoveRows = {
  ...scalars,
  ...low,
  ...permutations,
  ...named('i64x2.join_low_high', upperHalf),
  ...named('i8x16.table2', table2),
};
