/** Exit statuses of `hospes` itself; everything else is the guest's. They follow timeout(1), env(1) and the shells. */
export const EXIT_STATUS = {
  SUCCESS: 0,
  /** `hospes cache verify` found something. */
  BAD_ENTRIES: 1,
  /** `--timeout` ended the guest. */
  TIMED_OUT: 124,
  /** Bad usage, a limit, or something that Hospes cannot do. */
  HOSPES_FAILED: 125,
  /** PROG is there but cannot be executed. */
  NOT_EXECUTABLE: 126,
  /** PROG, or the interpreter it names, is not there. */
  NOT_FOUND: 127,
  /** Added to the number of the signal that killed the guest. */
  SIGNAL_BASE: 128,
} as const;
