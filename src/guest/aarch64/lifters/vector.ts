/** Vector registers as instructions see them: whole, the lower half, or one lane; and operations by lane width. */
import { unreachable } from '../../../common/assert.ts';
import type { Value } from '../../../ir/builder.ts';
import type { OpName } from '../../../ir/ops.ts';
import type { LiftContext } from './context.ts';

const shapeNames = ['i8x16', 'i16x8', 'i32x4', 'i64x2'] as const;
type ShapeName = (typeof shapeNames)[number];

type Suffix<Name, Prefix extends string> = Name extends `${Prefix}.${infer Rest}` ? Rest : never;
/** Operations that there are for lanes of 8 to 32 bits, and for all widths; with and without the saturation flag. */
export type LaneOpTo32 = Suffix<OpName, 'i8x16'> & Suffix<OpName, 'i16x8'> & Suffix<OpName, 'i32x4'>;
export type LaneOp = LaneOpTo32 & Suffix<OpName, 'i64x2'>;
export type SaturatingOp = Suffix<OpName, 'sat.i8x16'> & Suffix<OpName, 'sat.i64x2'>;
/** Floating-point operations of both precisions. */
export type FloatOp = Suffix<OpName, 'lanes.f32x4'> & Suffix<OpName, 'lanes.f64x2'>;

/** The shape with lanes of 8 << `size` bits. */
export function shape(size: number): ShapeName {
  return shapeNames[size] ?? unreachable(`lane size ${String(size)}`);
}

export const laneOp = (size: number, name: LaneOp): OpName => `${shape(size)}.${name}` as OpName;
export const laneOpTo32 = (size: number, name: LaneOpTo32): OpName => `${shape(size)}.${name}` as OpName;
export const saturatingOp = (size: number, name: SaturatingOp): OpName => `sat.${shape(size)}.${name}` as OpName;
export const floatOp = (sz: number, name: FloatOp): OpName => `lanes.${sz === 1 ? 'f64x2' : 'f32x4'}.${name}` as OpName;

/** How an instruction reads and writes its vector registers. */
export interface Form {
  /** An operand all of whose lanes count: those that are not the instruction's repeat one that is. */
  read(c: LiftContext, register: number, size: number): Value;
  /** Writes the lanes that are the instruction's; the others become 0. */
  write(c: LiftContext, register: number, size: number, value: Value): void;
}

/** All 128 bits. */
const full: Form = {
  read: (c, register) => c.v(register),
  write: (c, register, _size, value) => {
    c.setV(register, value);
  },
};

/** The lower 64 bits. */
const half: Form = {
  read: (c, register) => c.op('i64x2.splat_low', c.v(register)),
  write: (c, register, _size, value) => {
    c.setV(register, c.op('v128.low64', value));
  },
};

const lowOps = ['v128.low8', 'v128.low16', 'v128.low32', 'v128.low64'] as const;

/** Lane 0. */
export const scalar: Form = {
  read: (c, register, size) => c.op(laneOp(size, 'splat_low'), c.v(register)),
  write: (c, register, size, value) => {
    c.setV(register, c.op(lowOps[size as 0 | 1 | 2 | 3], value));
  },
};

export const vector = (Q: number): Form => (Q === 1 ? full : half);

/** The half of a register that a long or wide instruction takes: the upper one for the forms that end in 2. */
export const halfName = (Q: number): 'low' | 'high' => (Q === 1 ? 'high' : 'low');

/** Writes a result of 64 bits in the lower half of `value` (the upper one 0) to the half of the register. */
export function writeHalf(c: LiftContext, register: number, Q: number, value: Value): void {
  if (Q === 0) c.setV(register, value);
  else c.setV(register, c.op('i64x2.interleave_low', c.v(register), value));
}

/** A register's lower or upper half in the lower half of a vector. */
export function readHalf(c: LiftContext, register: number, Q: number): Value {
  return Q === 0 ? c.v(register) : c.op('i64x2.interleave_high', c.v(register), c.v(register));
}

/** Lanes of a vector widened to twice `size`. */
export function extend(c: LiftContext, value: Value, size: number, Q: number, signed: boolean): Value {
  return c.op(`${shape(size + 1)}.extend_${halfName(Q)}_${shape(size)}_${signed ? 's' : 'u'}` as OpName, value);
}

/** Full products of the lower or upper lanes. */
export function multiplyLong(c: LiftContext, a: Value, b: Value, size: number, Q: number, signed: boolean): Value {
  return c.op(`${shape(size + 1)}.extmul_${halfName(Q)}_${shape(size)}_${signed ? 's' : 'u'}` as OpName, a, b);
}

/** The upper or lower halves of lanes of twice `size`, in the lower half of the result; 0 above. */
export function narrowed(c: LiftContext, value: Value, size: number, part: 'even' | 'odd'): Value {
  return c.op(laneOpTo32(size, `unzip_${part}`), value, c.builder.v128(0n, 0n));
}

/** One lane in every lane. */
export function splatLane(c: LiftContext, value: Value, size: number, lane: number): Value {
  const name = shape(size);
  const extract = size < 2 ? 'extract_lane_u' : 'extract_lane';
  return c.op(`${name}.splat`, c.builder.opImm(`${name}.${extract}` as OpName, lane, value));
}

/** A vector with the low `bits` bits of `value` in each of its lanes. */
export function constantLanes(c: LiftContext, bits: number, value: bigint): Value {
  let word = 0n;
  for (let at = 0; at < 64; at += bits) word |= BigInt.asUintN(bits, value) << BigInt(at);
  return c.builder.v128(word, word);
}

export const zero = (c: LiftContext): Value => c.builder.v128(0n, 0n);
