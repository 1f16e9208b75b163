import { beforeEach, describe, expect, it } from 'vitest';
import {
  O_APPEND,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_NOFOLLOW,
  O_PATH,
  O_RDONLY,
  O_RDWR,
  O_TRUNC,
  O_WRONLY,
  RENAME_NOREPLACE,
  SEEK_CUR,
  SEEK_DATA,
  SEEK_END,
  SEEK_HOLE,
  SEEK_SET,
  S_IFMT,
  FILE_TYPE,
} from '../constants.ts';
import { expectErrno, readAll, text, untext, writeAll } from './fixture.ts';
import type { Fixture } from './fixture.ts';
import { describeWatches } from './watch-suite.ts';

/** What every writable file system must do, run against each of them. `make` gives one with an empty root. */
export function describeWritable(name: string, make: () => Fixture, many = 10_000): void {
  describe(`writable file system: ${name}`, () => {
    let fx: Fixture;
    beforeEach(() => {
      fx = make();
    });
    describe('files', () => describeFiles(() => fx));
    describe('directories', () => describeDirectories(() => fx, many));
    describe('names', () => describeNames(() => fx));
    describe('renames', () => describeRenames(() => fx));
    describe('attributes', () => describeAttributes(() => fx));
    describe('watches', () => describeWatches(() => fx));
  });
}

function describeFiles(get: () => Fixture): void {
  it('keeps what is written, binary and long', () => {
    const fx = get();
    const bytes = Uint8Array.from({ length: 200_001 }, (_, index) => (index * 7 + (index >> 8)) & 0xff);
    fx.write('/f', bytes);
    expect(fx.stat('/f').size).toBe(200_001);
    const description = fx.open('/f');
    expect(readAll(description)).toEqual(bytes);
    const part = new Uint8Array(10);
    expect(description.pread(part, 65_531)).toBe(10);
    expect(part).toEqual(bytes.slice(65_531, 65_541));
    description.release();
  });

  it('creates, truncates and refuses as open(2) says', () => {
    const fx = get();
    expectErrno('ENOENT', () => fx.open('/f', O_RDWR));
    fx.write('/f', 'hello');
    expectErrno('EEXIST', () => fx.open('/f', O_CREAT | O_EXCL | O_WRONLY));
    expect(fx.stat('/f').mode & 0o7777).toBe(0o644);
    fx.open('/f', O_WRONLY | O_TRUNC).release();
    expect(fx.stat('/f').size).toBe(0);
    expectErrno('ENOTDIR', () => fx.open('/f', O_DIRECTORY));
    expectErrno('ENOTDIR', () => fx.open('/f/'));
    expectErrno('ENOTDIR', () => fx.open('/f/x', O_CREAT | O_WRONLY));
    expectErrno('EISDIR', () => fx.open('/new/', O_CREAT | O_WRONLY));
    expectErrno('EISDIR', () => fx.open('/', O_WRONLY));
  });

  it('writes through the descriptor that created a read-only file', () => {
    const fx = get();
    const description = fx.open('/ro', O_CREAT | O_WRONLY, 0o444);
    description.write(text('x'));
    description.release();
    expect(fx.read('/ro')).toBe('x');
    expect(fx.stat('/ro').mode & 0o777).toBe(0o444);
  });

  it('checks the access mode of the description', () => {
    const fx = get();
    fx.write('/f', 'abc');
    const reader = fx.open('/f');
    expectErrno('EBADF', () => reader.write(text('x')));
    expectErrno('EBADF', () => reader.pwrite(text('x'), 0));
    const writer = fx.open('/f', O_WRONLY);
    expectErrno('EBADF', () => writer.read(new Uint8Array(1)));
    expectErrno('EBADF', () => writer.pread(new Uint8Array(1), 0));
    reader.release();
    writer.release();
  });

  it('seeks', () => {
    const fx = get();
    fx.write('/f', '0123456789');
    const description = fx.open('/f', O_RDWR);
    expect(description.seek(-3, SEEK_END)).toBe(7);
    expect(description.seek(1, SEEK_CUR)).toBe(8);
    expect(untext(readAll(description))).toBe('89');
    expectErrno('EINVAL', () => description.seek(-1, SEEK_SET));
    expectErrno('EINVAL', () => description.seek(0, 9));
    expect(description.seek(100, SEEK_SET)).toBe(100);
    expect(description.read(new Uint8Array(4))).toBe(0);
    expect(description.pwrite(text('AB'), 2)).toBe(2);
    expectErrno('EINVAL', () => description.pread(new Uint8Array(1), -1));
    description.release();
    expect(fx.read('/f')).toBe('01AB456789');
  });

  it('appends, wherever the offset stands', () => {
    const fx = get();
    fx.write('/f', 'ab');
    const description = fx.open('/f', O_RDWR | O_APPEND);
    description.write(text('c'));
    description.seek(0, SEEK_SET);
    description.write(text('d'));
    expect(description.offset).toBe(4);
    description.pwrite(text('e'), 0);
    description.release();
    expect(fx.read('/f')).toBe('abcde');
  });

  it('has holes that read as zeros', () => {
    const fx = get();
    const description = fx.open('/sparse', O_CREAT | O_RDWR);
    description.pwrite(text('end'), 5_000_000);
    expect(description.file.stat().size).toBe(5_000_003);
    const buffer = new Uint8Array(16).fill(1);
    expect(description.pread(buffer, 2_500_000)).toBe(16);
    expect(buffer).toEqual(new Uint8Array(16));
    const data = description.seek(0, SEEK_DATA);
    expect(data).toBeLessThanOrEqual(5_000_000);
    expect(description.seek(data, SEEK_HOLE)).toBeGreaterThanOrEqual(0);
    expectErrno('ENXIO', () => description.seek(6_000_000, SEEK_DATA));
    description.release();
  });

  it('truncates down and up; what was cut off does not come back', () => {
    const fx = get();
    fx.write('/f', 'x'.repeat(70_000));
    const description = fx.open('/f', O_RDWR);
    description.file.truncate(66_000);
    description.file.truncate(68_000);
    const buffer = new Uint8Array(2_000).fill(1);
    expect(description.pread(buffer, 66_000)).toBe(2_000);
    expect(buffer.every((byte) => byte === 0)).toBe(true);
    expect(description.pread(buffer.subarray(0, 1), 65_999)).toBe(1);
    expect(buffer[0]).toBe(0x78);
    description.release();
    fx.vfs.truncate(fx.context, fx.at('/f'), 3);
    expect(fx.read('/f')).toBe('xxx');
    expectErrno('EINVAL', () => fx.vfs.truncate(fx.context, fx.at('/f'), -1));
    expectErrno('EISDIR', () => fx.vfs.truncate(fx.context, fx.at('/'), 0));
  });

  it('keeps an unlinked file until it is closed', () => {
    const fx = get();
    fx.write('/f', 'still here');
    const description = fx.open('/f', O_RDWR);
    fx.unlink('/f');
    expect(fx.exists('/f')).toBe(false);
    expect(description.file.stat().nlink).toBe(0);
    expect(untext(readAll(description))).toBe('still here');
    description.write(text('!'));
    description.file.truncate(5);
    expect(description.file.stat().size).toBe(5);
    fx.vfs.changeMode(fx.context, description, 0o600);
    expect(description.file.stat().mode & 0o777).toBe(0o600);
    fx.write('/f', 'another');
    expect(fx.stat('/f').ino).not.toBe(description.file.stat().ino);
    description.release();
    expect(fx.read('/f')).toBe('another');
  });

  it('shows what one description writes to another', () => {
    const fx = get();
    fx.write('/f', 'old');
    const reader = fx.open('/f');
    const writer = fx.open('/f', O_WRONLY);
    writer.write(text('new'));
    expect(untext(readAll(reader))).toBe('new');
    writer.file.sync();
    reader.release();
    writer.release();
  });
}

function describeDirectories(get: () => Fixture, many: number): void {
  it('lists what was made, with inode numbers and kinds that agree with stat', () => {
    const fx = get();
    fx.mkdir('/d');
    fx.write('/d/f', '');
    fx.mkdir('/d/sub');
    fx.symlink('f', '/d/l');
    const entries = fx.entries('/d');
    expect(entries.map(({ name, kind }) => [name, kind])).toEqual([
      ['f', 'file'],
      ['l', 'symlink'],
      ['sub', 'directory'],
    ]);
    for (const { name, ino } of entries) expect(fx.lstat(`/d/${name}`).ino).toBe(ino);
    expect(fx.stat('/d').mode & S_IFMT).toBe(FILE_TYPE.directory);
  });

  it('lists many entries, each once, in several calls', () => {
    const fx = get();
    fx.mkdir('/many');
    for (let index = 0; index < many; index++) fx.open(`/many/${index}`, O_CREAT | O_WRONLY).release();
    const description = fx.open('/many');
    const names = new Set<string>();
    let taken: number;
    do {
      let room = 77;
      taken = description.readEntries(fx.context, ({ name }) => {
        if (room-- === 0) return false;
        names.add(name);
        return true;
      });
    } while (taken > 0);
    description.release();
    expect(names.size).toBe(many + 2);
  });

  it('goes on listing while entries are removed, and starts anew after a rewind', () => {
    const fx = get();
    fx.mkdir('/d');
    for (let index = 0; index < 20; index++) fx.write(`/d/${index}`, '');
    const description = fx.open('/d');
    let seen = 0;
    description.readEntries(fx.context, ({ name }) => {
      if (name !== '.' && name !== '..') fx.unlink(`/d/${name}`);
      seen++;
      return true;
    });
    expect(seen).toBe(22);
    description.seek(0, SEEK_SET);
    expect(description.readEntries(fx.context, () => true)).toBe(2);
    description.release();
    fx.rmdir('/d');
  });

  it('refuses what mkdir(2) and rmdir(2) refuse', () => {
    const fx = get();
    fx.mkdir('/d/');
    fx.write('/d/f', '');
    expectErrno('EEXIST', () => fx.mkdir('/d'));
    expectErrno('EEXIST', () => fx.mkdir('/d/f'));
    expectErrno('EEXIST', () => fx.mkdir('/'));
    expectErrno('ENOENT', () => fx.mkdir('/none/d'));
    expectErrno('ENOTEMPTY', () => fx.rmdir('/d'));
    expectErrno('ENOTDIR', () => fx.rmdir('/d/f'));
    expectErrno('ENOENT', () => fx.rmdir('/none'));
    expectErrno('EINVAL', () => fx.rmdir('/d/.'));
    expectErrno('ENOTEMPTY', () => fx.rmdir('/d/..'));
    expectErrno('EBUSY', () => fx.rmdir('/'));
    fx.unlink('/d/f');
    fx.rmdir('/d/');
    expect(fx.exists('/d')).toBe(false);
  });

  it('lets nobody work in a removed directory', () => {
    const fx = get();
    fx.mkdir('/d');
    fx.chdir('/d');
    fx.rmdir('/d');
    expect(fx.cwd()).toBe('/d (deleted)');
    expectErrno('ENOENT', () => fx.write('f', ''));
    expectErrno('ENOENT', () => fx.mkdir('e'));
    expectErrno('ENOENT', () => fx.at('f'));
    expect(fx.vfs.pathOf(fx.at('..'))).toBe('/');
    fx.mkdir('/d');
    expectErrno('ENOENT', () => fx.write('f', ''));
    expect(fx.list('/d')).toEqual([]);
  });

  it('counts links of directories', () => {
    const fx = get();
    fx.mkdir('/d');
    const { nlink } = fx.stat('/d');
    fx.mkdir('/d/a');
    fx.mkdir('/d/b');
    expect([2, 0]).toContain(fx.stat('/d').nlink - nlink);
    fx.rmdir('/d/b');
    expect([1, 0]).toContain(fx.stat('/d').nlink - nlink);
  });
}

function describeNames(get: () => Fixture): void {
  it('makes hard links', () => {
    const fx = get();
    fx.write('/a', 'one');
    fx.link('/a', '/b');
    expect(fx.stat('/b').ino).toBe(fx.stat('/a').ino);
    expect(fx.stat('/a').nlink).toBe(2);
    fx.write('/b', 'two');
    expect(fx.read('/a')).toBe('two');
    fx.unlink('/a');
    expect(fx.stat('/b').nlink).toBe(1);
    expect(fx.read('/b')).toBe('two');
    fx.mkdir('/d');
    expectErrno('EPERM', () => fx.link('/d', '/e'));
    expectErrno('EEXIST', () => fx.link('/b', '/d'));
    fx.symlink('b', '/l');
    fx.link('/l', '/l2');
    expect(fx.lstat('/l2').mode & S_IFMT).toBe(FILE_TYPE.symlink);
  });

  it('makes symbolic links of any text', () => {
    const fx = get();
    fx.symlink('no/where/../at all ü', '/l');
    expect(fx.vfs.readlink(fx.context, fx.at('/l', false))).toBe('no/where/../at all ü');
    expect(fx.lstat('/l').size).toBe(21);
    expectErrno('ENOENT', () => fx.at('/l'));
    expectErrno('EEXIST', () => fx.symlink('x', '/l'));
    expectErrno('ENOENT', () => fx.symlink('', '/m'));
    expectErrno('EINVAL', () => fx.vfs.readlink(fx.context, fx.at('/')));
    fx.unlink('/l');
    expect(fx.exists('/l')).toBe(false);
  });

  it('creates through a dangling link, but not with O_EXCL or O_NOFOLLOW', () => {
    const fx = get();
    fx.symlink('target', '/l');
    expectErrno('EEXIST', () => fx.open('/l', O_CREAT | O_EXCL | O_WRONLY));
    expectErrno('ELOOP', () => fx.open('/l', O_CREAT | O_NOFOLLOW | O_WRONLY));
    fx.write('/l', 'through');
    expect(fx.read('/target')).toBe('through');
    expectErrno('ELOOP', () => fx.open('/l', O_RDONLY | O_NOFOLLOW));
    const path = fx.open('/l', O_PATH | O_NOFOLLOW);
    expect(path.file.stat().mode & S_IFMT).toBe(FILE_TYPE.symlink);
    path.release();
  });

  it('unlinks what is no directory', () => {
    const fx = get();
    fx.mkdir('/d');
    fx.write('/f', '');
    expectErrno('EISDIR', () => fx.unlink('/d'));
    expectErrno('EISDIR', () => fx.unlink('/d/.'));
    expectErrno('ENOENT', () => fx.unlink('/none'));
    expectErrno('ENOTDIR', () => fx.unlink('/f/'));
    expectErrno('ENOTDIR', () => fx.unlink('/f/x'));
    fx.unlink('/f');
    expectErrno('ENOENT', () => fx.unlink('/f'));
  });

  it('takes long names, names that are not UTF-8, and refuses what is too long', () => {
    const fx = get();
    const long = 'n'.repeat(255);
    fx.write(`/${long}`, 'long');
    expect(fx.read(`/${long}`)).toBe('long');
    expectErrno('ENAMETOOLONG', () => fx.write(`/${long}n`, ''));
    expectErrno('ENAMETOOLONG', () => fx.at(`/${'ü'.repeat(128)}`));
    expectErrno('ENAMETOOLONG', () => fx.at(`/${'a/'.repeat(2048)}`));
    const strange = `caf\udce9`;
    fx.write(`/${strange}`, 'latin-1');
    expect(fx.read(`/${strange}`)).toBe('latin-1');
    expect(fx.list('/')).toContain(strange);
    fx.rename(`/${strange}`, '/Ünï');
    expect(fx.list('/')).toContain('Ünï');
  });
}

function describeRenames(get: () => Fixture): void {
  it('moves files and replaces files', () => {
    const fx = get();
    fx.mkdir('/d');
    fx.write('/a', 'A');
    fx.write('/b', 'B');
    const { ino } = fx.stat('/a');
    fx.rename('/a', '/d/a');
    expect(fx.exists('/a')).toBe(false);
    expect(fx.stat('/d/a').ino).toBe(ino);
    const open = fx.open('/b');
    fx.rename('/d/a', '/b');
    expect(fx.read('/b')).toBe('A');
    expect(untext(readAll(open))).toBe('B');
    expect(open.file.stat().nlink).toBe(0);
    open.release();
    expect(fx.list('/d')).toEqual([]);
  });

  it('moves directories with everybody who stands in them', () => {
    const fx = get();
    fx.mkdir('/a');
    fx.mkdir('/a/b');
    fx.write('/a/b/f', 'deep');
    fx.mkdir('/x');
    fx.chdir('/a/b');
    fx.rename('/a', '/x/y');
    expect(fx.cwd()).toBe('/x/y/b');
    expect(fx.read('f')).toBe('deep');
    expect(fx.list('../..')).toEqual(['y']);
    fx.write('g', 'new');
    expect(fx.read('/x/y/b/g')).toBe('new');
    fx.mkdir('/a');
    expect(fx.list('/a')).toEqual([]);
    fx.rename('/a', '/z');
    fx.rename('/x', '/a');
    expect(fx.cwd()).toBe('/a/y/b');
  });

  it('replaces an empty directory only', () => {
    const fx = get();
    fx.mkdir('/a');
    fx.write('/a/f', '');
    fx.mkdir('/empty');
    fx.mkdir('/full');
    fx.write('/full/f', '');
    expectErrno('ENOTEMPTY', () => fx.rename('/a', '/full'));
    fx.rename('/a', '/empty');
    expect(fx.list('/empty')).toEqual(['f']);
    expect(fx.exists('/a')).toBe(false);
  });

  it('refuses cycles, mixed kinds and missing files', () => {
    const fx = get();
    fx.mkdir('/a');
    fx.mkdir('/a/b');
    fx.write('/f', '');
    expectErrno('EINVAL', () => fx.rename('/a', '/a/b/c'));
    expectErrno('ENOTEMPTY', () => fx.rename('/a/b', '/a'));
    expectErrno('EISDIR', () => fx.rename('/f', '/a'));
    expectErrno('ENOTDIR', () => fx.rename('/a', '/f'));
    expectErrno('ENOENT', () => fx.rename('/none', '/x'));
    expectErrno('ENOENT', () => fx.rename('/f', '/none/x'));
    expectErrno('ENOTDIR', () => fx.rename('/f', '/x/'));
    expectErrno('EBUSY', () => fx.rename('/a/.', '/x'));
    expectErrno('EEXIST', () => fx.rename('/f', '/a', RENAME_NOREPLACE));
    expectErrno('EINVAL', () => fx.rename('/f', '/g', 8));
    fx.rename('/a', '/c/');
    expect(fx.list('/c')).toEqual(['b']);
    fx.rename('/f', '/f');
    expect(fx.exists('/f')).toBe(true);
  });

  it('leaves two names of one file as they are', () => {
    const fx = get();
    fx.write('/a', 'same');
    fx.link('/a', '/b');
    fx.rename('/a', '/b');
    expect(fx.list('/')).toEqual(['a', 'b']);
  });

  it('renames a link, not what it leads to', () => {
    const fx = get();
    fx.mkdir('/d');
    fx.symlink('d', '/l');
    fx.rename('/l', '/m');
    expect(fx.vfs.readlink(fx.context, fx.at('/m', false))).toBe('d');
    expect(fx.exists('/d')).toBe(true);
  });
}

function describeAttributes(get: () => Fixture): void {
  it('changes permissions and times', () => {
    const fx = get();
    fx.write('/f', 'x');
    fx.vfs.changeMode(fx.context, fx.at('/f'), 0o751);
    expect(fx.stat('/f').mode).toBe(FILE_TYPE.file | 0o751);
    fx.vfs.changeTimes(fx.context, fx.at('/f'), 1_000_000_000n, 1_500_000_000_500_000_000n);
    expect(fx.stat('/f').atime).toBe(1_000_000_000n);
    expect(fx.stat('/f').mtime / 1_000_000n).toBe(1_500_000_000_500n);
    fx.vfs.changeTimes(fx.context, fx.at('/f'), undefined, 7_000_000_000n);
    expect(fx.stat('/f').atime).toBe(1_000_000_000n);
    expect(fx.stat('/f').mtime).toBe(7_000_000_000n);
    fx.vfs.changeTimes(fx.context, fx.at('/f'), 'now', undefined);
    expect(fx.stat('/f').atime).toBeGreaterThan(1_600_000_000_000_000_000n);
    fx.mkdir('/d', 0o700);
    fx.vfs.changeMode(fx.context, fx.at('/d'), 0o1777);
    expect(fx.stat('/d').mode).toBe(FILE_TYPE.directory | 0o1777);
  });

  it('changes times of a link itself, and the mode of none', () => {
    const fx = get();
    fx.symlink('nowhere', '/l');
    fx.vfs.changeTimes(fx.context, fx.at('/l', false), 5_000_000_000n, 6_000_000_000n);
    expect(fx.lstat('/l').mtime).toBe(6_000_000_000n);
    expectErrno('EOPNOTSUPP', () => fx.vfs.changeMode(fx.context, fx.at('/l', false), 0o600));
  });

  it('moves mtime with writes and with entries', () => {
    const fx = get();
    fx.mkdir('/d');
    fx.write('/d/f', '1');
    for (const path of ['/d', '/d/f']) fx.vfs.changeTimes(fx.context, fx.at(path), 0n, 0n);
    const description = fx.open('/d/f', O_WRONLY);
    writeAll(description, text('2'));
    description.release();
    expect(fx.stat('/d/f').mtime).toBeGreaterThan(0n);
    expect(fx.stat('/d').mtime).toBe(0n);
    fx.write('/d/g', '');
    expect(fx.stat('/d').mtime).toBeGreaterThan(0n);
  });

  it('tells about its room', () => {
    const fx = get();
    const { blockSize, blocks, freeBlocks } = fx.vfs.statistics(fx.at('/'));
    expect(blockSize).toBeGreaterThan(0);
    expect(blocks).toBeGreaterThanOrEqual(freeBlocks);
  });
}
