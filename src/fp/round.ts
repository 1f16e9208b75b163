/** Rounding of exact values to a format (IEEE 754-2019, 4.3 and 7.4 to 7.6). */
import { unreachable } from '../common/assert.ts';
import { FP_ENV, ROUNDING } from './fp-env.ts';
import type { FpEnvironment } from './environment.ts';
import { bitLength, signed, type FloatFormat } from './format.ts';

/** An integer multiple of a unit, and whether it differs from the value it was rounded from. */
export interface Rounded {
  readonly value: bigint;
  readonly inexact: boolean;
  /** The magnitude was rounded up. */
  readonly up: boolean;
}

/** `magnitude / 2^shift`, rounded to an integer; `negative` is the sign of the value. */
export function roundShift(magnitude: bigint, shift: number, negative: boolean, rounding: number): Rounded {
  if (shift <= 0) return { value: magnitude << BigInt(-shift), inexact: false, up: false };
  const amount = BigInt(shift);
  const value = magnitude >> amount;
  const rest = magnitude - (value << amount);
  if (rest === 0n) return { value, inexact: false, up: false };
  const half = 1n << (amount - 1n);
  const up = roundsUp(value, rest, half, negative, rounding);
  return { value: up ? value + 1n : value, inexact: true, up };
}

function roundsUp(value: bigint, rest: bigint, half: bigint, negative: boolean, rounding: number): boolean {
  switch (rounding) {
    case ROUNDING.NEAREST_EVEN:
      return rest > half || (rest === half && (value & 1n) === 1n);
    case ROUNDING.TOWARD_ZERO:
      return false;
    case ROUNDING.DOWN:
      return negative;
    case ROUNDING.UP:
      return !negative;
    case ROUNDING.NEAREST_AWAY:
      return rest >= half;
    case ROUNDING.TO_ODD:
      return (value & 1n) === 0n;
    default:
      return unreachable(`rounding mode ${String(rounding)}`);
  }
}

/**
 * Rounds the exact value `significand * 2^exponent` (significand not 0) to the format and raises inexact, overflow
 * and underflow. A quotient or root may come as its leading bits with a sticky last bit, given 2 bits more than the
 * precision.
 */
export function roundToFormat(
  format: FloatFormat,
  negative: boolean,
  significand: bigint,
  exponent: number,
  env: FpEnvironment,
): bigint {
  const top = exponent + bitLength(significand) - 1;
  const unit = Math.max(top - format.precision + 1, format.grain);
  const tiny = top < format.minExponent && isTiny(format, negative, significand, exponent, top, env);
  if (tiny && env.flushOutputs) {
    // Arm's FPRound raises underflow alone; x86 also precision (SDM volume 1, 10.2.3.3).
    env.raise(env.tininessBeforeRounding ? FP_ENV.UNDERFLOW : FP_ENV.UNDERFLOW | FP_ENV.INEXACT);
    return signed(format, negative, 0n);
  }
  const { value, inexact, up } = roundShift(significand, unit - exponent, negative, env.rounding);
  env.roundedUp = up;
  if (inexact) env.raise(tiny ? FP_ENV.UNDERFLOW | FP_ENV.INEXACT : FP_ENV.INEXACT);
  // Adding the significand with its leading one to the exponent field less one lets a carry do the right thing.
  const bits = (BigInt(unit - format.grain) << format.fractionBits) + value;
  return bits >= format.infinity ? overflow(format, negative, env) : signed(format, negative, bits);
}

/** Of a value below the normal range: whether it counts as tiny. After rounding, it must not reach that range. */
function isTiny(
  format: FloatFormat,
  negative: boolean,
  significand: bigint,
  exponent: number,
  top: number,
  env: FpEnvironment,
): boolean {
  if (env.tininessBeforeRounding || top < format.minExponent - 1) return true;
  const unbounded = roundShift(significand, top - format.precision + 1 - exponent, negative, env.rounding);
  return bitLength(unbounded.value) === format.precision;
}

function overflow(format: FloatFormat, negative: boolean, env: FpEnvironment): bigint {
  env.raise(FP_ENV.OVERFLOW | FP_ENV.INEXACT);
  const toInfinity =
    env.rounding === ROUNDING.NEAREST_EVEN ||
    env.rounding === ROUNDING.NEAREST_AWAY ||
    env.rounding === (negative ? ROUNDING.DOWN : ROUNDING.UP);
  env.roundedUp = toInfinity;
  return signed(format, negative, toInfinity ? format.infinity : format.infinity - 1n);
}
