import { describe, expect, it } from 'vitest';
import { errno, scripted, type Script, type Scripted } from '../testing/scripted.ts';

const STREAM = 1;
const DGRAM = 2;
const SEQPACKET = 5;
const NONBLOCK = 0o4000;

async function run(body: (guest: Scripted) => Script, ...others: ((guest: Scripted) => Script)[]): Promise<void> {
  const guest = scripted();
  expect(await guest.run(() => body(guest), ...others.map((other) => () => other(guest)))).toEqual({
    kind: 'exit',
    code: 0,
  });
}

function unixAddress(name: string): Uint8Array {
  return Uint8Array.of(1, 0, ...new TextEncoder().encode(name));
}

function inetAddress(port: number): Uint8Array {
  return Uint8Array.of(2, 0, port >> 8, port & 255, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0);
}

/** Makes a pair at `scratch` and gives its descriptors. */
function* pair(
  { process, scratch }: Scripted,
  type: number,
): Generator<readonly [string, ...number[]], [number, number], number> {
  expect(yield ['socketpair', 1, type, 0, scratch]).toBe(0);
  return [process.memory.readU32(scratch), process.memory.readU32(scratch + 4)];
}

/** Writes a msghdr with one vector and a control buffer. */
function message(guest: Scripted, buffer: number, length: number, control: number, controlLength: number): number {
  const vector = guest.data(new Uint8Array(BigUint64Array.of(BigInt(buffer), BigInt(length)).buffer));
  const words = [0n, 0n, BigInt(vector), 1n, BigInt(control), BigInt(controlLength), 0n];
  return guest.data(new Uint8Array(BigUint64Array.from(words).buffer));
}

describe('pairs', () => {
  it('of streams carry bytes both ways, to an end', async () => {
    await run(function* (guest) {
      const { scratch, process } = guest;
      const [a, b] = yield* pair(guest, STREAM);
      expect(yield ['write', a, 'hello ', 6]).toBe(6);
      expect(yield ['sendto', a, 'world', 5, 0, 0, 0]).toBe(5);
      expect(yield ['recvfrom', b, scratch, 8, 2, 0, 0]).toBe(8);
      expect(yield ['ioctl', b, 0x541b, scratch + 64]).toBe(0);
      expect(process.memory.readU32(scratch + 64)).toBe(11);
      expect(yield ['read', b, scratch, 100]).toBe(11);
      expect(Buffer.from(process.memory.readBytes(scratch, 11)).toString()).toBe('hello world');
      expect(yield ['recvfrom', b, scratch, 8, 0x40, 0, 0]).toBe(errno('EAGAIN'));
      expect(yield ['shutdown', a, 1]).toBe(0);
      expect(yield ['read', b, scratch, 8]).toBe(0);
      expect(yield ['write', b, 'x', 1]).toBe(1);
      expect(yield ['close', b]).toBe(0);
      expect(yield ['read', a, scratch, 8]).toBe(1);
      expect(yield ['read', a, scratch, 8]).toBe(0);
      // No SIGPIPE came: it would have ended the process.
      expect(yield ['sendto', a, 'x', 1, 0x4000, 0, 0]).toBe(errno('EPIPE'));
      expect(yield ['getsockopt', a, 1, 3, scratch, scratch + 16]).toBe(0);
    });
  });

  it('of packets keep their bounds', async () => {
    await run(function* (guest) {
      const { scratch, process } = guest;
      for (const type of [DGRAM, SEQPACKET]) {
        const [a, b] = yield* pair(guest, type);
        yield ['write', a, 'one', 3];
        yield ['write', a, 'two two', 7];
        process.memory.writeU32(scratch + 300, 110);
        expect(yield ['recvfrom', b, scratch, 100, 0, scratch + 128, scratch + 300]).toBe(3);
        expect(process.memory.readU32(scratch + 300)).toBe(0);
        expect(yield ['recvfrom', b, scratch, 3, 0x20, 0, 0]).toBe(7);
        expect(Buffer.from(process.memory.readBytes(scratch, 3)).toString()).toBe('two');
        expect(yield ['recvfrom', b, scratch, 3, 0x40, 0, 0]).toBe(errno('EAGAIN'));
      }
    });
  });

  it('pass descriptors and credentials', async () => {
    await run(function* (guest) {
      const { scratch, process, data } = guest;
      const [a, b] = yield* pair(guest, STREAM);
      yield ['pipe2', scratch, 0];
      const control = data(new Uint8Array(BigUint64Array.of(20n, 1n | (1n << 32n), 6n).buffer));
      expect(yield ['sendmsg', a, message(guest, data(Uint8Array.of(1)), 1, control, 20), 0]).toBe(1);
      const received = message(guest, scratch, 10, scratch + 100, 64);
      expect(yield ['recvmsg', b, received, 0x40000000]).toBe(1);
      expect(process.memory.readPointer(received + 40)).toBe(24);
      const fd = process.memory.readU32(scratch + 116);
      expect(fd).toBe(7);
      expect(process.fds.closeOnExec(fd)).toBe(true);
      expect(yield ['write', fd, 'x', 1]).toBe(1);
      yield ['setsockopt', b, 1, 16, data(Uint8Array.of(1, 0, 0, 0)), 4];
      yield ['write', a, 'y', 1];
      expect(yield ['recvmsg', b, message(guest, scratch, 10, scratch + 100, 64), 0]).toBe(1);
      expect(process.memory.readU32(scratch + 112)).toBe(2);
      expect(process.memory.readU32(scratch + 116)).toBe(2);
    });
  });
});

describe('names', () => {
  it('in the tree of files lead from a client to a server', async () => {
    await run(
      function* (guest) {
        const { scratch, process, data } = guest;
        const address = data(unixAddress('sock'));
        expect(yield ['socket', 1, STREAM, 0]).toBe(3);
        expect(yield ['connect', 3, address, 6]).toBe(errno('ENOENT'));
        expect(yield ['bind', 3, address, 6]).toBe(0);
        expect(yield ['connect', 3, address, 6]).toBe(errno('ECONNREFUSED'));
        expect(yield ['accept', 3, 0, 0]).toBe(errno('EINVAL'));
        expect(yield ['listen', 3, 5]).toBe(0);
        yield ['clone', 17, 0, 0, 0, 0];
        process.memory.writeU32(scratch, 100);
        expect(yield ['accept4', 3, scratch + 8, scratch, 0o2000000]).toBe(4);
        expect(process.memory.readU32(scratch)).toBe(2);
        expect(yield ['read', 4, scratch, 100]).toBe(4);
        process.memory.writeU32(scratch + 64, 12);
        expect(yield ['getsockopt', 4, 1, 17, scratch + 32, scratch + 64]).toBe(0);
        expect(process.memory.readU32(scratch + 32)).toBe(3);
        expect(yield ['write', 4, 'pong', 4]).toBe(4);
        expect(yield ['wait4', -1, scratch, 0, 0]).toBe(3);
        expect(process.memory.readU32(scratch)).toBe(0);
        expect(yield ['socket', 1, STREAM, 0]).toBe(5);
        expect(yield ['bind', 5, address, 6]).toBe(errno('EADDRINUSE'));
      },
      function* ({ scratch, data }) {
        expect(yield ['socket', 1, STREAM, 0]).toBe(4);
        expect(yield ['connect', 4, data(unixAddress('sock')), 6]).toBe(0);
        yield ['write', 4, 'ping', 4];
        expect(yield ['read', 4, scratch, 100]).toBe(4);
        expect(yield ['getpeername', 4, scratch, 0]).toBe(errno('EFAULT'));
      },
    );
  });

  it('that are abstract are freed with their socket', async () => {
    await run(function* ({ scratch, process, data }) {
      const address = data(unixAddress('\0name'));
      for (let round = 0; round < 2; round++) {
        expect(yield ['socket', 1, DGRAM | NONBLOCK, 0]).toBe(3);
        expect(yield ['bind', 3, address, 7]).toBe(0);
        expect(yield ['socket', 1, DGRAM, 0]).toBe(4);
        expect(yield ['sendto', 4, 'abc', 3, 0, address, 7]).toBe(3);
        process.memory.writeU32(scratch, 100);
        expect(yield ['recvfrom', 3, scratch + 8, 100, 0, scratch + 64, scratch]).toBe(3);
        expect(yield ['recvfrom', 3, scratch + 8, 100, 0, 0, 0]).toBe(errno('EAGAIN'));
        yield ['close', 3];
        expect(yield ['sendto', 4, 'abc', 3, 0, address, 7]).toBe(errno('ECONNREFUSED'));
        yield ['close', 4];
      }
    });
  });
});

describe('the loopback network', () => {
  it('connects TCP sockets by port', async () => {
    await run(function* ({ scratch, process, data }) {
      const { memory } = process;
      expect(yield ['socket', 2, STREAM, 0]).toBe(3);
      expect(yield ['bind', 3, data(inetAddress(8080)), 16]).toBe(0);
      expect(yield ['listen', 3, 1]).toBe(0);
      expect(yield ['socket', 2, STREAM, 0]).toBe(4);
      expect(yield ['connect', 4, data(inetAddress(8081)), 16]).toBe(errno('ECONNREFUSED'));
      expect(yield ['connect', 4, data(Uint8Array.of(2, 0, 0, 80, 8, 8, 8, 8, 0, 0, 0, 0, 0, 0, 0, 0)), 16]).toBe(
        errno('ENETUNREACH'),
      );
      expect(yield ['connect', 4, data(inetAddress(8080)), 16]).toBe(0);
      memory.writeU32(scratch, 16);
      expect(yield ['accept', 3, scratch + 8, scratch]).toBe(5);
      const clientPort = (memory.readU8(scratch + 10) << 8) | memory.readU8(scratch + 11);
      expect(clientPort).toBeGreaterThanOrEqual(32768);
      memory.writeU32(scratch, 16);
      expect(yield ['getsockname', 4, scratch + 40, scratch]).toBe(0);
      expect((memory.readU8(scratch + 42) << 8) | memory.readU8(scratch + 43)).toBe(clientPort);
      expect(memory.readU8(scratch + 44)).toBe(127);
      yield ['setsockopt', 4, 6, 1, data(Uint8Array.of(1, 0, 0, 0)), 4];
      yield ['write', 5, 'served', 6];
      expect(yield ['recvfrom', 4, scratch, 6, 0x100, 0, 0]).toBe(6);
      yield ['socket', 2, STREAM, 0];
      expect(yield ['bind', 6, data(inetAddress(8080)), 16]).toBe(errno('EADDRINUSE'));
    });
  });

  it('carries datagrams and tells where they come from', async () => {
    await run(function* ({ scratch, process, data }) {
      const { memory } = process;
      yield ['socket', 2, DGRAM, 0];
      yield ['bind', 3, data(inetAddress(5353)), 16];
      yield ['socket', 2, DGRAM, 17];
      expect(yield ['sendto', 4, 'query', 5, 0, data(inetAddress(5353)), 16]).toBe(5);
      memory.writeU32(scratch, 16);
      expect(yield ['recvfrom', 3, scratch + 64, 100, 0, scratch + 8, scratch]).toBe(5);
      expect(yield ['sendto', 3, 'answer', 6, 0, scratch + 8, 16]).toBe(6);
      expect(yield ['recvfrom', 4, scratch + 64, 100, 0, 0, 0]).toBe(6);
      expect(yield ['connect', 4, data(inetAddress(5353)), 16]).toBe(0);
      expect(yield ['write', 4, 'more', 4]).toBe(4);
      // Nobody is there: what is sent is lost, and who is connected is told afterwards.
      yield ['socket', 2, DGRAM, 0];
      expect(yield ['sendto', 5, 'lost', 4, 0, data(inetAddress(5354)), 16]).toBe(4);
      expect(yield ['sendto', 5, 'lost', 4, 0, data(inetAddress(5354)), 16]).toBe(4);
      expect(yield ['connect', 5, data(inetAddress(5354)), 16]).toBe(0);
      expect(yield ['write', 5, 'lost', 4]).toBe(4);
      expect(yield ['write', 5, 'lost', 4]).toBe(errno('ECONNREFUSED'));
      yield ['socket', 2, DGRAM, 0];
      yield ['bind', 6, data(inetAddress(5354)), 16];
      expect(yield ['write', 5, 'found', 5]).toBe(5);
      expect(yield ['recvfrom', 6, scratch + 64, 100, 0x2000, 0, 0]).toBe(errno('EAGAIN'));
      expect(yield ['recvfrom', 6, scratch + 64, 100, 0, 0, 0]).toBe(5);
      expect(yield ['socket', 2, 3, 0]).toBe(errno('EPROTONOSUPPORT'));
      expect(yield ['socket', 2, 3, 1]).toBe(errno('EPERM'));
      expect(yield ['socket', 16, 3, 0]).toBe(errno('EAFNOSUPPORT'));
      expect(yield ['getsockname', 1, scratch, scratch]).toBe(errno('ENOTSOCK'));
    });
  });
});

it('wait with a timeout where one is set', async () => {
  await run(function* (guest) {
    const [a] = yield* pair(guest, STREAM);
    const time = guest.data(new Uint8Array(BigUint64Array.of(0n, 2000n).buffer));
    expect(yield ['setsockopt', a, 1, 20, time, 16]).toBe(0);
    expect(yield ['recvfrom', a, guest.scratch, 5, 0, 0, 0]).toBe(errno('EAGAIN'));
    expect(yield ['setsockopt', a, 1, 99, time, 16]).toBe(errno('ENOPROTOOPT'));
    expect(yield ['setsockopt', a, 6, 1, time, 16]).toBe(errno('EOPNOTSUPP'));
  });
});

it('of AF_UNIX need a name to listen, and a connection to receive', async () => {
  await run(function* ({ scratch }) {
    for (const [type, code] of [
      [STREAM, 'EINVAL'],
      [SEQPACKET, 'ENOTCONN'],
    ] as const) {
      const fd = yield ['socket', 1, type, 0];
      expect(yield ['recvfrom', fd, scratch, 8, 0, 0, 0]).toBe(errno(code));
      expect(yield ['listen', fd, 1]).toBe(errno('EINVAL'));
      expect(yield ['accept', fd, 0, 0]).toBe(errno('EINVAL'));
      expect(yield ['bind', fd, Uint8Array.of(1, 0), 2]).toBe(0);
      expect(yield ['listen', fd, 1]).toBe(0);
    }
  });
});
