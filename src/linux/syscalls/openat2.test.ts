import { describe, expect, it } from 'vitest';
import { errno, run, type Call } from '../testing/scripted.ts';
import { AT_FDCWD } from './support.ts';

const NO_XDEV = 1;
const NO_MAGICLINKS = 2;
const NO_SYMLINKS = 4;
const BENEATH = 8;
const IN_ROOT = 16;
const CACHED = 32;

describe('openat2', () => {
  it('opens no more than it is allowed to', async () => {
    const files = { d: { folder: true }, 'd/e': { folder: true }, 'd/f': '', 'd/e/g': '', f: '' } as const;
    await run({ files }, function* ({ process: { memory, fds }, scratch }) {
      const open = (path: string, resolve: number, fd = AT_FDCWD, flags = 0): Call => {
        memory.writeU64(scratch, flags);
        memory.writeU64(scratch + 8, 0);
        memory.writeU64(scratch + 16, resolve);
        return ['openat2', fd, path, scratch, 24];
      };
      const d = yield ['openat', AT_FDCWD, 'd', 0o200000, 0];
      for (const [target, name] of [
        ['/d/f', 'd/absolute'],
        ['../f', 'd/up'],
        ['/proc/self/exe', 'd/magic'],
      ] as const)
        expect(yield ['symlinkat', target, AT_FDCWD, name]).toBe(0);
      expect(yield ['symlinkat', 'e/g', AT_FDCWD, 'd/down']).toBe(0);
      // Below the folder, or not at all.
      expect(yield open('e/../f', BENEATH, d)).toBeGreaterThan(0);
      expect(yield open('down', BENEATH, d)).toBeGreaterThan(0);
      for (const path of ['../f', 'e/../../f', 'up', 'absolute', 'magic', '/case/f'])
        expect(yield open(path, BENEATH, d), path).toBe(errno('EXDEV'));
      expect(yield open('/case/f', BENEATH)).toBe(errno('EXDEV'));
      // The folder as the root of all.
      const inRoot = yield open('/e/../../../up/../f', IN_ROOT, d);
      expect(inRoot).toBe(errno('ENOTDIR'));
      for (const path of ['/f', '../../f', 'e/../../f', 'up']) {
        const fd = yield open(path, IN_ROOT, d);
        expect(fds.get(fd).location.dentry.name, path).toBe('f');
      }
      expect(yield open('absolute', IN_ROOT, d)).toBe(errno('ENOENT'));
      expect(yield open('magic', IN_ROOT, d)).toBe(errno('ENOENT'));
      expect(yield open('/f', IN_ROOT, yield ['openat', AT_FDCWD, 'f', 0, 0])).toBe(errno('ENOTDIR'));
      // No links.
      expect(yield open('d/down', NO_SYMLINKS)).toBe(errno('ELOOP'));
      expect(yield open('d/e/g', NO_SYMLINKS)).toBeGreaterThan(0);
      expect(yield open('d/down', NO_SYMLINKS, AT_FDCWD, 0o10400000)).toBeGreaterThan(0);
      expect(yield open('d/down', NO_MAGICLINKS)).toBeGreaterThan(0);
      expect(yield open('/proc/self/fd/0', NO_MAGICLINKS)).toBe(errno('ELOOP'));
      expect(yield open('/proc/self/fd', NO_XDEV)).toBe(errno('EXDEV'));
      expect(yield open(`/proc/self/fd/${String(d)}/f`, 0)).toBeGreaterThan(0);
      expect(yield open('d/f', NO_XDEV | CACHED)).toBeGreaterThan(0);
      expect(yield open('d/f', CACHED, AT_FDCWD, 0o1000)).toBe(errno('EAGAIN'));
      expect(yield open('d/f', BENEATH | IN_ROOT)).toBe(errno('EINVAL'));
    });
  });
});
