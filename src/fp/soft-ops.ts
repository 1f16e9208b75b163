/**
 * The operations that emitted code hands to soft-float, numbered for the boundary. An operand or result travels in the
 * low bits of an i64.
 */
import { assert } from '../common/assert.ts';
import { add, div, fma, mul, mulExtended, reciprocalRootStep, reciprocalStep, sqrt, sub } from './arithmetic.ts';
import { compare, maximum, maximumNumber, maxNum, minimum, minimumNumber, minNum } from './compare.ts';
import {
  convert,
  convertFromHalf,
  convertToHalf,
  fromInteger,
  roundToIntegral,
  roundToIntegralExact,
  toFixed,
  toInteger,
  type IntegerType,
} from './convert.ts';
import { reciprocalEstimate, reciprocalExponent, reciprocalRootEstimate } from './estimate.ts';
import type { FpEnvironment } from './environment.ts';
import { f32, f64, type FloatFormat } from './format.ts';

/** Operands are unsigned, of their type's width; unused ones are 0. The result is taken modulo 2^64. */
export type SoftFunction = (a: bigint, b: bigint, c: bigint, env: FpEnvironment) => bigint;

export interface SoftOp {
  /** Name of the operation table's row, without `_rm`. */
  readonly name: string;
  readonly arity: 1 | 2 | 3;
  /** Operand width in bits. */
  readonly width: 16 | 32 | 64;
  readonly run: SoftFunction;
}

type Entry = [name: string, arity: 1 | 2 | 3, run: SoftFunction];

const integerTypes: Readonly<Record<string, IntegerType>> = {
  i32_s: { signed: true, bits: 32 },
  i32_u: { signed: false, bits: 32 },
  i64_s: { signed: true, bits: 64 },
  i64_u: { signed: false, bits: 64 },
};

function operations(F: FloatFormat, other: FloatFormat, conversion: string): SoftOp[] {
  const is = (condition: boolean): bigint => (condition ? 1n : 0n);
  const name = (row: string): string => `fp.${F.name}.${row}`;
  const entries: Entry[] = [
    [name('add'), 2, (a, b, _, env) => add(F, a, b, env)],
    [name('sub'), 2, (a, b, _, env) => sub(F, a, b, env)],
    [name('mul'), 2, (a, b, _, env) => mul(F, a, b, env)],
    [name('div'), 2, (a, b, _, env) => div(F, a, b, env)],
    [name('sqrt'), 1, (a, _b, _c, env) => sqrt(F, a, env)],
    [name('fma'), 3, (a, b, c, env) => fma(F, a, b, c, env)],
    [name('mul_extended'), 2, (a, b, _, env) => mulExtended(F, a, b, env)],
    [name('recip_step'), 2, (a, b, _, env) => reciprocalStep(F, a, b, env)],
    [name('rsqrt_step'), 2, (a, b, _, env) => reciprocalRootStep(F, a, b, env)],
    [name('recip_estimate'), 1, (a, _b, _c, env) => reciprocalEstimate(F, a, env)],
    [name('rsqrt_estimate'), 1, (a, _b, _c, env) => reciprocalRootEstimate(F, a, env)],
    [name('recip_exponent'), 1, (a, _b, _c, env) => reciprocalExponent(F, a, env)],
    [name('minimum'), 2, (a, b, _, env) => minimum(F, a, b, env)],
    [name('maximum'), 2, (a, b, _, env) => maximum(F, a, b, env)],
    [name('min_num'), 2, (a, b, _, env) => minNum(F, a, b, env)],
    [name('max_num'), 2, (a, b, _, env) => maxNum(F, a, b, env)],
    [name('min_number'), 2, (a, b, _, env) => minimumNumber(F, a, b, env)],
    [name('max_number'), 2, (a, b, _, env) => maximumNumber(F, a, b, env)],
    [name('eq'), 2, (a, b, _, env) => is(compare(F, a, b, 'quiet', env) === 0)],
    [name('lt'), 2, (a, b, _, env) => is(compare(F, a, b, 'signaling', env) === -1)],
    [name('le'), 2, (a, b, _, env) => is((compare(F, a, b, 'signaling', env) ?? 1) <= 0)],
    [name('lt_quiet'), 2, (a, b, _, env) => is(compare(F, a, b, 'quiet', env) === -1)],
    [name('le_quiet'), 2, (a, b, _, env) => is((compare(F, a, b, 'quiet', env) ?? 1) <= 0)],
    [name('round_exact'), 1, (a, _b, _c, env) => roundToIntegralExact(F, a, env)],
    [name('round'), 1, (a, _b, _c, env) => roundToIntegral(F, a, env)],
    [`fp.f16.demote_${F.name}`, 1, (a, _b, _c, env) => convertToHalf(F, a, env)],
    [name(conversion), 1, (a, _b, _c, env) => convert(other, F, a, env)],
    ...Object.entries(integerTypes).map(([integer, type]): Entry => {
      return [`fp.${integer}.from_${F.name}`, 1, (a, _b, _c, env) => toInteger(F, a, type, env)];
    }),
    ...Object.entries(integerTypes).map(([integer, type]): Entry => {
      return [`fp.${integer}.fixed_${F.name}`, 2, (a, scale, _, env) => toFixed(F, a, type, Number(scale), env)];
    }),
  ];
  const operandWidth = (row: string): 32 | 64 => (row === name(conversion) ? other : F).width as 32 | 64;
  const fromHalf: SoftFunction = (a, _b, _c, env) => convertFromHalf(F, a, env);
  return [
    { name: name('promote_f16'), arity: 1, width: 16, run: fromHalf },
    ...entries.map(([row, arity, run]): SoftOp => ({ name: row, arity, width: operandWidth(row), run })),
    ...Object.entries(integerTypes).map(([integer, { bits, signed }]): SoftOp => {
      const value = (a: bigint): bigint => (signed ? BigInt.asIntN(bits, a) : a);
      const run: SoftFunction = (a, _b, _c, env) => fromInteger(F, value(a), env);
      return { name: name(`from_${integer}`), arity: 1, width: bits, run };
    }),
  ];
}

export const softOps: readonly SoftOp[] = [
  ...operations(f32, f64, 'demote_f64'),
  ...operations(f64, f32, 'promote_f32'),
];

/** Number of a soft operation at the boundary. */
export function softOpcode(name: string): number {
  const index = softOps.findIndex((op) => op.name === name);
  assert(index >= 0, `no soft operation is called ${name}`);
  return index;
}
