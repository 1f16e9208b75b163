/** The process and its thread: ending, execve, ids of the job, scheduling, futexes, limits, prctl. */
import { LoadError } from '../../common/errors.ts';
import { encodeName } from '../../common/file-name.ts';
import { PAGE_SIZE } from '../../memory/layout.ts';
import { fail } from '../errno.ts';
import { loadErrorNumber } from '../loader/program.ts';
import type { Process } from '../process/process.ts';
import { RLIM_INFINITY, RLIMIT } from '../process/rlimits.ts';
import { SIGNAL } from '../process/signals.ts';
import type { SyscallHandlers } from '../process/syscall-table.ts';
import { REGISTERS_SET, Wait, type FinalResult, type SyscallResult } from '../process/wait.ts';
import { deadlineIn, readPath, readStrings, readTimespec, writeTimeval } from './support.ts';

const FUTEX_COMMAND = 0x7f;
const FUTEX_WAIT = 0;
const FUTEX_WAKE = 1;
const FUTEX_REQUEUE = 3;
const FUTEX_CMP_REQUEUE = 4;
const FUTEX_WAIT_BITSET = 9;
const FUTEX_WAKE_BITSET = 10;
const FUTEX_CLOCK_REALTIME = 0x100;

const SCHED_RESET_ON_FORK = 0x40000000;

const RUSAGE_CHILDREN = -1;
const RUSAGE_THREAD = 1;

const PR_SET_PDEATHSIG = 1;
const PR_GET_PDEATHSIG = 2;
const PR_GET_DUMPABLE = 3;
const PR_SET_DUMPABLE = 4;
const PR_GET_KEEPCAPS = 7;
const PR_SET_KEEPCAPS = 8;
const PR_SET_NAME = 15;
const PR_GET_NAME = 16;
const PR_GET_SECCOMP = 21;
const PR_SET_TIMERSLACK = 29;
const PR_GET_TIMERSLACK = 30;
const PR_SET_CHILD_SUBREAPER = 36;
const PR_GET_CHILD_SUBREAPER = 37;
const PR_SET_NO_NEW_PRIVS = 38;
const PR_GET_NO_NEW_PRIVS = 39;
const PR_SET_THP_DISABLE = 41;
const PR_GET_THP_DISABLE = 42;

function execve(process: Process, path: string, argvAddress: number, envAddress: number): FinalResult {
  const argv = readStrings(process, argvAddress);
  const env = readStrings(process, envAddress);
  // Linux gives a program without arguments an empty argv[0] (since 5.18).
  const prepared = orLoadError(() => process.prepare(path, argv.length === 0 ? [encodeName('')] : argv));
  if (prepared instanceof LoadError) return -loadErrorNumber(prepared);
  const installed = orLoadError(() => process.install(prepared, env));
  // The old program is gone and the new one does not fit.
  if (installed instanceof LoadError) process.kill(SIGNAL.SIGKILL);
  return REGISTERS_SET;
}

function orLoadError<T>(operation: () => T): T | LoadError {
  try {
    return operation();
  } catch (error) {
    if (error instanceof LoadError) return error;
    throw error;
  }
}

function execveAt(
  process: Process,
  dirfd: number,
  pathAddress: number,
  argv: number,
  env: number,
  flags: number,
): FinalResult {
  const AT_FDCWD = -100;
  const path = readPath(process, pathAddress);
  if (flags !== 0 || (dirfd !== AT_FDCWD && !path.startsWith('/'))) fail('EINVAL');
  return execve(process, path, argv, env);
}

/** Timeouts of FUTEX_WAIT count from now, those of FUTEX_WAIT_BITSET are points in time. */
function futexTimeout(process: Process, operation: number, address: number): bigint | null {
  if (address === 0) return null;
  const time = readTimespec(process, address);
  if ((operation & FUTEX_COMMAND) === FUTEX_WAIT) return time;
  const { clock } = process.platform;
  const now = (operation & FUTEX_CLOCK_REALTIME) === 0 ? clock.monotonic() : clock.realtime();
  return time > now ? time - now : 0n;
}

/** There is one thread: nobody waits when it wakes, and nobody wakes it when it waits. */
function futex(process: Process, address: number, operation: number, value: number, timeout: number): SyscallResult {
  if (address % 4 !== 0) fail('EINVAL');
  switch (operation & FUTEX_COMMAND) {
    case FUTEX_WAIT:
    case FUTEX_WAIT_BITSET:
      if (process.memory.readU32(address) !== value >>> 0) fail('EAGAIN');
      return new Wait({
        ...deadlineIn(process, futexTimeout(process, operation, timeout)),
        onDeadline: () => fail('ETIMEDOUT'),
        restartable: timeout === 0,
      });
    case FUTEX_WAKE:
    case FUTEX_WAKE_BITSET:
    case FUTEX_REQUEUE:
    case FUTEX_CMP_REQUEUE:
      process.memory.readU32(address);
      return 0;
    default:
      return fail('ENOSYS');
  }
}

/** The resource named, after the checks of prlimit64(2). */
function changeLimit(process: Process, resource: number, soft: bigint, hard: bigint): void {
  const limit = process.limits.get(resource) ?? fail('EINVAL');
  if (soft > hard) fail('EINVAL');
  if (hard > limit.hard && process.ids.euid !== 0) fail('EPERM');
  limit.soft = soft;
  limit.hard = hard;
  const bounded = soft === RLIM_INFINITY ? Infinity : Number(soft);
  if (resource === RLIMIT.NOFILE) process.fds.limit = Math.min(bounded, 1048576);
  else if (resource === RLIMIT.AS) process.space.addressLimit = bounded;
  else if (resource === RLIMIT.STACK) process.space.stackLimit = Math.min(bounded, process.space.stackLimit);
}

function writeLimit(process: Process, resource: number, address: number): void {
  const { soft, hard } = process.limits.get(resource) ?? fail('EINVAL');
  process.memory.writeU64(address, soft);
  process.memory.writeU64(address + 8, hard);
}

function limits(process: Process, pid: number, resource: number, next: number, old: number): number {
  if (pid !== 0 && pid !== process.pid) fail('ESRCH');
  const wanted = next === 0 ? null : { soft: process.memory.readU64(next), hard: process.memory.readU64(next + 8) };
  if (process.limits.get(resource) === undefined) fail('EINVAL');
  if (old !== 0) writeLimit(process, resource, old);
  if (wanted !== null) changeLimit(process, resource, wanted.soft, wanted.hard);
  return 0;
}

/** struct rusage: user time, system time, and fourteen counters, of which the peak memory is known. */
function usage(process: Process, who: number, address: number): number {
  if (who < RUSAGE_CHILDREN || who > RUSAGE_THREAD) fail('EINVAL');
  process.memory.writable(address, 144).fill(0);
  if (who === RUSAGE_CHILDREN) return 0;
  writeTimeval(process, address, process.cpuTime);
  process.memory.writeU64(address + 32, Math.floor(process.space.peakChargedBytes / 1024));
  return 0;
}

function checkSelf(process: Process, pid: number): void {
  if (pid < 0) fail('EINVAL');
  if (pid !== 0 && pid !== process.pid) fail('ESRCH');
}

function affinity(process: Process, pid: number, size: number, address: number): number {
  checkSelf(process, pid);
  if (size < 8 || size % 8 !== 0) fail('EINVAL');
  process.memory.writeU64(address, 1);
  return 8;
}

function setAffinity(process: Process, pid: number, size: number, address: number): number {
  checkSelf(process, pid);
  const mask = process.memory.readBytes(address, Math.min(size, PAGE_SIZE));
  return ((mask[0] ?? 0) & 1) === 0 ? fail('EINVAL') : 0;
}

function schedulerPriority(policy: number, realtime: number): number {
  if (policy === 1 || policy === 2) return realtime;
  return policy === 0 || policy === 3 || policy === 5 || policy === 6 ? 0 : fail('EINVAL');
}

function setScheduler(process: Process, pid: number, policy: number, parameter: number): number {
  checkSelf(process, pid);
  const priority = process.memory.readI32(parameter);
  const kind = policy & ~SCHED_RESET_ON_FORK;
  if (kind === 1 || kind === 2) fail(priority >= 1 && priority <= 99 ? 'EPERM' : 'EINVAL');
  return (kind === 0 || kind === 3 || kind === 5) && priority === 0 ? 0 : fail('EINVAL');
}

/** prctl options that are a value set once and read back; with the values that they take. */
const switches: readonly {
  readonly set: number;
  readonly get: number;
  readonly max: number;
  readonly initial: number;
}[] = [
  { set: PR_SET_DUMPABLE, get: PR_GET_DUMPABLE, max: 1, initial: 1 },
  { set: PR_SET_KEEPCAPS, get: PR_GET_KEEPCAPS, max: 1, initial: 0 },
  { set: PR_SET_NO_NEW_PRIVS, get: PR_GET_NO_NEW_PRIVS, max: 1, initial: 0 },
  { set: PR_SET_THP_DISABLE, get: PR_GET_THP_DISABLE, max: 1, initial: 0 },
  { set: PR_SET_TIMERSLACK, get: PR_GET_TIMERSLACK, max: Number.MAX_SAFE_INTEGER, initial: 50000 },
];
/** The same for those that are read through a pointer. */
const pointedSwitches: typeof switches = [
  { set: PR_SET_PDEATHSIG, get: PR_GET_PDEATHSIG, max: 64, initial: 0 },
  { set: PR_SET_CHILD_SUBREAPER, get: PR_GET_CHILD_SUBREAPER, max: Number.MAX_SAFE_INTEGER, initial: 0 },
];

function control(process: Process, option: number, value: number): number {
  const { memory, controls } = process;
  for (const row of [...switches, ...pointedSwitches]) {
    if (option === row.set) {
      if (value < 0 || value > row.max || (option === PR_SET_NO_NEW_PRIVS && value !== 1)) fail('EINVAL');
      controls.set(row.get, value);
      return 0;
    }
    if (option !== row.get) continue;
    const current = controls.get(row.get) ?? row.initial;
    if (switches.includes(row)) return current;
    memory.writeU32(value, current);
    return 0;
  }
  switch (option) {
    case PR_SET_NAME:
      process.comm = (memory.readCString(value, 16) ?? memory.readBytes(value, 15)).slice(0, 15);
      return 0;
    case PR_GET_NAME: {
      const name = new Uint8Array(16);
      name.set(process.comm);
      memory.writeBytes(value, name);
      return 0;
    }
    case PR_GET_SECCOMP:
      return 0;
    default:
      return fail('EINVAL');
  }
}

function setProcessGroup(process: Process, pid: number, group: number): number {
  if (group < 0) fail('EINVAL');
  if (pid !== 0 && pid !== process.pid) fail('ESRCH');
  // The leader of a session keeps its group.
  if (process.session === process.pid) fail('EPERM');
  process.processGroup = group === 0 ? process.pid : group;
  return 0;
}

function selfOnly(process: Process, pid: number, value: number): number {
  return pid === 0 || pid === process.pid ? value : fail('ESRCH');
}

export const processCalls: SyscallHandlers = {
  exit(process, [code]) {
    process.exitWith(code & 0xff);
    return REGISTERS_SET;
  },
  exit_group(process, [code]) {
    process.exitWith(code & 0xff);
    return REGISTERS_SET;
  },
  execve: (process, [path, argv, env]) => execve(process, readPath(process, path), argv, env),
  execveat: (process, [dirfd, path, argv, env, flags]) => execveAt(process, dirfd | 0, path, argv, env, flags | 0),
  wait4: () => fail('ECHILD'),
  waitid: () => fail('ECHILD'),
  getpid: (process) => process.pid,
  getppid: (process) => process.parentPid,
  gettid: (process) => process.thread.tid,
  getpgid: (process, [pid]) => selfOnly(process, pid | 0, process.processGroup),
  getsid: (process, [pid]) => selfOnly(process, pid | 0, process.session),
  setpgid: (process, [pid, group]) => setProcessGroup(process, pid | 0, group | 0),
  setsid: (process) => {
    if (process.processGroup === process.pid) fail('EPERM');
    process.session = process.processGroup = process.pid;
    return process.pid;
  },
  set_tid_address(process, [address]) {
    process.thread.clearChildTid = address;
    return process.thread.tid;
  },
  set_robust_list(process, [head, length]) {
    if (length !== 24) fail('EINVAL');
    process.thread.robustList = { head, length };
    return 0;
  },
  get_robust_list(process, [pid, head, length]) {
    checkSelf(process, pid | 0);
    process.memory.writeU64(head, process.thread.robustList.head);
    process.memory.writeU64(length, process.thread.robustList.length);
    return 0;
  },
  futex: (process, [address, operation, value, timeout]) => futex(process, address, operation | 0, value, timeout),
  prlimit64: (process, [pid, resource, next, old]) => limits(process, pid | 0, resource >>> 0, next, old),
  getrlimit: (process, [resource, address]) => limits(process, 0, resource >>> 0, 0, address),
  setrlimit: (process, [resource, address]) => limits(process, 0, resource >>> 0, address, 0),
  getrusage: (process, [who, address]) => usage(process, who | 0, address),
  prctl: (process, [option, value]) => control(process, option | 0, value),
  personality: (_process, [persona]) =>
    (persona >>> 0) % 0x100000000 === 0xffffffff || persona === 0 ? 0 : fail('EINVAL'),
  sched_yield: () => 0,
  sched_getaffinity: (process, [pid, size, address]) => affinity(process, pid | 0, size >>> 0, address),
  sched_setaffinity: (process, [pid, size, address]) => setAffinity(process, pid | 0, size >>> 0, address),
  sched_getscheduler(process, [pid]) {
    checkSelf(process, pid | 0);
    return 0;
  },
  sched_setscheduler: (process, [pid, policy, parameter]) => setScheduler(process, pid | 0, policy | 0, parameter),
  sched_getparam(process, [pid, address]) {
    checkSelf(process, pid | 0);
    process.memory.writeU32(address, 0);
    return 0;
  },
  sched_setparam: (process, [pid, address]) => setScheduler(process, pid | 0, 0, address),
  sched_get_priority_max: (_process, [policy]) => schedulerPriority(policy | 0, 99),
  sched_get_priority_min: (_process, [policy]) => schedulerPriority(policy | 0, 1),
  getpriority: (_process, [which]) => (which >= 0 && which <= 2 ? 20 : fail('EINVAL')),
  setpriority: (_process, [which, , value]) =>
    which < 0 || which > 2 ? fail('EINVAL') : (value | 0) === 0 ? 0 : fail('EACCES'),
  getcpu(process, [cpu, node]) {
    if (cpu !== 0) process.memory.writeU32(cpu, 0);
    if (node !== 0) process.memory.writeU32(node, 0);
    return 0;
  },
  membarrier(_process, [command, flags]) {
    // Query: none but the global barriers, which one thread needs nothing for.
    const MEMBARRIER_CMD_GLOBAL = 1;
    if (flags !== 0) fail('EINVAL');
    if (command === 0) return MEMBARRIER_CMD_GLOBAL;
    return command === MEMBARRIER_CMD_GLOBAL ? 0 : fail('EINVAL');
  },
};
