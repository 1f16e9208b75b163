/** futex(2). */
import { CAP } from '../capabilities.ts';
import { fail } from '../errno.ts';
import type { Process } from '../process/process.ts';
import type { SyscallArguments, SyscallHandlers } from '../process/syscall-table.ts';
import { Wait, type SyscallResult } from '../process/wait.ts';
import { deadlineIn, readTimespec } from './support.ts';

const COMMAND = 0x7f;
const FUTEX_WAIT = 0;
const FUTEX_WAKE = 1;
const FUTEX_REQUEUE = 3;
const FUTEX_CMP_REQUEUE = 4;
const FUTEX_WAKE_OP = 5;
const FUTEX_LOCK_PI = 6;
const FUTEX_UNLOCK_PI = 7;
const FUTEX_TRYLOCK_PI = 8;
const FUTEX_WAIT_BITSET = 9;
const FUTEX_WAKE_BITSET = 10;
const FUTEX_LOCK_PI2 = 13;
const CLOCK_REALTIME = 0x100;
const ALL = 0xffffffff;

/** Timeouts of FUTEX_WAIT count from now, those of the others are points in time. */
function timeoutOf(process: Process, operation: number, address: number): bigint | null {
  if (address === 0) return null;
  const time = readTimespec(process, address);
  if ((operation & COMMAND) === FUTEX_WAIT) return time;
  const { clock } = process.platform;
  const realTime = (operation & CLOCK_REALTIME) !== 0 || (operation & COMMAND) === FUTEX_LOCK_PI;
  const now = realTime ? clock.realtime() : clock.monotonic();
  return time > now ? time - now : 0n;
}

function wait(
  process: Process,
  address: number,
  operation: number,
  value: number,
  timeout: number,
  bitset: number,
): SyscallResult {
  if (bitset === 0) fail('EINVAL');
  const deadline = deadlineIn(process, timeoutOf(process, operation, timeout));
  if (process.memory.readU32(address) !== value >>> 0) fail('EAGAIN');
  const { futexes } = process.kernel;
  const waiter = futexes.waiter(process.context, address, bitset);
  return new Wait({
    attempt: () => (waiter.woken ? 0 : undefined),
    subscribe: (wake) => futexes.enqueue(waiter, wake),
    ...deadline,
    onDeadline: () => fail('ETIMEDOUT'),
    restartable: timeout === 0,
  });
}

function lockInheriting(process: Process, address: number, operation: number, timeout: number): SyscallResult {
  const { piFutexes } = process.kernel;
  const deadline = deadlineIn(process, timeoutOf(process, operation, timeout));
  const waiter = piFutexes.lock(process.thread, address, false);
  if (waiter === null) return 0;
  return new Wait({
    attempt: () => (piFutexes.finish(waiter) ? 0 : undefined),
    subscribe: (wake) => piFutexes.enqueue(waiter, wake),
    ...deadline,
    onDeadline: () => fail('ETIMEDOUT'),
    restartable: 'always',
  });
}

/** FUTEX_WAKE_OP: changes a second word, and wakes there as well if its old value compares right. */
function wakeOperation(
  process: Process,
  [address, , count, count2, address2]: SyscallArguments,
  encoded: number,
): number {
  if (address2 % 4 !== 0) fail('EINVAL');
  const { memory, context, kernel } = process;
  const operand = (encoded << 8) >> 20;
  const comparand = (encoded << 20) >> 20;
  const shift = ((encoded >>> 28) & 8) !== 0;
  const change = (word: number): number =>
    applyOperation((encoded >>> 28) & 7, word | 0, shift ? 1 << (operand & 31) : operand);
  const old = memory.updateU32(address2, change) | 0;
  let woken = kernel.futexes.wakeAt(context, address, count | 0);
  if (compare((encoded >>> 24) & 15, old, comparand)) woken += kernel.futexes.wakeAt(context, address2, count2 | 0);
  return woken;
}

function applyOperation(operation: number, old: number, operand: number): number {
  switch (operation) {
    case 0:
      return operand;
    case 1:
      return (old + operand) | 0;
    case 2:
      return old | operand;
    case 3:
      return old & ~operand;
    case 4:
      return old ^ operand;
    default:
      return fail('ENOSYS');
  }
}

function compare(comparison: number, old: number, comparand: number): boolean {
  switch (comparison) {
    case 0:
      return old === comparand;
    case 1:
      return old !== comparand;
    case 2:
      return old < comparand;
    case 3:
      return old <= comparand;
    case 4:
      return old > comparand;
    case 5:
      return old >= comparand;
    default:
      return fail('ENOSYS');
  }
}

function requeue(process: Process, args: SyscallArguments, compares: boolean): number {
  const [address, , wakes, moves, target, expected] = args;
  if (target % 4 !== 0 || (wakes | 0) < 0 || (moves | 0) < 0) fail('EINVAL');
  const { context, kernel, memory } = process;
  const value = memory.readU32(address);
  if (compares && value !== expected >>> 0) fail('EAGAIN');
  const woken = kernel.futexes.wakeAt(context, address, wakes | 0);
  const moved = kernel.futexes.requeue(context, address, target, moves | 0);
  // FUTEX_REQUEUE tells of the woken ones alone.
  return compares ? woken + moved : woken;
}

function futex(process: Process, args: SyscallArguments): SyscallResult {
  const [address, operation, value, timeout, , last] = args;
  if (address % 4 !== 0) fail('EINVAL');
  const wake = (bitset: number): number => {
    if (bitset === 0) fail('EINVAL');
    process.memory.readU32(address);
    return process.kernel.futexes.wakeAt(process.context, address, value | 0, bitset);
  };
  switch (operation & COMMAND) {
    case FUTEX_WAIT:
      return wait(process, address, operation, value, timeout, ALL);
    case FUTEX_WAIT_BITSET:
      return wait(process, address, operation, value, timeout, last >>> 0);
    case FUTEX_WAKE:
      return wake(ALL);
    case FUTEX_WAKE_BITSET:
      return wake(last >>> 0);
    case FUTEX_REQUEUE:
      return requeue(process, args, false);
    case FUTEX_CMP_REQUEUE:
      return requeue(process, args, true);
    case FUTEX_WAKE_OP:
      return wakeOperation(process, args, last | 0);
    case FUTEX_LOCK_PI:
    case FUTEX_LOCK_PI2:
      return lockInheriting(process, address, operation, timeout);
    case FUTEX_TRYLOCK_PI:
      process.kernel.piFutexes.lock(process.thread, address, true);
      return 0;
    case FUTEX_UNLOCK_PI:
      process.kernel.piFutexes.unlock(process.thread, address);
      return 0;
    default:
      // FUTEX_WAIT_REQUEUE_PI among them, which no C library uses any more.
      return fail('ENOSYS');
  }
}

export const futexCalls: SyscallHandlers = {
  futex,
  set_robust_list(process, [head, length]) {
    if (length !== 24) fail('EINVAL');
    process.thread.robustList = { head, length };
    return 0;
  },
  get_robust_list(process, [tid, head, length]) {
    const thread = tid === 0 ? process.thread : process.kernel.processes.thread(tid | 0);
    // What lies outside of the guest is somebody else's.
    if (thread === undefined) return fail(tid === 1 ? 'EPERM' : 'ESRCH');
    if (thread.process !== process && !process.can(CAP.SYS_PTRACE)) fail('EPERM');
    process.memory.writeU64(head, thread.robustList.head);
    process.memory.writeU64(length, thread.robustList.length === 0 ? 24 : thread.robustList.length);
    return 0;
  },
};
