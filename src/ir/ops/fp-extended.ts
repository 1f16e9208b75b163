/**
 * Scalar floating-point rows beyond those of `fp.ts`: extrema that keep NaNs, reciprocal steps and estimates, rounding
 * without inexact, fixed point, half precision (in the low 16 bits of an i32).
 */
import { FP_ENV, ROUNDING } from '../../fp/fp-env.ts';
import { inRange, integerTexts, nativeToInteger, type IntegerText } from '../../fp/wasm/convert.ts';
import { extrema, relationText } from '../../fp/wasm/extended.ts';
import { dynamicRounding, envIs, floatText, isOrdinary, MODES, type FloatType } from '../../fp/wasm/text.ts';
import type { OpRow } from '../op.ts';
import type { ValueType } from '../types.ts';
import { prefixed } from './rows.ts';

const VCPU = '$vcpu';
const keepsInputs = envIs(VCPU, FP_ENV.FLUSH_INPUTS, 0);
const settled = envIs(VCPU, MODES | FP_ENV.INEXACT, FP_ENV.INEXACT);

function row(params: readonly ValueType[], result: ValueType, summary: string, wasm: string): OpRow {
  return { params, result, effect: 'fp', summary, wasm };
}

function indexed(params: readonly ValueType[], result: ValueType, summary: string, wasm: string): OpRow {
  return { ...row(params, result, summary, wasm), immediate: 'index' };
}

function extremaRows(t: FloatType): Record<(typeof extrema)[number]['name'], OpRow> {
  const summaries = {
    minimum: 'minimum of IEEE 754-2019, 9.6: NaNs are kept.',
    maximum: 'maximum of IEEE 754-2019, 9.6: NaNs are kept.',
    min_num: 'minNum of IEEE 754-2008, 5.3.1: a number wins against a quiet NaN.',
    max_num: 'maxNum of IEEE 754-2008, 5.3.1: a number wins against a quiet NaN.',
  };
  const entries = extrema.map(({ name, native }) => {
    const wasm = `$0 $1 ${t}.${native} ~r:${t} @r ${t}.eq ${keepsInputs} i32.and if:${t} @r
      else $0 $1 ${VCPU} call:fp.${t}.${name} end`;
    return [name, row([t, t], t, summaries[name], wasm)];
  });
  return Object.fromEntries(entries) as Record<(typeof extrema)[number]['name'], OpRow>;
}

/** Truncation inline, where it is in range and inexact is raised. */
function toFixed(t: FloatType, I: IntegerText): OpRow {
  const F = floatText[t];
  const wasm = `$imm i32.const ${String(ROUNDING.TOWARD_ZERO)} i32.eq
    ${envIs(VCPU, FP_ENV.FLUSH_INPUTS | FP_ENV.INEXACT, FP_ENV.INEXACT)} i32.and ${inRange(F, I, '$0')} i32.and
    if:${I.type} $0 ${nativeToInteger(F, I)} else $0 $imm ${VCPU} call:fp.${I.name}.fixed_${t} end`;
  const sign = I.signed ? 'a signed' : 'an unsigned';
  return indexed(
    [t],
    I.type,
    `To ${sign} ${I.type}, saturating; NaN gives 0. Immediate: rounding mode, fraction bits from bit 8.`,
    wasm,
  );
}

const relations = ['eq', 'ne', 'lt', 'le', 'gt', 'ge'] as const;
type ComparisonRow = 'compare_quiet' | 'compare_signaling' | `holds_${(typeof relations)[number]}`;

/**
 * Comparing for the sake of condition flags: once with all that it raises, and then again for each relation that is
 * asked for, which raises nothing. Where flags are not asked for as a whole, nobody computes them.
 */
function relationRows(t: FloatType): Record<ComparisonRow, OpRow> {
  const both = `$0 $0 ${t}.eq $1 $1 ${t}.eq i32.and ${keepsInputs} i32.and`;
  const compare = (quietness: string, summary: string): OpRow => {
    const wasm = `${both} if:i32 ${relationText(t, '$0', '$1')} else $0 $1 ${VCPU} call:fp.${t}.compare_${quietness} end`;
    return row([t, t], 'i32', `Bits 31 to 28: 8 if less, 6 if equal, 2 if greater, 3 if unordered; ${summary}.`, wasm);
  };
  const holds = relations.map((relation): [string, OpRow] => {
    const flushed = `$0 call:fp.${t}.flushed $1 call:fp.${t}.flushed ${t}.${relation}`;
    const wasm = `${keepsInputs} if:i32 $0 $1 ${t}.${relation} else ${flushed} end`;
    return [`holds_${relation}`, row([t, t], 'i32', `1 if ${relation}, raising nothing; inputs flushed or not.`, wasm)];
  });
  return {
    compare_quiet: compare('quiet', 'quiet'),
    compare_signaling: compare('signaling', 'signaling'),
    ...(Object.fromEntries(holds) as Record<`holds_${(typeof relations)[number]}`, OpRow>),
  };
}

function rowsOf<T extends FloatType>(t: T) {
  const call = (name: string, operands: string): string => `${operands} ${VCPU} call:fp.${t}.${name}`;
  const product = `$0 $1 ${t}.mul =r:${t} ${settled} ${isOrdinary(floatText[t], '@r')} i32.and
    if:${t} @r else ${call('mul_extended', '$0 $1')} end`;
  return prefixed(`fp.${t}`, {
    ...extremaRows(t),
    mul_extended: row([t, t], t, 'Product; infinity times zero gives 2.', product),
    recip_step: row([t, t], t, '2 - a * b, rounded once; 2 for infinity times zero.', call('recip_step', '$0 $1')),
    rsqrt_step: row(
      [t, t],
      t,
      '(3 - a * b) / 2, rounded once; 1.5 for infinity times zero.',
      call('rsqrt_step', '$0 $1'),
    ),
    recip_estimate: row([t], t, 'Reciprocal to 8 bits, from a table.', call('recip_estimate', '$0')),
    rsqrt_estimate: row([t], t, 'Reciprocal square root to 8 bits, from a table.', call('rsqrt_estimate', '$0')),
    recip_exponent: row([t], t, 'A power of two near the reciprocal.', call('recip_exponent', '$0')),
    round: row([t], t, 'To an integral value, never inexact.', call('round', `$0 ${dynamicRounding(VCPU)}`)),
    round_rm: indexed(
      [t],
      t,
      'To an integral value, never inexact. Rounding mode: the immediate.',
      call('round', '$0 $imm'),
    ),
    ...relationRows(t),
    promote_f16: row(['i32'], t, 'Of half precision.', call('promote_f16', '$0')),
  });
}

type FixedName<T extends FloatType> = `fp.${IntegerText['name']}.fixed_${T}`;

function fixedRows<T extends FloatType>(t: T): Record<FixedName<T>, OpRow> {
  const entries = integerTexts.map((I) => [`fp.${I.name}.fixed_${t}`, toFixed(t, I)]);
  return Object.fromEntries(entries) as Record<FixedName<T>, OpRow>;
}

function demoteHalf(t: FloatType): OpRow {
  const wasm = `$0 ${dynamicRounding(VCPU)} ${VCPU} call:fp.f16.demote_${t}`;
  return row([t], 'i32', 'To half precision, in the low 16 bits.', wasm);
}

export const fpExtendedRows = {
  ...rowsOf('f32'),
  ...rowsOf('f64'),
  ...fixedRows('f32'),
  ...fixedRows('f64'),
  'fp.f16.demote_f32': demoteHalf('f32'),
  'fp.f16.demote_f64': demoteHalf('f64'),
};
