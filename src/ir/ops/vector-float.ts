/**
 * Floating-point rows with denormal operands noted, and on vectors, under the guest's environment. The functions are in
 * `fp/wasm/denormal.ts`, `vector.ts` and `vector-convert.ts`.
 */
import { notingRows } from '../../fp/wasm/denormal.ts';
import { flushedLanes, orderedLanes, splatConst, splatPower, vectorShapes } from '../../fp/wasm/lanes.ts';
import type { OpRow } from '../op.ts';
import { extendedRows } from './extended.ts';
import { signature } from './rows.ts';

type Arithmetic = 'add' | 'sub' | 'mul' | 'div' | 'sqrt' | 'fma';
type NotingName = `fp.${'f32' | 'f64'}.${Arithmetic}_dn` | 'fp.f32.demote_f64_dn' | 'fp.f64.promote_f32_dn';

const noting = Object.fromEntries(
  notingRows.map(({ name, plain, params, result, wasm }): [string, OpRow] => {
    const summary = `As ${plain}; a denormal operand that is not flushed raises its flag.`;
    return [name, { params, result, effect: 'fp', summary, wasm }];
  }),
) as Record<NotingName, OpRow>;

/** A row that is a call of the runtime function of its name, with its immediate, if any, and the vCPU block. */
function called<Name extends string>(name: Name, types: string, summary: string, indexed = false): Record<Name, OpRow> {
  const { params, result } = signature(types);
  const operands = params.map((_, index) => `$${String(index)}`).join(' ');
  const wasm = `${operands} ${indexed ? '$imm' : ''} $vcpu call:${name}`;
  const row: OpRow = { params, result, effect: 'fp', summary, wasm };
  return { [name]: indexed ? { ...row, immediate: 'index' } : row } as Record<Name, OpRow>;
}

const ROUNDING = 'Rounding mode: the immediate.';

function vectorRows<Shape extends 'f32x4' | 'f64x2'>(shape: Shape) {
  const VV = 'v128 v128 -> v128';
  return {
    ...called(`fp.${shape}.add`, VV, 'Sum of each lane, with flags.'),
    ...called(`fp.${shape}.sub`, VV, 'Difference of each lane, with flags.'),
    ...called(`fp.${shape}.mul`, VV, 'Product of each lane, with flags.'),
    ...called(`fp.${shape}.div`, VV, 'Quotient of each lane, with flags.'),
    ...called(`fp.${shape}.sqrt`, 'v128 -> v128', 'Square root of each lane, with flags.'),
    ...called(`fp.${shape}.fma`, 'v128 v128 v128 -> v128', 'a * b + c of each lane, rounded once, with flags.'),
    ...called(`fp.${shape}.min_or_second`, VV, 'a < b ? a : b of each lane; any NaN is invalid.'),
    ...called(`fp.${shape}.max_or_second`, VV, 'a > b ? a : b of each lane; any NaN is invalid.'),
    ...called(
      `fp.${shape}.compare`,
      VV,
      'Mask of the lanes that are in one of the relations of the immediate: 1 less, 2 equal, 4 greater, 8 unordered; ' +
        '16: a quiet NaN is invalid too.',
      true,
    ),
    ...called(
      `fp.${shape}.round`,
      'v128 -> v128',
      'Each lane to an integral value by the mode in bits 0 to 2 of the immediate; bit 3: inexact is not raised.',
      true,
    ),
    ...called(
      `fp.i32x4.from_${shape}_or_min`,
      'v128 -> v128',
      `Each lane to a signed integer; what does not fit gives the least one. ${ROUNDING}`,
      true,
    ),
  };
}

function scalarRows<T extends 'f32' | 'f64'>(type: T) {
  return {
    ...called(
      `fp.${type}.relation`,
      `${type} ${type} -> i32`,
      '1 if less, 2 if equal, 4 if greater, 8 if unordered; immediate 1: a quiet NaN is invalid too.',
      true,
    ),
    ...called(
      `fp.i32.from_${type}_or_min`,
      `${type} -> i32`,
      `To a signed integer; what does not fit gives the least one. ${ROUNDING}`,
      true,
    ),
    ...called(
      `fp.i64.from_${type}_or_min`,
      `${type} -> i64`,
      `To a signed integer; what does not fit gives the least one. ${ROUNDING}`,
      true,
    ),
  };
}

const conversions = {
  ...called('fp.f32x4.from_i32x4', 'v128 -> v128', 'Singles of signed integers, with flags.'),
  ...called('fp.f64x2.promote_low_f32x4', 'v128 -> v128', 'The two lower singles as doubles, with flags.'),
  ...called('fp.f32x4.demote_f64x2_zero', 'v128 -> v128', 'Two doubles as singles, with flags; upper lanes 0.'),
};

const M32 = (1n << 32n) - 1n;
const M64 = (1n << 64n) - 1n;

/** Lane 0 under a name of its own, without immediate. */
const lowLanes: Record<'f32x4.low' | 'f64x2.low' | 'f32x4.with_low' | 'f64x2.with_low', OpRow> = {
  'f32x4.low': {
    ...signature('v128 -> f32'),
    effect: 'pure',
    summary: 'Lane 0.',
    wasm: '$0 f32x4.extract_lane 0',
    fold: (a) => a & M32,
  },
  'f64x2.low': {
    ...signature('v128 -> f64'),
    effect: 'pure',
    summary: 'Lane 0.',
    wasm: '$0 f64x2.extract_lane 0',
    fold: (a) => a & M64,
  },
  'f32x4.with_low': {
    ...signature('v128 f32 -> v128'),
    effect: 'pure',
    summary: 'The vector with lane 0 replaced.',
    wasm: '$0 $1 f32x4.replace_lane 0',
    fold: (a, b) => ((a >> 32n) << 32n) | b,
  },
  'f64x2.with_low': {
    ...signature('v128 f64 -> v128'),
    effect: 'pure',
    summary: 'The vector with lane 0 replaced.',
    wasm: '$0 $1 f64x2.replace_lane 0',
    fold: (a, b) => ((a >> 64n) << 64n) | b,
  },
};

const single = vectorShapes.f32;
const ONE = splatPower(single, 0);
const QUIET = splatConst(single, single.F.format.quietBit);
const DEFAULT_NAN = splatConst(single, 0xffc00000n);

/** Reciprocals without flags; denormal numbers count as zeros, as operands and as results. */
function estimateRow(summary: string, computed: string): OpRow {
  const wasm = `${flushedLanes(single, '$0')} =x:v128 ${computed} =r:v128
    ${flushedLanes(single, '@r')} @x ${QUIET} v128.or ${orderedLanes(single, '@x')} v128.bitselect`;
  return { ...signature('v128 -> v128'), effect: 'pure', summary, wasm };
}

const estimates = {
  'f32x4.reciprocal_estimate': estimateRow('1 / a, to nearest; denormals are zeros.', `${ONE} @x f32x4.div`),
  'f32x4.reciprocal_sqrt_estimate': estimateRow(
    '1 / sqrt(a), rounded twice to nearest; denormals are zeros, negative numbers give the negative quiet NaN.',
    `${DEFAULT_NAN} ${ONE} @x f32x4.sqrt f32x4.div @x v128.const 0 0 f32x4.lt v128.bitselect`,
  ),
};

/** With the rows of the extended format, whose values are vectors too. */
export const vectorFloatRows = {
  ...extendedRows,
  ...estimates,
  ...noting,
  ...lowLanes,
  ...vectorRows('f32x4'),
  ...vectorRows('f64x2'),
  ...scalarRows('f32'),
  ...scalarRows('f64'),
  ...conversions,
};
