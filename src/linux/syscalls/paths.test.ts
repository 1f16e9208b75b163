import { describe, expect, it } from 'vitest';
import { errno, run, scripted } from '../testing/scripted.ts';

const CWD = -100;

describe('O_NOATIME', () => {
  it('is for owners', async () => {
    const guest = scripted({ files: { f: 'x' }, uid: 1000 });
    const exit = await guest.run(function* () {
      expect(yield ['openat', -100, '/dev/null', 0o1000000, 0]).toBe(errno('EPERM'));
    });
    expect(exit).toEqual({ kind: 'exit', code: 0 });
  });
});

describe('status', () => {
  it('fills struct stat, statx and statfs as the headers lay them out', async () => {
    await run({ files: { f: 'hello' } }, function* ({ process: { memory }, scratch }) {
      expect(yield ['newfstatat', CWD, 'f', scratch, 0]).toBe(0);
      expect([memory.readU32(scratch + 16), memory.readPointer(scratch + 48)]).toEqual([0o100755, 5]);
      expect(memory.readU32(scratch + 56)).toBe(4096);
      const inode = memory.readU64(scratch + 8);
      const mtime = memory.readU64(scratch + 88);
      expect(yield ['statx', CWD, 'f', 0, 0x7ff, scratch]).toBe(0);
      expect([memory.readU16(scratch + 28), memory.readPointer(scratch + 40)]).toEqual([0o100755, 5]);
      expect([memory.readU64(scratch + 32), memory.readU64(scratch + 112)]).toEqual([inode, mtime]);
      expect(yield ['newfstatat', 1, '', scratch, 0x1000]).toBe(0);
      expect(memory.readU32(scratch + 16) & 0o170000).toBe(0o010000);
      expect(yield ['statx', 1, 0, 0x1000, 0x7ff, scratch]).toBe(0);
      expect(yield ['newfstatat', CWD, '', scratch, 0x1000]).toBe(0);
      expect(yield ['newfstatat', CWD, '', scratch, 0]).toBe(errno('ENOENT'));
      expect(yield ['newfstatat', CWD, 'f', scratch, 2]).toBe(errno('EINVAL'));
      expect(yield ['newfstatat', CWD, 'f', 0, 0]).toBe(errno('EFAULT'));
      expect(yield ['statx', CWD, 'f', 0x6000, 0, scratch]).toBe(errno('EINVAL'));
      expect(yield ['newfstatat', 1, 'f', scratch, 0]).toBe(errno('ENOTDIR'));
      expect(yield ['newfstatat', 99, 'f', scratch, 0]).toBe(errno('EBADF'));
      expect(yield ['statfs', '/proc', scratch]).toBe(0);
      expect(memory.readPointer(scratch)).toBe(0x9fa0);
      expect(yield ['fstatfs', 1, scratch]).toBe(0);
      expect(memory.readPointer(scratch + 64)).toBe(255);
    });
  });

  it('lists a directory in records of eight bytes, as far as the buffer goes', async () => {
    await run({ files: { a: '', dir: { folder: true }, link: { link: 'a' } } }, function* ({ process, scratch }) {
      const { memory } = process;
      const fd = yield ['openat', CWD, '.', 0o200000, 0];
      const found = new Map<string, number>();
      let count: number;
      while ((count = yield ['getdents64', fd, scratch, 64]) > 0) {
        for (let at = scratch; at < scratch + count; at += memory.readU16(at + 16)) {
          const name = Buffer.from(memory.readCString(at + 19, 256)!).toString();
          found.set(name, memory.readU8(at + 18));
          expect(memory.readU16(at + 16) % 8).toBe(0);
        }
      }
      expect([...found].sort()).toEqual([
        ['.', 4],
        ['..', 4],
        ['a', 8],
        ['dir', 4],
        ['link', 10],
      ]);
      yield ['lseek', fd, 0, 0];
      expect(yield ['getdents64', fd, scratch, 16]).toBe(errno('EINVAL'));
      expect(yield ['getdents64', 0, scratch, 64]).toBe(errno('ENOTDIR'));
      yield ['chdir', 'dir'];
      yield ['unlinkat', CWD, '/case/dir', 0x200];
      expect(yield ['getcwd', scratch, 100]).toBe(errno('ENOENT'));
    });
  });

  it('checks access with the real or the effective ids', async () => {
    await run({ uid: 1000, files: { f: 'x' } }, function* () {
      expect(yield ['faccessat', CWD, 'f', 4]).toBe(0);
      expect(yield ['faccessat', CWD, 'f', 2]).toBe(errno('EACCES'));
      expect(yield ['faccessat2', CWD, 'f', 2, 0x200]).toBe(errno('EACCES'));
      expect(yield ['faccessat', CWD, 'f', 8]).toBe(errno('EINVAL'));
      expect(yield ['faccessat2', CWD, 'f', 0, 1]).toBe(errno('EINVAL'));
      expect(yield ['faccessat', CWD, 'missing', 0]).toBe(errno('ENOENT'));
    });
  });
});

describe('names', () => {
  it('makes, links, renames and removes', async () => {
    await run({ files: { f: 'x' } }, function* ({ process: { memory }, scratch }) {
      expect(yield ['mkdirat', CWD, 'd', 0o755]).toBe(0);
      expect(yield ['symlinkat', 'f', CWD, 's']).toBe(0);
      expect(yield ['readlinkat', CWD, 's', scratch, 100]).toBe(1);
      expect(yield ['readlinkat', CWD, 's', scratch, 0]).toBe(errno('EINVAL'));
      expect(yield ['readlinkat', CWD, 'f', scratch, 10]).toBe(errno('EINVAL'));
      expect(yield ['readlinkat', CWD, '', scratch, 10]).toBe(errno('ENOENT'));
      expect(yield ['linkat', CWD, 'f', CWD, 'd/g', 0]).toBe(0);
      expect(yield ['linkat', CWD, 's', CWD, 'd/h', 0x400]).toBe(0);
      expect(yield ['linkat', CWD, 'f', CWD, 'x', 1]).toBe(errno('EINVAL'));
      expect(yield ['newfstatat', CWD, 'f', scratch, 0]).toBe(0);
      expect(memory.readU32(scratch + 20)).toBe(3);
      const directory = yield ['openat', CWD, 'd', 0o200000, 0];
      expect(yield ['renameat2', directory, 'g', CWD, 'g', 0]).toBe(0);
      expect(yield ['renameat2', CWD, 'g', CWD, 'f', 1]).toBe(errno('EEXIST'));
      expect(yield ['unlinkat', directory, 'h', 0]).toBe(0);
      expect(yield ['unlinkat', CWD, 'd', 0]).toBe(errno('EISDIR'));
      expect(yield ['unlinkat', CWD, 'd', 0x200]).toBe(0);
      expect(yield ['unlinkat', CWD, 'd', 7]).toBe(errno('EINVAL'));
      expect(yield ['mkdirat', CWD, 'x'.repeat(5000), 0]).toBe(errno('ENAMETOOLONG'));
      expect(yield ['mkdirat', CWD, 0, 0]).toBe(errno('EFAULT'));
    });
  });

  it('changes modes, owners, times and sizes', async () => {
    await run({ files: { f: 'hello', s: { link: 'f' } } }, function* ({ process, scratch }) {
      const { memory, vfs } = process;
      const stat = (): ReturnType<ReturnType<typeof vfs.resolve>['dentry']['inode']['stat']> =>
        vfs.resolve(process, '/case/f').dentry.inode.stat();
      const fd = yield ['openat', CWD, 'f', 2, 0];
      expect(yield ['fchmod', fd, 0o600]).toBe(0);
      expect(stat().mode & 0o777).toBe(0o600);
      expect(yield ['fchmodat', CWD, 'f', 0o640]).toBe(0);
      expect(yield ['fchmodat2', CWD, 's', 0o640, 0x100]).toBe(errno('EOPNOTSUPP'));
      expect(stat().mode & 0o777).toBe(0o640);
      expect(yield ['fchown', fd, 5, -1]).toBe(0);
      expect(yield ['fchownat', CWD, 'f', -1, 6, 0]).toBe(0);
      expect([stat().uid, stat().gid]).toEqual([5, 6]);
      [10, 5, 20, 6].forEach((word, index) => {
        memory.writeU64(scratch + index * 8, word);
      });
      expect(yield ['utimensat', CWD, 'f', scratch, 0]).toBe(0);
      expect([stat().atime, stat().mtime]).toEqual([10_000_000_005n, 20_000_000_006n]);
      memory.writeU64(scratch + 8, 0x3ffffffe);
      memory.writeU64(scratch + 24, 0x3fffffff);
      expect(yield ['utimensat', fd, 0, scratch, 0]).toBe(0);
      expect(stat().atime).toBe(10_000_000_005n);
      expect(stat().mtime).toBeGreaterThan(10n ** 18n);
      memory.writeU64(scratch + 24, 0x3ffffffe);
      expect(yield ['utimensat', CWD, 'missing', scratch, 0]).toBe(0);
      memory.writeU64(scratch + 24, 2_000_000_000);
      expect(yield ['utimensat', CWD, 'f', scratch, 0]).toBe(errno('EINVAL'));
      expect(yield ['utimensat', CWD, 'f', 0, 0]).toBe(0);
      expect(yield ['truncate', 'f', 2]).toBe(0);
      expect(stat().size).toBe(2);
      expect(yield ['truncate', 'f', -1]).toBe(errno('EINVAL'));
    });
  });

  it('walks the working directory and the root', async () => {
    await run({ files: { d: { folder: true }, f: '' } }, function* ({ process: { memory }, scratch }) {
      expect(yield ['chdir', 'd']).toBe(0);
      expect(yield ['getcwd', scratch, 100]).toBe(8);
      expect(Buffer.from(memory.readBytes(scratch, 8)).toString()).toBe('/case/d\0');
      expect(yield ['getcwd', scratch, 7]).toBe(errno('ERANGE'));
      const fd = yield ['openat', CWD, '/case', 0o200000, 0];
      expect(yield ['fchdir', fd]).toBe(0);
      expect(yield ['chdir', 'f']).toBe(errno('ENOTDIR'));
      expect(yield ['chroot', '/case']).toBe(0);
      expect(yield ['openat', CWD, '/f', 0, 0]).toBe(4);
    });
    await run({ uid: 7, files: { d: { folder: true } } }, function* () {
      expect(yield ['chroot', 'd']).toBe(errno('EPERM'));
      expect(yield ['mknodat', CWD, 'null', 0o020666, 0x103]).toBe(errno('EPERM'));
    });
  });

  it('gives a file without a name one', async () => {
    const O_TMPFILE = 0o20200002;
    await run({ files: { d: { folder: true } } }, function* ({ process: { memory }, scratch }) {
      const fd = yield ['openat', CWD, 'd', O_TMPFILE, 0o644];
      expect(yield ['write', fd, 'text', 4]).toBe(4);
      expect(yield ['readlinkat', CWD, `/proc/self/fd/${String(fd)}`, scratch, 100]).toBeGreaterThan(0);
      expect(Buffer.from(memory.readBytes(scratch, 100)).toString()).toMatch(/^\/case\/d\/#\d+ \(deleted\)/);
      expect(yield ['openat', CWD, 'd/f', 0, 0]).toBe(errno('ENOENT'));
      expect(yield ['linkat', CWD, `/proc/self/fd/${String(fd)}`, CWD, 'd/f', 0x400]).toBe(0);
      expect(yield ['linkat', fd, '', CWD, 'd/g', 0x1000]).toBe(0);
      const second = yield ['openat', CWD, 'd/f', 0, 0];
      expect(yield ['read', second, scratch, 10]).toBe(4);
      const hidden = yield ['openat', CWD, 'd', O_TMPFILE | 0o200, 0o644];
      expect(yield ['linkat', hidden, '', CWD, 'd/h', 0x1000]).toBe(errno('ENOENT'));
      expect(yield ['openat', CWD, 'd', 0o20200000, 0o644]).toBe(errno('EINVAL'));
      expect(yield ['openat', CWD, 'd/f', O_TMPFILE, 0o644]).toBe(errno('ENOTDIR'));
    });
  });
});
