/**
 * Functions of the kernel's at addresses beyond all that a program can map (arch/x86/entry/vsyscall/vsyscall_64.c): what
 * arrives there by a call gets the result of a system call and is sent back.
 */
import { ERRNO } from '../errno.ts';
import { attempt } from './calls.ts';
import type { Thread } from './thread.ts';

/** Where an instruction fetch at `address` led: to no such function, back to the caller, or to a SIGSEGV. */
export function callVsyscall(thread: Thread, address: bigint): 'elsewhere' | 'returned' | 'fault' {
  const { process, vcpu } = thread;
  const { abi, memory, kernel } = process;
  const { vsyscall } = abi;
  if (vsyscall?.contains(address) !== true) return 'elsewhere';
  const number = vsyscall.numbers.get(address);
  if (number === undefined) return 'fault';
  const result = attempt(thread, () => {
    const caller = memory.readU64(abi.stackPointer(vcpu));
    const [a, b, c] = [0, 1, 2].map((index) => abi.argument(vcpu, index));
    const value = kernel.tableFor(abi).call(process, number, [a ?? 0, b ?? 0, c ?? 0, 0, 0, 0]);
    if (value !== -ERRNO.EFAULT) vsyscall.returnTo(vcpu, caller);
    return value;
  });
  if (result === -ERRNO.EFAULT || typeof result !== 'number') return 'fault';
  abi.setResult(vcpu, result);
  return 'returned';
}
