/** MXCSR (SDM vol. 1, 10.2.3) and the neutral environment word behind it. */
import { FP_ENV, ROUNDING } from '../../ir/vcpu-layout.ts';
import { NAN_POLICY } from '../../fp/fp-env.ts';

export const MXCSR = {
  FLAGS: 0x3f,
  DAZ: 1 << 6,
  MASKS_SHIFT: 7,
  ROUNDING_SHIFT: 13,
  FTZ: 1 << 15,
  /** Bits that a program may set; others are a general protection fault. */
  WRITABLE: 0xffff,
  INITIAL: 0x1f80,
} as const;

/** The environment bit of each flag of MXCSR and of the x87 status word, by bit number. */
export const FLAG_BITS = [
  FP_ENV.INVALID,
  FP_ENV.INPUT_DENORMAL,
  FP_ENV.DIVIDE_BY_ZERO,
  FP_ENV.OVERFLOW,
  FP_ENV.UNDERFLOW,
  FP_ENV.INEXACT,
] as const;

/** Environment rounding modes by the rounding control field of MXCSR and of the x87 control word. */
export const ROUNDING_MODES = [ROUNDING.NEAREST_EVEN, ROUNDING.DOWN, ROUNDING.UP, ROUNDING.TOWARD_ZERO] as const;

/** Bits of the environment word that never change. */
export const FP_ENV_FIXED = NAN_POLICY.FIRST_OPERAND << FP_ENV.NAN_POLICY_SHIFT;

function toNeutral(flags: number): number {
  return FLAG_BITS.reduce((word, bit, index) => ((flags >> index) & 1 ? word | bit : word), 0);
}

function fromNeutral(word: number): number {
  return FLAG_BITS.reduce((flags, bit, index) => ((word & bit) !== 0 ? flags | (1 << index) : flags), 0);
}

/** MXCSR as a program reads it. `traps` are the unmasked exceptions as environment flags. */
export function mxcsrOf(fpEnv: number, traps: number): number {
  const rounding = ROUNDING_MODES.indexOf(((fpEnv & FP_ENV.ROUNDING_MASK) >> FP_ENV.ROUNDING_SHIFT) as 0);
  return (
    fromNeutral(fpEnv) |
    ((fpEnv & FP_ENV.FLUSH_INPUTS) !== 0 ? MXCSR.DAZ : 0) |
    ((~fromNeutral(traps) & MXCSR.FLAGS) << MXCSR.MASKS_SHIFT) |
    (rounding << MXCSR.ROUNDING_SHIFT) |
    ((fpEnv & FP_ENV.FLUSH_OUTPUTS) !== 0 ? MXCSR.FTZ : 0)
  );
}

/** The environment word and unmasked exceptions that an MXCSR value stands for. */
export function restoreMxcsr(mxcsr: number): { readonly fpEnv: number; readonly traps: number } {
  const rounding = ROUNDING_MODES[(mxcsr >> MXCSR.ROUNDING_SHIFT) & 3] ?? 0;
  const fpEnv =
    FP_ENV_FIXED |
    toNeutral(mxcsr) |
    ((mxcsr & MXCSR.DAZ) !== 0 ? FP_ENV.FLUSH_INPUTS : 0) |
    ((mxcsr & MXCSR.FTZ) !== 0 ? FP_ENV.FLUSH_OUTPUTS : 0) |
    (rounding << FP_ENV.ROUNDING_SHIFT);
  return { fpEnv, traps: toNeutral(~(mxcsr >> MXCSR.MASKS_SHIFT) & MXCSR.FLAGS) };
}
