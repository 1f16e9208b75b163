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
} as const;
