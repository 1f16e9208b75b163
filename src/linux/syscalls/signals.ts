/** Signals: actions, masks, sending, waiting. */
import { fail } from '../errno.ts';
import type { Process } from '../process/process.ts';
import type { SyscallHandlers } from '../process/syscall-table.ts';
import {
  encodeSignalInfo,
  SI_TKILL,
  SI_USER,
  SIGNAL_COUNT,
  signalBit,
  UNBLOCKABLE,
  type SignalInfo,
} from '../process/signals.ts';
import { noAlternateStack, SS_DISABLE, SS_ONSTACK } from '../process/thread.ts';
import { REGISTERS_SET, Wait, type SyscallResult } from '../process/wait.ts';
import { deadlineIn, readTimespec } from './support.ts';

const SIGSET_SIZE = 8;
const SIG_BLOCK = 0;
const SIG_UNBLOCK = 1;
const SIG_SETMASK = 2;

function checkSignal(signal: number): number {
  return signal >= 0 && signal <= SIGNAL_COUNT ? signal : fail('EINVAL');
}

function checkSetSize(size: number): void {
  if (size !== SIGSET_SIZE) fail('EINVAL');
}

/** struct sigaction of the kernel: handler, flags, restorer on some guests, mask. */
function sigaction(process: Process, signal: number, address: number, old: number, size: number): number {
  checkSetSize(size);
  const { memory, signals, abi } = process;
  if (signal < 1 || signal > SIGNAL_COUNT) fail('EINVAL');
  const maskOffset = abi.sigactionRestorer ? 24 : 16;
  const previous = signals.action(signal);
  if (address !== 0) {
    const action = {
      handler: memory.readPointer(address),
      flags: Number(memory.readU64(address + 8) & 0xffffffffn),
      restorer: abi.sigactionRestorer ? memory.readPointer(address + 16) : 0,
      mask: memory.readU64(address + maskOffset) & ~UNBLOCKABLE,
    };
    if ((UNBLOCKABLE & signalBit(signal)) !== 0n) fail('EINVAL');
    signals.setAction(signal, action, process.thread);
  }
  if (old !== 0) {
    memory.writeU64(old, previous.handler);
    memory.writeU64(old + 8, previous.flags);
    if (abi.sigactionRestorer) memory.writeU64(old + 16, previous.restorer);
    memory.writeU64(old + maskOffset, previous.mask);
  }
  return 0;
}

function changeMask(process: Process, how: number, address: number, old: number, size: number): number {
  checkSetSize(size);
  const { thread, memory } = process;
  const previous = thread.mask;
  if (address !== 0) {
    const set = memory.readU64(address);
    if (how === SIG_BLOCK) thread.mask = previous | set;
    else if (how === SIG_UNBLOCK) thread.mask = previous & ~set;
    else if (how === SIG_SETMASK) thread.mask = set;
    else fail('EINVAL');
  }
  if (old !== 0) memory.writeU64(old, previous);
  return 0;
}

function alternateStack(process: Process, address: number, old: number): number {
  const { thread, memory, abi } = process;
  const stackPointer = abi.stackPointer(process.vcpu);
  const previous = thread.describeAlternateStack(stackPointer);
  if (address !== 0) {
    const stack = {
      address: memory.readPointer(address),
      flags: memory.readI32(address + 8),
      size: memory.readPointer(address + 16),
    };
    if (thread.onAlternateStack(stackPointer)) fail('EPERM');
    // SS_AUTODISARM is refused: disarming on entry is not done, and who asks for it relies on it.
    const mode = stack.flags;
    if (mode !== SS_DISABLE && mode !== SS_ONSTACK && mode !== 0) fail('EINVAL');
    if (mode === SS_DISABLE) thread.alternateStack = noAlternateStack;
    else if (stack.size < process.abi.minSignalStack) fail('ENOMEM');
    else thread.alternateStack = { ...stack, flags: 0 };
  }
  if (old !== 0) {
    memory.writeU64(old, previous.address);
    memory.writeU64(old + 8, previous.flags);
    memory.writeU64(old + 16, previous.size);
  }
  return 0;
}

function userSignal(process: Process, signal: number, code: number): SignalInfo {
  return { signal, code, origin: { kind: 'user', pid: process.pid, uid: process.ids.uid } };
}

/** kill(2): this process is the only one there is. */
function kill(process: Process, pid: number, signal: number): number {
  checkSignal(signal);
  const self = pid === process.pid || pid === 0 || pid === -process.processGroup;
  if (!self) fail(pid === process.parentPid ? 'EPERM' : 'ESRCH');
  if (signal !== 0) process.post(userSignal(process, signal, SI_USER));
  return 0;
}

function killThread(process: Process, group: number | null, tid: number, signal: number): number {
  if (tid <= 0 || (group !== null && group <= 0)) fail('EINVAL');
  checkSignal(signal);
  if (tid !== process.thread.tid || (group !== null && group !== process.pid)) fail('ESRCH');
  if (signal !== 0) process.post(userSignal(process, signal, SI_TKILL), true);
  return 0;
}

function queueSignal(process: Process, pid: number, signal: number, address: number, toThread: boolean): number {
  const bytes = process.memory.readBytes(address, 128);
  if (pid !== process.pid) fail('ESRCH');
  checkSignal(signal);
  const code = new DataView(bytes.buffer).getInt32(8, true);
  if (signal !== 0) process.post({ signal, code, origin: { kind: 'raw', bytes } }, toThread);
  return 0;
}

function suspend(process: Process, address: number, size: number): SyscallResult {
  checkSetSize(size);
  process.thread.useTemporaryMask(process.memory.readU64(address));
  return new Wait({ restartable: false });
}

/** rt_sigtimedwait(2): takes one of the signals in the set without calling its handler. */
function timedWait(process: Process, set: number, info: number, timeout: number, size: number): SyscallResult {
  checkSetSize(size);
  const wanted = process.memory.readU64(set) & ~UNBLOCKABLE;
  const duration = timeout === 0 ? null : readTimespec(process, timeout);
  const { thread, signals } = process;
  const attempt = (): number | undefined => {
    const taken = signals.take(thread, wanted);
    if (taken === undefined) return undefined;
    if (info !== 0) process.memory.writeBytes(info, encodeSignalInfo(taken));
    return taken.signal;
  };
  const found = attempt();
  if (found !== undefined) return found;
  if (duration === 0n) fail('EAGAIN');
  return new Wait({
    attempt,
    ...deadlineIn(process, duration),
    onDeadline: () => fail('EAGAIN'),
    restartable: false,
  });
}

export const signalCalls: SyscallHandlers = {
  rt_sigaction: (process, [signal, address, old, size]) => sigaction(process, signal | 0, address, old, size),
  rt_sigprocmask: (process, [how, address, old, size]) => changeMask(process, how | 0, address, old, size),
  rt_sigpending(process, [address, size]) {
    if (size < 0 || size > SIGSET_SIZE) fail('EINVAL');
    const pending = process.signals.pendingMask(process.thread) & process.thread.mask;
    const bytes = new Uint8Array(BigUint64Array.of(pending).buffer);
    process.memory.writeBytes(address, bytes.subarray(0, size));
    return 0;
  },
  sigaltstack: (process, [address, old]) => alternateStack(process, address, old),
  rt_sigreturn(process) {
    process.leaveHandler();
    return REGISTERS_SET;
  },
  rt_sigsuspend: (process, [address, size]) => suspend(process, address, size),
  rt_sigtimedwait: (process, [set, info, timeout, size]) => timedWait(process, set, info, timeout, size),
  kill: (process, [pid, signal]) => kill(process, pid | 0, signal | 0),
  tkill: (process, [tid, signal]) => killThread(process, null, tid | 0, signal | 0),
  tgkill: (process, [group, tid, signal]) => killThread(process, group | 0, tid | 0, signal | 0),
  rt_sigqueueinfo: (process, [pid, signal, info]) => queueSignal(process, pid | 0, signal | 0, info, false),
  rt_tgsigqueueinfo: (process, [group, tid, signal, info]) =>
    group !== process.pid ? fail('ESRCH') : queueSignal(process, tid | 0, signal | 0, info, true),
};
