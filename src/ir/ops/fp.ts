/** Floating-point rows under the guest's environment. Templates are written by the floating-point work. */
import type { OpRow } from '../op.ts';
import type { ValueType } from '../types.ts';
import { named, prefixed } from './rows.ts';

type FloatType = 'f32' | 'f64';

function row(params: readonly ValueType[], result: ValueType | null, summary: string): OpRow {
  return { params, result, effect: 'fp', summary };
}

/** The row, and with `_rm` the same under the rounding mode that is its immediate. */
function rounded<Name extends string>(name: Name, base: OpRow): Record<Name | `${Name}_rm`, OpRow> {
  const explicit: OpRow = { ...base, immediate: 'index', summary: `${base.summary} Rounding mode: the immediate.` };
  return { [name]: base, [`${name}_rm`]: explicit } as Record<Name | `${Name}_rm`, OpRow>;
}

function rowsOf<F extends FloatType>(type: F) {
  return prefixed(`fp.${type}`, {
    ...rounded('add', row([type, type], type, 'Sum.')),
    ...rounded('sub', row([type, type], type, 'Difference.')),
    ...rounded('mul', row([type, type], type, 'Product.')),
    ...rounded('div', row([type, type], type, 'Quotient.')),
    ...rounded('sqrt', row([type], type, 'Square root.')),
    ...rounded('fma', row([type, type, type], type, 'a * b + c, rounded once.')),
    min_number: row([type, type], type, 'minimumNumber of IEEE 754-2019.'),
    max_number: row([type, type], type, 'maximumNumber of IEEE 754-2019.'),
    eq: row([type, type], 'i32', '1 if equal; quiet.'),
    lt: row([type, type], 'i32', '1 if less; signaling.'),
    le: row([type, type], 'i32', '1 if less or equal; signaling.'),
    lt_quiet: row([type, type], 'i32', '1 if less; quiet.'),
    le_quiet: row([type, type], 'i32', '1 if less or equal; quiet.'),
    ...rounded('from_i32_s', row(['i32'], type, 'Of a signed i32.')),
    ...rounded('from_i32_u', row(['i32'], type, 'Of an unsigned i32.')),
    ...rounded('from_i64_s', row(['i64'], type, 'Of a signed i64.')),
    ...rounded('from_i64_u', row(['i64'], type, 'Of an unsigned i64.')),
    ...rounded('round_exact', row([type], type, 'To an integral value; raises inexact.')),
    classify: row([type], 'i32', 'RISC-V fclass mask.'),
  });
}

function toInteger<F extends FloatType>(type: F) {
  return prefixed('fp', {
    ...rounded(`i32_s.from_${type}`, row([type], 'i32', 'To a signed i32, saturating.')),
    ...rounded(`i32_u.from_${type}`, row([type], 'i32', 'To an unsigned i32, saturating.')),
    ...rounded(`i64_s.from_${type}`, row([type], 'i64', 'To a signed i64, saturating.')),
    ...rounded(`i64_u.from_${type}`, row([type], 'i64', 'To an unsigned i64, saturating.')),
  });
}

export const fpRows = {
  ...rowsOf('f32'),
  ...rowsOf('f64'),
  ...toInteger('f32'),
  ...toInteger('f64'),
  ...rounded('fp.f32.demote_f64', row(['f64'], 'f32', 'To single precision.')),
  ...named('fp.f64.promote_f32', row(['f32'], 'f64', 'To double precision.')),
  ...named('fp.env.get', row([], 'i32', 'The environment word.')),
  ...named('fp.env.set', row(['i32'], null, 'Sets the environment word.')),
  ...named('fp.env.raise', row(['i32'], null, 'Sets flags in the environment word.')),
};
