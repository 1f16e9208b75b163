import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  FILE_TYPE,
  O_CREAT,
  O_NONBLOCK,
  O_RDONLY,
  O_RDWR,
  O_WRONLY,
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLOUT,
  POLLRDNORM,
  POLLWRNORM,
} from './constants.ts';
import type { FileDescription } from './file-description.ts';
import { MemoryFileSystem } from './memory/memory-fs.ts';
import { Pipe, createPipe } from './pipe.ts';
import { Fixture, TestIoctlArgument, expectErrno, text, untext } from './testing/fixture.ts';

const IN = POLLIN | POLLRDNORM;
const OUT = POLLOUT | POLLWRNORM;

let fx: Fixture;
let read: FileDescription;
let write: FileDescription;

beforeEach(() => {
  fx = new Fixture((environment) => new MemoryFileSystem(environment));
  ({ read, write } = createPipe(fx.vfs, 0, { uid: 7, gid: 8, groups: [] }));
});

describe('a pipe', () => {
  it('gives out what was put in, in order', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.nat(20), fc.constant(-7), fc.constant(-20)), { maxLength: 60 }), (steps) => {
        const pipe = new Pipe(4096);
        pipe.addReader();
        pipe.addWriter();
        const sent: number[] = [];
        const received: number[] = [];
        for (const [index, step] of steps.entries()) {
          if (step >= 0) {
            const bytes = new Uint8Array(step * 50).fill(index);
            const room = 4096 - pipe.available;
            if (room < bytes.length) expectErrno('EAGAIN', () => pipe.write(bytes));
            else sent.push(...bytes.subarray(0, pipe.write(bytes)));
          } else if (pipe.available > 0) {
            const buffer = new Uint8Array(-step * 30);
            received.push(...buffer.subarray(0, pipe.read(buffer)));
          } else expectErrno('EAGAIN', () => pipe.read(new Uint8Array(1)));
        }
        const rest = new Uint8Array(4096);
        if (pipe.available > 0) received.push(...rest.subarray(0, pipe.read(rest)));
        expect(received).toEqual(sent);
      }),
    );
  });

  it('takes up to PIPE_BUF bytes whole or not at all, more in parts', () => {
    expect(write.write(new Uint8Array(65_536 - 4_095))).toBe(65_536 - 4_095);
    expectErrno('EAGAIN', () => write.write(new Uint8Array(4_096)));
    expect(write.write(new Uint8Array(4_097))).toBe(4_095);
    expectErrno('EAGAIN', () => write.write(new Uint8Array(1)));
    expect(write.write(new Uint8Array(0))).toBe(0);
    expect(read.read(new Uint8Array(0))).toBe(0);
    expect(read.read(new Uint8Array(100_000))).toBe(65_536);
  });

  it('tells when it is ready, and listeners when that changes', () => {
    let calls = 0;
    const cancel = read.file.onReady(() => calls++);
    expect(read.file.readiness()).toBe(0);
    expect(write.file.readiness()).toBe(OUT);
    write.write(new Uint8Array(65_536 - 4_095));
    expect(calls).toBe(1);
    expect(read.file.readiness()).toBe(IN);
    expect(write.file.readiness()).toBe(0);
    read.read(new Uint8Array(1));
    expect(write.file.readiness()).toBe(OUT);
    const argument = new TestIoctlArgument();
    expect(read.file.ioctl(0x541b, argument)).toBe(0);
    expect(new DataView(argument.bytes.buffer).getUint32(0, true)).toBe(65_536 - 4_096);
    expectErrno('ENOTTY', () => read.file.ioctl(0x5401, argument));
    write.release();
    expect(read.file.readiness()).toBe(IN | POLLHUP);
    cancel();
    cancel();
    const before = calls;
    read.read(new Uint8Array(100_000));
    expect(calls).toBe(before);
    expect(read.file.readiness()).toBe(POLLHUP);
    expect(read.read(new Uint8Array(1))).toBe(0);
  });

  it('breaks when nobody reads', () => {
    const second = read.retain();
    second.release();
    write.write(text('x'));
    read.release();
    expect(write.file.readiness()).toBe(OUT | POLLERR);
    expectErrno('EPIPE', () => write.write(text('x')));
    expectErrno('EPIPE', () => write.write(text('')));
  });

  it('is a fifo without a place, that cannot seek', () => {
    expect(write.file.stat()).toMatchObject({ mode: FILE_TYPE.fifo | 0o600, uid: 7, gid: 8, size: 0, nlink: 1 });
    expect(read.file.stat().ino).toBe(write.file.stat().ino);
    expect(fx.vfs.pathOf(read.location)).toBe(`pipe:[${read.file.stat().ino}]`);
    const other = createPipe(fx.vfs);
    expect(other.read.file.stat().ino).not.toBe(read.file.stat().ino);
    expect(other.read.file.stat().dev).toBe(read.file.stat().dev);
    for (const use of [() => read.seek(0, 0), () => read.pread(new Uint8Array(1), 0), () => write.pwrite(text('x'), 0)])
      expectErrno('ESPIPE', use);
    expectErrno('EBADF', () => read.write(text('x')));
    expectErrno('EBADF', () => write.read(new Uint8Array(1)));
    expectErrno('EINVAL', () => read.file.truncate(0));
    expectErrno('EINVAL', () => read.file.sync());
    fx.vfs.changeMode(fx.context, read, 0o640);
    expect(write.file.stat().mode & 0o777).toBe(0o640);
    expect(fx.vfs.statistics(read.location).type).toBe(0x50495045);
  });

  it('gets another end by being opened again', () => {
    const again = fx.vfs.openLocation(fx.context, read.location, O_WRONLY);
    again.write(text('hi'));
    write.release();
    const buffer = new Uint8Array(2);
    read.read(buffer);
    expect(untext(buffer)).toBe('hi');
    expectErrno('EAGAIN', () => read.read(buffer));
    again.release();
    expect(read.read(buffer)).toBe(0);
  });

  it('changes its capacity without losing what it holds', () => {
    const pipe = new Pipe(4096);
    pipe.addReader();
    pipe.addWriter();
    pipe.write(new Uint8Array(4000));
    pipe.read(new Uint8Array(4000));
    pipe.write(Uint8Array.from({ length: 300 }, (_, index) => index & 0xff));
    expect(pipe.resize(5000)).toBe(8192);
    expect(pipe.capacity).toBe(8192);
    const buffer = new Uint8Array(300);
    expect(pipe.read(buffer)).toBe(300);
    expect([...buffer]).toEqual(Array.from({ length: 300 }, (_, index) => index & 0xff));
    pipe.write(new Uint8Array(5000));
    expectErrno('EBUSY', () => pipe.resize(4096));
    expectErrno('EPERM', () => pipe.resize(1 << 21));
    expectErrno('EINVAL', () => pipe.resize(-1));
    expect(new Pipe().resize(0)).toBe(4096);
  });
});

describe('a named pipe', () => {
  beforeEach(() => fx.vfs.mknod(fx.context, '/fifo', FILE_TYPE.fifo | 0o666, 0));

  it('waits in open for the other side', () => {
    const reader = fx.open('/fifo', O_RDONLY);
    let woken = 0;
    reader.file.onReady(() => woken++);
    expect(reader.file.opening()).toBe(true);
    const writer = fx.open('/fifo', O_WRONLY);
    expect(reader.file.opening()).toBe(false);
    expect(writer.file.opening()).toBe(false);
    expect(woken).toBeGreaterThan(0);
    // A writer that came and went has been there.
    const late = fx.open('/fifo', O_RDONLY);
    writer.release();
    expect(late.file.opening()).toBe(false);
    expect(reader.read(new Uint8Array(1))).toBe(0);
    reader.release();
    late.release();
    const lonely = fx.open('/fifo', O_WRONLY);
    expect(lonely.file.opening()).toBe(true);
    fx.open('/fifo', O_RDONLY | O_NONBLOCK).release();
    expect(lonely.file.opening()).toBe(false);
    expectErrno('EPIPE', () => lonely.write(text('x')));
    lonely.release();
  });

  it('does not wait when told so', () => {
    expectErrno('ENXIO', () => fx.open('/fifo', O_WRONLY | O_NONBLOCK));
    const reader = fx.open('/fifo', O_RDONLY | O_NONBLOCK);
    expect(reader.file.opening()).toBe(false);
    expect(reader.file.readiness()).toBe(0);
    expect(reader.read(new Uint8Array(1))).toBe(0);
    const writer = fx.open('/fifo', O_WRONLY | O_NONBLOCK);
    expectErrno('EAGAIN', () => reader.read(new Uint8Array(1)));
    writer.release();
    expect(reader.file.readiness()).toBe(POLLHUP);
    reader.release();
    const both = fx.open('/fifo', O_RDWR);
    expect(both.file.opening()).toBe(false);
    both.write(text('x'));
    expect(both.file.readiness()).toBe(IN | OUT);
    both.release();
    // What nobody read is gone with the last end.
    const next = fx.open('/fifo', O_RDWR);
    expectErrno('EAGAIN', () => next.read(new Uint8Array(1)));
    next.file.close();
    next.file.close();
    expectErrno('EINVAL', () => fx.open('/fifo', 3));
    expectErrno('EEXIST', () => fx.open('/fifo', O_CREAT | 0o200 | O_RDWR));
  });
});
