/** Integer instructions on vector registers. */
import type { Value } from '../../../ir/builder.ts';
import type { OpName } from '../../../ir/ops.ts';
import { STATUS_FLAGS } from '../state.ts';
import type { LiftContext } from './context.ts';
import {
  binary,
  binaryImmediate,
  byteLanes,
  halvesOf,
  immediateByte,
  laneOf,
  operandAt,
  readVector,
  shuffle,
  three,
  unary,
  writeVector,
  zeroVector,
  type Binary,
  type Unary,
  type VectorLifter,
} from './vector.ts';

const op =
  (name: OpName): Binary =>
  (c, a, b) =>
    c.op(name, a, b);
const simple = (name: OpName): VectorLifter => binary(op(name));

/** The low halves of both operands, side by side. */
function joined(c: LiftContext, a: Value, b: Value): Value {
  return c.op('i64x2.interleave_low', a, b);
}

/** An operation whose lower half takes the lower half of both: on mm registers both halves are joined first. */
function narrowing(compute: Binary): VectorLifter {
  return binary(compute, (c, a, b) => {
    const both = joined(c, a, b);
    return compute(c, both, both);
  });
}

/** `punpckh`: on mm registers the upper half of the joined lower halves. */
function unpackHigh(size: 8 | 16 | 32): VectorLifter {
  const shape = `i${String(size)}x${String(128 / size)}` as 'i8x16';
  return binary(op(`${shape}.interleave_high`), (c, a, b) => {
    const all = c.op(`${shape}.interleave_low`, a, b);
    return shuffle(c, byteLanes(8, [1, 1]), all, all);
  });
}

/** Neighbouring lanes of both operands, combined. */
function horizontal(size: 2 | 4, combine: OpName): VectorLifter {
  const pick = (odd: number): number[] =>
    byteLanes(
      size,
      Array.from({ length: 16 / size }, (_, lane) => 2 * lane + odd),
    );
  return narrowing((c, a, b) => c.op(combine, shuffle(c, pick(0), a, b), shuffle(c, pick(1), a, b)));
}

type ShiftShape = 'i16x8' | 'i32x4' | 'i64x2';

/** Shifts by an immediate, or by the low 64 bits of the second source, which is 128 bits also for ymm registers. */
function shift(shape: ShiftShape, kind: 'shl' | 'shr_s' | 'shr_u'): VectorLifter {
  const bits = shape === 'i16x8' ? 16 : shape === 'i32x4' ? 32 : 64;
  return (c, operands) => {
    const last = operandAt(operands, operands.length - 1);
    if (last.kind !== 'immediate') {
      const [to, first, second] = three(operands);
      const count = readVector(c, second);
      const name = `${shape}.${kind}_by` as 'i16x8.shl_by';
      writeVector(
        c,
        to,
        halvesOf(to).map((half) => c.op(name, readVector(c, first, half), count)),
      );
      return;
    }
    const [to, from] = operands.length === 3 ? operands : [operands[0], operands[0]];
    const count = immediateByte(operands);
    const source = operandAt([from ?? last], 0);
    const target = operandAt([to ?? last], 0);
    const one = (value: Value): Value => {
      if (count < bits) return c.op(`${shape}.${kind}`, value, c.i32(count));
      return kind === 'shr_s' ? c.op(`${shape}.shr_s`, value, c.i32(bits - 1)) : zeroVector(c);
    };
    writeVector(
      c,
      target,
      halvesOf(target).map((half) => one(readVector(c, source, half))),
    );
  };
}

/** Shifts the whole register (each half of a ymm register) by bytes. */
function byteShift(direction: 'left' | 'right'): VectorLifter {
  return (c, operands) => {
    const to = operandAt(operands, 0);
    const from = operandAt(operands, operands.length - 2);
    const count = Math.min(immediateByte(operands), 16);
    const lanes = Array.from({ length: 16 }, (_, byte) => (direction === 'left' ? 16 + byte - count : byte + count));
    // Left: zeros, then the register; right: the register, then zeros.
    const one = (value: Value): Value =>
      direction === 'left' ? shuffle(c, lanes, zeroVector(c), value) : shuffle(c, lanes, value, zeroVector(c));
    writeVector(
      c,
      to,
      halvesOf(to).map((half) => one(readVector(c, from, half))),
    );
  };
}

/** Bytes of the concatenation first:second from byte `imm` on. */
const palignr: VectorLifter = (c, operands) => {
  const [to] = operands;
  if (to?.kind === 'mmx') {
    const [, first, second] = three(operands, 1);
    const imm = Math.min(immediateByte(operands), 16);
    const both = joined(c, readVector(c, second), readVector(c, first));
    writeVector(c, to, [shuffle(c, shifted(imm), both, zeroVector(c))]);
    return;
  }
  binaryImmediate((c2, a, b, immediate) => {
    if (immediate < 16) return shuffle(c2, shifted(immediate), b, a);
    return shuffle(c2, shifted(Math.min(immediate - 16, 16)), a, zeroVector(c2));
  })(c, operands);
};

const shifted = (by: number): number[] => Array.from({ length: 16 }, (_, byte) => byte + by);

/** A multiple of lanes at twice, four or eight times their width. */
function extend(first: OpName, ...rest: readonly OpName[]): VectorLifter {
  const all = (c: LiftContext, value: Value): Value => [first, ...rest].reduce((wide, name) => c.op(name, wide), value);
  return (c, operands) => {
    const [to, from] = [operandAt(operands, 0), operandAt(operands, 1)];
    const source = readVector(c, from);
    const values = [all(c, source)];
    if (to.bits === 256) {
      const bytes = from.bits / 16;
      const upper = Array.from({ length: 16 }, (_, byte) => Math.min(byte + bytes, 15));
      values.push(all(c, shuffle(c, upper, source, source)));
    }
    writeVector(c, to, values);
  };
}

const pmovmskb: VectorLifter = (c, operands) => {
  const [to, from] = [operandAt(operands, 0), operandAt(operands, 1)];
  let mask = c.op('i8x16.bitmask', readVector(c, from));
  if (from.kind === 'mmx') mask = c.op('i32.and', mask, c.i32(0xff));
  if (from.bits === 256) {
    const upper = c.op('i8x16.bitmask', readVector(c, from, 1));
    mask = c.op('i32.or', mask, c.op('i32.shl', upper, c.i32(16)));
  }
  c.write(to, mask);
};

/** ZF: no bit of both; CF: no bit of the second that the first lacks (SDM vol. 2, PTEST). `mask` limits the bits. */
export function testBits(mask: (c: LiftContext) => Value | null): VectorLifter {
  return (c, operands) => {
    const [first, second] = [operandAt(operands, 0), operandAt(operands, 1)];
    const any = (combine: 'v128.and' | 'v128.andnot'): Value => {
      const parts = halvesOf(first).map((half) => {
        const [a, b] = [readVector(c, first, half), readVector(c, second, half)];
        const limit = mask(c);
        const bits = c.op(combine, b, a);
        return limit === null ? bits : c.op('v128.and', bits, limit);
      });
      const [low, high] = parts;
      if (low === undefined) throw new TypeError('an operand has a lower half');
      return c.op('v128.any_true', high === undefined ? low : c.op('v128.or', low, high));
    };
    const [both, lacking] = [any('v128.and'), any('v128.andnot')];
    const none = (): Value => c.i32(0);
    c.flags.define(STATUS_FLAGS, {
      zero: () => c.op('i32.eqz', both),
      carry: () => c.op('i32.eqz', lacking),
      parity: none,
      sign: none,
      overflow: none,
      adjust: none,
    });
  };
}

const pinsr =
  (shape: 'i8x16' | 'i16x8' | 'i32x4' | 'i64x2'): VectorLifter =>
  (c, operands) => {
    const [to, first, from] = three(operands, 1);
    const bits = Number(shape.slice(1, shape.indexOf('x')));
    const lane = immediateByte(operands) & (128 / bits - 1) & (to.kind === 'mmx' ? 3 : 15);
    const value = c.readLow(from);
    writeVector(c, to, [c.builder.opImm(`${shape}.replace_lane`, lane, readVector(c, first), value)]);
  };

const pextr =
  (shape: 'i8x16' | 'i16x8' | 'i32x4' | 'i64x2'): VectorLifter =>
  (c, operands) => {
    const [to, from] = [operandAt(operands, 0), operandAt(operands, 1)];
    const bits = Number(shape.slice(1, shape.indexOf('x')));
    const lane = immediateByte(operands) & (128 / bits - 1) & (from.kind === 'mmx' ? 3 : 15);
    const value = laneOf(c, shape, readVector(c, from), lane);
    // A register destination is a whole one: the bits above the lane are cleared.
    if (to.kind === 'general' && bits < 32) c.writeRegister(to.number, 32, value);
    else c.write(to, value);
  };

const pshufw: VectorLifter = (c, operands) => {
  const [to, from] = [operandAt(operands, 0), operandAt(operands, 1)];
  const immediate = immediateByte(operands);
  const source = readVector(c, from);
  const lanes = [0, 1, 2, 3].map((lane) => (immediate >> (2 * lane)) & 3);
  writeVector(c, to, [shuffle(c, byteLanes(2, [...lanes, ...lanes]), source, source)]);
};

const absolute = (name: OpName): VectorLifter => unary(((c, a) => c.op(name, a)) satisfies Unary);

/** Selectors of mm registers count modulo 8. */
const pshufb = binary(op('i8x16.lookup'), (c, a, b) =>
  c.op('i8x16.lookup', a, c.op('v128.and', b, c.builder.v128(0x8787878787878787n, 0x8787878787878787n))),
);

export const sseIntegerLifters = {
  punpcklbw: simple('i8x16.interleave_low'),
  punpcklwd: simple('i16x8.interleave_low'),
  punpckldq: simple('i32x4.interleave_low'),
  punpcklqdq: simple('i64x2.interleave_low'),
  punpckhbw: unpackHigh(8),
  punpckhwd: unpackHigh(16),
  punpckhdq: unpackHigh(32),
  punpckhqdq: simple('i64x2.interleave_high'),
  packsswb: narrowing(op('i8x16.narrow_i16x8_s')),
  packuswb: narrowing(op('i8x16.narrow_i16x8_u')),
  packssdw: narrowing(op('i16x8.narrow_i32x4_s')),
  packusdw: simple('i16x8.narrow_i32x4_u'),
  pcmpgtb: simple('i8x16.gt_s'),
  pcmpgtw: simple('i16x8.gt_s'),
  pcmpgtd: simple('i32x4.gt_s'),
  pcmpgtq: simple('i64x2.gt_s'),
  pcmpeqb: simple('i8x16.eq'),
  pcmpeqw: simple('i16x8.eq'),
  pcmpeqd: simple('i32x4.eq'),
  pcmpeqq: simple('i64x2.eq'),
  psrlw: shift('i16x8', 'shr_u'),
  psrld: shift('i32x4', 'shr_u'),
  psrlq: shift('i64x2', 'shr_u'),
  psraw: shift('i16x8', 'shr_s'),
  psrad: shift('i32x4', 'shr_s'),
  psllw: shift('i16x8', 'shl'),
  pslld: shift('i32x4', 'shl'),
  psllq: shift('i64x2', 'shl'),
  psrldq: byteShift('right'),
  pslldq: byteShift('left'),
  paddb: simple('i8x16.add'),
  paddw: simple('i16x8.add'),
  paddd: simple('i32x4.add'),
  paddq: simple('i64x2.add'),
  psubb: simple('i8x16.sub'),
  psubw: simple('i16x8.sub'),
  psubd: simple('i32x4.sub'),
  psubq: simple('i64x2.sub'),
  paddsb: simple('i8x16.add_sat_s'),
  paddsw: simple('i16x8.add_sat_s'),
  paddusb: simple('i8x16.add_sat_u'),
  paddusw: simple('i16x8.add_sat_u'),
  psubsb: simple('i8x16.sub_sat_s'),
  psubsw: simple('i16x8.sub_sat_s'),
  psubusb: simple('i8x16.sub_sat_u'),
  psubusw: simple('i16x8.sub_sat_u'),
  pmullw: simple('i16x8.mul'),
  pmulld: simple('i32x4.mul'),
  pmulhw: simple('i16x8.mulh_s'),
  pmulhuw: simple('i16x8.mulh_u'),
  pmulhrsw: simple('i16x8.q15mulr_s'),
  pmuludq: simple('i64x2.mul_even_i32x4_u'),
  pmuldq: simple('i64x2.mul_even_i32x4_s'),
  pmaddwd: simple('i32x4.dot_i16x8_s'),
  pmaddubsw: simple('i16x8.dot_i8x16_us'),
  psadbw: simple('i64x2.sum_abs_diff_i8x16_u'),
  pavgb: simple('i8x16.avgr_u'),
  pavgw: simple('i16x8.avgr_u'),
  pminub: simple('i8x16.min_u'),
  pminuw: simple('i16x8.min_u'),
  pminud: simple('i32x4.min_u'),
  pminsb: simple('i8x16.min_s'),
  pminsw: simple('i16x8.min_s'),
  pminsd: simple('i32x4.min_s'),
  pmaxub: simple('i8x16.max_u'),
  pmaxuw: simple('i16x8.max_u'),
  pmaxud: simple('i32x4.max_u'),
  pmaxsb: simple('i8x16.max_s'),
  pmaxsw: simple('i16x8.max_s'),
  pmaxsd: simple('i32x4.max_s'),
  pand: simple('v128.and'),
  pandn: binary((c, a, b) => c.op('v128.andnot', b, a)),
  por: simple('v128.or'),
  pxor: simple('v128.xor'),
  pshufb,
  phaddw: horizontal(2, 'i16x8.add'),
  phaddd: horizontal(4, 'i32x4.add'),
  phaddsw: horizontal(2, 'i16x8.add_sat_s'),
  phsubw: horizontal(2, 'i16x8.sub'),
  phsubd: horizontal(4, 'i32x4.sub'),
  phsubsw: horizontal(2, 'i16x8.sub_sat_s'),
  psignb: simple('i8x16.sign'),
  psignw: simple('i16x8.sign'),
  psignd: simple('i32x4.sign'),
  pabsb: absolute('i8x16.abs'),
  pabsw: absolute('i16x8.abs'),
  pabsd: absolute('i32x4.abs'),
  pmovsxbw: extend('i16x8.extend_low_i8x16_s'),
  pmovsxbd: extend('i16x8.extend_low_i8x16_s', 'i32x4.extend_low_i16x8_s'),
  pmovsxbq: extend('i16x8.extend_low_i8x16_s', 'i32x4.extend_low_i16x8_s', 'i64x2.extend_low_i32x4_s'),
  pmovsxwd: extend('i32x4.extend_low_i16x8_s'),
  pmovsxwq: extend('i32x4.extend_low_i16x8_s', 'i64x2.extend_low_i32x4_s'),
  pmovsxdq: extend('i64x2.extend_low_i32x4_s'),
  pmovzxbw: extend('i16x8.extend_low_i8x16_u'),
  pmovzxbd: extend('i16x8.extend_low_i8x16_u', 'i32x4.extend_low_i16x8_u'),
  pmovzxbq: extend('i16x8.extend_low_i8x16_u', 'i32x4.extend_low_i16x8_u', 'i64x2.extend_low_i32x4_u'),
  pmovzxwd: extend('i32x4.extend_low_i16x8_u'),
  pmovzxwq: extend('i32x4.extend_low_i16x8_u', 'i64x2.extend_low_i32x4_u'),
  pmovzxdq: extend('i64x2.extend_low_i32x4_u'),
  palignr,
  pshufw,
  pinsrw: pinsr('i16x8'),
  pinsrb: pinsr('i8x16'),
  pinsrd: pinsr('i32x4'),
  pinsrq: pinsr('i64x2'),
  pextrb: pextr('i8x16'),
  pextrw: pextr('i16x8'),
  pextrd: pextr('i32x4'),
  pextrq: pextr('i64x2'),
  pmovmskb,
  ptest: testBits(() => null),
  phminposuw: unary((c, a) => c.op('i16x8.min_position_u', a)),
  mpsadbw: binaryImmediate((c, a, b, immediate, half) =>
    c.builder.opImm('i16x8.sliding_abs_diff_i8x16_u', (half === 0 ? immediate : immediate >> 3) & 7, a, b),
  ),
};
