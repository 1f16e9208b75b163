/**
 * Shifts and rotations (SDM vol. 2, "SAL/SAR/SHL/SHR", "RCL/RCR/ROL/ROR", "SHLD", "SHRD"). A count of 0 leaves the flags
 * alone. OF is defined for a count of 1 only; for others it is what the same formula gives.
 */
import { defined } from '../../../common/assert.ts';
import type { Value } from '../../../ir/builder.ts';
import type { Operand } from '../operands.ts';
import { FLAG, STATUS_FLAGS } from '../state.ts';
import { resultFlags, topBit } from './arithmetic.ts';
import { typeOf, type LiftContext } from './context.ts';
import type { FlagSource, Width } from './flags.ts';
import { two } from './move.ts';

type Operands = readonly Operand[];
type Lifter = (c: LiftContext, operands: Operands) => void;

/** A shift count: known when the block is lifted, or not. Masked as the processor does. */
interface Count {
  /** In the type of the width. */
  readonly value: Value;
  readonly known: number | null;
}

function countOf(c: LiftContext, width: Width, operand: Operand): Count {
  const mask = width === 64 ? 63 : 31;
  if (operand.kind === 'immediate') {
    const known = operand.number & mask;
    return { value: c.constant(width, known), known };
  }
  const low = c.op('i32.and', c.readLow(operand), c.i32(mask));
  return { value: width === 64 ? c.op('i64.extend_i32_u', low) : low, known: null };
}

/** Defines flags that a count of 0 leaves alone. */
function defineUnlessZero(c: LiftContext, width: Width, count: Count, mask: number, source: FlagSource): void {
  if (count.known === 0) return;
  if (count.known !== null) c.flags.define(mask, source);
  else c.flags.defineIf(c.opOf(width, 'ne', count.value, c.constant(width, 0)), mask, c.liveFlags, source);
}

/** Bit 0 of a value as i32. */
function lowBit(c: LiftContext, width: Width, value: Value): Value {
  const word = width === 64 ? c.op('i32.wrap_i64', value) : value;
  return c.op('i32.and', word, c.i32(1));
}

const shl: Lifter = (c, operands) => {
  const [to, by] = two(operands);
  const width = to.bits as Width;
  const count = countOf(c, width, by);
  const a = c.read(to);
  const result = c.opOf(width, 'shl', a, count.value);
  c.write(to, result);
  // The last bit shifted out: below 32 bits it stands above the result, else it comes from the other end.
  const carry = (): Value =>
    width < 32
      ? lowBit(c, width, c.op('i32.shr_u', result, c.i32(width)))
      : lowBit(c, width, c.opOf(width, 'shr_u', a, c.opOf(width, 'sub', c.constant(width, 0), count.value)));
  defineUnlessZero(c, width, count, STATUS_FLAGS, {
    ...resultFlags(c, width, result),
    carry,
    overflow: () => c.op('i32.xor', carry(), topBit(c, width, result)),
    adjust: () => c.i32(0),
  });
};

function shiftRight(name: 'shr_u' | 'shr_s'): Lifter {
  return (c, operands) => {
    const [to, by] = two(operands);
    const width = to.bits as Width;
    const count = countOf(c, width, by);
    const a = name === 'shr_u' ? c.read(to) : c.readSigned(to);
    const result = c.opOf(width, name, a, count.value);
    c.write(to, result);
    const before = (): Value => c.opOf(width, name, a, c.opOf(width, 'sub', count.value, c.constant(width, 1)));
    defineUnlessZero(c, width, count, STATUS_FLAGS, {
      ...resultFlags(c, width, result),
      carry: () => lowBit(c, width, before()),
      overflow: () => (name === 'shr_u' ? topBit(c, width, before()) : c.i32(0)),
      adjust: () => c.i32(0),
    });
  };
}

/** A value of 8 or 16 bits repeated over 32, so that rotations of the word rotate it. */
function repeated(c: LiftContext, width: Width, value: Value): Value {
  if (width >= 32) return value;
  return c.op('i32.mul', value, c.i32(width === 8 ? 0x01010101 : 0x00010001));
}

function rotate(name: 'rotl' | 'rotr'): Lifter {
  return (c, operands) => {
    const [to, by] = two(operands);
    const width = to.bits as Width;
    const count = countOf(c, width, by);
    const result = c.opOf(width, name, repeated(c, width, c.read(to)), count.value);
    c.write(to, result);
    const top = (): Value => topBit(c, width, result);
    const carry = (): Value => (name === 'rotl' ? lowBit(c, width, result) : top());
    const second = (): Value => topBit(c, width, c.opOf(width, 'shl', result, c.constant(width, 1)));
    defineUnlessZero(c, width, count, FLAG.CF | FLAG.OF, {
      carry,
      overflow: () => (name === 'rotl' ? c.op('i32.xor', top(), carry()) : c.op('i32.xor', top(), second())),
    });
  };
}

interface Rotated {
  readonly result: Value;
  /** CF after; before for a count of 0. */
  readonly carry: Value;
}

/** Operand and carry together are width + 1 bits in an i64. */
function rotateNarrow(c: LiftContext, width: 8 | 16 | 32, isLeft: boolean, a: Value, count: Value): Rotated {
  const bits = width + 1;
  const carry = c.op('i64.extend_i32_u', c.flags.carry());
  const whole = c.op('i64.or', c.toUnsigned64(width, a), c.op('i64.shl', carry, c.i64(width)));
  const reduced = width === 32 ? count : c.op('i32.rem_u_total', count, c.i32(bits));
  const by = c.op('i64.extend_i32_u', reduced);
  const rest = c.op('i64.sub', c.i64(bits), by);
  const [near, far] = isLeft ? (['i64.shl', 'i64.shr_u'] as const) : (['i64.shr_u', 'i64.shl'] as const);
  const rotated = c.op('i64.or', c.op(near, whole, by), c.op(far, whole, rest));
  const carryOut = c.op('i32.and', c.op('i32.wrap_i64', c.op('i64.shr_u', rotated, c.i64(width))), c.i32(1));
  return { result: c.op('i32.wrap_i64', rotated), carry: carryOut };
}

/** 65 bits do not fit an i64; the shift by 65 - n is one by 1 and one by 64 - n. */
function rotateWide(c: LiftContext, isLeft: boolean, a: Value, count: Value): Rotated {
  const carry = c.flags.carry();
  const wideCarry = c.op('i64.extend_i32_u', carry);
  const opposite = c.op('i64.sub', c.i64(64), count);
  const isZero = c.op('i64.eqz', count);
  const previous = c.op('i64.sub', count, c.i64(1));
  const [near, far] = isLeft ? (['i64.shl', 'i64.shr_u'] as const) : (['i64.shr_u', 'i64.shl'] as const);
  const kept = c.op(near, a, count);
  const around = c.op(far, c.op(far, a, c.i64(1)), opposite);
  const inserted = c.op('i64.shl', wideCarry, isLeft ? previous : opposite);
  const rotated = c.op('i64.or', c.op('i64.or', kept, around), inserted);
  const out = c.op('i64.shr_u', a, isLeft ? opposite : previous);
  return {
    result: c.op('i64.select', a, rotated, isZero),
    carry: c.op('i32.select', carry, lowBit(c, 64, out), isZero),
  };
}

function rotateThroughCarry(isLeft: boolean): Lifter {
  return (c, operands) => {
    const [to, by] = two(operands);
    const width = to.bits as Width;
    const count = countOf(c, width, by);
    const a = c.read(to);
    const { result, carry } =
      width === 64 ? rotateWide(c, isLeft, a, count.value) : rotateNarrow(c, width, isLeft, a, count.value);
    c.write(to, result);
    const top = (): Value => topBit(c, width, result);
    const second = (): Value => topBit(c, width, c.opOf(width, 'shl', result, c.constant(width, 1)));
    defineUnlessZero(c, width, count, FLAG.CF | FLAG.OF, {
      carry: () => carry,
      overflow: () => c.op('i32.xor', top(), isLeft ? carry : second()),
    });
  };
}

/** 16 bits: both operands in one word, the first on top for a left shift. */
function doubleNarrow(c: LiftContext, isLeft: boolean, a: Value, b: Value, count: Value): Rotated {
  const wide = (value: Value): Value => c.op('i64.extend_i32_u', value);
  const by = wide(count);
  // Counts above 16 are undefined; here b is shifted in a second time, as AMD's processors do.
  const at = (value: Value, place: number): Value => c.op('i64.shl', wide(value), c.i64(place));
  const parts = isLeft ? [at(a, 32), at(b, 16), wide(b)] : [at(b, 32), at(b, 16), wide(a)];
  const three = parts.reduce((x, y) => c.op('i64.or', x, y));
  if (isLeft) {
    const shifted = c.op('i64.shl', three, by);
    const carry = c.op('i32.and', c.op('i32.wrap_i64', c.op('i64.shr_u', shifted, c.i64(48))), c.i32(1));
    return { result: c.op('i32.wrap_i64', c.op('i64.shr_u', shifted, c.i64(32))), carry };
  }
  const before = c.op('i64.shr_u', three, c.op('i64.sub', by, c.i64(1)));
  return { result: c.op('i32.wrap_i64', c.op('i64.shr_u', three, by)), carry: lowBit(c, 64, before) };
}

function double(c: LiftContext, width: 32 | 64, isLeft: boolean, a: Value, b: Value, count: Value): Rotated {
  const [near, far] = isLeft ? (['shl', 'shr_u'] as const) : (['shr_u', 'shl'] as const);
  const opposite = c.opOf(width, 'sub', c.constant(width, 0), count);
  const both = c.opOf(width, 'or', c.opOf(width, near, a, count), c.opOf(width, far, b, opposite));
  const isZero = c.opOf(width, 'eqz', count);
  const out = c.opOf(width, 'shr_u', a, isLeft ? opposite : c.opOf(width, 'sub', count, c.constant(width, 1)));
  return { result: c.op(`${typeOf(width)}.select`, a, both, isZero), carry: lowBit(c, width, out) };
}

function shiftDouble(isLeft: boolean): Lifter {
  return (c, operands) => {
    const [to, from] = two(operands);
    const width = to.bits as Width;
    const count = countOf(c, width, defined(operands[2], 'a count'));
    const [a, b] = [c.read(to), c.read(from)];
    const { result, carry } =
      width >= 32
        ? double(c, width === 64 ? 64 : 32, isLeft, a, b, count.value)
        : doubleNarrow(c, isLeft, a, b, count.value);
    c.write(to, result);
    defineUnlessZero(c, width, count, STATUS_FLAGS, {
      ...resultFlags(c, width, result),
      carry: () => carry,
      overflow: () => topBit(c, width, c.opOf(width, 'xor', a, result)),
      adjust: () => c.i32(0),
    });
  };
}

export const shiftLifters = {
  rol: rotate('rotl'),
  ror: rotate('rotr'),
  rcl: rotateThroughCarry(true),
  rcr: rotateThroughCarry(false),
  shl,
  sal: shl,
  shr: shiftRight('shr_u'),
  sar: shiftRight('shr_s'),
  shld: shiftDouble(true),
  shrd: shiftDouble(false),
};
