/** Scalar floating-point registers: lane 0 of the vector registers, all else zero after a write. */
import type { Value } from '../../../ir/builder.ts';
import type { OpName } from '../../../ir/ops.ts';
import type { LiftContext } from './context.ts';

export type Format = 'f32' | 'f64';

export const format = (sz: number): Format => (sz === 1 ? 'f64' : 'f32');

/** S or D register; `sz` 1 is double precision. */
export function scalarOf(c: LiftContext, sz: number, register: number): Value {
  return c.op(sz === 1 ? 'f64x2.low' : 'f32x4.low', c.v(register));
}

export function writeScalar(c: LiftContext, sz: number, register: number, value: Value): void {
  c.setV(register, c.op(sz === 1 ? 'v128.from_f64' : 'v128.from_f32', value));
}

/** To an integer of 64 bits (`sf`) or 32, by a rounding mode, times 2^bits. */
export function toFixedPoint(
  c: LiftContext,
  sz: number,
  sf: number,
  sign: 's' | 'u',
  mode: number,
  bits: number,
  value: Value,
): Value {
  const name: OpName = `fp.${sf === 1 ? 'i64' : 'i32'}_${sign}.fixed_${format(sz)}`;
  return c.builder.opImm(name, mode | (bits << 8), value);
}

/** A constant of the format, from the bits of a double or single. */
export function constant(c: LiftContext, sz: number, bits: bigint): Value {
  return sz === 1 ? c.builder.f64Bits(bits) : c.builder.f32Bits(Number(bits));
}

/** Of an integer, times 2^-bits: that is exact, because no integer is so small. */
export function fromFixedPoint(
  c: LiftContext,
  sz: number,
  sf: number,
  sign: 's' | 'u',
  bits: number,
  integer: Value,
): Value {
  const value = c.op(`fp.${format(sz)}.from_${sf === 1 ? 'i64' : 'i32'}_${sign}`, integer);
  if (bits === 0) return value;
  const power = sz === 1 ? BigInt(1023 - bits) << 52n : BigInt(127 - bits) << 23n;
  return c.op(`${format(sz)}.mul`, value, constant(c, sz, power));
}

/** VFPExpandImm: sign, three bits of exponent, four of fraction. */
export function expandImmediate(sz: number, imm8: number): bigint {
  const [sign, low] = [BigInt(imm8 >> 7), BigInt(imm8 & 0x3f)];
  const small = (imm8 & 0x40) !== 0;
  if (sz === 1) return (sign << 63n) | (small ? 0x3fc0n << 48n : 0x4000n << 48n) | (low << 48n);
  return (sign << 31n) | (small ? 0x3e00n << 16n : 0x4000n << 16n) | (low << 19n);
}
