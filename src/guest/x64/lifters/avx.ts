/** AVX and AVX2 instructions that have no legacy form, and the VEX forms of those that have one. */
import { defined } from '../../../common/assert.ts';
import type { Value } from '../../../ir/builder.ts';
import { vectorSlots, ymmHighSlots } from '../state.ts';
import { NO_REGISTER } from '../decode.ts';
import type { Operand } from '../operands.ts';
import { RSP, type LiftContext } from './context.ts';
import { testBits } from './sse-integer.ts';
import {
  binary,
  byteLanes,
  halvesOf,
  immediateByte,
  laneOf,
  operandAt,
  readVector,
  setVector,
  shuffle,
  writeVector,
  zeroVector,
  type Half,
  type Operands,
  type VectorLifter,
} from './vector.ts';

/** The same value in both halves, or in the one there is. */
function writeBoth(c: LiftContext, to: Operand, value: Value): void {
  writeVector(
    c,
    to,
    halvesOf(to).map(() => value),
  );
}

/** The lowest lane of `size` bytes in every lane. */
function broadcast(size: number): VectorLifter {
  return (c, operands) => {
    const [to, from] = [operandAt(operands, 0), operandAt(operands, 1)];
    const source = from.bits === 8 && from.kind === 'memory' ? byteOf(c) : readVector(c, from);
    writeBoth(c, to, shuffle(c, byteLanes(size, new Array<number>(16 / size).fill(0)), source, source));
  };
}

function byteOf(c: LiftContext): Value {
  return c.op('v128.from_i32', c.op('i32.load8_u', c.address()));
}

const broadcast128: VectorLifter = (c, operands) => {
  writeBoth(c, operandAt(operands, 0), readVector(c, operandAt(operands, 1)));
};

const extract128: VectorLifter = (c, operands) => {
  const half = (immediateByte(operands) & 1) as Half;
  writeVector(c, operandAt(operands, 0), [readVector(c, operandAt(operands, 1), half)]);
};

const insert128: VectorLifter = (c, operands) => {
  const [to, first, second] = [operandAt(operands, 0), operandAt(operands, 1), operandAt(operands, 2)];
  const inserted = readVector(c, second);
  const isUpper = (immediateByte(operands) & 1) === 1;
  const kept = readVector(c, first, isUpper ? 0 : 1);
  writeVector(c, to, isUpper ? [kept, inserted] : [inserted, kept]);
};

/** Each half is one of the four of both sources, or zero. */
const permute128: VectorLifter = (c, operands) => {
  const [to, first, second] = [operandAt(operands, 0), operandAt(operands, 1), operandAt(operands, 2)];
  const immediate = immediateByte(operands);
  const choose = (field: number): Value => {
    if ((field & 8) !== 0) return zeroVector(c);
    return readVector(c, (field & 2) === 0 ? first : second, (field & 1) as Half);
  };
  writeVector(c, to, [choose(immediate & 15), choose(immediate >> 4)]);
};

/** 0x04040404 times a lane's number, plus 0x03020100: the bytes of that lane. */
const wordBytes = (c: LiftContext, numbers: Value): Value =>
  c.op(
    'i32x4.add',
    c.op('i32x4.mul', numbers, c.builder.v128(0x0404040404040404n, 0x0404040404040404n)),
    c.builder.v128(0x0302010003020100n, 0x0302010003020100n),
  );

const splat32 = (c: LiftContext, value: bigint): Value => {
  const half = (value << 32n) | value;
  return c.builder.v128(half, half);
};

/** Selects words, or double words, of each half: by an immediate or by the lanes of the second source. */
function permuteInHalves(size: 4 | 8): VectorLifter {
  return (c, operands) => {
    const last = operandAt(operands, 2);
    if (last.kind === 'immediate') {
      permuteByImmediate(c, operands, size);
      return;
    }
    binary((c2, a, b) => c2.op('i8x16.swizzle', a, laneSelectors(c2, size, b)))(c, operands);
  };
}

function laneSelectors(c: LiftContext, size: 4 | 8, selectors: Value): Value {
  if (size === 4) return wordBytes(c, c.op('v128.and', selectors, splat32(c, 3n)));
  const chosen = c.op('v128.and', c.op('i64x2.shr_u', selectors, c.i32(1)), c.builder.v128(1n, 1n));
  // 8 for every byte of a chosen upper lane: all ones times 8.
  const mask = c.op('i64x2.sub', c.builder.v128(0n, 0n), chosen);
  const eights = c.op('v128.and', mask, c.builder.v128(0x0808080808080808n, 0x0808080808080808n));
  return c.op('v128.or', eights, c.builder.v128(0x0706050403020100n, 0x0706050403020100n));
}

function permuteByImmediate(c: LiftContext, operands: Operands, size: 4 | 8): void {
  const [to, from] = [operandAt(operands, 0), operandAt(operands, 1)];
  const immediate = immediateByte(operands);
  const values = halvesOf(to).map((half) => {
    const source = readVector(c, from, half);
    const numbers =
      size === 4
        ? [0, 1, 2, 3].map((lane) => (immediate >> (2 * lane)) & 3)
        : [0, 1].map((lane) => (immediate >> (lane + 2 * half)) & 1);
    return shuffle(c, byteLanes(size, numbers), source, source);
  });
  writeVector(c, to, values);
}

/** Words of the whole register by the low three bits of each selector. */
const permuteWords: VectorLifter = (c, operands) => {
  const [to, selectors, from] = [operandAt(operands, 0), operandAt(operands, 1), operandAt(operands, 2)];
  const [low, high] = [readVector(c, from, 0), readVector(c, from, 1)];
  const values = halvesOf(to).map((half) => {
    const bytes = wordBytes(c, c.op('v128.and', readVector(c, selectors, half), splat32(c, 7n)));
    const upper = c.op('i8x16.sub', bytes, splat32(c, 0x10101010n));
    return c.op('v128.or', c.op('i8x16.swizzle', low, bytes), c.op('i8x16.swizzle', high, upper));
  });
  writeVector(c, to, values);
};

/** Double words of the whole register by an immediate. */
const permuteDoubles: VectorLifter = (c, operands) => {
  const [to, from] = [operandAt(operands, 0), operandAt(operands, 1)];
  const immediate = immediateByte(operands);
  const [low, high] = [readVector(c, from, 0), readVector(c, from, 1)];
  const values = halvesOf(to).map((half) => {
    const numbers = [0, 1].map((lane) => (immediate >> (2 * lane + 4 * half)) & 3);
    return shuffle(c, byteLanes(8, numbers), low, high);
  });
  writeVector(c, to, values);
};

/** The sign bits of lanes alone count. */
const signTest = (sign: bigint): VectorLifter => testBits((c) => c.builder.v128(sign, sign));

const shiftEach = (
  name: 'i32x4.shl_each' | 'i32x4.shr_u_each' | 'i32x4.shr_s_each' | 'i64x2.shl_each' | 'i64x2.shr_u_each',
) => binary((c, a, b) => c.op(name, a, b));

type Width = 32 | 64;
const shapeOf = (bits: Width): 'i32x4' | 'i64x2' => (bits === 32 ? 'i32x4' : 'i64x2');
const lanesOf = (bits: Width): number => 128 / bits;

/** 1 where the sign of a lane of the mask is set. */
function isChosen(c: LiftContext, bits: Width, mask: Value, lane: number): Value {
  return c.op(bits === 32 ? 'i32.lt_s' : 'i64.lt_s', laneOf(c, shapeOf(bits), mask, lane), c.constant(bits, 0));
}

/**
 * An element that the mask leaves out must not be touched. Its address becomes that of the instruction itself, which can
 * be read, and what is read there is not used.
 */
function maskedElement(c: LiftContext, bits: Width, address: Value, chosen: Value): Value {
  const safe = c.op('i64.select', address, c.i64(c.i.pc), chosen);
  return c.op(bits === 32 ? 'i32.load' : 'i64.load', safe);
}

function maskedLoad(c: LiftContext, operands: Operands, bits: Width): void {
  const [to, mask] = [operandAt(operands, 0), operandAt(operands, 1)];
  const values = halvesOf(to).map((half) => {
    const masks = readVector(c, mask, half);
    let value = zeroVector(c);
    for (let lane = 0; lane < lanesOf(bits); lane++) {
      const at = c.op('i64.add', c.address(), c.i64(16 * half + (bits / 8) * lane));
      const element = maskedElement(c, bits, at, isChosen(c, bits, masks, lane));
      value = c.builder.opImm(`${shapeOf(bits)}.replace_lane`, lane, value, element);
    }
    return c.op('v128.and', value, c.op(`${shapeOf(bits)}.shr_s`, masks, c.i32(bits - 1)));
  });
  writeVector(c, to, values);
}

/**
 * Elements that the mask leaves out are stored again where a chosen one goes; where none is chosen, what lies at rsp is
 * stored there again. So every store is allowed, and none changes what the instruction does not change.
 */
function maskedStore(c: LiftContext, operands: Operands, bits: Width): void {
  const [mask, from] = [operandAt(operands, 1), operandAt(operands, 2)];
  const [load, store, select] =
    bits === 32
      ? (['i32.load', 'i32.store', 'i32.select'] as const)
      : (['i64.load', 'i64.store', 'i64.select'] as const);
  const elements = halvesOf(from).flatMap((half) => {
    const [masks, values] = [readVector(c, mask, half), readVector(c, from, half)];
    return Array.from({ length: lanesOf(bits) }, (_, lane) => ({
      chosen: isChosen(c, bits, masks, lane),
      address: c.op('i64.add', c.address(), c.i64(16 * half + (bits / 8) * lane)),
      value: laneOf(c, shapeOf(bits), values, lane),
    }));
  });
  const stack = c.register(RSP);
  const fallback = elements.reduceRight(
    (other, { chosen, address, value }) => ({
      address: c.op('i64.select', address, other.address, chosen),
      value: c.op(select, value, other.value, chosen),
    }),
    { address: stack, value: c.op(load, stack) },
  );
  for (const { chosen, address, value } of elements)
    c.op(store, c.op('i64.select', address, fallback.address, chosen), c.op(select, value, fallback.value, chosen));
}

const maskedMove =
  (bits: Width): VectorLifter =>
  (c, operands) => {
    if (operandAt(operands, 0).kind === 'memory') maskedStore(c, operands, bits);
    else maskedLoad(c, operands, bits);
  };

/** Base and displacement of a gather; the index register is a vector. */
function gatherBase(c: LiftContext): Value {
  const { i } = c;
  const base = i.base === NO_REGISTER ? c.i64(0) : c.register(i.base);
  return c.op('i64.add', base, c.i64(i.displacement));
}

/**
 * Elements from base + index * scale where the mask's signs are set; then the mask is cleared. A fault leaves everything
 * as it was, so the instruction starts over.
 */
function gather(bits: Width, indexBits: Width): VectorLifter {
  return (c, operands) => {
    const { i } = c;
    const [to, mask] = [operandAt(operands, 0), operandAt(operands, 2)];
    // The three registers must differ (SDM vol. 2, VGATHERDPS).
    const index = i.index === NO_REGISTER ? 4 : i.index;
    if (to.number === mask.number || to.number === index || mask.number === index) {
      c.illegal();
      return;
    }
    const base = gatherBase(c);
    const count = (i.wide ? 256 : 128) / Math.max(bits, indexBits);
    const lanes = lanesOf(bits);
    const indices = (at: number): Value => {
      const half = Math.floor(at / lanesOf(indexBits));
      const slot = defined((half === 0 ? vectorSlots : ymmHighSlots)[index], 'a vector register');
      const lane = laneOf(c, shapeOf(indexBits), c.builder.get(slot), at % lanesOf(indexBits));
      return indexBits === 32 ? c.op('i64.extend_i32_s', lane) : lane;
    };
    const halves: readonly Half[] = count > lanes ? [0, 1] : [0];
    const results = halves.map((half) => {
      const masks = readVector(c, mask, half);
      let value = zeroVector(c);
      for (let lane = 0; lane < Math.min(lanes, count); lane++) {
        const scaled = c.op('i64.shl', indices(half * lanes + lane), c.i64(Math.log2(i.scale)));
        const sum = c.op('i64.add', base, scaled);
        const cut = i.addressSize === 64 ? sum : c.op('i64.and', sum, c.i64(0xffffffff));
        const element = maskedElement(c, bits, c.withSegment(cut), isChosen(c, bits, masks, lane));
        value = c.builder.opImm(`${shapeOf(bits)}.replace_lane`, lane, value, element);
      }
      const chosen = c.op(`${shapeOf(bits)}.shr_s`, masks, c.i32(bits - 1));
      const merged = c.op('v128.bitselect', value, readVector(c, to, half), chosen);
      // Two elements of 32 bits: the upper half of the register is cleared.
      return count < lanes ? c.op('v128.and', merged, c.builder.v128(-1n, 0n)) : merged;
    });
    const [low, high] = results;
    setVector(c, to.number, defined(low, 'a half'), high);
    setVector(c, mask.number, zeroVector(c));
  };
}

function zeroUpper(c: LiftContext): void {
  for (const slot of ymmHighSlots) c.builder.set(slot, zeroVector(c));
}

function zeroAll(c: LiftContext): void {
  for (const slot of vectorSlots) c.builder.set(slot, zeroVector(c));
  zeroUpper(c);
}

/** As pblendw, of words and with other bits for each half. */
const vpblendd: VectorLifter = (c, operands) => {
  const [to, first, second] = [operandAt(operands, 0), operandAt(operands, 1), operandAt(operands, 2)];
  const immediate = immediateByte(operands);
  const values = halvesOf(to).map((half) => {
    const chosen = [0, 1, 2, 3].map((lane) => lane + ((immediate >> (lane + 4 * half)) & 1) * 4);
    return shuffle(c, byteLanes(4, chosen), readVector(c, first, half), readVector(c, second, half));
  });
  writeVector(c, to, values);
};

export const avxLifters = {
  vbroadcastss: broadcast(4),
  vbroadcastsd: broadcast(8),
  vbroadcastf128: broadcast128,
  vbroadcasti128: broadcast128,
  vpbroadcastb: broadcast(1),
  vpbroadcastw: broadcast(2),
  vpbroadcastd: broadcast(4),
  vpbroadcastq: broadcast(8),
  vextractf128: extract128,
  vextracti128: extract128,
  vinsertf128: insert128,
  vinserti128: insert128,
  vperm2f128: permute128,
  vperm2i128: permute128,
  vpermilps: permuteInHalves(4),
  vpermilpd: permuteInHalves(8),
  vpermd: permuteWords,
  vpermps: permuteWords,
  vpermq: permuteDoubles,
  vpermpd: permuteDoubles,
  vtestps: signTest(0x8000000080000000n),
  vtestpd: signTest(0x8000000000000000n),
  vmaskmovps: maskedMove(32),
  vmaskmovpd: maskedMove(64),
  vpmaskmovd: maskedMove(32),
  vpmaskmovq: maskedMove(64),
  vzeroupper: zeroUpper,
  vzeroall: zeroAll,
  vpblendd,
  vpsllvd: shiftEach('i32x4.shl_each'),
  vpsllvq: shiftEach('i64x2.shl_each'),
  vpsrlvd: shiftEach('i32x4.shr_u_each'),
  vpsrlvq: shiftEach('i64x2.shr_u_each'),
  vpsravd: shiftEach('i32x4.shr_s_each'),
  vpgatherdd: gather(32, 32),
  vpgatherdq: gather(64, 32),
  vpgatherqd: gather(32, 64),
  vpgatherqq: gather(64, 64),
  vgatherdps: gather(32, 32),
  vgatherdpd: gather(64, 32),
  vgatherqps: gather(32, 64),
  vgatherqpd: gather(64, 64),
};

/** The lifters of legacy instructions under the names of their VEX forms. */
export function vexForms<Name extends string>(
  lifters: Readonly<Record<Name, VectorLifter>>,
): Record<`v${Name}`, VectorLifter> {
  const renamed = Object.entries<VectorLifter>(lifters).map(([name, lifter]) => [`v${name}`, lifter]);
  return Object.fromEntries(renamed) as Record<`v${Name}`, VectorLifter>;
}
