/**
 * Arithmetic that also notes denormal operands in the environment (x86's DE; Intel SDM volume 1, 4.9.1.2): functions
 * and row templates under the names of plain arithmetic with `_dn` behind. An operand that is a NaN, an invalid
 * operation and a division by zero take precedence and note nothing (SDM volume 1, table 4-11).
 */
import { FP_ENV } from '../fp-env.ts';
import { isFinite } from './arithmetic.ts';
import {
  any,
  bitsConst,
  envIs,
  floatText,
  isInfinite,
  isOrdinary,
  isZero,
  raise,
  templateFunction,
  type FloatText,
  type FloatType,
  type RuntimeFunction,
  type RuntimeFunctions,
} from './text.ts';

/** Pushes 1 if the float pushed by `value` is denormal: twice its bits, less 1, lie below the least normal's. */
export function isDenormal(F: FloatText, value: string): string {
  const limit = (1n << BigInt(F.format.precision)) - 1n;
  return `${value} ${F.toBits} ${bitsConst(F, 1n)} ${F.bits}.shl ${bitsConst(F, 1n)} ${F.bits}.sub
    ${bitsConst(F, limit)} ${F.bits}.lt_u`;
}

const anyDenormal = (F: FloatText, values: readonly string[]): string =>
  any(...values.map((value) => isDenormal(F, value)));

interface NotingOperation {
  /** Row and function without `_dn`. */
  readonly plain: string;
  readonly params: readonly FloatType[];
  readonly result: FloatType;
  /** Native text that computes the result from the operands. */
  readonly native: string;
  /** Pushes 1 where native result `@r` of operands that are not denormal is the answer, inexact being raised. */
  readonly answers: string;
  /** Pushes 1 where a result that is no NaN is exact because an operand is a zero or an infinity; null where never. */
  readonly special: string | null;
  /** Pushes 1 where a denormal operand counts, given that the native result is no NaN. */
  readonly counts: string;
}

function operands(params: readonly unknown[]): string {
  return params.map((_, index) => `$${String(index)}`).join(' ');
}

/** Nearest-even and inexact raised; flushing doesn't matter where neither operands nor result are denormal. */
export const settledNearest = (vcpu: string): string =>
  envIs(vcpu, FP_ENV.ROUNDING_MASK | FP_ENV.INEXACT, FP_ENV.INEXACT);

function operationsOf(F: FloatText): NotingOperation[] {
  const t = F.type;
  const isNormalSum = `${isFinite(F)} ${isDenormal(F, '@r')} i32.eqz i32.and`;
  const two = { params: [t, t], result: t, counts: '' } as const;
  const infinite = any(isInfinite(F, '$0'), isInfinite(F, '$1'));
  return [
    ...(['add', 'sub'] as const).map((name): NotingOperation => ({
      ...two,
      plain: `fp.${t}.${name}`,
      native: `$0 $1 ${t}.${name}`,
      answers: isNormalSum,
      special: infinite,
    })),
    {
      ...two,
      plain: `fp.${t}.mul`,
      native: `$0 $1 ${t}.mul`,
      answers: isOrdinary(F, '@r'),
      special: any(isZero(F, '$0'), isZero(F, '$1'), infinite),
    },
    {
      ...two,
      plain: `fp.${t}.div`,
      native: `$0 $1 ${t}.div`,
      answers: isOrdinary(F, '@r'),
      special: any(isZero(F, '$0'), infinite) + ` ${isZero(F, '$1')} i32.eqz i32.and`,
      counts: `${isZero(F, '$1')} i32.eqz i32.and`,
    },
    {
      plain: `fp.${t}.sqrt`,
      params: [t],
      result: t,
      native: `$0 ${t}.sqrt`,
      answers: isFinite(F),
      special: any(isZero(F, '$0'), isInfinite(F, '$0')),
      counts: '',
    },
  ];
}

const conversions: readonly NotingOperation[] = [
  {
    plain: 'fp.f32.demote_f64',
    params: ['f64'],
    result: 'f32',
    native: '$0 f32.demote_f64',
    answers: isOrdinary(floatText.f32, '@r'),
    special: any(isZero(floatText.f64, '$0'), isInfinite(floatText.f64, '$0')),
    counts: '',
  },
  {
    plain: 'fp.f64.promote_f32',
    params: ['f32'],
    result: 'f64',
    native: '$0 f64.promote_f32',
    answers: '@r @r f64.eq',
    special: '$0 $0 f32.eq',
    counts: '',
  },
];

/** The fused operation has no native form; separate operations give a NaN just where it is invalid or has one. */
function fusedOperation(F: FloatText): NotingOperation {
  const t = F.type;
  return {
    plain: `fp.${t}.fma`,
    params: [t, t, t],
    result: t,
    native: `$0 $1 ${t}.mul $2 ${t}.add`,
    answers: '',
    special: null,
    counts: '',
  };
}

const all: readonly NotingOperation[] = [
  ...Object.values(floatText).flatMap((F) => [...operationsOf(F), fusedOperation(F)]),
  ...conversions,
];

const formatOf = (type: FloatType): FloatText => floatText[type];

function noting(operation: NotingOperation): [string, RuntimeFunction] {
  const { plain, params, result, native, answers, special, counts } = operation;
  const F = formatOf(params[0] ?? result);
  const names = params.map((_, index) => `$${String(index)}`);
  const vcpu = `$${String(params.length)}`;
  const answered =
    special === null
      ? ''
      : `else ${envIs(vcpu, FP_ENV.ROUNDING_MASK, 0)} if
          @r @r ${result}.eq ${special} i32.and if @r return end
          ${vcpu} i32.load offset=0 i32.const ${String(FP_ENV.INEXACT)} i32.and if ${answers} if @r return end end
        end`;
  const body = `${native} =r:${result}
    ${anyDenormal(F, names)} if
      ${envIs(vcpu, FP_ENV.FLUSH_INPUTS, 0)} @r @r ${result}.eq i32.and ${counts} if
        ${raise(vcpu, FP_ENV.INPUT_DENORMAL)} end
    ${answered} end
    ${operands(params)} ${vcpu} call:${plain}`;
  return templateFunction(`${plain}_dn`, [...params, 'i32'], result, `${plain}, noting denormal operands`, body);
}

export const denormalFunctions: RuntimeFunctions = Object.fromEntries(all.map(noting));

export interface NotingRow {
  readonly name: string;
  readonly plain: string;
  readonly params: readonly FloatType[];
  readonly result: FloatType;
  /** Native text that computes the result; of a fused operation, rounded twice. */
  readonly native: string;
  readonly wasm: string;
}

/** Rows of the operation table: the fast path inline, the rest in the function of the row's name. */
export const notingRows: readonly NotingRow[] = all.map(({ plain, params, result, native, answers, special }) => {
  const F = formatOf(params[0] ?? result);
  const name = `${plain}_dn`;
  const call = `${operands(params)} $vcpu call:${name}`;
  const names = params.map((_, index) => `$${String(index)}`);
  const wasm =
    special === null
      ? call
      : `${native} =r:${result} ${settledNearest('$vcpu')} ${answers} i32.and
        ${anyDenormal(F, names)} i32.eqz i32.and if:${result} @r else ${call} end`;
  return { name, plain, params, result, native, wasm };
});
