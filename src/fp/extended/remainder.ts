/** Partial remainders: `fprem` (quotient toward zero) and `fprem1` (quotient to nearest); SDM volume 1, 8.3.6. */
import { bitLength } from '../format.ts';
import { FP_ENV } from '../fp-env.ts';
import { roundToFormat } from '../round.ts';
import { STATUS, type ExtendedEnvironment } from './environment.ts';
import { decodeExtended, encodeExtended, f80, zeroOf, type Extended, type Operand } from './format.ts';
import { invalidOperation, noteDenormals, specialResult } from './nan.ts';

/** Where the exponents differ by this or more, one step reduces the dividend by a multiple of a power of two. */
const FULL = 64;

/** Bits 2, 1 and 0 of the quotient are C0, C3 and C1. */
function quotientConditions(quotient: bigint): number {
  const bit = (index: bigint, condition: number): number => (((quotient >> index) & 1n) === 1n ? condition : 0);
  return bit(2n, STATUS.C0) | bit(1n, STATUS.C3) | bit(0n, STATUS.C1);
}

const ALL = STATUS.C0 | STATUS.C1 | STATUS.C2 | STATUS.C3;

export function remainder(a: Extended, b: Extended, toNearest: boolean, env: ExtendedEnvironment): Extended {
  const [x, y] = [decodeExtended(a), decodeExtended(b)];
  env.setConditions(0, STATUS.C1 | STATUS.C2);
  const special = specialResult(env, x, y);
  if (special !== null) return special;
  if (x.kind === 'infinity' || y.kind === 'zero') return invalidOperation(env);
  noteDenormals(env, x, y);
  if (x.kind === 'zero' || y.kind === 'infinity') {
    env.setConditions(0, ALL);
    return normalized(x, env);
  }
  return reduce(x, y, toNearest, env);
}

/** The dividend as it is; a pseudo-denormal becomes the normal number that it is. */
function normalized(x: Operand, env: ExtendedEnvironment): Extended {
  if (x.kind === 'zero') return zeroOf(x.negative);
  return encodeExtended(f80, roundToFormat(f80, x.negative, x.significand, x.exponent, env.fp));
}

function reduce(x: Operand, y: Operand, toNearest: boolean, env: ExtendedEnvironment): Extended {
  const difference = x.exponent + bitLength(x.significand) - (y.exponent + bitLength(y.significand));
  const low = Math.min(x.exponent, y.exponent);
  const dividend = x.significand << BigInt(x.exponent - low);
  const divisor = y.significand << BigInt(y.exponent - low);
  if (difference >= FULL) {
    // As hardware does: a step of 32 to 63 bits.
    const scaled = divisor << BigInt(difference - (32 + (difference % 32)));
    env.setConditions(STATUS.C2, ALL);
    return signedResult(x.negative, dividend % scaled, low, env);
  }
  let quotient = dividend / divisor;
  let rest = dividend - quotient * divisor;
  let negative = x.negative;
  if (toNearest && (2n * rest > divisor || (2n * rest === divisor && (quotient & 1n) === 1n))) {
    quotient += 1n;
    rest = divisor - rest;
    negative = !negative;
  }
  env.setConditions(quotientConditions(quotient), ALL);
  return signedResult(rest === 0n ? x.negative : negative, rest, low, env);
}

function signedResult(negative: boolean, magnitude: bigint, exponent: number, env: ExtendedEnvironment): Extended {
  if (magnitude === 0n) return zeroOf(negative);
  const before = env.fp.flags;
  const result = encodeExtended(f80, roundToFormat(f80, negative, magnitude, exponent, env.fp));
  // Remainders are exact.
  env.fp.flags = before | (env.fp.flags & ~FP_ENV.INEXACT);
  return result;
}
