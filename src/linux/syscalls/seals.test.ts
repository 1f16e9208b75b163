import { describe, expect, it } from 'vitest';
import { errno, scripted, type Script } from '../testing/scripted.ts';

const F_ADD_SEALS = 1033;
const F_GET_SEALS = 1034;
const [SEAL, SHRINK, GROW, WRITE, FUTURE_WRITE, EXEC] = [1, 2, 4, 8, 16, 32] as const;
const ALLOW_SEALING = 2;
const NOEXEC_SEAL = 8;

async function run(body: (guest: ReturnType<typeof scripted>) => Script, files: Record<string, string> = {}) {
  const guest = scripted({ files });
  expect(await guest.run(() => body(guest))).toEqual({ kind: 'exit', code: 0 });
}

describe('seals', () => {
  it('are there only where they are asked for', async () => {
    await run(
      function* () {
        const file = yield ['openat', -100, 'f', 2, 0];
        expect(yield ['fcntl', file, F_GET_SEALS, 0]).toBe(errno('EINVAL'));
        expect(yield ['fcntl', file, F_ADD_SEALS, SHRINK]).toBe(errno('EINVAL'));
        const closed = yield ['memfd_create', 'm', 0];
        expect(yield ['fcntl', closed, F_GET_SEALS, 0]).toBe(SEAL);
        expect(yield ['fcntl', closed, F_ADD_SEALS, SHRINK]).toBe(errno('EPERM'));
        const open = yield ['memfd_create', 'm', ALLOW_SEALING];
        expect(yield ['fcntl', open, F_GET_SEALS, 0]).toBe(0);
        expect(yield ['fcntl', open, F_ADD_SEALS, 64]).toBe(errno('EINVAL'));
        expect(yield ['fcntl', open, F_ADD_SEALS, SHRINK | SEAL]).toBe(0);
        expect(yield ['fcntl', open, F_ADD_SEALS, GROW]).toBe(errno('EPERM'));
        expect(yield ['fcntl', open, F_GET_SEALS, 0]).toBe(SHRINK | SEAL);
      },
      { f: 'text' },
    );
  });

  it('hold the size', async () => {
    await run(function* ({ scratch }) {
      const fd = yield ['memfd_create', 'm', ALLOW_SEALING];
      expect(yield ['ftruncate', fd, 6000]).toBe(0);
      expect(yield ['fcntl', fd, F_ADD_SEALS, SHRINK]).toBe(0);
      expect(yield ['ftruncate', fd, 5999]).toBe(errno('EPERM'));
      expect(yield ['ftruncate', fd, 6001]).toBe(0);
      expect(yield ['fcntl', fd, F_ADD_SEALS, GROW]).toBe(0);
      expect(yield ['ftruncate', fd, 6002]).toBe(errno('EPERM'));
      expect(yield ['fallocate', fd, 0, 0, 6002]).toBe(errno('EPERM'));
      expect(yield ['fallocate', fd, 3, 0, 8192]).toBe(0);
      // The page that ends inside of the file is written, the next is not.
      expect(yield ['pwrite64', fd, scratch, 8192, 0]).toBe(4096);
      expect(yield ['pwrite64', fd, scratch, 8192, 4096]).toBe(errno('EPERM'));
      expect(yield ['pwrite64', fd, scratch, 6001, 0]).toBe(6001);
    });
  });

  it('hold the bytes, but for mappings that there are', async () => {
    await run(function* ({ process: { memory } }) {
      const fd = yield ['memfd_create', 'm', ALLOW_SEALING];
      expect(yield ['ftruncate', fd, 4096]).toBe(0);
      const old = yield ['mmap', 0, 4096, 3, 1, fd, 0];
      expect(yield ['fcntl', fd, F_ADD_SEALS, WRITE]).toBe(errno('EBUSY'));
      expect(yield ['fcntl', fd, F_ADD_SEALS, FUTURE_WRITE]).toBe(0);
      expect(yield ['write', fd, 'x', 1]).toBe(errno('EPERM'));
      expect(yield ['fallocate', fd, 3, 0, 4096]).toBe(errno('EPERM'));
      expect(yield ['mmap', 0, 4096, 3, 1, fd, 0]).toBe(errno('EPERM'));
      memory.writeBytes(old, Buffer.from('old'));
      expect(yield ['munmap', old, 4096]).toBe(0);
      expect(yield ['fcntl', fd, F_ADD_SEALS, WRITE]).toBe(0);
      const readOnly = yield ['mmap', 0, 4096, 1, 1, fd, 0];
      expect(Buffer.from(memory.readBytes(readOnly, 3)).toString()).toBe('old');
      expect(yield ['mprotect', readOnly, 4096, 3]).toBe(errno('EACCES'));
      expect(yield ['mmap', 0, 4096, 3, 2, fd, 0]).toBeGreaterThan(0);
    });
  });

  it('hold the x bits', async () => {
    await run(function* () {
      expect(yield ['memfd_create', 'm', NOEXEC_SEAL | 16]).toBe(errno('EINVAL'));
      const fd = yield ['memfd_create', 'm', NOEXEC_SEAL];
      expect(yield ['fcntl', fd, F_GET_SEALS, 0]).toBe(EXEC);
      expect(yield ['fchmod', fd, 0o600]).toBe(0);
      expect(yield ['fchmod', fd, 0o700]).toBe(errno('EPERM'));
      const code = yield ['memfd_create', 'm', ALLOW_SEALING];
      expect(yield ['fcntl', code, F_ADD_SEALS, EXEC]).toBe(0);
      expect(yield ['fcntl', code, F_GET_SEALS, 0]).toBe(EXEC | SHRINK | GROW | WRITE | FUTURE_WRITE);
    });
  });
});
