import { describe, expect, it } from 'vitest';
import { errno, run } from '../testing/scripted.ts';

const PAGE = 4096;
const RW = 3;
const ANONYMOUS = 0x22;
const SHARED = 1;
const FIXED = 0x10;

describe('mmap and its relatives', () => {
  it('maps anonymous memory and gives it back', async () => {
    await run({}, function* ({ process: { memory, space }, scratch }) {
      const at = yield ['mmap', 0, 3 * PAGE, RW, ANONYMOUS, -1, 0];
      memory.writeU8(at, 1);
      expect(yield ['mprotect', at, PAGE, 1]).toBe(0);
      expect(() => {
        memory.writeU8(at, 1);
      }).toThrow('no access');
      expect(yield ['mprotect', at, PAGE, 64]).toBe(errno('EINVAL'));
      expect(yield ['mprotect', at, PAGE, 0x01000001]).toBe(errno('EINVAL'));
      expect(yield ['mincore', at, 3 * PAGE, scratch]).toBe(0);
      expect([...memory.readBytes(scratch, 4)]).toEqual([1, 1, 1, 0]);
      expect(yield ['mincore', at, 9 * PAGE, scratch]).toBe(errno('ENOMEM'));
      expect(yield ['mincore', at + 1, 1, scratch]).toBe(errno('EINVAL'));
      expect(yield ['mlock', at, PAGE]).toBe(0);
      expect(yield ['mlock2', at, PAGE, 1]).toBe(0);
      expect(yield ['mlock2', at, PAGE, 2]).toBe(errno('EINVAL'));
      expect(yield ['mlock2', at, PAGE, -1]).toBe(errno('EINVAL'));
      expect(yield ['munlock', at, 9 * PAGE]).toBe(errno('ENOMEM'));
      expect(yield ['mlockall', 1]).toBe(0);
      expect(yield ['mlockall', 0]).toBe(errno('EINVAL'));
      expect(yield ['munlockall']).toBe(0);
      expect(yield ['munmap', at, PAGE]).toBe(0);
      expect(space.find(at)).toBeUndefined();
      const moved = yield ['mremap', at + PAGE, 2 * PAGE, 5 * PAGE, 1, 0];
      expect(moved).toBeGreaterThan(0);
      expect(yield ['mremap', moved, 5 * PAGE, PAGE, 3, 0x2800_0000]).toBe(0x2800_0000);
      expect(yield ['mremap', moved, PAGE, PAGE, 2, 0]).toBe(errno('EINVAL'));
      expect(yield ['mremap', moved, PAGE, PAGE, 8, 0]).toBe(errno('EINVAL'));
    });
  });

  it('locks as much as the limit allows', async () => {
    await run({ uid: 1000 }, function* ({ process: { limits, space }, scratch }) {
      expect(yield ['mlock', scratch, 2 * PAGE]).toBe(0);
      expect(space.lockedBytes).toBe(2 * PAGE);
      limits.get(8)!.soft = BigInt(PAGE);
      // What was locked before counts; what is locked twice counts once.
      expect(yield ['mlock', scratch, PAGE]).toBe(errno('ENOMEM'));
      expect(yield ['munlock', scratch, PAGE]).toBe(0);
      expect(yield ['mlock', scratch + PAGE, PAGE]).toBe(0);
      expect(yield ['mlock', scratch, PAGE]).toBe(errno('ENOMEM'));
      expect(yield ['madvise', scratch + PAGE, PAGE, 4]).toBe(errno('EINVAL'));
      expect(yield ['madvise', scratch + PAGE, PAGE, 8]).toBe(errno('EINVAL'));
      expect(yield ['msync', scratch, 2 * PAGE, 2]).toBe(errno('EBUSY'));
      expect(yield ['munlockall']).toBe(0);
      expect(yield ['mlock', scratch, PAGE]).toBe(0);
      expect(yield ['mlock', scratch + 1, PAGE]).toBe(errno('ENOMEM'));
      expect(yield ['mlockall', 1]).toBe(errno('ENOMEM'));
      expect(yield ['mlockall', 2]).toBe(0);
      expect(yield ['mmap', 0, PAGE, RW, ANONYMOUS, -1, 0]).toBe(errno('EAGAIN'));
      expect(yield ['munlockall']).toBe(0);
      expect(yield ['mmap', 0, PAGE, RW, ANONYMOUS | 0x2000, -1, 0]).toBeGreaterThan(0);
      expect(space.lockedBytes).toBe(PAGE);
      expect(yield ['mmap', 0, PAGE, RW, ANONYMOUS | 0x2000, -1, 0]).toBe(errno('EAGAIN'));
      limits.get(8)!.soft = 0n;
      expect(yield ['mmap', 0, PAGE, RW, ANONYMOUS | 0x2000, -1, 0]).toBe(errno('EPERM'));
      expect(yield ['mlock', scratch, PAGE]).toBe(errno('EPERM'));
      expect(yield ['munlock', scratch, PAGE]).toBe(0);
    });
  });

  it('checks what it is asked to map', async () => {
    await run({ files: { f: 'x' } }, function* () {
      const fd = yield ['openat', -100, 'f', 2, 0];
      expect(yield ['mmap', 0, 0, RW, SHARED, 99, 0]).toBe(errno('EBADF'));
      expect(yield ['mmap', 0, 0, RW, SHARED, fd, 0]).toBe(errno('EINVAL'));
      // MAP_SYNC: ignored, unless validation is asked for.
      expect(yield ['mmap', 0, PAGE, RW, SHARED | 0x80000, fd, 0]).toBeGreaterThan(0);
      expect(yield ['mmap', 0, PAGE, RW, 3 | 0x80000, fd, 0]).toBe(errno('EOPNOTSUPP'));
      expect(yield ['mmap', 0, PAGE, RW, 3 | 0x8000, fd, 0]).toBeGreaterThan(0);
      const zero = yield ['openat', -100, '/dev/zero', 0, 0];
      const at = yield ['mmap', 0, PAGE, 1, SHARED, zero, 0];
      expect(yield ['mprotect', at, PAGE, RW]).toBe(errno('EACCES'));
      expect(yield ['mmap', 0, PAGE, RW, SHARED, zero, 0]).toBe(errno('EACCES'));
      expect(yield ['mmap', 0, PAGE, RW, 2, zero, 0]).toBeGreaterThan(0);
    });
  });

  it('advises', async () => {
    await run({ files: { f: 'x' } }, function* ({ process: { memory } }) {
      const at = yield ['mmap', 0, PAGE, RW, ANONYMOUS, -1, 0];
      memory.writeU8(at, 1);
      expect(yield ['madvise', at, PAGE, 8]).toBe(0);
      expect(yield ['madvise', at, PAGE, 14]).toBe(0);
      expect(yield ['madvise', at, PAGE, 12]).toBe(errno('EINVAL'));
      expect(yield ['madvise', at, 2 * PAGE, 0]).toBe(errno('ENOMEM'));
      expect(yield ['madvise', at, 2 * PAGE, 8]).toBe(errno('ENOMEM'));
      expect(yield ['madvise', at + 1, PAGE, 0]).toBe(errno('EINVAL'));
      expect(yield ['madvise', at, PAGE, 4]).toBe(0);
      expect(memory.readU8(at)).toBe(0);
      const fd = yield ['openat', -100, 'f', 0, 0];
      const mapped = yield ['mmap', 0, PAGE, 1, 2, fd, 0];
      expect(yield ['madvise', mapped, PAGE, 8]).toBe(errno('EINVAL'));
    });
  });

  it('checks its arguments', async () => {
    await run({ files: { f: 'x', d: { folder: true } } }, function* () {
      const reader = yield ['openat', -100, 'f', 0, 0];
      const writer = yield ['openat', -100, 'f', 1, 0];
      const directory = yield ['openat', -100, 'd', 0, 0];
      expect(yield ['mmap', 0, PAGE, RW, 0x20, -1, 0]).toBe(errno('EINVAL'));
      expect(yield ['mmap', 0, 0, RW, ANONYMOUS, -1, 0]).toBe(errno('EINVAL'));
      expect(yield ['mmap', 0, -1, RW, ANONYMOUS, -1, 0]).toBe(errno('ENOMEM'));
      expect(yield ['mmap', 0, PAGE, RW, ANONYMOUS | 0x40000, -1, 0]).toBe(errno('ENOMEM'));
      expect(yield ['mmap', 0, PAGE, 1, 2, reader, 1]).toBe(errno('EINVAL'));
      expect(yield ['mmap', 0, PAGE, 1, 2, 99, 0]).toBe(errno('EBADF'));
      expect(yield ['mmap', 0, PAGE, 1, 2, writer, 0]).toBe(errno('EACCES'));
      expect(yield ['mmap', 0, PAGE, RW, SHARED, reader, 0]).toBe(errno('EACCES'));
      expect(yield ['mmap', 0, PAGE, 1, 2, directory, 0]).toBe(errno('ENODEV'));
      expect(yield ['mmap', 1, PAGE, 1, FIXED | 2, reader, 0]).toBe(errno('EINVAL'));
      const zero = yield ['openat', -100, '/dev/zero', 2, 0];
      expect(yield ['mmap', 0, PAGE, RW, 2, zero, 0]).toBeGreaterThan(0);
      const shared = yield ['mmap', 0, PAGE, 1, SHARED, reader, 0];
      expect(yield ['mprotect', shared, PAGE, RW]).toBe(errno('EACCES'));
      expect(yield ['msync', shared, PAGE, 5]).toBe(errno('EINVAL'));
      expect(yield ['msync', shared, PAGE, 64]).toBe(errno('EINVAL'));
      expect(yield ['munmap', shared + 1, PAGE]).toBe(errno('EINVAL'));
    });
  });

  it('keeps shared mappings and file calls in step', async () => {
    const { process } = await run({ files: { f: 'hello world' } }, function* ({ process: { memory }, scratch }) {
      const fd = yield ['openat', -100, 'f', 2, 0];
      const at = yield ['mmap', 0, PAGE, RW, SHARED, fd, 0];
      expect(Buffer.from(memory.readBytes(at, 5)).toString()).toBe('hello');
      memory.writeBytes(at, Buffer.from('J'));
      expect(yield ['pread64', fd, scratch, 5, 0]).toBe(5);
      expect(Buffer.from(memory.readBytes(scratch, 5)).toString()).toBe('Jello');
      yield ['pwrite64', fd, 'Y', 1, 0];
      expect(memory.readU8(at)).toBe('Y'.charCodeAt(0));
      yield ['ftruncate', fd, 2 * PAGE];
      yield ['close', fd];
      memory.writeBytes(at + 1, Buffer.from('EEE'));
      expect(yield ['msync', at, PAGE, 4]).toBe(0);
    });
    const file = process.vfs.open(process, '/case/f', 0);
    const bytes = new Uint8Array(5);
    file.read(bytes);
    expect(Buffer.from(bytes).toString()).toBe('YEEEo');
  });

  it('moves the break', async () => {
    await run({}, function* ({ process: { space, memory } }) {
      space.setHeapStart(0x1800_0000);
      expect(yield ['brk', 0]).toBe(0x1800_0000);
      expect(yield ['brk', 0x1800_1000]).toBe(0x1800_1000);
      memory.writeU8(0x1800_0fff, 1);
      expect(yield ['brk', 1]).toBe(0x1800_1000);
    });
  });
});
