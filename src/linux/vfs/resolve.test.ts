import { beforeEach, describe, expect, it } from 'vitest';
import { AssertionError } from '../../common/assert.ts';
import { O_CREAT, O_DIRECTORY, O_NOFOLLOW, O_PATH, O_RDONLY, O_TMPFILE_BIT, O_WRONLY } from './constants.ts';
import { MemoryFileSystem } from './memory/memory-fs.ts';
import { Fixture, USER, expectErrno, text } from './testing/fixture.ts';

let fx: Fixture;
beforeEach(() => {
  fx = new Fixture((environment) => new MemoryFileSystem(environment));
  fx.mkdir('/a');
  fx.mkdir('/a/b');
  fx.write('/a/b/f', 'file');
});

describe('path resolution', () => {
  it('takes dots, double slashes and the root as they come', () => {
    for (const path of ['/a/b/f', '//a///b/f', '/a/./b/../b/f', '/../../a/b/f', '/a/b/../../../../a/b/f'])
      expect(fx.vfs.pathOf(fx.at(path))).toBe('/a/b/f');
    expect(fx.vfs.pathOf(fx.at('/'))).toBe('/');
    expect(fx.vfs.pathOf(fx.at('/..'))).toBe('/');
    expectErrno('ENOENT', () => fx.at(''));
    expectErrno('EINVAL', () => fx.at('/a\0b'));
  });

  it('starts at the working directory, or where it is told', () => {
    fx.chdir('/a');
    expect(fx.read('b/f')).toBe('file');
    const start = fx.at('/a/b');
    expect(fx.vfs.pathOf(fx.vfs.resolve(fx.context, 'f', { start }))).toBe('/a/b/f');
    expect(fx.vfs.resolve(fx.context, '', { start, emptyPath: true })).toBe(start);
    expect(fx.vfs.resolve(fx.context, '', { emptyPath: true })).toBe(fx.context.cwd);
    const file = fx.at('/a/b/f');
    expectErrno('ENOTDIR', () => fx.vfs.resolve(fx.context, 'x', { start: file }));
    expect(fx.vfs.pathOf(fx.vfs.resolve(fx.context, '/a', { start: file }))).toBe('/a');
  });

  it('wants directories before slashes', () => {
    expectErrno('ENOTDIR', () => fx.at('/a/b/f/'));
    expectErrno('ENOTDIR', () => fx.at('/a/b/f/.'));
    expectErrno('ENOTDIR', () => fx.at('/a/b/f/..'));
    expectErrno('ENOENT', () => fx.at('/a/none/..'));
    expect(fx.vfs.pathOf(fx.at('/a/b/'))).toBe('/a/b');
  });

  it('follows links: relative, absolute, chained, with a slash behind', () => {
    fx.symlink('b/f', '/a/rel');
    fx.symlink('/a/b', '/abs');
    fx.symlink('abs', '/chain');
    fx.symlink('/a/b/', '/slash');
    fx.symlink('/', '/top');
    expect(fx.read('/a/rel')).toBe('file');
    expect(fx.read('/chain/f')).toBe('file');
    expect(fx.read('/top/top/top/a/rel')).toBe('file');
    expect(fx.lstat('/chain').size).toBe(3);
    // A slash behind a link asks for what it leads to, even where links are not followed.
    expect(fx.vfs.pathOf(fx.at('/chain/', false))).toBe('/a/b');
    expect(fx.vfs.pathOf(fx.at('/slash'))).toBe('/a/b');
    expectErrno('ENOTDIR', () => fx.at('/a/rel/'));
    expectErrno('ELOOP', () => fx.open('/chain', O_RDONLY | O_NOFOLLOW));
    expectErrno('ENOTDIR', () => fx.open('/chain', O_RDONLY | O_NOFOLLOW | O_DIRECTORY));
    expectErrno('ENOTDIR', () => fx.rmdir('/chain/'));
    // `..` after a link leads up from where the link led to.
    expect(fx.vfs.pathOf(fx.at('/chain/..'))).toBe('/a');
  });

  it('follows 40 links and no more', () => {
    fx.symlink('/a', '/l0');
    for (let index = 1; index <= 40; index++) fx.symlink(`/l${index - 1}`, `/l${index}`);
    expect(fx.vfs.pathOf(fx.at('/l39'))).toBe('/a');
    expectErrno('ELOOP', () => fx.at('/l40'));
    fx.symlink('self', '/self');
    expectErrno('ELOOP', () => fx.at('/self'));
    expectErrno('ELOOP', () => fx.at('/self/x'));
    fx.symlink('pong', '/ping');
    fx.symlink('ping', '/pong');
    expectErrno('ELOOP', () => fx.write('/ping', ''));
    fx.symlink('bomb/bomb', '/bomb');
    expectErrno('ELOOP', () => fx.at('/bomb'));
  });

  it('does not let anybody out of a root', () => {
    fx.mkdir('/jail');
    fx.mkdir('/jail/d');
    fx.symlink('/../../a/b/f', '/jail/up');
    fx.symlink('../../../../a', '/jail/d/rel');
    const root = fx.at('/jail');
    fx.context = { ...fx.context, root, cwd: root };
    expect(fx.vfs.pathOf(fx.at('/..'), root)).toBe('/');
    expectErrno('ENOENT', () => fx.at('/up'));
    expectErrno('ENOENT', () => fx.at('/d/rel'));
    expectErrno('ENOENT', () => fx.at('../../a'));
    expect(fx.vfs.pathOf(fx.at('/d'), root)).toBe('/d');
    expect(fx.vfs.pathOf(fx.vfs.root, root)).toBe('(unreachable)/');
  });

  it('refuses locations of strangers', () => {
    const location = fx.at('/a');
    expect(() => fx.vfs.pathOf({ ...location, mount: { ...location.mount } })).toThrow(AssertionError);
  });
});

describe('mounts', () => {
  it('cover a directory, are crossed in both ways, and go', () => {
    const { environment } = fx.vfs;
    fx.vfs.mount(new MemoryFileSystem(environment), fx.at('/a'), { source: 'disk', flags: { nosuid: true } });
    expect(fx.list('/a')).toEqual([]);
    fx.write('/a/inside', '');
    fx.mkdir('/a/deep');
    fx.vfs.mount(new MemoryFileSystem(environment), fx.at('/a/deep'));
    fx.mkdir('/a/deep/down');
    expect(fx.vfs.pathOf(fx.at('/a/deep/down'))).toBe('/a/deep/down');
    expect(fx.vfs.pathOf(fx.at('/a/deep/down/../../..'))).toBe('/');
    expect(fx.vfs.pathOf(fx.at('/a/deep/..'))).toBe('/a');
    expect(fx.stat('/a').dev).not.toBe(fx.stat('/').dev);
    expect(fx.vfs.mounts().map(({ path, mount }) => [path, mount.source])).toEqual([
      ['/', 'tmpfs'],
      ['/a', 'disk'],
      ['/a/deep', 'tmpfs'],
    ]);
    const entries: number[] = [];
    const description = fx.open('/a/deep');
    description.readEntries(fx.context, ({ ino }) => entries.push(ino) > 0);
    description.release();
    expectErrno('EBUSY', () => fx.vfs.unmount(fx.at('/a')));
    expectErrno('EINVAL', () => fx.vfs.unmount(fx.at('/a/inside')));
    expectErrno('EINVAL', () => fx.vfs.unmount(fx.vfs.root));
    fx.vfs.unmount(fx.at('/a/deep'));
    fx.vfs.unmount(fx.at('/a'));
    expect(fx.read('/a/b/f')).toBe('file');
  });

  it('stack, the last one on top', () => {
    const { environment } = fx.vfs;
    for (const name of ['one', 'two']) {
      fx.vfs.mount(new MemoryFileSystem(environment), fx.at('/a'));
      fx.write(`/a/${name}`, '');
    }
    expect(fx.list('/a')).toEqual(['two']);
    fx.vfs.unmount(fx.at('/a'));
    expect(fx.list('/a')).toEqual(['one']);
  });

  it('keep things apart', () => {
    fx.vfs.mount(new MemoryFileSystem(fx.vfs.environment), fx.at('/a/b'));
    fx.write('/f', '');
    expectErrno('EXDEV', () => fx.rename('/f', '/a/b/f'));
    expectErrno('EXDEV', () => fx.link('/f', '/a/b/f'));
    expectErrno('EBUSY', () => fx.rmdir('/a/b'));
    expectErrno('EBUSY', () => fx.rename('/a/b', '/c'));
    fx.mkdir('/e');
    expectErrno('EBUSY', () => fx.rename('/e', '/a/b'));
    expectErrno('ENOTDIR', () => fx.vfs.mount(new MemoryFileSystem(fx.vfs.environment), fx.at('/f')));
  });

  it('that are read-only take no change, but open for reading', () => {
    fx.vfs.mount(new MemoryFileSystem(fx.vfs.environment), fx.at('/a'), {});
    fx.write('/a/f', 'x');
    const { fs } = fx.at('/a').mount;
    fx.vfs.unmount(fx.at('/a'));
    fx.vfs.mount(fs, fx.at('/a'), { readOnly: true });
    const target = fx.at('/a/f');
    for (const change of [
      () => fx.write('/a/g', ''),
      () => fx.open('/a/f', O_WRONLY),
      () => fx.mkdir('/a/d'),
      () => fx.symlink('x', '/a/l'),
      () => fx.link('/a/f', '/a/h'),
      () => fx.unlink('/a/f'),
      () => fx.rename('/a/f', '/a/g'),
      () => fx.vfs.truncate(fx.context, target, 0),
      () => fx.vfs.changeMode(fx.context, target, 0o600),
      () => fx.vfs.changeOwner(fx.context, target, 1, 1),
      () => fx.vfs.changeTimes(fx.context, target, 0n, 0n),
      () => fx.vfs.access(target, 2, USER),
    ])
      expectErrno('EROFS', change);
    expect(fx.read('/a/f')).toBe('x');
  });
});

describe('opening', () => {
  it('by O_PATH gives a place and no file', () => {
    const path = fx.open('/a/b/f', O_PATH | O_WRONLY | O_CREAT);
    expect(path.pathOnly).toBe(true);
    expect(path.file.stat().size).toBe(4);
    const { file } = path;
    for (const use of [
      () => path.read(new Uint8Array(1)),
      () => path.write(text('x')),
      () => path.seek(0, 0),
      () => file.readAt(new Uint8Array(1), 0),
      () => file.writeAt(text('x'), 0),
      () => file.setAttributes({ mode: 0 }),
      () => file.truncate(0),
      () => file.sync(),
      () => file.allocate(0, 0, 1),
      () => file.seekExtent(0, 'data'),
      () => file.list(fx.context),
      () => file.ioctl(0, { value: 0n, read: () => new Uint8Array(), write: () => undefined }),
    ])
      expectErrno('EBADF', use);
    path.release();
    const directory = fx.open('/a', O_PATH | O_DIRECTORY);
    expectErrno('EBADF', () => directory.readEntries(fx.context, () => true));
    expect(fx.vfs.pathOf(fx.vfs.resolve(fx.context, 'b', { start: directory.location }))).toBe('/a/b');
    directory.release();
  });

  it('refuses odd combinations', () => {
    expectErrno('EINVAL', () => fx.open('/a', O_TMPFILE_BIT | O_WRONLY));
    expectErrno('EINVAL', () => fx.open('/a', O_TMPFILE_BIT | O_DIRECTORY | O_RDONLY));
    expectErrno('EINVAL', () => fx.open('/a', O_TMPFILE_BIT | O_DIRECTORY | O_WRONLY | O_CREAT));
    expectErrno('EINVAL', () => fx.open('/new', O_CREAT | O_DIRECTORY));
    expectErrno('EISDIR', () => fx.open('/a', O_CREAT | O_RDONLY));
    expectErrno('ENOENT', () => fx.open(''));
  });

  it('again, of a location', () => {
    const description = fx.vfs.openLocation(fx.context, fx.at('/a/b/f'), O_RDONLY);
    expect(description.readable).toBe(true);
    expect(description.writable).toBe(false);
    description.release();
  });

  it('a directory gives entries only', () => {
    const directory = fx.open('/a');
    expectErrno('EISDIR', () => directory.read(new Uint8Array(1)));
    directory.file.sync();
    expectErrno('EINVAL', () => directory.file.truncate(0));
    directory.release();
    const file = fx.open('/a/b/f');
    expectErrno('ENOTDIR', () => file.readEntries(fx.context, () => true));
    expectErrno('ENOTTY', () => file.file.ioctl(0x5401, { value: 0n, read: () => text(''), write: () => undefined }));
    expect(file.file.opening()).toBe(false);
    file.release();
    expect(() => file.release()).toThrow(AssertionError);
    expect(() => file.retain()).toThrow(AssertionError);
  });
});
