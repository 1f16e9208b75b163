/** Who runs when: sched(7), ioprio_set(2). */
import { PAGE_SIZE } from '../../memory/layout.ts';
import { CAP } from '../capabilities.ts';
import { fail } from '../errno.ts';
import type { Process } from '../process/process.ts';
import { RLIMIT } from '../process/rlimits.ts';
import type { SyscallHandlers } from '../process/syscall-table.ts';
import type { Thread } from '../process/thread.ts';
import { requireKnown, writeTimespec } from './support.ts';

const SCHED_FIFO = 1;
const SCHED_RR = 2;
const SCHED_BATCH = 3;
const SCHED_IDLE = 5;
const SCHED_DEADLINE = 6;
const SCHED_RESET_ON_FORK = 0x40000000;
const FLAG_RESET_ON_FORK = 1;
const MAX_PRIORITY = 99;
/** Linux: RR_TIMESLICE; a turn here is shorter. */
const RR_INTERVAL = 100_000_000n;
/** Linux's usual slice of those that share what is left. */
const FAIR_INTERVAL = 4_000_000n;
/** struct sched_attr as it was first. */
const ATTRIBUTES_SIZE = 48;

const IOPRIO_WHO = { PROCESS: 1, PGRP: 2, USER: 3 } as const;
const IOPRIO_CLASS = { NONE: 0, RT: 1, BE: 2, IDLE: 3 } as const;

function isRealtime(policy: number): boolean {
  return policy === SCHED_FIFO || policy === SCHED_RR;
}

/** Scheduling is asked for threads. */
function threadOf(process: Process, tid: number): Thread {
  if (tid < 0) fail('EINVAL');
  return tid === 0 ? process.thread : (process.kernel.processes.thread(tid) ?? fail('ESRCH'));
}

function requireOwner(process: Process, target: Process): void {
  const { euid } = process.ids;
  if (euid !== target.ids.euid && euid !== target.ids.uid && !process.can(CAP.SYS_NICE)) fail('EPERM');
}

function affinity(process: Process, tid: number, size: number, address: number): number {
  threadOf(process, tid);
  if (size < 8 || size % 8 !== 0) fail('EINVAL');
  process.memory.writeU64(address, (1n << BigInt(process.kernel.cpus)) - 1n);
  return 8;
}

function setAffinity(process: Process, tid: number, size: number, address: number): number {
  const mask = process.memory.readBytes(address, Math.min(size, PAGE_SIZE));
  requireOwner(process, threadOf(process, tid).process);
  const known = 2 ** Math.min(process.kernel.cpus, 8) - 1;
  return ((mask[0] ?? 0) & known) === 0 ? fail('EINVAL') : 0;
}

function priorityOf(policy: number, realtime: number): number {
  if (isRealtime(policy)) return realtime;
  return policy === 0 || policy === SCHED_BATCH || policy === SCHED_IDLE || policy === SCHED_DEADLINE
    ? 0
    : fail('EINVAL');
}

/** Linux: __sched_setscheduler. Deadlines are not there: nobody is admitted. */
function change(process: Process, thread: Thread, policy: number, priority: number, resets: boolean): number {
  if (policy === SCHED_DEADLINE) fail('EBUSY');
  if (!isRealtime(policy) && policy !== 0 && policy !== SCHED_BATCH && policy !== SCHED_IDLE) fail('EINVAL');
  if (isRealtime(policy) ? priority < 1 || priority > MAX_PRIORITY : priority !== 0) fail('EINVAL');
  const target = thread.process;
  const now = thread.scheduling;
  if (!process.can(CAP.SYS_NICE)) {
    const limit = Number(target.limits.soft(RLIMIT.RTPRIO));
    const rises = priority > now.priority && priority > limit;
    if (isRealtime(policy) && ((policy !== now.policy && limit === 0) || rises)) fail('EPERM');
    if (now.resetsOnFork && !resets) fail('EPERM');
    requireOwner(process, target);
  }
  thread.scheduling = { policy, priority, resetsOnFork: resets };
  if (isRealtime(policy)) process.kernel.scheduler.usesPriorities = true;
  return 0;
}

function setScheduler(process: Process, tid: number, policy: number, parameter: number): number {
  if (parameter === 0 || tid < 0 || policy < 0) fail('EINVAL');
  const priority = process.memory.readI32(parameter);
  const thread = threadOf(process, tid);
  return change(process, thread, policy & ~SCHED_RESET_ON_FORK, priority, (policy & SCHED_RESET_ON_FORK) !== 0);
}

function setParameter(process: Process, tid: number, parameter: number): number {
  if (parameter === 0 || tid < 0) fail('EINVAL');
  const priority = process.memory.readI32(parameter);
  const thread = threadOf(process, tid);
  return change(process, thread, thread.scheduling.policy, priority, thread.scheduling.resetsOnFork);
}

function getParameter(process: Process, tid: number, parameter: number): number {
  if (parameter === 0) fail('EINVAL');
  process.memory.writeU32(parameter, threadOf(process, tid).scheduling.priority);
  return 0;
}

function getPolicy(process: Process, tid: number): number {
  const { policy, resetsOnFork } = threadOf(process, tid).scheduling;
  return policy | (resetsOnFork ? SCHED_RESET_ON_FORK : 0);
}

/** struct sched_attr: size, policy, flags (64 bits), nice, priority, and three times for deadlines. */
function setAttributes(process: Process, tid: number, address: number, flags: number): number {
  if (address === 0 || tid < 0 || flags !== 0) fail('EINVAL');
  const { memory } = process;
  const size = memory.readU32(address) || ATTRIBUTES_SIZE;
  if (size < ATTRIBUTES_SIZE) {
    memory.writeU32(address, ATTRIBUTES_SIZE);
    fail('E2BIG');
  }
  requireKnown(process, address, size, ATTRIBUTES_SIZE);
  const policy = memory.readI32(address + 4);
  const attributeFlags = memory.readU64(address + 8);
  const nice = memory.readI32(address + 16);
  if (policy < 0 || (attributeFlags & ~BigInt(FLAG_RESET_ON_FORK)) !== 0n) fail('EINVAL');
  const thread = threadOf(process, tid);
  const target = thread.process;
  const isFair = !isRealtime(policy);
  if (isFair && (nice < -20 || nice > 19)) fail('EINVAL');
  if (isFair && nice < target.nice && !process.can(CAP.SYS_NICE)) fail('EPERM');
  change(process, thread, policy, memory.readU32(address + 20), attributeFlags !== 0n);
  if (isFair) target.nice = nice;
  return 0;
}

function getAttributes(process: Process, tid: number, address: number, size: number, flags: number): number {
  if (address === 0 || tid < 0 || size > PAGE_SIZE || size < ATTRIBUTES_SIZE || flags !== 0) fail('EINVAL');
  const thread = threadOf(process, tid);
  const { policy, priority, resetsOnFork } = thread.scheduling;
  const bytes = new Uint8Array(ATTRIBUTES_SIZE);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, ATTRIBUTES_SIZE, true);
  view.setUint32(4, policy, true);
  view.setUint32(8, resetsOnFork ? FLAG_RESET_ON_FORK : 0, true);
  view.setInt32(16, isRealtime(policy) ? 0 : thread.process.nice, true);
  view.setUint32(20, priority, true);
  process.memory.writeBytes(address, bytes);
  return 0;
}

function interval(process: Process, tid: number, address: number): number {
  const { policy } = threadOf(process, tid).scheduling;
  writeTimespec(process, address, policy === SCHED_FIFO ? 0n : policy === SCHED_RR ? RR_INTERVAL : FAIR_INTERVAL);
  return 0;
}

/** Whom ioprio_set(2) means. */
function ioTargets(process: Process, which: number, who: number): Process[] {
  const { processes } = process.kernel;
  switch (which) {
    case IOPRIO_WHO.PROCESS:
      return [threadOf(process, who).process];
    case IOPRIO_WHO.PGRP:
      return processes.group(who === 0 ? process.processGroup : who);
    case IOPRIO_WHO.USER:
      return processes.all().filter(({ ids }) => ids.uid === (who === 0 ? process.ids.uid : who));
    default:
      return fail('EINVAL');
  }
}

/** Priorities of input and output are kept and shown: the host does it all at once. */
function setIoPriority(process: Process, which: number, who: number, priority: number): number {
  const [kind, level] = [priority >> 13, priority & 7];
  if (kind === IOPRIO_CLASS.RT && !process.can(CAP.SYS_ADMIN) && !process.can(CAP.SYS_NICE)) fail('EPERM');
  if (kind < 0 || kind > IOPRIO_CLASS.IDLE || (kind === IOPRIO_CLASS.NONE && level !== 0)) fail('EINVAL');
  const targets = ioTargets(process, which, who);
  if (targets.length === 0) fail('ESRCH');
  for (const target of targets) requireOwner(process, target);
  for (const target of targets) target.ioPriority = priority;
  return 0;
}

function getIoPriority(process: Process, which: number, who: number): number {
  const targets = ioTargets(process, which, who);
  if (targets.length === 0) fail('ESRCH');
  return Math.min(...targets.map(({ ioPriority }) => ioPriority));
}

export const schedulingCalls: SyscallHandlers = {
  sched_yield(process) {
    process.kernel.scheduler.yield();
    return 0;
  },
  sched_getaffinity: (process, [tid, size, address]) => affinity(process, tid | 0, size >>> 0, address),
  sched_setaffinity: (process, [tid, size, address]) => setAffinity(process, tid | 0, size >>> 0, address),
  sched_getscheduler: (process, [tid]) => getPolicy(process, tid | 0),
  sched_setscheduler: (process, [tid, policy, parameter]) => setScheduler(process, tid | 0, policy | 0, parameter),
  sched_getparam: (process, [tid, address]) => getParameter(process, tid | 0, address),
  sched_setparam: (process, [tid, address]) => setParameter(process, tid | 0, address),
  sched_getattr: (process, [tid, address, size, flags]) =>
    getAttributes(process, tid | 0, address, size >>> 0, flags >>> 0),
  sched_setattr: (process, [tid, address, flags]) => setAttributes(process, tid | 0, address, flags >>> 0),
  sched_get_priority_max: (_process, [policy]) => priorityOf(policy | 0, MAX_PRIORITY),
  sched_get_priority_min: (_process, [policy]) => priorityOf(policy | 0, 1),
  sched_rr_get_interval: (process, [tid, address]) => interval(process, tid | 0, address),
  ioprio_get: (process, [which, who]) => getIoPriority(process, which | 0, who | 0),
  ioprio_set: (process, [which, who, priority]) => setIoPriority(process, which | 0, who | 0, priority | 0),
};
