import fs from 'node:fs';
import { createServer } from 'node:net';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import type { HostFolder, HostPath } from '../../../platform/types.ts';
import { NodeHostFolder } from '../../../platform/node/host-folder.ts';
import { FILE_TYPE, O_CREAT, O_RDONLY, O_RDWR, O_WRONLY, RENAME_EXCHANGE } from '../constants.ts';
import { Fixture, ROOT, USER, expectErrno, readAll, text, untext } from '../testing/fixture.ts';
import { HostFileSystem } from './host-fs.ts';

const base = fs.mkdtempSync(join(tmpdir(), 'hospes-host-'));
afterAll(() => fs.rmSync(base, { recursive: true }));

const owner = { uid: 1000, gid: 1000 };
let root: string;
let secret: string;
let folder: NodeHostFolder;
let fx: Fixture;

beforeEach(() => {
  const place = fs.mkdtempSync(join(base, 'case-'));
  root = join(place, 'root');
  secret = join(place, 'secret');
  fs.mkdirSync(root);
  fs.mkdirSync(secret);
  fs.writeFileSync(join(secret, 'key'), 'secret');
  folder = new NodeHostFolder(root);
  fx = fixtureOver(folder);
});

function fixtureOver(host: HostFolder): Fixture {
  return new Fixture((environment) => new HostFileSystem(environment, host, { readOnly: false, owner })).as(USER);
}

/** Runs `change` behind the VFS's back right before the folder's next operation of the given name. */
function racing(operation: keyof HostFolder, change: () => void): Fixture {
  let armed = true;
  const proxy = new Proxy(folder, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key);
      if (typeof value !== 'function') return value;
      return (...parameters: unknown[]) => {
        if (key === operation && armed) {
          armed = false;
          change();
        }
        return Reflect.apply(value, target, parameters) as unknown;
      };
    },
  });
  return fixtureOver(proxy);
}

describe('a host folder', () => {
  it('resolves links inside the guest, never on the host', () => {
    fs.symlinkSync(secret, join(root, 'absolute'));
    fs.symlinkSync('../secret', join(root, 'relative'));
    fs.symlinkSync('../../../../../../../../etc/passwd', join(root, 'passwd'));
    fs.symlinkSync('/', join(root, 'top'));
    fs.writeFileSync(join(root, 'own'), 'own');
    expectErrno('ENOENT', () => fx.at('/absolute/key'));
    expectErrno('ENOENT', () => fx.at('/relative/key'));
    expectErrno('ENOENT', () => fx.at('/passwd'));
    expect(fx.read('/top/top/own')).toBe('own');
    expect(fx.vfs.readlink(fx.context, fx.at('/absolute', false))).toBe(secret);
    // Writing through the link makes a file inside.
    fs.mkdirSync(join(root, 'etc'));
    fx.write('/passwd', 'guest');
    expect(fs.readFileSync(join(root, 'etc/passwd'), 'utf8')).toBe('guest');
    expect(fs.readdirSync(secret)).toEqual(['key']);
  });

  it('stays inside when a directory on the way is swapped for a link', () => {
    fs.mkdirSync(join(root, 'd/e'), { recursive: true });
    fs.writeFileSync(join(root, 'd/e/key'), 'mine');
    const swap = (): void => {
      fs.renameSync(join(root, 'd/e'), join(root, 'away'));
      fs.symlinkSync(secret, join(root, 'd/e'));
    };
    const victim = racing('open', swap);
    expectErrno('ENOTDIR', () => victim.read('/d/e/key'));
    for (const operation of ['mkdir', 'unlink', 'symlink', 'setPermissions'] as const) {
      fs.rmSync(join(root, 'd'), { recursive: true });
      fs.rmSync(join(root, 'away'), { recursive: true });
      fs.mkdirSync(join(root, 'd/e'), { recursive: true });
      fs.writeFileSync(join(root, 'd/e/key'), 'mine');
      const attacked = racing(operation, swap);
      expectErrno('ENOTDIR', () => {
        if (operation === 'mkdir') attacked.mkdir('/d/e/new');
        else if (operation === 'unlink') attacked.unlink('/d/e/key');
        else if (operation === 'symlink') attacked.symlink('x', '/d/e/new');
        else attacked.vfs.changeMode(attacked.context, attacked.at('/d/e/key'), 0o777);
      });
    }
    expect(fs.readdirSync(secret)).toEqual(['key']);
    expect(fs.readFileSync(join(secret, 'key'), 'utf8')).toBe('secret');
  });

  it('opens the file that it looked up, or none', () => {
    fs.writeFileSync(join(root, 'f'), 'mine');
    const linked = racing('open', () => {
      fs.rmSync(join(root, 'f'));
      fs.symlinkSync(join(secret, 'key'), join(root, 'f'));
    });
    expectErrno('ELOOP', () => linked.read('/f'));
    fs.rmSync(join(root, 'f'));
    fs.writeFileSync(join(root, 'f'), 'mine');
    const replaced = racing('open', () => {
      fs.writeFileSync(join(root, 'g'), 'other');
      fs.renameSync(join(root, 'g'), join(root, 'f'));
    });
    expectErrno('ENOENT', () => replaced.read('/f'));
    expect(replaced.read('/f')).toBe('other');
  });

  it('shows changes of the host at once', () => {
    expect(fx.exists('/new')).toBe(false);
    fs.mkdirSync(join(root, 'new'));
    fs.writeFileSync(join(root, 'new/f'), 'one');
    expect(fx.read('/new/f')).toBe('one');
    fs.renameSync(join(root, 'new'), join(root, 'moved'));
    expect(fx.exists('/new/f')).toBe(false);
    expect(fx.read('/moved/f')).toBe('one');
    fs.mkdirSync(join(root, 'new'));
    expect(fx.list('/new')).toEqual([]);
    fs.writeFileSync(join(root, 'new/g'), 'two');
    expect(fx.read('/new/g')).toBe('two');
    fs.rmSync(join(root, 'new'), { recursive: true });
    expect(fx.exists('/new/g')).toBe(false);
    fs.mkdirSync(join(root, 'new'));
    fx.write('/new/h', 'three');
    expect(fs.readFileSync(join(root, 'new/h'), 'utf8')).toBe('three');
  });

  it('serves a folder that is itself moved', () => {
    fx.mkdir('/d');
    fx.write('/d/f', 'x');
    fs.renameSync(root, `${root}2`);
    expect(fx.read('/d/f')).toBe('x');
    expect(fx.list('/d')).toEqual(['f']);
  });

  it('keeps more directories apart than it keeps open', () => {
    for (let index = 0; index < 100; index++) {
      fs.mkdirSync(join(root, `d${index}`));
      fs.writeFileSync(join(root, `d${index}/f`), String(index));
    }
    for (let round = 0; round < 2; round++)
      for (let index = 0; index < 100; index++) expect(fx.read(`/d${index}/f`)).toBe(String(index));
    const deep = Array.from({ length: 80 }, (_, index) => `n${index}`).join('/');
    fs.mkdirSync(join(root, deep), { recursive: true });
    fx.write(`/${deep}/f`, 'deep');
    expect(fx.read(`/${deep}/f`)).toBe('deep');
  });

  it('gives everything to the guest’s user, without set-id bits', () => {
    fs.writeFileSync(join(root, 'f'), '');
    fs.chmodSync(join(root, 'f'), 0o6755);
    expect(fx.stat('/f')).toMatchObject({ uid: 1000, gid: 1000, mode: FILE_TYPE.file | 0o755 });
    const f = fx.at('/f');
    fx.vfs.changeOwner(fx.context, f, 1000, 1000);
    expectErrno('EPERM', () => fx.vfs.changeOwner(fx.context, f, undefined, 2000));
    expectErrno('EPERM', () => fx.vfs.changeMode(fx.context, f, 0o4755));
    const description = fx.open('/f', O_RDWR);
    expectErrno('EPERM', () => fx.vfs.changeMode(fx.context, description, 0o4755));
    fx.vfs.changeMode(fx.context, description, 0o700);
    fx.vfs.changeTimes(fx.context, description, 1_000_000_000n, 2_000_000_000n);
    expect(fx.stat('/f').mtime).toBe(2_000_000_000n);
    description.release();
    expect(fs.statSync(join(root, 'f')).mode & 0o7777).toBe(0o700);
  });

  it.runIf(process.platform === 'linux')('shows fifos and sockets but does not open them', async () => {
    execFileSync('mkfifo', [join(root, 'fifo')]);
    const server = createServer().listen(join(root, 'socket'));
    await new Promise((resolve) => server.on('listening', resolve));
    try {
      expect(fx.stat('/fifo').mode & 0o170000).toBe(FILE_TYPE.fifo);
      expect(fx.stat('/socket').mode & 0o170000).toBe(FILE_TYPE.socket);
      expectErrno('ENXIO', () => fx.open('/fifo', O_RDONLY));
      expectErrno('ENXIO', () => fx.open('/socket'));
      // A file that turns into a fifo between lookup and open must not block.
      fs.writeFileSync(join(root, 'f'), '');
      const attacked = racing('open', () => fs.renameSync(join(root, 'fifo'), join(root, 'f')));
      expectErrno('EACCES', () => attacked.open('/f'));
    } finally {
      server.close();
    }
  });

  it('keeps the guest’s own fifos and sockets from the host', () => {
    fx.mkdir('/d');
    fx.vfs.mknod(fx.context, '/d/fifo', FILE_TYPE.fifo | 0o640, 0);
    expect(fs.readdirSync(join(root, 'd'))).toEqual([]);
    expect(fx.list('/d')).toEqual(['fifo']);
    expect(fx.stat('/d/fifo')).toMatchObject({ mode: FILE_TYPE.fifo | 0o640, uid: 1000, nlink: 1 });
    const [reader, writer] = [fx.open('/d/fifo', O_RDWR), fx.open('/d/fifo', O_WRONLY)];
    writer.write(text('through'));
    const buffer = new Uint8Array(20);
    expect(untext(buffer.subarray(0, reader.read(buffer)))).toBe('through');
    expectErrno('ENOTEMPTY', () => fx.vfs.rmdir(fx.context, '/d'));
    expectErrno('EEXIST', () => fx.mkdir('/d/fifo'));
    fx.vfs.link(fx.context, fx.at('/d/fifo'), '/other');
    expect(fx.stat('/other').nlink).toBe(2);
    fs.writeFileSync(join(root, 'target'), 'old');
    fx.vfs.rename(fx.context, '/other', '/target');
    expect(fs.existsSync(join(root, 'target'))).toBe(false);
    expect(fx.stat('/target').mode).toBe(FILE_TYPE.fifo | 0o640);
    fx.write('/file', 'new');
    fx.vfs.rename(fx.context, '/file', '/target');
    expect(fx.read('/target')).toBe('new');
    expect(fx.stat('/d/fifo').nlink).toBe(1);
    // A file that the host puts there wins.
    fs.writeFileSync(join(root, 'd/fifo'), 'host');
    expect(fx.read('/d/fifo')).toBe('host');
    fx.vfs.unlink(fx.context, '/d/fifo');
    fx.vfs.unlink(fx.context, '/d/fifo');
    fx.vfs.mknod(fx.context, '/d/s', FILE_TYPE.socket | 0o755, 0);
    expectErrno('ENXIO', () => fx.open('/d/s'));
    fx.vfs.unlink(fx.context, '/d/s');
    fx.vfs.rmdir(fx.context, '/d');
    expectErrno('EPERM', () => fx.vfs.mknod(fx.as(ROOT).context, '/dev', FILE_TYPE.char | 0o600, 259));
  });

  it('appends behind what the host appended meanwhile', () => {
    fx.write('/log', 'a');
    const description = fx.open('/log', O_WRONLY | 0o2000);
    fs.appendFileSync(join(root, 'log'), 'HOST');
    description.write(text('b'));
    description.write(text(''));
    expect(fs.readFileSync(join(root, 'log'), 'utf8')).toBe('aHOSTb');
    expect(description.offset).toBe(6);
    description.file.allocate(0, 0, 10);
    expect(fs.readFileSync(join(root, 'log'), 'utf8')).toBe('aHOSTb\0\0\0\0');
    description.file.allocate(0, 2, 3);
    expect(fs.statSync(join(root, 'log')).size).toBe(10);
    expectErrno('EOPNOTSUPP', () => description.file.allocate(1, 0, 20));
    fs.truncateSync(join(root, 'log'), 1 << 20);
    expectErrno('EOPNOTSUPP', () => description.file.allocate(0, 0, 100));
    description.release();
    description.file.close();
  });

  it('tells two names of one file from two files', () => {
    fs.writeFileSync(join(root, 'a'), '');
    fs.linkSync(join(root, 'a'), join(root, 'b'));
    fs.writeFileSync(join(root, 'c'), '');
    expect(fx.stat('/a').ino).toBe(fx.stat('/b').ino);
    expect(fx.stat('/a').ino).not.toBe(fx.stat('/c').ino);
    expect(fx.stat('/a').nlink).toBe(2);
    expectErrno('EINVAL', () => fx.rename('/a', '/c', RENAME_EXCHANGE));
    const location = fx.open('/c').location;
    fx.unlink('/c');
    expect(fx.vfs.pathOf(location)).toBe('/c (deleted)');
    expectErrno('ENOENT', () => fx.vfs.link(fx.context, location, '/d'));
  });

  it('passes on what the host refuses', () => {
    const refusing = new Proxy(folder, {
      get: (target, key) =>
        key === 'stat'
          ? (path: HostPath) => (path.length === 0 ? target.stat(path) : target.stat([...path, 'below', 'a-file']))
          : (Reflect.get(target, key) as unknown),
    });
    fs.writeFileSync(join(root, 'f'), '');
    expectErrno('ENOTDIR', () => fixtureOver(refusing).at('/f'));
  });

  it('takes names only, whoever asks', () => {
    for (const path of [['..'], ['.'], [''], ['a/b'], ['a\0b'], ['..', 'secret', 'key']]) {
      expect(() => folder.stat(path)).toThrow('EINVAL');
      expect(() => folder.list([...path, 'x'])).toThrow('EINVAL');
    }
    folder.close();
  });

  it('reads what another program writes, at its own pace', () => {
    fx.write('/f', '');
    const description = fx.open('/f', O_RDWR | O_CREAT);
    expect(description.read(new Uint8Array(0))).toBe(0);
    fs.appendFileSync(join(root, 'f'), 'later');
    expect(untext(readAll(description))).toBe('later');
    description.file.sync();
    description.release();
  });

  it('keeps a file that is open when its name goes, and what it is reached by through /proc/self/fd', () => {
    const description = fx.open('/f', O_CREAT | O_RDWR);
    description.write(text('kept'));
    const { inode } = description.location.dentry;
    fx.unlink('/f');
    fx.write('/f', 'another');
    expect(inode.stat()).toMatchObject({ nlink: 0, size: 4 });
    const again = fx.vfs.openLocation(fx.context, description.location, O_RDWR);
    expect(untext(readAll(again))).toBe('kept');
    again.pwrite(text('K'), 0);
    inode.setAttributes({ mode: 0o600, mtime: 5_000_000_000n });
    expect(description.file.stat()).toMatchObject({ mode: FILE_TYPE.file | 0o600, mtime: 5_000_000_000n });
    fx.vfs.truncate(fx.context, description.location, 2);
    description.seek(0, 0);
    expect(untext(readAll(description))).toBe('Ke');
    again.release();
    description.release();
    expectErrno('ENOENT', () => inode.stat());
    expect(fx.read('/f')).toBe('another');
  });

  it('shows times to the nanosecond as they were set, also before 1970, until the host changes them', () => {
    fx.write('/f', 'x');
    const times = { atime: 1_000_000_000_123_456_789n, mtime: 981_173_106_789_012_345n };
    fx.at('/f').dentry.inode.setAttributes(times);
    expect(fx.stat('/f')).toMatchObject(times);
    fx.at('/f').dentry.inode.setAttributes({ mtime: -315_619_200_500_000_000n });
    expect(fx.stat('/f')).toMatchObject({ atime: times.atime, mtime: -315_619_200_500_000_000n });
    expect(fs.statSync(join(root, 'f')).mtimeMs).toBe(-315_619_200_500);
    fs.utimesSync(join(root, 'f'), 7, 8);
    expect(fx.stat('/f')).toMatchObject({ atime: 7_000_000_000n, mtime: 8_000_000_000n });
  });
});
