/** Vector operands: reading and writing xmm, ymm and mm registers and memory, in halves of 128 bits. */
import { defined, unreachable } from '../../../common/assert.ts';
import type { Value } from '../../../ir/builder.ts';
import type { Operand } from '../operands.ts';
import { vectorSlots, ymmHighSlots } from '../state.ts';
import { checkAlignment } from './alignment.ts';
import type { LiftContext } from './context.ts';
import { guardResult } from './fp-guard.ts';
import { mmxRegister, setMmxRegister } from './mmx.ts';

export type Operands = readonly Operand[];
export type VectorLifter = (c: LiftContext, operands: Operands) => void;

/** 0: bits 127 to 0, 1: bits 255 to 128. */
export type Half = 0 | 1;

export function operandAt(operands: Operands, index: number): Operand {
  return defined(operands[index], 'an operand');
}

/** Destination and two sources: legacy forms have the destination for their first source. */
export function three(operands: Operands, immediates = 0): readonly [Operand, Operand, Operand] {
  const to = operandAt(operands, 0);
  return operands.length - immediates === 2
    ? [to, to, operandAt(operands, 1)]
    : [to, operandAt(operands, 1), operandAt(operands, 2)];
}

/** The low byte of the immediate that is the last operand. */
export function immediateByte(operands: Operands): number {
  return operandAt(operands, operands.length - 1).number & 0xff;
}

/** Half of a vector operand; a narrow memory operand is zero-extended. */
export function readVector(c: LiftContext, operand: Operand, half: Half = 0): Value {
  switch (operand.kind) {
    case 'xmm':
      return c.builder.get(defined((half === 0 ? vectorSlots : ymmHighSlots)[operand.number], 'a vector register'));
    case 'mmx':
      return mmxRegister(c, operand.number);
    case 'memory':
      if (half === 0) checkAlignment(c, operand);
      return loadVector(c, operand.bits, half);
    default:
      return unreachable(`a ${operand.kind} operand is no vector`);
  }
}

function loadVector(c: LiftContext, bits: number, half: Half): Value {
  const address = c.address();
  switch (bits) {
    case 16:
      return c.op('v128.from_i32', c.op('i32.load16_u', address));
    case 32:
      return c.op('v128.load32_zero', address);
    case 64:
      return c.op('v128.load64_zero', address);
    default:
      return c.builder.opImm('v128.load', 16 * half, address);
  }
}

/** Sets a whole vector register; VEX forms clear what lies above the halves given, legacy ones leave it. */
export function setVector(c: LiftContext, number: number, low: Value, high?: Value): void {
  guardResult(c);
  c.builder.set(defined(vectorSlots[number], 'a vector register'), low);
  const upper = defined(ymmHighSlots[number], 'a vector register');
  if (high !== undefined) c.builder.set(upper, high);
  else if (c.i.isVex) c.builder.set(upper, zeroVector(c));
}

/** Writes a vector operand of its full width. */
export function writeVector(c: LiftContext, operand: Operand, values: readonly Value[]): void {
  const [low, high] = values;
  if (low === undefined) return unreachable('a vector has a lower half');
  if (operand.kind === 'xmm') setVector(c, operand.number, low, high);
  else if (operand.kind === 'mmx') {
    guardResult(c);
    setMmxRegister(c, operand.number, low);
  } else if (operand.kind === 'memory') {
    guardResult(c);
    storeVector(c, operand, low, high);
  } else unreachable(`a ${operand.kind} operand is no vector`);
}

function storeVector(c: LiftContext, operand: Operand, low: Value, high: Value | undefined): void {
  checkAlignment(c, operand);
  const address = c.address();
  if (operand.bits === 64) {
    c.op('i64.store', address, c.builder.opImm('i64x2.extract_lane', 0, low));
    return;
  }
  // The upper half first: of a store across two pages, mostly the second one faults.
  if (high !== undefined) c.builder.opImm('v128.store', 16, address, high);
  c.op('v128.store', address, low);
}

/** The halves of an operand. */
export function halvesOf(operand: Operand): readonly Half[] {
  return operand.bits === 256 ? [0, 1] : [0];
}

export function zeroVector(c: LiftContext): Value {
  return c.builder.v128(0n, 0n);
}

export function laneOf(
  c: LiftContext,
  shape: 'i8x16' | 'i16x8' | 'i32x4' | 'i64x2',
  vector: Value,
  lane: number,
): Value {
  const narrow = shape === 'i8x16' || shape === 'i16x8';
  return c.builder.opImm(`${shape}.extract_lane${narrow ? '_u' : ''}` as 'i8x16.extract_lane_u', lane, vector);
}

export function shuffle(c: LiftContext, lanes: readonly number[], a: Value, b: Value): Value {
  const half = (from: number): bigint =>
    lanes.slice(from, from + 8).reduce((bits, lane, index) => bits | (BigInt(lane) << BigInt(8 * index)), 0n);
  return c.builder.opWide('i8x16.shuffle', half(0), half(8), a, b);
}

/** Byte selectors of lanes of `size` bytes; lane numbers past those of one vector select from the second. */
export function byteLanes(size: number, lanes: readonly number[]): number[] {
  return lanes.flatMap((lane) => Array.from({ length: size }, (_, byte) => lane * size + byte));
}

/** A vector constant with `bytes` in memory order. */
export function bytesVector(c: LiftContext, bytes: readonly number[]): Value {
  const half = (from: number): bigint =>
    bytes.slice(from, from + 8).reduce((bits, byte, index) => bits | (BigInt(byte & 0xff) << BigInt(8 * index)), 0n);
  return c.builder.v128(half(0), half(8));
}

export type Unary = (c: LiftContext, a: Value) => Value;
export type Binary = (c: LiftContext, a: Value, b: Value) => Value;

/** A result from one source of the same width. */
export function unary(compute: Unary): VectorLifter {
  return (c, operands) => {
    const [to, from] = [operandAt(operands, 0), operandAt(operands, 1)];
    const values = halvesOf(to).map((half) => compute(c, readVector(c, from, half)));
    writeVector(c, to, values);
  };
}

/** A result from two sources of the same width; `onMmx` where 64 bits are not the low half of 128. */
export function binary(compute: Binary, onMmx: Binary = compute): VectorLifter {
  return (c, operands) => {
    const [to, first, second] = three(operands);
    const apply = to.kind === 'mmx' ? onMmx : compute;
    const values = halvesOf(to).map((half) => apply(c, readVector(c, first, half), readVector(c, second, half)));
    writeVector(c, to, values);
  };
}

/** As `binary`, with an immediate byte. */
export function binaryImmediate(
  compute: (c: LiftContext, a: Value, b: Value, immediate: number, half: Half) => Value,
): VectorLifter {
  return (c, operands) => {
    const [to, first, second] = three(operands, 1);
    const immediate = immediateByte(operands);
    const values = halvesOf(to).map((half) =>
      compute(c, readVector(c, first, half), readVector(c, second, half), immediate, half),
    );
    writeVector(c, to, values);
  };
}

/** As `unary`, with an immediate byte. */
export function unaryImmediate(compute: (c: LiftContext, a: Value, immediate: number) => Value): VectorLifter {
  return (c, operands) => {
    const [to, from] = [operandAt(operands, 0), operandAt(operands, 1)];
    const immediate = immediateByte(operands);
    writeVector(
      c,
      to,
      halvesOf(to).map((half) => compute(c, readVector(c, from, half), immediate)),
    );
  };
}
