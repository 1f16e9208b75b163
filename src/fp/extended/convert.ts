/** Conversions between the extended format and others (SDM volume 1, 8.3.3; volume 2, FLD, FST, FIST, FBLD, FBSTP). */
import { bitLength, f32, f64, type FloatFormat } from '../format.ts';
import { FP_ENV } from '../fp-env.ts';
import { roundShift, roundToFormat } from '../round.ts';
import type { ExtendedEnvironment } from './environment.ts';
import { decodeExtended, encodeExtended, f80, LEADING, zeroOf, type Extended, type Operand } from './format.ts';

export function fromInteger(value: bigint, env: ExtendedEnvironment): Extended {
  if (value === 0n) return zeroOf(false);
  return encodeExtended(f80, roundToFormat(f80, value < 0n, value < 0n ? -value : value, 0, env.fp));
}

function toFormat(format: FloatFormat, a: Extended, env: ExtendedEnvironment): bigint {
  const x = decodeExtended(a);
  const sign = x.negative ? format.signBit : 0n;
  switch (x.kind) {
    case 'unsupported':
      env.fp.raise(FP_ENV.INVALID);
      return format.signBit | format.infinity | format.quietBit;
    case 'signaling':
    case 'quiet':
      if (x.kind === 'signaling') env.fp.raise(FP_ENV.INVALID);
      return (
        sign | format.infinity | format.quietBit | ((a.significand & (LEADING - 1n)) >> (63n - format.fractionBits))
      );
    case 'infinity':
      return sign | format.infinity;
    case 'zero':
      return sign;
    case 'finite':
      return roundToFormat(format, x.negative, x.significand, x.exponent, env.fp);
  }
}

export const toF32 = (a: Extended, env: ExtendedEnvironment): bigint => toFormat(f32, a, env);
export const toF64 = (a: Extended, env: ExtendedEnvironment): bigint => toFormat(f64, a, env);

/** The rounded value, or null where it is no number or lies outside [minimum, maximum]: then invalid is raised. */
function rounded(
  x: Operand,
  minimum: bigint,
  maximum: bigint,
  rounding: number,
  env: ExtendedEnvironment,
): bigint | null {
  if (x.kind === 'zero') return 0n;
  if (x.kind === 'finite' && x.exponent + bitLength(x.significand) <= 66) {
    const { value, inexact, up } = roundShift(x.significand, -x.exponent, x.negative, rounding);
    const result = x.negative ? -value : value;
    if (result >= minimum && result <= maximum) {
      if (inexact) env.fp.raise(FP_ENV.INEXACT);
      env.fp.roundedUp = up;
      return result;
    }
  }
  env.fp.raise(FP_ENV.INVALID);
  return null;
}

/** A signed integer of `bits` bits; what does not fit gives the least one. */
export function toInteger(a: Extended, bits: 16 | 32 | 64, rounding: number, env: ExtendedEnvironment): bigint {
  const least = -(1n << BigInt(bits - 1));
  return rounded(decodeExtended(a), least, -least - 1n, rounding, env) ?? least;
}

const DIGITS = 18;
const BCD_LIMIT = 10n ** BigInt(DIGITS) - 1n;
/** "Packed BCD indefinite". */
const BCD_INDEFINITE: Extended = { significand: 0xc000000000000000n, high: 0xffff };

/** Packed decimal: eighteen digits, the sign in the last byte. Digits beyond 9 count as they are. */
export function fromBcd({ significand, high }: Extended, env: ExtendedEnvironment): Extended {
  const digits = (BigInt(high & 0xff) << 64n) | significand;
  let value = 0n;
  for (let digit = DIGITS - 1; digit >= 0; digit--) value = value * 10n + ((digits >> BigInt(4 * digit)) & 15n);
  const negative = (high & 0x8000) !== 0;
  if (value === 0n) return zeroOf(negative);
  return encodeExtended(f80, roundToFormat(f80, negative, value, 0, env.fp));
}

export function toBcd(a: Extended, env: ExtendedEnvironment): Extended {
  const x = decodeExtended(a);
  const value = rounded(x, -BCD_LIMIT, BCD_LIMIT, env.fp.rounding, env);
  if (value === null) return BCD_INDEFINITE;
  let rest = value < 0n ? -value : value;
  let digits = 0n;
  for (let digit = 0; digit < DIGITS; digit++, rest /= 10n) digits |= (rest % 10n) << BigInt(4 * digit);
  const sign = x.negative ? 0x8000 : 0;
  return { significand: BigInt.asUintN(64, digits), high: Number(digits >> 64n) | sign };
}
