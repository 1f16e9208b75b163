/** AES, carry-less multiplication, SHA, half precision. */
import type { Value } from '../../../ir/builder.ts';
import { FP_ENV, ROUNDING } from '../../../ir/vcpu-layout.ts';
import { ROUNDING_MODES } from '../mxcsr.ts';
import type { LiftContext } from './context.ts';
import { raising } from './fp-guard.ts';
import {
  binary,
  binaryImmediate,
  byteLanes,
  halvesOf,
  immediateByte,
  laneOf,
  operandAt,
  readVector,
  setVector,
  shuffle,
  unary,
  unaryImmediate,
  writeVector,
  zeroVector,
  type VectorLifter,
} from './vector.ts';

const xor = (c: LiftContext, a: Value, b: Value): Value => c.op('v128.xor', a, b);

/** SDM vol. 2, AESENC: ShiftRows, SubBytes, MixColumns (not in the last round), and the round key. */
const aesenc = binary((c, state, key) => xor(c, c.op('aes.mix', c.op('aes.sub_shift', state)), key));
const aesenclast = binary((c, state, key) => xor(c, c.op('aes.sub_shift', state), key));
const aesdec = binary((c, state, key) => xor(c, c.op('aes.inverse_mix', c.op('aes.inverse_sub_shift', state)), key));
const aesdeclast = binary((c, state, key) => xor(c, c.op('aes.inverse_sub_shift', state), key));

/** Where `aes.sub_shift` takes byte `at` from, undone, so that bytes are substituted where they are. */
const unshifted = Array.from({ length: 16 }, (_, at) => (at * 13) % 16);

/** SubWord of words 1 and 3, each also rotated, with the round constant (SDM vol. 2, AESKEYGENASSIST). */
const aeskeygenassist = unaryImmediate((c, a, constant) => {
  const substituted = c.op('aes.sub_shift', shuffle(c, unshifted, a, a));
  const words = shuffle(c, [4, 5, 6, 7, 5, 6, 7, 4, 12, 13, 14, 15, 13, 14, 15, 12], substituted, substituted);
  const constants = BigInt(constant) << 32n;
  return xor(c, words, c.builder.v128(constants, constants));
});

const pclmulqdq = binaryImmediate((c, a, b, immediate) => {
  const x = laneOf(c, 'i64x2', a, immediate & 1);
  const y = laneOf(c, 'i64x2', b, (immediate >> 4) & 1);
  const low = c.op('v128.from_i64', c.op('i64.clmul', x, y));
  return c.builder.opImm('i64x2.replace_lane', 1, low, c.op('i64.clmulh', x, y));
});

/** Words in the other order: the manual counts from the highest. */
const reversed = (c: LiftContext, value: Value): Value => shuffle(c, byteLanes(4, [3, 2, 1, 0]), value, value);

const splat = (c: LiftContext, word: number): Value => {
  const half = (BigInt(word) << 32n) | BigInt(word);
  return c.builder.v128(half, half);
};

const sha1Functions = [
  ['sha1.choose', 0x5a827999],
  ['sha1.parity', 0x6ed9eba1],
  ['sha1.majority', 0x8f1bbcdc],
  ['sha1.parity', 0xca62c1d6],
] as const;

/** e is in the first word already. */
const sha1rnds4 = binaryImmediate((c, a, b, immediate) => {
  const [name, constant] = sha1Functions[immediate & 3] ?? sha1Functions[0];
  const words = c.op('i32x4.add', reversed(c, b), splat(c, constant));
  return reversed(c, c.op(name, reversed(c, a), zeroVector(c), words));
});

const rotated = (c: LiftContext, value: Value, by: number): Value =>
  c.op('v128.or', c.op('i32x4.shl', value, c.i32(by)), c.op('i32x4.shr_u', value, c.i32(32 - by)));

/** The words of two vectors, by lane numbers from 0 to 7. */
const words = (c: LiftContext, lanes: readonly number[], a: Value, b: Value): Value =>
  shuffle(c, byteLanes(4, lanes), a, b);

const sha1nexte = binary((c, a, b) => {
  const e = c.op('v128.and', rotated(c, a, 30), c.builder.v128(0n, 0xffffffff00000000n));
  return c.op('i32x4.add', b, e);
});

const sha1msg1 = binary((c, a, b) => xor(c, a, words(c, [2, 3, 4, 5], b, a)));

const sha1msg2 = binary((c, a, b) => {
  const first = rotated(c, xor(c, a, words(c, [4, 0, 1, 2], b, zeroVector(c))), 1);
  // The last word takes the first of the new ones.
  return xor(c, first, rotated(c, words(c, [3, 4, 4, 4], first, zeroVector(c)), 1));
});

const sigma = (c: LiftContext, value: Value, first: number, second: number, shift: number): Value =>
  xor(
    c,
    xor(c, rotated(c, value, 32 - first), rotated(c, value, 32 - second)),
    c.op('i32x4.shr_u', value, c.i32(shift)),
  );

/** The upper two words depend on the lower two. */
const sha256msg2 = binary((c, a, b) => {
  const sigma1 = (value: Value): Value => sigma(c, value, 17, 19, 10);
  const low = c.op('i32x4.add', a, sigma1(words(c, [2, 3, 4, 4], b, zeroVector(c))));
  return c.op('i32x4.add', low, sigma1(words(c, [4, 4, 0, 1], low, zeroVector(c))));
});

/**
 * Two rounds: after four, the third and fourth variables of each half are the first and second after two. The operands
 * are c d g h, and a b e f from the highest word down.
 */
const sha256rnds2: VectorLifter = (c, operands) => {
  const [to, from, keys] = [operandAt(operands, 0), operandAt(operands, 1), operandAt(operands, 2)];
  const [cdgh, abef, schedule] = [readVector(c, to), readVector(c, from), readVector(c, keys)];
  const abcd = words(c, [3, 2, 7, 6], abef, cdgh);
  const efgh = words(c, [1, 0, 5, 4], abef, cdgh);
  const first = c.op('sha256.rounds_abcd', abcd, efgh, schedule);
  const second = c.op('sha256.rounds_efgh', abcd, efgh, schedule);
  setVector(c, to.number, words(c, [3, 2, 7, 6], second, first));
};

/** Exact; denormal numbers are taken as they are, and not noted (SDM vol. 1, 14.4.1). */
const vcvtph2ps: VectorLifter = raising((c, operands) => {
  const [to, from] = [operandAt(operands, 0), operandAt(operands, 1)];
  const source = readVector(c, from);
  const convert = (value: Value): Value =>
    withMode(c, ROUNDING.DYNAMIC, () => c.op('lanes.f32x4.promote_low_f16x8', value));
  const values = [convert(source)];
  if (to.bits === 256) values.push(convert(shuffle(c, byteLanes(8, [1, 1]), source, source)));
  writeVector(c, to, values);
});

const KEPT = FP_ENV.FLUSH_INPUTS | FP_ENV.FLUSH_OUTPUTS | FP_ENV.ROUNDING_MASK;

/** Runs under a rounding mode (or the environment's) and without flushing of results. */
function withMode(c: LiftContext, mode: number, run: () => Value, flushes = 0): Value {
  const before = c.op('fp.env.get');
  const replaced = mode === ROUNDING.DYNAMIC ? FP_ENV.FLUSH_INPUTS | FP_ENV.FLUSH_OUTPUTS : KEPT;
  const changed = c.op('i32.and', before, c.i32(~(replaced & ~flushes)));
  const bits = mode === ROUNDING.DYNAMIC ? 0 : mode << FP_ENV.ROUNDING_SHIFT;
  c.op('fp.env.set', c.op('i32.or', changed, c.i32(bits)));
  const result = run();
  const raised = c.op('i32.and', c.op('fp.env.get'), c.i32(FP_ENV.FLAGS_MASK));
  c.op('fp.env.set', c.op('i32.or', before, raised));
  return result;
}

/** Rounds by bits 0 and 1 of the immediate unless bit 2 asks for MXCSR's mode; results are not flushed, operands are. */
const vcvtps2ph: VectorLifter = raising((c, operands) => {
  const [to, from] = [operandAt(operands, 0), operandAt(operands, 1)];
  const immediate = immediateByte(operands);
  const mode = (immediate & 4) === 0 ? (ROUNDING_MODES[immediate & 3] ?? 0) : ROUNDING.DYNAMIC;
  const halves = halvesOf(from).map((half) => {
    const value = readVector(c, from, half);
    // Compared with itself, which notes denormal numbers.
    c.builder.opImm('fp.f32x4.compare', 0, value, value);
    return withMode(c, mode, () => c.op('lanes.f16x8.demote_f32x4_zero', value), FP_ENV.FLUSH_INPUTS);
  });
  const [low, high] = halves;
  if (low === undefined) throw new TypeError('a vector has a lower half');
  writeVector(c, to, [high === undefined ? low : c.op('i64x2.interleave_low', low, high)]);
});

export const cryptoLifters = {
  aesenc,
  vaesenc: aesenc,
  aesenclast,
  vaesenclast: aesenclast,
  aesdec,
  vaesdec: aesdec,
  aesdeclast,
  vaesdeclast: aesdeclast,
  aesimc: unary((c, a) => c.op('aes.inverse_mix', a)),
  vaesimc: unary((c, a) => c.op('aes.inverse_mix', a)),
  aeskeygenassist,
  vaeskeygenassist: aeskeygenassist,
  pclmulqdq,
  vpclmulqdq: pclmulqdq,
  sha1nexte,
  sha1msg1,
  sha1msg2,
  sha1rnds4,
  sha256msg1: binary((c, a, b) => c.op('sha256.schedule0', a, b)),
  sha256msg2,
  sha256rnds2,
  vcvtph2ps,
  vcvtps2ph,
};
