/** Clocks, sleeping, interval timers. */
import { fail } from '../errno.ts';
import type { Process } from '../process/process.ts';
import type { SyscallHandlers } from '../process/syscall-table.ts';
import { Wait, type SyscallResult } from '../process/wait.ts';
import { deadlineIn, NANOSECONDS, readTimespec, readTimeval, writeTimespec, writeTimeval } from './support.ts';

const CLOCK_REALTIME = 0;
const CLOCK_MONOTONIC = 1;
const CLOCK_PROCESS_CPUTIME_ID = 2;
const CLOCK_THREAD_CPUTIME_ID = 3;
const CLOCK_MONOTONIC_RAW = 4;
const CLOCK_REALTIME_COARSE = 5;
const CLOCK_MONOTONIC_COARSE = 6;
const CLOCK_BOOTTIME = 7;
const CLOCK_TAI = 11;
const TIMER_ABSTIME = 1;
const ITIMER_REAL = 0;
const CLOCK_TICK = NANOSECONDS / 100n;

function readClock(process: Process, clock: number): bigint {
  switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
    case CLOCK_TAI:
      return process.platform.clock.realtime();
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_BOOTTIME:
      return process.platform.clock.monotonic();
    case CLOCK_PROCESS_CPUTIME_ID:
    case CLOCK_THREAD_CPUTIME_ID:
      return process.cpuTime;
    default:
      return fail('EINVAL');
  }
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
  if (clock === CLOCK_THREAD_CPUTIME_ID) fail('EINVAL');
  if (clock === CLOCK_PROCESS_CPUTIME_ID) fail('EOPNOTSUPP');
  const now = readClock(process, clock);
  const time = readTimespec(process, request);
  if ((flags & TIMER_ABSTIME) === 0) return sleep(process, time, remaining);
  return time <= now ? 0 : sleep(process, time - now, 0);
}

function checkRealTimer(which: number): void {
  // The virtual and profiling timers count CPU time; that they are missing must show.
  if (which < 0 || which > 2) fail('EINVAL');
  if (which !== ITIMER_REAL) fail('ENOSYS');
}

function writeTimer(process: Process, address: number): void {
  const { interval, value } = process.timer.setting;
  writeTimeval(process, address, interval);
  writeTimeval(process, address + 16, value);
}

function setTimer(process: Process, which: number, address: number, old: number): number {
  checkRealTimer(which);
  const setting =
    address === 0
      ? { interval: 0n, value: 0n }
      : { interval: readTimeval(process, address), value: readTimeval(process, address + 16) };
  if (old !== 0) writeTimer(process, old);
  process.timer.set(setting);
  return 0;
}

function times(process: Process, address: number): bigint {
  if (address !== 0) {
    process.memory.writeU64(address, process.cpuTime / CLOCK_TICK);
    for (let index = 1; index < 4; index++) process.memory.writeU64(address + index * 8, 0);
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
  clock_settime: () => fail('EPERM'),
  settimeofday: () => fail('EPERM'),
  gettimeofday(process, [address, zone]) {
    if (address !== 0) writeTimeval(process, address, process.platform.clock.realtime());
    if (zone !== 0) process.memory.writeU64(zone, 0);
    return 0;
  },
  nanosleep: (process, [request, remaining]) => sleep(process, readTimespec(process, request), remaining),
  clock_nanosleep: (process, [clock, flags, request, remaining]) =>
    clockSleep(process, clock | 0, flags | 0, request, remaining),
  getitimer(process, [which, address]) {
    checkRealTimer(which | 0);
    writeTimer(process, address);
    return 0;
  },
  setitimer: (process, [which, address, old]) => setTimer(process, which | 0, address, old),
  times: (process, [address]) => times(process, address),
};
