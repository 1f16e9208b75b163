/**
 * Binary interchange formats (IEEE 754-2019, 3.4) and their encodings as unsigned BigInts. Everything else in this
 * folder takes the format as a parameter.
 */
import { FP_ENV, NAN_POLICY } from './fp-env.ts';
import type { FpEnvironment } from './environment.ts';

export interface FloatFormat {
  readonly name: string;
  readonly width: number;
  /** Bits of the significand, the leading one included. */
  readonly precision: number;
  /** Exponent of the largest binade; equals the bias. */
  readonly maxExponent: number;
  /** Exponent of the smallest normal number. */
  readonly minExponent: number;
  /** Exponent of the last place of subnormal numbers: the finest grain of the format. */
  readonly grain: number;
  /** Shift of the exponent field. */
  readonly fractionBits: bigint;
  readonly fractionMask: bigint;
  /** Exponent field, all ones, in place: the encoding of +infinity. */
  readonly infinity: bigint;
  readonly signBit: bigint;
  /** Leading bit of the fraction: set in quiet NaNs. */
  readonly quietBit: bigint;
}

export function interchangeFormat(name: string, width: number, precision: number): FloatFormat {
  const fractionBits = BigInt(precision - 1);
  const maxExponent = 2 ** (width - precision - 1) - 1;
  return {
    name,
    width,
    precision,
    maxExponent,
    minExponent: 1 - maxExponent,
    grain: 1 - maxExponent - (precision - 1),
    fractionBits,
    fractionMask: (1n << fractionBits) - 1n,
    infinity: BigInt(2 * maxExponent + 1) << fractionBits,
    signBit: 1n << BigInt(width - 1),
    quietBit: 1n << (fractionBits - 1n),
  };
}

export const f16 = interchangeFormat('f16', 16, 11);
export const f32 = interchangeFormat('f32', 32, 24);
export const f64 = interchangeFormat('f64', 64, 53);

/** A decoded operand. Of a `finite` one (not zero) the magnitude is `significand * 2^exponent`. */
export interface Unpacked {
  readonly kind: 'zero' | 'finite' | 'infinity' | 'quiet' | 'signaling';
  readonly negative: boolean;
  readonly significand: bigint;
  readonly exponent: number;
  /** The encoding, for NaN propagation. */
  readonly bits: bigint;
}

/** Decodes an operand; takes subnormals as zero where the environment says so. */
export function unpack(format: FloatFormat, bits: bigint, env: FpEnvironment): Unpacked {
  const negative = (bits & format.signBit) !== 0n;
  const field = Number((bits & format.infinity) >> format.fractionBits);
  const fraction = bits & format.fractionMask;
  if (field === 2 * format.maxExponent + 1) {
    const kind = fraction === 0n ? 'infinity' : (fraction & format.quietBit) !== 0n ? 'quiet' : 'signaling';
    return { kind, negative, significand: 0n, exponent: 0, bits };
  }
  if (field !== 0) {
    const significand = fraction | (1n << format.fractionBits);
    return { kind: 'finite', negative, significand, exponent: field - 1 + format.grain, bits };
  }
  if (fraction !== 0n && !env.flushInputs)
    return { kind: 'finite', negative, significand: fraction, exponent: format.grain, bits };
  // Arm notes the flushed operand (FPSR.IDC); x86 under DAZ does not (SDM volume 1, 10.2.3.4).
  if (fraction !== 0n && env.nanPolicy !== NAN_POLICY.FIRST_OPERAND) env.raise(FP_ENV.INPUT_DENORMAL);
  return { kind: 'zero', negative, significand: 0n, exponent: 0, bits: negative ? format.signBit : 0n };
}

export function isNaN(operand: Unpacked): boolean {
  return operand.kind === 'quiet' || operand.kind === 'signaling';
}

export function signed(format: FloatFormat, negative: boolean, magnitude: bigint): bigint {
  return negative ? magnitude | format.signBit : magnitude;
}

/** Length in bits of a positive integer. */
export function bitLength(value: bigint): number {
  const digits = value.toString(16);
  return digits.length * 4 - Math.clz32(Number.parseInt(digits.charAt(0), 16)) + 28;
}
