/** Immediates of the logical instructions: DecodeBitMasks (Arm ARM J1.3, shared/functions/integer). */

/** A decoded immediate of 64 bits; the 32-bit instructions use its low half. */
export interface BitMaskImmediate {
  /** Unsigned. */
  readonly bits: bigint;
  /** Low 32 bits, signed. */
  readonly word: number;
}

const decoded = new Map<number, BitMaskImmediate | null>();

function decode(N: number, imms: number, immr: number): BitMaskImmediate | null {
  const length = 31 - Math.clz32((N << 6) | (~imms & 63));
  if (length < 1) return null;
  const size = 1 << length;
  const levels = size - 1;
  const ones = (imms & levels) + 1;
  if (ones > levels) return null;
  const rotation = BigInt(immr & levels);
  const element = (1n << BigInt(ones)) - 1n;
  const width = BigInt(size);
  const rotated = BigInt.asUintN(size, (element >> rotation) | (element << (width - rotation)));
  let bits = 0n;
  for (let at = 0n; at < 64n; at += width) bits |= rotated << at;
  return { bits, word: Number(BigInt.asIntN(32, bits)) };
}

/** The immediate for N, imms and immr, or null where the combination is reserved. */
export function decodeBitMasks(N: number, imms: number, immr: number): BitMaskImmediate | null {
  const key = (N << 12) | (imms << 6) | immr;
  let result = decoded.get(key);
  if (result === undefined) {
    result = decode(N, imms, immr);
    decoded.set(key, result);
  }
  return result;
}
