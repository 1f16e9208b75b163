import { describe, expect, it } from 'vitest';
import { errno, scripted, type Script } from '../testing/scripted.ts';

const AT_FDCWD = -100;
const O_WRONLY = 1;
const O_TRUNC = 0o1000;

async function run(body: (guest: ReturnType<typeof scripted>) => Script) {
  const guest = scripted({ files: { program: '#!/bin/none\n', link: { link: 'program' } } });
  expect(await guest.run(() => body(guest))).toEqual({ kind: 'exit', code: 0 });
}

describe('files of programs', () => {
  it('cannot be executed while they are open for writing', async () => {
    await run(function* () {
      yield ['fchmodat', AT_FDCWD, 'program', 0o755];
      const reader = yield ['openat', AT_FDCWD, 'program', 0, 0];
      const writer = yield ['openat', AT_FDCWD, 'program', O_WRONLY, 0];
      const copy = yield ['dup', writer];
      yield ['close', writer];
      expect(yield ['execve', 'program', 0, 0]).toBe(errno('ETXTBSY'));
      yield ['close', copy];
      // Its interpreter is missing.
      expect(yield ['execve', 'program', 0, 0]).toBe(errno('ENOENT'));
      yield ['close', reader];
    });
  });

  it('cannot be written while they run', async () => {
    await run(function* ({ process }) {
      process.executable = process.vfs.resolve(process, 'program');
      expect(yield ['openat', AT_FDCWD, 'program', O_WRONLY, 0]).toBe(errno('ETXTBSY'));
      expect(yield ['openat', AT_FDCWD, 'program', O_TRUNC, 0]).toBe(errno('ETXTBSY'));
      expect(yield ['truncate', 'program', 0]).toBe(errno('ETXTBSY'));
      expect(yield ['openat', AT_FDCWD, 'program', 0, 0]).toBe(3);
    });
  });

  it('are not executed through a link where that is said', async () => {
    await run(function* () {
      expect(yield ['execveat', AT_FDCWD, 'link', 0, 0, 0x100]).toBe(errno('ELOOP'));
    });
  });
});
