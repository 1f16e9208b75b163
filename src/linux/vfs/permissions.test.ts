import { beforeEach, describe, expect, it } from 'vitest';
import { FILE_TYPE, O_CREAT, O_RDONLY, O_RDWR, O_WRONLY, RENAME_EXCHANGE } from './constants.ts';
import { makeDevice } from './environment.ts';
import { MemoryFileSystem } from './memory/memory-fs.ts';
import { Fixture, ROOT, USER, expectErrno, text } from './testing/fixture.ts';

const OTHER = { uid: 1001, gid: 1001, groups: [] };

let fx: Fixture;
beforeEach(() => {
  fx = new Fixture((environment) => new MemoryFileSystem(environment));
  fx.mkdir('/home', 0o777);
  fx.vfs.changeMode(fx.context, fx.at('/home'), 0o777);
  fx.as(USER);
});

describe('permissions', () => {
  it('are those of the owner, the group or the others', () => {
    fx.write('/home/f', 'x', 0o640);
    expect(fx.stat('/home/f').uid).toBe(1000);
    fx.as(OTHER);
    expectErrno('EACCES', () => fx.open('/home/f'));
    fx.as({ ...OTHER, groups: [1000] });
    expect(fx.read('/home/f')).toBe('x');
    expectErrno('EACCES', () => fx.open('/home/f', O_WRONLY));
    expectErrno('EACCES', () => fx.vfs.truncate(fx.context, fx.at('/home/f'), 0));
    // The owner's bits count for the owner, even where the group would get more.
    fx.as(USER);
    fx.vfs.changeMode(fx.context, fx.at('/home/f'), 0o060);
    expectErrno('EACCES', () => fx.open('/home/f'));
    fx.as(ROOT);
    expect(fx.read('/home/f')).toBe('x');
  });

  it('are needed on every directory of the way', () => {
    fx.mkdir('/home/d', 0o700);
    fx.write('/home/d/f', '');
    fx.as(OTHER);
    expectErrno('EACCES', () => fx.at('/home/d/f'));
    expectErrno('EACCES', () => fx.at('/home/d/none'));
    expectErrno('EACCES', () => fx.open('/home/d'));
    expect(fx.stat('/home/d').mode).toBe(FILE_TYPE.directory | 0o700);
    fx.as(USER);
    fx.vfs.changeMode(fx.context, fx.at('/home/d'), 0o500);
    expectErrno('EACCES', () => fx.write('/home/d/g', ''));
    expectErrno('EACCES', () => fx.unlink('/home/d/f'));
    expectErrno('EACCES', () => fx.rename('/home/d/f', '/home/f'));
    expectErrno('EACCES', () => fx.mkdir('/home/d/e'));
  });

  it('of sticky directories let only owners remove', () => {
    fx.as(ROOT);
    fx.mkdir('/tmp', 0o777);
    fx.vfs.changeMode(fx.context, fx.at('/tmp'), 0o1777);
    fx.as(USER).write('/tmp/mine', '');
    fx.as(OTHER).write('/tmp/other', '');
    expectErrno('EPERM', () => fx.unlink('/tmp/mine'));
    expectErrno('EPERM', () => fx.rename('/tmp/mine', '/tmp/x'));
    expectErrno('EPERM', () => fx.rename('/tmp/other', '/tmp/mine'));
    fx.as(USER).unlink('/tmp/mine');
    fx.as(ROOT).unlink('/tmp/other');
  });

  it('of access(2) are asked for given ids', () => {
    fx.write('/home/f', '', 0o640);
    const f = fx.at('/home/f');
    fx.vfs.access(f, 0, OTHER);
    expectErrno('EACCES', () => fx.vfs.access(f, 4, OTHER));
    fx.vfs.access(f, 6, USER);
    expectErrno('EACCES', () => fx.vfs.access(f, 1, USER));
    // Root may read and write anything, but execute only what somebody may.
    fx.vfs.access(f, 6, ROOT);
    expectErrno('EACCES', () => fx.vfs.access(f, 1, ROOT));
    fx.vfs.access(fx.at('/home'), 1, ROOT);
  });
});

describe('attributes', () => {
  it('get the umask, and the group of a setgid directory', () => {
    fx.mkdir('/home/d');
    fx.as(ROOT);
    fx.vfs.changeOwner(fx.context, fx.at('/home/d'), 1000, 2000);
    fx.vfs.changeMode(fx.context, fx.at('/home/d'), 0o2775);
    fx.as(USER);
    fx.write('/home/d/f', '', 0o666);
    expect(fx.stat('/home/d/f')).toMatchObject({ uid: 1000, gid: 2000, mode: FILE_TYPE.file | 0o644 });
    fx.mkdir('/home/d/e');
    expect(fx.stat('/home/d/e')).toMatchObject({ gid: 2000, mode: FILE_TYPE.directory | 0o2755 });
  });

  it('are changed by the owner only', () => {
    fx.write('/home/f', '');
    const f = fx.at('/home/f');
    fx.as(OTHER);
    expectErrno('EPERM', () => fx.vfs.changeMode(fx.context, f, 0o777));
    expectErrno('EPERM', () => fx.vfs.changeOwner(fx.context, f, undefined, 1001));
    expectErrno('EPERM', () => fx.vfs.changeTimes(fx.context, f, 1n, 1n));
    expectErrno('EACCES', () => fx.vfs.changeTimes(fx.context, f, 'now', 'now'));
    fx.as(USER);
    expectErrno('EPERM', () => fx.vfs.changeOwner(fx.context, f, 0, undefined));
    expectErrno('EPERM', () => fx.vfs.changeOwner(fx.context, f, undefined, 0));
    fx.vfs.changeOwner(fx.context, f, 1000, 2000);
    expect(fx.stat('/home/f').gid).toBe(2000);
    fx.vfs.changeOwner(fx.context, f, undefined, undefined);
    fx.vfs.changeMode(fx.context, f, 0o666);
    fx.as(OTHER);
    fx.vfs.changeTimes(fx.context, f, 'now', 'now');
    const { mtime } = fx.stat('/home/f');
    fx.vfs.changeTimes(fx.context, f, undefined, undefined);
    expect(fx.stat('/home/f').mtime).toBe(mtime);
  });

  it('lose set-id bits to a new owner and to a write', () => {
    fx.write('/home/f', '');
    const f = fx.at('/home/f');
    fx.vfs.changeMode(fx.context, f, 0o6755);
    fx.vfs.changeOwner(fx.context, f, undefined, 2000);
    expect(fx.stat('/home/f').mode & 0o7777).toBe(0o755);
    fx.vfs.changeMode(fx.context, f, 0o6755);
    fx.write('/home/f', 'x');
    expect(fx.stat('/home/f').mode & 0o7777).toBe(0o755);
    // Who has CAP_FSETID keeps them.
    fx.vfs.changeMode(fx.context, f, 0o6755);
    fx.as(ROOT).write('/home/f', 'y');
    expect(fx.as(USER).stat('/home/f').mode & 0o7777).toBe(0o6755);
    // A setgid bit without group execution marks mandatory locks.
    fx.vfs.changeMode(fx.context, f, 0o2644);
    fx.vfs.changeOwner(fx.context, f, undefined, 1000);
    expect(fx.stat('/home/f').mode & 0o7777).toBe(0o2644);
    // Not a member of the group: no setgid.
    fx.as(ROOT).vfs.changeOwner(fx.context, f, 1000, 77);
    fx.as(USER).vfs.changeMode(fx.context, f, 0o2755);
    expect(fx.stat('/home/f').mode & 0o7777).toBe(0o755);
  });
});

describe('special files', () => {
  it('are made by mknod: files by everybody, devices by root', () => {
    fx.vfs.mknod(fx.context, '/home/plain', 0o666, 0);
    fx.vfs.mknod(fx.context, '/home/socket', FILE_TYPE.socket | 0o666, 0);
    expect(fx.stat('/home/plain').mode).toBe(FILE_TYPE.file | 0o644);
    expectErrno('ENXIO', () => fx.open('/home/socket'));
    expectErrno('EPERM', () => fx.vfs.mknod(fx.context, '/home/c', FILE_TYPE.char | 0o666, 0));
    expectErrno('EPERM', () => fx.vfs.mknod(fx.context, '/home/d', FILE_TYPE.directory, 0));
    expectErrno('EINVAL', () => fx.vfs.mknod(fx.context, '/home/l', FILE_TYPE.symlink, 0));
    expectErrno('ENOENT', () => fx.vfs.mknod(fx.context, '/home/x/', 0o644, 0));
    fx.as(ROOT).vfs.mknod(fx.context, '/home/c', FILE_TYPE.char | 0o666, makeDevice(4, 70_000));
    expect(fx.stat('/home/c').rdev).toBe(makeDevice(4, 70_000));
    expectErrno('ENXIO', () => fx.open('/home/c'));
  });
});

describe('memory file system', () => {
  it('has limits of bytes and of files', () => {
    const small = new Fixture(
      (environment) => new MemoryFileSystem(environment, { capacity: 1 << 17, maxNodes: 3, type: 'small' }),
    );
    const description = small.open('/f', O_CREAT | O_RDWR);
    expect(description.write(new Uint8Array(200_000))).toBe(1 << 17);
    expectErrno('ENOSPC', () => description.write(text('x')));
    expect(small.vfs.statistics(small.at('/')).freeBlocks).toBe(0);
    small.unlink('/f');
    expect(small.vfs.statistics(small.at('/')).freeBlocks).toBe(0);
    description.release();
    expect(small.vfs.statistics(small.at('/'))).toMatchObject({ freeBlocks: 32, freeFiles: 3 });
    for (const name of ['1', '2', '3']) small.mkdir(`/${name}`);
    expectErrno('ENOSPC', () => small.write('/4', ''));
    small.rmdir('/1');
    small.write('/4', '');
  });

  it('exchanges names', () => {
    fx.as(ROOT);
    fx.mkdir('/d');
    fx.write('/d/inside', '');
    fx.write('/f', 'file');
    fx.chdir('/d');
    fx.rename('/d', '/f', RENAME_EXCHANGE);
    expect(fx.read('/d')).toBe('file');
    expect(fx.list('/f')).toEqual(['inside']);
    expect(fx.cwd()).toBe('/f');
    expectErrno('ENOENT', () => fx.rename('/d', '/none', RENAME_EXCHANGE));
    expectErrno('EINVAL', () => fx.rename('/f/inside', '/f', RENAME_EXCHANGE));
    expectErrno('EINVAL', () => fx.rename('/f', '/d', RENAME_EXCHANGE | 1));
  });

  it('allocates, punches and zeroes', () => {
    fx.as(ROOT).write('/f', 'x'.repeat(100));
    const description = fx.open('/f', O_RDWR);
    const { file } = description;
    file.allocate(0, 50, 100);
    expect(file.stat().size).toBe(150);
    file.allocate(1, 1000, 10);
    expect(file.stat().size).toBe(150);
    file.allocate(3, 0, 10);
    expectErrno('EOPNOTSUPP', () => file.allocate(2, 0, 10));
    file.allocate(16, 140, 20);
    expect(file.stat().size).toBe(160);
    expectErrno('EOPNOTSUPP', () => file.allocate(8, 0, 10));
    expectErrno('EFBIG', () => file.allocate(0, Number.MAX_SAFE_INTEGER, 1));
    expect(fx.read('/f')).toBe('\0'.repeat(10) + 'x'.repeat(90) + '\0'.repeat(60));
    description.release();
  });

  it('records the first read after a change', () => {
    fx.as(ROOT).write('/f', 'x');
    const { atime, mtime } = fx.stat('/f');
    expect(atime).toBeLessThanOrEqual(mtime);
    fx.read('/f');
    const first = fx.stat('/f').atime;
    expect(first).toBeGreaterThan(mtime);
    fx.read('/f');
    expect(fx.stat('/f').atime).toBe(first);
  });

  it('does not link what has no name any more', () => {
    fx.as(ROOT).write('/f', '');
    const { location } = fx.open('/f', O_RDONLY);
    fx.unlink('/f');
    expectErrno('ENOENT', () => fx.vfs.link(fx.context, location, '/g'));
    expect(fx.vfs.pathOf(location)).toBe('/f (deleted)');
  });
});
