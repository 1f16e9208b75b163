/** System calls of a thread: entering them, their results, waiting in them. */
import { AccessFault } from '../../memory/user-memory.ts';
import { ERRNO, isLinuxError } from '../errno.ts';
import { kernelSignal, SIGNAL } from './signals.ts';
import type { NoResult, SyscallArguments } from './syscall-table.ts';
import type { Thread } from './thread.ts';
import { REGISTERS_SET, Wait, type FinalResult } from './wait.ts';

/** Makes the call that the thread's registers ask for. Returns a wait when it has no result yet. */
export function makeCall(thread: Thread): Wait | null {
  const { process, vcpu } = thread;
  const { abi, kernel } = process;
  process.syscallCount++;
  kernel.syscallCount++;
  const number = abi.syscallNumber(vcpu);
  thread.argument0 = abi.argumentBits(vcpu, 0);
  const args: SyscallArguments = [
    abi.argument(vcpu, 0),
    abi.argument(vcpu, 1),
    abi.argument(vcpu, 2),
    abi.argument(vcpu, 3),
    abi.argument(vcpu, 4),
    abi.argument(vcpu, 5),
  ];
  if (kernel.tracer !== undefined) thread.traced = kernel.tracer.enter(thread, number, args);
  const table = kernel.tableFor(abi);
  const result = attempt(thread, () => table.call(process, number, args));
  if (result instanceof Wait) return result;
  complete(thread, result);
  return null;
}

/** Runs a part of a system call; what it throws for the guest becomes an error number. */
export function attempt<T>(thread: Thread, part: () => T): T | number {
  try {
    return part();
  } catch (error) {
    if (isLinuxError(error)) {
      if (error.name === 'EPIPE') raiseSigpipe(thread);
      return -error.errno;
    }
    if (error instanceof AccessFault) return -ERRNO.EFAULT;
    throw error;
  }
}

function raiseSigpipe(thread: Thread): void {
  const { process, vcpu } = thread;
  const { abi, kernel } = process;
  if (kernel.tableFor(abi).raisesSigpipe(abi.syscallNumber(vcpu), (index) => abi.argument(vcpu, index)))
    process.post(kernelSignal(SIGNAL.SIGPIPE), thread);
}

export function complete(thread: Thread, result: FinalResult): void {
  if (result !== REGISTERS_SET) thread.process.abi.setResult(thread.vcpu, result);
  traceResult(thread, result);
}

export function traceResult(thread: Thread, result: FinalResult | NoResult): void {
  const { tracer } = thread.process.kernel;
  if (tracer === undefined || thread.traced === null) return;
  tracer.leave(thread, thread.traced, result);
  thread.traced = null;
}
