import { expect, it } from 'vitest';
import { errno, scripted, type Script, type Scripted } from '../testing/scripted.ts';

const TIOCGPTN = 0x80045430;
const TIOCSPTLCK = 0x40045431;
const [TIOCSCTTY, TIOCGPGRP, TIOCSPGRP, TIOCSWINSZ, TIOCNOTTY, TIOCGSID] = [
  0x540e, 0x540f, 0x5410, 0x5414, 0x5422, 0x5429,
];
const NOCTTY_RDWR = 0o402;

async function run(body: (guest: Scripted) => Script, ...others: ((guest: Scripted) => Script)[]): Promise<void> {
  const guest = scripted();
  expect(await guest.run(() => body(guest), ...others.map((other) => () => other(guest)))).toEqual({
    kind: 'exit',
    code: 0,
  });
}

type Calls<T> = Generator<readonly [string, ...(number | string)[]], T, number>;

/** Opens a pair and gives the master's and the slave's descriptors. */
function* openPair({ process, scratch }: Scripted, flags = NOCTTY_RDWR): Calls<[number, number]> {
  const master = yield ['openat', -100, '/dev/ptmx', 2, 0];
  expect(yield ['openat', -100, '/dev/pts/1', flags, 0]).toBe(errno('EIO'));
  process.memory.writeU32(scratch, 0);
  expect(yield ['ioctl', master, TIOCSPTLCK, scratch]).toBe(0);
  expect(yield ['ioctl', master, TIOCGPTN, scratch]).toBe(0);
  expect(process.memory.readU32(scratch)).toBe(1);
  return [master, yield ['openat', -100, '/dev/pts/1', flags, 0]];
}

function text({ process }: Scripted, at: number, count: number): string {
  return Buffer.from(process.memory.readBytes(at, count)).toString();
}

it('carries lines with echo one way and processed output the other', async () => {
  await run(function* (guest) {
    const { scratch } = guest;
    const [master, slave] = yield* openPair(guest);
    yield ['write', master, 'ab\x7fc\r', 5];
    expect(yield ['read', slave, scratch, 100]).toBe(3);
    expect(text(guest, scratch, 3)).toBe('ac\n');
    yield ['write', slave, 'out\n', 4];
    expect(yield ['read', master, scratch, 100]).toBe(13);
    expect(text(guest, scratch, 13)).toBe('ab\b \bc\r\nout\r\n');
    yield ['close', slave];
    expect(yield ['read', master, scratch, 100]).toBe(errno('EIO'));
    yield ['close', master];
    expect(yield ['openat', -100, '/dev/pts/1', NOCTTY_RDWR, 0]).toBe(errno('ENOENT'));
  });
});

it('ends in nothing to read when the master is closed', async () => {
  await run(function* (guest) {
    const [master, slave] = yield* openPair(guest);
    yield ['close', master];
    expect(yield ['read', slave, guest.scratch, 100]).toBe(0);
    expect(yield ['write', slave, 'x', 1]).toBe(errno('EIO'));
  });
});

it('is the controlling terminal of a session, whose foreground gets the signals of keys', async () => {
  await run(
    function* (guest) {
      const { scratch, process } = guest;
      const [master] = yield* openPair(guest);
      yield ['clone', 17, 0, 0, 0, 0];
      // Until the child is in the foreground group.
      while (process.kernel.processes.process(3)?.thread.active === null) yield ['sched_yield'];
      yield ['write', master, '\x03', 1];
      expect(yield ['wait4', 3, scratch, 0, 0]).toBe(3);
      expect(process.memory.readU32(scratch)).toBe(2);
    },
    function* ({ scratch, process: { kernel } }) {
      const { memory } = kernel.processes.process(3)!;
      expect(yield ['ioctl', 4, TIOCGPGRP, scratch]).toBe(errno('ENOTTY'));
      expect(yield ['setsid']).toBe(3);
      expect(yield ['openat', -100, '/dev/tty', 2, 0]).toBe(errno('ENXIO'));
      expect(yield ['ioctl', 4, TIOCSCTTY, 0]).toBe(0);
      expect(yield ['openat', -100, '/dev/tty', 2, 0]).toBe(5);
      expect(yield ['ioctl', 4, TIOCGSID, scratch]).toBe(0);
      expect(memory.readU32(scratch)).toBe(3);
      expect(yield ['ioctl', 4, TIOCGPGRP, scratch]).toBe(0);
      expect(memory.readU32(scratch)).toBe(3);
      memory.writeU32(scratch, 2);
      expect(yield ['ioctl', 4, TIOCSPGRP, scratch]).toBe(errno('EPERM'));
      yield ['ppoll', 0, 0, 0, 0, 0];
    },
  );
});

it('stops a background process that reads, until it is in the foreground', async () => {
  const seen: string[] = [];
  await run(
    function* (guest) {
      const { scratch, process, data } = guest;
      const [master, slave] = yield* openPair(guest);
      yield ['setsockopt', 0, 0, 0, 0, 0];
      // The first process leads a session, so that it can take the terminal.
      expect(yield ['ioctl', slave, TIOCSCTTY, 0]).toBe(0);
      yield ['clone', 17, 0, 0, 0, 0];
      yield ['setpgid', 3, 3];
      expect(yield ['wait4', 3, scratch, 2, 0]).toBe(3);
      expect(process.memory.readU32(scratch)).toBe((21 << 8) | 0x7f);
      yield ['rt_sigaction', 22, data(new Uint8Array(BigUint64Array.of(1n, 0n, 0n).buffer)), 0, 8];
      process.memory.writeU32(scratch, 3);
      expect(yield ['ioctl', slave, TIOCSPGRP, scratch]).toBe(0);
      yield ['kill', -3, 18];
      yield ['write', master, 'in\n', 3];
      expect(yield ['wait4', 3, scratch, 0, 0]).toBe(3);
      expect(yield ['read', slave, scratch, 10]).toBe(errno('EIO'));
      expect(yield ['ioctl', master, TIOCSWINSZ, scratch]).toBe(0);
      expect(yield ['ioctl', slave, TIOCNOTTY, 0]).toBe(0);
    },
    function* ({ scratch }) {
      yield ['sched_yield'];
      const count = yield ['read', 4, scratch, 10];
      seen.push(String(count));
    },
  );
  expect(seen).toEqual(['3']);
});
