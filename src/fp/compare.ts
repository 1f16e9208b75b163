/** Comparison, minimum and maximum, classification (IEEE 754-2019, 5.7, 5.11, 9.6). */
import { FP_ENV } from './fp-env.ts';
import type { FpEnvironment } from './environment.ts';
import { isNaN, unpack, type FloatFormat, type Unpacked } from './format.ts';
import { defaultNaN, propagateNaN } from './nan.ts';

/** Which NaN operands raise invalid: signalling ones alone, or all. */
export type Comparison = 'quiet' | 'signaling';

/** Sign of `a - b`, or null where a NaN makes them unordered. */
export function compare(
  format: FloatFormat,
  a: bigint,
  b: bigint,
  comparison: Comparison,
  env: FpEnvironment,
): number | null {
  const x = unpack(format, a, env);
  const y = unpack(format, b, env);
  if (!isNaN(x) && !isNaN(y)) return Math.sign(Number(rank(format, x) - rank(format, y)));
  if (comparison === 'signaling' || x.kind === 'signaling' || y.kind === 'signaling') env.raise(FP_ENV.INVALID);
  return null;
}

/** A signed integer that orders numbers as their values; both zeros are 0. */
function rank(format: FloatFormat, x: Unpacked): bigint {
  const magnitude = x.bits & ~format.signBit;
  return x.negative ? -magnitude : magnitude;
}

/** minimumNumber: a NaN loses against a number, -0 is less than +0, a signalling NaN raises invalid. */
export function minimumNumber(format: FloatFormat, a: bigint, b: bigint, env: FpEnvironment): bigint {
  return pickNumber(format, a, b, env, true);
}

/** maximumNumber: as `minimumNumber`. */
export function maximumNumber(format: FloatFormat, a: bigint, b: bigint, env: FpEnvironment): bigint {
  return pickNumber(format, a, b, env, false);
}

function pickNumber(format: FloatFormat, a: bigint, b: bigint, env: FpEnvironment, smaller: boolean): bigint {
  const x = unpack(format, a, env);
  const y = unpack(format, b, env);
  const nan = propagateNaN(format, env, x, y);
  if (isNaN(x)) return isNaN(y) ? (nan ?? defaultNaN(format, env)) : y.bits;
  if (isNaN(y)) return x.bits;
  return pick(format, x, y, smaller);
}

function pick(format: FloatFormat, x: Unpacked, y: Unpacked, smaller: boolean): bigint {
  const difference = rank(format, x) - rank(format, y);
  const xIsLess = difference === 0n ? x.negative : difference < 0n;
  return xIsLess === smaller ? x.bits : y.bits;
}

/** minimum: a NaN wins against numbers, -0 is less than +0 (IEEE 754-2019, 9.6). */
export function minimum(format: FloatFormat, a: bigint, b: bigint, env: FpEnvironment): bigint {
  return propagating(format, a, b, env, true);
}

/** maximum: as `minimum`. */
export function maximum(format: FloatFormat, a: bigint, b: bigint, env: FpEnvironment): bigint {
  return propagating(format, a, b, env, false);
}

function propagating(format: FloatFormat, a: bigint, b: bigint, env: FpEnvironment, smaller: boolean): bigint {
  const x = unpack(format, a, env);
  const y = unpack(format, b, env);
  return propagateNaN(format, env, x, y) ?? pick(format, x, y, smaller);
}

/** minNum of IEEE 754-2008, 5.3.1: a quiet NaN loses against a number, a signalling one does not. */
export function minNum(format: FloatFormat, a: bigint, b: bigint, env: FpEnvironment): bigint {
  return overQuietNaN(format, a, b, env, true);
}

/** maxNum: as `minNum`. */
export function maxNum(format: FloatFormat, a: bigint, b: bigint, env: FpEnvironment): bigint {
  return overQuietNaN(format, a, b, env, false);
}

function overQuietNaN(format: FloatFormat, a: bigint, b: bigint, env: FpEnvironment, smaller: boolean): bigint {
  const x = unpack(format, a, env);
  const y = unpack(format, b, env);
  if (x.kind === 'quiet' && !isNaN(y)) return y.bits;
  if (y.kind === 'quiet' && !isNaN(x)) return x.bits;
  return propagateNaN(format, env, x, y) ?? pick(format, x, y, smaller);
}

/** Bits of the class mask, in RISC-V's order (unprivileged ISA, 11.9, FCLASS). */
export const FP_CLASS = {
  NEGATIVE_INFINITY: 1 << 0,
  NEGATIVE_NORMAL: 1 << 1,
  NEGATIVE_SUBNORMAL: 1 << 2,
  NEGATIVE_ZERO: 1 << 3,
  POSITIVE_ZERO: 1 << 4,
  POSITIVE_SUBNORMAL: 1 << 5,
  POSITIVE_NORMAL: 1 << 6,
  POSITIVE_INFINITY: 1 << 7,
  SIGNALING_NAN: 1 << 8,
  QUIET_NAN: 1 << 9,
} as const;

/** The class of an encoding, an `FP_CLASS` bit. Depends on no environment and raises nothing. */
export function classify(format: FloatFormat, a: bigint): number {
  const negative = (a & format.signBit) !== 0n;
  const magnitude = a & ~format.signBit;
  if (magnitude > format.infinity)
    return (magnitude & format.quietBit) !== 0n ? FP_CLASS.QUIET_NAN : FP_CLASS.SIGNALING_NAN;
  if (magnitude === format.infinity) return negative ? FP_CLASS.NEGATIVE_INFINITY : FP_CLASS.POSITIVE_INFINITY;
  if (magnitude === 0n) return negative ? FP_CLASS.NEGATIVE_ZERO : FP_CLASS.POSITIVE_ZERO;
  if (magnitude <= format.fractionMask) return negative ? FP_CLASS.NEGATIVE_SUBNORMAL : FP_CLASS.POSITIVE_SUBNORMAL;
  return negative ? FP_CLASS.NEGATIVE_NORMAL : FP_CLASS.POSITIVE_NORMAL;
}
