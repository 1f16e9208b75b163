/** Guest state of aarch64: what a processing element shows at EL0, besides the pc. */
import { FP_ENV, NAN_POLICY, ROUNDING } from '../../fp/fp-env.ts';
import { StateLayout, type Slot } from '../../ir/state.ts';
import type { ValueType } from '../../ir/types.ts';

const declare = (prefix: string, count: number, type: ValueType): { name: string; type: ValueType }[] =>
  Array.from({ length: count }, (_, index) => ({ name: `${prefix}${String(index)}`, type }));

/**
 * The condition flags are kept as what they came from: computing N, Z, C and V at every compare would cost more than
 * the compare. `flags_kind` tells how the flags follow from the other two slots.
 *
 *   bits 5:0   0 or 32: shifts both values left before they are compared, so that 32-bit comparisons need nothing else
 *   FLAGS_WORD    the flags are bits 31:28 of `flags_kind` itself (N, Z, C, V as in PSTATE); the other slots say nothing
 *   FLAGS_LOGIC   as of the comparison, but C is 0: of a logical operation, whose result is compared with 0
 *   neither       N, Z, C and V are those of flags_a - flags_b
 */
export const state = new StateLayout([
  ...declare('x', 31, 'i64'),
  { name: 'sp', type: 'i64' },
  { name: 'flags_a', type: 'i64' },
  { name: 'flags_b', type: 'i64' },
  { name: 'flags_kind', type: 'i32' },
  // FPCR as written; what of it arithmetic needs is in the floating-point environment word as well.
  { name: 'fpcr', type: 'i32' },
  ...declare('v', 32, 'v128'),
  { name: 'tpidr_el0', type: 'i64' },
  // Address and value that the last load-exclusive saw; the store-exclusive compares them.
  { name: 'exclusive_address', type: 'i64' },
  { name: 'exclusive_value', type: 'i64' },
  { name: 'exclusive_value_high', type: 'i64' },
]);

const slots = (prefix: string, count: number): readonly Slot[] =>
  Array.from({ length: count }, (_, index) => state.slot(`${prefix}${String(index)}`));

/** Slots by register number; 31 is not among the x registers: it is SP or zero. */
export const xSlots = slots('x', 31);
export const vSlots = slots('v', 32);
export const spSlot = state.slot('sp');
export const flagsA = state.slot('flags_a');
export const flagsB = state.slot('flags_b');
export const flagsKind = state.slot('flags_kind');
export const fpcrSlot = state.slot('fpcr');
export const tpidrSlot = state.slot('tpidr_el0');
export const exclusiveAddress = state.slot('exclusive_address');
export const exclusiveValue = state.slot('exclusive_value');
export const exclusiveValueHigh = state.slot('exclusive_value_high');

export const FLAGS_WORD = 1 << 6;
export const FLAGS_LOGIC = 1 << 7;
/** N, Z, C and V in a flags word. */
export const NZCV_MASK = 0xf0000000 | 0;

/** The flags that the three slots stand for, as PSTATE holds them (bits 31:28, unsigned). */
export function nzcvOf(a: bigint, b: bigint, kind: number): number {
  if ((kind & FLAGS_WORD) !== 0) return (kind & NZCV_MASK) >>> 0;
  const shift = BigInt(kind & 63);
  const [left, right] = [BigInt.asUintN(64, a << shift), BigInt.asUintN(64, b << shift)];
  const difference = BigInt.asIntN(64, left - right);
  const overflow = difference !== BigInt.asIntN(64, left) - BigInt.asIntN(64, right);
  const carry = left >= right && (kind & FLAGS_LOGIC) === 0;
  return (
    ((difference < 0n ? 1 << 31 : 0) |
      (difference === 0n ? 1 << 30 : 0) |
      (carry ? 1 << 29 : 0) |
      (overflow ? 1 << 28 : 0)) >>>
    0
  );
}

/** `flags_kind` for given flags; the other two slots may hold anything. */
export function flagsKindOf(nzcv: number): number {
  return (nzcv & NZCV_MASK) | FLAGS_WORD;
}

/** Bits of FPCR (Arm ARM D24.2.42). */
export const FPCR = {
  AHP: 1 << 26,
  DN: 1 << 25,
  FZ: 1 << 24,
  RMODE_SHIFT: 22,
} as const;

/** Bits of FPCR that are kept: those above; the rest reads as zero without trapped exceptions, FEAT_FP16 and FEAT_AFP. */
export const FPCR_MASK = FPCR.AHP | FPCR.DN | FPCR.FZ | (3 << FPCR.RMODE_SHIFT);

/** Neutral rounding modes by FPCR.RMode. */
export const roundingOfRMode = [ROUNDING.NEAREST_EVEN, ROUNDING.UP, ROUNDING.DOWN, ROUNDING.TOWARD_ZERO] as const;

const FLUSHES = FP_ENV.FLUSH_INPUTS | FP_ENV.FLUSH_OUTPUTS;

/** What stays of an environment word when FPCR changes: the cumulative flags. */
export const FP_ENV_KEPT = FP_ENV.FLAGS_MASK | FP_ENV.SATURATED;

/** The environment word, flags aside, that goes with an FPCR. */
export function fpEnvOfFpcr(fpcr: number): number {
  const rounding = roundingOfRMode[((fpcr >>> FPCR.RMODE_SHIFT) & 3) as 0 | 1 | 2 | 3];
  const policy = (fpcr & FPCR.DN) === 0 ? NAN_POLICY.SIGNALING_FIRST : NAN_POLICY.CANONICAL;
  return (
    FP_ENV.TININESS_BEFORE_ROUNDING |
    (rounding << FP_ENV.ROUNDING_SHIFT) |
    (policy << FP_ENV.NAN_POLICY_SHIFT) |
    ((fpcr & FPCR.FZ) === 0 ? 0 : FLUSHES) |
    ((fpcr & FPCR.AHP) === 0 ? 0 : FP_ENV.ALTERNATIVE_HALF)
  );
}

/** Cumulative flags: the bit in the environment word and the bit number in FPSR (D24.2.43). */
export const fpsrFlags: readonly (readonly [env: number, fpsr: number])[] = [
  [FP_ENV.INVALID, 0],
  [FP_ENV.DIVIDE_BY_ZERO, 1],
  [FP_ENV.OVERFLOW, 2],
  [FP_ENV.UNDERFLOW, 3],
  [FP_ENV.INEXACT, 4],
  [FP_ENV.INPUT_DENORMAL, 7],
  [FP_ENV.SATURATED, 27],
];

/** FPSR as a program reads it, for the signal frames and debuggers that show it. */
export function fpsrOf(fpEnv: number): number {
  return fpsrFlags.reduce((word, [env, bit]) => ((fpEnv & env) === 0 ? word : word | (1 << bit)), 0);
}

/** The cumulative flags of an environment word for an FPSR. */
export function fpEnvFlagsOf(fpsr: number): number {
  return fpsrFlags.reduce((word, [env, bit]) => (((fpsr >>> bit) & 1) === 0 ? word : word | env), 0);
}

/** Address of no exclusive access. */
export const NO_EXCLUSIVE = -1;
