/** Signals: actions, masks, sending, waiting. */
import { CAP } from '../capabilities.ts';
import { fail } from '../errno.ts';
import { leaveHandler } from '../process/delivery.ts';
import type { Process } from '../process/process.ts';
import { RLIMIT } from '../process/rlimits.ts';
import type { SyscallHandlers } from '../process/syscall-table.ts';
import {
  FIRST_REALTIME,
  encodeSignalInfo,
  SI_TKILL,
  SI_USER,
  SIGNAL,
  SIGNAL_COUNT,
  signalBit,
  UNBLOCKABLE,
  type SignalInfo,
} from '../process/signals.ts';
import { noAlternateStack, SS_DISABLE, SS_ONSTACK, type Thread } from '../process/thread.ts';
import { REGISTERS_SET, Wait, type SyscallResult } from '../process/wait.ts';
import { O_CLOEXEC, O_NONBLOCK, O_RDWR } from '../vfs/constants.ts';
import { anonymousInode } from './anonymous.ts';
import { SignalFile } from './signal-file.ts';
import { deadlineIn, MAX_QUEUED, readTimespec } from './support.ts';

const SIGSET_SIZE = 8;
const SIG_BLOCK = 0;
const SIG_UNBLOCK = 1;
const SIG_SETMASK = 2;

export function checkSignal(signal: number): number {
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
    signals.setAction(signal, action);
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

export function userSignal(process: Process, signal: number, code: number): SignalInfo {
  return { signal, code, origin: { kind: 'user', pid: process.pid, uid: process.ids.uid } };
}

/** Whether the caller may send a signal there (kill(2)). */
export function maySignal(process: Process, target: Process, signal: number): boolean {
  const { euid, uid } = process.ids;
  if (process === target || process.can(CAP.KILL)) return true;
  if (signal === SIGNAL.SIGCONT && process.session === target.session) return true;
  return [target.ids.uid, target.ids.suid].some((id) => id === euid || id === uid);
}

/** The process that a number means, which may be that of one of its threads. */
function processOf({ kernel: { processes } }: Process, id: number): Process | undefined {
  return processes.process(id) ?? processes.thread(id)?.process;
}

/** Of real-time signals none is lost in silence: there are no more than RLIMIT_SIGPENDING (__send_signal_locked). */
function requireRoom(target: Process, signal: number): void {
  const limit = target.limits.soft(RLIMIT.SIGPENDING);
  const { queued } = target.signals;
  if (signal >= FIRST_REALTIME && (queued >= MAX_QUEUED || BigInt(queued) >= limit)) fail('EAGAIN');
}

function kill(process: Process, pid: number, signal: number): number {
  checkSignal(signal);
  const { processes } = process.kernel;
  const info = userSignal(process, signal, SI_USER);
  if (pid > 0) {
    const target = processOf(process, pid);
    if (target === undefined) fail(pid === 1 ? 'EPERM' : 'ESRCH');
    if (!maySignal(process, target, signal)) fail('EPERM');
    if (signal !== 0) target.post(info);
    return 0;
  }
  if (pid !== -1) return signalGroup(process, pid === 0 ? process.processGroup : -pid, signal);
  return signalAll(
    process,
    processes.all().filter((other) => other !== process),
    signal,
  );
}

/** Sends a signal to those of a group to whom the caller may send one. */
export function signalGroup(process: Process, group: number, signal: number): number {
  return signalAll(process, process.kernel.processes.group(group), signal);
}

function signalAll(process: Process, targets: readonly Process[], signal: number): number {
  if (targets.length === 0) fail('ESRCH');
  const allowed = targets.filter((target) => maySignal(process, target, signal));
  if (allowed.length === 0) fail('EPERM');
  if (signal !== 0) for (const target of allowed) target.post(userSignal(process, signal, SI_USER));
  return 0;
}

function threadOf(process: Process, group: number | null, tid: number): Thread {
  if (tid <= 0 || (group !== null && group <= 0)) fail('EINVAL');
  const thread = process.kernel.processes.thread(tid);
  if (thread === undefined || (group !== null && thread.process.pid !== group)) return fail('ESRCH');
  return thread;
}

function killThread(process: Process, group: number | null, tid: number, signal: number): number {
  const thread = threadOf(process, group, tid);
  checkSignal(signal);
  if (!maySignal(process, thread.process, signal)) fail('EPERM');
  requireRoom(thread.process, signal);
  if (signal !== 0) thread.process.post(userSignal(process, signal, SI_TKILL), thread);
  return 0;
}

/** A siginfo_t from the sender: only to itself may a process pretend to be the kernel or kill(2). */
export function queueSignal(
  process: Process,
  target: Process,
  signal: number,
  address: number,
  thread: Thread | null,
  expected?: number,
): number {
  const bytes = process.memory.readBytes(address, 128);
  checkSignal(signal);
  // pidfd_send_signal(2) wants the number in it to be right; the others do not look.
  if (expected !== undefined && new DataView(bytes.buffer).getInt32(0, true) !== expected) fail('EINVAL');
  const code = new DataView(bytes.buffer).getInt32(8, true);
  if ((code >= 0 || code === SI_TKILL) && target !== process) fail('EPERM');
  if (!maySignal(process, target, signal)) fail('EPERM');
  requireRoom(target, signal);
  if (signal !== 0) target.post({ signal, code, origin: { kind: 'raw', bytes } }, thread);
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
    subscribe: (wake) => signals.arrivals.subscribe(wake),
    ...deadlineIn(process, duration),
    onDeadline: () => fail('EAGAIN'),
    restartable: false,
  });
}

function signalFile(process: Process, fd: number, address: number, size: number, flags: number): number {
  checkSetSize(size);
  if ((flags & ~(O_CLOEXEC | O_NONBLOCK)) !== 0) fail('EINVAL');
  const mask = process.memory.readU64(address);
  if (fd !== -1) {
    const { file } = process.fds.getFile(fd);
    if (!(file instanceof SignalFile)) return fail('EINVAL');
    file.mask = mask;
    return fd;
  }
  const file = new SignalFile(anonymousInode(process.vfs.environment), process.kernel, mask);
  const description = process.vfs.anonymous(file, 'anon_inode:[signalfd]', O_RDWR | (flags & O_NONBLOCK));
  return process.fds.install(description, (flags & O_CLOEXEC) !== 0);
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
    leaveHandler(process.thread);
    return REGISTERS_SET;
  },
  rt_sigsuspend: (process, [address, size]) => suspend(process, address, size),
  rt_sigtimedwait: (process, [set, info, timeout, size]) => timedWait(process, set, info, timeout, size),
  kill: (process, [pid, signal]) => kill(process, pid | 0, signal | 0),
  tkill: (process, [tid, signal]) => killThread(process, null, tid | 0, signal | 0),
  tgkill: (process, [group, tid, signal]) => killThread(process, group | 0, tid | 0, signal | 0),
  rt_sigqueueinfo: (process, [pid, signal, info]) =>
    queueSignal(process, processOf(process, pid | 0) ?? fail('ESRCH'), signal | 0, info, null),
  rt_tgsigqueueinfo(process, [group, tid, signal, info]) {
    const thread = threadOf(process, group | 0, tid | 0);
    return queueSignal(process, thread.process, signal | 0, info, thread);
  },
  signalfd4: (process, [fd, mask, size, flags]) => signalFile(process, fd | 0, mask, size, flags | 0),
  signalfd: (process, [fd, mask, size]) => signalFile(process, fd | 0, mask, size, 0),
  pause: () => new Wait({ restartable: false }),
};
