/**
 * Floating-point rows with denormal operands noted, and on vectors, under the guest's environment. The functions are in
 * `fp/wasm/denormal.ts`, `vector.ts` and `vector-convert.ts`.
 */
import { defined } from '../../common/assert.ts';
import { ROUNDING } from '../../fp/fp-env.ts';
import { inRange, integerTexts, nativeToInteger } from '../../fp/wasm/convert.ts';
import { notingRows, type NotingRow } from '../../fp/wasm/denormal.ts';
import { flushedLanes, orderedLanes, splatConst, splatPower, vectorShapes } from '../../fp/wasm/lanes.ts';
import { floatText, type FloatType } from '../../fp/wasm/text.ts';
import type { OpRow } from '../op.ts';
import { extendedRows } from './extended.ts';
import { signature } from './rows.ts';
import {
  leaveDenormal,
  leaveDenormalLanes,
  leaveUnordered,
  leaving,
  leavingLanes,
  type Leaves,
} from './speculative.ts';

type Arithmetic = 'add' | 'sub' | 'mul' | 'div' | 'sqrt' | 'fma';
type NotingName = `fp.${'f32' | 'f64'}.${Arithmetic}_dn` | 'fp.f32.demote_f64_dn' | 'fp.f64.promote_f32_dn';

type SpeculativePart = Pick<
  OpRow,
  'speculative' | 'speculativeTiny' | 'speculativeDenormal' | 'speculativeOperands' | 'givesNormal' | 'needs'
>;

/** The scalars' fused operation is that of a vector: it is the one that WebAssembly has. */
function fusedScalar(type: FloatType): string {
  const { shape } = vectorShapes[type];
  const operands = ['$0', '$1', '$2'].map((operand) => `${operand} ${shape}.splat`).join(' ');
  return `${operands} ${shape}.relaxed_madd ${shape}.extract_lane 0 =r:${type}`;
}

/** The form of an operation that notes denormal operands: as without, and none of them is denormal. */
function speculativeNoting({ plain, params, result, native }: NotingRow): SpeculativePart {
  const operation = plain.split('.').at(-1) ?? '';
  const speculativeOperands = params.map((type, index) => leaveDenormal(floatText[type], `$${String(index)}`));
  const compute = `${native} =r:${result}`;
  const F = floatText[result];
  switch (operation) {
    case 'add':
    case 'sub':
      return { ...leaving(F, compute, 'sum'), speculativeOperands };
    case 'sqrt':
      return { ...leaving(F, compute, 'sum'), speculativeOperands, givesNormal: true };
    case 'mul':
      return { ...leaving(F, compute, 'product'), speculativeOperands, givesNormal: true };
    case 'div':
    case 'demote_f64':
      return { ...leaving(F, compute, 'quotient'), speculativeOperands, givesNormal: true };
    case 'promote_f32':
      return { speculative: `$0 $0 f32.ne $leave ${native}`, speculativeOperands, givesNormal: true };
    case 'fma':
      return {
        ...leaving(F, fusedScalar(result), 'product'),
        ...{ speculativeOperands, givesNormal: true, needs: 'fused-multiply-add' },
      };
    default:
      throw new Error(`${plain} has no speculative form`);
  }
}

const noting = Object.fromEntries(
  notingRows.map((row): [string, OpRow] => {
    const { name, plain, params, result, wasm } = row;
    const summary = `As ${plain}; a denormal operand that is not flushed raises its flag.`;
    return [name, { params, result, effect: 'fp', summary, wasm, ...speculativeNoting(row) }];
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

const BY_IMMEDIATE = 'Rounding mode: the immediate.';

/** The only row of `rows`, with more in it. */
function having<Name extends string>(rows: Record<Name, OpRow>, part: SpeculativePart): Record<Name, OpRow> {
  const entries = Object.entries<OpRow>(rows).map(([name, row]): [string, OpRow] => [name, { ...row, ...part }]);
  return Object.fromEntries(entries) as Record<Name, OpRow>;
}

/** The form of a row that computes by `instruction`. */
function byInstruction(type: FloatType, instruction: string, arity: number, which: Leaves): SpeculativePart {
  const S = vectorShapes[type];
  const operands = Array.from({ length: arity }, (_, index) => `$${String(index)}`);
  const compute = `${operands.join(' ')} ${S.shape}.${instruction} =r:v128`;
  return leavingLanes(S, operands, { compute, which, notesDenormals: true });
}

/** Pushes the mask of lanes in the relations of the immediate, of numbers. */
function numbersIn(shape: 'f32x4' | 'f64x2'): string {
  const part = (bit: number, name: string): string =>
    `$imm i32.const ${String(bit)} i32.and if:v128 $0 $1 ${shape}.${name} else v128.const 0 0 end`;
  return `${part(1, 'lt')} ${part(2, 'eq')} v128.or ${part(4, 'gt')} v128.or`;
}

/** The form of a row that has `result` for two vectors of numbers. */
function comparing(type: FloatType, result: string): SpeculativePart {
  const S = vectorShapes[type];
  return {
    speculative: `${leaveUnordered(S)} ${leaveDenormalLanes(S, ['$0', '$1'])} ${result}`,
    speculativeDenormal: `${leaveUnordered(S)} ${result}`,
  };
}

function vectorRows<Shape extends 'f32x4' | 'f64x2'>(type: FloatType, shape: Shape) {
  const VV = 'v128 v128 -> v128';
  const sums = (instruction: string): SpeculativePart => byInstruction(type, instruction, 2, 'sum');
  const relations =
    'Mask of the lanes that are in one of the relations of the immediate: 1 less, 2 equal, 4 greater, 8 unordered; ' +
    '16: a quiet NaN is invalid too.';
  return {
    ...having(called(`fp.${shape}.add`, VV, 'Sum of each lane, with flags.'), sums('add')),
    ...having(called(`fp.${shape}.sub`, VV, 'Difference of each lane, with flags.'), sums('sub')),
    ...having(
      called(`fp.${shape}.mul`, VV, 'Product of each lane, with flags.'),
      byInstruction(type, 'mul', 2, 'product'),
    ),
    ...having(
      called(`fp.${shape}.div`, VV, 'Quotient of each lane, with flags.'),
      byInstruction(type, 'div', 2, 'quotient'),
    ),
    ...having(
      called(`fp.${shape}.sqrt`, 'v128 -> v128', 'Square root of each lane, with flags.'),
      byInstruction(type, 'sqrt', 1, 'sum'),
    ),
    ...having(called(`fp.${shape}.fma`, `v128 ${VV}`, 'a * b + c of each lane, rounded once, with flags.'), {
      ...byInstruction(type, 'relaxed_madd', 3, 'product'),
      needs: 'fused-multiply-add',
    }),
    ...having(
      called(`fp.${shape}.min_or_second`, VV, 'a < b ? a : b of each lane; any NaN is invalid.'),
      comparing(type, `$1 $0 ${shape}.pmin`),
    ),
    ...having(
      called(`fp.${shape}.max_or_second`, VV, 'a > b ? a : b of each lane; any NaN is invalid.'),
      comparing(type, `$1 $0 ${shape}.pmax`),
    ),
    ...having(called(`fp.${shape}.compare`, VV, relations, true), comparing(type, numbersIn(shape))),
    ...called(
      `fp.${shape}.round`,
      'v128 -> v128',
      'Each lane to an integral value by the mode in bits 0 to 2 of the immediate; bit 3: inexact is not raised.',
      true,
    ),
    ...called(
      `fp.i32x4.from_${shape}_or_min`,
      'v128 -> v128',
      `Each lane to a signed integer; what does not fit gives the least one. ${BY_IMMEDIATE}`,
      true,
    ),
  };
}

/** One bit for the relation of two numbers. */
function relationOf(type: FloatType): SpeculativePart {
  const bit = (name: string, at: number): string => `$0 $1 ${type}.${name} i32.const ${String(at)} i32.shl`;
  const relation = `$0 $1 ${type}.lt ${bit('eq', 1)} i32.or ${bit('gt', 2)} i32.or`;
  const operands = ['$0', '$1'].map((operand) => leaveDenormal(floatText[type], operand));
  return { speculative: `${relation} ~r:i32 i32.eqz $leave @r`, speculativeOperands: operands };
}

/** Truncation, and rounding by a settled environment, of what fits. */
function toIntegerOrMin(type: FloatType, name: 'i32_s' | 'i64_s'): SpeculativePart {
  const I = defined(
    integerTexts.find((text) => text.name === name),
    'an integer type',
  );
  const F = floatText[type];
  const is = (mode: number): string => `$imm i32.const ${String(mode)} i32.eq`;
  const nearest = `${is(ROUNDING.DYNAMIC)} ${is(ROUNDING.NEAREST_EVEN)} i32.or`;
  const rounded = `${is(ROUNDING.TOWARD_ZERO)} if:${type} $0 ${type}.trunc else
    ${nearest} i32.eqz $leave $0 ${type}.nearest end =r:${type}`;
  return { speculative: `${rounded} ${inRange(F, I, '@r')} i32.eqz $leave @r ${nativeToInteger(F, I)}` };
}

function scalarRows<T extends 'f32' | 'f64'>(type: T) {
  return {
    ...having(
      called(
        `fp.${type}.relation`,
        `${type} ${type} -> i32`,
        '1 if less, 2 if equal, 4 if greater, 8 if unordered; immediate 1: a quiet NaN is invalid too.',
        true,
      ),
      relationOf(type),
    ),
    ...having(
      called(
        `fp.i32.from_${type}_or_min`,
        `${type} -> i32`,
        `To a signed integer; what does not fit gives the least one. ${BY_IMMEDIATE}`,
        true,
      ),
      toIntegerOrMin(type, 'i32_s'),
    ),
    ...having(
      called(
        `fp.i64.from_${type}_or_min`,
        `${type} -> i64`,
        `To a signed integer; what does not fit gives the least one. ${BY_IMMEDIATE}`,
        true,
      ),
      toIntegerOrMin(type, 'i64_s'),
    ),
  };
}

const conversions = {
  ...having(called('fp.f32x4.from_i32x4', 'v128 -> v128', 'Singles of signed integers, with flags.'), {
    speculative: '$0 f32x4.convert_i32x4_s',
  }),
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
  ...vectorRows('f32', 'f32x4'),
  ...vectorRows('f64', 'f64x2'),
  ...scalarRows('f32'),
  ...scalarRows('f64'),
  ...conversions,
};
