import { describe, expect, it } from 'vitest';
import { errno, run, type Scripted } from '../testing/scripted.ts';

const EPOLLIN = 1;
const EPOLLET = 0x80000000;
const EPOLLONESHOT = 0x40000000;

type Guest = Scripted;

function pollfd({ process: { memory } }: Guest, at: number, rows: readonly (readonly [number, number])[]): void {
  rows.forEach(([fd, events], index) => {
    memory.writeU32(at + index * 8, fd);
    memory.writeU16(at + index * 8 + 4, events);
    memory.writeU16(at + index * 8 + 6, 0xffff);
  });
}

function timespec({ process: { memory } }: Guest, at: number, milliseconds: number): number {
  memory.writeU64(at, Math.floor(milliseconds / 1000));
  memory.writeU64(at + 8, (milliseconds % 1000) * 1e6);
  return at;
}

describe('ppoll and pselect6', () => {
  it('reports what is ready, at once', async () => {
    await run({ stdin: 'x' }, function* (guest) {
      const { memory } = guest.process;
      const at = guest.scratch;
      pollfd(guest, at, [
        [0, 1],
        [1, 4],
        [50, 1],
        [-1, 1],
      ]);
      expect(yield ['ppoll', at, 4, 0, 0, 8]).toBe(3);
      expect([6, 14, 22, 30].map((offset) => memory.readU16(at + offset))).toEqual([1, 4, 0x20, 0]);
      expect(yield ['ppoll', at, 5000, 0, 0, 8]).toBe(errno('EINVAL'));
      expect(yield ['ppoll', at, 1, 0, at, 4]).toBe(errno('EINVAL'));
      memory.writeU64(at, 3);
      memory.writeU64(at + 8, 6);
      expect(yield ['pselect6', 8, at, at + 8, 0, 0, 0]).toBe(3);
      expect([memory.readU64(at), memory.readU64(at + 8)]).toEqual([1n, 6n]);
      memory.writeU64(at, 1 << 20);
      expect(yield ['pselect6', 64, at, 0, 0, 0, 0]).toBe(errno('EBADF'));
      expect(yield ['pselect6', -1, 0, 0, 0, 0, 0]).toBe(errno('EINVAL'));
    });
  });

  it('waits for input, or for the time to pass', async () => {
    await run({ stdin: null }, function* (guest) {
      const at = guest.scratch;
      const { memory } = guest.process;
      pollfd(guest, at, [[0, 1]]);
      const timeout = timespec(guest, at + 64, 5);
      const before = guest.platform.platform.clock.monotonic();
      expect(yield ['ppoll', at, 1, timeout, 0, 8]).toBe(0);
      expect(guest.platform.platform.clock.monotonic() - before).toBeGreaterThanOrEqual(5_000_000n);
      expect([memory.readU64(timeout), memory.readU64(timeout + 8)]).toEqual([0n, 0n]);
      expect(yield ['ppoll', at, 1, timeout, 0, 8]).toBe(0);
      setTimeout(() => {
        guest.platform.input.push(new Uint8Array(1));
      }, 5);
      memory.writeU64(at + 128, 1);
      expect(yield ['pselect6', 1, at + 128, 0, 0, timespec(guest, at + 64, 60_000), 0]).toBe(1);
      expect(memory.readPointer(timeout)).toBe(59);
      // Under personality STICKY_TIMEOUTS what was asked for stays.
      yield ['personality', 0x4000000];
      expect(yield ['ppoll', at, 0, timespec(guest, at + 64, 1), 0, 8]).toBe(0);
      expect(memory.readPointer(timeout + 8)).toBe(1_000_000);
      yield ['personality', 0];
      memory.writeU64(timeout + 8, 1e10);
      expect(yield ['ppoll', at, 1, timeout, 0, 8]).toBe(errno('EINVAL'));
    });
  });
});

describe('epoll', () => {
  const event = ({ process: { memory } }: Guest, at: number, events: number, data: number): number => {
    memory.writeU32(at, events);
    memory.writeU64(at + 8, data);
    return at;
  };

  it('watches level, edge and once', async () => {
    await run({}, function* (guest) {
      const { scratch, process } = guest;
      const { memory } = process;
      const out = scratch + 512;
      const epoll = yield ['epoll_create1', 0];
      yield ['pipe2', scratch, 0];
      const reader = memory.readU32(scratch);
      const writer = memory.readU32(scratch + 4);
      expect(yield ['epoll_ctl', epoll, 1, reader, event(guest, scratch, EPOLLIN, 77)]).toBe(0);
      expect(yield ['epoll_ctl', epoll, 1, reader, scratch]).toBe(errno('EEXIST'));
      expect(yield ['epoll_pwait', epoll, out, 8, 0, 0, 8]).toBe(0);
      yield ['write', writer, 'ab', 2];
      expect(yield ['epoll_pwait', epoll, out, 8, -1, 0, 8]).toBe(1);
      expect([memory.readU32(out), memory.readU64(out + 8)]).toEqual([EPOLLIN, 77n]);
      expect(yield ['epoll_pwait', epoll, out, 8, 0, 0, 8]).toBe(1);
      expect(yield ['epoll_ctl', epoll, 3, reader, event(guest, scratch, EPOLLIN | EPOLLET, 78)]).toBe(0);
      expect(yield ['epoll_pwait', epoll, out, 8, 0, 0, 8]).toBe(1);
      expect(yield ['epoll_pwait', epoll, out, 8, 0, 0, 8]).toBe(0);
      yield ['write', writer, 'c', 1];
      expect(yield ['epoll_pwait', epoll, out, 8, 0, 0, 8]).toBe(1);
      // What is read is no news, even though there is more.
      expect(yield ['read', reader, scratch + 256, 1]).toBe(1);
      expect(yield ['epoll_pwait', epoll, out, 8, 0, 0, 8]).toBe(0);
      yield ['epoll_ctl', epoll, 3, reader, event(guest, scratch, EPOLLIN | EPOLLONESHOT, 79)];
      expect(yield ['epoll_pwait2', epoll, out, 8, 0, 0, 8]).toBe(1);
      expect(yield ['epoll_pwait2', epoll, out, 8, timespec(guest, scratch, 1), 0, 8]).toBe(0);
      expect(yield ['epoll_ctl', epoll, 2, reader, 0]).toBe(0);
      expect(yield ['epoll_ctl', epoll, 2, reader, 0]).toBe(errno('ENOENT'));
      expect(yield ['epoll_ctl', epoll, 3, reader, scratch]).toBe(errno('ENOENT'));
      expect(yield ['epoll_ctl', epoll, 9, reader, scratch]).toBe(errno('EINVAL'));
    });
  });

  it('nests four deep', async () => {
    await run({}, function* (guest) {
      const at = event(guest, guest.scratch, EPOLLIN, 1);
      const first = yield ['epoll_create1', 0];
      for (let depth = 1; depth < 5; depth++) {
        const next = yield ['epoll_create1', 0];
        expect(yield ['epoll_ctl', next, 1, next - 1, at]).toBe(0);
      }
      const last = yield ['epoll_create1', 0];
      expect(last).toBe(first + 5);
      expect(yield ['epoll_ctl', last, 1, last - 1, at]).toBe(errno('ELOOP'));
    });
  });

  it('nests, forgets closed files and refuses what it cannot watch', async () => {
    await run({ files: { f: '' } }, function* (guest) {
      const { scratch, process } = guest;
      const out = scratch + 512;
      const inner = yield ['epoll_create1', 0o2000000];
      const outer = yield ['epoll_create1', 0];
      const at = event(guest, scratch, EPOLLIN, 1);
      const counter = yield ['eventfd2', 0, 0];
      expect(yield ['epoll_ctl', inner, 1, counter, at]).toBe(0);
      expect(yield ['epoll_ctl', outer, 1, inner, at]).toBe(0);
      expect(yield ['epoll_ctl', inner, 1, outer, at]).toBe(errno('ELOOP'));
      expect(yield ['epoll_ctl', inner, 1, inner, at]).toBe(errno('EINVAL'));
      setTimeout(() => {
        process.fds.get(counter).write(new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]));
      }, 5);
      expect(yield ['epoll_pwait', outer, out, 1, 60_000, 0, 8]).toBe(1);
      yield ['close', counter];
      expect(yield ['epoll_pwait', outer, out, 1, 0, 0, 8]).toBe(0);
      const file = yield ['openat', -100, 'f', 0, 0];
      expect(yield ['epoll_ctl', inner, 1, file, at]).toBe(errno('EPERM'));
      expect(yield ['epoll_ctl', file, 1, inner, at]).toBe(errno('EINVAL'));
      const zero = yield ['openat', -100, '/dev/zero', 0, 0];
      expect(yield ['epoll_ctl', inner, 1, zero, at]).toBe(errno('EPERM'));
      const random = yield ['openat', -100, '/dev/random', 0, 0];
      expect(yield ['epoll_ctl', inner, 1, random, at]).toBe(0);
      expect(yield ['epoll_pwait', inner, out, 0, 0, 0, 8]).toBe(errno('EINVAL'));
      expect(yield ['epoll_pwait', inner, out, 1, 0, at, 4]).toBe(errno('EINVAL'));
      expect(yield ['epoll_create1', 1]).toBe(errno('EINVAL'));
    });
  });
});
