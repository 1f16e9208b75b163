/**
 * The 80-bit extended format of the x87 (Intel SDM volume 1, 4.2.2): an explicit leading bit, which encodings may
 * contradict. Arithmetic takes it as an interchange format of 79 bits with the leading bit implied.
 */
import { interchangeFormat, type FloatFormat, type Unpacked } from '../format.ts';

/** An encoding: 64 bits of significand, and sign and exponent in 16 bits. */
export interface Extended {
  readonly significand: bigint;
  readonly high: number;
  /** The value came from a denormal number of another format. */
  readonly wasDenormal?: boolean;
}

export const LEADING = 1n << 63n;
export const EXPONENT = 0x7fff;
export const SIGN = 0x8000;

/** The format with an implied leading bit, and those that precision control rounds to: same exponents, less precision. */
export const f80 = interchangeFormat('f80', 79, 64);
export const f80Double = interchangeFormat('f80', 68, 53);
export const f80Single = interchangeFormat('f80', 39, 24);

/** "Real indefinite": the default NaN. */
export const INDEFINITE: Extended = { significand: 0xc000000000000000n, high: 0xffff };

export type Kind = Unpacked['kind'] | 'unsupported';

export interface Operand extends Omit<Unpacked, 'kind'> {
  readonly kind: Kind;
  readonly encoding: Extended;
  readonly isDenormal: boolean;
}

/**
 * Decodes an operand. Unsupported encodings (SDM volume 1, 8.2.2: a leading bit of 0 with an exponent other than 0) are
 * a kind of their own; a pseudo-denormal has the value that its bits say.
 */
export function decodeExtended(encoding: Extended): Operand {
  const { significand, high } = encoding;
  const field = high & EXPONENT;
  const negative = (high & SIGN) !== 0;
  const isNormal = (significand & LEADING) !== 0n;
  const make = (kind: Kind, isDenormal = false): Operand => {
    const exponent = kind === 'finite' ? Math.max(field, 1) - 1 + f80.grain : 0;
    return {
      kind,
      negative,
      significand: kind === 'finite' ? significand : 0n,
      exponent,
      bits: 0n,
      encoding,
      isDenormal,
    };
  };
  if (field !== 0 && !isNormal) return make('unsupported');
  if (field === EXPONENT) {
    if (significand === LEADING) return make('infinity');
    return make((significand & (LEADING >> 1n)) === 0n ? 'signaling' : 'quiet');
  }
  if (significand === 0n) return make('zero');
  return make('finite', field === 0 || encoding.wasDenormal === true);
}

/** The encoding of a result in one of the formats above. */
export function encodeExtended(format: FloatFormat, bits: bigint): Extended {
  const sign = (bits & format.signBit) === 0n ? 0 : SIGN;
  const field = Number((bits & ~format.signBit) >> format.fractionBits);
  const fraction = (bits & format.fractionMask) << (63n - format.fractionBits);
  return { significand: field === 0 ? fraction : fraction | LEADING, high: sign | field };
}

/** The same value with another sign. */
export function withSign({ significand, high }: Extended, negative: boolean): Extended {
  return { significand, high: (high & EXPONENT) | (negative ? SIGN : 0) };
}

export function zeroOf(negative: boolean): Extended {
  return { significand: 0n, high: negative ? SIGN : 0 };
}

export function infinityOf(negative: boolean): Extended {
  return { significand: LEADING, high: EXPONENT | (negative ? SIGN : 0) };
}
