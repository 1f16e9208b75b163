import { describe, expect, it } from 'vitest';
import { errno, scripted, type Script, type Scripted } from '../testing/scripted.ts';

const LOCK = 6;
const UNLOCK = 7;
const TRYLOCK = 8;
const LOCK2 = 13;
const WAITERS = 0x80000000;
const OWNER_DIED = 0x40000000;
const CLONE_THREAD = 0x50f00;
const FIRST = 2;
const SECOND = 3;
const THIRD = 4;
const SIGUSR1 = 10;

async function run(first: (guest: Scripted) => Script, ...others: ((guest: Scripted) => Script)[]): Promise<void> {
  const guest = scripted();
  const exit = await guest.run(() => first(guest), ...others.map((script) => () => script(guest)));
  expect(exit).toEqual({ kind: 'exit', code: 0 });
}

const word = ({ process, scratch }: Scripted): number => process.memory.readU32(scratch);

function duration({ process: { memory }, scratch }: Scripted, milliseconds: number): number {
  memory.writeU64(scratch + 512, 0);
  memory.writeU64(scratch + 520, milliseconds * 1_000_000);
  return scratch + 512;
}

describe('futexes that know their owner', () => {
  it('are taken, tried and given back', async () => {
    await run(function* (guest) {
      const { scratch, process } = guest;
      expect(yield ['futex', scratch, LOCK]).toBe(0);
      expect(word(guest)).toBe(FIRST);
      expect(yield ['futex', scratch, LOCK]).toBe(errno('EDEADLK'));
      expect(yield ['futex', scratch, TRYLOCK]).toBe(errno('EDEADLK'));
      expect(yield ['futex', scratch, UNLOCK]).toBe(0);
      expect(word(guest)).toBe(0);
      expect(yield ['futex', scratch, UNLOCK]).toBe(errno('EPERM'));
      expect(yield ['futex', scratch, TRYLOCK]).toBe(0);
      // Nobody has that number.
      process.memory.writeU32(scratch, 77);
      expect(yield ['futex', scratch, LOCK]).toBe(errno('ESRCH'));
      expect(yield ['futex', scratch, TRYLOCK]).toBe(errno('EAGAIN'));
      // Its owner died, as a robust list has noted.
      process.memory.writeU32(scratch, OWNER_DIED);
      expect(yield ['futex', scratch, TRYLOCK]).toBe(0);
      expect(word(guest)).toBe(OWNER_DIED + FIRST);
      expect(yield ['futex', 4096, LOCK]).toBe(errno('EFAULT'));
      expect(yield ['futex', scratch + 2, LOCK]).toBe(errno('EINVAL'));
    });
  });

  it('are handed over in the order of waiting', async () => {
    const order: number[] = [];
    const waits = (tid: number) =>
      function* (guest: Scripted): Script {
        expect(yield ['futex', guest.scratch, TRYLOCK]).toBe(errno('EAGAIN'));
        expect(yield ['futex', guest.scratch, tid === SECOND ? LOCK : LOCK2]).toBe(0);
        order.push(tid);
        expect(word(guest)).toBe(WAITERS + tid);
        expect(yield ['futex', guest.scratch, UNLOCK]).toBe(0);
        yield ['exit', 0];
      };
    await run(
      function* (guest) {
        const { scratch } = guest;
        yield ['futex', scratch, LOCK];
        for (const tid of [SECOND, THIRD]) {
          expect(yield ['clone', CLONE_THREAD, 0, 0, 0, 0]).toBe(tid);
          yield ['sched_yield'];
        }
        expect(word(guest)).toBe(WAITERS + FIRST);
        order.push(FIRST);
        expect(yield ['futex', scratch, UNLOCK]).toBe(0);
        expect(word(guest)).toBe(WAITERS + SECOND);
        expect(yield ['futex', scratch, LOCK]).toBe(0);
        expect(order).toEqual([FIRST, SECOND, THIRD]);
        expect(yield ['futex', scratch, UNLOCK]).toBe(0);
        expect(word(guest)).toBe(0);
      },
      waits(SECOND),
      waits(THIRD),
    );
  });

  it('are waited for again before the one who got them runs', async () => {
    await run(
      function* (guest) {
        const { scratch } = guest;
        yield ['futex', scratch, LOCK];
        expect(yield ['clone', CLONE_THREAD, 0, 0, 0, 0]).toBe(SECOND);
        yield ['sched_yield'];
        expect(yield ['futex', scratch, UNLOCK]).toBe(0);
        expect(word(guest)).toBe(WAITERS + SECOND);
        expect(yield ['futex', scratch, LOCK]).toBe(0);
        expect(word(guest)).toBe(WAITERS + FIRST);
      },
      function* ({ scratch }) {
        expect(yield ['futex', scratch, LOCK]).toBe(0);
        expect(yield ['futex', scratch, UNLOCK]).toBe(0);
        yield ['exit', 0];
      },
    );
  });

  it('go to a waiter when the owner dies', async () => {
    await run(
      function* (guest) {
        const { scratch } = guest;
        expect(yield ['clone', CLONE_THREAD, 0, 0, 0, 0]).toBe(SECOND);
        yield ['sched_yield'];
        expect(word(guest)).toBe(SECOND);
        expect(yield ['futex', scratch, LOCK]).toBe(0);
        expect(word(guest)).toBe(WAITERS + OWNER_DIED + FIRST);
        expect(yield ['futex', scratch, UNLOCK]).toBe(0);
        expect(word(guest)).toBe(0);
      },
      function* ({ scratch }) {
        yield ['futex', scratch, LOCK];
        yield ['sched_yield'];
        yield ['exit', 0];
      },
    );
  });

  it('of a robust list are marked, and nobody is woken for nothing', async () => {
    await run(
      function* (guest) {
        const { scratch, process } = guest;
        expect(yield ['clone', CLONE_THREAD, 0, 0, 0, 0]).toBe(SECOND);
        yield ['sched_yield'];
        yield ['sched_yield'];
        expect(process.threads).toHaveLength(1);
        expect(word(guest)).toBe(OWNER_DIED);
        expect(yield ['futex', scratch, LOCK]).toBe(0);
        expect(word(guest)).toBe(OWNER_DIED + FIRST);
      },
      function* ({ scratch, process: { memory } }) {
        // A list of one entry, whose lowest bit says what kind of lock it is; the lock lies 64 bytes before it.
        const [head, entry] = [scratch + 256, scratch + 64];
        memory.writeU64(head, entry + 1);
        memory.writeU64(head + 8, -64n);
        memory.writeU64(entry, head);
        yield ['set_robust_list', head, 24];
        yield ['futex', scratch, LOCK];
        yield ['exit', 0];
      },
    );
  });

  it('are not waited for in a circle', async () => {
    await run(
      function* ({ scratch }) {
        yield ['futex', scratch, LOCK];
        expect(yield ['clone', CLONE_THREAD, 0, 0, 0, 0]).toBe(SECOND);
        yield ['sched_yield'];
        expect(yield ['futex', scratch + 4, LOCK]).toBe(errno('EDEADLK'));
      },
      function* ({ scratch }) {
        yield ['futex', scratch + 4, LOCK];
        yield ['futex', scratch, LOCK];
      },
    );
  });

  it('are waited for until a time, and through signals', async () => {
    let timedOut = false;
    await run(
      function* (guest) {
        const { scratch, process, platform } = guest;
        yield ['futex', scratch, LOCK];
        expect(yield ['clone', CLONE_THREAD, scratch + 8192, 0, 0, 0]).toBe(SECOND);
        process.memory.writeU64(scratch + 64, 0x1000_0000);
        expect(yield ['rt_sigaction', SIGUSR1, scratch + 64, 0, 8]).toBe(0);
        yield ['sched_yield'];
        const soon = platform.platform.clock.realtime() + 5_000_000n;
        process.memory.writeU64(scratch + 128, soon / 1_000_000_000n);
        process.memory.writeU64(scratch + 136, soon % 1_000_000_000n);
        expect(yield ['futex', scratch + 4, LOCK, 0, scratch + 128]).toBe(errno('ETIMEDOUT'));
        expect(platform.platform.clock.realtime()).toBeGreaterThanOrEqual(soon);
        timedOut = true;
        while (word(guest) < WAITERS) {
          yield ['nanosleep', duration(guest, 1), 0];
        }
        // The handler runs at once, and the call is made again whatever the flags of the handler say.
        expect(yield ['tgkill', FIRST, SECOND, SIGUSR1]).toBe(0);
        yield ['sched_yield'];
        expect(yield ['futex', scratch, UNLOCK]).toBe(0);
        yield ['sched_yield'];
      },
      function* (guest) {
        const { scratch, process } = guest;
        yield ['futex', scratch + 4, LOCK];
        while (!timedOut) {
          yield ['nanosleep', duration(guest, 1), 0];
        }
        expect(yield ['futex', scratch, LOCK]).toBe(SIGUSR1);
        expect(process.thread.vcpu.pc).toBe(0x1000_0000);
        yield ['exit_group', 0];
      },
    );
  });
});
