import { describe, expect, it } from 'vitest';
import { errno, scripted, type Call, type Script, type Scripted, type ScriptedOptions } from '../testing/scripted.ts';

const IPC_CREAT = 0o1000;
const IPC_EXCL = 0o2000;
const [IPC_RMID, IPC_SET, IPC_STAT, IPC_INFO] = [0, 1, 2, 3];
const [SHM_LOCK, SHM_UNLOCK, SHM_STAT, SHM_INFO, SHM_STAT_ANY] = [11, 12, 13, 14, 15];
const [SHM_RDONLY, SHM_RND, SHM_REMAP, SHM_EXEC] = [0o10000, 0o20000, 0o40000, 0o100000];
const SHM_NORESERVE = 0o10000;
const SHM_HUGETLB = 0o4000;
const [SHM_DEST, SHM_LOCKED] = [0o1000, 0o2000];
const PAGE = 4096;
const PLACE = 0x3800_0000;
const SIGCHLD = 17;
const CLONE_VM_VFORK = 0x4100;

async function run(
  first: (guest: Scripted) => Script,
  options: ScriptedOptions = {},
  ...others: ((guest: Scripted) => Script)[]
): Promise<Scripted> {
  const guest = scripted(options);
  const exit = await guest.run(() => first(guest), ...others.map((script) => () => script(guest)));
  expect(exit).toEqual({ kind: 'exit', code: 0 });
  return guest;
}

/** The fields of struct shmid64_ds at `at`, once `shmctl` filled it. */
function statusAt({ process }: Scripted, at: number): Record<string, number> {
  const { memory } = process;
  return {
    ...{ key: memory.readI32(at), uid: memory.readU32(at + 4), mode: memory.readU32(at + 20) },
    ...{ sequence: memory.readU16(at + 24), size: memory.readPointer(at + 48), ctime: memory.readPointer(at + 72) },
    ...{ atime: memory.readPointer(at + 56), dtime: memory.readPointer(at + 64) },
    ...{ cpid: memory.readU32(at + 80), lpid: memory.readU32(at + 84), nattch: memory.readPointer(at + 88) },
  };
}

describe('shmget', () => {
  it('makes segments, finds them by key, and gives each index a new number when it is used again', async () => {
    await run(function* () {
      expect(yield ['shmget', 7, 100, 0]).toBe(errno('ENOENT'));
      expect(yield ['shmget', 7, 0, IPC_CREAT]).toBe(errno('EINVAL'));
      expect(yield ['shmget', 7, 100, IPC_CREAT | 0o600]).toBe(0);
      expect(yield ['shmget', 7, 100, IPC_CREAT | 0o600]).toBe(0);
      expect(yield ['shmget', 7, 0, 0]).toBe(0);
      expect(yield ['shmget', 7, 101, 0]).toBe(errno('EINVAL'));
      expect(yield ['shmget', 7, 100, IPC_CREAT | IPC_EXCL]).toBe(errno('EEXIST'));
      expect(yield ['shmget', 0, 100, 0o600]).toBe(1);
      expect(yield ['shmget', 0, 100, IPC_EXCL]).toBe(2);
      for (let id = 3; id < 64; id++) {
        expect(yield ['shmctl', id - 1, IPC_RMID, 0]).toBe(0);
        expect(yield ['shmget', 0, 1, 0o600]).toBe(id);
      }
      expect(yield ['shmctl', 63, IPC_RMID, 0]).toBe(0);
      expect(yield ['shmget', 0, 1, 0o600]).toBe((1 << 15) | 2);
      expect(yield ['shmctl', 2, IPC_RMID, 0]).toBe(errno('EINVAL'));
      expect(yield ['shmat', 2, 0, 0]).toBe(errno('EINVAL'));
    });
  });

  it('has limits', async () => {
    await run(function* ({ process }) {
      expect(yield ['shmget', 0, -1n << 20n, 0o600]).toBe(errno('EINVAL'));
      expect(yield ['shmget', 0, 2 ** 40, 0o600]).toBe(errno('ENOMEM'));
      expect(yield ['shmget', 0, 2 ** 40, 0o600 | SHM_NORESERVE]).toBe(0);
      expect(yield ['shmctl', 0, IPC_RMID, 0]).toBe(0);
      expect(yield ['shmget', 0, 100, 0o600 | SHM_HUGETLB]).toBe(errno('EINVAL'));
      // What other segments will take is not there any more.
      expect(yield ['shmget', 0, 2 ** 29 + PAGE, 0o600]).toBeGreaterThan(0);
      expect(yield ['shmget', 0, 2 ** 29, 0o600]).toBe(errno('ENOMEM'));
      process.kernel.ipc.limits.store('kernel/shmmni', '2');
      expect(yield ['shmget', 0, 1, 0o600]).toBeGreaterThan(0);
      expect(yield ['shmget', 0, 1, 0o600]).toBe(errno('ENOSPC'));
      process.kernel.ipc.limits.store('kernel/shmmni', '3');
      process.kernel.ipc.limits.store('kernel/shmall', '5');
      expect(yield ['shmget', 0, 1, 0o600]).toBe(errno('ENOSPC'));
      process.kernel.ipc.limits.store('kernel/shmmax', '10');
      expect(yield ['shmget', 0, 11, 0o600]).toBe(errno('EINVAL'));
    });
  });

  it('counts as files in memory do', async () => {
    await run(function* ({ process }) {
      process.vfs.environment.disk.limitGrowth(1 << 20);
      expect(yield ['shmget', 0, 2 << 20, 0o600]).toBe(errno('ENOMEM'));
      let made = 0;
      while ((yield ['shmget', 0, 1, 0o600]) >= 0) made++;
      expect(made).toBeLessThan(1025);
      expect(made).toBeGreaterThan(200);
    });
  });
});

describe('shmat and shmdt', () => {
  it('attach where they are told, and count areas', async () => {
    await run(function* (guest) {
      const { process, scratch } = guest;
      const id = yield ['shmget', 0, 3 * PAGE, 0o600];
      const count = function* (): Generator<Call, number, number> {
        yield ['shmctl', id, IPC_STAT, scratch];
        return statusAt(guest, scratch)['nattch']!;
      };
      expect(yield ['shmat', id, PLACE + 1, 0]).toBe(errno('EINVAL'));
      expect(yield ['shmat', id, PLACE + 1, SHM_RND]).toBe(PLACE);
      expect(yield ['shmat', id, PLACE + PAGE, 0]).toBe(errno('EINVAL'));
      expect(yield ['shmat', id, 0, SHM_REMAP]).toBe(errno('EINVAL'));
      expect(yield ['shmat', id, 5, SHM_RND | SHM_REMAP]).toBe(errno('EINVAL'));
      expect(yield ['shmat', id, 5, SHM_RND]).toBe(errno('EPERM'));
      expect(yield ['shmat', id, 2 ** 45, 0]).toBe(errno('ENOMEM'));
      process.memory.writeU32(PLACE + PAGE, 77);
      expect(yield* count()).toBe(1);
      expect(yield ['munmap', PLACE + PAGE, PAGE]).toBe(0);
      expect(yield* count()).toBe(2);
      expect(yield ['shmdt', PLACE + PAGE]).toBe(errno('EINVAL'));
      expect(yield ['shmdt', PLACE + 2 * PAGE]).toBe(errno('EINVAL'));
      expect(yield ['shmdt', PLACE]).toBe(0);
      expect(yield* count()).toBe(0);
      expect(process.space.isMapped(PLACE + 2 * PAGE, PAGE)).toBe(false);
      expect(yield ['shmat', id, PLACE, 0]).toBe(PLACE);
      expect(process.memory.readU32(PLACE + PAGE)).toBe(77);
      // Parts with other protections stay parts.
      expect(yield ['mprotect', PLACE + PAGE, PAGE, 1]).toBe(0);
      expect(yield* count()).toBe(3);
      expect(yield ['mprotect', PLACE + PAGE, PAGE, 3]).toBe(0);
      expect(yield* count()).toBe(3);
      expect(yield ['mremap', PLACE, PAGE, PAGE, 3, PLACE + 16 * PAGE]).toBe(PLACE + 16 * PAGE);
      expect(yield* count()).toBe(3);
      // The first page lies elsewhere: neither place has all of it.
      expect(yield ['shmdt', PLACE + 16 * PAGE]).toBe(0);
      expect(yield* count()).toBe(2);
      expect(yield ['shmdt', PLACE]).toBe(0);
      expect(yield* count()).toBe(0);
    });
  });

  it('let nobody do more than was asked for', async () => {
    await run(function* (guest) {
      const id = yield ['shmget', 0, PAGE, 0o600];
      const at = yield ['shmat', id, 0, SHM_RDONLY];
      expect(at).toBeGreaterThan(0);
      expect(() => guest.process.memory.writeU8(at, 1)).toThrow();
      expect(yield ['mprotect', at, PAGE, 3]).toBe(errno('EACCES'));
      expect(yield ['shmdt', at]).toBe(0);
      const executable = yield ['shmat', id, 0, SHM_EXEC];
      expect(guest.process.space.find(executable)?.protection).toBe(7);
      expect(yield ['shmdt', 0]).toBe(errno('EINVAL'));
    });
  });

  it('replace what is there, the last attachment of a segment that is going among it', async () => {
    await run(function* ({ process }) {
      const id = yield ['shmget', 0, PAGE, 0o600];
      expect(yield ['shmat', id, PLACE, 0]).toBe(PLACE);
      process.memory.writeU32(PLACE, 5);
      expect(yield ['shmctl', id, IPC_RMID, 0]).toBe(0);
      expect(yield ['shmat', id, PLACE, SHM_REMAP]).toBe(PLACE);
      expect(process.memory.readU32(PLACE)).toBe(5);
      expect(process.kernel.ipc.sharedMemory.pages).toBe(1);
      expect(yield ['shmdt', PLACE]).toBe(0);
      expect(process.kernel.ipc.sharedMemory.pages).toBe(0);
      expect(yield ['shmat', id, 0, 0]).toBe(errno('EINVAL'));
    });
  });

  it('keep count when processes are made and end', async () => {
    const counts: number[] = [];
    await run(
      function* (guest) {
        const { scratch } = guest;
        const id = yield ['shmget', 5, PAGE, IPC_CREAT | 0o600];
        expect(yield ['shmat', id, PLACE, 0]).toBe(PLACE);
        const child = yield ['clone', SIGCHLD, 0, 0, 0, 0];
        yield ['wait4', child, 0, 0, 0];
        yield ['shmctl', id, IPC_STAT, scratch];
        expect(statusAt(guest, scratch)).toMatchObject({ nattch: 1, cpid: 2, lpid: child });
        expect(guest.process.memory.readU32(PLACE)).toBe(12);
        const second = yield ['clone', CLONE_VM_VFORK | SIGCHLD, 0, 0, 0, 0];
        yield ['wait4', second, 0, 0, 0];
        yield ['shmctl', id, IPC_STAT, scratch];
        expect(statusAt(guest, scratch)['nattch']).toBe(1);
        yield ['shmctl', id, IPC_RMID, 0];
        yield ['shmctl', id, IPC_STAT, scratch];
        expect(statusAt(guest, scratch)).toMatchObject({ mode: 0o600 | SHM_DEST, key: 0 });
        expect(yield ['shmget', 5, 0, 0]).toBe(errno('ENOENT'));
        yield ['munmap', PLACE, PAGE];
        expect(yield ['shmctl', id, IPC_STAT, scratch]).toBe(errno('EINVAL'));
      },
      {},
      function* (guest) {
        const child = guest.process.kernel.scheduler.running!.process;
        yield ['shmctl', 0, IPC_STAT, guest.scratch];
        counts.push(child.memory.readPointer(guest.scratch + 88));
        child.memory.writeU32(PLACE, 12);
      },
      function* (guest) {
        yield ['shmctl', 0, IPC_STAT, guest.scratch];
        counts.push(guest.process.memory.readPointer(guest.scratch + 88));
      },
    );
    expect(counts).toEqual([2, 1]);
  });
});

describe('shmctl', () => {
  it('tells of a segment, and of all', async () => {
    await run(function* (guest) {
      const { scratch, process } = guest;
      const { memory } = process;
      const id = yield ['shmget', 9, 5000, IPC_CREAT | 0o640];
      expect(yield ['shmctl', id, IPC_STAT, scratch]).toBe(0);
      const now = Number(process.platform.clock.realtime() / 1_000_000_000n);
      const { ctime, ...rest } = statusAt(guest, scratch);
      expect(Math.abs(now - ctime!)).toBeLessThan(10);
      expect(rest).toEqual({
        ...{ key: 9, uid: 0, mode: 0o640, sequence: 0, size: 5000, atime: 0, dtime: 0, cpid: 2, lpid: 0, nattch: 0 },
      });
      expect(yield ['shmctl', 0, SHM_STAT, scratch]).toBe(id);
      expect(yield ['shmctl', 0, SHM_STAT_ANY, scratch]).toBe(id);
      expect(yield ['shmctl', 1, SHM_STAT, scratch]).toBe(errno('EINVAL'));
      expect(yield ['shmctl', 0, IPC_INFO, scratch]).toBe(0);
      expect(memory.readU64(scratch)).toBe(18446744073692774399n);
      expect(memory.readU64(scratch + 16)).toBe(4096n);
      yield ['shmget', 0, PAGE, 0o600];
      expect(yield ['shmctl', 0, SHM_INFO, scratch]).toBe(1);
      expect([memory.readU32(scratch), memory.readU64(scratch + 8)]).toEqual([2, 3n]);
      expect(yield ['shmctl', id, IPC_STAT, 4]).toBe(errno('EFAULT'));
      expect(yield ['shmctl', id, 99, scratch]).toBe(errno('EINVAL'));
      expect(yield ['shmctl', -1, IPC_STAT, scratch]).toBe(errno('EINVAL'));
      memory.writeU32(scratch + 4, 0xffffffff);
      expect(yield ['shmctl', id, IPC_SET, scratch]).toBe(errno('EINVAL'));
      memory.writeU32(scratch + 4, 1000);
      memory.writeU32(scratch + 8, 1001);
      memory.writeU32(scratch + 20, 0o7666);
      expect(yield ['shmctl', id, IPC_SET, scratch]).toBe(0);
      expect(yield ['shmctl', id, IPC_STAT, scratch]).toBe(0);
      expect(statusAt(guest, scratch)).toMatchObject({ uid: 1000, mode: 0o666 });
      expect(yield ['shmctl', id, SHM_LOCK, 0]).toBe(0);
      yield ['shmctl', id, IPC_STAT, scratch];
      expect(statusAt(guest, scratch)['mode']).toBe(0o666 | SHM_LOCKED);
      expect(yield ['shmctl', id, SHM_UNLOCK, 0]).toBe(0);
    });
  });

  it('goes by owners and permissions', async () => {
    await run(function* (guest) {
      const { scratch } = guest;
      const id = yield ['shmget', 9, PAGE, IPC_CREAT | 0o640];
      const open = yield ['shmget', 10, PAGE, IPC_CREAT | 0o604];
      expect(yield ['setresuid', 1000, 1000, 1000]).toBe(0);
      // The group is the creator's still.
      expect(yield ['shmget', 9, 0, 0o440]).toBe(id);
      expect(yield ['shmget', 9, 0, 0o600]).toBe(errno('EACCES'));
      expect(yield ['shmat', id, 0, 0]).toBe(errno('EACCES'));
      expect(yield ['shmat', id, 0, SHM_RDONLY]).toBeGreaterThan(0);
      expect(yield ['shmat', id, 0, SHM_RDONLY | SHM_EXEC]).toBe(errno('EACCES'));
      expect(yield ['shmctl', id, IPC_RMID, 0]).toBe(errno('EPERM'));
      expect(yield ['shmctl', id, SHM_LOCK, 0]).toBe(errno('EPERM'));
      expect(yield ['shmctl', open, IPC_STAT, scratch]).toBe(errno('EACCES'));
      expect(yield ['shmctl', 1, SHM_STAT, scratch]).toBe(errno('EACCES'));
      expect(yield ['shmctl', 1, SHM_STAT_ANY, scratch]).toBe(open);
      expect(guest.process.memory.readU32(scratch + 20)).toBe(0o604);
    });
  });

  it('is shown in /proc, whose limits root can change', async () => {
    const read = function* (path: string, { scratch, process }: Scripted): Generator<Call, string, number> {
      const fd = yield ['openat', -100, path, 0, 0];
      const count = yield ['read', fd, scratch, 4000];
      yield ['close', fd];
      return Buffer.from(process.memory.readBytes(scratch, count)).toString();
    };
    await run(function* (guest) {
      yield ['shmget', -1, 5000, IPC_CREAT | 0o640];
      const [head, row, end] = (yield* read('/proc/sysvipc/shm', guest)).split('\n');
      expect(head).toMatch(/^ {7}key {6}shmid perms {18}size {2}cpid {2}lpid nattch /);
      expect(row).toMatch(
        /^ {8}-1 {10}0 {3}640 {18}5000 {5}2 {5}0 {6}0 {5}0 {5}0 {5}0 {5}0 {10}0 {10}0 \d{10} {20,21}\d+ {21}0$/,
      );
      expect(end).toBe('');
      expect(yield* read('/proc/sys/kernel/sem', guest)).toBe('32000\t1024000000\t500\t32000\n');
      expect(yield* read('/proc/sys/fs/mqueue/msg_max', guest)).toBe('10\n');
      const fd = yield ['openat', -100, '/proc/sys/kernel/sem', 1, 0];
      expect(yield ['write', fd, '250 32000', 9]).toBe(9);
      expect(yield ['write', fd, '250 32000 32 1 1', 16]).toBe(errno('EINVAL'));
      expect(yield ['write', fd, '-1', 2]).toBe(errno('EINVAL'));
      expect(yield* read('/proc/sys/kernel/sem', guest)).toBe('250\t32000\t500\t32000\n');
    });
  });
});
