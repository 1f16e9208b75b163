/** ldmxcsr, stmxcsr, and the code that moves between MXCSR and the environment word. */
import { TRAP } from '../../../ir/block.ts';
import type { Value } from '../../../ir/builder.ts';
import { FP_ENV } from '../../../ir/vcpu-layout.ts';
import { FLAG_BITS, FP_ENV_FIXED, MXCSR, ROUNDING_MODES } from '../mxcsr.ts';
import { fpTrapsSlot, X87_TRAPS } from '../state.ts';
import type { LiftContext } from './context.ts';

const log2 = (bit: number): number => Math.log2(bit);

/** Bits moved one by one, each from a place to another. */
function moveBits(c: LiftContext, value: Value, moves: readonly (readonly [from: number, to: number])[]): Value {
  return moves.reduce<Value>((word, [from, to]) => {
    const bit = c.op('i32.and', c.op('i32.shr_u', value, c.i32(from)), c.i32(1));
    return c.op('i32.or', word, c.op('i32.shl', bit, c.i32(to)));
  }, c.i32(0));
}

const toNeutral = FLAG_BITS.map((bit, index) => [index, log2(bit)] as const);
const fromNeutral = FLAG_BITS.map((bit, index) => [log2(bit), index] as const);
const modeMoves = [
  [log2(MXCSR.DAZ), log2(FP_ENV.FLUSH_INPUTS)],
  [log2(MXCSR.FTZ), log2(FP_ENV.FLUSH_OUTPUTS)],
] as const;
const reversed = modeMoves.map(([from, to]) => [to, from] as const);

/** One of four two-bit numbers, chosen by `index`. */
function lookUp(c: LiftContext, numbers: readonly number[], index: Value): Value {
  const table = numbers.reduce((bits, number, at) => bits | (number << (2 * at)), 0);
  return c.op('i32.and', c.op('i32.shr_u', c.i32(table), c.op('i32.shl', index, c.i32(1))), c.i32(3));
}

const roundingNumbers: readonly number[] = ROUNDING_MODES;

/** The rounding control field at `shift` of a control register as an environment mode in its place. */
export function roundingFrom(c: LiftContext, control: Value, shift: number): Value {
  const field = c.op('i32.and', c.op('i32.shr_u', control, c.i32(shift)), c.i32(3));
  return c.op('i32.shl', lookUp(c, roundingNumbers, field), c.i32(FP_ENV.ROUNDING_SHIFT));
}

/** MXCSR as it stands. */
export function readMxcsr(c: LiftContext): Value {
  const word = c.op('fp.env.get');
  const traps = c.builder.get(fpTrapsSlot);
  const masks = c.op('i32.xor', moveBits(c, traps, fromNeutral), c.i32(MXCSR.FLAGS));
  const mode = c.op('i32.and', c.op('i32.shr_u', word, c.i32(FP_ENV.ROUNDING_SHIFT)), c.i32(3));
  const numbers = [0, 1, 2, 3].map((neutral) => roundingNumbers.indexOf(neutral));
  const parts = [
    moveBits(c, word, [...fromNeutral, ...reversed]),
    c.op('i32.shl', masks, c.i32(MXCSR.MASKS_SHIFT)),
    c.op('i32.shl', lookUp(c, numbers, mode), c.i32(MXCSR.ROUNDING_SHIFT)),
  ];
  return parts.reduce((all, part) => c.op('i32.or', all, part));
}

/** Traps where a value has bits that MXCSR lacks. */
export function checkMxcsr(c: LiftContext, value: Value): void {
  c.trapIf(c.op('i32.and', value, c.i32(~MXCSR.WRITABLE)), TRAP.PROTECTION);
}

/** Sets MXCSR; the mode may change. */
export function writeMxcsr(c: LiftContext, value: Value): void {
  const flags = c.op('i32.or', moveBits(c, value, [...toNeutral, ...modeMoves]), c.i32(FP_ENV_FIXED));
  const unmasked = c.op('i32.xor', value, c.i32(MXCSR.FLAGS << MXCSR.MASKS_SHIFT));
  c.op('fp.env.set', c.op('i32.or', flags, roundingFrom(c, value, MXCSR.ROUNDING_SHIFT)));
  const traps = toNeutral.map(([from, to]) => [from + MXCSR.MASKS_SHIFT, to] as const);
  const others = c.op('i32.and', c.builder.get(fpTrapsSlot), c.i32(X87_TRAPS));
  c.builder.set(fpTrapsSlot, c.op('i32.or', others, moveBits(c, unmasked, traps)));
}

export function loadMxcsr(c: LiftContext): void {
  const value = c.op('i32.load', c.address());
  checkMxcsr(c, value);
  writeMxcsr(c, value);
  c.resync();
}

export function storeMxcsr(c: LiftContext): void {
  c.op('i32.store', c.address(), readMxcsr(c));
}
