import { expect, it } from 'vitest';
import { errno, scripted, type Script, type Scripted } from '../testing/scripted.ts';

const [GET, SET, WAIT] = [5, 6, 7];
const [READ, WRITE, UNLOCK] = [0, 1, 2];

async function run(body: (guest: Scripted) => Script, ...others: ((guest: Scripted) => Script)[]): Promise<void> {
  const guest = scripted({ files: { f: 'content' } });
  expect(await guest.run(() => body(guest), ...others.map((other) => () => other(guest)))).toEqual({
    kind: 'exit',
    code: 0,
  });
}

/** struct flock from the start of the file. */
function range(type: number, start: number, length: number): Uint8Array {
  const bytes = new Uint8Array(32);
  const view = new DataView(bytes.buffer);
  view.setInt16(0, type, true);
  view.setBigInt64(8, BigInt(start), true);
  view.setBigInt64(16, BigInt(length), true);
  return bytes;
}

it('of one process never conflict; those of another do, until they are given up', async () => {
  await run(
    function* ({ process }) {
      yield ['openat', -100, '/case/f', 2, 0];
      expect(yield ['fcntl', 3, SET, range(WRITE, 0, 10)]).toBe(0);
      expect(yield ['fcntl', 3, SET, range(READ, 5, 0)]).toBe(0);
      yield ['clone', 17, 0, 0, 0, 0];
      // The child waits for the first bytes.
      while (process.kernel.processes.process(3)?.thread.active === null) yield ['sched_yield'];
      expect(yield ['fcntl', 3, SET, range(UNLOCK, 0, 3)]).toBe(0);
      expect(yield ['wait4', 3, 0, 0, 0]).toBe(3);
      expect(yield ['fcntl', 3, SET, range(WRITE, 0, 0)]).toBe(0);
    },
    function* ({ scratch, process: { kernel } }) {
      const { memory } = kernel.processes.process(3)!;
      expect(yield ['fcntl', 3, SET, range(READ, 6, 1)]).toBe(0);
      expect(yield ['fcntl', 3, SET, range(READ, 4, 1)]).toBe(errno('EAGAIN'));
      memory.writeBytes(scratch, range(WRITE, 6, 1));
      expect(yield ['fcntl', 3, GET, scratch]).toBe(0);
      expect([memory.readU16(scratch), memory.readU64(scratch + 8), memory.readU32(scratch + 24)]).toEqual([0, 5n, 2]);
      expect(yield ['fcntl', 3, WAIT, range(WRITE, 0, 2)]).toBe(0);
    },
  );
});

it('end with any descriptor of the file, those of descriptions with the last', async () => {
  await run(
    function* () {
      yield ['openat', -100, '/case/f', 2, 0];
      yield ['openat', -100, '/case/f', 0, 0];
      expect(yield ['fcntl', 3, SET, range(WRITE, 0, 0)]).toBe(0);
      yield ['close', 4];
      yield ['openat', -100, '/case/f', 2, 0];
      expect(yield ['fcntl', 4, 37, range(WRITE, 0, 1)]).toBe(0);
      expect(yield ['fcntl', 3, 37, range(READ, 0, 1)]).toBe(errno('EAGAIN'));
      expect(yield ['fcntl', 3, SET, range(READ, 0, 1)]).toBe(errno('EAGAIN'));
      yield ['clone', 17, 0, 0, 0, 0];
      expect(yield ['wait4', 3, 0, 0, 0]).toBe(3);
      yield ['close', 4];
      expect(yield ['fcntl', 3, SET, range(WRITE, 0, 1)]).toBe(0);
      expect(yield ['fcntl', 3, SET, range(9, 0, 1)]).toBe(errno('EINVAL'));
      expect(yield ['fcntl', 3, SET, range(WRITE, -1, 1)]).toBe(errno('EINVAL'));
    },
    function* () {
      // The parent holds the description too.
      yield ['close', 4];
      expect(yield ['fcntl', 3, SET, range(WRITE, 0, 1)]).toBe(errno('EAGAIN'));
    },
  );
});

it('refuse to wait in a circle', async () => {
  await run(
    function* ({ process }) {
      yield ['openat', -100, '/case/f', 2, 0];
      expect(yield ['fcntl', 3, SET, range(WRITE, 0, 1)]).toBe(0);
      yield ['clone', 17, 0, 0, 0, 0];
      while (process.kernel.processes.process(3)?.thread.active === null) yield ['sched_yield'];
      // The child holds the second byte and waits for the first.
      expect(yield ['fcntl', 3, WAIT, range(WRITE, 1, 1)]).toBe(errno('EDEADLK'));
      expect(yield ['fcntl', 3, SET, range(UNLOCK, 0, 1)]).toBe(0);
      // Now it is only in the way for a while.
      expect(yield ['fcntl', 3, WAIT, range(WRITE, 1, 1)]).toBe(0);
      expect(yield ['wait4', 3, 0, 0, 0]).toBe(3);
    },
    function* () {
      expect(yield ['fcntl', 3, SET, range(WRITE, 1, 1)]).toBe(0);
      expect(yield ['fcntl', 3, WAIT, range(WRITE, 0, 1)]).toBe(0);
    },
  );
});

it('refuse to wait in a circle that comes about while they wait', async () => {
  await run(
    function* ({ process }) {
      const waits = (pid: number): boolean => process.kernel.processes.process(pid)?.thread.active !== null;
      yield ['openat', -100, '/case/f', 2, 0];
      expect(yield ['fcntl', 3, SET, range(WRITE, 0, 1)]).toBe(0);
      yield ['clone', 17, 0, 0, 0, 0];
      while (!waits(3)) yield ['sched_yield'];
      yield ['clone', 17, 0, 0, 0, 0];
      while (!waits(4)) yield ['sched_yield'];
      expect(yield ['fcntl', 3, SET, range(UNLOCK, 0, 1)]).toBe(0);
      expect(yield ['wait4', 3, 0, 0, 0]).toBe(3);
      expect(yield ['wait4', 4, 0, 0, 0]).toBe(4);
    },
    function* () {
      expect(yield ['fcntl', 3, SET, range(WRITE, 2, 1)]).toBe(0);
      // In the way is at first the parent, which waits for nothing, then the other child, which waits for this one.
      expect(yield ['fcntl', 3, WAIT, range(WRITE, 0, 2)]).toBe(errno('EDEADLK'));
    },
    function* () {
      expect(yield ['fcntl', 3, SET, range(WRITE, 1, 1)]).toBe(0);
      expect(yield ['fcntl', 3, WAIT, range(WRITE, 2, 1)]).toBe(0);
    },
  );
});

it('become one where they touch, and are told of by their starts', async () => {
  await run(
    function* () {
      yield ['openat', -100, '/case/f', 2, 0];
      for (const [type, start, length] of [
        ...[
          [WRITE, 10, 5],
          [READ, 1, 3],
          [WRITE, 5, 5],
          [READ, 4, 1],
          [READ, 20, 5],
          [WRITE, 22, 1],
        ],
      ] as const)
        expect(yield ['fcntl', 3, SET, range(type, start, length)]).toBe(0);
      yield ['clone', 17, 0, 0, 0, 0];
      expect(yield ['wait4', 3, 0, 0, 0]).toBe(3);
    },
    function* ({ scratch, process: { kernel } }) {
      const { memory } = kernel.processes.process(3)!;
      const found: [number, number, number][] = [];
      for (let at = 0n; ;) {
        memory.writeBytes(scratch, range(WRITE, Number(at), 0));
        expect(yield ['fcntl', 3, GET, scratch]).toBe(0);
        if (memory.readU16(scratch) === UNLOCK) break;
        const [start, length] = [memory.readU64(scratch + 8), memory.readU64(scratch + 16)];
        found.push([memory.readU16(scratch), Number(start), Number(length)]);
        at = start + length;
      }
      expect(found).toEqual([
        [READ, 1, 4],
        [WRITE, 5, 10],
        [READ, 20, 2],
        [WRITE, 22, 1],
        [READ, 23, 2],
      ]);
    },
  );
});
