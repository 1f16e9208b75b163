/** Sum, difference, product, quotient, root, scaling and rounding in the extended format (SDM volume 1, 8.3.5). */
import { productOf, quotientOf, rootOf, sumOf } from '../arithmetic.ts';
import type { FpEnvironment } from '../environment.ts';
import { bitLength, type FloatFormat, type Unpacked } from '../format.ts';
import { FP_ENV, ROUNDING } from '../fp-env.ts';
import { roundShift, roundToFormat } from '../round.ts';
import type { ExtendedEnvironment } from './environment.ts';
import {
  decodeExtended,
  encodeExtended,
  f80,
  INDEFINITE,
  infinityOf,
  zeroOf,
  type Extended,
  type Operand,
} from './format.ts';
import { invalidOperation, noteDenormals, specialResult } from './nan.ts';

type Numbers = (format: FloatFormat, x: Unpacked, y: Unpacked, env: FpEnvironment) => bigint;

/** An operand that is no NaN, for the functions of the general formats. */
function asUnpacked(operand: Operand): Unpacked {
  return operand as Unpacked;
}

function binary(numbers: Numbers): (a: Extended, b: Extended, env: ExtendedEnvironment) => Extended {
  return (a, b, env) => {
    const [x, y] = [decodeExtended(a), decodeExtended(b)];
    const special = specialResult(env, x, y);
    if (special !== null) return special;
    const bits = numbers(env.format, asUnpacked(x), asUnpacked(y), env.fp);
    noteDenormals(env, x, y);
    return encodeExtended(env.format, bits);
  };
}

export const add = binary(sumOf);
export const sub = binary((format, x, y, env) => sumOf(format, x, { ...y, negative: !y.negative }, env));
export const mul = binary(productOf);
export const div = binary(quotientOf);

export function sqrt(a: Extended, env: ExtendedEnvironment): Extended {
  const x = decodeExtended(a);
  const special = specialResult(env, x);
  if (special !== null) return special;
  const bits = rootOf(env.format, asUnpacked(x), env.fp);
  noteDenormals(env, x);
  return encodeExtended(env.format, bits);
}

/** To an integral value by rounding control. */
export function roundToIntegral(a: Extended, env: ExtendedEnvironment): Extended {
  const x = decodeExtended(a);
  const special = specialResult(env, x);
  if (special !== null) return special;
  noteDenormals(env, x);
  if (x.kind !== 'finite' || x.exponent >= 0) return a;
  const { value, inexact, up } = roundShift(x.significand, -x.exponent, x.negative, env.fp.rounding);
  if (inexact) env.fp.raise(FP_ENV.INEXACT);
  env.fp.roundedUp = up;
  if (value === 0n) return zeroOf(x.negative);
  const result = encodeExtended(f80, roundToFormat(f80, x.negative, value, 0, env.fp));
  env.fp.roundedUp = up;
  return result;
}

/** Scale factors beyond this give zero or infinity whatever they are applied to. */
const SCALE_LIMIT = 0x10000;

/** a * 2^trunc(b); not subject to precision control. */
export function scale(a: Extended, b: Extended, env: ExtendedEnvironment): Extended {
  const [x, y] = [decodeExtended(a), decodeExtended(b)];
  const special = specialResult(env, x, y);
  if (special !== null) return special;
  if (y.kind === 'infinity') {
    if (x.kind === (y.negative ? 'infinity' : 'zero')) return invalidOperation(env);
    noteDenormals(env, x);
    return y.negative ? zeroOf(x.negative) : infinityOf(x.negative);
  }
  noteDenormals(env, x, y);
  if (x.kind !== 'finite') return a;
  const factor = truncated(y);
  return encodeExtended(f80, roundToFormat(f80, x.negative, x.significand, x.exponent + factor, env.fp));
}

/** The value toward zero as a number, at most `SCALE_LIMIT` in magnitude. */
function truncated(y: Operand): number {
  if (y.kind === 'zero') return 0;
  const top = y.exponent + bitLength(y.significand);
  if (top > 17) return y.negative ? -SCALE_LIMIT : SCALE_LIMIT;
  const { value } = roundShift(y.significand, -y.exponent, false, ROUNDING.TOWARD_ZERO);
  return y.negative ? -Number(value) : Number(value);
}

/** The exponent of the value, as a number in the format. */
export function exponentOf(a: Extended, env: ExtendedEnvironment): Extended {
  const x = decodeExtended(a);
  const special = specialResult(env, x);
  if (special !== null) return special;
  if (x.kind === 'infinity') return infinityOf(false);
  if (x.kind === 'zero') {
    env.fp.raise(FP_ENV.DIVIDE_BY_ZERO);
    return infinityOf(true);
  }
  noteDenormals(env, x);
  const exponent = x.exponent + bitLength(x.significand) - 1;
  if (exponent === 0) return zeroOf(false);
  return encodeExtended(f80, roundToFormat(f80, exponent < 0, BigInt(Math.abs(exponent)), 0, env.fp));
}

/** The significand of the value with its sign: from 1 up to 2. Raises what `exponentOf` raises. */
export function significandOf(a: Extended, env: ExtendedEnvironment): Extended {
  const x = decodeExtended(a);
  const special = specialResult(env, x);
  if (special !== null) return special;
  if (x.kind !== 'finite') return a;
  noteDenormals(env, x);
  const shift = 1 - bitLength(x.significand);
  return encodeExtended(f80, roundToFormat(f80, x.negative, x.significand, shift, env.fp));
}

/** What a register that is empty reads as. */
export const emptyValue = INDEFINITE;
