import { beforeEach, describe, expect, it } from 'vitest';
import { AssertionError } from '../../../common/assert.ts';
import { FILE_TYPE, O_CREAT, O_RDWR } from '../constants.ts';
import { makeDevice } from '../environment.ts';
import { MemoryFileSystem } from '../memory/memory-fs.ts';
import { Fixture, USER, expectErrno, text, untext } from '../testing/fixture.ts';
import { createDevFileSystem } from './dev-fs.ts';

let fx: Fixture;
beforeEach(() => {
  let next = 0;
  fx = new Fixture((environment) => new MemoryFileSystem(environment));
  fx.mkdir('/dev');
  const dev = createDevFileSystem(fx.vfs.environment, (bytes) => {
    for (let index = 0; index < bytes.length; index++) bytes[index] = ++next;
  });
  fx.vfs.mount(dev, fx.at('/dev'));
});

describe('/dev', () => {
  it('has the memory devices, by their numbers', () => {
    const devices = { null: 3, zero: 5, full: 7, random: 8, urandom: 9 };
    for (const [name, minor] of Object.entries(devices))
      expect(fx.stat(`/dev/${name}`)).toMatchObject({ mode: FILE_TYPE.char | 0o666, rdev: makeDevice(1, minor) });
    expect(fx.list('/dev')).toContain('ptmx');
  });

  it('reads and writes them as null(4), full(4) and random(4) say', () => {
    fx.as(USER);
    const read = (name: string): number[] => {
      const description = fx.open(`/dev/${name}`);
      const buffer = new Uint8Array(4).fill(9);
      const count = description.read(buffer);
      description.release();
      return [count, ...buffer];
    };
    expect(read('null')).toEqual([0, 9, 9, 9, 9]);
    expect(read('zero')).toEqual([4, 0, 0, 0, 0]);
    expect(read('full')).toEqual([4, 0, 0, 0, 0]);
    expect(read('urandom')).toEqual([4, 1, 2, 3, 4]);
    expect(read('random')).toEqual([4, 5, 6, 7, 8]);
    for (const name of ['null', 'zero', 'random', 'urandom']) {
      const description = fx.open(`/dev/${name}`, O_RDWR | O_CREAT | 0o2000);
      expect(description.write(text('abc'))).toBe(3);
      expect(description.seek(100, 0)).toBe(0);
      expect(description.pwrite(text('abc'), 5)).toBe(3);
      description.release();
    }
    const full = fx.open('/dev/full', O_RDWR);
    expectErrno('ENOSPC', () => full.write(text('x')));
    expect(full.write(text(''))).toBe(0);
    full.release();
    expect(fx.stat('/dev/null').size).toBe(0);
  });

  it('has links to descriptors, and shared memory for everybody', () => {
    const target = (name: string): string => fx.vfs.readlink(fx.context, fx.at(`/dev/${name}`, false));
    expect(['fd', 'stdin', 'stdout', 'stderr'].map(target)).toEqual([
      '/proc/self/fd',
      '/proc/self/fd/0',
      '/proc/self/fd/1',
      '/proc/self/fd/2',
    ]);
    fx.as(USER).write('/dev/shm/segment', 'shared');
    expect(fx.read('/dev/shm/segment')).toBe('shared');
    expect(fx.stat('/dev/shm').mode).toBe(FILE_TYPE.directory | 0o1777);
  });

  it('opens the caller’s own terminal as tty', () => {
    expectErrno('ENXIO', () => fx.open('/dev/tty'));
    fx.context = { ...fx.context, controllingTerminal: fx.at('/dev/zero').dentry.inode };
    const tty = fx.open('/dev/tty');
    const buffer = text('abcd');
    tty.read(buffer);
    expect(untext(buffer)).toBe('\0\0\0\0');
    tty.release();
    fx.context = { ...fx.context, controllingTerminal: fx.at('/dev').dentry.inode };
    expectErrno('ENXIO', () => fx.open('/dev/tty'));
  });

  it('is made once for an environment', () => {
    expect(() => createDevFileSystem(fx.vfs.environment, () => undefined)).toThrow(AssertionError);
  });
});
