import { describe, expect, it } from 'vitest';
import { AT_FDCWD } from './support.ts';
import { errno, run } from '../testing/scripted.ts';

const words = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('extended attributes', () => {
  it('are set, read, listed and removed', async () => {
    await run({ files: { f: '' } }, function* ({ process: { memory }, scratch }) {
      expect(yield ['listxattr', 'f', 0, 0]).toBe(0);
      expect(yield ['getxattr', 'f', 'user.a', 0, 0]).toBe(errno('ENODATA'));
      expect(yield ['setxattr', 'f', 'user.a', words('one'), 3, 2]).toBe(errno('ENODATA'));
      expect(yield ['setxattr', 'f', 'user.a', words('one'), 3, 1]).toBe(0);
      expect(yield ['setxattr', 'f', 'user.a', words('one'), 3, 1]).toBe(errno('EEXIST'));
      expect(yield ['setxattr', 'f', 'user.a', words('longer'), 6, 2]).toBe(0);
      expect(yield ['lsetxattr', 'f', 'security.b', 0, 0, 0]).toBe(0);
      expect(yield ['setxattr', 'f', 'user.a', 0, 0, 4]).toBe(errno('EINVAL'));
      expect(yield ['getxattr', 'f', 'user.a', scratch, 0]).toBe(6);
      expect(yield ['getxattr', 'f', 'user.a', scratch, 5]).toBe(errno('ERANGE'));
      expect(yield ['lgetxattr', 'f', 'user.a', scratch, 64]).toBe(6);
      expect(Buffer.from(memory.readBytes(scratch, 6)).toString()).toBe('longer');
      expect(yield ['llistxattr', 'f', scratch, 17]).toBe(errno('ERANGE'));
      expect(yield ['listxattr', 'f', scratch, 64]).toBe(18);
      expect(Buffer.from(memory.readBytes(scratch, 18)).toString()).toBe('user.a\0security.b\0');
      const fd = yield ['openat', AT_FDCWD, 'f', 0, 0];
      expect(yield ['fgetxattr', fd, 'security.b', scratch, 64]).toBe(0);
      expect(yield ['fremovexattr', fd, 'security.b']).toBe(0);
      expect(yield ['removexattr', 'f', 'security.b']).toBe(errno('ENODATA'));
      expect(yield ['flistxattr', fd, 0, 0]).toBe(7);
      // They belong to the file, not to its name.
      expect(yield ['unlinkat', AT_FDCWD, 'f', 0]).toBe(0);
      expect(yield ['fsetxattr', fd, 'user.c', words('x'), 1, 0]).toBe(0);
      expect(yield ['flistxattr', fd, 0, 0]).toBe(14);
      expect(yield ['getxattr', 'f', 'user.a', 0, 0]).toBe(errno('ENOENT'));
      expect(yield ['fgetxattr', 99, 'user.a', 0, 0]).toBe(errno('EBADF'));
    });
  });

  it('have limits', async () => {
    await run({ files: { f: '', g: '' } }, function* ({ scratch }) {
      const long = `user.${'x'.repeat(250)}`;
      expect(yield ['setxattr', 'f', long, 0, 0, 0]).toBe(0);
      expect(yield ['setxattr', 'f', `${long}x`, 0, 0, 0]).toBe(errno('ERANGE'));
      expect(yield ['setxattr', 'f', '', 0, 0, 0]).toBe(errno('ERANGE'));
      expect(yield ['setxattr', 'f', 'user.', 0, 0, 0]).toBe(errno('EINVAL'));
      expect(yield ['setxattr', 'f', 'mine.a', 0, 0, 0]).toBe(errno('EOPNOTSUPP'));
      expect(yield ['setxattr', 'f', 'system.posix_acl_access', 0, 0, 0]).toBe(errno('EOPNOTSUPP'));
      expect(yield ['setxattr', 'f', 'user.a', scratch, 65537, 0]).toBe(errno('E2BIG'));
      expect(yield ['setxattr', 'f', 'user.a', 16, 1, 0]).toBe(errno('EFAULT'));
      expect(yield ['setxattr', 'g', 'user.a', new Uint8Array(65000), 65000, 0]).toBe(0);
      expect(yield ['setxattr', 'g', 'user.b', new Uint8Array(1000), 1000, 0]).toBe(errno('ENOSPC'));
      expect(yield ['setxattr', 'g', 'user.a', new Uint8Array(10), 10, 0]).toBe(0);
      expect(yield ['setxattr', 'g', 'user.b', new Uint8Array(1000), 1000, 0]).toBe(0);
    });
  });

  it('are for whom xattr(7) says', async () => {
    await run({ files: { f: '', d: { folder: true } } }, function* () {
      expect(yield ['symlinkat', 'f', AT_FDCWD, 'l']).toBe(0);
      expect(yield ['lsetxattr', 'l', 'user.a', 0, 0, 0]).toBe(errno('EPERM'));
      expect(yield ['lgetxattr', 'l', 'user.a', 0, 0]).toBe(errno('ENODATA'));
      expect(yield ['lsetxattr', 'l', 'trusted.a', 0, 0, 0]).toBe(0);
      expect(yield ['setxattr', 'l', 'user.a', words('1'), 1, 0]).toBe(0);
      expect(yield ['setxattr', 'd', 'trusted.b', 0, 0, 0]).toBe(0);
      expect(yield ['setxattr', 'd', 'user.b', 0, 0, 0]).toBe(0);
      expect(yield ['fchmodat', AT_FDCWD, 'd', 0o1777]).toBe(0);
      expect(yield ['fchmodat', AT_FDCWD, 'f', 0o600]).toBe(0);
      expect(yield ['setresuid', 7, 7, 7]).toBe(0);
      expect(yield ['getxattr', 'f', 'user.a', 0, 0]).toBe(errno('EACCES'));
      expect(yield ['setxattr', 'f', 'user.a', 0, 0, 0]).toBe(errno('EACCES'));
      expect(yield ['getxattr', 'd', 'trusted.b', 0, 0]).toBe(errno('ENODATA'));
      expect(yield ['setxattr', 'd', 'trusted.b', 0, 0, 0]).toBe(errno('EPERM'));
      expect(yield ['setxattr', 'd', 'security.b', 0, 0, 0]).toBe(errno('EPERM'));
      expect(yield ['setxattr', 'd', 'user.b', 0, 0, 0]).toBe(errno('EPERM'));
      expect(yield ['getxattr', 'd', 'user.b', 0, 0]).toBe(0);
      expect(yield ['listxattr', 'd', 0, 0]).toBe(7);
    });
  });
});
