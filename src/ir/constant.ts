/** Bits of constants: between the halves that an `Inst` holds and the unsigned bit patterns that folders take. */
import { assert } from '../common/assert.ts';
import { Inst } from './block.ts';
import type { ValueType } from './types.ts';

/** The unsigned bit pattern of a constant. */
export function constantBits(inst: Inst): bigint {
  assert(inst.kind === 'const', 'only constants have bits');
  const low = BigInt(inst.lo >>> 0);
  if (inst.type === 'i32' || inst.type === 'f32') return low;
  const half = (BigInt(inst.hi >>> 0) << 32n) | low;
  return inst.type === 'v128' ? (BigInt.asUintN(64, inst.wide) << 64n) | half : half;
}

/** A constant of `type` from its bit pattern (taken modulo the type's width). */
export function constantInst(type: ValueType, bits: bigint): Inst {
  const narrow = type === 'i32' || type === 'f32';
  const lo = Number(BigInt.asIntN(32, bits));
  const hi = narrow ? 0 : Number(BigInt.asIntN(32, bits >> 32n));
  const wide = type === 'v128' ? BigInt.asUintN(64, bits >> 64n) : 0n;
  return new Inst('const', null, type, null, null, null, lo, hi, wide);
}
