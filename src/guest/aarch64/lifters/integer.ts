/** Shapes of integer instructions in their 32- and 64-bit forms. Computation into the zero register is dropped. */
import type { Value } from '../../../ir/builder.ts';
import { LogicFlags, SeparateFlags, SubtractionFlags, type FlagSource } from '../flags.ts';
import type { LiftContext } from './context.ts';

/** The integer operations that both widths have. */
export type Operation =
  'add' | 'sub' | 'mul' | 'and' | 'or' | 'xor' | 'shl' | 'shr_s' | 'shr_u' | 'rotr' | 'clz' | 'bitreverse' | 'bswap';

/** `operation` on operands of the width that sf gives. */
export function apply(c: LiftContext, sf: number, operation: Operation, a: Value, b?: Value): Value {
  return c.op(sf === 1 ? `i64.${operation}` : `i32.${operation}`, a, b);
}

/** The register of the width that sf gives: an i64 or an i32. */
export function read(c: LiftContext, sf: number, register: number): Value {
  return sf === 1 ? c.x(register) : c.w(register);
}

export function readOrSp(c: LiftContext, sf: number, register: number): Value {
  return sf === 1 ? c.xOrSp(register) : c.wOrSp(register);
}

export function write(c: LiftContext, sf: number, register: number, value: Value): void {
  if (sf === 1) c.setX(register, value);
  else c.setW(register, value);
}

export function writeOrSp(c: LiftContext, sf: number, register: number, value: Value): void {
  c.setXOrSp(register, sf === 1 ? value : c.op('i64.extend_i32_u', value));
}

/** A constant of the width that sf gives, from a safe integer. */
export function constant(c: LiftContext, sf: number, value: number): Value {
  return sf === 1 ? c.i64(value) : c.i32(value);
}

export function inverted(c: LiftContext, sf: number, value: Value): Value {
  return apply(c, sf, 'xor', value, constant(c, sf, -1));
}

const width = (sf: number): 32 | 64 => (sf === 1 ? 64 : 32);

export function select(c: LiftContext, sf: number, a: Value, b: Value, condition: Value): Value {
  return c.op(sf === 1 ? 'i64.select' : 'i32.select', a, b, condition);
}

export function compare(c: LiftContext, sf: number, name: 'lt_u' | 'lt_s', a: Value, b: Value): Value {
  return c.op(sf === 1 ? `i64.${name}` : `i32.${name}`, a, b);
}

export function isZero(c: LiftContext, sf: number, value: Value): Value {
  return c.op(sf === 1 ? 'i64.eqz' : 'i32.eqz', value);
}

/** 0 or 1 (i32) as a value of the width. */
export function fromBit(c: LiftContext, sf: number, bit: Value): Value {
  return sf === 1 ? c.op('i64.extend_i32_u', bit) : bit;
}

export function subtractionFlags(sf: number, a: Value, b: Value): FlagSource {
  return new SubtractionFlags(width(sf), a, b);
}

export function logicFlags(sf: number, result: Value): FlagSource {
  return new LogicFlags(width(sf), result);
}

/**
 * The flags of `result` = a + b + carry in. Signed overflow: the operands have the same sign and the result another.
 * `carryOut` gives the carry.
 */
export function additionFlags(
  c: LiftContext,
  sf: number,
  a: Value,
  b: Value,
  result: Value,
  carryOut: () => Value,
): FlagSource {
  const zero = (): Value => constant(c, sf, 0);
  return new SeparateFlags({
    n: () => compare(c, sf, 'lt_s', result, zero()),
    z: () => isZero(c, sf, result),
    c: carryOut,
    v: () => {
      const changed = apply(c, sf, 'and', apply(c, sf, 'xor', a, result), apply(c, sf, 'xor', b, result));
      return compare(c, sf, 'lt_s', changed, zero());
    },
  });
}

/** Shift types of a second operand. */
const shifts = ['shl', 'shr_u', 'shr_s', 'rotr'] as const;

/** The register `Rm`, shifted as the fields say. */
export function shifted(
  c: LiftContext,
  { sf, shift, Rm, imm6 }: { readonly sf: number; readonly shift: number; readonly Rm: number; readonly imm6: number },
): Value {
  const value = read(c, sf, Rm);
  const operation = shifts[shift as 0 | 1 | 2 | 3];
  return imm6 === 0 ? value : apply(c, sf, operation, value, constant(c, sf, imm6));
}

/** An X register of which the low bits count, extended to 64 bits (ExtendReg; C1.3.3). */
export function extended64(c: LiftContext, register: number, option: number): Value {
  const value = c.x(register);
  const masked = (mask: number): Value => c.op('i64.and', value, c.i64(mask));
  switch (option) {
    case 0:
      return masked(0xff);
    case 1:
      return masked(0xffff);
    case 2:
      return masked(0xffffffff);
    case 4:
      return c.op('i64.extend8_s', value);
    case 5:
      return c.op('i64.extend16_s', value);
    case 6:
      return c.op('i64.extend32_s', value);
    default:
      return value;
  }
}

function extended32(c: LiftContext, register: number, option: number): Value {
  const value = c.w(register);
  switch (option) {
    case 0:
      return c.op('i32.and', value, c.i32(0xff));
    case 1:
      return c.op('i32.and', value, c.i32(0xffff));
    case 4:
      return c.op('i32.extend8_s', value);
    case 5:
      return c.op('i32.extend16_s', value);
    default:
      return value;
  }
}

/** The register `Rm`, extended and shifted left as the fields say. */
export function extended(
  c: LiftContext,
  {
    sf,
    Rm,
    option,
    imm3,
  }: { readonly sf: number; readonly Rm: number; readonly option: number; readonly imm3: number },
): Value {
  const value = sf === 1 ? extended64(c, Rm, option) : extended32(c, Rm, option);
  return imm3 === 0 ? value : apply(c, sf, 'shl', value, constant(c, sf, imm3));
}
