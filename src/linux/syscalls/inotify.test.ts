import { describe, expect, it } from 'vitest';
import { errno, scripted, type Script } from '../testing/scripted.ts';
import { IN } from '../vfs/watches.ts';

const AT_FDCWD = -100;
const O_CREAT_WRONLY = 0o101;
const ONESHOT = 0x80000000;
const MASK_ADD = 0x20000000;
const MASK_CREATE = 0x10000000;
const ONLYDIR = 0x01000000;
const DONT_FOLLOW = 0x02000000;
const EXCL_UNLINK = 0x04000000;
const FIONREAD = 0x541b;

type Guest = ReturnType<typeof scripted>;

async function run(body: (guest: Guest) => Script, options: Parameters<typeof scripted>[0] = {}) {
  const guest = scripted(options);
  expect(await guest.run(() => body(guest))).toEqual({ kind: 'exit', code: 0 });
}

/** The events in `length` bytes of the scratch memory: watch, mask, name. */
function events({ process: { memory }, scratch }: Guest, length: number): [wd: number, mask: number, name: string][] {
  const found: [number, number, string][] = [];
  for (let at = scratch; at < scratch + length;) {
    const size = memory.readU32(at + 12);
    const name = Buffer.from(memory.readBytes(at + 16, size))
      .toString()
      .replace(/\0+$/, '');
    found.push([memory.readI32(at), memory.readU32(at + 4), name]);
    at += 16 + size;
  }
  return found;
}

function* touch(path: string): Script {
  const fd: number = yield ['openat', AT_FDCWD, path, O_CREAT_WRONLY, 0o644];
  expect(yield ['close', fd]).toBe(0);
}

describe('inotify', () => {
  it('queues events, joins equal ones, and gives as many as there is room for', async () => {
    await run(function* (guest) {
      const { scratch } = guest;
      const fd = yield ['inotify_init1', 0o4000];
      const wd = yield ['inotify_add_watch', fd, '/case', IN.CREATE | IN.OPEN];
      expect(wd).toBe(1);
      expect(yield ['read', fd, scratch, 4096]).toBe(errno('EAGAIN'));
      yield* touch('a');
      yield* touch('a');
      yield* touch('a');
      yield* touch('a-long-name-that-needs-two');
      expect(yield ['ioctl', fd, FIONREAD, scratch]).toBe(0);
      expect(guest.process.memory.readU32(scratch)).toBe(2 * 32 + 2 * 48);
      expect(yield ['read', fd, scratch, 31]).toBe(errno('EINVAL'));
      expect(yield ['read', fd, scratch, 100]).toBe(64);
      expect(events(guest, 64)).toEqual([
        [wd, IN.CREATE, 'a'],
        [wd, IN.OPEN, 'a'],
      ]);
      expect(yield ['read', fd, scratch, 100]).toBe(96);
      expect(events(guest, 96).map(([, , name]) => name)).toEqual(Array(2).fill('a-long-name-that-needs-two'));
      expect(yield ['write', fd, scratch, 1]).toBe(errno('EBADF'));
    });
  });

  it('changes, adds to and ends watches', async () => {
    await run(
      function* (guest) {
        const { scratch } = guest;
        const fd = yield ['inotify_init1', 0o4000];
        expect(yield ['inotify_add_watch', fd, 'f', IN.ATTRIB]).toBe(1);
        expect(yield ['inotify_add_watch', fd, 'f', IN.OPEN | MASK_ADD]).toBe(1);
        expect(yield ['inotify_add_watch', fd, 'f', IN.OPEN | MASK_CREATE]).toBe(errno('EEXIST'));
        expect(yield ['inotify_add_watch', fd, 'f', MASK_ADD | MASK_CREATE | 1]).toBe(errno('EINVAL'));
        yield ['fchmodat', AT_FDCWD, 'f', 0o600];
        yield* touch('f');
        expect(events(guest, yield ['read', fd, scratch, 4096])).toEqual([
          [1, IN.ATTRIB, ''],
          [1, IN.OPEN, ''],
        ]);
        expect(yield ['inotify_rm_watch', fd, 1]).toBe(0);
        expect(yield ['inotify_rm_watch', fd, 1]).toBe(errno('EINVAL'));
        expect(yield ['inotify_add_watch', fd, 'f', IN.OPEN | ONESHOT]).toBe(2);
        yield* touch('f');
        yield* touch('f');
        expect(events(guest, yield ['read', fd, scratch, 4096])).toEqual([
          [1, IN.IGNORED, ''],
          [2, IN.OPEN, ''],
          [2, IN.IGNORED, ''],
        ]);
      },
      { files: { f: 'x' } },
    );
  });

  it('leaves out what is done to files without a name where asked', async () => {
    await run(function* (guest) {
      const { scratch } = guest;
      const fd = yield ['inotify_init1', 0o4000];
      yield ['inotify_add_watch', fd, '/case', IN.MODIFY | IN.DELETE | EXCL_UNLINK];
      const file = yield ['openat', AT_FDCWD, 'f', O_CREAT_WRONLY, 0o644];
      yield ['unlinkat', AT_FDCWD, 'f', 0];
      yield ['write', file, 'text', 4];
      expect(events(guest, yield ['read', fd, scratch, 4096])).toEqual([[1, IN.DELETE, 'f']]);
    });
  });

  it('wakes whoever reads or polls', async () => {
    const guest = scripted();
    await guest.run(
      function* () {
        const fd = yield ['inotify_init1', 0];
        yield ['inotify_add_watch', fd, '/case', IN.CREATE];
        expect(yield ['clone', 17, 0, 0, 0, 0]).toBeGreaterThan(0);
        expect(yield ['read', fd, guest.scratch, 4096]).toBe(32);
        expect(events(guest, 32)).toEqual([[1, IN.CREATE, 'made']]);
      },
      function* () {
        yield* touch('made');
      },
    );
  });

  it('tells of an overflow once, and forgets what came after', async () => {
    await run(function* (guest) {
      const { scratch } = guest;
      const fd = yield ['inotify_init1', 0o4000];
      yield ['inotify_add_watch', fd, '/case', IN.OPEN | IN.CLOSE_WRITE];
      for (let round = 0; round < 8200; round++) yield* touch('f');
      yield ['ioctl', fd, FIONREAD, scratch];
      expect(guest.process.memory.readU32(scratch)).toBe(16384 * 32 + 16);
      let last: [number, number, string][] = [];
      for (;;) {
        const length = yield ['read', fd, scratch, 65536];
        if (length < 0) break;
        last = events(guest, length);
      }
      expect(last.at(-1)).toEqual([-1, IN.Q_OVERFLOW, '']);
    });
  });

  it('refuses what Linux refuses', async () => {
    await run(
      function* () {
        const fd = yield ['inotify_init1', 0];
        expect(yield ['inotify_init1', 1]).toBe(errno('EINVAL'));
        expect(yield ['inotify_add_watch', fd, '/case', 0]).toBe(errno('EINVAL'));
        expect(yield ['inotify_add_watch', 0, '/case', 1]).toBe(errno('EINVAL'));
        expect(yield ['inotify_add_watch', 99, '/case', 1]).toBe(errno('EBADF'));
        expect(yield ['inotify_add_watch', fd, '/none', 1]).toBe(errno('ENOENT'));
        expect(yield ['inotify_add_watch', fd, 'f', 1 | ONLYDIR]).toBe(errno('ENOTDIR'));
        expect(yield ['inotify_add_watch', fd, 'link', 1]).toBe(errno('ENOENT'));
        expect(yield ['inotify_add_watch', fd, 'link', 1 | DONT_FOLLOW]).toBe(1);
        yield ['fchmodat', AT_FDCWD, 'f', 0o200];
        yield ['setresuid', 1000, 1000, 1000];
        expect(yield ['inotify_add_watch', fd, 'f', 1]).toBe(errno('EACCES'));
        let made = 1;
        while ((yield ['inotify_init1', 0]) > 0) made++;
        expect(made).toBe(128);
        expect(yield ['inotify_init1', 0]).toBe(errno('EMFILE'));
        expect(yield ['close', fd]).toBe(0);
        expect(yield ['inotify_init1', 0]).toBe(fd);
      },
      { files: { f: 'x', link: { link: 'nowhere' } } },
    );
  });
});
