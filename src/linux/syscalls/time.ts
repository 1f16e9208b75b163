/** Clocks and sleeping. */
import { fail } from '../errno.ts';
import type { Process } from '../process/process.ts';
import type { SyscallHandlers } from '../process/syscall-table.ts';
import { Wait, type SyscallResult } from '../process/wait.ts';
import { CLOCK, TIMER_ABSTIME } from './clocks.ts';
import { deadlineIn, NANOSECONDS, readTimespec, readTimeval, writeTimespec, writeTimeval } from './support.ts';

const CLOCK_TICK = NANOSECONDS / 100n;

function readClock(process: Process, clock: number): bigint {
  switch (clock) {
    case CLOCK.REALTIME:
    case CLOCK.REALTIME_COARSE:
    case CLOCK.REALTIME_ALARM:
    case CLOCK.TAI:
      return process.platform.clock.realtime();
    case CLOCK.MONOTONIC:
    case CLOCK.MONOTONIC_RAW:
    case CLOCK.MONOTONIC_COARSE:
    case CLOCK.BOOTTIME:
    case CLOCK.BOOTTIME_ALARM:
      return process.platform.clock.monotonic();
    default:
      return (cpuClockOf(process, clock) ?? fail('EINVAL')).read();
  }
}

/** A clock of CPU time, and the process whose turns move it. */
export interface CpuClock {
  readonly process: Process;
  readonly read: () => bigint;
}

/**
 * Clocks of processes and threads; those of others have the complement of the number and three bits of kind (posix-timers.c). Null
 * for other clocks.
 */
export function cpuClockOf(process: Process, clock: number): CpuClock | null {
  const { processes, scheduler } = process.kernel;
  const own = clock === CLOCK.PROCESS_CPUTIME_ID || clock === CLOCK.THREAD_CPUTIME_ID;
  if (!own && clock >= 0) return null;
  if (!own && (clock & 3) > 2) fail('EINVAL');
  const id = own ? 0 : ~(clock >> 3);
  if (own ? clock === CLOCK.PROCESS_CPUTIME_ID : (clock & 4) === 0) {
    const target = id === 0 ? process : (processes.process(id) ?? fail('EINVAL'));
    return { process: target, read: () => target.cpuTime };
  }
  const thread = id === 0 ? process.thread : (processes.thread(id) ?? fail('EINVAL'));
  return { process: thread.process, read: () => scheduler.cpuTimeOf(thread) };
}

/** Sleeps for `duration`; `remaining` is where the rest goes when a signal ends the sleep, 0 for nowhere. */
function sleep(process: Process, duration: bigint, remaining: number): SyscallResult {
  const until = process.platform.clock.monotonic() + duration;
  return new Wait({
    ...deadlineIn(process, duration),
    onDeadline: () => 0,
    restartable: false,
    onInterrupt: () => {
      const left = until - process.platform.clock.monotonic();
      if (remaining !== 0) writeTimespec(process, remaining, left > 0n ? left : 0n);
      return fail('EINTR');
    },
  });
}

function clockSleep(process: Process, clock: number, flags: number, request: number, remaining: number): SyscallResult {
  // As in Linux; nanosleep by a process's own CPU time is not there.
  if (clock === CLOCK.THREAD_CPUTIME_ID || clock === CLOCK.PROCESS_CPUTIME_ID) fail('EOPNOTSUPP');
  const now = readClock(process, clock);
  const time = readTimespec(process, request);
  if ((flags & TIMER_ABSTIME) === 0) return sleep(process, time, remaining);
  return time <= now ? 0 : sleep(process, time - now, 0);
}

function times(process: Process, address: number): bigint {
  if (address !== 0) {
    const ticks = [process.cpuTime, 0n, process.childrenTime, 0n].map((time) => time / CLOCK_TICK);
    ticks.forEach((time, index) => {
      process.memory.writeU64(address + index * 8, time);
    });
  }
  return process.platform.clock.monotonic() / CLOCK_TICK;
}

export const timeCalls: SyscallHandlers = {
  clock_gettime(process, [clock, address]) {
    writeTimespec(process, address, readClock(process, clock | 0));
    return 0;
  },
  clock_getres(process, [clock, address]) {
    readClock(process, clock | 0);
    if (address !== 0) writeTimespec(process, address, 1n);
    return 0;
  },
  clock_settime(process, [clock, address]) {
    if (clock !== CLOCK.REALTIME) fail('EINVAL');
    readTimespec(process, address);
    // The clock is the host's.
    return fail('EPERM');
  },
  settimeofday(process, [address, zone]) {
    if (address !== 0) readTimeval(process, address);
    if (zone !== 0) process.memory.readU64(zone);
    return fail('EPERM');
  },
  gettimeofday(process, [address, zone]) {
    if (address !== 0) writeTimeval(process, address, process.platform.clock.realtime());
    if (zone !== 0) process.memory.writeU64(zone, 0);
    return 0;
  },
  nanosleep: (process, [request, remaining]) => sleep(process, readTimespec(process, request), remaining),
  clock_nanosleep: (process, [clock, flags, request, remaining]) =>
    clockSleep(process, clock | 0, flags | 0, request, remaining),
  times: (process, [address]) => times(process, address),
};
