import { expect, it } from 'vitest';
import { errno, scripted, type Script } from '../testing/scripted.ts';

async function run(body: (guest: ReturnType<typeof scripted>) => Script) {
  const guest = scripted();
  expect(await guest.run(() => body(guest))).toEqual({ kind: 'exit', code: 0 });
}

it('reads clocks', async () => {
  await run(function* ({ process: { memory }, scratch, platform }) {
    const read = (): bigint => memory.readU64(scratch) * 1_000_000_000n + memory.readU64(scratch + 8);
    const { clock } = platform.platform;
    for (const [id, now] of [
      [0, () => clock.realtime()],
      [1, () => clock.monotonic()],
      [4, () => clock.monotonic()],
      [5, () => clock.realtime()],
      [7, () => clock.monotonic()],
    ] as const) {
      const before = now();
      expect(yield ['clock_gettime', id, scratch]).toBe(0);
      expect(read()).toBeGreaterThanOrEqual(before);
      expect(read()).toBeLessThanOrEqual(now());
    }
    expect(yield ['clock_gettime', 2, scratch]).toBe(0);
    expect(read()).toBeLessThan(10_000_000_000n);
    expect(yield ['clock_gettime', 99, scratch]).toBe(errno('EINVAL'));
    expect(yield ['clock_getres', 1, scratch]).toBe(0);
    expect(read()).toBe(1n);
    expect(yield ['clock_getres', 99, 0]).toBe(errno('EINVAL'));
    expect(yield ['gettimeofday', scratch, scratch + 16]).toBe(0);
    expect(memory.readU64(scratch + 8)).toBeLessThan(1_000_000n);
    expect(yield ['clock_settime', 0, scratch]).toBe(errno('EPERM'));
    expect(yield ['settimeofday', scratch, 0]).toBe(errno('EPERM'));
    expect(yield ['clock_settime', 0, 0]).toBe(errno('EFAULT'));
    expect(yield ['clock_settime', 1, scratch]).toBe(errno('EINVAL'));
    expect(yield ['settimeofday', -1, 0]).toBe(errno('EFAULT'));
    expect(yield ['times', scratch]).toBeGreaterThan(0);
    expect(yield ['getrusage', 0, scratch]).toBe(0);
    expect(memory.readPointer(scratch + 32)).toBeGreaterThan(100);
    expect(yield ['getrusage', -1, scratch]).toBe(0);
    expect(yield ['getrusage', 5, scratch]).toBe(errno('EINVAL'));
  });
});

it('sleeps for a time and until a time', async () => {
  await run(function* ({ process: { memory }, scratch, platform }) {
    const { clock } = platform.platform;
    const set = (nanoseconds: bigint): void => {
      memory.writeU64(scratch, nanoseconds / 1_000_000_000n);
      memory.writeU64(scratch + 8, nanoseconds % 1_000_000_000n);
    };
    set(3_000_000n);
    let before = clock.monotonic();
    expect(yield ['nanosleep', scratch, 0]).toBe(0);
    expect(clock.monotonic() - before).toBeGreaterThanOrEqual(3_000_000n);
    before = clock.monotonic();
    set(clock.realtime() + 3_000_000n);
    expect(yield ['clock_nanosleep', 0, 1, scratch, 0]).toBe(0);
    expect(clock.monotonic() - before).toBeGreaterThanOrEqual(2_500_000n);
    expect(yield ['clock_nanosleep', 1, 0, scratch + 16, 0]).toBe(0);
    set(1n);
    expect(yield ['clock_nanosleep', 0, 1, scratch, 0]).toBe(0);
    expect(yield ['clock_nanosleep', 3, 0, scratch, 0]).toBe(errno('EOPNOTSUPP'));
    expect(yield ['clock_nanosleep', 2, 0, scratch, 0]).toBe(errno('EOPNOTSUPP'));
    memory.writeU64(scratch, -1n);
    expect(yield ['nanosleep', scratch, 0]).toBe(errno('EINVAL'));
  });
});

it('has a real interval timer, and says that the others are missing', async () => {
  await run(function* ({ process: { memory }, scratch }) {
    [5, 0, 100, 7].forEach((word, index) => {
      memory.writeU64(scratch + index * 8, word);
    });
    expect(yield ['setitimer', 0, scratch, 0]).toBe(0);
    expect(yield ['getitimer', 0, scratch + 64]).toBe(0);
    expect(memory.readPointer(scratch + 64)).toBe(5);
    expect(memory.readPointer(scratch + 80)).toBeGreaterThan(98);
    expect(yield ['setitimer', 0, 0, scratch + 64]).toBe(0);
    expect(yield ['getitimer', 0, scratch + 64]).toBe(0);
    expect(memory.readPointer(scratch + 80)).toBe(0);
    expect(yield ['setitimer', 1, 0, 0]).toBe(0);
    expect(yield ['getitimer', 9, scratch]).toBe(errno('EINVAL'));
    memory.writeU64(scratch + 8, 1_000_000);
    expect(yield ['setitimer', 0, scratch, 0]).toBe(errno('EINVAL'));
  });
});
