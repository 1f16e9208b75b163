import { describe, expect, it } from 'vitest';
import { ALL_CAPABILITIES, CAP, bitOf } from '../capabilities.ts';
import { errno, run, type Call } from '../testing/scripted.ts';

const VERSION_3 = 0x20080522;
const header = (version = VERSION_3, pid = 0): Uint8Array => new Uint8Array(Int32Array.of(version, pid).buffer);

function sets(effective: bigint, permitted: bigint, inheritable: bigint): Uint8Array {
  const words = [0n, 32n].flatMap((shift) => [effective, permitted, inheritable].map((bits) => bits >> shift));
  return new Uint8Array(Uint32Array.from(words, (word) => Number(word & 0xffff_ffffn)).buffer);
}

const capset = (effective: bigint, permitted: bigint, inheritable = 0n): Call => [
  'capset',
  header(),
  sets(effective, permitted, inheritable),
];

describe('capabilities', () => {
  it('are all there for root, and go with it', async () => {
    await run({}, function* ({ process }) {
      const { memory } = process;
      const data = 0x2000_0000;
      expect(yield ['capget', header(), data]).toBe(0);
      expect(memory.readBytes(data, 24)).toEqual(sets(ALL_CAPABILITIES, ALL_CAPABILITIES, 0n));
      expect(yield ['setresuid', 5, 5, 0]).toBe(0);
      expect(process.capabilities).toMatchObject({ effective: 0n, permitted: ALL_CAPABILITIES });
      expect(yield ['chroot', '/']).toBe(errno('EPERM'));
      expect(yield ['setresuid', -1, 0, -1]).toBe(0);
      expect(yield ['chroot', '/']).toBe(0);
      expect(yield ['setresuid', 5, 5, 5]).toBe(0);
      expect(process.capabilities).toMatchObject({ effective: 0n, permitted: 0n });
    });
  });

  it('are kept where that is asked for, one by one', async () => {
    await run({ files: { f: '' } }, function* ({ process }) {
      expect(yield ['fchmodat', -100, 'f', 0o600]).toBe(0);
      expect(yield ['prctl', 8, 1]).toBe(0);
      expect(yield ['prctl', 7]).toBe(1);
      expect(yield ['setresuid', 5, 5, 5]).toBe(0);
      const own = bitOf(CAP.CHOWN) | bitOf(CAP.SETUID);
      expect(yield capset(bitOf(CAP.CHOWN), own)).toBe(0);
      expect(yield ['fchownat', -100, 'f', 7, 7, 0]).toBe(0);
      expect(yield ['openat', -100, 'f', 0, 0]).toBe(errno('EACCES'));
      expect(yield ['setresuid', 9, 9, 9]).toBe(errno('EPERM'));
      expect(yield capset(own | 2n, own)).toBe(errno('EPERM'));
      expect(yield capset(0n, own | 2n)).toBe(errno('EPERM'));
      expect(yield capset(0n, own, 2n)).toBe(errno('EPERM'));
      expect(yield capset(own, own, 1n)).toBe(0);
      expect(yield ['prctl', 47, 2, CAP.CHOWN, 0, 0]).toBe(0);
      expect(yield ['prctl', 47, 1, CAP.CHOWN, 0, 0]).toBe(1);
      expect(yield ['prctl', 47, 2, CAP.SETUID, 0, 0]).toBe(errno('EPERM'));
      // What is not permitted any more is not ambient either.
      expect(yield capset(0n, bitOf(CAP.SETUID))).toBe(0);
      expect(process.capabilities.ambient).toBe(0n);
    });
  });

  it('have bounds and switches', async () => {
    await run({}, function* ({ process }) {
      expect(yield ['prctl', 23, CAP.SYS_ADMIN]).toBe(1);
      expect(yield ['prctl', 24, CAP.SYS_ADMIN]).toBe(0);
      expect(yield ['prctl', 23, CAP.SYS_ADMIN]).toBe(0);
      for (const option of [23, 24]) expect(yield ['prctl', option, 41]).toBe(errno('EINVAL'));
      // What is kept locked stays as it is.
      expect(yield ['prctl', 28, 0x2f]).toBe(0);
      expect(yield ['prctl', 27]).toBe(0x2f);
      expect(yield ['prctl', 28, 0]).toBe(errno('EPERM'));
      expect(yield ['prctl', 8, 1]).toBe(errno('EPERM'));
      // Without its fix-up a change of the user changes nothing else.
      expect(yield ['setresuid', 5, 5, 5]).toBe(0);
      expect(process.capabilities.effective).toBe(ALL_CAPABILITIES);
    });
  });

  it('are told by versions that are known', async () => {
    await run({}, function* ({ process: { memory }, scratch }) {
      memory.writeBytes(scratch, header(1));
      expect(yield ['capget', scratch, 0]).toBe(0);
      expect(memory.readU32(scratch)).toBe(VERSION_3);
      expect(yield ['capget', header(1), scratch]).toBe(errno('EINVAL'));
      expect(yield ['capget', header(VERSION_3, -1), scratch]).toBe(errno('EINVAL'));
      expect(yield ['capget', header(VERSION_3, 999), scratch]).toBe(errno('ESRCH'));
      expect(yield ['capset', header(VERSION_3, 999), scratch]).toBe(errno('EPERM'));
      expect(yield ['capget', header(0x19980330), scratch]).toBe(0);
    });
  });

  it('about files follow the id for files', async () => {
    await run({ files: { f: '' } }, function* () {
      expect(yield ['fchmodat', -100, 'f', 0o600]).toBe(0);
      expect(yield ['setfsuid', 5]).toBe(0);
      expect(yield ['setfsgid', 6]).toBe(0);
      expect(yield ['openat', -100, 'f', 0, 0]).toBe(errno('EACCES'));
      expect(yield ['chroot', '/']).toBe(0);
      expect(yield ['setfsuid', -1]).toBe(5);
      expect(yield ['setfsuid', 0]).toBe(5);
      expect(yield ['openat', -100, 'f', 0, 0]).toBeGreaterThan(0);
      expect(yield ['setresuid', 3, 4, 5]).toBe(0);
      expect(yield ['setfsuid', 9]).toBe(4);
      expect(yield ['setfsuid', 5]).toBe(4);
      expect(yield ['setfsuid', -1]).toBe(5);
    });
  });
});
