import { describe, expect, it } from 'vitest';
import { errno, scripted, type Call, type Script, type Scripted, type ScriptedOptions } from '../testing/scripted.ts';

const [O_RDONLY, O_WRONLY, O_RDWR, O_CREAT, O_EXCL, O_NONBLOCK] = [0, 1, 2, 0o100, 0o200, 0o4000];
const CREATE = O_RDWR | O_CREAT;
const SIGCHLD = 17;
const SIGUSR1 = 10;
const RLIMIT_MSGQUEUE = 12;
const [SIGEV_SIGNAL, SIGEV_NONE, SIGEV_THREAD] = [0, 1, 2];
const EPOLLIN = 1;

async function run(
  first: (guest: Scripted) => Script,
  options: ScriptedOptions = {},
  ...others: ((guest: Scripted) => Script)[]
): Promise<void> {
  const guest = scripted(options);
  const exit = await guest.run(() => first(guest), ...others.map((script) => () => script(guest)));
  expect(exit).toEqual({ kind: 'exit', code: 0 });
}

const words = (...values: readonly (number | bigint)[]): Uint8Array =>
  new Uint8Array(BigInt64Array.from(values.map(BigInt)).buffer);
const attributes = (messages: number, size: number, flags = 0): Uint8Array =>
  words(flags, messages, size, 0, 0, 0, 0, 0);
const event = (kind: number, signal: number, value = 0): Uint8Array => {
  const bytes = new Uint8Array(64);
  const view = new DataView(bytes.buffer);
  view.setBigInt64(0, BigInt(value), true);
  view.setInt32(8, signal, true);
  view.setInt32(12, kind, true);
  return bytes;
};
/** A point in time long ago. */
const PAST = words(1, 0);

function send(fd: number, text: string, priority = 0, until: Uint8Array | number = 0): Call {
  return ['mq_timedsend', fd, new TextEncoder().encode(text), text.length, priority, until];
}

function* receive(
  { scratch, process }: Scripted,
  fd: number,
  until: Uint8Array | number = PAST,
): Generator<Call, string | number, number> {
  const count = yield ['mq_timedreceive', fd, scratch + 16, 8192, scratch, until];
  if (count < 0) return count;
  const { memory } = process.kernel.scheduler.running?.process ?? process;
  return `${String(memory.readU32(scratch))}:${Buffer.from(memory.readBytes(scratch + 16, count)).toString()}`;
}

function* pause(): Script {
  for (let times = 0; times < 20; times++) yield ['sched_yield'];
}

describe('mq_open and mq_unlink', () => {
  it('go by names', async () => {
    await run(function* ({ process, text }) {
      expect(yield ['mq_open', 'q', O_RDWR, 0, 0]).toBe(errno('ENOENT'));
      expect(yield ['mq_open', '', CREATE, 0o600, 0]).toBe(errno('ENOENT'));
      expect(yield ['mq_open', 'a/b', CREATE, 0o600, 0]).toBe(errno('EACCES'));
      expect(yield ['mq_open', '..', CREATE, 0o600, 0]).toBe(errno('EACCES'));
      expect(yield ['mq_open', 'x'.repeat(256), CREATE, 0o600, 0]).toBe(errno('ENAMETOOLONG'));
      expect(yield ['mq_open', text('q'), CREATE, 0o666, 4]).toBe(errno('EFAULT'));
      const fd = yield ['mq_open', 'q', CREATE, 0o666, 0];
      expect(fd).toBe(3);
      expect(process.fds.closeOnExec(fd)).toBe(true);
      expect(process.fds.get(fd).file.stat()).toMatchObject({ mode: 0o100644, size: 80, nlink: 1 });
      expect(yield ['mq_open', 'q', CREATE | O_EXCL, 0o600, 0]).toBe(errno('EEXIST'));
      expect(yield ['mq_open', 'q', 3, 0, 0]).toBe(errno('EINVAL'));
      expect(yield ['mmap', 0, 4096, 1, 1, fd, 0]).toBe(errno('ENODEV'));
      expect(yield ['write', fd, 'x', 1]).toBe(errno('EINVAL'));
      expect(yield ['mq_unlink', 'q']).toBe(0);
      expect(yield ['mq_unlink', 'q']).toBe(errno('ENOENT'));
      expect(process.fds.get(fd).file.stat().nlink).toBe(0);
      expect(yield send(fd, 'still there')).toBe(0);
      expect(process.kernel.ipc.posixQueues.size).toBe(1);
      yield ['close', fd];
      expect(process.kernel.ipc.posixQueues.size).toBe(0);
    });
  });

  it('have limits, some of them not for root', async () => {
    const open = (name: string, messages: number, size: number): Call => {
      return ['mq_open', name, CREATE, 0o600, attributes(messages, size)];
    };
    await run(function* ({ process }) {
      expect(yield open('a', 0, 1)).toBe(errno('EINVAL'));
      expect(yield open('a', 1, 0)).toBe(errno('EINVAL'));
      expect(yield open('a', 65537, 1)).toBe(errno('EINVAL'));
      expect(yield open('a', 1, 2 ** 24 + 1)).toBe(errno('EINVAL'));
      expect(yield open('a', 100, 8192)).toBe(errno('EMFILE'));
      expect(yield ['prlimit64', 0, RLIMIT_MSGQUEUE, words(-1, -1), 0]).toBe(0);
      expect(yield open('a', 100, 8192)).toBe(3);
      expect(yield open('huge', 65536, 2 ** 24)).toBe(errno('ENOMEM'));
      yield ['setresuid', 1000, 1000, 1000];
      expect(yield open('b', 11, 1)).toBe(errno('EINVAL'));
      expect(yield open('b', 1, 8193)).toBe(errno('EINVAL'));
      process.kernel.ipc.limits.store('fs/mqueue/queues_max', '2');
      expect(yield open('b', 10, 8192)).toBe(4);
      expect(yield open('c', 10, 8192)).toBe(errno('ENOSPC'));
      expect(yield ['mq_open', 'a', O_RDONLY, 0, 0]).toBe(errno('EACCES'));
      expect(yield ['mq_unlink', 'a']).toBe(errno('EPERM'));
      expect(yield ['mq_unlink', 'b']).toBe(0);
    });
  });
});

describe('mq_timedsend and mq_timedreceive', () => {
  it('go by priorities, and the order of sending', async () => {
    await run(function* (guest) {
      const fd = yield ['mq_open', 'q', CREATE, 0o600, attributes(5, 20)];
      for (const [text, priority] of [
        ['a', 1],
        ['b', 7],
        ['c', 1],
        ['d', 32767],
        ['e', 7],
      ] as const)
        expect(yield send(fd, text, priority)).toBe(0);
      expect(yield send(fd, 'f', 1, PAST)).toBe(errno('ETIMEDOUT'));
      const got: (string | number)[] = [];
      for (let count = 0; count < 6; count++) got.push(yield* receive(guest, fd));
      expect(got).toEqual(['32767:d', '7:b', '7:e', '1:a', '1:c', errno('ETIMEDOUT')]);
    });
  });

  it('refuse what makes no sense', async () => {
    await run(function* (guest) {
      const { scratch } = guest;
      const fd = yield ['mq_open', 'q', CREATE | O_NONBLOCK, 0o600, attributes(1, 4)];
      const reader = yield ['mq_open', 'q', O_RDONLY, 0, 0];
      const writer = yield ['mq_open', 'q', O_WRONLY, 0, 0];
      expect(yield send(reader, 'x')).toBe(errno('EBADF'));
      expect(yield* receive(guest, writer)).toBe(errno('EBADF'));
      expect(yield send(1, 'x')).toBe(errno('EBADF'));
      expect(yield send(99, 'x')).toBe(errno('EBADF'));
      expect(yield send(fd, '12345')).toBe(errno('EMSGSIZE'));
      expect(yield send(fd, 'x', 32768)).toBe(errno('EINVAL'));
      expect(yield send(fd, 'x', 1, words(0, -1))).toBe(errno('EINVAL'));
      expect(yield ['mq_timedsend', fd, 4, 1, 0, 0]).toBe(errno('EFAULT'));
      expect(yield ['mq_timedreceive', fd, scratch, 3, 0, 0]).toBe(errno('EMSGSIZE'));
      expect(yield* receive(guest, fd, 0)).toBe(errno('EAGAIN'));
      expect(yield send(fd, '')).toBe(0);
      expect(yield send(fd, 'x')).toBe(errno('EAGAIN'));
      expect(yield* receive(guest, fd, 0)).toBe('0:');
    });
  });

  it('wait for each other', async () => {
    const seen: (string | number)[] = [];
    await run(
      function* (guest) {
        const fd = yield ['mq_open', 'q', CREATE, 0o600, attributes(1, 20)];
        yield ['clone', SIGCHLD, 0, 0, 0, 0];
        yield* pause();
        // Whoever waits gets it, whoever asks meanwhile.
        yield send(fd, 'to the child', 3);
        expect(yield* receive(guest, fd)).toBe(errno('ETIMEDOUT'));
        yield* pause();
        expect(seen).toEqual(['3:to the child']);
        yield ['clone', SIGCHLD, 0, 0, 0, 0];
        yield* pause();
        expect(yield* receive(guest, fd)).toBe('1:first');
        expect(yield send(fd, 'no room', 0, PAST)).toBe(errno('ETIMEDOUT'));
        expect(yield* receive(guest, fd)).toBe('2:second');
        yield* pause();
        expect(seen).toEqual(['3:to the child', 0, 0]);
      },
      {},
      function* (guest) {
        seen.push(yield* receive(guest, 3, 0));
      },
      function* () {
        seen.push(yield send(3, 'first', 1));
        seen.push(yield send(3, 'second', 2));
      },
    );
  });

  it('make files ready', async () => {
    await run(
      function* ({ process, scratch }) {
        const fd = yield ['mq_open', 'q', CREATE, 0o600, attributes(1, 20)];
        const epoll = yield ['epoll_create1', 0];
        expect(yield ['epoll_ctl', epoll, 1, fd, words(EPOLLIN, 0)]).toBe(0);
        expect(yield ['epoll_pwait', epoll, scratch, 1, 0, 0, 8]).toBe(0);
        yield ['clone', SIGCHLD, 0, 0, 0, 0];
        expect(yield ['epoll_pwait', epoll, scratch, 1, -1, 0, 8]).toBe(1);
        expect(process.memory.readU32(scratch)).toBe(EPOLLIN);
        expect(yield ['read', fd, scratch, 13]).toBe(13);
        expect(Buffer.from(process.memory.readBytes(scratch, 13)).toString()).toBe('QSIZE:5      ');
      },
      {},
      function* () {
        expect(yield send(3, 'hello')).toBe(0);
      },
    );
  });
});

describe('mq_getsetattr', () => {
  it('changes whether calls wait, for all that share the description', async () => {
    await run(function* ({ scratch, process: { memory } }) {
      const fd = yield ['mq_open', 'q', CREATE, 0o600, attributes(3, 20)];
      const other = yield ['dup', fd];
      yield send(fd, 'x');
      expect(yield ['mq_getsetattr', fd, words(1, 0, 0, 0, 0, 0, 0, 0), 0]).toBe(errno('EINVAL'));
      expect(yield ['mq_getsetattr', 1, 0, scratch]).toBe(errno('EBADF'));
      expect(yield ['mq_getsetattr', fd, attributes(0, 0, O_NONBLOCK), scratch]).toBe(0);
      const shown = (): bigint[] => [0, 8, 16, 24].map((at) => memory.readI64(scratch + at));
      expect(shown()).toEqual([0n, 3n, 20n, 1n]);
      expect(yield ['mq_getsetattr', other, 0, scratch]).toBe(0);
      expect(shown()).toEqual([BigInt(O_NONBLOCK), 3n, 20n, 1n]);
    });
  });
});

describe('mq_notify', () => {
  it('tells one process once of a message in an empty queue', async () => {
    await run(
      function* (guest) {
        const { scratch, process } = guest;
        const { memory } = process;
        yield ['rt_sigprocmask', 0, words(1 << (SIGUSR1 - 1)), 0, 8];
        const wait: Call = ['rt_sigtimedwait', words(1 << (SIGUSR1 - 1)), scratch, words(0, 0), 8];
        const fd = yield ['mq_open', 'q', CREATE, 0o600, 0];
        expect(yield ['mq_notify', fd, event(SIGEV_SIGNAL, 65)]).toBe(errno('EINVAL'));
        expect(yield ['mq_notify', fd, event(7, SIGUSR1)]).toBe(errno('EINVAL'));
        expect(yield ['mq_notify', 1, event(SIGEV_SIGNAL, SIGUSR1)]).toBe(errno('EBADF'));
        expect(yield ['mq_notify', fd, event(SIGEV_THREAD, 99, scratch)]).toBe(errno('EBADF'));
        expect(yield ['mq_notify', fd, event(SIGEV_THREAD, fd, scratch)]).toBe(errno('ENOTSOCK'));
        expect(yield ['mq_notify', fd, event(SIGEV_THREAD, fd, 4)]).toBe(errno('EFAULT'));
        expect(yield ['mq_notify', fd, event(SIGEV_SIGNAL, SIGUSR1, 77)]).toBe(0);
        expect(yield ['mq_notify', fd, event(SIGEV_NONE, 0)]).toBe(errno('EBUSY'));
        const child = yield ['clone', SIGCHLD, 0, 0, 0, 0];
        yield ['wait4', child, 0, 0, 0];
        expect(yield wait).toBe(SIGUSR1);
        expect([memory.readI32(scratch + 8), memory.readI32(scratch + 16), memory.readI32(scratch + 24)]).toEqual([
          ...[-3, child, 77],
        ]);
        // Not in a queue that is not empty.
        expect(yield ['mq_notify', fd, event(SIGEV_SIGNAL, SIGUSR1)]).toBe(0);
        yield send(fd, 'second');
        expect(yield wait).toBe(errno('EAGAIN'));
        // Closing any descriptor of it ends it, somebody else's does not.
        const other = yield ['clone', SIGCHLD, 0, 0, 0, 0];
        yield ['wait4', other, 0, 0, 0];
        expect(yield ['mq_notify', fd, event(SIGEV_NONE, 0)]).toBe(errno('EBUSY'));
        yield ['close', yield ['dup', fd]];
        expect(yield ['mq_notify', fd, event(SIGEV_NONE, 0)]).toBe(0);
        expect(yield ['mq_notify', fd, 0]).toBe(0);
        expect(yield ['mq_notify', fd, event(SIGEV_SIGNAL, 0)]).toBe(0);
        yield* receive(guest, fd);
        yield* receive(guest, fd);
        yield send(fd, 'third');
        expect(yield wait).toBe(errno('EAGAIN'));
      },
      {},
      function* () {
        yield send(3, 'first');
      },
      function* () {
        // It has nothing to give up.
        expect(yield ['mq_notify', 3, 0]).toBe(0);
        yield ['close', 3];
      },
    );
  });
});
