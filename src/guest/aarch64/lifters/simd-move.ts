/** Advanced SIMD: copies, permutations, tables, modified immediates, AES and SHA. */
import type { Value } from '../../../ir/builder.ts';
import type { OpName } from '../../../ir/ops.ts';
import { packLanes } from '../../../ir/shuffle.ts';
import type { Lifters } from '../../pattern/notation.ts';
import type * as move from '../rows/simd-move.ts';
import type { LiftContext } from './context.ts';
import { expandImmediate } from './scalar-float.ts';
import { constantLanes, laneOpTo32, shape, splatLane, vector } from './vector.ts';

interface Two {
  readonly Rd: number;
  readonly Rn: number;
}
interface Element extends Two {
  readonly imm5: number;
}

/** log2 of the lane's bytes: the lowest bit of imm5 that is set. */
const sizeOf = (imm5: number): number => 31 - Math.clz32(imm5 & -imm5);
const indexOf = (imm5: number): number => imm5 >> (sizeOf(imm5) + 1);

/** One lane as i64 (of 64 bits) or i32. */
function extractLane(c: LiftContext, value: Value, size: number, lane: number, signed: boolean): Value {
  const sign = size < 2 ? (signed ? '_s' : '_u') : '';
  return c.builder.opImm(`${shape(size)}.extract_lane${sign}` as OpName, lane, value);
}
function replaceLane(c: LiftContext, register: number, size: number, lane: number, value: Value): void {
  c.setV(register, c.builder.opImm(`${shape(size)}.replace_lane`, lane, c.v(register), value));
}
/** A general register as wide as the lane needs. */
const general = (c: LiftContext, size: number, register: number): Value => (size === 3 ? c.x(register) : c.w(register));

function signedMove(c: LiftContext, f: Element & { readonly Q: number }): void {
  const size = sizeOf(f.imm5);
  const value = extractLane(c, c.v(f.Rn), size, indexOf(f.imm5), true);
  if (f.Q === 1) c.setX(f.Rd, c.op('i64.extend_i32_s', value));
  else c.setW(f.Rd, value);
}
function unsignedMove(c: LiftContext, f: Element & { readonly Q: number }): void {
  const value = extractLane(c, c.v(f.Rn), sizeOf(f.imm5), indexOf(f.imm5), false);
  if (f.Q === 1) c.setX(f.Rd, value);
  else c.setW(f.Rd, value);
}

interface Permuted extends Two {
  readonly Q: number;
  readonly size: number;
  readonly Rm: number;
}
/**
 * Permutations of 128-bit vectors are rows. Of 64-bit ones, the same pattern on half as many lanes: with the second
 * operand behind the first in one vector, unzipping is what it is; the other patterns already use lower lanes only.
 */
type Permutation = 'unzip' | 'transpose' | 'interleave';
const permute =
  (kind: Permutation, second: boolean) =>
  (c: LiftContext, f: Permuted): void => {
    const form = vector(f.Q);
    const [n, m] = [c.v(f.Rn), c.v(f.Rm)];
    if (f.size === 3) {
      form.write(c, f.Rd, 3, c.op(second ? 'i64x2.interleave_high' : 'i64x2.interleave_low', n, m));
      return;
    }
    if (kind === 'transpose') {
      form.write(c, f.Rd, f.size, c.op(laneOpTo32(f.size, second ? 'transpose_odd' : 'transpose_even'), n, m));
    } else if (kind === 'unzip') {
      const [a, b] = f.Q === 1 ? [n, m] : joined(c, n, m);
      form.write(c, f.Rd, f.size, c.op(laneOpTo32(f.size, second ? 'unzip_odd' : 'unzip_even'), a, b));
    } else if (f.Q === 1) {
      c.setV(f.Rd, c.op(laneOpTo32(f.size, second ? 'interleave_high' : 'interleave_low'), n, m));
    } else {
      // Of lower halves, the interleaved 128 bits are both results.
      const both = c.op(laneOpTo32(f.size, 'interleave_low'), n, m);
      form.write(c, f.Rd, f.size, second ? c.op('i64x2.interleave_high', both, both) : both);
    }
  };
function joined(c: LiftContext, n: Value, m: Value): readonly [Value, Value] {
  const both = c.op('i64x2.interleave_low', n, m);
  return [both, both];
}

interface Extracted extends Two {
  readonly Q: number;
  readonly Rm: number;
  readonly imm4: number;
}
/** Bytes of Rm:Rn from one on. */
function extract(c: LiftContext, f: Extracted): void {
  const bytes = f.Q === 1 ? 16 : 8;
  const lanes = Array.from({ length: 16 }, (_, at) => {
    const from = (at % bytes) + f.imm4;
    return from < bytes ? from : from - bytes + 16;
  });
  const [low, high] = packLanes(lanes);
  vector(f.Q).write(c, f.Rd, 0, c.builder.opWide('i8x16.shuffle', low, high, c.v(f.Rn), c.v(f.Rm)));
}

interface LookUp extends Two {
  readonly Q: number;
  readonly Rm: number;
  readonly len: number;
}
/** Tables of two registers at a time; indices are moved down by 32 for the second pair. Others give 0. */
function lookUp(c: LiftContext, f: LookUp): Value {
  const register = (at: number): Value => c.v((f.Rn + at) & 31);
  const indices = c.v(f.Rm);
  const part = (first: number, moved: Value): Value =>
    first === f.len
      ? c.op('i8x16.swizzle', register(first), moved)
      : c.op('i8x16.table2', register(first), register(first + 1), moved);
  const low = part(0, indices);
  if (f.len < 2) return low;
  return c.op('v128.or', low, part(2, c.op('i8x16.sub', indices, constantLanes(c, 8, 32n))));
}
function lookUpOrKeep(c: LiftContext, f: LookUp): Value {
  const inTable = c.op('i8x16.lt_u', c.v(f.Rm), constantLanes(c, 8, BigInt(16 * (f.len + 1))));
  return c.op('v128.bitselect', lookUp(c, f), c.v(f.Rd), inTable);
}

// Modified immediates.

interface Immediate {
  readonly Rd: number;
  readonly imm8: number;
}
interface ImmediateVector extends Immediate {
  readonly Q: number;
}
type Value64 = bigint;

/** The constant in both halves, or in the lower one alone. */
function writeConstant(c: LiftContext, register: number, Q: number, half: Value64): void {
  c.setV(register, c.builder.v128(half, Q === 1 ? half : 0n));
}
const repeat = (bits: number, lane: bigint): Value64 => {
  let half = 0n;
  for (let at = 0; at < 64; at += bits) half |= BigInt.asUintN(bits, lane) << BigInt(at);
  return half;
};
type Logic = 'movi' | 'mvni' | 'orr' | 'bic';
function immediate(c: LiftContext, f: ImmediateVector, logic: Logic, bits: number, lane: bigint): void {
  const half = repeat(bits, lane);
  if (logic === 'movi') writeConstant(c, f.Rd, f.Q, half);
  else if (logic === 'mvni') writeConstant(c, f.Rd, f.Q, BigInt.asUintN(64, ~half));
  else {
    const name = logic === 'orr' ? 'v128.or' : 'v128.andnot';
    vector(f.Q).write(c, f.Rd, 0, c.op(name, c.v(f.Rd), c.builder.v128(half, half)));
  }
}
const immediate32 =
  (logic: Logic) =>
  (c: LiftContext, f: ImmediateVector & { readonly shift: number }): void =>
    immediate(c, f, logic, 32, BigInt(f.imm8) << BigInt(8 * f.shift));
const immediate16 =
  (logic: Logic) =>
  (c: LiftContext, f: ImmediateVector & { readonly sh: number }): void =>
    immediate(c, f, logic, 16, BigInt(f.imm8) << BigInt(8 * f.sh));
/** Shifted left by 8 or 16 with ones coming in. */
const immediateOnes =
  (logic: Logic) =>
  (c: LiftContext, f: ImmediateVector & { readonly sh: number }): void => {
    const by = BigInt(8 * (f.sh + 1));
    immediate(c, f, logic, 32, (BigInt(f.imm8) << by) | ((1n << by) - 1n));
  };
/** Each bit fills a byte. */
function bytesOf(imm8: number): Value64 {
  let half = 0n;
  for (let bit = 0; bit < 8; bit++) if ((imm8 >> bit) & 1) half |= 0xffn << BigInt(8 * bit);
  return half;
}

const aesRound =
  (name: 'aes.sub_shift' | 'aes.inverse_sub_shift') =>
  (c: LiftContext, f: Two): void =>
    c.setV(f.Rd, c.op(name, c.op('v128.xor', c.v(f.Rd), c.v(f.Rn))));
interface Three extends Two {
  readonly Rm: number;
}
const sha1Rounds =
  (name: 'sha1.choose' | 'sha1.parity' | 'sha1.majority') =>
  (c: LiftContext, f: Three): void =>
    c.setV(f.Rd, c.op(name, c.v(f.Rd), c.v(f.Rn), c.v(f.Rm)));

type Of<Name extends keyof typeof move> = Lifters<(typeof move)[Name]['rows'], LiftContext>;

const copies: Of<'dupElement'> &
  Of<'dupScalar'> &
  Of<'dupGeneral'> &
  Of<'smov'> &
  Of<'umov'> &
  Of<'insGeneral'> &
  Of<'insElement'> = {
  'dup (element)': (c, f) => {
    const size = sizeOf(f.imm5);
    vector(f.Q).write(c, f.Rd, size, splatLane(c, c.v(f.Rn), size, indexOf(f.imm5)));
  },
  'dup (scalar)': (c, f) => {
    const size = sizeOf(f.imm5);
    const lane = extractLane(c, c.v(f.Rn), size, indexOf(f.imm5), false);
    c.setV(f.Rd, c.op(size === 3 ? 'v128.from_i64' : 'v128.from_i32', lane));
  },
  'dup (general)': (c, f) => {
    const size = sizeOf(f.imm5);
    vector(f.Q).write(c, f.Rd, size, c.op(`${shape(size)}.splat`, general(c, size, f.Rn)));
  },
  smov: signedMove,
  umov: unsignedMove,
  'ins (general)': (c, f) => {
    const size = sizeOf(f.imm5);
    replaceLane(c, f.Rd, size, indexOf(f.imm5), general(c, size, f.Rn));
  },
  'ins (element)': (c, f) => {
    const size = sizeOf(f.imm5);
    const lane = extractLane(c, c.v(f.Rn), size, f.imm4 >> size, false);
    replaceLane(c, f.Rd, size, indexOf(f.imm5), lane);
  },
};

const permutations: Of<'permute'> & Of<'extract'> & Of<'lookUp'> = {
  uzp1: permute('unzip', false),
  uzp2: permute('unzip', true),
  trn1: permute('transpose', false),
  trn2: permute('transpose', true),
  zip1: permute('interleave', false),
  zip2: permute('interleave', true),
  ext: extract,
  tbl: (c, f) => vector(f.Q).write(c, f.Rd, 0, lookUp(c, f)),
  tbx: (c, f) => vector(f.Q).write(c, f.Rd, 0, lookUpOrKeep(c, f)),
};

const immediates: Of<'immediate32'> &
  Of<'immediate16'> &
  Of<'immediateOnes'> &
  Of<'immediate8'> &
  Of<'immediate64'> &
  Of<'immediateScalar'> &
  Of<'immediateSingle'> &
  Of<'immediateDouble'> = {
  'movi (32-bit)': immediate32('movi'),
  'orr (vector, immediate, 32-bit)': immediate32('orr'),
  'mvni (32-bit)': immediate32('mvni'),
  'bic (vector, immediate, 32-bit)': immediate32('bic'),
  'movi (16-bit)': immediate16('movi'),
  'orr (vector, immediate, 16-bit)': immediate16('orr'),
  'mvni (16-bit)': immediate16('mvni'),
  'bic (vector, immediate, 16-bit)': immediate16('bic'),
  'movi (32-bit, ones)': immediateOnes('movi'),
  'mvni (32-bit, ones)': immediateOnes('mvni'),
  'movi (8-bit)': (c, f) => writeConstant(c, f.Rd, f.Q, repeat(8, BigInt(f.imm8))),
  'movi (64-bit)': (c, f) => writeConstant(c, f.Rd, 1, bytesOf(f.imm8)),
  'movi (scalar)': (c, f) => writeConstant(c, f.Rd, 0, bytesOf(f.imm8)),
  'fmov (vector, immediate, single)': (c, f) => writeConstant(c, f.Rd, f.Q, repeat(32, expandImmediate(0, f.imm8))),
  'fmov (vector, immediate, double)': (c, f) => writeConstant(c, f.Rd, 1, expandImmediate(1, f.imm8)),
};

const crypto: Of<'aes'> &
  Of<'shaRounds'> &
  Of<'sha256Rounds'> &
  Of<'shaSchedule'> &
  Of<'shaScheduleTwo'> &
  Of<'shaHash'> = {
  aese: aesRound('aes.sub_shift'),
  aesd: aesRound('aes.inverse_sub_shift'),
  aesmc: (c, f) => c.setV(f.Rd, c.op('aes.mix', c.v(f.Rn))),
  aesimc: (c, f) => c.setV(f.Rd, c.op('aes.inverse_mix', c.v(f.Rn))),
  sha1c: sha1Rounds('sha1.choose'),
  sha1p: sha1Rounds('sha1.parity'),
  sha1m: sha1Rounds('sha1.majority'),
  sha256h: (c, f) => c.setV(f.Rd, c.op('sha256.rounds_abcd', c.v(f.Rd), c.v(f.Rn), c.v(f.Rm))),
  // Here the destination has e to h.
  sha256h2: (c, f) => c.setV(f.Rd, c.op('sha256.rounds_efgh', c.v(f.Rn), c.v(f.Rd), c.v(f.Rm))),
  sha1su0: (c, f) => {
    const [d, n] = [c.v(f.Rd), c.v(f.Rn)];
    const moved = c.op('i64x2.join_high_low', d, n);
    c.setV(f.Rd, c.op('v128.xor', c.op('v128.xor', moved, d), c.v(f.Rm)));
  },
  sha256su1: (c, f) => c.setV(f.Rd, c.op('sha256.schedule1', c.v(f.Rd), c.v(f.Rn), c.v(f.Rm))),
  sha1su1: (c, f) => c.setV(f.Rd, c.op('sha1.schedule', c.v(f.Rd), c.v(f.Rn))),
  sha256su0: (c, f) => c.setV(f.Rd, c.op('sha256.schedule0', c.v(f.Rd), c.v(f.Rn))),
  sha1h: (c, f) => c.setV(f.Rd, c.op('v128.from_i32', c.op('i32.rotl', c.op('i32x4.low', c.v(f.Rn)), c.i32(30)))),
};

export const simdMoveLifters = { ...copies, ...permutations, ...immediates, ...crypto };
