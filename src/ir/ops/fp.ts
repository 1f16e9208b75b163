/**
 * Floating-point rows under the guest's environment (the word at offset 0 of the vCPU block). A row answers inline
 * where rounding is to nearest-even, inexact is raised already and the native result is one that raises nothing else;
 * the rest is in the runtime function of the row's name (`fp/wasm/`), and behind it in soft-float.
 */
import { FP_ENV, ROUNDING } from '../../fp/fp-env.ts';
import { isFinite } from '../../fp/wasm/arithmetic.ts';
import { comparisons, ordered } from '../../fp/wasm/compare.ts';
import {
  inRange,
  integerTexts,
  isExactFromInteger,
  nativeFromInteger,
  nativeToInteger,
  type IntegerText,
} from '../../fp/wasm/convert.ts';
import { demotesSafely } from '../../fp/wasm/fused.ts';
import {
  MODES,
  dynamicRounding,
  envIs,
  floatText,
  isOrdinary,
  soft,
  type FloatText,
  type FloatType,
  type NumberType,
} from '../../fp/wasm/text.ts';
import type { OpRow } from '../op.ts';
import { prefixed } from './rows.ts';
import { leaving, speculative, type Leaves } from './speculative.ts';

const VCPU = '$vcpu';
/** Nearest-even, no flushing, inexact raised: nothing to do where the native result is an ordinary one. */
const settled = envIs(VCPU, MODES | FP_ENV.INEXACT, FP_ENV.INEXACT);
const keepsInputs = envIs(VCPU, FP_ENV.FLUSH_INPUTS, 0);

type Params = readonly NumberType[];

function operandsOf(params: Params): string {
  return params.map((_, index) => `$${String(index)}`).join(' ');
}

function call(name: string, params: Params): string {
  return `${operandsOf(params)} ${VCPU} call:${name}`;
}

/** `fast` where the condition pushed by `test` holds, else `slow`. */
function choose(result: NumberType, test: string, fast: string, slow: string): string {
  return `${test} if:${result} ${fast} else ${slow} end`;
}

function fpRow(params: Params, result: NumberType | null, summary: string, wasm: string): OpRow {
  return { params, result, effect: 'fp', summary, wasm };
}

function explicit(row: OpRow, wasm: string): OpRow {
  const { params, result, effect, summary } = row;
  return { params, result, effect, wasm, immediate: 'index', summary: `${summary} Rounding mode: the immediate.` };
}

/** A row, and with `_rm` the same under the rounding mode that is its immediate. */
function withRounding<Name extends string>(name: Name, row: OpRow, rm: OpRow): Record<Name | `${Name}_rm`, OpRow> {
  return { [name]: row, [`${name}_rm`]: rm } as Record<Name | `${Name}_rm`, OpRow>;
}

/**
 * The `_rm` form of a row whose runtime function rounds by the environment: that function where the modes agree, else
 * soft-float.
 */
function byEnvironment(name: string, params: Params, result: NumberType): string {
  const agrees = `${dynamicRounding(VCPU)} $imm i32.eq`;
  return choose(result, agrees, call(name, params), soft(name, params, result, VCPU, '$imm'));
}

interface Arithmetic {
  readonly native: string;
  readonly leaves: Leaves;
  /** Pushes 1 where native result `@r` is the answer in a settled environment. */
  readonly answers: (F: FloatText) => string;
  readonly arity: 1 | 2;
  readonly summary: string;
}

const ordinary = (F: FloatText): string => isOrdinary(F, '@r');
const arithmetic = {
  add: { native: 'add', leaves: 'sum', answers: isFinite, arity: 2, summary: 'Sum.' },
  sub: { native: 'sub', leaves: 'sum', answers: isFinite, arity: 2, summary: 'Difference.' },
  mul: { native: 'mul', leaves: 'product', answers: ordinary, arity: 2, summary: 'Product.' },
  div: { native: 'div', leaves: 'quotient', answers: ordinary, arity: 2, summary: 'Quotient.' },
  sqrt: { native: 'sqrt', leaves: 'sum', answers: isFinite, arity: 1, summary: 'Square root.' },
} as const satisfies Readonly<Record<string, Arithmetic>>;

function arithmeticRows<Name extends keyof typeof arithmetic>(type: FloatType, name: Name) {
  const { native, leaves, answers, arity, summary }: Arithmetic = arithmetic[name];
  const F = floatText[type];
  const params = arity === 1 ? [type] : [type, type];
  const row = `fp.${type}.${name}`;
  const test = `${operandsOf(params)} ${type}.${native} =r:${type} ${settled} ${answers(F)} i32.and`;
  const checked = fpRow(params, type, summary, choose(type, test, '@r', call(row, params)));
  const compute = `${operandsOf(params)} ${type}.${native} =r:${type}`;
  const base = { ...checked, ...leaving(F, compute, leaves) };
  return withRounding(name, base, explicit(base, byEnvironment(row, params, type)));
}

function fusedRows(type: FloatType) {
  const params = [type, type, type];
  const row = `fp.${type}.fma`;
  const checked = fpRow(params, type, 'a * b + c, rounded once.', type === 'f32' ? fusedInline : call(row, params));
  const shape = type === 'f32' ? 'f32x4' : 'f64x2';
  const fused = `${['$0', '$1', '$2'].map((operand) => `${operand} ${shape}.splat`).join(' ')}
    ${shape}.relaxed_madd ${shape}.extract_lane 0 =r:${type}`;
  const base: OpRow = {
    ...checked,
    ...leaving(floatText[type], fused, 'product'),
    needs: 'fused-multiply-add',
  };
  return withRounding('fma', base, explicit(base, byEnvironment(row, params, type)));
}

/** In f64 the product is exact; rounding the sum twice errs only from the middle of two f32 numbers. */
const fusedInline = choose(
  'f32',
  `$0 f64.promote_f32 $1 f64.promote_f32 f64.mul $2 f64.promote_f32 f64.add ~s:f64 f32.demote_f64 =r:f32
   ${settled} ${demotesSafely('@s')} i32.and ${isOrdinary(floatText.f32, '@r')} i32.and`,
  '@r',
  call('fp.f32.fma', ['f32', 'f32', 'f32']),
);

function comparisonRows(type: FloatType) {
  const params = [type, type];
  const entries = comparisons.map(({ name, native, signaling }) => {
    const test = `${ordered(floatText[type], '$0', '$1')} ${keepsInputs} i32.and`;
    const wasm = choose('i32', test, `$0 $1 ${type}.${native}`, call(`fp.${type}.${name}`, params));
    const relation = { eq: 'equal', lt: 'less', le: 'less or equal' }[native];
    const row = fpRow(params, 'i32', `1 if ${relation}; ${signaling ? 'signaling' : 'quiet'}.`, wasm);
    const unordered = `${ordered(floatText[type], '$0', '$1')} i32.eqz`;
    return [name, speculative(row, unordered, `$0 $1 ${type}.${native}`)];
  });
  return Object.fromEntries(entries) as Record<(typeof comparisons)[number]['name'], OpRow>;
}

function extremumRow(type: FloatType, which: 'min' | 'max'): OpRow {
  const test = `$0 $1 ${type}.${which} ~r:${type} @r ${type}.eq ${keepsInputs} i32.and`;
  const wasm = choose(type, test, '@r', call(`fp.${type}.${which}_number`, [type, type]));
  const row = fpRow([type, type], type, `${which}imumNumber of IEEE 754-2019, 9.6.`, wasm);
  return speculative(row, `$0 $1 ${type}.${which} ~r:${type} @r ${type}.ne`, '@r');
}

/** Calls a function that takes the rounding mode as a parameter. */
function callRounding(name: string, params: Params, rounding: string): string {
  return `${operandsOf(params)} ${rounding} ${VCPU} call:${name}`;
}

function fromIntegerRows(type: FloatType, I: IntegerText): Record<string, OpRow> {
  const F = floatText[type];
  const name = `from_${I.name}`;
  const summary = `Of ${I.signed ? 'a signed' : 'an unsigned'} ${I.type}.`;
  const native = `$0 ${nativeFromInteger(F, I)}`;
  if (isExactFromInteger(F, I)) {
    const row: OpRow = { params: [I.type], result: type, effect: 'pure', summary, wasm: native };
    return withRounding(name, row, explicit(row, native));
  }
  const slow = (rounding: string): string => callRounding(`fp.${type}.${name}`, [I.type], rounding);
  const nearest = envIs(VCPU, FP_ENV.ROUNDING_MASK | FP_ENV.INEXACT, FP_ENV.INEXACT);
  const checked = fpRow([I.type], type, summary, choose(type, nearest, native, slow(dynamicRounding(VCPU))));
  const nearestNow = `$imm i32.eqz ${envIs(VCPU, FP_ENV.INEXACT, FP_ENV.INEXACT)} i32.and`;
  return withRounding(
    name,
    { ...checked, speculative: native },
    {
      ...explicit(checked, choose(type, nearestNow, native, slow('$imm'))),
      speculative: choose(type, '$imm i32.eqz', native, slow('$imm')),
    },
  );
}

/** Truncation, which is what a cast in C compiles to, is answered inline where it is in range and inexact is raised. */
function toIntegerRows(type: FloatType, I: IntegerText): Record<string, OpRow> {
  const F = floatText[type];
  const name = `${I.name}.from_${type}`;
  const slow = (rounding: string): string => callRounding(`fp.${name}`, [type], rounding);
  const summary = `To ${I.signed ? 'a signed' : 'an unsigned'} ${I.type}, saturating; NaN gives the largest.`;
  const row = fpRow([type], I.type, summary, slow(dynamicRounding(VCPU)));
  const test = `$imm i32.const ${String(ROUNDING.TOWARD_ZERO)} i32.eq
    ${envIs(VCPU, FP_ENV.FLUSH_INPUTS | FP_ENV.INEXACT, FP_ENV.INEXACT)} i32.and ${inRange(F, I, '$0')} i32.and`;
  const native = `$0 ${nativeToInteger(F, I)}`;
  const truncates = `$imm i32.const ${String(ROUNDING.TOWARD_ZERO)} i32.eq`;
  const inside = `${inRange(F, I, '$0')} i32.eqz $leave ${native}`;
  return withRounding(name, row, {
    ...explicit(row, choose(I.type, test, native, slow('$imm'))),
    speculative: choose(I.type, truncates, inside, slow('$imm')),
  });
}

/** The rows that `make` gives for each integer type, under names that the type states. */
function forIntegers<Name extends string>(make: (I: IntegerText) => Record<string, OpRow>): Record<Name, OpRow> {
  return Object.assign({}, ...integerTexts.map(make)) as Record<Name, OpRow>;
}

type WithRounding<Name extends string> = Name | `${Name}_rm`;
type IntegerName = IntegerText['name'];

function toIntegers<T extends FloatType>(type: T) {
  return prefixed(
    'fp',
    forIntegers<WithRounding<`${IntegerName}.from_${T}`>>((I) => toIntegerRows(type, I)),
  );
}

function roundExactRows(type: FloatType) {
  const slow = (rounding: string): string => callRounding(`fp.${type}.round_exact`, [type], rounding);
  const row = fpRow([type], type, 'To an integral value; raises inexact.', slow(dynamicRounding(VCPU)));
  return withRounding('round_exact', row, explicit(row, slow('$imm')));
}

function rowsOf<T extends FloatType>(type: T) {
  return prefixed(`fp.${type}`, {
    ...arithmeticRows(type, 'add'),
    ...arithmeticRows(type, 'sub'),
    ...arithmeticRows(type, 'mul'),
    ...arithmeticRows(type, 'div'),
    ...arithmeticRows(type, 'sqrt'),
    ...fusedRows(type),
    ...comparisonRows(type),
    min_number: extremumRow(type, 'min'),
    max_number: extremumRow(type, 'max'),
    ...forIntegers<WithRounding<`from_${IntegerName}`>>((I) => fromIntegerRows(type, I)),
    ...roundExactRows(type),
    classify: {
      params: [type],
      result: 'i32',
      effect: 'pure',
      summary: 'Class mask: bit 0 -infinity, negative normal, subnormal, zero, the same mirrored, 8 sNaN, 9 qNaN.',
      wasm: `$0 call:fp.${type}.classify`,
    },
  });
}

function formatRows() {
  const demoteName = 'fp.f32.demote_f64';
  const native = `$0 f32.demote_f64 =r:f32 ${settled} ${isOrdinary(floatText.f32, '@r')} i32.and`;
  const demote: OpRow = {
    ...fpRow(['f64'], 'f32', 'To f32.', choose('f32', native, '@r', call(demoteName, ['f64']))),
    ...leaving(floatText.f32, '$0 f32.demote_f64 =r:f32', 'quotient'),
  };
  const exact = `$0 $0 f32.eq ${keepsInputs} i32.and`;
  const promote = choose('f64', exact, '$0 f64.promote_f32', call('fp.f64.promote_f32', ['f32']));
  return {
    ...withRounding(demoteName, demote, explicit(demote, byEnvironment(demoteName, ['f64'], 'f32'))),
    'fp.f64.promote_f32': speculative(fpRow(['f32'], 'f64', 'To f64.', promote), '$0 $0 f32.ne', '$0 f64.promote_f32'),
  };
}

export const fpRows = {
  ...rowsOf('f32'),
  ...rowsOf('f64'),
  ...toIntegers('f32'),
  ...toIntegers('f64'),
  ...formatRows(),
  'fp.env.get': fpRow([], 'i32', 'The environment word.', `${VCPU} i32.load offset=0`),
  'fp.env.set': fpRow(['i32'], null, 'Sets the environment word.', `${VCPU} $0 i32.store offset=0`),
  'fp.env.raise': fpRow(
    ['i32'],
    null,
    'Raises flags in the environment word.',
    `${VCPU} ${VCPU} i32.load offset=0 $0 i32.or i32.store offset=0`,
  ),
};
