import { describe, expect, it } from 'vitest';
import { type Call, errno, run, scripted } from '../testing/scripted.ts';

const AT_FDCWD = -100;
const O_RDWR = 2;
const O_CREAT = 0o100;
const O_NONBLOCK = 0o4000;
const O_CLOEXEC = 0o2000000;

/** Runs a script; an error inside it fails the test. */
describe('reading and writing', () => {
  it('moves bytes through buffers and vectors, at the offset and at positions', async () => {
    await run({ files: { f: 'hello world' } }, function* ({ process: { memory }, scratch }) {
      const fd = yield ['openat', AT_FDCWD, 'f', O_RDWR, 0];
      expect(fd).toBe(3);
      expect(yield ['read', fd, scratch, 5]).toBe(5);
      expect(Buffer.from(memory.readBytes(scratch, 5)).toString()).toBe('hello');
      expect(yield ['pread64', fd, scratch, 5, 6]).toBe(5);
      expect(Buffer.from(memory.readBytes(scratch, 5)).toString()).toBe('world');
      expect(yield ['lseek', fd, 0, 1]).toBe(5);
      const vectors = scratch + 256;
      [scratch, 2, scratch + 16, 0, scratch + 32, 100].forEach((word, index) =>
        memory.writeU64(vectors + index * 8, word),
      );
      expect(yield ['preadv', fd, vectors, 3, 0]).toBe(11);
      expect(Buffer.from(memory.readBytes(scratch + 32, 9)).toString()).toBe('llo world');
      expect(yield ['readv', fd, vectors, 3]).toBe(6);
      memory.writeBytes(scratch, Buffer.from('ABCDEFGH'));
      memory.writeU64(vectors + 40, 1);
      expect(yield ['writev', fd, vectors, 3]).toBe(3);
      expect(yield ['pwritev', fd, vectors, 3, 0]).toBe(3);
      expect(yield ['pwrite64', fd, 'zz', 2, 3]).toBe(2);
      expect(yield ['preadv2', fd, vectors, 1, -1, 0, 0]).toBe(0);
      expect(yield ['preadv2', fd, vectors, 1, 0, 0, 8]).toBe(2);
      expect(yield ['pwritev2', fd, vectors, 1, 0, 0, 0]).toBe(2);
      expect(yield ['preadv2', fd, vectors, 1, 0, 0, 64]).toBe(errno('EOPNOTSUPP'));
      expect(yield ['pwritev2', fd, vectors, 1, 0, 0, 64]).toBe(errno('EOPNOTSUPP'));
      // RWF_APPEND: at the end, and the offset stays where a position is given.
      const [end, at] = [yield ['lseek', fd, 0, 2], yield ['lseek', fd, 1, 0]];
      expect(yield ['pwritev2', fd, vectors, 1, 0, 0, 16]).toBe(2);
      expect(yield ['lseek', fd, 0, 1]).toBe(at);
      expect(yield ['pwritev2', fd, vectors, 1, -1, 0, 16]).toBe(2);
      expect(yield ['lseek', fd, 0, 1]).toBe(end + 4);
      expect(yield ['preadv2', fd, vectors, 1, -2, 0, 0]).toBe(errno('EINVAL'));
    });
  });

  it('refuses what Linux refuses', async () => {
    await run({ files: { f: 'x' } }, function* ({ process: { memory }, scratch }) {
      const fd = yield ['openat', AT_FDCWD, 'f', 0, 0];
      expect(yield ['write', fd, 'x', 1]).toBe(errno('EBADF'));
      expect(yield ['read', fd, 0, 1]).toBe(errno('EFAULT'));
      expect(yield ['read', fd, scratch, -1]).toBe(errno('EINVAL'));
      expect(yield ['pread64', fd, scratch, 1, -1]).toBe(errno('EINVAL'));
      expect(yield ['readv', fd, scratch, 1025]).toBe(errno('EINVAL'));
      memory.writeU64(scratch, scratch);
      memory.writeU64(scratch + 8, -1n);
      expect(yield ['readv', fd, scratch, 1]).toBe(errno('EINVAL'));
      expect(yield ['read', 99, scratch, 1]).toBe(errno('EBADF'));
      expect(yield ['readv', fd, 0, 0]).toBe(0);
      // Of a buffer that ends in unmapped memory, what is there is filled.
      expect(yield ['read', fd, scratch + 0xfff0, 1 << 20]).toBe(1);
    });
  });

  it('raises SIGPIPE with EPIPE', async () => {
    const guest = scripted();
    const exit = await guest.run(function* () {
      yield ['pipe2', guest.scratch, 0];
      yield ['close', 3];
      yield ['write', 4, 'x', 1];
      throw new Error('the signal kills');
    });
    expect(exit).toMatchObject({ kind: 'signal', name: 'SIGPIPE' });
  });

  it('copies between files', async () => {
    await run({ files: { from: 'a'.repeat(70000), to: '' } }, function* ({ process: { memory }, scratch }) {
      const from = yield ['openat', AT_FDCWD, 'from', 0, 0];
      const to = yield ['openat', AT_FDCWD, 'to', O_RDWR, 0];
      expect(yield ['sendfile', to, from, 0, 10]).toBe(10);
      expect(yield ['lseek', from, 0, 1]).toBe(10);
      memory.writeU64(scratch, 69990);
      expect(yield ['sendfile', to, from, scratch, 100]).toBe(10);
      expect(memory.readPointer(scratch)).toBe(70000);
      expect(yield ['sendfile', from, to, 0, 1]).toBe(errno('EBADF'));
      expect(yield ['sendfile', to, 0, 0, 1]).toBe(errno('EINVAL'));
      expect(yield ['copy_file_range', from, 0, to, 0, 1 << 20, 0]).toBe(69990);
      expect(yield ['lseek', to, 0, 1]).toBe(70010);
      memory.writeU64(scratch, 1);
      memory.writeU64(scratch + 8, 0);
      expect(yield ['copy_file_range', from, scratch, to, scratch + 8, 3, 0]).toBe(3);
      expect(memory.readPointer(scratch + 8)).toBe(3);
      expect(yield ['copy_file_range', from, 0, to, 0, 1, 1]).toBe(errno('EINVAL'));
      expect(yield ['copy_file_range', to, scratch, to, scratch + 8, 10, 0]).toBe(errno('EINVAL'));
      expect(yield ['copy_file_range', from, 0, 1, 0, 1, 0]).toBe(errno('EINVAL'));
    });
  });

  it('waits for a pipe to take all that is written, and for what is read', async () => {
    await run({ stdin: null }, function* (guest) {
      const { scratch, platform } = guest;
      setTimeout(() => {
        platform.input.push(new Uint8Array(3));
      }, 5);
      expect(yield ['read', 0, scratch, 100]).toBe(3);
      yield ['pipe2', scratch, O_NONBLOCK];
      expect(yield ['read', 3, scratch, 1]).toBe(errno('EAGAIN'));
      expect(yield ['write', 4, new Uint8Array(70000), 70000]).toBe(65536);
      expect(yield ['write', 4, 'x', 1]).toBe(errno('EAGAIN'));
    });
  });
});

describe('descriptors', () => {
  it('duplicates, flags, closes', async () => {
    await run({ files: { f: 'abc' } }, function* ({ process: own, process: { memory, fds }, scratch }) {
      const fd = yield ['openat', AT_FDCWD, 'f', O_RDWR | O_CLOEXEC, 0];
      expect(yield ['fcntl', fd, 1, 0]).toBe(1);
      expect(yield ['fcntl', fd, 2, 0]).toBe(0);
      expect(yield ['fcntl', fd, 1, 0]).toBe(0);
      expect(yield ['dup', fd]).toBe(4);
      expect(yield ['dup3', fd, 9, O_CLOEXEC]).toBe(9);
      expect(yield ['dup3', fd, fd, 0]).toBe(errno('EINVAL'));
      expect(yield ['dup3', fd, 5000, 0]).toBe(errno('EBADF'));
      expect(yield ['fcntl', fd, 0, 20]).toBe(20);
      expect(yield ['fcntl', fd, 1030, 20]).toBe(21);
      expect(yield ['fcntl', 21, 1, 0]).toBe(1);
      expect(yield ['fcntl', fd, 0, 5000]).toBe(errno('EINVAL'));
      expect(yield ['fcntl', fd, 3, 0]).toBe(O_RDWR | 0o100000);
      expect(yield ['fcntl', fd, 4, O_NONBLOCK]).toBe(0);
      expect(yield ['fcntl', 9, 3, 0]).toBe(O_RDWR | O_NONBLOCK | 0o100000);
      expect(yield ['fcntl', fd, 77, 0]).toBe(errno('EINVAL'));
      expect(yield ['ioctl', fd, 0x5451, 0]).toBe(0);
      expect(fds.closeOnExec(fd)).toBe(true);
      expect(yield ['ioctl', fd, 0x541b, scratch]).toBe(0);
      expect(memory.readU32(scratch)).toBe(3);
      memory.writeU32(scratch, 0);
      expect(yield ['ioctl', fd, 0x5421, scratch]).toBe(0);
      expect(yield ['fcntl', fd, 3, 0]).toBe(O_RDWR | 0o100000);
      expect(yield ['ioctl', fd, 0x5401, scratch]).toBe(errno('ENOTTY'));
      expect(yield ['close_range', 20, 21, 4]).toBe(0);
      expect(fds.closeOnExec(20)).toBe(true);
      // A table that another process uses as well is left to it.
      own.fds = fds.join();
      expect(yield ['close_range', 9, 9, 2]).toBe(0);
      expect(own.fds).not.toBe(fds);
      expect([own.fds.find(9), fds.find(9) !== undefined]).toEqual([undefined, true]);
      own.fds.closeAll();
      own.fds = fds;
      expect(yield ['close_range', 4, -1, 0]).toBe(0);
      expect([...fds].map(([number]) => number)).toEqual([0, 1, 2, 3]);
      expect(yield ['close_range', 5, 4, 0]).toBe(errno('EINVAL'));
      expect(yield ['close', 9]).toBe(errno('EBADF'));
      expect(yield ['openat2', AT_FDCWD, 'f', scratch + 64, 24]).toBe(4);
      expect(yield ['openat2', AT_FDCWD, 'f', scratch + 64, 8]).toBe(errno('EINVAL'));
      // A later kernel's structure, which may not ask for what is not there.
      memory.writeU64(scratch + 88, 0);
      expect(yield ['openat2', AT_FDCWD, 'f', scratch + 64, 32]).toBe(5);
      memory.writeU64(scratch + 88, 1);
      expect(yield ['openat2', AT_FDCWD, 'f', scratch + 64, 32]).toBe(errno('E2BIG'));
      expect(yield ['openat2', AT_FDCWD, 'f', scratch + 64, 4097]).toBe(errno('E2BIG'));
      memory.writeU64(scratch + 72, 1 << 20);
      expect(yield ['openat2', AT_FDCWD, 'f', scratch + 64, 24]).toBe(errno('EINVAL'));
      memory.writeU64(scratch + 72, 0x1_0000_0000);
      expect(yield ['openat2', AT_FDCWD, 'f', scratch + 64, 24]).toBe(errno('EINVAL'));
      memory.writeU64(scratch + 72, 0);
      memory.writeU64(scratch + 80, 64);
      expect(yield ['openat2', AT_FDCWD, 'f', scratch + 64, 24]).toBe(errno('EINVAL'));
    });
  });

  it('keeps to RLIMIT_NOFILE', async () => {
    await run({}, function* ({ process: { memory }, scratch }) {
      memory.writeU64(scratch, 4);
      memory.writeU64(scratch + 8, 4);
      expect(yield ['prlimit64', 0, 7, scratch, scratch + 16]).toBe(0);
      expect(memory.readPointer(scratch + 16)).toBe(1024);
      expect(yield ['dup', 0]).toBe(3);
      expect(yield ['dup', 0]).toBe(errno('EMFILE'));
      expect(yield ['pipe2', scratch, 0]).toBe(errno('EMFILE'));
      expect(yield ['close', 3]).toBe(0);
      expect(yield ['pipe2', scratch, 0]).toBe(errno('EMFILE'));
      expect(yield ['dup', 0]).toBe(3);
    });
  });

  it('makes pipes of packets', async () => {
    await run({}, function* ({ process: { memory }, scratch }) {
      const read = (length: number): Call => ['read', 3, scratch, length];
      const text = (length: number): string => Buffer.from(memory.readBytes(scratch, length)).toString();
      expect(yield ['pipe2', scratch, 0o40000 | O_NONBLOCK]).toBe(0);
      expect(yield ['write', 4, 'first', 5]).toBe(5);
      expect(yield ['write', 4, 'second', 6]).toBe(6);
      expect(yield read(100)).toBe(5);
      expect(text(5)).toBe('first');
      // What is not asked for of a packet is gone.
      expect(yield read(3)).toBe(3);
      expect(text(3)).toBe('sec');
      expect(yield read(3)).toBe(errno('EAGAIN'));
      expect(yield ['write', 4, new Uint8Array(5000), 5000]).toBe(5000);
      expect(yield read(8192)).toBe(4096);
      expect(yield read(8192)).toBe(904);
      expect(yield ['fcntl', 4, 3, 0]).toBe(0o140000 | O_NONBLOCK | 1);
      // Switched off, bytes follow each other; what was put in as packets ends a read.
      expect(yield ['write', 4, 'one', 3]).toBe(3);
      expect(yield ['fcntl', 4, 4, O_NONBLOCK]).toBe(0);
      expect(yield ['write', 4, 'two', 3]).toBe(3);
      expect(yield ['write', 4, 'three', 5]).toBe(5);
      expect(yield read(100)).toBe(3);
      expect(yield read(100)).toBe(8);
    });
  });

  it('makes pipes with capacities', async () => {
    await run({}, function* ({ scratch }) {
      expect(yield ['pipe2', 0, 0]).toBe(errno('EFAULT'));
      expect(yield ['pipe2', scratch, 0]).toBe(0);
      expect(yield ['fcntl', 3, 1032, 0]).toBe(65536);
      expect(yield ['fcntl', 3, 1031, 5000]).toBe(8192);
      expect(yield ['fcntl', 0, 1032, 0]).toBe(errno('EBADF'));
      expect(yield ['fadvise64', 3, 0, 0, 0]).toBe(errno('ESPIPE'));
      expect(yield ['readahead', 3, 0, 0]).toBe(errno('EINVAL'));
    });
  });

  it('sizes and syncs files', async () => {
    await run({ files: { f: 'abc' } }, function* ({ process, scratch }) {
      const fd = yield ['openat', AT_FDCWD, 'f', O_RDWR, 0];
      expect(yield ['ftruncate', fd, 10]).toBe(0);
      expect(process.fds.get(fd).file.stat().size).toBe(10);
      expect(yield ['ftruncate', fd, -1]).toBe(errno('EINVAL'));
      expect(yield ['ftruncate', 1, 0]).toBe(errno('EINVAL'));
      expect(yield ['fallocate', fd, 0, 0, 100]).toBe(0);
      expect(process.fds.get(fd).file.stat().size).toBe(100);
      expect(yield ['fallocate', fd, 0, 0, 0]).toBe(errno('EINVAL'));
      expect(yield ['fallocate', 1, 0, 0, 1]).toBe(errno('ESPIPE'));
      expect(yield ['fallocate', 0, 0, 0, 1]).toBe(errno('EBADF'));
      for (const call of ['fsync', 'fdatasync', 'syncfs', 'sync_file_range']) expect(yield [call, fd, 0, 0, 0]).toBe(0);
      expect(yield ['sync']).toBe(0);
      expect(yield ['fadvise64', fd, 0, 0, 3]).toBe(0);
      expect(yield ['fadvise64', fd, 0, 0, 9]).toBe(errno('EINVAL'));
      expect(yield ['readahead', fd, 0, 10]).toBe(0);
      expect(yield ['readahead', 1, 0, 10]).toBe(errno('EBADF'));
      expect(yield ['lseek', fd, 0, 2]).toBe(100);
      expect(scratch).toBeGreaterThan(0);
    });
  });

  it('waits in open of a fifo for the other side', async () => {
    await run({}, function* ({ process, scratch }) {
      expect(yield ['mknodat', AT_FDCWD, 'fifo', 0o010644, 0]).toBe(0);
      expect(yield ['openat', AT_FDCWD, 'fifo', 1 | O_NONBLOCK, 0]).toBe(errno('ENXIO'));
      setTimeout(() => {
        process.vfs.open(process, '/case/fifo', 1 | O_NONBLOCK);
      }, 5);
      expect(yield ['openat', AT_FDCWD, 'fifo', 0, 0]).toBe(3);
      expect(yield ['fcntl', 3, 3, 0]).toBe(0o100000);
      expect(scratch).toBeGreaterThan(0);
    });
  });

  it('makes memory files and eventfds', async () => {
    await run({}, function* ({ process: { memory }, scratch }) {
      const fd = yield ['memfd_create', 'name', 1];
      expect(yield ['write', fd, 'abc', 3]).toBe(3);
      expect(yield ['readlinkat', AT_FDCWD, `/proc/self/fd/${fd}`, scratch, 100]).toBe(21);
      expect(Buffer.from(memory.readBytes(scratch, 21)).toString()).toBe('/memfd:name (deleted)');
      expect(yield ['memfd_create', 'name', 64]).toBe(errno('EINVAL'));
      const event = yield ['eventfd2', 3, 1 | O_NONBLOCK];
      expect(yield ['read', event, scratch, 8]).toBe(8);
      expect(memory.readU64(scratch)).toBe(1n);
      memory.writeU64(scratch, 0xffff_ffff_ffff_ffffn);
      expect(yield ['write', event, scratch, 8]).toBe(errno('EINVAL'));
      memory.writeU64(scratch, 0xffff_ffff_ffff_fffen - 1n);
      expect(yield ['write', event, scratch, 8]).toBe(errno('EAGAIN'));
      expect(yield ['write', event, scratch, 4]).toBe(errno('EINVAL'));
      expect(yield ['read', event, scratch, 4]).toBe(errno('EINVAL'));
      for (let count = 0; count < 2; count++) yield ['read', event, scratch, 8];
      expect(yield ['read', event, scratch, 8]).toBe(errno('EAGAIN'));
      expect(yield ['eventfd2', 0, 4]).toBe(errno('EINVAL'));
      expect(yield ['fstat', event, scratch]).toBe(0);
    });
  });
});

describe('locks', () => {
  it('lets record locks of the one process never conflict', async () => {
    await run({ files: { f: 'x' } }, function* ({ process: { memory }, scratch }) {
      const fd = yield ['openat', AT_FDCWD, 'f', 0, 0];
      memory.writeU64(scratch, 0);
      expect(yield ['fcntl', fd, 6, scratch]).toBe(0);
      memory.writeU16(scratch, 1);
      expect(yield ['fcntl', fd, 6, scratch]).toBe(errno('EBADF'));
      expect(yield ['fcntl', fd, 5, scratch]).toBe(0);
      expect(memory.readU16(scratch)).toBe(2);
      expect(yield ['fcntl', fd, 5, scratch]).toBe(errno('EINVAL'));
      expect(yield ['fcntl', fd, 7, scratch]).toBe(0);
      memory.writeU16(scratch, 5);
      expect(yield ['fcntl', fd, 7, scratch]).toBe(errno('EINVAL'));
    });
  });

  it('keeps flock between descriptions, until they are closed', async () => {
    await run({ files: { f: 'x' } }, function* ({ process }) {
      const first = yield ['openat', AT_FDCWD, 'f', 0, 0];
      const second = yield ['openat', AT_FDCWD, 'f', 0, 0];
      const again = yield ['dup', first];
      expect(yield ['flock', first, 1]).toBe(0);
      expect(yield ['flock', second, 1]).toBe(0);
      expect(yield ['flock', second, 2 | 4]).toBe(errno('EAGAIN'));
      expect(yield ['flock', first, 8]).toBe(0);
      expect(yield ['flock', second, 2 | 4]).toBe(0);
      expect(yield ['flock', again, 1 | 4]).toBe(errno('EAGAIN'));
      setTimeout(() => {
        process.fds.close(second);
      }, 5);
      expect(yield ['flock', first, 2]).toBe(0);
      expect(yield ['flock', first, 3]).toBe(errno('EINVAL'));
      yield ['close', first];
      const third = yield ['openat', AT_FDCWD, 'f', 0, 0];
      expect(yield ['flock', third, 2 | 4]).toBe(errno('EAGAIN'));
      yield ['close', again];
      expect(yield ['flock', third, 2 | 4]).toBe(0);
    });
  });
});

it('keeps files below RLIMIT_FSIZE', async () => {
  await run({ files: { f: '' } }, function* ({ process: { memory }, scratch }) {
    const SIGXFSZ = 25;
    const fd = yield ['openat', AT_FDCWD, 'f', O_RDWR, 0];
    memory.writeU64(scratch, 6);
    memory.writeU64(scratch + 8, 100);
    expect(yield ['setrlimit', 1, scratch]).toBe(0);
    // Blocked: its default action would end the process.
    memory.writeU64(scratch, 1n << BigInt(SIGXFSZ - 1));
    expect(yield ['rt_sigprocmask', 0, scratch, 0, 8]).toBe(0);
    expect(yield ['write', fd, 'abcd', 4]).toBe(4);
    expect(yield ['rt_sigpending', scratch, 8]).toBe(0);
    expect(memory.readU64(scratch)).toBe(0n);
    expect(yield ['write', fd, 'efgh', 4]).toBe(2);
    expect(yield ['write', fd, 'x', 1]).toBe(errno('EFBIG'));
    expect(yield ['rt_sigpending', scratch, 8]).toBe(0);
    expect(memory.readU64(scratch)).toBe(1n << BigInt(SIGXFSZ - 1));
    expect(yield ['pwrite64', fd, 'x', 1, 2]).toBe(1);
    expect(yield ['ftruncate', fd, 7]).toBe(errno('EFBIG'));
    expect(yield ['fallocate', fd, 0, 0, 7]).toBe(errno('EFBIG'));
    expect(yield ['ftruncate', fd, 5]).toBe(0);
  });
});

it('creates files with the mode less the umask', async () => {
  await run({}, function* ({ process }) {
    expect(yield ['umask', 0o077]).toBe(0o022);
    const fd = yield ['openat', AT_FDCWD, 'new', O_CREAT | 1, 0o666];
    expect(process.fds.get(fd).file.stat().mode & 0o777).toBe(0o600);
  });
});
