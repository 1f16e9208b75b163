/** Why the interpreter's `run` function returned; the vCPU header holds the details. */
export const EXIT = {
  /** EXIT_IP is the next micro-op to run */
  BUDGET: 0,
  /** EXIT_IP is a `link` micro-op */
  LINK: 1,
  /** EXIT_VALUE is the guest pc that the jump cache lacks */
  INDIRECT: 2,
  /** EXIT_IP is the `syscall` micro-op */
  SYSCALL: 3,
  /** EXIT_IP is the `trap` or `trap_if` micro-op */
  TRAP: 4,
  /** EXIT_IP is the micro-op that faulted, EXIT_VALUE the guest address */
  FAULT_READ: 5,
  FAULT_WRITE: 6,
  /** EXIT_IP is the `resync` micro-op */
  RESYNC: 7,
  /** EXIT_IP is a `count` micro-op that reached its limit */
  HOT: 8,
  /** EXIT_IP is an `enter` micro-op */
  ENTER: 9,
  /** an indirect jump came to STOP, which is in EXIT_VALUE */
  RETURN: 10,
  /** PC is where to go on; EXIT_IP tells how (`LOOKUP`). From here on, reasons are the dispatcher's own. */
  LOOKUP: 11,
  /** PC is a place where regions leave to tier 0 often */
  STRAY: 12,
} as const;

/** Details of the exit LOOKUP: an ordinary pc, that of a function that a region calls, or one that no region gets past. */
export const LOOKUP = { ANY: 0, CALL: 1, STUCK: 2 } as const;

/** Field b of an `indirect` micro-op: what the jump is for. The arrivals of calls and computed jumps count. */
export const INDIRECT = { RETURN: 0, JUMP: 1, CALL: 2 } as const;
