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
  /** i32: pc after the guest call that a compiled region is making. */
  RETURN: 4,
  /** i32: why emitted code returned, an `EXIT` code. */
  EXIT_REASON: 8,
  /** i32: host offset of the micro-op at which emitted code stopped (tier 0). */
  EXIT_IP: 12,
  /** i64: faulting guest address, or trap code; meaning depends on the reason. */
  EXIT_VALUE: 16,
  /** i64: guest instructions left before emitted code returns with reason `budget`; counts down. */
  BUDGET: 24,
  /**
   * i32: guest pc at which execution goes on, where the dispatcher returned with reason LOOKUP or STRAY, and where a region is
   * entered by its hub.
   */
  PC: 32,
  /** i32: reason of an exit on its way through the callers of compiled regions, plus one; 0 where none is. */
  PENDING: 36,
  /** i32: pc at which tier 0 returns to the region that called it; STOP_NEVER where none did. */
  STOP: 40,
  /** i32: pc of the indirect jump by which a compiled region left; 0 where it left otherwise. */
  SITE: 44,
  /** i32: guest instructions that are left besides those of BUDGET. */
  RESERVE: 48,
  /** i32: guest instructions that regions executed since the dispatcher was entered. */
  COMPILED: 52,
  /** i32: number of the compiled region that ran last. */
  REGION: 56,
  /** i32: pc of the region that left because what it speculated on did not hold; 0 where none did. */
  SPECULATION: 60,
  /** i32: indirect jumps by which regions left to where no region begins. */
  JUMPS: 72,
  /** i32: pc of the region that was entered in its middle with a state that it does not expect there; 0 where none was. */
  UNEXPECTED: 76,
  /** i32: host offset of the jump cache of the engine that runs the vCPU; at the block's end, in shared memories only. */
  JUMP_CACHE: 8176,
} as const;

/** No jump target: pcs are below the guest's limit. */
export const STOP_NEVER = -1;

export const GUEST_STATE = 80;
export const TEMPORARIES = 2048;
export const VCPU_SIZE = 8192;

export { FP_ENV, ROUNDING } from '../fp/fp-env.ts';
