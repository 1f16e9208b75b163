/** add, sub and their kin: results and flags (SDM vol. 2). */
import type { Value } from '../../../ir/builder.ts';
import type { Operand } from '../operands.ts';
import { FLAG, STATUS_FLAGS } from '../state.ts';
import { typeOf, type LiftContext } from './context.ts';
import type { FlagSource, Width } from './flags.ts';
import { update } from './update.ts';

/** Bit `width - 1` of a value, as i32 0 or 1. */
export function topBit(c: LiftContext, width: Width, value: Value): Value {
  if (width === 64) return c.op('i32.wrap_i64', c.op('i64.shr_u', value, c.i64(63)));
  const shifted = c.op('i32.shr_u', value, c.i32(width - 1));
  return width === 32 ? shifted : c.op('i32.and', shifted, c.i32(1));
}

/** The low 32 bits of a value of a width. */
export function lowWord(c: LiftContext, width: Width, value: Value): Value {
  return width === 64 ? c.op('i32.wrap_i64', value) : value;
}

/** ZF, SF and PF of a result whose bits above the width may be anything. */
export function resultFlags(c: LiftContext, width: Width, result: Value): FlagSource {
  return {
    wide: () => c.toSigned64(width, result),
    zero: () => c.opOf(width, 'eqz', c.zeroExtend(width, result)),
    sign: () => c.opOf(width, 'lt_s', c.signExtend(width, result), c.constant(width, 0)),
  };
}

/** Bits that differ between the sum without carries and the result: the carries into each place. */
function carriesInto(c: LiftContext, width: Width, a: Value, b: Value, result: Value): Value {
  const xor = (x: Value, y: Value): Value => c.op('i32.xor', x, y);
  return xor(xor(lowWord(c, width, a), lowWord(c, width, b)), lowWord(c, width, result));
}

/** 8 and 16 bits move to the top of a word, where the sign is. */
function overflowOf(
  c: LiftContext,
  width: Width,
  name: 'add_overflow' | 'sub_overflow',
  a: Value,
  b: Value,
  result: Value,
): Value {
  const atTop = (value: Value): Value => (width < 32 ? c.op('i32.shl', value, c.i32(32 - width)) : value);
  return c.opOf(width, name, atTop(a), atTop(b), atTop(result));
}

/** a and b zero-extended in the type of the width; so is `result` above 16 bits, below it has the carry on top. */
export function addFlags(c: LiftContext, width: Width, a: Value, b: Value, result: Value): FlagSource {
  const { op, opOf } = bound(c);
  return {
    ...resultFlags(c, width, result),
    carry: () =>
      width < 32 ? op('i32.and', op('i32.shr_u', result, c.i32(width)), c.i32(1)) : opOf(width, 'lt_u', result, a),
    // Both operands differ in sign from the result.
    overflow: () => topBit(c, width, opOf(width, 'and', opOf(width, 'xor', a, result), opOf(width, 'xor', b, result))),
    adjust: () => carriesInto(c, width, a, b, result),
  };
}

/** Of a - b; both zero-extended in the type of the width. */
export function subtractFlags(c: LiftContext, width: Width, a: Value, b: Value, result: Value): FlagSource {
  const { opOf } = bound(c);
  return {
    ...resultFlags(c, width, result),
    zero: () => opOf(width, 'eq', a, b),
    carry: () => opOf(width, 'lt_u', a, b),
    overflow: () => overflowOf(c, width, 'sub_overflow', a, b, result),
    adjust: () => carriesInto(c, width, a, b, result),
    compare: {
      type: typeOf(width),
      unsigned: [() => a, () => b],
      signed: [() => c.signExtend(width, a), () => c.signExtend(width, b)],
    },
  };
}

/** Of and, or, xor, test: CF and OF are 0; AF is undefined, and 0 on hardware. */
export function logicFlags(c: LiftContext, width: Width, result: Value): FlagSource {
  const signed = (): Value => c.signExtend(width, result);
  const zero = (): Value => c.constant(width, 0);
  return {
    ...resultFlags(c, width, result),
    carry: () => c.i32(0),
    overflow: () => c.i32(0),
    adjust: () => c.i32(0),
    compare: { type: typeOf(width), unsigned: [() => c.zeroExtend(width, result), zero], signed: [signed, zero] },
  };
}

function bound(c: LiftContext): { op: LiftContext['op']; opOf: LiftContext['opOf'] } {
  return {
    op: (name, x, y, z) => c.op(name, x, y, z),
    opOf: (width, name, x, y, z) => c.opOf(width, name, x, y, z),
  };
}

type Operands = readonly Operand[];
type Lifter = (c: LiftContext, operands: Operands) => void;

function pair([first, second]: Operands): readonly [Operand, Operand, Width] {
  if (first === undefined || second === undefined) throw new TypeError('the instruction has two operands');
  return [first, second, first.bits as Width];
}

function add(c: LiftContext, operands: Operands): void {
  const [to, from, width] = pair(operands);
  const b = c.read(from);
  const a = update(c, to, 'add', b, (old) => c.opOf(width, 'add', old, b));
  c.flags.define(STATUS_FLAGS, addFlags(c, width, a.old, b, a.result));
}

function subtract(c: LiftContext, operands: Operands): void {
  const [to, from, width] = pair(operands);
  const b = c.read(from);
  const a = update(c, to, 'sub', b, (old) => c.opOf(width, 'sub', old, b));
  c.flags.define(STATUS_FLAGS, subtractFlags(c, width, a.old, b, a.result));
}

function compare(c: LiftContext, operands: Operands): void {
  const [first, second, width] = pair(operands);
  const a = c.read(first);
  const b = c.read(second);
  c.flags.define(STATUS_FLAGS, subtractFlags(c, width, a, b, c.opOf(width, 'sub', a, b)));
}

function logic(name: 'and' | 'or' | 'xor'): Lifter {
  return (c, operands) => {
    const [to, from, width] = pair(operands);
    const isSame = to.kind === 'general' && from.kind === 'general' && to.number === from.number;
    if (name === 'xor' && isSame) {
      // The idiom for 0, which depends on nothing.
      const zero = c.constant(width, 0);
      c.write(to, zero);
      c.flags.define(STATUS_FLAGS, logicFlags(c, width, zero));
      return;
    }
    const b = c.read(from);
    const { result } = update(c, to, name, b, (old) => c.opOf(width, name, old, b));
    c.flags.define(STATUS_FLAGS, logicFlags(c, width, result));
  };
}

function test(c: LiftContext, operands: Operands): void {
  const [first, second, width] = pair(operands);
  const a = c.read(first);
  const isSame = first.kind !== 'memory' && first.kind === second.kind && first.number === second.number;
  const result = isSame ? a : c.opOf(width, 'and', a, c.read(second));
  c.flags.define(STATUS_FLAGS, logicFlags(c, width, result));
}

/** Sum with the carry in: carries out where a + b does, or where the carry in wraps the sum. */
function addWithCarry(c: LiftContext, operands: Operands): void {
  const [to, from, width] = pair(operands);
  const carry = c.flags.carry();
  const carryIn = width === 64 ? c.op('i64.extend_i32_u', carry) : carry;
  const b = c.read(from);
  const a = update(c, to, 'add', c.opOf(width, 'add', b, carryIn), (old) =>
    c.opOf(width, 'add', c.opOf(width, 'add', old, b), carryIn),
  );
  const plain = addFlags(c, width, a.old, b, a.result);
  if (width < 32) {
    c.flags.define(STATUS_FLAGS, plain);
    return;
  }
  // With a carry in, the sum wrapped exactly when it is not greater than a.
  const carryOut = (): Value =>
    c.op('i32.select', c.opOf(width, 'le_u', a.result, a.old), c.opOf(width, 'lt_u', a.result, a.old), carry);
  c.flags.define(STATUS_FLAGS, { ...plain, carry: carryOut });
}

function subtractWithBorrow(c: LiftContext, operands: Operands): void {
  const [to, from, width] = pair(operands);
  const carry = c.flags.carry();
  const carryIn = width === 64 ? c.op('i64.extend_i32_u', carry) : carry;
  const b = c.read(from);
  const a = update(c, to, 'sub', c.opOf(width, 'add', b, carryIn), (old) =>
    c.opOf(width, 'sub', c.opOf(width, 'sub', old, b), carryIn),
  );
  const { compare: _, zero: __, ...plain } = subtractFlags(c, width, a.old, b, a.result);
  c.flags.define(STATUS_FLAGS, {
    ...plain,
    zero: () => c.opOf(width, 'eqz', c.zeroExtend(width, a.result)),
    carry: () => c.op('i32.select', c.opOf(width, 'le_u', a.old, b), c.opOf(width, 'lt_u', a.old, b), carry),
  });
}

function single([first]: Operands): readonly [Operand, Width] {
  if (first === undefined) throw new TypeError('the instruction has an operand');
  return [first, first.bits as Width];
}

/** inc and dec leave CF alone. */
function step(name: 'add' | 'sub'): Lifter {
  return (c, operands) => {
    const [to, width] = single(operands);
    const one = c.constant(width, 1);
    const { old, result } = update(c, to, name, one, (value) => c.opOf(width, name, value, one));
    const flagsOf = name === 'add' ? addFlags : subtractFlags;
    c.flags.define(STATUS_FLAGS & ~FLAG.CF, flagsOf(c, width, old, one, result));
  };
}

function negate(c: LiftContext, operands: Operands): void {
  const [to, width] = single(operands);
  const zero = c.constant(width, 0);
  const { old, result } = update(c, to, null, zero, (value) => c.opOf(width, 'sub', zero, value));
  c.flags.define(STATUS_FLAGS, subtractFlags(c, width, zero, old, result));
}

function invert(c: LiftContext, operands: Operands): void {
  const [to, width] = single(operands);
  const ones = c.constant(width, -1);
  update(c, to, 'xor', ones, (value) => c.opOf(width, 'xor', value, ones));
}

export const arithmeticLifters = {
  add,
  or: logic('or'),
  adc: addWithCarry,
  sbb: subtractWithBorrow,
  and: logic('and'),
  sub: subtract,
  xor: logic('xor'),
  cmp: compare,
  test,
  inc: step('add'),
  dec: step('sub'),
  not: invert,
  neg: negate,
};
