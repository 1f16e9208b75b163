/** Conversions between formats and to and from integers (IEEE 754-2019, 5.4.1, 5.8, 5.9). */
import { FP_ENV } from './fp-env.ts';
import { FpEnvironment } from './environment.ts';
import { f16, isNaN, signed, unpack, type FloatFormat } from './format.ts';
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

/**
 * Half precision to another format. No environment flushes half-precision operands here. In the alternative format the
 * greatest exponent is one like any other.
 */
export function convertFromHalf(to: FloatFormat, a: bigint, env: FpEnvironment): bigint {
  const field = a & f16.infinity;
  if (env.alternativeHalf && field === f16.infinity) {
    const significand = (a & f16.fractionMask) | (1n << f16.fractionBits);
    return roundToFormat(to, (a & f16.signBit) !== 0n, significand, f16.maxExponent + 1 - f16.precision + 1, env);
  }
  const local = new FpEnvironment(env.toWord());
  local.flushInputs = false;
  const result = convert(f16, to, a, local);
  env.raise(local.flags);
  return result;
}

/** Another format to half precision. Results are not flushed; the alternative format saturates and has no NaNs. */
export function convertToHalf(from: FloatFormat, a: bigint, env: FpEnvironment): bigint {
  const local = new FpEnvironment(env.toWord());
  local.flushOutputs = false;
  const result = env.alternativeHalf ? toAlternativeHalf(from, a, local) : convert(from, f16, a, local);
  env.raise(local.flags);
  return result;
}

/** The alternative format, with one more binade in place of infinities and NaNs. */
const f16Alternative: FloatFormat = { ...f16, infinity: 0x8000n };

function toAlternativeHalf(from: FloatFormat, a: bigint, env: FpEnvironment): bigint {
  const x = unpack(from, a, env);
  if (x.kind === 'zero') return signed(f16, x.negative, 0n);
  if (x.kind === 'finite') {
    const local = new FpEnvironment(env.toWord());
    local.flags = 0;
    const bits = roundToFormat(f16Alternative, x.negative, x.significand, x.exponent, local);
    if ((local.flags & FP_ENV.OVERFLOW) === 0) {
      env.raise(local.flags);
      return bits;
    }
  }
  env.raise(FP_ENV.INVALID);
  return signed(f16, x.negative, isNaN(x) ? 0n : 0x7fffn);
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
  return toScaledInteger(format, a, type, 0, env);
}

/** As `toInteger` of `a * 2^scale`, but a NaN gives 0 (Arm FPToFixed). */
export function toFixed(format: FloatFormat, a: bigint, type: IntegerType, scale: number, env: FpEnvironment): bigint {
  const result = toScaledInteger(format, a, type, scale, env);
  return (a & ~format.signBit) > format.infinity ? 0n : result;
}

function toScaledInteger(format: FloatFormat, a: bigint, type: IntegerType, scale: number, env: FpEnvironment): bigint {
  const maximum = (1n << BigInt(type.signed ? type.bits - 1 : type.bits)) - 1n;
  const minimum = type.signed ? -maximum - 1n : 0n;
  const x = unpack(format, a, env);
  if (isNaN(x) || x.kind === 'infinity') {
    env.raise(FP_ENV.INVALID);
    return x.kind === 'infinity' && x.negative ? minimum : maximum;
  }
  const { value, inexact } = roundShift(x.significand, -x.exponent - scale, x.negative, env.rounding);
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
