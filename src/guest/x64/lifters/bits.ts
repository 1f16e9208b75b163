/** Bit tests, scans and counts, BMI1, BMI2 (SDM vol. 2). */
import { defined } from '../../../common/assert.ts';
import type { Value } from '../../../ir/builder.ts';
import type { Operand } from '../operands.ts';
import { FLAG, STATUS_FLAGS } from '../state.ts';
import { resultFlags } from './arithmetic.ts';
import { typeOf, type LiftContext } from './context.ts';
import type { FlagSource, Width } from './flags.ts';
import { one, two, writeWhere } from './move.ts';
import { update } from './update.ts';

type Operands = readonly Operand[];
type Lifter = (c: LiftContext, operands: Operands) => void;

/**
 * The number of the bit in its operand. A register offset into memory addresses a bit string: the operand is that word of
 * it which holds the bit.
 */
function bitNumber(c: LiftContext, base: Operand, offset: Operand): Value {
  const width = base.bits as Width;
  if (base.kind === 'memory' && offset.kind !== 'immediate') {
    const words = c.op('i64.shr_s', c.toSigned64(width, c.readLow(offset)), c.i64(Math.log2(width)));
    c.offsetAddress(c.op('i64.mul', words, c.i64(width / 8)));
  }
  if (offset.kind === 'immediate') return c.constant(width, offset.number & (width - 1));
  return c.opOf(width, 'and', c.readLow(offset), c.constant(width, width - 1));
}

function bitFlag(c: LiftContext, width: Width, value: Value, number: Value): FlagSource {
  return {
    carry: () => {
      const shifted = c.opOf(width, 'shr_u', value, number);
      return c.op('i32.and', width === 64 ? c.op('i32.wrap_i64', shifted) : shifted, c.i32(1));
    },
  };
}

const bt: Lifter = (c, operands) => {
  const [base, offset] = two(operands);
  const width = base.bits as Width;
  const number = bitNumber(c, base, offset);
  c.flags.define(FLAG.CF, bitFlag(c, width, c.read(base), number));
};

/** Sets, resets or complements the bit. */
function changeBit(name: 'or' | 'and' | 'xor'): Lifter {
  return (c, operands) => {
    const [base, offset] = two(operands);
    const width = base.bits as Width;
    const number = bitNumber(c, base, offset);
    const bit = c.opOf(width, 'shl', c.constant(width, 1), number);
    const mask = name === 'and' ? c.opOf(width, 'xor', bit, c.constant(width, -1)) : bit;
    const { old } = update(c, base, name, c.zeroExtend(width, mask), (value) => c.opOf(width, name, value, mask));
    c.flags.define(FLAG.CF, bitFlag(c, width, old, number));
  };
}

const zeroBit = (c: LiftContext): (() => Value) => {
  return () => c.i32(0);
};

/** ZF, and the rest of the flags 0 unless given. */
function scanFlags(c: LiftContext, given: FlagSource): FlagSource {
  const zero = zeroBit(c);
  return { sign: zero, parity: zero, carry: zero, overflow: zero, adjust: zero, ...given };
}

/** The index of the lowest or highest bit; a source of 0 leaves the destination as it was, upper half included. */
function scan(name: 'ctz' | 'clz'): Lifter {
  return (c, operands) => {
    const [to, from] = two(operands);
    const width = to.bits as Width;
    const value = c.read(from);
    const count = c.opOf(width, name, value);
    const index = name === 'ctz' ? count : c.opOf(width, 'xor', count, c.constant(width, width === 64 ? 63 : 31));
    const isZero = c.opOf(width, 'eqz', value);
    writeWhere(c, c.op('i32.eqz', isZero), to, index);
    // All flags but ZF are undefined.
    c.flags.define(STATUS_FLAGS, scanFlags(c, { zero: () => isZero }));
  };
}

function count(name: 'ctz' | 'clz'): Lifter {
  return (c, operands) => {
    const [to, from] = two(operands);
    const width = to.bits as Width;
    const value = c.read(from);
    const result = countZeros(c, width, name, value);
    c.write(to, result);
    const flags = { zero: () => c.opOf(width, 'eqz', result), carry: () => c.opOf(width, 'eqz', value) };
    c.flags.define(STATUS_FLAGS, scanFlags(c, flags));
  };
}

function countZeros(c: LiftContext, width: Width, name: 'ctz' | 'clz', value: Value): Value {
  if (width >= 32) return c.opOf(width, name, value);
  // A bit right above the value stops the count at its width.
  if (name === 'ctz') return c.op('i32.ctz', c.op('i32.or', value, c.i32(2 ** width)));
  return c.op('i32.sub', c.op('i32.clz', value), c.i32(32 - width));
}

const popcnt: Lifter = (c, operands) => {
  const [to, from] = two(operands);
  const width = to.bits as Width;
  const value = c.read(from);
  c.write(to, c.opOf(width, 'popcnt', value));
  c.flags.define(STATUS_FLAGS, scanFlags(c, { zero: () => c.opOf(width, 'eqz', value) }));
};

const bswap: Lifter = (c, operands) => {
  const to = one(operands);
  // 16 bits are undefined; processors give 0.
  if (to.bits === 16) c.write(to, c.i32(0));
  else c.write(to, c.opOf(to.bits as Width, 'bswap', c.read(to)));
};

/** ZF and SF of the result, CF as given, OF 0; PF and AF are undefined. */
function bmiFlags(c: LiftContext, width: Width, result: Value, carry: () => Value): FlagSource {
  return { ...resultFlags(c, width, result), carry, overflow: zeroBit(c), adjust: zeroBit(c) };
}

const three = (operands: Operands): readonly [Operand, Operand, Operand] => [
  ...two(operands),
  defined(operands[2], 'a third operand'),
];

const andn: Lifter = (c, operands) => {
  const [to, first, second] = three(operands);
  const width = to.bits as Width;
  const inverted = c.opOf(width, 'xor', c.read(first), c.constant(width, -1));
  const result = c.opOf(width, 'and', inverted, c.read(second));
  c.write(to, result);
  c.flags.define(STATUS_FLAGS, bmiFlags(c, width, result, zeroBit(c)));
};

/** `width - 1` ones where the count is at least the width, else that many low ones. */
function lowOnes(c: LiftContext, width: Width, number: Value): Value {
  const ones = c.constant(width, -1);
  const below = c.opOf(width, 'xor', c.opOf(width, 'shl', ones, number), ones);
  return c.op(`${typeOf(width)}.select`, below, ones, c.opOf(width, 'lt_u', number, c.constant(width, width)));
}

const bextr: Lifter = (c, operands) => {
  const [to, from, control] = three(operands);
  const width = to.bits as Width;
  const field = (shift: number): Value =>
    c.opOf(width, 'and', c.opOf(width, 'shr_u', c.read(control), c.constant(width, shift)), c.constant(width, 0xff));
  const start = field(0);
  const isInside = c.opOf(width, 'lt_u', start, c.constant(width, width));
  const shifted = c.opOf(width, 'shr_u', c.read(from), start);
  const value = c.op(`${typeOf(width)}.select`, shifted, c.constant(width, 0), isInside);
  const result = c.opOf(width, 'and', value, lowOnes(c, width, field(8)));
  c.write(to, result);
  c.flags.define(STATUS_FLAGS, bmiFlags(c, width, result, zeroBit(c)));
};

/** Of a source x: x & (x - 1), x ^ (x - 1), x & -x. */
function lowestBit(name: 'blsr' | 'blsmsk' | 'blsi'): Lifter {
  return (c, operands) => {
    const [to, from] = two(operands);
    const width = to.bits as Width;
    const x = c.read(from);
    const other =
      name === 'blsi' ? c.opOf(width, 'sub', c.constant(width, 0), x) : c.opOf(width, 'sub', x, c.constant(width, 1));
    const result = c.opOf(width, name === 'blsmsk' ? 'xor' : 'and', x, other);
    c.write(to, result);
    const isZero = (): Value => c.opOf(width, 'eqz', x);
    const carry = name === 'blsi' ? (): Value => c.op('i32.eqz', isZero()) : isZero;
    c.flags.define(STATUS_FLAGS, bmiFlags(c, width, result, carry));
  };
}

const bzhi: Lifter = (c, operands) => {
  const [to, from, index] = three(operands);
  const width = to.bits as Width;
  const number = c.opOf(width, 'and', c.read(index), c.constant(width, 0xff));
  const result = c.opOf(width, 'and', c.read(from), lowOnes(c, width, number));
  c.write(to, result);
  const carry = (): Value => c.opOf(width, 'gt_u', number, c.constant(width, width - 1));
  c.flags.define(STATUS_FLAGS, bmiFlags(c, width, result, carry));
};

/** Bits below the mask's alone matter, so a narrow mask is enough. */
function scatter(name: 'i64.pdep' | 'i64.pext'): Lifter {
  return (c, operands) => {
    const [to, from, mask] = three(operands);
    const width = to.bits as Width;
    const wide = (operand: Operand): Value => c.toUnsigned64(width, c.read(operand));
    const result = c.op(name, wide(from), wide(mask));
    c.write(to, width === 64 ? result : c.op('i32.wrap_i64', result));
  };
}

const rorx: Lifter = (c, operands) => {
  const [to, from, by] = three(operands);
  const width = to.bits as Width;
  c.write(to, c.opOf(width, 'rotr', c.read(from), c.constant(width, by.number & (width - 1))));
};

/** Shifts without flags; the count is taken modulo the width, as the operation does. */
function shiftTo(name: 'shl' | 'shr_u' | 'shr_s'): Lifter {
  return (c, operands) => {
    const [to, from, by] = three(operands);
    c.write(to, c.opOf(to.bits as Width, name, c.read(from), c.read(by)));
  };
}

export const bitLifters = {
  bt,
  bts: changeBit('or'),
  btr: changeBit('and'),
  btc: changeBit('xor'),
  bsf: scan('ctz'),
  bsr: scan('clz'),
  tzcnt: count('ctz'),
  lzcnt: count('clz'),
  popcnt,
  bswap,
  andn,
  bextr,
  blsr: lowestBit('blsr'),
  blsmsk: lowestBit('blsmsk'),
  blsi: lowestBit('blsi'),
  bzhi,
  pdep: scatter('i64.pdep'),
  pext: scatter('i64.pext'),
  rorx,
  sarx: shiftTo('shr_s'),
  shlx: shiftTo('shl'),
  shrx: shiftTo('shr_u'),
};
