/**
 * f2xm1, fyl2x, fyl2xp1, fsin, fcos, fptan, fpatan (SDM volume 1, 8.3.7; volume 2 for the special cases). Results are
 * those of the exact function, rounded once, so within half a unit in the last place; processors allow themselves one.
 * Arguments of the trigonometric functions are reduced by the 66 bits of pi that processors have.
 */
import { bitLength } from '../format.ts';
import { FP_ENV } from '../fp-env.ts';
import { roundToFormat } from '../round.ts';
import { arcTangent, expMinusOne, LN2, logOnePlus, ONE, P, PI, sineCosine } from './elementary.ts';
import { STATUS, type ExtendedEnvironment } from './environment.ts';
import {
  decodeExtended,
  encodeExtended,
  f80,
  infinityOf,
  LEADING,
  zeroOf,
  type Extended,
  type Operand,
} from './format.ts';
import { invalidOperation, noteDenormals, specialResult } from './nan.ts';

const FRACTION = Number(P);
/** Below this exponent a series ends after its first term, as far as 64 bits can tell. */
const TINY = -70;

/** The inexact value `magnitude * 2^exponent`, rounded; there is more below its last bit. */
function inexact(negative: boolean, magnitude: bigint, exponent: number, env: ExtendedEnvironment): Extended {
  return encodeExtended(f80, roundToFormat(f80, negative, (magnitude << 1n) | 1n, exponent - 1, env.fp));
}

function exact(negative: boolean, magnitude: bigint, exponent: number, env: ExtendedEnvironment): Extended {
  if (magnitude === 0n) return zeroOf(negative);
  return encodeExtended(f80, roundToFormat(f80, negative, magnitude, exponent, env.fp));
}

function fixedResult(value: bigint, env: ExtendedEnvironment): Extended {
  return inexact(value < 0n, value < 0n ? -value : value, -FRACTION, env);
}

const signOf = (negative: boolean): bigint => (negative ? -1n : 1n);
/** Exponent of the leading bit. */
const topOf = (x: Operand): number => x.exponent + bitLength(x.significand) - 1;

/** The value in units of 2^-P; it must not lie below them. */
function fixedOf(x: Operand): bigint {
  const shift = BigInt(x.exponent + FRACTION);
  return signOf(x.negative) * (shift >= 0n ? x.significand << shift : x.significand >> -shift);
}

/** Slightly more or less in magnitude than the operand. */
function nearly(x: Operand, more: boolean, env: ExtendedEnvironment): Extended {
  const wide = x.significand << 64n;
  return inexact(x.negative, more ? wide : wide - 1n, x.exponent - 64, env);
}

/** 2^a - 1. The operand must lie between -1 and 1; what lies outside is returned as it is. */
export function exponential(a: Extended, env: ExtendedEnvironment): Extended {
  const x = decodeExtended(a);
  const special = specialResult(env, x);
  if (special !== null) return special;
  if (x.kind === 'infinity') return x.negative ? { significand: LEADING, high: 0xbfff } : a;
  noteDenormals(env, x);
  if (x.kind !== 'finite' || topOf(x) > 0 || (topOf(x) === 0 && x.significand !== LEADING)) return a;
  if (topOf(x) === 0) return { significand: LEADING, high: x.negative ? 0xbffe : 0x3fff };
  // The next term is smaller by the operand itself.
  if (topOf(x) < -200) return inexact(x.negative, x.significand * LN2, x.exponent - FRACTION, env);
  return fixedResult(expMinusOne((fixedOf(x) * LN2) >> P), env);
}

/** The binary logarithm of a positive number in units of 2^-P, and whether that is all of it. */
function binaryLogarithm(x: Operand): { readonly value: bigint; readonly isExact: boolean } {
  const length = bitLength(x.significand);
  let exponent = BigInt(x.exponent + length - 1);
  let fraction = (x.significand << (P + 1n - BigInt(length))) - ONE;
  if (fraction === 0n) return { value: exponent << P, isExact: true };
  // Around 1 from both sides, so that the logarithm keeps its leading bits.
  if (fraction * 5n > ONE * 2n) {
    exponent += 1n;
    fraction = (fraction - ONE) / 2n;
  }
  return { value: (exponent << P) + (logOnePlus(fraction) << P) / LN2, isExact: false };
}

/** y * value with the sign of the product. */
function product(y: Operand, value: bigint, isExact: boolean, env: ExtendedEnvironment): Extended {
  const negative = y.negative !== value < 0n;
  const magnitude = y.significand * (value < 0n ? -value : value);
  return (isExact ? exact : inexact)(negative, magnitude, y.exponent - FRACTION, env);
}

/** b * log2(a) (FYL2X: a in st(0), b in st(1)). */
export function logarithm(a: Extended, b: Extended, env: ExtendedEnvironment): Extended {
  const [x, y] = [decodeExtended(a), decodeExtended(b)];
  const special = specialResult(env, x, y);
  if (special !== null) return special;
  if (x.kind === 'zero') {
    if (y.kind === 'zero') return invalidOperation(env);
    if (y.kind === 'finite') env.fp.raise(FP_ENV.DIVIDE_BY_ZERO);
    return infinityOf(!y.negative);
  }
  if (x.negative) return invalidOperation(env);
  if (x.kind === 'infinity') {
    if (y.kind === 'zero') return invalidOperation(env);
    noteDenormals(env, y);
    return infinityOf(y.negative);
  }
  const { value, isExact } = binaryLogarithm(x);
  return timesLogarithm(x, y, value, isExact, env);
}

function timesLogarithm(x: Operand, y: Operand, value: bigint, isExact: boolean, env: ExtendedEnvironment): Extended {
  const negative = y.negative !== value < 0n;
  if (y.kind === 'infinity') {
    if (value === 0n) return invalidOperation(env);
    noteDenormals(env, x);
    return infinityOf(negative);
  }
  noteDenormals(env, x, y);
  if (y.kind === 'zero' || value === 0n) return zeroOf(negative);
  return product(y, value, isExact, env);
}

/** b * log2(a + 1) (FYL2XP1). */
export function logarithmPlusOne(a: Extended, b: Extended, env: ExtendedEnvironment): Extended {
  const [x, y] = [decodeExtended(a), decodeExtended(b)];
  const special = specialResult(env, x, y);
  if (special !== null) return special;
  if (x.kind === 'zero') {
    if (y.kind === 'infinity') return invalidOperation(env);
    noteDenormals(env, y);
    return zeroOf(x.negative !== y.negative);
  }
  if (x.kind === 'infinity') {
    if (x.negative || y.kind === 'zero') return invalidOperation(env);
    return infinityOf(y.negative);
  }
  if (x.negative && topOf(x) >= 0) return invalidOperation(env);
  if (topOf(x) < TINY * 2) return tinyLogarithm(x, y, env);
  const t = fixedOf(x);
  if (topOf(x) < -1) return timesLogarithm(x, y, (logOnePlus(t) << P) / LN2, false, env);
  const sum = ONE + t;
  const shifted: Operand = { ...x, negative: false, significand: sum, exponent: -FRACTION };
  const { value, isExact } = binaryLogarithm(shifted);
  return timesLogarithm(x, y, value, isExact, env);
}

/** log2(1 + x) is x / ln 2 where x is small. */
function tinyLogarithm(x: Operand, y: Operand, env: ExtendedEnvironment): Extended {
  const negative = x.negative !== y.negative;
  if (y.kind === 'infinity') {
    noteDenormals(env, x);
    return infinityOf(negative);
  }
  noteDenormals(env, x, y);
  if (y.kind === 'zero') return zeroOf(negative);
  const magnitude = (x.significand * y.significand * ONE) / LN2;
  return inexact(negative, magnitude << 32n, x.exponent + y.exponent - 32, env);
}

/** Arguments from 2^63 on are left as they are, with C2 set. */
const REDUCIBLE = 63;

const EXTENDED_ONE: Extended = { significand: LEADING, high: 0x3fff };

/** Which result's flags and C1 are wanted: the others are computed without. */
export type Wanted = 'sine' | 'cosine' | 'tangent';

/** One of the trigonometric functions; C2 tells whether the operand was out of range. */
export function trigonometric(a: Extended, wanted: Wanted, env: ExtendedEnvironment): Extended {
  env.setConditions(0, STATUS.C2);
  const x = decodeExtended(a);
  const special = specialResult(env, x);
  if (special !== null) return special;
  if (x.kind === 'infinity') return invalidOperation(env);
  if (x.kind === 'zero') return wanted === 'cosine' ? EXTENDED_ONE : a;
  if (topOf(x) >= REDUCIBLE) {
    env.setConditions(STATUS.C2, STATUS.C2);
    return a;
  }
  noteDenormals(env, x);
  if (topOf(x) < TINY) {
    if (wanted === 'cosine') return inexact(false, (1n << 128n) - 1n, -128, env);
    return nearly(x, wanted === 'tangent', env);
  }
  return reduced(x, wanted, env);
}

/** What arguments are reduced by: pi to 66 bits, as in processors (SDM volume 1, 8.3.8). */
const REDUCTION_PI = 0xc90fdaa22168c234cn << (P - 66n);

function reduced(x: Operand, wanted: Wanted, env: ExtendedEnvironment): Extended {
  const value = fixedOf(x);
  const half = REDUCTION_PI / 2n;
  const quarter = REDUCTION_PI / 4n;
  const quotient = (value + (value < 0n ? -quarter : quarter)) / half;
  const [sine, cosine] = sineCosine(value - quotient * half);
  const quadrant = Number(((quotient % 4n) + 4n) % 4n);
  const sines = [sine, cosine, -sine, -cosine] as const;
  const s = sines[quadrant] ?? sine;
  const c = sines[(quadrant + 1) & 3] ?? cosine;
  if (wanted === 'tangent') return fixedResult((s << P) / c, env);
  return fixedResult(wanted === 'sine' ? s : c, env);
}

/** The angle of the point (b, a): atan(a / b), a in st(1), b in st(0). */
export function arcTangentOf(a: Extended, b: Extended, env: ExtendedEnvironment): Extended {
  const [y, x] = [decodeExtended(a), decodeExtended(b)];
  const special = specialResult(env, x, y);
  if (special !== null) return special;
  noteDenormals(env, x, y);
  const angle = (value: bigint): Extended => fixedResult(signOf(y.negative) * value, env);
  if (y.kind === 'infinity') {
    if (x.kind !== 'infinity') return angle(PI / 2n);
    return angle(x.negative ? (3n * PI) / 4n : PI / 4n);
  }
  if (y.kind === 'zero') return x.negative ? angle(PI) : zeroOf(y.negative);
  if (x.kind === 'infinity') return x.negative ? angle(PI) : zeroOf(y.negative);
  if (x.kind === 'zero') return angle(PI / 2n);
  return finiteAngle(y, x, env);
}

function finiteAngle(y: Operand, x: Operand, env: ExtendedEnvironment): Extended {
  const difference = topOf(y) - topOf(x);
  const angle = (value: bigint): Extended => fixedResult(signOf(y.negative) * value, env);
  if (difference < TINY * 2) {
    if (x.negative) return angle(PI);
    // The quotient less something.
    const quotient = (y.significand << 256n) / x.significand;
    return inexact(y.negative, quotient - 1n, y.exponent - x.exponent - 256, env);
  }
  if (difference > -TINY * 2) return angle(PI / 2n);
  const low = Math.min(x.exponent, y.exponent);
  const numerator = y.significand << BigInt(y.exponent - low);
  const denominator = x.significand << BigInt(x.exponent - low);
  const isSteep = numerator > denominator;
  const ratio = isSteep ? (denominator << P) / numerator : (numerator << P) / denominator;
  const first = isSteep ? PI / 2n - arcTangent(ratio) : arcTangent(ratio);
  return angle(x.negative ? PI - first : first);
}
