/** Calls on processes by descriptor: pidfd_open, pidfd_send_signal, pidfd_getfd. */
import { CAP } from '../capabilities.ts';
import { fail } from '../errno.ts';
import type { Process } from '../process/process.ts';
import { SI_USER } from '../process/signals.ts';
import type { SyscallHandlers } from '../process/syscall-table.ts';
import { O_NONBLOCK, O_RDWR } from '../vfs/constants.ts';
import { anonymousInode } from './anonymous.ts';
import { PidFile } from './pid-file.ts';
import { checkSignal, maySignal, queueSignal, signalGroup, userSignal } from './signals.ts';

const PIDFD_SIGNAL = { THREAD: 1, THREAD_GROUP: 2, PROCESS_GROUP: 4 } as const;

/** A descriptor of `target` for `process`, closed by execve(2) as all of its kind. */
export function installPidFd(process: Process, target: Process, flags = 0): number {
  const { vfs, fds } = process;
  const file = new PidFile(anonymousInode(vfs.environment), target);
  return fds.install(vfs.anonymous(file, 'anon_inode:[pidfd]', O_RDWR | flags), true);
}

/** The process that a descriptor means; EBADF. */
export function processOfPidFd(process: Process, fd: number): Process {
  const { file } = process.fds.getFile(fd);
  return file instanceof PidFile ? file.process : fail('EBADF');
}

function open(process: Process, pid: number, flags: number): number {
  // PIDFD_THREAD is refused as by kernels before 6.9: there are none of threads.
  if ((flags & ~O_NONBLOCK) !== 0 || pid <= 0) fail('EINVAL');
  const { processes } = process.kernel;
  const target = processes.process(pid);
  if (target === undefined) return fail(processes.thread(pid) === undefined ? 'ESRCH' : 'EINVAL');
  return installPidFd(process, target, flags);
}

function sendSignal(process: Process, fd: number, signal: number, info: number, flags: number): number {
  const { THREAD, THREAD_GROUP, PROCESS_GROUP } = PIDFD_SIGNAL;
  if (![0, THREAD, THREAD_GROUP, PROCESS_GROUP].includes(flags)) fail('EINVAL');
  const target = processOfPidFd(process, fd);
  if (target.reaped) fail('ESRCH');
  checkSignal(signal);
  if (flags === PROCESS_GROUP) {
    // Everybody is asked for the permission to do it, as by kill(2) with a negative number.
    if (info !== 0) fail('EINVAL');
    return signalGroup(process, target.processGroup, signal);
  }
  const thread = flags === THREAD ? (target.threads[0] ?? null) : null;
  if (info !== 0) return queueSignal(process, target, signal, info, thread, signal);
  if (!maySignal(process, target, signal)) fail('EPERM');
  if (signal !== 0) target.post(userSignal(process, signal, SI_USER), thread);
  return 0;
}

/** A copy of a descriptor of another process; permitted as looking at what it has open is (ptrace(2)). */
function copyDescriptor(process: Process, fd: number, wanted: number, flags: number): number {
  if (flags !== 0) fail('EINVAL');
  const target = processOfPidFd(process, fd);
  if (target.ended) fail('ESRCH');
  const { uid, euid: theirs, suid } = target.ids;
  if (!process.can(CAP.SYS_PTRACE) && [uid, theirs, suid].some((id) => id !== process.ids.uid)) fail('EPERM');
  return process.fds.install(target.fds.get(wanted).retain(), true);
}

export const pidfdCalls: SyscallHandlers = {
  pidfd_open: (process, [pid, flags]) => open(process, pid | 0, process.abi.openFlags(flags | 0)),
  pidfd_send_signal: (process, [fd, signal, info, flags]) => sendSignal(process, fd | 0, signal | 0, info, flags >>> 0),
  pidfd_getfd: (process, [fd, wanted, flags]) => copyDescriptor(process, fd | 0, wanted | 0, flags | 0),
};
