/** Data movement, shuffles and blends on vector registers. */
import { loadMxcsr, storeMxcsr } from './mxcsr.ts';
import { readScalar, writeScalar, type FloatName } from './sse-float.ts';
import type { Value } from '../../../ir/builder.ts';
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
  setVector,
  shuffle,
  three,
  unary,
  unaryImmediate,
  writeVector,
  zeroVector,
  type VectorLifter,
} from './vector.ts';

const move: VectorLifter = (c, operands) => {
  const [to, from] = [operandAt(operands, 0), operandAt(operands, 1)];
  writeVector(
    c,
    to,
    halvesOf(to).map((half) => readVector(c, from, half)),
  );
};

/** A load clears the rest of the register, a move between registers keeps it (or takes the first source's). */
const moveScalar =
  (T: FloatName): VectorLifter =>
  (c, operands) => {
    const [to, from] = [operandAt(operands, 0), operandAt(operands, operands.length - 1)];
    if (to.kind === 'memory')
      c.op(`${T}.store`, c.address(), c.op(T === 'f32' ? 'f32x4.low' : 'f64x2.low', readVector(c, from)));
    else if (from.kind === 'memory') setVector(c, to.number, readVector(c, from));
    else writeScalar(c, T, to, operands.length === 3 ? operandAt(operands, 1) : to, readScalar(c, T, from));
  };

/** Loads one half of a register, or stores it. */
const moveHalf =
  (lane: 0 | 1): VectorLifter =>
  (c, operands) => {
    const to = operandAt(operands, 0);
    if (to.kind === 'memory') {
      const from = readVector(c, operandAt(operands, 1));
      c.op('i64.store', c.address(), laneOf(c, 'i64x2', from, lane));
      return;
    }
    const [, first] = three(operands);
    const value = c.op('i64.load', c.address());
    setVector(c, to.number, c.builder.opImm('i64x2.replace_lane', lane, readVector(c, first), value));
  };

/** Between a general register or memory and the low lane of a vector; the rest of the vector is cleared. */
const moveInteger =
  (bits: 32 | 64): VectorLifter =>
  (c, operands) => {
    const [to, from] = [operandAt(operands, 0), operandAt(operands, 1)];
    const isVector = (kind: string): boolean => kind === 'xmm' || kind === 'mmx';
    if (isVector(to.kind)) {
      const value = isVector(from.kind)
        ? c.op('v128.from_i64', laneOf(c, 'i64x2', readVector(c, from), 0))
        : c.op(bits === 32 ? 'v128.from_i32' : 'v128.from_i64', c.readLow(from));
      writeVector(c, to, [value]);
      return;
    }
    c.write(to, laneOf(c, bits === 32 ? 'i32x4' : 'i64x2', readVector(c, from), 0));
  };

/** Stores past the caches are plain stores here. */
const storeVector: VectorLifter = (c, operands) => {
  move(c, operands);
};

/** Where a masked store goes: rdi, or its lower half. */
function maskedPlace(c: LiftContext): Value {
  return c.withSegment(c.i.addressSize === 64 ? c.register(7) : c.op('i64.and', c.register(7), c.i64(0xffffffff)));
}

/** As maskmovdqu, on 8 bytes. */
const maskmovq: VectorLifter = (c, operands) => {
  const [from, mask] = [readVector(c, operandAt(operands, 0)), readVector(c, operandAt(operands, 1))];
  const address = maskedPlace(c);
  const old = c.op('v128.load64_zero', address);
  const chosen = c.op('i8x16.shr_s', mask, c.i32(7));
  c.op('i64.store', address, laneOf(c, 'i64x2', c.op('v128.bitselect', from, old, chosen), 0));
};

/** Bytes whose mask byte has its sign bit are stored to memory at rdi; the others are written back as they are. */
const maskmovdqu: VectorLifter = (c, operands) => {
  const [from, mask] = [readVector(c, operandAt(operands, 0)), readVector(c, operandAt(operands, 1))];
  const address = maskedPlace(c);
  const old = c.op('v128.load', address);
  const chosen = c.op('i8x16.shr_s', mask, c.i32(7));
  c.op('v128.store', address, c.op('v128.bitselect', from, old, chosen));
};

const movmsk =
  (shape: 'i32x4' | 'i64x2'): VectorLifter =>
  (c, operands) => {
    const [to, from] = [operandAt(operands, 0), operandAt(operands, 1)];
    let mask = c.op(`${shape}.bitmask`, readVector(c, from));
    if (from.bits === 256) {
      const upper = c.op(`${shape}.bitmask`, readVector(c, from, 1));
      mask = c.op('i32.or', mask, c.op('i32.shl', upper, c.i32(shape === 'i32x4' ? 4 : 2)));
    }
    c.write(to, mask);
  };

/** Lane numbers that the two-bit fields of an immediate select. */
const fields = (immediate: number): number[] => [0, 1, 2, 3].map((lane) => (immediate >> (2 * lane)) & 3);

const lanes = (size: number, numbers: readonly number[]) => unary((c, a) => shuffle(c, byteLanes(size, numbers), a, a));

const shuffled = (size: number, numbersOf: (immediate: number) => number[]): VectorLifter =>
  unaryImmediate((c, a, immediate) => shuffle(c, byteLanes(size, numbersOf(immediate)), a, a));

const shufps = binaryImmediate((c, a, b, immediate) => {
  const [x = 0, y = 0, z = 0, w = 0] = fields(immediate);
  return shuffle(c, byteLanes(4, [x, y, z + 4, w + 4]), a, b);
});

/** The upper half of a ymm register has the next two bits of the immediate. */
const shufpd = binaryImmediate((c, a, b, immediate, half) => {
  const bits = half === 0 ? immediate : immediate >> 2;
  return shuffle(c, byteLanes(8, [bits & 1, 2 + ((bits >> 1) & 1)]), a, b);
});

/** Lanes of the second source where the immediate's bits say so. `perHalf`: both halves have the same bits. */
function blendImmediate(size: number, perHalf: boolean): VectorLifter {
  const count = 16 / size;
  return binaryImmediate((c, a, b, immediate, half) => {
    const bits = half === 0 || perHalf ? immediate : immediate >> count;
    const chosen = Array.from({ length: count }, (_, lane) => lane + ((bits >> lane) & 1) * count);
    return shuffle(c, byteLanes(size, chosen), a, b);
  });
}

/** Lanes of the second source where the sign of the mask's lane is set; legacy forms have their mask in xmm0. */
function blendVariable(shape: 'i8x16' | 'i32x4' | 'i64x2', sign: number): VectorLifter {
  return (c, operands) => {
    const isVex = operands.length === 4;
    const to = operandAt(operands, 0);
    const [first, second, mask] = isVex
      ? [operandAt(operands, 1), operandAt(operands, 2), operandAt(operands, 3)]
      : [to, operandAt(operands, 1), operandAt(operands, 2)];
    const values = halvesOf(to).map((half) => {
      const chosen = c.op(`${shape}.shr_s`, readVector(c, mask, half), c.i32(sign));
      return c.op('v128.bitselect', readVector(c, second, half), readVector(c, first, half), chosen);
    });
    writeVector(c, to, values);
  };
}

/** SDM vol. 2, INSERTPS: source lane, destination lane, lanes to clear. */
const insertps: VectorLifter = (c, operands) => {
  const [to, first, second] = three(operands, 1);
  const immediate = immediateByte(operands);
  const lane = second.kind === 'memory' ? 0 : immediate >> 6;
  const value =
    second.kind === 'memory' ? c.op('i32.load', c.address()) : laneOf(c, 'i32x4', readVector(c, second), lane);
  const inserted = c.builder.opImm('i32x4.replace_lane', (immediate >> 4) & 3, readVector(c, first), value);
  const kept = [0, 1, 2, 3].map((at) => (((immediate >> at) & 1) === 0 ? at : at + 4));
  const cleared = (immediate & 15) === 0 ? inserted : shuffle(c, byteLanes(4, kept), inserted, zeroVector(c));
  setVector(c, to.number, cleared);
};

const extractps: VectorLifter = (c, operands) => {
  const [to, from] = [operandAt(operands, 0), operandAt(operands, 1)];
  c.write(to, laneOf(c, 'i32x4', readVector(c, from), immediateByte(operands) & 3));
};

/** The lower 64 bits in both halves of each half. */
const movddup: VectorLifter = (c, operands) => {
  const [to, from] = [operandAt(operands, 0), operandAt(operands, 1)];
  const values = halvesOf(to).map((half) => {
    const value = readVector(c, from, half);
    return shuffle(c, byteLanes(8, [0, 0]), value, value);
  });
  writeVector(c, to, values);
};

const movnti: VectorLifter = (c, operands) => {
  c.write(operandAt(operands, 0), c.readLow(operandAt(operands, 1)));
};

export const sseMoveLifters = {
  movaps: move,
  movapd: move,
  movups: move,
  movupd: move,
  movdqa: move,
  movdqu: move,
  lddqu: move,
  movntdqa: move,
  movntps: storeVector,
  movntpd: storeVector,
  movntdq: storeVector,
  movnti,
  movntq: storeVector,
  maskmovq,
  maskmovdqu,
  movss: moveScalar('f32'),
  movsd: moveScalar('f64'),
  movlps: moveHalf(0),
  movlpd: moveHalf(0),
  movhps: moveHalf(1),
  movhpd: moveHalf(1),
  movhlps: binary((c, a, b) => shuffle(c, byteLanes(8, [1, 3]), b, a)),
  movlhps: binary((c, a, b) => c.op('i64x2.interleave_low', a, b)),
  movsldup: lanes(4, [0, 0, 2, 2]),
  movshdup: lanes(4, [1, 1, 3, 3]),
  movddup,
  movd: moveInteger(32),
  movq: moveInteger(64),
  movq2dq: moveInteger(64),
  movdq2q: moveInteger(64),
  movmskps: movmsk('i32x4'),
  movmskpd: movmsk('i64x2'),
  shufps,
  shufpd,
  unpcklps: binary((c, a, b) => c.op('i32x4.interleave_low', a, b)),
  unpckhps: binary((c, a, b) => c.op('i32x4.interleave_high', a, b)),
  unpcklpd: binary((c, a, b) => c.op('i64x2.interleave_low', a, b)),
  unpckhpd: binary((c, a, b) => c.op('i64x2.interleave_high', a, b)),
  pshufd: shuffled(4, fields),
  pshuflw: shuffled(2, (immediate) => [...fields(immediate), 4, 5, 6, 7]),
  pshufhw: shuffled(2, (immediate) => [0, 1, 2, 3, ...fields(immediate).map((lane) => lane + 4)]),
  insertps,
  extractps,
  blendps: blendImmediate(4, false),
  blendpd: blendImmediate(8, false),
  pblendw: blendImmediate(2, true),
  pblendvb: blendVariable('i8x16', 7),
  blendvps: blendVariable('i32x4', 31),
  blendvpd: blendVariable('i64x2', 63),
  ldmxcsr: loadMxcsr,
  stmxcsr: storeMxcsr,
};
