/** Seeded random numbers and floating-point operands that reach the interesting places. Tests only. */
import type { FloatFormat } from '../format.ts';

/** xorshift128 (Marsaglia 2003), seeded through splitmix32. */
export class Random {
  readonly #state = new Uint32Array(4);
  readonly #view = new DataView(new ArrayBuffer(8));

  constructor(seed: number) {
    let z = seed >>> 0;
    for (let i = 0; i < 4; i++) {
      z = (z + 0x9e3779b9) >>> 0;
      let t = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
      t = Math.imul(t ^ (t >>> 15), 0x735a2d97);
      this.#state[i] = t ^ (t >>> 15);
    }
  }

  u32(): number {
    const s = this.#state;
    const t = s[3]! ^ (s[3]! << 11);
    s.copyWithin(1, 0, 3);
    s[0] = s[0]! ^ (s[0]! >>> 19) ^ t ^ (t >>> 8);
    return s[0];
  }

  below(count: number): number {
    return this.u32() % count;
  }

  chance(one: number): boolean {
    return this.below(one) === 0;
  }

  /** `width` random bits, 64 at most. */
  bits(width: number): bigint {
    this.#view.setUint32(0, this.u32());
    this.#view.setUint32(4, this.u32());
    return BigInt.asUintN(width, this.#view.getBigUint64(0));
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }
}

/** A seed for one test run: given by `HOSPES_SEED`, else new; failures must print it. */
export function testSeed(): number {
  const given = process.env['HOSPES_SEED'];
  return given === undefined ? (Math.random() * 2 ** 32) >>> 0 : Number(given) >>> 0;
}

/** An encoding from its parts. */
function encode(format: FloatFormat, exponent: number, fraction: bigint): bigint {
  const field = Math.min(Math.max(exponent + format.maxExponent, 0), 2 * format.maxExponent);
  return (BigInt(field) << format.fractionBits) | (fraction & format.fractionMask);
}

/** Fractions whose sums, products and quotients are exact or halfway more often than chance has it. */
function fraction(random: Random, format: FloatFormat): bigint {
  const all = format.fractionMask;
  const width = BigInt(format.precision - 1);
  switch (random.below(7)) {
    case 0:
      return 0n;
    case 1:
      return all;
    case 2:
      return 1n << (random.bits(16) % width);
    case 3:
      return (1n << (random.bits(16) % width)) ^ (1n << (random.bits(16) % width));
    case 4:
      return (all << (random.bits(16) % width)) & all;
    case 5:
      return random.bits(Number(width)) & (all << (random.bits(16) % width));
    default:
      return random.bits(Number(width));
  }
}

/** Magnitudes at the edges of the format's classes, and small values that programs use. */
function edge(random: Random, format: FloatFormat): bigint {
  const { infinity, quietBit, fractionMask } = format;
  const leastNormal = fractionMask + 1n;
  return random.pick([
    0n,
    1n,
    2n,
    fractionMask,
    fractionMask - 1n,
    leastNormal,
    leastNormal + 1n,
    2n * leastNormal,
    infinity - 1n,
    infinity - 2n,
    infinity,
    infinity,
    infinity | quietBit,
    infinity | quietBit | 5n,
    infinity | 1n,
    infinity | (quietBit >> 1n),
    encode(format, 0, 0n),
    encode(format, 0, 1n),
    encode(format, -1, 0n),
    encode(format, -1, fractionMask),
    encode(format, 0, quietBit),
    encode(format, 1, quietBit >> 1n),
    encode(format, 31, 0n),
    encode(format, 30, fractionMask),
    encode(format, 32, 0n),
    encode(format, 63, 0n),
    encode(format, 62, fractionMask),
    encode(format, 64, 0n),
    encode(format, 63, fractionMask),
    encode(format, format.precision - 1, 1n),
  ]);
}

function magnitude(random: Random, format: FloatFormat): bigint {
  const spread = random.pick([3, 10, format.precision, 3 * format.precision]);
  switch (random.below(8)) {
    case 0:
      return edge(random, format);
    case 1:
      return random.bits(format.width - 1);
    case 2:
      // subnormal, or in the first binades
      return encode(format, -format.maxExponent + random.below(4), fraction(random, format));
    case 3:
      // factors and quotients near the borders of the range
      return encode(
        format,
        (random.pick([format.minExponent, format.maxExponent]) >> 1) + random.below(5) - 2,
        fraction(random, format),
      );
    case 4:
      return encode(format, format.maxExponent - random.below(3), fraction(random, format));
    default:
      return encode(format, random.below(2 * spread + 1) - spread, fraction(random, format));
  }
}

/** One operand of the format. */
export function randomFloat(random: Random, format: FloatFormat): bigint {
  const value = magnitude(random, format);
  return random.chance(2) ? value | format.signBit : value;
}

/** An operand near another: itself, its neighbours, its negation, the same scaled by a power of two. */
export function nearFloat(random: Random, format: FloatFormat, other: bigint): bigint {
  const near = BigInt.asUintN(format.width, other + BigInt(random.below(5) - 2));
  const signed = random.chance(2) ? near ^ format.signBit : near;
  const field = Number((signed & format.infinity) >> format.fractionBits);
  const shifted = field + random.pick([0, 0, 1, -1, random.below(2 * format.precision + 8) - format.precision - 4]);
  if (field === 0 || shifted <= 0 || shifted > 2 * format.maxExponent) return signed;
  return (signed & ~format.infinity) | (BigInt(shifted) << format.fractionBits);
}

/** An integer of the width: small, near a power of two, or any; as unsigned bits. */
export function randomInteger(random: Random, width: number): bigint {
  const magnitude = random.bits(width) >> BigInt(random.below(width));
  const power = 1n << BigInt(random.below(width));
  const value = random.pick([magnitude, power + BigInt(random.below(3)) - 1n, power | (magnitude & 3n)]);
  return BigInt.asUintN(width, random.chance(2) ? -value : value);
}
