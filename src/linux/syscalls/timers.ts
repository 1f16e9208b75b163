/** Interval timers, POSIX timers, timerfd. */
import { fail } from '../errno.ts';
import type { Process } from '../process/process.ts';
import { SIGNAL, SIGNAL_COUNT, SI_TIMER } from '../process/signals.ts';
import type { SyscallHandlers } from '../process/syscall-table.ts';
import type { Thread } from '../process/thread.ts';
import { CpuTimer, RealTimer, type IntervalTimerSetting } from '../process/timers.ts';
import { O_CLOEXEC, O_NONBLOCK, O_RDWR } from '../vfs/constants.ts';
import type { FileDescription } from '../vfs/file-description.ts';
import { CLOCK, TIMER_ABSTIME } from './clocks.ts';
import { NANOSECONDS, readTimespec, readTimeval, writeTimespec, writeTimeval } from './support.ts';
import { cpuClockOf, type CpuClock } from './time.ts';
import { TimerFile } from './timer-file.ts';
import { anonymousInode } from './anonymous.ts';

const TFD_TIMER_CANCEL_ON_SET = 2;
const SIGEV_SIGNAL = 0;
const SIGEV_NONE = 1;
const SIGEV_THREAD = 2;
const SIGEV_THREAD_ID = 4;
const MAX_TIMERS = 1024;
/** Overruns that are told at most: timer_getoverrun(2). */
const DELAYTIMER_MAX = 0x7fffffffn;

/** timer_create(2). */
interface PosixTimer {
  readonly timer: Pick<RealTimer, 'setting' | 'set' | 'cancel'>;
  /** The time that settings of TIMER_ABSTIME are of. */
  readonly now: () => bigint;
  /** At most DELAYTIMER_MAX. */
  overrun: bigint;
  readonly forget: () => void;
}

const posixTimers = new WeakMap<Process, Map<number, PosixTimer>>();

function timersOf(process: Process): Map<number, PosixTimer> {
  let timers = posixTimers.get(process);
  if (timers === undefined) {
    const created = (timers = new Map<number, PosixTimer>());
    posixTimers.set(process, created);
    process.onLeavingProgram.push(() => {
      for (const { forget } of created.values()) forget();
      posixTimers.delete(process);
    });
  }
  return timers;
}

function isRealtime(clock: number): boolean {
  return clock === CLOCK.REALTIME || clock === CLOCK.REALTIME_ALARM || clock === CLOCK.TAI;
}

/** Clocks that wake. */
const WAKING: ReadonlySet<number> = new Set([
  CLOCK.REALTIME,
  CLOCK.MONOTONIC,
  CLOCK.BOOTTIME,
  CLOCK.REALTIME_ALARM,
  CLOCK.BOOTTIME_ALARM,
]);

function checkClock(clock: number): void {
  if (!WAKING.has(clock)) fail('EINVAL');
}

function nowOf({ platform }: Process, clock: number): bigint {
  return isRealtime(clock) ? platform.clock.realtime() : platform.clock.monotonic();
}

function notifier(process: Process, id: number, event: number): (timer: PosixTimer) => void {
  const { memory } = process;
  const value = event === 0 ? BigInt(id) : memory.readU64(event);
  const signal = event === 0 ? SIGNAL.SIGALRM : memory.readI32(event + 8);
  const kind = event === 0 ? SIGEV_SIGNAL : memory.readI32(event + 12);
  if (kind === SIGEV_NONE) return () => undefined;
  // The C library makes threads of its own; for the kernel it is a signal like another (good_sigevent).
  if (kind !== SIGEV_SIGNAL && kind !== SIGEV_THREAD && kind !== SIGEV_THREAD_ID) fail('EINVAL');
  if (signal < 1 || signal > SIGNAL_COUNT) fail('EINVAL');
  const thread: Thread | null = kind === SIGEV_THREAD_ID ? threadOf(process, memory.readI32(event + 16)) : null;
  return ({ overrun }) => {
    const origin = { kind: 'timer', id, overrun: Number(overrun), value } as const;
    process.post({ signal, code: SI_TIMER, origin }, thread);
  };
}

function threadOf(process: Process, tid: number): Thread {
  return process.threads.find((thread) => thread.tid === tid) ?? fail('EINVAL');
}

function createTimer(process: Process, clock: number, event: number, idAddress: number): number {
  const cpuClock = cpuClockOf(process, clock);
  if (cpuClock === null && clock !== CLOCK.TAI) checkClock(clock);
  const timers = timersOf(process);
  if (timers.size >= MAX_TIMERS) fail('EAGAIN');
  let id = 0;
  while (timers.has(id)) id++;
  const tell = notifier(process, id, event);
  process.memory.writeU32(idAddress, id);
  const expire = (expirations: bigint): void => {
    created.overrun = expirations - 1n < DELAYTIMER_MAX ? expirations - 1n : DELAYTIMER_MAX;
    tell(created);
  };
  const created = { overrun: 0n, ...makeTimer(process, clock, cpuClock, expire) };
  timers.set(id, created);
  return 0;
}

function makeTimer(
  process: Process,
  clock: number,
  cpuClock: CpuClock | null,
  expire: (expirations: bigint) => void,
): Pick<PosixTimer, 'timer' | 'now' | 'forget'> {
  if (cpuClock === null) {
    const timer = new RealTimer(process.platform, expire);
    return { timer, now: () => nowOf(process, clock), forget: () => timer.cancel() };
  }
  const { cpuTimers } = cpuClock.process;
  const timer = new CpuTimer(cpuClock.read, expire);
  cpuTimers.add(timer);
  return { timer, now: cpuClock.read, forget: () => cpuTimers.delete(timer) };
}

/** struct itimerspec: interval, value. */
function readSetting(process: Process, address: number, now: () => bigint, absolute: boolean): IntervalTimerSetting {
  const interval = readTimespec(process, address);
  const value = readTimespec(process, address + 16);
  if (!absolute || value === 0n) return { interval, value };
  const left = value - now();
  // A time in the past expires at once.
  return left > 0n ? { interval, value: left } : { interval, value: 1n, overdue: -left };
}

function writeSetting(process: Process, address: number, { interval, value }: IntervalTimerSetting): void {
  writeTimespec(process, address, interval);
  writeTimespec(process, address + 16, value);
}

function timer(process: Process, id: number): PosixTimer {
  return timersOf(process).get(id) ?? fail('EINVAL');
}

// setitimer

function intervalTimer(process: Process, which: number): Pick<RealTimer, 'setting' | 'set'> {
  switch (which) {
    case 0:
      return process.timer;
    case 1:
      return process.virtualTimer;
    case 2:
      return process.profileTimer;
    default:
      return fail('EINVAL');
  }
}

function writeInterval(process: Process, address: number, { interval, value }: IntervalTimerSetting): void {
  writeTimeval(process, address, interval);
  writeTimeval(process, address + 16, value);
}

function setInterval(process: Process, which: number, address: number, old: number): number {
  const target = intervalTimer(process, which);
  const next =
    address === 0
      ? { interval: 0n, value: 0n }
      : { interval: readTimeval(process, address), value: readTimeval(process, address + 16) };
  const previous = target.setting;
  target.set(next);
  if (old !== 0) writeInterval(process, old, previous);
  return 0;
}

/** alarm(2): seconds that were left, rounded so that some are when some were. */
function alarm(process: Process, seconds: number): number {
  const { value } = process.timer.setting;
  process.timer.set({ value: BigInt(seconds) * NANOSECONDS, interval: 0n });
  return Number((value + NANOSECONDS / 2n) / NANOSECONDS) || (value > 0n ? 1 : 0);
}

// timerfd

function timerFile(process: Process, fd: number): { file: TimerFile; description: FileDescription } {
  const description = process.fds.getFile(fd);
  const { file } = description;
  return file instanceof TimerFile ? { file, description } : fail('EINVAL');
}

function createTimerFile(process: Process, clock: number, flags: number): number {
  if ((flags & ~(O_CLOEXEC | O_NONBLOCK)) !== 0) fail('EINVAL');
  checkClock(clock);
  const file = new TimerFile(anonymousInode(process.vfs.environment), process.platform, clock);
  const description = process.vfs.anonymous(file, 'anon_inode:[timerfd]', O_RDWR | (flags & O_NONBLOCK));
  return process.fds.install(description, (flags & O_CLOEXEC) !== 0);
}

function setTimerFile(process: Process, fd: number, flags: number, address: number, old: number): number {
  if ((flags & ~(TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET)) !== 0) fail('EINVAL');
  const { file } = timerFile(process, fd);
  const next = readSetting(process, address, () => nowOf(process, file.clock), (flags & TIMER_ABSTIME) !== 0);
  if (old !== 0) writeSetting(process, old, file.setting);
  file.set(next);
  return 0;
}

export const timerCalls: SyscallHandlers = {
  getitimer(process, [which, address]) {
    writeInterval(process, address, intervalTimer(process, which | 0).setting);
    return 0;
  },
  setitimer: (process, [which, address, old]) => setInterval(process, which | 0, address, old),
  alarm: (process, [seconds]) => alarm(process, seconds >>> 0),
  timer_create: (process, [clock, event, id]) => createTimer(process, clock | 0, event, id),
  timer_settime(process, [id, flags, address, old]) {
    if (address === 0) fail('EINVAL');
    const found = timer(process, id | 0);
    const next = readSetting(process, address, found.now, (flags & TIMER_ABSTIME) !== 0);
    if (old !== 0) writeSetting(process, old, found.timer.setting);
    found.overrun = 0n;
    found.timer.set(next);
    return 0;
  },
  timer_gettime(process, [id, address]) {
    writeSetting(process, address, timer(process, id | 0).timer.setting);
    return 0;
  },
  timer_getoverrun: (process, [id]) => timer(process, id | 0).overrun,
  timer_delete(process, [id]) {
    timer(process, id | 0).forget();
    timersOf(process).delete(id | 0);
    return 0;
  },
  timerfd_create: (process, [clock, flags]) => createTimerFile(process, clock | 0, flags | 0),
  timerfd_settime: (process, [fd, flags, address, old]) => setTimerFile(process, fd | 0, flags | 0, address, old),
  timerfd_gettime(process, [fd, address]) {
    writeSetting(process, address, timerFile(process, fd | 0).file.setting);
    return 0;
  },
};
