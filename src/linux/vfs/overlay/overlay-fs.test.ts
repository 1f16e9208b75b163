import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { NodeHostFolder } from '../../../platform/node/host-folder.ts';
import { isLinuxError } from '../../errno.ts';
import { FILE_TYPE, O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY, RENAME_EXCHANGE } from '../constants.ts';
import { HostFileSystem } from '../host/host-fs.ts';
import { MemoryFileSystem } from '../memory/memory-fs.ts';
import { Fixture, USER, expectErrno, readAll, text, untext } from '../testing/fixture.ts';
import { NodeTable } from './node-table.ts';
import { OverlayFileSystem } from './overlay-fs.ts';

const base = fs.mkdtempSync(join(tmpdir(), 'hospes-overlay-'));
afterAll(() => fs.rmSync(base, { recursive: true }));

let root: string;
let fx: Fixture;

beforeEach(() => {
  root = fs.mkdtempSync(join(base, 'root-'));
  fs.chmodSync(root, 0o755);
  fs.mkdirSync(join(root, 'etc/deep'), { recursive: true });
  fs.mkdirSync(join(root, 'bin'));
  fs.writeFileSync(join(root, 'etc/passwd'), 'root:x:0');
  fs.writeFileSync(join(root, 'etc/deep/conf'), 'a=1');
  fs.writeFileSync(join(root, 'bin/sh'), 'x'.repeat(200_000));
  fs.symlinkSync('sh', join(root, 'bin/ash'));
  fs.linkSync(join(root, 'etc/passwd'), join(root, 'etc/passwd-'));
  fx = new Fixture((environment) => {
    const owner = { uid: 0, gid: 0 };
    const lower = new HostFileSystem(environment, new NodeHostFolder(root), { readOnly: true, owner });
    return new OverlayFileSystem(environment, lower, { capacity: 1 << 20, maxNodes: 50 });
  });
});

/** Everything below a host folder: names, modes, contents, times. */
function snapshot(path: string): unknown {
  const stats = fs.lstatSync(path, { bigint: true });
  const fixed = [stats.mode, stats.mtimeNs, stats.ctimeNs, stats.nlink];
  if (stats.isSymbolicLink()) return [...fixed, fs.readlinkSync(path)];
  if (stats.isFile()) return [...fixed, fs.readFileSync(path, 'base64')];
  return [...fixed, fs.readdirSync(path).map((name) => [name, snapshot(join(path, name))])];
}

describe('an overlay', () => {
  it('leaves the host as it was, whatever the guest does', () => {
    const before = snapshot(root);
    fx.write('/etc/passwd', 'changed');
    fx.write('/etc/new', 'new');
    fx.unlink('/etc/deep/conf');
    fx.rmdir('/etc/deep');
    fx.rename('/bin/sh', '/etc/sh');
    fx.rename('/etc', '/conf');
    fx.vfs.changeMode(fx.context, fx.at('/bin'), 0o700);
    fx.vfs.changeOwner(fx.context, fx.at('/conf/sh'), 5, 5);
    fx.vfs.changeTimes(fx.context, fx.at('/bin/ash', false), 0n, 0n);
    fx.link('/conf/sh', '/bin/sh');
    const description = fx.open('/bin/sh', O_RDWR);
    description.pwrite(text('patched'), 100_000);
    description.release();
    fx.vfs.truncate(fx.context, fx.at('/bin/sh'), 150_000);
    expect(snapshot(root)).toEqual(before);
    expect(fx.list('/')).toEqual(['bin', 'conf']);
    expect(fx.list('/conf')).toEqual(['new', 'passwd', 'passwd-', 'sh']);
    expect(fx.stat('/conf/sh')).toMatchObject({ size: 150_000, uid: 5, nlink: 2 });
    expect(fx.stat('/bin/ash').ino).toBe(fx.stat('/conf/sh').ino);
    expect(fx.lstat('/bin/ash').mtime).toBe(0n);
  });

  it('copies up the part that is written, under the same number, visible to all', () => {
    const reader = fx.open('/bin/sh');
    const { ino } = fx.stat('/bin/sh');
    const writer = fx.open('/bin/sh', O_WRONLY);
    writer.pwrite(text('NEW'), 70_000);
    const seen = new Uint8Array(7);
    reader.pread(seen, 69_998);
    expect(untext(seen)).toBe('xxNEWxx');
    expect(fx.stat('/bin/sh')).toMatchObject({ ino, size: 200_000 });
    expect(fx.vfs.statistics(fx.at('/'))).toMatchObject({ freeBlocks: 256 - 16, freeFiles: 49 });
    reader.release();
    writer.release();
    expect(fx.read('/bin/sh').slice(69_998, 70_005)).toBe('xxNEWxx');
  });

  it('keeps hard links of the host linked', () => {
    fx.write('/etc/passwd', 'both');
    expect(fx.read('/etc/passwd-')).toBe('both');
    fx.unlink('/etc/passwd');
    expect(fx.stat('/etc/passwd-').nlink).toBe(1);
    expect(fx.read('/etc/passwd-')).toBe('both');
    fx.unlink('/etc/passwd-');
    expect(fx.list('/etc')).toEqual(['deep']);
  });

  it('hides what was removed, also below a directory made anew', () => {
    fx.unlink('/etc/deep/conf');
    expect(fx.list('/etc/deep')).toEqual([]);
    expectErrno('ENOENT', () => fx.read('/etc/deep/conf'));
    fx.rmdir('/etc/deep');
    fx.mkdir('/etc/deep');
    expect(fx.list('/etc/deep')).toEqual([]);
    fx.write('/etc/deep/conf', 'mine');
    expect(fx.read('/etc/deep/conf')).toBe('mine');
    fx.unlink('/etc/deep/conf');
    expect(fx.exists('/etc/deep/conf')).toBe(false);
    expectErrno('ENOTEMPTY', () => fx.rmdir('/bin'));
    fx.unlink('/bin/sh');
    fx.unlink('/bin/ash');
    fx.rmdir('/bin');
  });

  it('renames directories of the host with all that is below', () => {
    fx.rename('/etc', '/moved');
    expect(fx.read('/moved/deep/conf')).toBe('a=1');
    expect(fx.exists('/etc')).toBe(false);
    fx.mkdir('/etc');
    expect(fx.list('/etc')).toEqual([]);
    fx.write('/moved/deep/conf', 'a=2');
    fx.rename('/moved/deep', '/etc/deep');
    expect(fx.read('/etc/deep/conf')).toBe('a=2');
    fx.rename('/bin', '/etc', RENAME_EXCHANGE);
    expect(fx.list('/etc')).toEqual(['ash', 'sh']);
    expect(fx.read('/bin/deep/conf')).toBe('a=2');
    expectErrno('ENOTEMPTY', () => fx.rename('/etc', '/bin'));
    fx.mkdir('/empty');
    fx.rename('/etc', '/empty');
    expect(fx.list('/empty')).toEqual(['ash', 'sh']);
  });

  it('shows changes of the host in what the guest left alone', () => {
    expect(fx.read('/etc/passwd')).toBe('root:x:0');
    const kept = fx.open('/etc/passwd');
    fs.writeFileSync(join(root, 'etc/passwd'), 'host changed');
    fs.writeFileSync(join(root, 'etc/other'), '');
    fs.utimesSync(join(root, 'etc/passwd'), 1, 1);
    expect(fx.read('/etc/passwd')).toBe('host changed');
    expect(untext(readAll(kept))).toBe('host changed');
    kept.release();
    expect(fx.list('/etc')).toEqual(['deep', 'other', 'passwd', 'passwd-']);
    fx.write('/etc/passwd', 'guest');
    fs.writeFileSync(join(root, 'etc/passwd'), 'host again');
    expect(fx.read('/etc/passwd')).toBe('guest');
  });

  it('checks permissions of the lower files, and keeps new ones', () => {
    fs.chmodSync(join(root, 'etc/deep/conf'), 0o600);
    fx.as(USER);
    expectErrno('EACCES', () => fx.read('/etc/deep/conf'));
    expectErrno('EACCES', () => fx.write('/etc/x', ''));
    fx.as({ uid: 0, gid: 0, groups: [] });
    fx.vfs.changeMode(fx.context, fx.at('/etc/deep/conf'), 0o644);
    expect(fx.as(USER).read('/etc/deep/conf')).toBe('a=1');
  });

  it('takes atime from the host and leaves no trace of a read', () => {
    fx.read('/etc/passwd');
    const { atimeNs } = fs.statSync(join(root, 'etc/passwd'), { bigint: true });
    expect(fx.stat('/etc/passwd').atime).toBe(atimeNs);
    expect(fx.vfs.statistics(fx.at('/')).freeFiles).toBe(50);
    fx.write('/etc/passwd', 'x');
    const written = fx.stat('/etc/passwd').mtime;
    fx.read('/etc/passwd');
    expect(fx.stat('/etc/passwd').atime).toBeGreaterThan(written);
  });

  it('limits what it keeps', () => {
    expectErrno('ENOSPC', () => {
      for (let index = 0; index < 100; index++) fx.write(`/etc/${index}`, '');
    });
    expectErrno('ENOSPC', () => fx.vfs.changeMode(fx.context, fx.at('/bin'), 0o700));
    expect(fx.stat('/bin').mode & 0o777).not.toBe(0o700);
    fx.unlink('/etc/0');
    fx.vfs.changeMode(fx.context, fx.at('/bin'), 0o700);
  });

  it('makes fifos of the lower layer work in memory', () => {
    const both = new Fixture((environment) => {
      const memory = new MemoryFileSystem(environment);
      memory.root.mknod('fifo', 'fifo', 0, { mode: 0o666, uid: 0, gid: 0 });
      return new OverlayFileSystem(environment, memory);
    });
    const reader = both.open('/fifo', O_RDONLY | O_NONBLOCK);
    const writer = both.open('/fifo', O_WRONLY);
    writer.write(text('through'));
    const buffer = new Uint8Array(7);
    reader.read(buffer);
    expect(untext(buffer)).toBe('through');
    both.vfs.changeMode(both.context, both.at('/fifo'), 0o600);
    expect(both.stat('/fifo').mode).toBe(FILE_TYPE.fifo | 0o600);
    reader.release();
    writer.release();
  });
});

describe('a table of nodes', () => {
  it('keeps changed nodes and finds the others while they live', () => {
    const memory = new Fixture((environment) => new MemoryFileSystem(environment, { maxNodes: 10_000 }));
    const table = new NodeTable();
    const { root: directory } = memory.context.root.dentry.inode.fs as MemoryFileSystem;
    for (let index = 0; index < 5_000; index++)
      table.add(directory.create(`f${index}`, { mode: 0o644, uid: 0, gid: 0 }));
    const node = directory.lookup('f4999')!;
    expect(table.get(node.ino)).toBe(node);
    table.keep(node);
    expect(table.get(node.ino)).toBe(node);
    table.forget(node.ino);
    expect(table.get(node.ino)).toBeUndefined();
    expect(table.get(-1)).toBeUndefined();
  });
});

const NAMES = ['a', 'b', 'c'];
const path = fc.array(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 3 }).map((names) => `/${names.join('/')}`);
const action = fc.record({
  kind: fc.constantFrom(
    'write',
    'mkdir',
    'unlink',
    'rmdir',
    'rename',
    'link',
    'symlink',
    'append',
    'chmod',
    'exchange',
  ),
  from: path,
  to: path,
  content: fc.string({ maxLength: 5 }),
});
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

function perform(target: Fixture, { kind, from, to, content }: Action): string {
  try {
    if (kind === 'write') target.write(from, content);
    else if (kind === 'mkdir') target.mkdir(from);
    else if (kind === 'unlink') target.unlink(from);
    else if (kind === 'rmdir') target.rmdir(from);
    else if (kind === 'rename') target.rename(from, to);
    else if (kind === 'exchange') target.rename(from, to, RENAME_EXCHANGE);
    else if (kind === 'link') target.link(from, to);
    else if (kind === 'symlink') target.symlink(to, from);
    else if (kind === 'chmod') target.vfs.changeMode(target.context, target.at(from), 0o600 + content.length);
    else {
      const description = target.open(from, O_WRONLY | 0o2000);
      description.write(text(content));
      description.release();
    }
    return 'done';
  } catch (error) {
    if (!isLinuxError(error)) throw error;
    return error.name;
  }
}

/** The whole tree as the guest sees it; link counts of directories differ by file system. */
function tree(target: Fixture, directory = ''): unknown[] {
  return target.entries(directory === '' ? '/' : directory).map(({ name, kind, ino }) => {
    const full = `${directory}/${name}`;
    const stat = target.lstat(full);
    expect(stat.ino).toBe(ino);
    if (kind === 'directory') return [name, stat.mode, tree(target, full)];
    if (kind === 'symlink') return [name, target.vfs.readlink(target.context, target.at(full, false)), stat.nlink];
    return [name, stat.mode, stat.nlink, target.read(full)];
  });
}

describe('an overlay and a memory file system', () => {
  it('do the same, whatever is done to them', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 12 }), fc.array(action, { maxLength: 20 }), (below, above) => {
        const plain = new Fixture((environment) => new MemoryFileSystem(environment));
        const lower = new Fixture((environment) => new MemoryFileSystem(environment));
        for (const each of below) expect(perform(lower, each)).toBe(perform(plain, each));
        const frozen = JSON.stringify(tree(lower));
        const { fs: lowerFs } = lower.vfs.root.mount;
        const overlay = new Fixture(
          (environment) => new OverlayFileSystem(environment, lowerFs),
          lower.vfs.environment,
        );
        expect(tree(overlay)).toEqual(tree(plain));
        for (const each of above) expect([each, perform(overlay, each)]).toEqual([each, perform(plain, each)]);
        expect(tree(overlay)).toEqual(tree(plain));
        expect(JSON.stringify(tree(lower))).toBe(frozen);
      }),
      { numRuns: 300 },
    );
  });
});
