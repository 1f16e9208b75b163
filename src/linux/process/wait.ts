/** A system call that cannot finish now: what wakes it, and what it does then. */
import type { Cancel } from '../../platform/types.ts';

/** Result of a system call that leaves the registers as it made them: exit, execve, rt_sigreturn. */
export const REGISTERS_SET = Symbol('registers are set');
export type FinalResult = number | bigint | typeof REGISTERS_SET;
export type SyscallResult = FinalResult | Wait;

export interface WaitOptions {
  /** Calls `wake` whenever `attempt` may succeed; absent for calls that only time or signals end. */
  readonly subscribe?: (wake: () => void) => Cancel;
  /** The call's result, or undefined when it must go on waiting. Throws `LinuxError` as handlers do. */
  readonly attempt?: () => FinalResult | undefined;
  /** Nanoseconds of the monotonic clock. */
  readonly deadline?: bigint;
  /** The result at the deadline. */
  readonly onDeadline?: () => FinalResult;
  /** Whether SA_RESTART restarts the call (ERESTARTSYS) instead of EINTR; `always`: any handler does (ERESTARTNOINTR). */
  readonly restartable: boolean | 'always';
  /** What an interruption gives; default -EINTR. */
  readonly onInterrupt?: () => FinalResult;
  /** No signal but SIGKILL ends the call. */
  readonly uninterruptible?: boolean;
}

/** Returned by a handler in place of a result. */
export class Wait {
  readonly options: WaitOptions;

  constructor(options: WaitOptions) {
    this.options = options;
  }
}

/** Runs `attempt` and waits only when it has no result yet. */
export function waitFor(options: WaitOptions & { readonly attempt: () => FinalResult | undefined }): SyscallResult {
  return options.attempt() ?? new Wait(options);
}
