/** What Linux keeps for each thread besides its registers. */
import type { AlternateStack } from '../abi/abi.ts';
import { SignalQueue, UNBLOCKABLE } from './signals.ts';

export const SS_ONSTACK = 1;
export const SS_DISABLE = 2;

export const noAlternateStack: AlternateStack = { address: 0, flags: SS_DISABLE, size: 0 };

export class Thread {
  readonly tid: number;
  readonly queue = new SignalQueue();
  /** Set by calls that wait with another mask: what to go back to once a handler was entered or the call is over. */
  savedMask: bigint | null = null;
  alternateStack: AlternateStack = noAlternateStack;
  clearChildTid = 0;
  robustList = { head: 0, length: 0 };
  #mask = 0n;

  constructor(tid: number) {
    this.tid = tid;
  }

  /** Blocked signals. */
  get mask(): bigint {
    return this.#mask;
  }
  set mask(mask: bigint) {
    this.#mask = mask & ~UNBLOCKABLE;
  }

  /** Takes another mask for the rest of the current system call. */
  useTemporaryMask(mask: bigint): void {
    this.savedMask ??= this.#mask;
    this.mask = mask;
  }

  restoreSavedMask(): void {
    if (this.savedMask === null) return;
    this.mask = this.savedMask;
    this.savedMask = null;
  }

  /** Whether the stack pointer lies on the alternate stack. */
  onAlternateStack(stackPointer: number): boolean {
    const { address, size, flags } = this.alternateStack;
    return (flags & SS_DISABLE) === 0 && stackPointer > address && stackPointer <= address + size;
  }

  /** The alternate stack as sigaltstack(2) reports it. */
  describeAlternateStack(stackPointer: number): AlternateStack {
    const stack = this.alternateStack;
    return this.onAlternateStack(stackPointer) ? { ...stack, flags: stack.flags | SS_ONSTACK } : stack;
  }
}
