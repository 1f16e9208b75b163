/** Reciprocal estimates from tables of 8 bits (Arm ARM, shared/functions/float: FPRecipEstimate and its like). */
import { FP_ENV, ROUNDING } from './fp-env.ts';
import type { FpEnvironment } from './environment.ts';
import { signed, unpack, type FloatFormat } from './format.ts';
import { invalid, propagateNaN } from './nan.ts';

/** 2^17 / a for a from 256 to 511, rounded; from 256 to 511. */
export function estimateReciprocal(a: number): number {
  return (Math.floor(2 ** 19 / (2 * a + 1)) + 1) >> 1;
}

/** 2^12.5 / sqrt(a) for a from 128 to 511, in eighths, rounded; from 256 to 511. */
export function estimateReciprocalRoot(a: number): number {
  const doubled = a < 256 ? 2 * a + 1 : 4 * (a >> 1) + 2;
  let b = 512;
  while (doubled * (b + 1) * (b + 1) < 2 ** 28) b++;
  return (b + 1) >> 1;
}

/** Exponent field of a number and its fraction, the leading bit brought to its place where the number is subnormal. */
function normalized(format: FloatFormat, bits: bigint): { field: number; fraction: bigint } {
  let field = Number((bits & format.infinity) >> format.fractionBits);
  let fraction = bits & format.fractionMask;
  if (field === 0) {
    for (; (fraction & format.quietBit) === 0n; field--) fraction <<= 1n;
    fraction = (fraction << 1n) & format.fractionMask;
  }
  return { field, fraction };
}

/** The leading 8 bits of a fraction behind the leading one. */
const leading = (format: FloatFormat, fraction: bigint): number => 256 + Number(fraction >> (format.fractionBits - 8n));

export function reciprocalEstimate(format: FloatFormat, a: bigint, env: FpEnvironment): bigint {
  const x = unpack(format, a, env);
  const nan = propagateNaN(format, env, x);
  if (nan !== null) return nan;
  if (x.kind === 'infinity') return signed(format, x.negative, 0n);
  if (x.kind === 'zero') {
    env.raise(FP_ENV.DIVIDE_BY_ZERO);
    return signed(format, x.negative, format.infinity);
  }
  const { field, fraction } = normalized(format, x.bits);
  if (field < -1) return reciprocalOverflow(format, x.negative, env);
  if (env.flushOutputs && field >= 2 * format.maxExponent - 1) {
    env.raise(FP_ENV.UNDERFLOW);
    return signed(format, x.negative, 0n);
  }
  const estimate = BigInt(estimateReciprocal(leading(format, fraction)) & 0xff) << (format.fractionBits - 8n);
  const result = 2 * format.maxExponent - 1 - field;
  if (result > 0) return signed(format, x.negative, (BigInt(result) << format.fractionBits) | estimate);
  // A subnormal result: its leading one moves into the fraction.
  const whole = estimate | (1n << format.fractionBits);
  return signed(format, x.negative, whole >> BigInt(1 - result));
}

function reciprocalOverflow(format: FloatFormat, negative: boolean, env: FpEnvironment): bigint {
  env.raise(FP_ENV.OVERFLOW | FP_ENV.INEXACT);
  const toInfinity =
    env.rounding === ROUNDING.NEAREST_EVEN || env.rounding === (negative ? ROUNDING.DOWN : ROUNDING.UP);
  return signed(format, negative, toInfinity ? format.infinity : format.infinity - 1n);
}

export function reciprocalRootEstimate(format: FloatFormat, a: bigint, env: FpEnvironment): bigint {
  const x = unpack(format, a, env);
  const nan = propagateNaN(format, env, x);
  if (nan !== null) return nan;
  if (x.kind === 'zero') {
    env.raise(FP_ENV.DIVIDE_BY_ZERO);
    return signed(format, x.negative, format.infinity);
  }
  if (x.negative) return invalid(format, env);
  if (x.kind === 'infinity') return 0n;
  const { field, fraction } = normalized(format, x.bits);
  const scaled = leading(format, fraction);
  const estimate = estimateReciprocalRoot(field % 2 === 0 ? scaled : scaled >> 1);
  const result = (3 * format.maxExponent - 1 - field) >> 1;
  return (BigInt(result) << format.fractionBits) | (BigInt(estimate & 0xff) << (format.fractionBits - 8n));
}

/** A power of two near the reciprocal, with the operand's sign (Arm FPRecpX). */
export function reciprocalExponent(format: FloatFormat, a: bigint, env: FpEnvironment): bigint {
  const x = unpack(format, a, env);
  const nan = propagateNaN(format, env, x);
  if (nan !== null) return nan;
  const exponent = a & format.infinity;
  const greatest = format.infinity - (1n << format.fractionBits);
  return signed(format, x.negative, exponent === 0n ? greatest : format.infinity ^ exponent);
}
