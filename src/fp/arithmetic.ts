/** The arithmetic operations of IEEE 754-2019, 5.4.1, computed exactly over BigInt and rounded once. */
import { FP_ENV, NAN_POLICY, ROUNDING } from './fp-env.ts';
import { FpEnvironment } from './environment.ts';
import { bitLength, isNaN, signed, unpack, type FloatFormat, type Unpacked } from './format.ts';
import { defaultNaN, invalid, propagateNaN } from './nan.ts';
import { roundToFormat } from './round.ts';

/** A finite value that has not been rounded: `value * 2^exponent`, signed. */
interface Exact {
  readonly value: bigint;
  readonly exponent: number;
  /** Sign of the value where it is zero. */
  readonly negative: boolean;
}

function exact(operand: Unpacked): Exact {
  const value = operand.negative ? -operand.significand : operand.significand;
  return { value, exponent: operand.exponent, negative: operand.negative };
}

/** Sum of two exact values, times 2^scale, rounded. The sign of an exact zero sum: IEEE 754-2019, 6.3. */
function addExact(format: FloatFormat, a: Exact, b: Exact, env: FpEnvironment, scale = 0): bigint {
  if (a.value === 0n && b.value === 0n) return zeroSum(format, a.negative, b.negative, env);
  const exponent = a.value === 0n ? b.exponent : b.value === 0n ? a.exponent : Math.min(a.exponent, b.exponent);
  const sum = alignTo(a, exponent) + alignTo(b, exponent);
  if (sum === 0n) return zeroSum(format, false, true, env);
  return roundToFormat(format, sum < 0n, sum < 0n ? -sum : sum, exponent + scale, env);
}

function alignTo(a: Exact, exponent: number): bigint {
  return a.value === 0n ? 0n : a.value << BigInt(a.exponent - exponent);
}

function zeroSum(format: FloatFormat, a: boolean, b: boolean, env: FpEnvironment): bigint {
  return signed(format, a === b ? a : env.rounding === ROUNDING.DOWN, 0n);
}

export function add(format: FloatFormat, a: bigint, b: bigint, env: FpEnvironment): bigint {
  return addUnpacked(format, unpack(format, a, env), unpack(format, b, env), env);
}

export function sub(format: FloatFormat, a: bigint, b: bigint, env: FpEnvironment): bigint {
  const x = unpack(format, a, env);
  const y = unpack(format, b, env);
  // A NaN keeps its sign when it is propagated.
  return addUnpacked(format, x, isNaN(y) ? y : { ...y, negative: !y.negative }, env);
}

function addUnpacked(format: FloatFormat, x: Unpacked, y: Unpacked, env: FpEnvironment): bigint {
  return propagateNaN(format, env, x, y) ?? sumOf(format, x, y, env);
}

/** Sum of operands that are no NaN, rounded to the format; so the functions that follow. */
export function sumOf(format: FloatFormat, x: Unpacked, y: Unpacked, env: FpEnvironment): bigint {
  if (x.kind === 'infinity') {
    if (y.kind === 'infinity' && x.negative !== y.negative) return invalid(format, env);
    return signed(format, x.negative, format.infinity);
  }
  if (y.kind === 'infinity') return signed(format, y.negative, format.infinity);
  return addExact(format, exact(x), exact(y), env);
}

export function mul(format: FloatFormat, a: bigint, b: bigint, env: FpEnvironment): bigint {
  const x = unpack(format, a, env);
  const y = unpack(format, b, env);
  return propagateNaN(format, env, x, y) ?? productOf(format, x, y, env);
}

export function productOf(format: FloatFormat, x: Unpacked, y: Unpacked, env: FpEnvironment): bigint {
  if (isInfinityTimesZero(x, y)) return invalid(format, env);
  const negative = x.negative !== y.negative;
  if (x.kind === 'infinity' || y.kind === 'infinity') return signed(format, negative, format.infinity);
  if (x.kind === 'zero' || y.kind === 'zero') return signed(format, negative, 0n);
  return roundToFormat(format, negative, x.significand * y.significand, x.exponent + y.exponent, env);
}

function isInfinityTimesZero(x: Unpacked, y: Unpacked): boolean {
  return (x.kind === 'infinity' && y.kind === 'zero') || (x.kind === 'zero' && y.kind === 'infinity');
}

export function div(format: FloatFormat, a: bigint, b: bigint, env: FpEnvironment): bigint {
  const x = unpack(format, a, env);
  const y = unpack(format, b, env);
  return propagateNaN(format, env, x, y) ?? quotientOf(format, x, y, env);
}

export function quotientOf(format: FloatFormat, x: Unpacked, y: Unpacked, env: FpEnvironment): bigint {
  if (x.kind === y.kind && x.kind !== 'finite') return invalid(format, env);
  const negative = x.negative !== y.negative;
  if (x.kind === 'infinity') return signed(format, negative, format.infinity);
  if (x.kind === 'zero' || y.kind === 'infinity') return signed(format, negative, 0n);
  if (y.kind === 'zero') {
    env.raise(FP_ENV.DIVIDE_BY_ZERO);
    return signed(format, negative, format.infinity);
  }
  // At least precision + 2 quotient bits, then the sticky bit.
  const shift = Math.max(0, format.precision + 3 + bitLength(y.significand) - bitLength(x.significand));
  const dividend = x.significand << BigInt(shift);
  const quotient = dividend / y.significand;
  const sticky = quotient * y.significand === dividend ? 0n : 1n;
  return roundToFormat(format, negative, (quotient << 1n) | sticky, x.exponent - y.exponent - shift - 1, env);
}

export function sqrt(format: FloatFormat, a: bigint, env: FpEnvironment): bigint {
  const x = unpack(format, a, env);
  return propagateNaN(format, env, x) ?? rootOf(format, x, env);
}

export function rootOf(format: FloatFormat, x: Unpacked, env: FpEnvironment): bigint {
  if (x.kind === 'zero') return signed(format, x.negative, 0n);
  if (x.negative) return invalid(format, env);
  if (x.kind === 'infinity') return format.infinity;
  // An even exponent, and a radicand long enough for precision + 2 bits of root.
  let shift = Math.max(0, 2 * format.precision + 6 - bitLength(x.significand));
  if ((x.exponent - shift) % 2 !== 0) shift++;
  const radicand = x.significand << BigInt(shift);
  const root = integerSqrt(radicand);
  const sticky = root * root === radicand ? 0n : 1n;
  return roundToFormat(format, false, (root << 1n) | sticky, (x.exponent - shift) / 2 - 1, env);
}

/** Floor of the square root, by Newton's method from above. */
function integerSqrt(value: bigint): bigint {
  let guess = 1n << BigInt((bitLength(value) + 1) >> 1);
  for (;;) {
    const next = (guess + value / guess) >> 1n;
    if (next >= guess) return guess;
    guess = next;
  }
}

/** `a * b + c`, rounded once. */
export function fma(format: FloatFormat, a: bigint, b: bigint, c: bigint, env: FpEnvironment): bigint {
  return scaledFma(format, a, b, c, 0, env);
}

/** `(a * b + c) * 2^scale`, rounded once. */
function scaledFma(format: FloatFormat, a: bigint, b: bigint, c: bigint, scale: number, env: FpEnvironment): bigint {
  const x = unpack(format, a, env);
  const y = unpack(format, b, env);
  const z = unpack(format, c, env);
  const nan = fusedNaN(format, x, y, z, env);
  if (nan !== null) return nan;
  const negative = x.negative !== y.negative;
  if (x.kind === 'infinity' || y.kind === 'infinity') {
    if (z.kind === 'infinity' && z.negative !== negative) return invalid(format, env);
    return signed(format, negative, format.infinity);
  }
  if (z.kind === 'infinity') return signed(format, z.negative, format.infinity);
  const product = x.significand * y.significand;
  const signedProduct = { value: negative ? -product : product, exponent: x.exponent + y.exponent, negative };
  return addExact(format, signedProduct, exact(z), env, scale);
}

/**
 * NaN result of a fused operation. Infinity times zero is invalid even when a quiet NaN is added (RISC-V F, 11.6;
 * Arm FPMulAdd, which then gives the default NaN), but not on x86 (SDM volume 1, 14.5.2).
 */
function fusedNaN(format: FloatFormat, x: Unpacked, y: Unpacked, z: Unpacked, env: FpEnvironment): bigint | null {
  if (isInfinityTimesZero(x, y) && !(env.nanPolicy === NAN_POLICY.FIRST_OPERAND && isNaN(z))) {
    env.raise(FP_ENV.INVALID);
    if (z.kind !== 'signaling') return defaultNaN(format, env);
  }
  return env.nanPolicy === NAN_POLICY.SIGNALING_FIRST
    ? propagateNaN(format, env, z, x, y)
    : propagateNaN(format, env, x, y, z);
}

/** As `mul`, but infinity times zero is 2 with the product's sign and raises nothing (Arm FPMulX). */
export function mulExtended(format: FloatFormat, a: bigint, b: bigint, env: FpEnvironment): bigint {
  const quiet = new FpEnvironment(env.toWord());
  const x = unpack(format, a, quiet);
  const y = unpack(format, b, quiet);
  if (!isInfinityTimesZero(x, y)) return mul(format, a, b, env);
  env.raise(quiet.flags);
  return signed(format, x.negative !== y.negative, smallInteger(format, 1, 0n));
}

/** 2^exponent, plus half of that where `half` is the quiet bit. */
function smallInteger(format: FloatFormat, exponent: number, half: bigint): bigint {
  return (BigInt(format.maxExponent + exponent) << format.fractionBits) | half;
}

/** The step of Newton's iteration for a reciprocal, 2 - a * b, rounded once; 2 for infinity times zero. */
export function reciprocalStep(format: FloatFormat, a: bigint, b: bigint, env: FpEnvironment): bigint {
  return step(format, a, b, smallInteger(format, 1, 0n), 0, env);
}

/** The step of Newton's iteration for a reciprocal square root, (3 - a * b) / 2, rounded once; 1.5 for infinity times zero. */
export function reciprocalRootStep(format: FloatFormat, a: bigint, b: bigint, env: FpEnvironment): bigint {
  return step(format, a, b, smallInteger(format, 1, format.quietBit), -1, env);
}

function step(format: FloatFormat, a: bigint, b: bigint, from: bigint, scale: number, env: FpEnvironment): bigint {
  const quiet = new FpEnvironment(env.toWord());
  if (isInfinityTimesZero(unpack(format, a, quiet), unpack(format, b, quiet))) {
    env.raise(quiet.flags);
    return scale === 0 ? from : smallInteger(format, 0, format.quietBit);
  }
  return scaledFma(format, a ^ format.signBit, b, from, scale, env);
}
