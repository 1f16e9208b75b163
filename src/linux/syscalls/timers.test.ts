import { expect, it } from 'vitest';
import { errno, scripted, type Script, type Scripted } from '../testing/scripted.ts';

async function run(body: (guest: Scripted) => Script): Promise<void> {
  const guest = scripted();
  expect(await guest.run(() => body(guest))).toEqual({ kind: 'exit', code: 0 });
}

const words = (...values: bigint[]): Uint8Array => new Uint8Array(BigUint64Array.from(values).buffer);
/** struct itimerspec of nanoseconds. */
const setting = (interval: bigint, value: bigint): Uint8Array => words(0n, interval, 0n, value);

it('timerfd counts expirations and can be waited for', async () => {
  await run(function* ({ process, scratch, data }) {
    const { memory } = process;
    expect(yield ['timerfd_create', 2, 0]).toBe(errno('EINVAL'));
    expect(yield ['timerfd_create', 1, 0o4000]).toBe(3);
    expect(yield ['read', 3, scratch, 8]).toBe(errno('EAGAIN'));
    expect(yield ['timerfd_settime', 3, 0, data(setting(1_000_000n, 1_000_000n)), 0]).toBe(0);
    memory.writeU64(scratch, 3n | (1n << 32n));
    expect(yield ['ppoll', scratch, 1, 0, 0, 0]).toBe(1);
    expect(yield ['read', 3, scratch, 8]).toBe(8);
    expect(memory.readU64(scratch)).toBeGreaterThanOrEqual(1n);
    expect(yield ['timerfd_gettime', 3, scratch]).toBe(0);
    expect(memory.readU64(scratch + 8)).toBe(1_000_000n);
    expect(yield ['timerfd_settime', 3, 1, data(setting(0n, 1n)), 0]).toBe(0);
    expect(yield ['ppoll', data(words(3n | (1n << 32n))), 1, 0, 0, 0]).toBe(1);
    expect(yield ['timerfd_settime', 0, 0, scratch, 0]).toBe(errno('EINVAL'));
  });
});

it('POSIX timers send their signal with its value', async () => {
  await run(function* ({ process, scratch, data }) {
    const { memory } = process;
    const event = data(words(77n, 40n));
    expect(yield ['timer_create', 1, event, scratch]).toBe(0);
    expect(yield ['timer_create', 0, 0, scratch + 4]).toBe(0);
    expect(memory.readU32(scratch + 4)).toBe(1);
    const set = data(words(1n << 39n));
    yield ['rt_sigprocmask', 0, set, 0, 8];
    expect(yield ['timer_settime', 0, 0, data(setting(0n, 1_000_000n)), scratch + 16]).toBe(0);
    expect(yield ['rt_sigtimedwait', set, scratch + 64, 0, 8]).toBe(40);
    expect(memory.readI32(scratch + 72)).toBe(-2);
    expect(memory.readU64(scratch + 88)).toBe(77n);
    expect(yield ['timer_getoverrun', 0]).toBe(0);
    expect(yield ['timer_gettime', 0, scratch]).toBe(0);
    // A time that has passed expires at once, as often as it would have by now; there is a bound to what is told.
    expect(yield ['timer_settime', 0, 1, data(setting(1n, 1n)), 0]).toBe(0);
    expect(yield ['rt_sigtimedwait', set, scratch + 64, 0, 8]).toBe(40);
    expect(yield ['timer_getoverrun', 0]).toBe(0x7fffffff);
    expect(yield ['timer_delete', 0]).toBe(0);
    expect(yield ['timer_delete', 0]).toBe(errno('EINVAL'));
  });
});

it('timers of CPU time count what the process runs', async () => {
  await run(function* ({ process, scratch, data }) {
    const { memory } = process;
    expect(yield ['timer_create', 9999, 0, scratch]).toBe(errno('EINVAL'));
    const event = data(words(5n, 40n));
    for (const clock of [2, 3, (~process.pid << 3) | 2]) expect(yield ['timer_create', clock, event, scratch]).toBe(0);
    const set = data(words(1n << 39n));
    yield ['rt_sigprocmask', 0, set, 0, 8];
    expect(yield ['timer_settime', 0, 0, 0, 0]).toBe(errno('EINVAL'));
    // A point of the process's time that has passed, and then again and again.
    expect(yield ['timer_settime', 0, 1, data(setting(1000n, 1n)), 0]).toBe(0);
    expect(yield ['timer_gettime', 0, scratch]).toBe(0);
    expect(memory.readU64(scratch + 8)).toBe(1000n);
    expect(yield ['sched_yield']).toBe(0);
    expect(yield ['rt_sigtimedwait', set, scratch + 64, data(words(0n, 0n)), 8]).toBe(40);
    expect(memory.readI32(scratch + 72)).toBe(-2);
    expect(yield ['timer_getoverrun', 0]).toBeGreaterThanOrEqual(0);
    expect(yield ['timer_delete', 0]).toBe(0);
    expect(process.cpuTimers.size).toBe(2);
  });
});

it('signalfd gives out pending signals', async () => {
  await run(function* ({ process, scratch, data }) {
    const set = data(words((1n << 9n) | (1n << 16n)));
    yield ['rt_sigprocmask', 0, set, 0, 8];
    expect(yield ['signalfd4', -1, set, 8, 0o4000]).toBe(3);
    expect(yield ['read', 3, scratch, 256]).toBe(errno('EAGAIN'));
    yield ['kill', 2, 10];
    process.memory.writeU64(scratch, 3n | (1n << 32n));
    expect(yield ['ppoll', scratch, 1, 0, 0, 0]).toBe(1);
    expect(yield ['read', 3, scratch, 256]).toBe(128);
    expect([process.memory.readU32(scratch), process.memory.readU32(scratch + 12)]).toEqual([10, 2]);
    expect(yield ['signalfd4', 3, set, 8, 0]).toBe(3);
    expect(yield ['signalfd4', 0, set, 8, 0]).toBe(errno('EINVAL'));
  });
});

it('RLIMIT_CPU sends SIGXCPU each second, then SIGKILL', async () => {
  const guest = scripted();
  const started = performance.now();
  const exit = await guest.run(function* () {
    const SIGXCPU = 24n;
    expect(yield ['setrlimit', 0, guest.data(words(0n, 2n))]).toBe(0);
    yield ['rt_sigprocmask', 0, guest.data(words(1n << (SIGXCPU - 1n))), 0, 8];
    for (;;) {
      yield ['rt_sigpending', guest.scratch, 8];
      if (guest.process.memory.readU64(guest.scratch) !== 0n) break;
      yield ['sched_yield'];
    }
    expect(guest.process.memory.readU64(guest.scratch)).toBe(1n << (SIGXCPU - 1n));
    expect(yield ['getrlimit', 0, guest.scratch]).toBe(0);
    expect(guest.process.memory.readU64(guest.scratch)).toBe(2n);
    for (;;) yield ['sched_yield'];
  });
  expect(exit).toMatchObject({ kind: 'signal', signal: 9 });
  expect(performance.now() - started).toBeGreaterThan(1500);
});
