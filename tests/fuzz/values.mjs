// @ts-check
/** Initial register and memory contents, as unsigned 64-bit patterns: mostly values at which instructions change their minds. */
/** @typedef {import('./random.mjs').Random} Random */

const u64 = (/** @type {bigint} */ value) => BigInt.asUintN(64, value);

const integers = [
  ...[0n, 1n, 2n, 3n, 7n, 8n, 31n, 32n, 63n, 64n, 127n, 128n, 255n, 256n, 0x7fffn, 0x8000n, 0xffffn],
  ...[0x7fffffffn, 0x80000000n, 0xffffffffn, 0x100000000n, 0x7fffffffffffffffn, 0x8000000000000000n],
  ...[-1n, -2n, -128n, -129n, -32768n, -0x80000000n, -0x80000001n, -0x7fffffffffffffffn],
  ...[0x5555555555555555n, 0xaaaaaaaaaaaaaaaan, 0x0123456789abcdefn, 0xff00ff00ff00ff00n, 0x8000000080000000n],
].map(u64);

/** Where conversions to integers saturate, where rounding ties lie, where exponents end. */
const numbers = [
  ...[0, 1, 2, 3, 0.5, 1.5, 2.5, 0.75, 0.1, 1 / 3, 10, 1e10, 123456.789, 0.5 - 2 ** -54, 2251799813685249.5],
  ...[2 ** 31, 2 ** 31 - 1, 2 ** 31 - 0.5, 2 ** 31 + 1, 2 ** 32, 2 ** 32 - 1, 2 ** 32 - 0.5, 2 ** 52, 2 ** 53],
  ...[2 ** 63, 2 ** 63 - 1024, 2 ** 64, 2 ** 64 - 2048, 2 ** 24, 2 ** 24 + 1, 16777217.5, 2 ** -149, 2 ** -126],
  ...[2 ** -150, 2 ** -1022, 2 ** -1074, 2 ** -1073, 2 ** -1022 - 2 ** -1074, 2 ** -511, 2 ** 511, 2 ** 1023],
  ...[Number.MAX_VALUE, 3.4028234663852886e38, 3.4028235677973366e38, 1.1754943508222875e-38, 1e-45, 1e-300, 1e300],
  ...[1 + 2 ** -52, 1 + 2 ** -23, 1 - 2 ** -53, 1 + 2 ** -24, 1 + 2 ** -24 + 2 ** -52, Infinity],
];

const scratch = new DataView(new ArrayBuffer(8));

function doubleBits(/** @type {number} */ value) {
  scratch.setFloat64(0, value);
  return scratch.getBigUint64(0);
}
function singleBits(/** @type {number} */ value) {
  scratch.setFloat32(0, value);
  return BigInt(scratch.getUint32(0));
}

const doubles = [
  ...numbers.map(doubleBits),
  ...[0x7ff8000000000000n, 0x7ff0000000000001n, 0x7ff7ffffffffffffn, 0x7fffffffffffffffn, 0x7ff8000000000123n],
  ...[0x000fffffffffffffn, 0x0010000000000000n, 0x7fefffffffffffffn, 0x0000000000000001n, 0x0000000000000003n],
];
const singles = [
  ...numbers.map(singleBits),
  ...[0x7fc00000n, 0x7f800001n, 0x7fbfffffn, 0x7fffffffn, 0x7fc00123n, 0x007fffffn, 0x00800000n, 0x7f7fffffn, 1n, 3n],
];

/** @param {Random} random */
export function integerBits(random) {
  switch (random.below(6)) {
    case 0:
    case 1:
      return random.pick(integers);
    case 2:
      return u64(random.pick(integers) + BigInt(random.between(-3, 3)));
    case 3:
      return u64(BigInt(random.u32() | 0));
    case 4:
      return BigInt(random.u32() >>> random.below(32));
    default:
      return random.u64();
  }
}

/** A double: listed, near a listed one, with an exponent near 0, or anything. @param {Random} random */
function doublePattern(random) {
  const sign = BigInt(random.below(2)) << 63n;
  switch (random.below(6)) {
    case 0:
    case 1:
      return random.pick(doubles) | sign;
    case 2:
      return u64(random.pick(doubles) + BigInt(random.between(-2, 2))) ^ sign;
    case 3:
      // Close exponents: cancellation, alignment, ties.
      return (BigInt(1023 + random.between(-60, 60)) << 52n) | (random.u64() >> 12n) | sign;
    case 4:
      // Few significant bits: exact results and exact ties.
      return (BigInt(1023 + random.between(-30, 30)) << 52n) | (BigInt(random.below(256)) << 44n) | sign;
    default:
      return random.u64();
  }
}

/** A single, as 32 bits. @param {Random} random */
function singlePattern(random) {
  const sign = BigInt(random.below(2)) << 31n;
  switch (random.below(6)) {
    case 0:
    case 1:
      return random.pick(singles) | sign;
    case 2:
      return BigInt.asUintN(32, random.pick(singles) + BigInt(random.between(-2, 2))) ^ sign;
    case 3:
      return (BigInt(127 + random.between(-30, 30)) << 23n) | BigInt(random.u32() >>> 9) | sign;
    case 4:
      return (BigInt(127 + random.between(-14, 14)) << 23n) | (BigInt(random.below(256)) << 15n) | sign;
    default:
      return BigInt(random.u32());
  }
}

const BOX = 0xffffffff00000000n;

/** @param {Random} random */
export function floatBits(random) {
  if (random.chance(0.5)) return doublePattern(random);
  // One in sixteen singles is not boxed: it must read as the canonical NaN.
  return random.chance(1 / 16) ? singlePattern(random) | (BigInt(random.u32()) << 32n) : singlePattern(random) | BOX;
}

/** @param {Random} random */
export function memoryBits(random) {
  switch (random.below(4)) {
    case 0:
      return floatBits(random);
    case 1:
      return (singlePattern(random) << 32n) | singlePattern(random);
    default:
      return integerBits(random);
  }
}
