import { describe, expect, it } from 'vitest';
import { errno, scripted, type Call, type Script, type Scripted, type ScriptedOptions } from '../testing/scripted.ts';

const IPC_CREAT = 0o1000;
const IPC_NOWAIT = 0o4000;
const SEM_UNDO = 0x1000;
const [IPC_RMID, IPC_SET, IPC_STAT, IPC_INFO] = [0, 1, 2, 3];
const [GETPID, GETVAL, GETALL, GETNCNT, GETZCNT, SETVAL, SETALL] = [11, 12, 13, 14, 15, 16, 17];
const [SEM_STAT, SEM_INFO] = [18, 19];
const SIGCHLD = 17;
const CLONE_THREAD = 0x50f00;
const CLONE_SYSVSEM = 0x40000;

type Operation = readonly [number: number, change: number, flags?: number];

function semop(id: number, ...operations: readonly Operation[]): Call {
  const words = operations.flatMap(([number, change, flags = 0]) => [number, change, flags]);
  return ['semop', id, new Uint8Array(Int16Array.from(words).buffer), operations.length];
}

async function run(
  first: (guest: Scripted) => Script,
  options: ScriptedOptions = {},
  ...others: (() => Script)[]
): Promise<Scripted> {
  const guest = scripted(options);
  const exit = await guest.run(() => first(guest), ...others);
  expect(exit).toEqual({ kind: 'exit', code: 0 });
  return guest;
}

/** Gives way until so many wait at a semaphore. */
function* until(id: number, number: number, command: number, count: number): Generator<Call, void, number> {
  while ((yield ['semctl', id, number, command]) !== count) yield ['sched_yield'];
}

describe('semget', () => {
  it('has limits', async () => {
    await run(function* ({ process }) {
      expect(yield ['semget', 1, 0, IPC_CREAT]).toBe(errno('EINVAL'));
      expect(yield ['semget', 1, -1, IPC_CREAT]).toBe(errno('EINVAL'));
      expect(yield ['semget', 1, 32001, IPC_CREAT]).toBe(errno('EINVAL'));
      expect(yield ['semget', 1, 32000, IPC_CREAT]).toBe(0);
      expect(yield ['semget', 1, 0, 0]).toBe(0);
      process.kernel.ipc.limits.store('kernel/sem', '32000 32001 500 3');
      expect(yield ['semget', 0, 2, 0]).toBe(errno('ENOSPC'));
      expect(yield ['semget', 0, 1, 0]).toBe(1);
      process.kernel.ipc.limits.store('kernel/sem', '32000 64000 500 2');
      expect(yield ['semget', 0, 1, 0]).toBe(errno('ENOSPC'));
      process.vfs.environment.disk.limitGrowth(10000);
      process.kernel.ipc.limits.store('kernel/sem', '32000 64000 500 200');
      expect(yield ['semget', 0, 1000, 0]).toBe(errno('ENOMEM'));
    });
  });
});

describe('semop', () => {
  it('makes all operations or none', async () => {
    await run(function* ({ scratch, process }) {
      const id = yield ['semget', 0, 3, 0o600];
      expect(yield ['semctl', id, 0, SETALL, new Uint8Array(Uint16Array.of(1, 2, 3).buffer)]).toBe(0);
      expect(yield semop(id, [0, -1], [1, -3, IPC_NOWAIT])).toBe(errno('EAGAIN'));
      expect(yield semop(id, [0, 5], [2, 32765])).toBe(errno('ERANGE'));
      expect(yield semop(id, [0, -1], [0, 0], [0, 4], [1, -2])).toBe(0);
      expect(yield ['semctl', id, 0, GETALL, scratch]).toBe(0);
      expect([0, 2, 4].map((at) => process.memory.readU16(scratch + at))).toEqual([4, 0, 3]);
      expect(yield semop(id, [3, 1])).toBe(errno('EFBIG'));
      expect(yield ['semop', id, scratch, 0]).toBe(errno('EINVAL'));
      expect(yield ['semop', id, scratch, 501]).toBe(errno('E2BIG'));
      expect(yield ['semop', id, 4, 1]).toBe(errno('EFAULT'));
      expect(yield ['semop', -1, scratch, 1]).toBe(errno('EINVAL'));
      expect(yield semop(id + 1, [0, 1])).toBe(errno('EINVAL'));
      expect(yield ['semtimedop', id, scratch, 1, new Uint8Array(BigInt64Array.of(0n, -1n).buffer)]).toBe(
        errno('EINVAL'),
      );
    });
  });

  it('times out', async () => {
    await run(function* () {
      const id = yield ['semget', 0, 1, 0o600];
      const operation = new Uint8Array(Int16Array.of(0, -1, 0).buffer);
      const soon = new Uint8Array(BigInt64Array.of(0n, 1_000_000n).buffer);
      expect(yield ['semtimedop', id, operation, 1, soon]).toBe(errno('EAGAIN'));
      expect(yield ['semctl', id, 0, GETNCNT]).toBe(0);
    });
  });

  it('wakes in the order of arrival those who can go on', async () => {
    const order: string[] = [];
    const waiter = (name: string, ...operations: readonly Operation[]) =>
      function* (): Script {
        expect(yield semop(0, ...operations)).toBe(0);
        order.push(name);
      };
    await run(
      function* () {
        const id = yield ['semget', 0, 2, 0o600];
        for (let count = 1; count <= 3; count++) {
          yield ['clone', SIGCHLD, 0, 0, 0, 0];
          yield* until(id, 0, GETNCNT, count);
        }
        yield ['clone', SIGCHLD, 0, 0, 0, 0];
        yield* until(id, 1, GETNCNT, 1);
        // Not enough for the first.
        yield semop(id, [0, 1]);
        yield* until(id, 0, GETNCNT, 2);
        yield ['sched_yield'];
        expect(order).toEqual(['one']);
        // The second frees the fourth, which waits for another semaphore.
        yield semop(id, [0, 2]);
        while (order.length < 3) yield ['sched_yield'];
        expect(order).toEqual(['one', 'two', 'another']);
        expect(yield ['semctl', id, 0, GETVAL]).toBe(1);
        yield ['semctl', id, 0, SETVAL, 3];
        while (order.length < 4) yield ['sched_yield'];
        expect(yield ['semctl', id, 0, GETVAL]).toBe(0);
        for (let count = 0; count < 4; count++) yield ['wait4', -1, 0, 0, 0];
      },
      {},
      waiter('three', [0, -3]),
      waiter('one', [0, -1]),
      waiter('two', [0, -1], [1, 1]),
      waiter('another', [1, -1]),
    );
    expect(order).toEqual(['one', 'two', 'another', 'three']);
  });

  it('tells those who wait that the set is gone, or that they cannot go on', async () => {
    const results: number[] = [];
    const waiter = (...operations: readonly Operation[]) =>
      function* (): Script {
        results.push(yield semop(0, ...operations));
      };
    await run(
      function* () {
        const id = yield ['semget', 0, 2, 0o600];
        yield ['semctl', id, 1, SETVAL, 32767];
        yield ['clone', SIGCHLD, 0, 0, 0, 0];
        yield* until(id, 0, GETNCNT, 1);
        yield semop(id, [0, 1]);
        yield ['wait4', -1, 0, 0, 0];
        expect(results).toEqual([errno('ERANGE')]);
        expect(yield ['semctl', id, 0, GETVAL]).toBe(1);
        yield ['clone', SIGCHLD, 0, 0, 0, 0];
        yield* until(id, 0, GETZCNT, 1);
        expect(yield ['semctl', id, 0, GETNCNT]).toBe(0);
        expect(yield ['semctl', id, 0, IPC_RMID]).toBe(0);
        yield ['wait4', -1, 0, 0, 0];
      },
      {},
      waiter([0, -1], [1, 1]),
      waiter([0, 0]),
    );
    expect(results).toEqual([errno('ERANGE'), errno('EIDRM')]);
  });
});

describe('SEM_UNDO', () => {
  it('is done at the end, with those who share it at the last end', async () => {
    await run(
      function* ({ process }) {
        const id = yield ['semget', 0, 2, 0o600];
        const child = yield ['clone', SIGCHLD, 0, 0, 0, 0];
        yield ['wait4', child, 0, 0, 0];
        expect(yield ['semctl', id, 0, GETVAL]).toBe(0);
        expect(yield ['semctl', id, 0, GETPID]).toBe(child);
        // A thread that shares the list leaves it to the process, one that doesn't undoes its own.
        yield ['clone', CLONE_THREAD | CLONE_SYSVSEM, 0, 0, 0, 0];
        while (process.threads.length > 1) yield ['sched_yield'];
        expect(yield ['semctl', id, 0, GETVAL]).toBe(3);
        yield ['clone', CLONE_THREAD & ~CLONE_SYSVSEM, 0, 0, 0, 0];
        while (process.threads.length > 1) yield ['sched_yield'];
        expect(yield ['semctl', id, 0, GETVAL]).toBe(3);
        // A set that is gone has nothing to be undone.
        yield semop(id, [1, 1, SEM_UNDO]);
        yield ['semctl', id, 0, IPC_RMID];
        expect(process.thread.undoList?.sets.size).toBe(0);
      },
      {},
      function* () {
        yield semop(0, [0, 5, SEM_UNDO], [0, -2, SEM_UNDO]);
        expect(yield ['semctl', 0, 0, GETVAL]).toBe(3);
      },
      function* () {
        yield semop(0, [0, 3, SEM_UNDO]);
        yield ['exit', 0];
      },
      function* () {
        yield semop(0, [0, 4, SEM_UNDO]);
        yield ['exit', 0];
      },
    );
  });

  it('has a range of its own', async () => {
    await run(function* () {
      const id = yield ['semget', 0, 1, 0o600];
      yield semop(id, [0, 32767, SEM_UNDO]);
      yield semop(id, [0, -32767]);
      expect(yield semop(id, [0, 1, SEM_UNDO])).toBe(0);
      expect(yield semop(id, [0, 1, SEM_UNDO])).toBe(errno('ERANGE'));
      // SETVAL forgets what was to be undone.
      yield ['semctl', id, 0, SETVAL, 0];
      expect(yield semop(id, [0, 1, SEM_UNDO])).toBe(0);
    });
  });
});

describe('semctl', () => {
  it('sets and gets values within their range', async () => {
    await run(function* () {
      const id = yield ['semget', 0, 2, 0o600];
      expect(yield ['semctl', id, 0, SETVAL, 32768]).toBe(errno('ERANGE'));
      expect(yield ['semctl', id, 0, SETVAL, -1]).toBe(errno('ERANGE'));
      expect(yield ['semctl', id, 2, SETVAL, 1]).toBe(errno('EINVAL'));
      expect(yield ['semctl', id, 2, GETVAL]).toBe(errno('EINVAL'));
      expect(yield ['semctl', id, -1, GETVAL]).toBe(errno('EINVAL'));
      expect(yield ['semctl', id, 0, SETALL, new Uint8Array(Uint16Array.of(1, 32768).buffer)]).toBe(errno('ERANGE'));
      expect(yield ['semctl', id, 0, SETALL, 4]).toBe(errno('EFAULT'));
      expect(yield ['semctl', id, 0, 99]).toBe(errno('EINVAL'));
      expect(yield ['semctl', -1, 0, GETVAL]).toBe(errno('EINVAL'));
    });
  });

  it('tells of a set, and of all', async () => {
    await run(function* ({ scratch, process: { memory } }) {
      const id = yield ['semget', 3, 5, IPC_CREAT | 0o640];
      expect(yield ['semctl', id, 0, IPC_STAT, scratch]).toBe(0);
      expect([memory.readU32(scratch), memory.readU32(scratch + 20)]).toEqual([3, 0o640]);
      expect([memory.readU64(scratch + 48), memory.readU64(scratch + 64)]).toEqual([0n, 5n]);
      expect(memory.readU64(scratch + 56)).toBeGreaterThan(1_000_000n);
      yield semop(id, [0, 0]);
      expect(yield ['semctl', 0, 0, SEM_STAT, scratch]).toBe(id);
      expect(memory.readU64(scratch + 48)).toBeGreaterThan(1_000_000n);
      yield ['semget', 0, 7, 0];
      const words = (): number[] => Array.from({ length: 10 }, (_, index) => memory.readU32(scratch + index * 4));
      expect(yield ['semctl', 0, 0, IPC_INFO, scratch]).toBe(1);
      expect(words()).toEqual([...[1024000000, 32000, 1024000000, 1024000000, 32000, 500, 500, 20, 32767, 32767]]);
      expect(yield ['semctl', 0, 0, SEM_INFO, scratch]).toBe(1);
      expect(words().slice(7)).toEqual([2, 32767, 12]);
    });
  });

  it('goes by owners and permissions', async () => {
    await run(function* ({ scratch, process: { memory } }) {
      const id = yield ['semget', 3, 1, IPC_CREAT | 0o644];
      yield ['setresgid', 5, 5, 5];
      yield ['setresuid', 1000, 1000, 1000];
      expect(yield ['semctl', id, 0, GETVAL]).toBe(0);
      expect(yield semop(id, [0, 0])).toBe(0);
      expect(yield semop(id, [0, 1])).toBe(errno('EACCES'));
      expect(yield ['semctl', id, 0, SETVAL, 1]).toBe(errno('EACCES'));
      expect(yield ['semget', 3, 1, 0o600]).toBe(errno('EACCES'));
      expect(yield ['semctl', id, 0, IPC_RMID]).toBe(errno('EPERM'));
      yield ['semctl', id, 0, IPC_STAT, scratch];
      expect(yield ['semctl', id, 0, IPC_SET, scratch]).toBe(errno('EPERM'));
      const own = yield ['semget', 4, 1, IPC_CREAT | 0o600];
      yield ['semctl', own, 0, IPC_STAT, scratch];
      memory.writeU32(scratch + 20, 0o400);
      expect(yield ['semctl', own, 0, IPC_SET, scratch]).toBe(0);
      expect(yield semop(own, [0, 1])).toBe(errno('EACCES'));
      expect(yield ['semctl', own, 0, IPC_RMID]).toBe(0);
    });
  });
});
