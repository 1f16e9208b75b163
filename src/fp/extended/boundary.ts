/**
 * Extended values in emitted code: 128 bits, the encoding in the low 80, then `FULL` where the register is not empty.
 * At the boundary they are two halves; a result's upper half is left in the vCPU head.
 */
import { defined } from '../../common/assert.ts';
import { ExtendedEnvironment } from './environment.ts';
import { extendedOperations, runExtended, type Register } from './operations.ts';

/** Offsets in the head of a vCPU block, see `ir/vcpu-layout.ts`. */
export const EXTENDED_ENV = 64;
export const EXTENDED_HIGH = 68;

/** In the upper half of a register: it is not empty. */
export const FULL = 1 << 16;
/** Beside it, in values made of memory operands: the operand was denormal. */
export const WAS_DENORMAL = 1 << 17;

function registerOf([low, high]: readonly [bigint, bigint]): Register {
  const word = Number(BigInt.asUintN(32, high));
  return {
    significand: BigInt.asUintN(64, low),
    high: word & 0xffff,
    isEmpty: (word & FULL) === 0,
    wasDenormal: (word & WAS_DENORMAL) !== 0,
  };
}

/** Runs an operation (bits 0 to 7; its immediate in the bits above) in the environment of the vCPU block at `vcpu`. */
export function runExtendedAt(
  view: DataView,
  a: readonly [bigint, bigint],
  b: readonly [bigint, bigint],
  operation: number,
  vcpu: number,
): bigint {
  const op = defined(extendedOperations[operation & 0xff], 'an opcode of the extended format out of range');
  const at = vcpu >>> 0;
  const env = new ExtendedEnvironment(view.getInt32(at + EXTENDED_ENV, true));
  const result = runExtended(op, registerOf(a), registerOf(b), env, operation >> 8);
  view.setInt32(at + EXTENDED_ENV, env.finish(), true);
  if (typeof result === 'bigint') return BigInt.asIntN(64, result);
  view.setInt32(at + EXTENDED_HIGH, result.high | FULL, true);
  return BigInt.asIntN(64, result.significand);
}
