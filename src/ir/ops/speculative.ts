/**
 * Speculative forms of floating-point rows (see `OpRow.speculative`): the native result, and an end where it may not be the
 * guest's in the settled environment. Tests that most numbers pass come first; what is left is looked at closely.
 */
import { isDenormal } from '../../fp/wasm/denormal.ts';
import { denormalLanes, ordinaryLanes, splatPower, zeroLanes, type VectorShape } from '../../fp/wasm/lanes.ts';
import { isExtreme, isZero, type FloatText } from '../../fp/wasm/text.ts';
import type { OpRow } from '../op.ts';

/** What a result may be: a sum is exact where it is small, a product that is zero may have a factor that is. */
export type Leaves = 'sum' | 'product' | 'quotient';

/** `row` with a form for settled environments: leaves where `fails` pushes 1, else goes on with `result`. */
export function speculative(row: OpRow, fails: string, result: string): OpRow {
  return { ...row, speculative: `${fails} $leave ${result}` };
}

/** Pushes 1 if zero `@r` is the exact product of `$0` and `$1`. */
function isExactZero(F: FloatText): string {
  return `${isZero(F, '@r')} ${isZero(F, '$0')} ${isZero(F, '$1')} i32.or i32.and`;
}

/** Leaves if native result `@r` is infinite, a NaN, or so small that it may have been rounded more than once. */
function leaveExtreme(F: FloatText, which: Leaves): string {
  if (which === 'sum') return `${isExtreme(F, '@r', 'large')} $leave`;
  const fails = isExtreme(F, '@r', 'small-or-large');
  if (which === 'quotient') return `${fails} $leave`;
  // Zeros are frequent enough to stay.
  return `${fails} if ${isExactZero(F)} i32.eqz $leave end`;
}

/** The speculative forms of an operation whose native result is `@r` after `compute`. */
export function leaving(
  F: FloatText,
  compute: string,
  which: Leaves,
): Required<Pick<OpRow, 'speculative' | 'speculativeTiny'>> {
  const form = (leaves: Leaves): string => `${compute} ${leaveExtreme(F, leaves)} @r`;
  return { speculative: form(which), speculativeTiny: form('sum') };
}

/** Leaves if the operand is denormal; the exponent says of most numbers that they are not. */
export function leaveDenormal(F: FloatText, operand: string): string {
  const high = F.bits === 'i64' ? 'i64.const 32 i64.shr_u i32.wrap_i64' : '';
  const least = 2 ** (F.bits === 'i64' ? 21 : 24);
  return `${operand} ${F.toBits} ${high} i32.const 1 i32.shl i32.const ${String(least)} i32.lt_u
    if ${isDenormal(F, operand)} $leave end`;
}

/** Leaves if a lane of `@r` is infinite or a NaN: only of these the difference from itself is a NaN. */
function leaveInfiniteLanes({ shape }: VectorShape): string {
  return `@r @r ${shape}.sub ~d:v128 @d ${shape}.ne v128.any_true $leave`;
}

/** Pushes the least of the magnitudes in each lane; where one of them is a NaN, it does not matter which. */
function leastMagnitude({ shape }: VectorShape, values: readonly string[]): string {
  return values.map((value, at) => `${value} ${shape}.abs ${at === 0 ? '' : `${shape}.pmin`}`).join(' ');
}

/** Leaves if a lane of the two operands is a NaN. */
export function leaveUnordered({ shape }: VectorShape): string {
  return `$0 $0 ${shape}.ne $1 $1 ${shape}.ne v128.or v128.any_true $leave`;
}

const denormalIn = (S: VectorShape, values: readonly string[]): string =>
  `${values.map((value, at) => `${denormalLanes(S, value)} ${at === 0 ? '' : 'v128.or'}`).join(' ')} v128.any_true`;

/** Text that is run where one of the magnitudes lies below the second binade of normal numbers. */
function whereSmall(S: VectorShape, values: readonly string[], text: string): string {
  return `${leastMagnitude(S, values)} ${splatPower(S, S.F.format.minExponent + 1)} ${S.shape}.lt v128.any_true
    if ${text} end`;
}

/** Leaves if a lane of a value is denormal; none is a NaN. */
export function leaveDenormalLanes(S: VectorShape, values: readonly string[]): string {
  return whereSmall(S, values, `${denormalIn(S, values)} $leave`);
}

interface LaneForm {
  /** Leaves the native result in `@r`. */
  readonly compute: string;
  readonly which: Leaves;
  /** Whether a denormal operand raises a flag. */
  readonly notesDenormals: boolean;
}

/** As `leaving`, of all lanes of the operands at once. */
export function leavingLanes(
  S: VectorShape,
  operands: readonly string[],
  { compute, which, notesDenormals }: LaneForm,
): Required<Pick<OpRow, 'speculative' | 'speculativeTiny' | 'speculativeDenormal'>> {
  const form = (mayBeTiny: boolean, takesDenormals = !notesDenormals): string => {
    const looksAtResult = which !== 'sum' && !mayBeTiny;
    const looked = [...(takesDenormals ? [] : operands), ...(looksAtResult ? ['@r'] : [])];
    // A zero factor (of a quotient: dividend) gives an exact zero.
    const factors = operands.slice(0, which === 'product' ? 2 : 1);
    const zero = factors.map((value, at) => `${zeroLanes(S, value)} ${at === 0 ? '' : 'v128.or'}`).join(' ');
    const isExact = `${ordinaryLanes(S, '@r')} ${zero} ${zeroLanes(S, '@r')} v128.and v128.or ${S.bits}.all_true`;
    const closely = [
      ...(takesDenormals ? [] : [`${denormalIn(S, operands)} $leave`]),
      ...(looksAtResult ? [`${isExact} i32.eqz $leave`] : []),
    ].join(' ');
    return `${compute} ${leaveInfiniteLanes(S)} ${looked.length === 0 ? '' : whereSmall(S, looked, closely)} @r`;
  };
  return { speculative: form(false), speculativeTiny: form(true), speculativeDenormal: form(true, true) };
}
