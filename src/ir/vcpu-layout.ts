/**
 * The head of a vCPU block, common to all guests. Offsets in bytes from the block's host offset. The guest's own
 * slots start at `GUEST_STATE`, temporaries of tier 0 at `TEMPORARIES`; a block takes `VCPU_SIZE` bytes.
 */
export const VCPU = {
  /** i32: floating-point environment, see `FP_ENV`. */
  FP_ENV: 0,
  /** i32: not 0 asks the running code to leave at the next safepoint. */
  INTERRUPT: 4,
  /** i32: why emitted code returned, an `EXIT` code. */
  EXIT_REASON: 8,
  /** i32: host offset of the micro-op at which emitted code stopped (tier 0). */
  EXIT_IP: 12,
  /** i64: faulting guest address, or trap code; meaning depends on the reason. */
  EXIT_VALUE: 16,
  /** i64: guest instructions left before emitted code returns with reason `budget`; counts down. */
  BUDGET: 24,
  /** i64: guest pc at which execution continues (valid between runs). */
  PC: 32,
  /** i32: mode bits of the current location (guest-defined; part of the code map's key). */
  MODE: 40,
  /** i64: guest instructions retired (valid between runs). */
  INSTRUCTIONS: 48,
} as const;

export const GUEST_STATE = 64;
export const TEMPORARIES = 6144;
export const VCPU_SIZE = 8192;

/**
 * Floating-point environment word: one neutral encoding for all guests. Guests translate to and from their own
 * control and status registers (fcsr, FPCR/FPSR, MXCSR) where these are read or written.
 */
export const FP_ENV = {
  INEXACT: 1 << 0,
  UNDERFLOW: 1 << 1,
  OVERFLOW: 1 << 2,
  DIVIDE_BY_ZERO: 1 << 3,
  INVALID: 1 << 4,
  INPUT_DENORMAL: 1 << 5,
  FLAGS_MASK: 0x3f,
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
} as const;

/** IEEE 754 rounding modes as stored in the environment word and in rounding operands. */
export const ROUNDING = {
  NEAREST_EVEN: 0,
  TOWARD_ZERO: 1,
  DOWN: 2,
  UP: 3,
  NEAREST_AWAY: 4,
  /** As a rounding operand: take the environment's mode. */
  DYNAMIC: 7,
} as const;
