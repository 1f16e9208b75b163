/** Counters of guest code that runs on the host's processor. They only grow. */
export interface KvmStats {
  /** Virtual machines: one for each memory, made when it is first run. */
  machines: number;
  /** Times that the processor was given to the guest, which are all of the following exits. */
  runs: number;
  syscalls: number;
  pageFaults: number;
  /** Other exceptions: illegal instructions, divisions, breakpoints, protection ... */
  exceptions: number;
  /** A slice of time was over, or a signal for this process came. */
  interruptions: number;
  /** KVM did not know how to go on. */
  surrenders: number;
  /** Of all that, times that the translator ran what the processor would not: most often to find out which signal it is. */
  translated: number;
  /** Of all that, times that execution came to a page that the translator has to execute, for the CPUID in it. */
  withheld: number;
  /** Turns that the translator had because a vCPU could not be had, or because it was asked to take turns. */
  translatedTurns: number;
  /** Ranges of pages that lost permissions after the processor may have seen them. */
  forgottenRanges: number;
}

export function createKvmStats(): KvmStats {
  return {
    machines: 0,
    runs: 0,
    syscalls: 0,
    pageFaults: 0,
    exceptions: 0,
    interruptions: 0,
    surrenders: 0,
    translated: 0,
    withheld: 0,
    translatedTurns: 0,
    forgottenRanges: 0,
  };
}
