/**
 * The older calls that x86-64 still has and newer ports do without (asm-generic/unistd.h): each is a newer one with some
 * arguments given.
 */
import { defined } from '../../common/assert.ts';
import { fail } from '../errno.ts';
import type { Process } from '../process/process.ts';
import type { SyscallArguments, SyscallHandler, SyscallHandlers } from '../process/syscall-table.ts';
import { Wait, type SyscallResult } from '../process/wait.ts';
import { descriptorCalls } from './descriptors.ts';
import { pathCalls } from './paths.ts';
import { processCalls } from './processes.ts';
import { readinessCalls } from './readiness.ts';
import { signalCalls } from './signals.ts';
import { AT_FDCWD, AT_SYMLINK_NOFOLLOW, locate, readTimeval } from './support.ts';
import { timeCalls } from './time.ts';

const AT_REMOVEDIR = 0x200;
const O_CREAT_WRONLY_TRUNC = 0o1101;
const SECOND = 1_000_000_000n;

const newer: SyscallHandlers = {
  ...descriptorCalls,
  ...pathCalls,
  ...processCalls,
  ...readinessCalls,
  ...signalCalls,
  ...timeCalls,
};

type Arguments = readonly (number | undefined)[];

/** The call `name` with the arguments that `map` makes of the old ones; the rest are 0. */
function as(name: string, map: (args: SyscallArguments) => Arguments): SyscallHandler {
  const handler = defined(newer[name], `no system call is called ${name}`);
  return (process, args) => {
    const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = map(args);
    return handler(process, [a, b, c, d, e, f]);
  };
}

/** A path is the first argument; the newer call starts at the working directory. */
const atWorkingDirectory = (name: string): SyscallHandler => as(name, (args) => [AT_FDCWD, ...args.slice(0, 5)]);

/** Sets a file's times; null for now. Of `symlink`s the target is meant. */
function setTimes(process: Process, dirfd: number, path: number, times: readonly [bigint, bigint] | null): number {
  const [atime, mtime] = times ?? (['now', 'now'] as const);
  process.vfs.changeTimes(process, locate(process, dirfd, path, 0), atime, mtime);
  return 0;
}

/** struct timeval[2]. */
function readTimes(process: Process, address: number): readonly [bigint, bigint] | null {
  if (address === 0) return null;
  return [readTimeval(process, address), readTimeval(process, address + 16)];
}

/** struct utimbuf: two times in seconds. */
function utime(process: Process, path: number, address: number): number {
  const seconds = (at: number): bigint => process.memory.readI64(at) * SECOND;
  return setTimes(process, AT_FDCWD, path, address === 0 ? null : [seconds(address), seconds(address + 8)]);
}

/** Seconds until SIGALRM; gives those that were left before, at least one where there was any time. */
function alarm(process: Process, seconds: number): number {
  const { value } = process.timer.setting;
  process.timer.set({ value: BigInt(seconds >>> 0) * SECOND, interval: 0n });
  const left = (value + SECOND / 2n) / SECOND;
  return value > 0n && left === 0n ? 1 : Number(left);
}

/** Unlike dup3, leaves a descriptor that is its own copy alone. */
function dup2(process: Process, args: SyscallArguments): SyscallResult {
  const [oldFd, newFd] = args;
  if ((oldFd | 0) !== (newFd | 0)) return as('dup3', ([from, to]) => [from, to, 0])(process, args);
  process.fds.get(oldFd | 0);
  return newFd | 0;
}

function time(process: Process, address: number): number {
  const seconds = process.platform.clock.realtime() / SECOND;
  if (address !== 0) process.memory.writeU64(address, seconds);
  return Number(seconds);
}

export const legacyCalls: SyscallHandlers = {
  open: atWorkingDirectory('openat'),
  creat: as('openat', ([path, mode]) => [AT_FDCWD, path, O_CREAT_WRONLY_TRUNC, mode]),
  stat: as('newfstatat', ([path, buffer]) => [AT_FDCWD, path, buffer, 0]),
  lstat: as('newfstatat', ([path, buffer]) => [AT_FDCWD, path, buffer, AT_SYMLINK_NOFOLLOW]),
  access: as('faccessat', ([path, mode]) => [AT_FDCWD, path, mode]),
  readlink: as('readlinkat', ([path, buffer, size]) => [AT_FDCWD, path, buffer, size]),
  mkdir: as('mkdirat', ([path, mode]) => [AT_FDCWD, path, mode]),
  mknod: as('mknodat', ([path, mode, device]) => [AT_FDCWD, path, mode, device]),
  rmdir: as('unlinkat', ([path]) => [AT_FDCWD, path, AT_REMOVEDIR]),
  unlink: as('unlinkat', ([path]) => [AT_FDCWD, path, 0]),
  rename: as('renameat2', ([from, to]) => [AT_FDCWD, from, AT_FDCWD, to, 0]),
  link: as('linkat', ([from, to]) => [AT_FDCWD, from, AT_FDCWD, to, 0]),
  symlink: as('symlinkat', ([target, path]) => [target, AT_FDCWD, path]),
  chmod: as('fchmodat', ([path, mode]) => [AT_FDCWD, path, mode]),
  chown: as('fchownat', ([path, uid, gid]) => [AT_FDCWD, path, uid, gid, 0]),
  lchown: as('fchownat', ([path, uid, gid]) => [AT_FDCWD, path, uid, gid, AT_SYMLINK_NOFOLLOW]),
  pipe: as('pipe2', ([address]) => [address, 0]),
  eventfd: as('eventfd2', ([value]) => [value, 0]),
  epoll_create(process, args) {
    if ((args[0] | 0) <= 0) fail('EINVAL');
    return as('epoll_create1', () => [0])(process, args);
  },
  epoll_wait: as('epoll_pwait', ([fd, events, maximum, timeout]) => [fd, events, maximum, timeout]),
  dup2,
  time: (process, [address]) => time(process, address),
  alarm: (process, [seconds]) => alarm(process, seconds),
  pause: () => new Wait({ restartable: false }),
  utime: (process, [path, address]) => utime(process, path, address),
  utimes: (process, [path, times]) => setTimes(process, AT_FDCWD, path, readTimes(process, times)),
  futimesat: (process, [dirfd, path, times]) => setTimes(process, dirfd, path, readTimes(process, times)),
  getpgrp: as('getpgid', () => [0]),
};
