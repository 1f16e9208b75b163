import { describe, expect, it } from 'vitest';
import { errno, scripted, type Call, type Script, type Scripted } from '../testing/scripted.ts';

const IPC_CREAT = 0o1000;
const IPC_NOWAIT = 0o4000;
const [IPC_RMID, IPC_SET, IPC_STAT, IPC_INFO] = [0, 1, 2, 3];
const [MSG_STAT, MSG_INFO, MSG_STAT_ANY] = [11, 12, 13];
const [MSG_NOERROR, MSG_EXCEPT, MSG_COPY] = [0o10000, 0o20000, 0o40000];
const SIGCHLD = 17;
const LONG_MIN = -(1n << 63n);

async function run(first: (guest: Scripted) => Script, ...others: ((guest: Scripted) => Script)[]): Promise<void> {
  const guest = scripted();
  const exit = await guest.run(() => first(guest), ...others.map((script) => () => script(guest)));
  expect(exit).toEqual({ kind: 'exit', code: 0 });
}

function send(id: number, type: number | bigint, text: string, flags = 0): Call {
  const bytes = new Uint8Array(8 + text.length);
  new DataView(bytes.buffer).setBigInt64(0, BigInt(type), true);
  bytes.set(new TextEncoder().encode(text), 8);
  return ['msgsnd', id, bytes, text.length, flags];
}

interface Wanted {
  readonly type?: number | bigint;
  readonly length?: number;
  readonly flags?: number;
}

/** What came, as `type:text`, or the error number. */
function* receive(
  { scratch, process }: Scripted,
  id: number,
  { type = 0, length = 100, flags = IPC_NOWAIT }: Wanted = {},
): Generator<Call, string | number, number> {
  const count = yield ['msgrcv', id, scratch, length, type, flags];
  if (count < 0) return count;
  const { memory } = process.kernel.scheduler.running?.process ?? process;
  return `${String(memory.readI64(scratch))}:${Buffer.from(memory.readBytes(scratch + 8, count)).toString()}`;
}

/** Some calls that change nothing, for others to go on meanwhile. */
function* pause(): Script {
  for (let times = 0; times < 20; times++) yield ['sched_yield'];
}

describe('msgsnd and msgrcv', () => {
  it('take messages by type', async () => {
    await run(function* (guest) {
      const id = yield ['msgget', 0, 0o600];
      for (const [type, text] of [
        [5, 'a'],
        [3, 'b'],
        [4, 'c'],
        [3, 'd'],
        [9, 'e'],
        [2n ** 62n, 'f'],
      ] as const)
        expect(yield send(id, type, text)).toBe(0);
      expect(yield* receive(guest, id, { type: 1, flags: IPC_NOWAIT | MSG_COPY })).toBe('3:b');
      expect(yield* receive(guest, id, { type: 9, flags: IPC_NOWAIT | MSG_COPY })).toBe(errno('ENOMSG'));
      expect(yield* receive(guest, id, { flags: MSG_COPY })).toBe(errno('EINVAL'));
      expect(yield* receive(guest, id, { flags: MSG_COPY | MSG_EXCEPT | IPC_NOWAIT })).toBe(errno('EINVAL'));
      expect(yield* receive(guest, id, { type: 4 })).toBe('4:c');
      expect(yield* receive(guest, id, { type: -4 })).toBe('3:b');
      expect(yield* receive(guest, id, { type: 5, flags: MSG_EXCEPT | IPC_NOWAIT })).toBe('3:d');
      expect(yield* receive(guest, id, { type: 2 })).toBe(errno('ENOMSG'));
      expect(yield* receive(guest, id, { type: -4 })).toBe(errno('ENOMSG'));
      expect(yield* receive(guest, id)).toBe('5:a');
      expect(yield* receive(guest, id, { type: LONG_MIN })).toBe('9:e');
      expect(yield* receive(guest, id, { type: 2n ** 62n })).toBe(`${String(2n ** 62n)}:f`);
    });
  });

  it('refuse what makes no sense', async () => {
    await run(function* (guest) {
      const { scratch, process } = guest;
      expect(yield ['msgget', 7, 0]).toBe(errno('ENOENT'));
      const id = yield ['msgget', 7, IPC_CREAT | 0o600];
      expect(yield send(id, 0, 'x')).toBe(errno('EINVAL'));
      expect(yield send(id, -1, 'x')).toBe(errno('EINVAL'));
      expect(yield send(id + 1, 1, 'x')).toBe(errno('EINVAL'));
      expect(yield ['msgsnd', id, scratch, 8193, 0]).toBe(errno('EINVAL'));
      expect(yield ['msgsnd', id, scratch, -1, 0]).toBe(errno('EINVAL'));
      expect(yield ['msgsnd', id, 4, 1, 0]).toBe(errno('EFAULT'));
      expect(yield* receive(guest, id, { length: -1 })).toBe(errno('EINVAL'));
      expect(yield* receive(guest, -1)).toBe(errno('EINVAL'));
      yield send(id, 1, 'longer');
      expect(yield* receive(guest, id, { length: 3 })).toBe(errno('E2BIG'));
      expect(yield* receive(guest, id, { length: 3, flags: MSG_NOERROR })).toBe('1:lon');
      expect(yield* receive(guest, id)).toBe(errno('ENOMSG'));
      process.kernel.ipc.limits.store('kernel/msgmni', '1');
      expect(yield ['msgget', 0, 0]).toBe(errno('ENOSPC'));
      process.vfs.environment.disk.limitGrowth(10);
      expect(yield send(id, 1, 'no memory')).toBe(errno('ENOMEM'));
    });
  });

  it('give a message to whoever waited longest for such a one', async () => {
    const got: (string | number)[] = [];
    const waiter = (wanted: Wanted) =>
      function* (guest: Scripted): Script {
        got.push(yield* receive(guest, 0, { flags: 0, ...wanted }));
      };
    await run(
      function* (guest) {
        const { scratch, process } = guest;
        const id = yield ['msgget', 0, 0o600];
        for (let count = 0; count < 4; count++) {
          yield ['clone', SIGCHLD, 0, 0, 0, 0];
          yield* pause();
        }
        yield send(id, 9, 'nine');
        // The second has no room for it.
        yield send(id, 4, 'four');
        yield* pause();
        expect(got).toEqual(['9:nine', errno('E2BIG'), '4:four']);
        expect(yield ['msgctl', id, IPC_STAT, scratch]).toBe(0);
        expect([process.memory.readU64(scratch + 80), process.memory.readU32(scratch + 100)]).toEqual([0n, 5]);
        yield ['msgctl', id, IPC_RMID, 0];
        yield* pause();
      },
      waiter({ type: 9 }),
      waiter({ type: 4, length: 2 }),
      waiter({ type: 4 }),
      waiter({ type: 1 }),
    );
    expect(got).toEqual(['9:nine', errno('E2BIG'), '4:four', errno('EIDRM')]);
  });

  it('wait for room, as much as the queue may hold', async () => {
    const sent: number[] = [];
    await run(
      function* (guest) {
        const { scratch, process } = guest;
        const id = yield ['msgget', 0, 0o600];
        yield ['msgctl', id, IPC_STAT, scratch];
        process.memory.writeU64(scratch + 88, 4);
        expect(yield ['msgctl', id, IPC_SET, scratch]).toBe(0);
        expect(yield send(id, 1, '12345', IPC_NOWAIT)).toBe(errno('EAGAIN'));
        expect(yield send(id, 1, '1234', IPC_NOWAIT)).toBe(0);
        expect(yield send(id, 1, '', IPC_NOWAIT)).toBe(0);
        expect(yield send(id, 1, '5', IPC_NOWAIT)).toBe(errno('EAGAIN'));
        yield ['clone', SIGCHLD, 0, 0, 0, 0];
        yield* pause();
        expect(sent).toEqual([]);
        expect(yield* receive(guest, id)).toBe('1:1234');
        yield* pause();
        expect(sent).toEqual([0]);
        // Messages without a text count as well.
        for (let count = 0; count < 2; count++) expect(yield send(id, 1, '', IPC_NOWAIT)).toBe(0);
        expect(yield send(id, 1, '', IPC_NOWAIT)).toBe(errno('EAGAIN'));
        yield* pause();
        yield ['msgctl', id, IPC_RMID, 0];
        yield* pause();
      },
      function* () {
        sent.push(yield send(0, 2, '5678'));
        sent.push(yield send(0, 2, 'x'));
      },
    );
    expect(sent).toEqual([0, errno('EIDRM')]);
  });
});

describe('msgctl', () => {
  it('tells of a queue, and of all', async () => {
    await run(function* ({ scratch, process: { memory } }) {
      const id = yield ['msgget', 3, IPC_CREAT | 0o604];
      yield send(id, 1, 'text');
      expect(yield ['msgctl', id, IPC_STAT, scratch]).toBe(0);
      const word = (at: number): bigint => memory.readU64(scratch + at);
      expect([word(56), word(72), word(80), word(88)]).toEqual([0n, 4n, 1n, 16384n]);
      expect([memory.readU32(scratch + 96), memory.readU32(scratch + 100)]).toEqual([2, 0]);
      expect(word(48)).toBeGreaterThan(1_000_000n);
      expect(yield ['msgctl', 0, MSG_STAT, scratch]).toBe(id);
      expect(yield ['msgctl', 0, IPC_INFO, scratch]).toBe(0);
      const words = (): number[] => Array.from({ length: 7 }, (_, index) => memory.readU32(scratch + index * 4));
      expect(words()).toEqual([512000, 16384, 8192, 16384, 32000, 16, 16384]);
      expect(memory.readU16(scratch + 28)).toBe(0xffff);
      expect(yield ['msgctl', 0, MSG_INFO, scratch]).toBe(0);
      expect(words()).toEqual([1, 1, 8192, 16384, 32000, 16, 4]);
      expect(yield ['msgctl', id, 99, scratch]).toBe(errno('EINVAL'));
      yield ['setresgid', 5, 5, 5];
      yield ['setresuid', 1000, 1000, 1000];
      expect(yield ['msgctl', 0, MSG_STAT, scratch]).toBe(0);
      expect(yield send(id, 1, 'text')).toBe(errno('EACCES'));
      expect(yield ['msgctl', id, IPC_RMID, 0]).toBe(errno('EPERM'));
      const own = yield ['msgget', 0, 0];
      expect(yield ['msgctl', own, IPC_STAT, scratch]).toBe(errno('EACCES'));
      expect(yield ['msgctl', 1, MSG_STAT_ANY, scratch]).toBe(own);
      memory.writeU64(scratch + 88, 16385);
      expect(yield ['msgctl', own, IPC_SET, scratch]).toBe(errno('EPERM'));
      memory.writeU64(scratch + 88, 10);
      expect(yield ['msgctl', own, IPC_SET, scratch]).toBe(0);
    });
  });
});
