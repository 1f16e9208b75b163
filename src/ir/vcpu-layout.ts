/**
 * The head of a vCPU block, common to all guests. Offsets in bytes from the block's host offset. The guest's own
 * slots start at `GUEST_STATE`, temporaries of tier 0 at `TEMPORARIES`; a block takes `VCPU_SIZE` bytes.
 */
export const VCPU = {
  /** i32: floating-point environment, see `FP_ENV`. */
  FP_ENV: 0,
  /** i32: environment of the extended format, see `fp/extended/environment.ts`. */
  EXTENDED_ENV: 64,
  /** i32: upper half of the last result that a helper gave in the extended format. */
  EXTENDED_HIGH: 68,
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
  /** i32: pc of the indirect jump by which a compiled region left; 0 where it left otherwise. */
  SITE: 44,
  /** i64: guest instructions retired (valid between runs). */
  INSTRUCTIONS: 48,
  /** i32: number of the compiled region that ran last. */
  REGION: 56,
  /** i32: pc of the region that left because what it speculated on did not hold; 0 where none did. */
  SPECULATION: 60,
} as const;

export const GUEST_STATE = 80;
export const TEMPORARIES = 2048;
export const VCPU_SIZE = 8192;

export { FP_ENV, ROUNDING } from '../fp/fp-env.ts';
