/** The process and its thread: numbers, groups, scheduling, limits, prctl. */
import { CAP } from '../capabilities.ts';
import { fail } from '../errno.ts';
import {
  DEFAULT_TIMERSLACK,
  PR_GET_CHILD_SUBREAPER,
  PR_GET_DUMPABLE,
  PR_GET_NO_NEW_PRIVS,
  PR_GET_PDEATHSIG,
  PR_GET_TIMERSLACK,
} from '../process/controls.ts';
import type { Process } from '../process/process.ts';
import { RLIM_INFINITY, RLIMIT } from '../process/rlimits.ts';
import type { SyscallHandlers } from '../process/syscall-table.ts';
import { NR_OPEN } from '../vfs/constants.ts';
import { controlCapabilities } from './capabilities.ts';
import { writeTimeval } from './support.ts';

const RUSAGE_CHILDREN = -1;
const RUSAGE_THREAD = 1;

const PR_SET_PDEATHSIG = 1;
const PR_SET_DUMPABLE = 4;
const PR_SET_NAME = 15;
const PR_GET_NAME = 16;
const PR_GET_SECCOMP = 21;
const PR_SET_TIMERSLACK = 29;
const PR_SET_CHILD_SUBREAPER = 36;
const PR_SET_NO_NEW_PRIVS = 38;
const PR_SET_THP_DISABLE = 41;
const PR_GET_THP_DISABLE = 42;

/** The resource named, after the checks of prlimit64(2). */
function changeLimit(caller: Process, process: Process, resource: number, soft: bigint, hard: bigint): void {
  const limit = process.limits.get(resource) ?? fail('EINVAL');
  if (soft > hard) fail('EINVAL');
  if (resource === RLIMIT.NOFILE && hard > BigInt(NR_OPEN)) fail('EPERM');
  if (hard > limit.hard && !caller.can(CAP.SYS_RESOURCE)) fail('EPERM');
  // A limit of no time at all is one second (kernel/sys.c).
  limit.soft = resource === RLIMIT.CPU && soft === 0n ? 1n : soft;
  limit.hard = hard;
  const bounded = soft === RLIM_INFINITY ? Infinity : Number(soft);
  if (resource === RLIMIT.NOFILE) process.fds.limit = bounded;
  else if (resource === RLIMIT.AS) process.space.addressLimit = bounded;
  else if (resource === RLIMIT.STACK) process.space.stackLimit = Math.min(bounded, process.space.stackLimit);
}

function limits(process: Process, pid: number, resource: number, next: number, old: number): number {
  const target = processOf(process, pid);
  if (target !== process && !process.can(CAP.SYS_RESOURCE) && process.ids.uid !== target.ids.uid) fail('EPERM');
  const wanted = next === 0 ? null : { soft: process.memory.readU64(next), hard: process.memory.readU64(next + 8) };
  const { soft, hard } = target.limits.get(resource) ?? fail('EINVAL');
  if (wanted !== null) changeLimit(process, target, resource, wanted.soft, wanted.hard);
  if (old === 0) return 0;
  process.memory.writeU64(old, soft);
  process.memory.writeU64(old + 8, hard);
  return 0;
}

/** struct rusage: user time, system time, and fourteen counters, of which the peak memory is known. */
function usage(process: Process, who: number, address: number): number {
  if (who < RUSAGE_CHILDREN || who > RUSAGE_THREAD) fail('EINVAL');
  process.memory.writable(address, 144).fill(0);
  if (who === RUSAGE_CHILDREN) {
    writeTimeval(process, address, process.childrenTime);
    return 0;
  }
  const { scheduler } = process.kernel;
  writeTimeval(process, address, who === RUSAGE_THREAD ? scheduler.cpuTimeOf(process.thread) : process.cpuTime);
  process.memory.writeU64(address + 32, Math.floor(process.space.peakChargedBytes / 1024));
  return 0;
}

/** prctl options that are a value set once and read back; with the values that they take. */
const switches: readonly {
  readonly set: number;
  readonly get: number;
  readonly max: number;
  readonly initial: number;
}[] = [
  { set: PR_SET_DUMPABLE, get: PR_GET_DUMPABLE, max: 1, initial: 1 },
  { set: PR_SET_NO_NEW_PRIVS, get: PR_GET_NO_NEW_PRIVS, max: 1, initial: 0 },
  { set: PR_SET_THP_DISABLE, get: PR_GET_THP_DISABLE, max: 1, initial: 0 },
  { set: PR_SET_TIMERSLACK, get: PR_GET_TIMERSLACK, max: Number.MAX_SAFE_INTEGER, initial: 50000 },
];
/** The same for those that are read through a pointer. */
const pointedSwitches: typeof switches = [
  { set: PR_SET_PDEATHSIG, get: PR_GET_PDEATHSIG, max: 64, initial: 0 },
  { set: PR_SET_CHILD_SUBREAPER, get: PR_GET_CHILD_SUBREAPER, max: Number.MAX_SAFE_INTEGER, initial: 0 },
];

/** Newer options want the arguments that they do not use to be 0 (kernel/sys.c). */
function hasRightArguments(option: number, values: readonly number[]): boolean {
  const used = STRICT_OPTIONS.get(option);
  return used === undefined || values.slice(used).every((value) => value === 0);
}

const STRICT_OPTIONS: ReadonlyMap<number, number> = new Map([
  [PR_SET_NO_NEW_PRIVS, 1],
  [PR_GET_NO_NEW_PRIVS, 0],
  [PR_SET_THP_DISABLE, 1],
  [PR_GET_THP_DISABLE, 0],
]);

function control(process: Process, option: number, values: readonly [number, number, number, number]): number {
  const { memory, controls } = process;
  const about = controlCapabilities(process, option, values);
  if (about !== undefined) return about;
  const [value] = values;
  if (!hasRightArguments(option, values)) fail('EINVAL');
  for (const row of [...switches, ...pointedSwitches]) {
    if (option === row.set) {
      if (value < 0 || value > row.max || (option === PR_SET_NO_NEW_PRIVS && value !== 1)) fail('EINVAL');
      // No slack at all is the slack that there is by default: what the parent had (kernel/sys.c).
      const isDefault = option === PR_SET_TIMERSLACK && value === 0;
      controls.set(row.get, isDefault ? (controls.get(DEFAULT_TIMERSLACK) ?? row.initial) : value);
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
      process.thread.comm = (memory.readCString(value, 16) ?? memory.readBytes(value, 15)).slice(0, 15);
      return 0;
    case PR_GET_NAME: {
      const name = new Uint8Array(16);
      name.set(process.thread.comm);
      memory.writeBytes(value, name);
      return 0;
    }
    case PR_GET_SECCOMP:
      return 0;
    default:
      return fail('EINVAL');
  }
}

/** The process with this number, 0 for the caller's own. */
function processOf(process: Process, pid: number): Process {
  return pid === 0 ? process : (process.kernel.processes.process(pid) ?? fail('ESRCH'));
}

const PRIO = { PROCESS: 0, PGRP: 1, USER: 2 } as const;
const NICE = { lowest: -20, highest: 19 } as const;

const niceOf = ({ nice }: Process): number => nice;

/** Whom getpriority(2) and setpriority(2) mean. */
function priorityTargets(process: Process, which: number, who: number): Process[] {
  const all = process.kernel.processes.all();
  const group = who === 0 ? process.processGroup : who;
  const uid = who === 0 ? process.ids.uid : who;
  let found: Process[];
  switch (which) {
    case PRIO.PROCESS:
      return [who === 0 ? process : (process.kernel.processes.thread(who)?.process ?? fail('ESRCH'))];
    case PRIO.PGRP:
      found = all.filter(({ processGroup }) => processGroup === group);
      break;
    case PRIO.USER:
      found = all.filter(({ ids }) => ids.uid === uid);
      break;
    default:
      return fail('EINVAL');
  }
  return found.length > 0 ? found : fail('ESRCH');
}

/** Nice values are kept and shown; turns are the same for all. */
function setPriority(process: Process, which: number, who: number, value: number): number {
  const nice = Math.max(NICE.lowest, Math.min(NICE.highest, value));
  const targets = priorityTargets(process, which, who);
  const privileged = process.can(CAP.SYS_NICE);
  if (!privileged && targets.some((target) => nice < target.nice)) fail('EACCES');
  for (const target of targets) target.nice = nice;
  return 0;
}

/** Commands of membarrier(2): linux/membarrier.h. */
const BARRIER = {
  QUERY: 0,
  GLOBAL: 1,
  GLOBAL_EXPEDITED: 2,
  REGISTER_GLOBAL_EXPEDITED: 4,
  PRIVATE_EXPEDITED: 8,
  REGISTER_PRIVATE_EXPEDITED: 16,
} as const;
const ALL_BARRIERS = Object.values(BARRIER).reduce<number>((all, bit) => all | bit, 0);

function barrier({ space, context }: Process, command: number, flags: number): number {
  if (flags !== 0) fail('EINVAL');
  switch (command) {
    case BARRIER.QUERY:
      return ALL_BARRIERS;
    case BARRIER.GLOBAL:
    case BARRIER.GLOBAL_EXPEDITED:
    case BARRIER.PRIVATE_EXPEDITED:
      if (command === BARRIER.PRIVATE_EXPEDITED && !context.wantsBarriers) fail('EPERM');
      // Whoever stops has seen and shown everything. Processes that share memory take turns.
      space.memory.others?.stop();
      return 0;
    case BARRIER.REGISTER_PRIVATE_EXPEDITED:
      context.wantsBarriers = true;
      return 0;
    case BARRIER.REGISTER_GLOBAL_EXPEDITED:
      return 0;
    default:
      return fail('EINVAL');
  }
}

export const processCalls: SyscallHandlers = {
  getpid: (process) => process.pid,
  getppid: (process) => process.parentPid,
  gettid: (process) => process.thread.tid,
  getpgid: (process, [pid]) => processOf(process, pid | 0).processGroup,
  getpgrp: (process) => process.processGroup,
  getsid: (process, [pid]) => processOf(process, pid | 0).session,
  setpgid(process, [pid, group]) {
    process.kernel.jobs.setGroup(process, pid | 0, group | 0);
    return 0;
  },
  setsid: (process) => process.kernel.jobs.newSession(process),
  set_tid_address(process, [address]) {
    process.thread.clearChildTid = address;
    return process.thread.tid;
  },
  prlimit64: (process, [pid, resource, next, old]) => limits(process, pid | 0, resource >>> 0, next, old),
  getrlimit: (process, [resource, address]) => limits(process, 0, resource >>> 0, 0, address),
  setrlimit: (process, [resource, address]) => limits(process, 0, resource >>> 0, address, 0),
  getrusage: (process, [who, address]) => usage(process, who | 0, address),
  prctl: (process, [option, ...values]) => control(process, option | 0, [values[0], values[1], values[2], values[3]]),
  personality(process, [persona]) {
    const before = process.persona;
    if (persona >>> 0 !== 0xffffffff) process.persona = persona >>> 0;
    return before;
  },
  getpriority: (process, [which, who]) => 20 - Math.min(...priorityTargets(process, which | 0, who | 0).map(niceOf)),
  setpriority: (process, [which, who, value]) => setPriority(process, which | 0, who | 0, value | 0),
  getcpu(process, [cpu, node]) {
    if (cpu !== 0) process.memory.writeU32(cpu, 0);
    if (node !== 0) process.memory.writeU32(node, 0);
    return 0;
  },
  membarrier: (process, [command, flags]) => barrier(process, command | 0, flags | 0),
};
