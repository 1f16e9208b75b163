/**
 * Floating-point environment word: one neutral encoding for all guests, kept in the head of a vCPU block. Guests
 * translate to and from their own control and status registers (fcsr, FPCR/FPSR, MXCSR) where these are read or
 * written.
 */
export const FP_ENV = {
  INEXACT: 1 << 0,
  UNDERFLOW: 1 << 1,
  OVERFLOW: 1 << 2,
  DIVIDE_BY_ZERO: 1 << 3,
  INVALID: 1 << 4,
  /** An operand was flushed to zero (Arm's IDC), or was denormal and taken as it is (x86's DE; `_dn` rows only). */
  INPUT_DENORMAL: 1 << 5,
  FLAGS_MASK: 0x3f,
  /** A saturating integer operation saturated (Arm's QC). Raised by integer rows, no exception flag of arithmetic. */
  SATURATED: 1 << 6,
  ROUNDING_SHIFT: 8,
  ROUNDING_MASK: 7 << 8,
  /** NaN results: 0 the canonical quiet NaN; 1 as Arm propagates; 2 as x86 SSE propagates. */
  NAN_POLICY_SHIFT: 12,
  NAN_POLICY_MASK: 3 << 12,
  /** Denormal results become zero (Arm FZ, x86 FTZ). */
  FLUSH_OUTPUTS: 1 << 14,
  /** Denormal operands are taken as zero (Arm FZ, x86 DAZ). */
  FLUSH_INPUTS: 1 << 15,
  /** Tininess is detected before rounding (Arm); otherwise after (RISC-V, x86). */
  TININESS_BEFORE_ROUNDING: 1 << 16,
  /** Half-precision numbers have no infinities and NaNs, but one more binade (Arm's FPCR.AHP). */
  ALTERNATIVE_HALF: 1 << 17,
} as const;

/**
 * The settled environment: rounding to nearest even, no flushing, inexact raised. Native arithmetic differs there only
 * in results that raise something else. It stays settled until the guest writes the environment.
 */
export const SETTLED = {
  MASK: FP_ENV.ROUNDING_MASK | FP_ENV.FLUSH_INPUTS | FP_ENV.FLUSH_OUTPUTS | FP_ENV.INEXACT,
  VALUE: FP_ENV.INEXACT,
  /** Further flag of the environments in which results may be tiny, too. */
  TINY: FP_ENV.UNDERFLOW,
  /** Of those in which operands may be denormal besides, where that is noted. */
  DENORMAL: FP_ENV.UNDERFLOW | FP_ENV.INPUT_DENORMAL,
} as const;

/** IEEE 754 rounding modes as stored in the environment word and in rounding operands. */
export const ROUNDING = {
  NEAREST_EVEN: 0,
  TOWARD_ZERO: 1,
  DOWN: 2,
  UP: 3,
  NEAREST_AWAY: 4,
  /** Inexact results get an odd last bit, never infinity. As a rounding operand only. */
  TO_ODD: 5,
  /** As a rounding operand: take the environment's mode. */
  DYNAMIC: 7,
} as const;

/** Values of the NaN policy field. */
export const NAN_POLICY = {
  /** Every NaN result is the positive quiet NaN with an empty payload (RISC-V; Arm with FPCR.DN). */
  CANONICAL: 0,
  /** Arm A-profile, FPProcessNaNs: signalling before quiet, then operand order (addend first in fused operations). */
  SIGNALING_FIRST: 1,
  /**
   * Intel SDM volume 1, table 4-7, SSE column: the first operand that is a NaN; the default NaN is negative.
   * Of a fused a * b + c the order is a, b, c, the factors as the manual's formula writes them (VFMADD213: source 2
   * before source 1).
   */
  FIRST_OPERAND: 2,
} as const;
