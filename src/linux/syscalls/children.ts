/** Making processes and threads, executing programs, ending, and waiting for children. */
import { LoadError } from '../../common/errors.ts';
import { encodeName } from '../../common/file-name.ts';
import { fail } from '../errno.ts';
import { clone, CLONE, type CloneRequest } from '../kernel/clone.ts';
import { reap } from '../kernel/ending.ts';
import { install, prepare } from '../kernel/exec.ts';
import { CLD_CONTINUED, CLD_EXITED, CLD_KILLED, CLD_STOPPED } from '../kernel/jobs.ts';
import { loadErrorNumber } from '../loader/program.ts';
import type { Process } from '../process/process.ts';
import { SIGNAL } from '../process/signals.ts';
import type { SyscallArguments, SyscallHandlers } from '../process/syscall-table.ts';
import { REGISTERS_SET, Wait, type FinalResult, type SyscallResult } from '../process/wait.ts';
import { installPidFd, processOfPidFd } from './pidfd.ts';
import {
  AT_EMPTY_PATH,
  AT_FDCWD,
  AT_SYMLINK_NOFOLLOW,
  locate,
  readPath,
  readStrings,
  requireKnown,
  writeTimeval,
} from './support.ts';

const SIGNAL_MASK = 0xff;
/** Bytes of struct clone_args as far as it is known. */
const CLONE_ARGS_SIZE = 64;
const CLONE_CLEAR_SIGHAND = 0x100000000n;

const WNOHANG = 1;
const WUNTRACED = 2;
const WSTOPPED = 2;
const WEXITED = 4;
const WCONTINUED = 8;
const WNOWAIT = 0x01000000;
/** Children of all kinds, and only those that end with another signal than SIGCHLD (or none). */
const WALL = 0x40000000;
const WCLONE = 0x80000000;
/** __WNOTHREAD, __WALL, __WCLONE: which of the children count. Those of other threads always do. */
const WHO_FLAGS = 0xe0000000;
const P_ALL = 0;
const P_PID = 1;
const P_PGID = 2;
const P_PIDFD = 3;
const CONTINUED_STATUS = 0xffff;

// clone

function legacyClone(process: Process, args: SyscallArguments): SyscallResult {
  const [flags, stackPointer, parentTid, fourth, fifth] = args;
  const [threadPointer, childTid] = process.abi.cloneTakesTlsLast ? [fifth, fourth] : [fourth, fifth];
  const low = flags >>> 0;
  const describes = (low & CLONE.PIDFD) !== 0;
  // Both would be written to the same word.
  if (describes && (low & CLONE.PARENT_SETTID) !== 0) fail('EINVAL');
  return clone(process, {
    ...(describes ? { onChild: describer(process, parentTid) } : {}),
    flags: (low & ~SIGNAL_MASK) >>> 0,
    exitSignal: low & SIGNAL_MASK,
    stackPointer,
    parentTid,
    childTid,
    threadPointer: BigInt(threadPointer),
  });
}

/** CLONE_PIDFD: gives the parent a descriptor of the child, whose number is written to `address`. */
function describer(process: Process, address: number): (child: Process) => void {
  process.fds.requireFree();
  process.memory.writable(address, 4);
  return (child) => {
    process.memory.writeU32(address, installPidFd(process, child));
  };
}

/** struct clone_args, as far as it is known: flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls. */
function clone3(process: Process, address: number, size: number): SyscallResult {
  const { memory } = process;
  requireKnown(process, address, size, CLONE_ARGS_SIZE);
  const word = (index: number): number => memory.readPointer(address + index * 8);
  const flags = memory.readU64(address);
  const [stack, stackSize] = [word(5), word(6)];
  const low = Number(flags & ~CLONE_CLEAR_SIGHAND);
  if (low > 0xffffffff || (low & SIGNAL_MASK) !== 0 || (low & CLONE.DETACHED) !== 0) fail('EINVAL');
  if ((stack === 0) !== (stackSize === 0)) fail('EINVAL');
  const request: CloneRequest = {
    ...((low & CLONE.PIDFD) === 0 ? {} : { onChild: describer(process, word(1)) }),
    clearsHandlers: (flags & CLONE_CLEAR_SIGHAND) !== 0n,
    flags: low,
    exitSignal: word(4),
    stackPointer: stack + stackSize,
    parentTid: word(3),
    childTid: word(2),
    threadPointer: memory.readU64(address + 56),
  };
  return clone(process, request);
}

function fork(process: Process, flags: number): SyscallResult {
  const exitSignal = SIGNAL.SIGCHLD;
  return clone(process, { flags, exitSignal, stackPointer: 0, parentTid: 0, childTid: 0, threadPointer: 0n });
}

// execve

function execve(process: Process, path: string, argvAddress: number, envAddress: number): FinalResult {
  const argv = readStrings(process, argvAddress);
  const env = readStrings(process, envAddress);
  try {
    // Linux gives a program without arguments an empty argv[0] (since 5.18).
    const prepared = prepare(process, path, argv.length === 0 ? [encodeName('')] : argv);
    // Once the old program is gone there is nobody left to tell of a failure.
    install(process, prepared, env);
    return REGISTERS_SET;
  } catch (error) {
    if (error instanceof LoadError) return -loadErrorNumber(error);
    throw error;
  }
}

function execveAt(process: Process, args: SyscallArguments): FinalResult {
  const [dirfd, pathAddress, argv, env, flags] = [args[0] | 0, args[1], args[2], args[3], args[4] | 0];
  const path = readPath(process, pathAddress);
  if ((flags & ~(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW)) !== 0) fail('EINVAL');
  const isLink = (): boolean => locate(process, dirfd, pathAddress, flags).dentry.inode.kind === 'symlink';
  if ((flags & AT_SYMLINK_NOFOLLOW) !== 0 && isLink()) fail('ELOOP');
  if (path.startsWith('/') || (path !== '' && dirfd === AT_FDCWD)) return execve(process, path, argv, env);
  if (path === '' && (flags & AT_EMPTY_PATH) === 0) fail('ENOENT');
  // The path that a script's interpreter will get leads there as well.
  const folder = `/dev/fd/${String(dirfd)}`;
  process.fds.get(dirfd);
  return execve(process, path === '' ? folder : `${folder}/${path}`, argv, env);
}

// wait

interface ChildStatus {
  readonly child: Process;
  /** CLD_EXITED and the like. */
  readonly code: number;
  /** Exit code or signal. */
  readonly status: number;
}

/** Which children a call is about: `which`, and what __WALL and __WCLONE say (eligible_child in kernel/exit.c). */
function chooser(process: Process, kind: number, id: number, options: number): (child: Process) => boolean {
  const which = chooserById(process, kind, id);
  if ((options & WALL) !== 0) return which;
  const clones = (options & WCLONE) !== 0;
  return (child) => (child.exitSignal !== SIGNAL.SIGCHLD) === clones && which(child);
}

function chooserById(process: Process, kind: number, id: number): (child: Process) => boolean {
  switch (kind) {
    case P_ALL:
      return () => true;
    case P_PID:
      return ({ pid }) => pid === id;
    case P_PGID:
      return ({ processGroup }) => processGroup === (id === 0 ? process.processGroup : id);
    case P_PIDFD: {
      const described = processOfPidFd(process, id);
      return (child) => child === described;
    }
    default:
      return fail('EINVAL');
  }
}

function statusOf(child: Process, options: number): ChildStatus | undefined {
  const { exit, report } = child;
  if (child.zombie) {
    if ((options & WEXITED) === 0) return undefined;
    if (exit?.kind === 'signal') return { child, code: CLD_KILLED, status: exit.signal };
    return { child, code: CLD_EXITED, status: exit?.kind === 'exit' ? exit.code : 0 };
  }
  if (report?.kind === 'stopped' && (options & WSTOPPED) !== 0)
    return { child, code: CLD_STOPPED, status: report.signal };
  if (report?.kind === 'continued' && (options & WCONTINUED) !== 0)
    return { child, code: CLD_CONTINUED, status: SIGNAL.SIGCONT };
  return undefined;
}

/** The first child with news is given to `tell`; its result is the call's. */
function waitForChild(
  process: Process,
  chosen: (child: Process) => boolean,
  options: number,
  tell: (status: ChildStatus) => number,
  nonBlocking = false,
): SyscallResult {
  const attempt = (): number | undefined => {
    const candidates = [...process.children].filter(chosen);
    if (candidates.length === 0) fail('ECHILD');
    for (const child of candidates) {
      const status = statusOf(child, options);
      if (status === undefined) continue;
      const result = tell(status);
      if ((options & WNOWAIT) === 0) consume(child);
      return result;
    }
    return undefined;
  };
  const found = attempt();
  if (found !== undefined) return found;
  if ((options & WNOHANG) !== 0) return 0;
  if (nonBlocking) fail('EAGAIN');
  return new Wait({ attempt, subscribe: (wake) => process.childEvents.subscribe(wake), restartable: true });
}

function consume(child: Process): void {
  child.report = null;
  if (child.zombie) reap(child);
}

function waitStatus({ code, status }: ChildStatus): number {
  if (code === CLD_EXITED) return status << 8;
  if (code === CLD_STOPPED) return (status << 8) | 0x7f;
  return code === CLD_CONTINUED ? CONTINUED_STATUS : status;
}

/** struct rusage of a child that ended. */
function writeUsage(process: Process, address: number, child: Process): void {
  process.memory.writable(address, 144).fill(0);
  writeTimeval(process, address, child.cpuTime + child.childrenTime);
}

function wait4(process: Process, pid: number, statusAddress: number, options: number, usage: number): SyscallResult {
  if ((options & ~(WNOHANG | WUNTRACED | WCONTINUED | WHO_FLAGS)) !== 0) fail('EINVAL');
  if (pid === -0x80000000) fail('ESRCH');
  const [kind, id] = pid > 0 ? [P_PID, pid] : pid === -1 ? [P_ALL, 0] : [P_PGID, -pid];
  return waitForChild(process, chooser(process, kind, id, options), options | WEXITED, (status) => {
    if (statusAddress !== 0) process.memory.writeU32(statusAddress, waitStatus(status));
    if (usage !== 0) writeUsage(process, usage, status.child);
    return status.child.pid;
  });
}

function waitId(process: Process, [kind, id, info, options, usage]: SyscallArguments): SyscallResult {
  const wanted = options & (WSTOPPED | WEXITED | WCONTINUED);
  if ((options & ~(WNOHANG | WNOWAIT | WHO_FLAGS | wanted)) !== 0 || wanted === 0) fail('EINVAL');
  if ((kind === P_PID && id <= 0) || (kind === P_PGID && id < 0) || (kind === P_PIDFD && id < 0)) fail('EINVAL');
  // Without news, si_pid and si_signo say so.
  if (info !== 0) process.memory.writable(info, 128).fill(0);
  const tell = ({ child, code, status }: ChildStatus): number => {
    if (usage !== 0) writeUsage(process, usage, child);
    if (info === 0) return 0;
    process.memory.writeU32(info, SIGNAL.SIGCHLD);
    process.memory.writeU32(info + 8, code);
    process.memory.writeU32(info + 16, child.pid);
    process.memory.writeU32(info + 20, child.ids.uid);
    process.memory.writeU32(info + 24, status);
    return 0;
  };
  const chosen = chooser(process, kind, id | 0, options);
  return waitForChild(process, chosen, options, tell, kind === P_PIDFD && process.fds.get(id | 0).nonBlocking);
}

export const childCalls: SyscallHandlers = {
  clone: legacyClone,
  clone3: (process, [address, size]) => clone3(process, address, size),
  fork: (process) => fork(process, 0),
  vfork: (process) => fork(process, CLONE.VM | CLONE.VFORK),
  execve: (process, [path, argv, env]) => execve(process, readPath(process, path), argv, env),
  execveat: execveAt,
  exit(process, [code]) {
    if (process.threads.length === 1) process.exitWith(code & 0xff);
    else process.thread.ending = true;
    return REGISTERS_SET;
  },
  exit_group(process, [code]) {
    process.exitWith(code & 0xff);
    return REGISTERS_SET;
  },
  wait4: (process, [pid, status, options, usage]) => wait4(process, pid | 0, status, options | 0, usage),
  waitid: waitId,
};
