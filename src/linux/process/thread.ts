/** A thread: its registers, what Linux keeps for it besides, and whether it waits. */
import type { Cancel } from '../../platform/types.ts';
import type { AlternateStack } from '../abi/abi.ts';
import type { UndoList } from '../ipc/semaphore-undo.ts';
import type { Process } from './process.ts';
import { SignalQueue, UNBLOCKABLE } from './signals.ts';
import type { TraceRecord } from './syscall-table.ts';
import type { VcpuLike } from './vcpu.ts';
import type { Wait } from './wait.ts';

export const SS_ONSTACK = 1;
export const SS_DISABLE = 2;

export const noAlternateStack: AlternateStack = { address: 0, flags: SS_DISABLE, size: 0 };

/** A system call that waits, with what was set up to wake it. */
export interface ActiveWait {
  readonly wait: Wait;
  readonly cancels: readonly Cancel[];
}

/** sched(7). */
export interface Scheduling {
  /** SCHED_OTHER, SCHED_FIFO and so on, as Linux numbers them. */
  readonly policy: number;
  /** 1 to 99 where the policy is a real-time one, else 0. */
  readonly priority: number;
  readonly resetsOnFork: boolean;
}

const FAIR: Scheduling = { policy: 0, priority: 0, resetsOnFork: false };

export class Thread {
  readonly process: Process;
  /** execve(2) gives the thread that calls it the number of its process. */
  tid: number;
  vcpu: VcpuLike;
  readonly queue = new SignalQueue();
  /** Set by calls that wait with another mask: what to go back to once a handler was entered or the call is over. */
  savedMask: bigint | null = null;
  alternateStack: AlternateStack = noAlternateStack;
  clearChildTid = 0;
  robustList = { head: 0, length: 0 };
  /** What semop(2) undoes at its end. */
  undoList: UndoList | null = null;
  /** At most 15 bytes, as prctl(PR_SET_NAME) sets it. */
  comm: Uint8Array = new Uint8Array();
  /** The system call that it waits in. */
  active: ActiveWait | null = null;
  scheduling: Scheduling = FAIR;
  /** In the scheduler's queue. */
  queued = false;
  /** Another thread of the host runs it, since then: nanoseconds of the monotonic clock. */
  awaySince: bigint | null = null;
  /** exit(2) was called: it ends after the present turn. */
  ending = false;
  /** It has ended: nothing of it runs any more. */
  dead = false;
  /** Nanoseconds that it ran, system calls included. */
  cpuTime = 0n;
  /** First argument of the present system call, to make it again. */
  argument0 = 0n;
  /** The present system call, for the tracer. */
  traced: TraceRecord | null = null;
  #mask = 0n;

  constructor(process: Process, tid: number, vcpu: VcpuLike) {
    this.process = process;
    this.tid = tid;
    this.vcpu = vcpu;
  }

  /** Takes over how its maker is scheduled, unless that is not to be taken over. */
  inheritScheduling(parent: Thread): void {
    this.scheduling = parent.scheduling.resetsOnFork ? FAIR : parent.scheduling;
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

  /** Takes down what was to wake a waiting call. */
  endWait(): void {
    const cancels = this.active?.cancels ?? [];
    this.active = null;
    for (const cancel of cancels) cancel();
  }
}
