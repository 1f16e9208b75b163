/**
 * Vector floating-point rows under the guest's environment. A row answers with native instructions where rounding is to
 * nearest-even, inexact is raised already and no lane's result can raise anything else; the function of the row's name
 * takes the rest lane by lane.
 */
import { FP_ENV } from '../../fp/fp-env.ts';
import { comparisons } from '../../fp/wasm/compare.ts';
import { dynamicRounding, envIs, MODES, type FloatType } from '../../fp/wasm/text.ts';
import { vectorShapes, type vectorOperations, type VectorShape } from '../../fp/wasm/by-lane.ts';
import { vectorShapes as lanes } from '../../fp/wasm/lanes.ts';
import type { OpRow } from '../op.ts';
import { prefixed, signature } from './rows.ts';
import { shuffleLanesText, splatConst } from './lanes.ts';
import { leavingLanes, speculative, type Leaves } from './speculative.ts';

const VCPU = '$vcpu';
const settled = envIs(VCPU, MODES | FP_ENV.INEXACT, FP_ENV.INEXACT);
const keepsInputs = envIs(VCPU, FP_ENV.FLUSH_INPUTS, 0);

function row(types: string, summary: string, wasm: string): OpRow {
  return { ...signature(types), effect: 'fp', summary, wasm };
}

const typesOf = (arity: number): string => `${Array.from({ length: arity }, () => 'v128').join(' ')} -> v128`;
const operandsOf = (arity: number): string => Array.from({ length: arity }, (_, i) => `$${String(i)}`).join(' ');

/** Pushes a vector with the power of two in every lane. */
function power({ lane: F }: VectorShape, exponent: number): string {
  const bits = BigInt(exponent + F.format.maxExponent) << F.format.fractionBits;
  return splatConst(F.format.width, bits);
}

const infinity = ({ lane: F }: VectorShape): string => splatConst(F.format.width, F.format.infinity);

/** Pushes 1 where every lane of `@r` is finite: enough for sums and roots, which never underflow. */
const finite = (shape: VectorShape): string =>
  `@r ${shape.name}.abs ${infinity(shape)} ${shape.name}.lt ${shape.integer}.all_true`;

/** Pushes a mask of the lanes of `@r` that are finite and above the least normal binade. */
const ordinaryMask = (shape: VectorShape): string =>
  `@r ${shape.name}.abs ~m:v128 ${power(shape, shape.lane.format.minExponent + 1)} ${shape.name}.ge
   @m ${infinity(shape)} ${shape.name}.lt v128.and`;

const ordinary = (shape: VectorShape): string => `${ordinaryMask(shape)} ${shape.integer}.all_true`;

/** As `ordinary`, or a zero because a factor (of a quotient: the dividend) is one: those are frequent in data. */
function ordinaryOrZero(shape: VectorShape, factors: readonly string[]): string {
  const t = shape.name;
  const zero = (value: string): string => `${value} v128.const 0 0 ${t}.eq`;
  const some = factors.map(zero).join(' ') + (factors.length > 1 ? ' v128.or' : '');
  return `${ordinaryMask(shape)} ${zero('@r')} ${some} v128.and v128.or ${shape.integer}.all_true`;
}

const answers = {
  add: finite,
  sub: finite,
  mul: (shape: VectorShape) => ordinaryOrZero(shape, ['$0', '$1']),
  div: ordinary,
  sqrt: finite,
} as const;

function laneForms({ lane }: VectorShape, arity: number, compute: string, which: Leaves) {
  return leavingLanes(lanes[lane.type], operandsOf(arity).split(' '), { compute, which, notesDenormals: false });
}

function native(shape: VectorShape, name: keyof typeof answers, arity: number, summary: string): OpRow {
  const slow = `${operandsOf(arity)} ${VCPU} call:lanes.${shape.name}.${name}`;
  const compute = `${operandsOf(arity)} ${shape.name}.${name} =r:v128`;
  const wasm = `${compute} ${settled} ${answers[name](shape)} i32.and if:v128 @r else ${slow} end`;
  const which = ({ add: 'sum', sub: 'sum', mul: 'product', div: 'quotient', sqrt: 'sum' } as const)[name];
  return { ...row(typesOf(arity), summary, wasm), ...laneForms(shape, arity, compute, which) };
}

function extremum(shape: VectorShape, name: 'minimum' | 'maximum' | 'min_num' | 'max_num'): OpRow {
  const t = shape.name;
  const instruction = name.startsWith('min') ? 'min' : 'max';
  const numbers = `$0 $1 ${t}.${instruction} ~r:v128 @r ${t}.eq ${shape.integer}.all_true ${keepsInputs} i32.and`;
  const wasm = `${numbers} if:v128 @r else $0 $1 ${VCPU} call:lanes.${t}.${name} end`;
  const base = row(typesOf(2), `As fp.${shape.lane.type}.${name}, in each lane.`, wasm);
  return speculative(base, `$0 $1 ${t}.${instruction} ~r:v128 @r ${t}.ne v128.any_true`, '@r');
}

/** Without a fast path of its own: the scalar functions have theirs. */
function called(shape: VectorShape, name: keyof typeof vectorOperations, arity: number): OpRow {
  const wasm = `${operandsOf(arity)} ${VCPU} call:lanes.${shape.name}.${name}`;
  return row(typesOf(arity), `As fp.${shape.lane.type}.${name}, in each lane.`, wasm);
}

function comparisonRows(shape: VectorShape) {
  const t = shape.name;
  const entries = comparisons.map(({ name, native: instruction }) => {
    const numbers = `$0 $0 ${t}.eq $1 $1 ${t}.eq v128.and ${shape.integer}.all_true ${keepsInputs} i32.and`;
    const wasm = `${numbers} if:v128 $0 $1 ${t}.${instruction} else $0 $1 ${VCPU} call:lanes.${t}.${name} end`;
    const base = row(typesOf(2), `As fp.${shape.lane.type}.${name}, as a mask in each lane.`, wasm);
    const unordered = `$0 $0 ${t}.ne $1 $1 ${t}.ne v128.or v128.any_true`;
    return [name, speculative(base, unordered, `$0 $1 ${t}.${instruction}`)];
  });
  return Object.fromEntries(entries) as Record<(typeof comparisons)[number]['name'], OpRow>;
}

function roundingRows(shape: VectorShape) {
  const call = (name: string, mode: string): string => `$0 ${mode} ${VCPU} call:lanes.${shape.name}.${name}`;
  const summary = `To integral values, `;
  return {
    round: row(typesOf(1), `${summary}never inexact.`, call('round', dynamicRounding(VCPU))),
    round_rm: {
      ...row(typesOf(1), `${summary}never inexact. Rounding mode: the immediate.`, call('round', '$imm')),
      immediate: 'index',
    },
    round_exact: row(typesOf(1), `${summary}raising inexact.`, call('round_exact', dynamicRounding(VCPU))),
  } as const satisfies Readonly<Record<string, OpRow>>;
}

function rowsOf(type: FloatType) {
  const shape = vectorShapes[type];
  return {
    add: native(shape, 'add', 2, 'Sum of each lane.'),
    sub: native(shape, 'sub', 2, 'Difference of each lane.'),
    mul: native(shape, 'mul', 2, 'Product of each lane.'),
    div: native(shape, 'div', 2, 'Quotient of each lane.'),
    sqrt: native(shape, 'sqrt', 1, 'Square root of each lane.'),
    minimum: extremum(shape, 'minimum'),
    maximum: extremum(shape, 'maximum'),
    min_num: extremum(shape, 'min_num'),
    max_num: extremum(shape, 'max_num'),
    mul_extended: called(shape, 'mul_extended', 2),
    recip_step: called(shape, 'recip_step', 2),
    rsqrt_step: called(shape, 'rsqrt_step', 2),
    recip_estimate: called(shape, 'recip_estimate', 1),
    rsqrt_estimate: called(shape, 'rsqrt_estimate', 1),
    recip_exponent: called(shape, 'recip_exponent', 1),
    ...comparisonRows(shape),
    ...roundingRows(shape),
  };
}

/**
 * The products are exact in double precision; rounding the sum twice errs only from the middle of two single-precision
 * numbers. Two lanes at a time.
 */
function fusedSingles(): string {
  const upper = shuffleLanesText(64, [1, 1]);
  const wide = (value: string): string => `${value} f64x2.promote_low_f32x4`;
  const sum = (a: string, b: string, c: string): string => `${wide(a)} ${wide(b)} f64x2.mul ${wide(c)} f64x2.add`;
  const high = (value: string): string => `${value} ${value} ${upper}`;
  // Low 29 bits of a lane that lies in the middle of two single-precision numbers.
  const middle = (value: string): string =>
    `${value} ${splatConst(64, 0x1fffffffn)} v128.and ${splatConst(64, 0x10000000n)} i64x2.ne`;
  return `${sum('$0', '$1', '$2')} =l:v128 ${sum(high('$0'), high('$1'), high('$2'))} =h:v128
    @l f32x4.demote_f64x2_zero @h f32x4.demote_f64x2_zero ${shuffleLanesText(64, [0, 2])} =r:v128
    ${middle('@l')} ${middle('@h')} v128.and i64x2.all_true ${settled} i32.and ${ordinary(vectorShapes.f32)} i32.and
    if:v128 @r else $0 $1 $2 ${VCPU} call:lanes.f32x4.fma end`;
}

function fusedRow(shape: VectorShape, wasm: string): OpRow {
  const compute = `$0 $1 $2 ${shape.name}.relaxed_madd =r:v128`;
  const base = row(typesOf(3), 'a * b + c of each lane, rounded once.', wasm);
  return { ...base, ...laneForms(shape, 3, compute, 'product'), needs: 'fused-multiply-add' };
}

const fused = {
  'lanes.f32x4.fma': fusedRow(vectorShapes.f32, fusedSingles()),
  'lanes.f64x2.fma': fusedRow(vectorShapes.f64, `$0 $1 $2 ${VCPU} call:lanes.f64x2.fma`),
};

function conversionRow(name: string, mode: string, summary: string, imm = false): OpRow {
  const base = row(typesOf(1), summary, `$0 ${mode} ${VCPU} call:${name}`);
  return imm ? { ...base, immediate: 'index' } : base;
}

type ConversionName =
  | `lanes.i32x4.fixed_f32x4_${'s' | 'u'}`
  | `lanes.i64x2.fixed_f64x2_${'s' | 'u'}`
  | `lanes.f32x4.from_i32x4_${'s' | 'u'}`
  | `lanes.f64x2.from_i64x2_${'s' | 'u'}`;

function conversionRows(): Record<ConversionName, OpRow> {
  const entries = Object.values(vectorShapes).flatMap(({ name, integer }) =>
    (['s', 'u'] as const).flatMap((sign) => {
      const [to, from] = [`lanes.${integer}.fixed_${name}_${sign}`, `lanes.${name}.from_${integer}_${sign}`];
      const word = sign === 's' ? 'signed' : 'unsigned';
      const fixed = `To ${word} integers, saturating; NaN gives 0. Immediate: rounding mode, fraction bits from bit 8.`;
      return [
        [to, conversionRow(to, '$imm', fixed, true)],
        [from, conversionRow(from, dynamicRounding(VCPU), `Of ${word} integers.`)],
      ];
    }),
  );
  return Object.fromEntries(entries) as Record<ConversionName, OpRow>;
}

function demotion(): string {
  const shape = vectorShapes.f32;
  // Zeros stand in for the upper lanes, which the mask leaves out.
  const ok = `${ordinaryMask(shape)} v128.const 0 -1 v128.or i32x4.all_true`;
  return `$0 f32x4.demote_f64x2_zero =r:v128 ${settled} ${ok} i32.and
    if:v128 @r else $0 ${VCPU} call:lanes.f32x4.demote_f64x2_zero end`;
}

const formats = {
  'lanes.f64x2.promote_low_f32x4': conversionRow(
    'lanes.f64x2.promote_low_f32x4',
    '',
    'The lower lanes in double precision.',
  ),
  'lanes.f32x4.demote_f64x2_zero': row(typesOf(1), 'Both lanes in single precision; upper lanes 0.', demotion()),
  'lanes.f32x4.demote_f64x2_zero_odd': conversionRow(
    'lanes.f32x4.demote_f64x2_zero_odd',
    '',
    'Both lanes in single precision, rounded to odd; upper lanes 0.',
  ),
  'lanes.f32x4.promote_low_f16x8': conversionRow(
    'lanes.f32x4.promote_low_f16x8',
    '',
    'The four lower half-precision lanes.',
  ),
  'lanes.f16x8.demote_f32x4_zero': conversionRow(
    'lanes.f16x8.demote_f32x4_zero',
    dynamicRounding(VCPU),
    'All lanes in half precision; the upper half is 0.',
  ),
};

export const fpLaneRows = {
  ...prefixed('lanes.f32x4', rowsOf('f32')),
  ...prefixed('lanes.f64x2', rowsOf('f64')),
  ...fused,
  ...conversionRows(),
  ...formats,
};
