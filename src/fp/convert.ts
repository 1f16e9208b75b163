/** Conversions between formats and to and from integers (IEEE 754-2019, 5.4.1, 5.8, 5.9). */
import { FP_ENV } from './fp-env.ts';
import type { FpEnvironment } from './environment.ts';
import { isNaN, signed, unpack, type FloatFormat } from './format.ts';
import { convertNaN, propagateNaN } from './nan.ts';
import { roundShift, roundToFormat } from './round.ts';

/** The value in another format. */
export function convert(from: FloatFormat, to: FloatFormat, a: bigint, env: FpEnvironment): bigint {
  const x = unpack(from, a, env);
  if (isNaN(x)) return convertNaN(from, to, x, env);
  if (x.kind === 'infinity') return signed(to, x.negative, to.infinity);
  if (x.kind === 'zero') return signed(to, x.negative, 0n);
  return roundToFormat(to, x.negative, x.significand, x.exponent, env);
}

/** An integer (signed BigInt) as a floating-point number. */
export function fromInteger(format: FloatFormat, value: bigint, env: FpEnvironment): bigint {
  if (value === 0n) return 0n;
  return roundToFormat(format, value < 0n, value < 0n ? -value : value, 0, env);
}

export interface IntegerType {
  readonly signed: boolean;
  readonly bits: 32 | 64;
}

/**
 * The value rounded to an integer of the type. Out of range it saturates and a NaN gives the largest integer, both
 * invalid and not inexact (RISC-V unprivileged ISA, 11.7, table of FCVT.int.fmt).
 */
export function toInteger(format: FloatFormat, a: bigint, type: IntegerType, env: FpEnvironment): bigint {
  const maximum = (1n << BigInt(type.signed ? type.bits - 1 : type.bits)) - 1n;
  const minimum = type.signed ? -maximum - 1n : 0n;
  const x = unpack(format, a, env);
  if (isNaN(x) || x.kind === 'infinity') {
    env.raise(FP_ENV.INVALID);
    return x.kind === 'infinity' && x.negative ? minimum : maximum;
  }
  const { value, inexact } = roundShift(x.significand, -x.exponent, x.negative, env.rounding);
  const result = x.negative ? -value : value;
  if (result < minimum || result > maximum) {
    env.raise(FP_ENV.INVALID);
    return result < minimum ? minimum : maximum;
  }
  if (inexact) env.raise(FP_ENV.INEXACT);
  return result;
}

/** The value rounded to an integral number of the same format; raises inexact where that differs. */
export function roundToIntegralExact(format: FloatFormat, a: bigint, env: FpEnvironment): bigint {
  const x = unpack(format, a, env);
  const nan = propagateNaN(format, env, x);
  if (nan !== null) return nan;
  if (x.kind !== 'finite' || x.exponent >= 0) return x.bits;
  const { value, inexact } = roundShift(x.significand, -x.exponent, x.negative, env.rounding);
  if (inexact) env.raise(FP_ENV.INEXACT);
  return value === 0n ? signed(format, x.negative, 0n) : roundToFormat(format, x.negative, value, 0, env);
}

/** As `roundToIntegralExact`, never raising inexact. */
export function roundToIntegral(format: FloatFormat, a: bigint, env: FpEnvironment): bigint {
  const before = env.flags;
  const result = roundToIntegralExact(format, a, env);
  env.flags = before | (env.flags & ~FP_ENV.INEXACT);
  return result;
}
