import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { PERMISSION } from '../../memory/layout.ts';
import { PR_GET_DUMPABLE } from '../process/controls.ts';
import type { Process } from '../process/process.ts';
import { buildElf } from '../testing/elf-builder.ts';
import { errno, run, scripted, type Call } from '../testing/scripted.ts';

describe('the process', () => {
  it('knows its ids', async () => {
    await run({}, function* ({ scratch, process: { memory } }) {
      expect(yield ['getpid']).toBe(2);
      expect(yield ['gettid']).toBe(2);
      expect(yield ['getppid']).toBe(1);
      expect(yield ['getpgid', 0]).toBe(2);
      expect(yield ['getsid', 2]).toBe(2);
      expect(yield ['getsid', 3]).toBe(errno('ESRCH'));
      expect(yield ['setpgid', 0, 0]).toBe(errno('EPERM'));
      expect(yield ['setpgid', 9, 0]).toBe(errno('ESRCH'));
      expect(yield ['setpgid', 0, -1]).toBe(errno('EINVAL'));
      expect(yield ['setsid']).toBe(errno('EPERM'));
      expect(yield ['set_tid_address', scratch]).toBe(2);
      expect(yield ['set_robust_list', scratch, 24]).toBe(0);
      expect(yield ['set_robust_list', scratch, 12]).toBe(errno('EINVAL'));
      expect(yield ['get_robust_list', 0, scratch + 8, scratch + 16]).toBe(0);
      expect([memory.readPointer(scratch + 8), memory.readPointer(scratch + 16)]).toEqual([scratch, 24]);
      expect(yield ['wait4', -1, 0, 0, 0]).toBe(errno('ECHILD'));
      expect(yield ['waitid', 0, 0, 0, 0]).toBe(errno('EINVAL'));
      expect(yield ['waitid', 0, 0, 0, 4]).toBe(errno('ECHILD'));
      for (const call of ['rseq', 'ptrace', 'io_uring_setup']) expect(yield [call]).toBe(errno('ENOSYS'));
    });
  });

  it('ends with the low byte of its code', async () => {
    const guest = scripted();
    const exit = await guest.run(function* () {
      yield ['exit', 0x1ff];
    });
    expect(exit).toEqual({ kind: 'exit', code: 255 });
  });

  it('keeps what prctl sets', async () => {
    await run({}, function* ({ process, scratch }) {
      const { memory } = process;
      expect(yield ['prctl', 15, 'a-long-name-is-cut-here']).toBe(0);
      expect(yield ['prctl', 16, scratch]).toBe(0);
      expect(Buffer.from(memory.readCString(scratch, 16)!).toString()).toBe('a-long-name-is-');
      expect(yield ['prctl', 3]).toBe(1);
      expect(yield ['prctl', 4, 0]).toBe(0);
      expect(yield ['prctl', 3]).toBe(0);
      expect(yield ['prctl', 4, 9]).toBe(errno('EINVAL'));
      expect(yield ['prctl', 38, 0]).toBe(errno('EINVAL'));
      expect(yield ['prctl', 38, 1, 1]).toBe(errno('EINVAL'));
      expect(yield ['prctl', 41, 1, 0, 0, 1]).toBe(errno('EINVAL'));
      expect(yield ['prctl', 38, 1]).toBe(0);
      expect(yield ['prctl', 39]).toBe(1);
      expect(yield ['prctl', 1, 9]).toBe(0);
      expect(yield ['prctl', 2, scratch]).toBe(0);
      expect(memory.readU32(scratch)).toBe(9);
      expect(yield ['prctl', 21]).toBe(0);
      expect(yield ['prctl', 12345]).toBe(errno('EINVAL'));
      expect(yield ['personality', 0xffffffff]).toBe(0);
      // 32 bits, of an old version: uname tells.
      expect(yield ['personality', 0x20008]).toBe(0);
      expect(yield ['personality', 0xffffffff]).toBe(0x20008);
      expect(yield ['uname', scratch]).toBe(0);
      const field = (index: number): string => Buffer.from(memory.readCString(scratch + index * 65, 65)!).toString();
      expect([field(2), field(4)]).toEqual(['2.6.72-hospes', 'riscv32']);
      // What may be read may be executed.
      expect(yield ['personality', 0x0400000]).toBe(0x20008);
      const at = yield ['mmap', 0, 8192, 1, 0x22, -1, 0];
      expect(process.space.pages.accessibleLength(at, 8192, PERMISSION.EXECUTE)).toBe(8192);
      expect(yield ['mprotect', at, 4096, 0]).toBe(0);
      expect(yield ['mprotect', at, 4096, 3]).toBe(0);
      expect(process.space.pages.accessibleLength(at, 8192, PERMISSION.EXECUTE)).toBe(8192);
    });
  });

  it('keeps resource limits', async () => {
    await run({ uid: 5 }, function* ({ process: { memory, space }, scratch }) {
      expect(yield ['getrlimit', 3, scratch]).toBe(0);
      expect([memory.readU64(scratch), memory.readU64(scratch + 8)]).toEqual([8n << 20n, 0xffffffffffffffffn]);
      memory.writeU64(scratch, 4 << 20);
      memory.writeU64(scratch + 8, 5 << 20);
      expect(yield ['setrlimit', 3, scratch]).toBe(0);
      expect(space.stackLimit).toBe(4 << 20);
      memory.writeU64(scratch + 8, 6 << 20);
      expect(yield ['setrlimit', 3, scratch]).toBe(errno('EPERM'));
      memory.writeU64(scratch + 8, 1);
      expect(yield ['setrlimit', 3, scratch]).toBe(errno('EINVAL'));
      expect(yield ['prlimit64', 0, 99, 0, scratch]).toBe(errno('EINVAL'));
      expect(yield ['prlimit64', 9, 3, 0, scratch]).toBe(errno('ESRCH'));
      memory.writeU64(scratch, space.mappedBytes);
      memory.writeU64(scratch + 8, space.mappedBytes);
      expect(yield ['prlimit64', 0, 9, scratch, 0]).toBe(0);
      expect(yield ['mmap', 0, 4096, 3, 0x22, -1, 0]).toBe(errno('ENOMEM'));
    });
  });

  it('schedules on one processor', async () => {
    await run({}, function* ({ process: { memory }, scratch }) {
      expect(yield ['sched_getaffinity', 0, 128, scratch]).toBe(8);
      expect(memory.readU64(scratch)).toBe(1n);
      expect(yield ['sched_getaffinity', 0, 4, scratch]).toBe(errno('EINVAL'));
      expect(yield ['sched_setaffinity', 0, 8, scratch]).toBe(0);
      memory.writeU64(scratch, 2);
      expect(yield ['sched_setaffinity', 0, 8, scratch]).toBe(errno('EINVAL'));
      expect(yield ['sched_yield']).toBe(0);
      expect(yield ['sched_getscheduler', 0]).toBe(0);
      expect(yield ['sched_getscheduler', -1]).toBe(errno('EINVAL'));
      expect(yield ['sched_getparam', 0, scratch]).toBe(0);
      expect(memory.readU32(scratch)).toBe(0);
      expect(yield ['sched_setparam', 0, scratch]).toBe(0);
      expect(yield ['sched_setscheduler', 0, 0, scratch]).toBe(0);
      memory.writeU32(scratch, 10);
      expect(yield ['sched_setscheduler', 0, 0, scratch]).toBe(errno('EINVAL'));
      expect(yield ['sched_setscheduler', 0, 6, scratch]).toBe(errno('EBUSY'));
      expect(yield ['sched_setscheduler', 0, 0, 0]).toBe(errno('EINVAL'));
      expect(yield ['sched_getparam', 0, 0]).toBe(errno('EINVAL'));
      expect(yield ['sched_get_priority_max', 1]).toBe(99);
      expect(yield ['sched_get_priority_min', 2]).toBe(1);
      expect(yield ['sched_get_priority_max', 0]).toBe(0);
      expect(yield ['sched_get_priority_max', 9]).toBe(errno('EINVAL'));
      expect(yield ['getpriority', 0, 0]).toBe(20);
      expect(yield ['getpriority', 9, 0]).toBe(errno('EINVAL'));
      expect(yield ['getpriority', 0, 999]).toBe(errno('ESRCH'));
      expect(yield ['getpriority', 1, 999]).toBe(errno('ESRCH'));
      expect(yield ['setpriority', 0, 0, 5]).toBe(0);
      expect(yield ['getpriority', 1, 0]).toBe(15);
      expect(yield ['setpriority', 2, 0, -100]).toBe(0);
      expect(yield ['getpriority', 0, 0]).toBe(40);
      expect(yield ['setpriority', 0, 0, 7]).toBe(0);
      expect(yield ['setreuid', 1000, 1000]).toBe(0);
      expect(yield ['setpriority', 0, 0, 6]).toBe(errno('EACCES'));
      expect(yield ['setpriority', 0, 0, 8]).toBe(0);
      expect(yield ['setpriority', 9, 0, 0]).toBe(errno('EINVAL'));
      expect(yield ['getcpu', scratch, scratch + 4, 0]).toBe(0);
      expect(memory.readU64(scratch)).toBe(0n);
      // Without SYNC_CORE and RSEQ.
      expect(yield ['membarrier', 0, 0]).toBe(31);
      for (const command of [1, 2, 4]) expect(yield ['membarrier', command, 0]).toBe(0);
      expect(yield ['membarrier', 8, 0]).toBe(errno('EPERM'));
      expect(yield ['membarrier', 16, 0]).toBe(0);
      expect(yield ['membarrier', 8, 0]).toBe(0);
      expect(yield ['membarrier', 32, 0]).toBe(errno('EINVAL'));
      expect(yield ['membarrier', 0, 1]).toBe(errno('EINVAL'));
    });
  });

  it('waits on a futex until the time is over', async () => {
    await run({}, function* ({ process: { memory }, scratch, platform }) {
      memory.writeU32(scratch, 7);
      memory.writeU64(scratch + 16, 0);
      memory.writeU64(scratch + 24, 2_000_000);
      expect(yield ['futex', scratch, 0, 8, 0]).toBe(errno('EAGAIN'));
      expect(yield ['futex', scratch + 1, 0, 7, 0]).toBe(errno('EINVAL'));
      expect(yield ['futex', scratch, 128, 7, scratch + 16]).toBe(errno('ETIMEDOUT'));
      const { clock } = platform.platform;
      const until = clock.monotonic() + 2_000_000n;
      memory.writeU64(scratch + 16, until / 1_000_000_000n);
      memory.writeU64(scratch + 24, until % 1_000_000_000n);
      expect(yield ['futex', scratch, 9, 7, scratch + 16, 0, -1]).toBe(errno('ETIMEDOUT'));
      expect(clock.monotonic()).toBeGreaterThanOrEqual(until);
      expect(yield ['futex', scratch, 9 | 256, 7, scratch + 16, 0, -1]).toBe(errno('ETIMEDOUT'));
      expect(yield ['futex', scratch, 1, 1, 0]).toBe(0);
      expect(yield ['futex', 4096, 1, 1, 0]).toBe(errno('EFAULT'));
      expect(yield ['futex', scratch, 11, 1, 0]).toBe(errno('ENOSYS'));
    });
  });
});

describe('execve', () => {
  const hello = readFileSync(new URL('../../../tests/fixtures/riscv64/hello', import.meta.url));
  const files = {
    hello: new Uint8Array(hello),
    text: 'echo hi\n',
    script: '#!/case/hello -x  y \n',
    dangling: '#!/none\n',
  };

  it('fails without a trace', async () => {
    await run({ files }, function* ({ process, scratch }) {
      expect(yield ['execve', 'none', 0, 0]).toBe(errno('ENOENT'));
      expect(yield ['execve', 'text', 0, 0]).toBe(errno('ENOEXEC'));
      expect(yield ['execve', 'dangling', 0, 0]).toBe(errno('ENOENT'));
      expect(yield ['execve', '/proc', 0, 0]).toBe(errno('EACCES'));
      expect(yield ['execve', 'hello', 1, 0]).toBe(errno('EFAULT'));
      expect(yield ['execveat', 1, 'hello', 0, 0, 0]).toBe(errno('ENOTDIR'));
      expect(process.space.find(scratch)).toBeDefined();
    });
  });

  it('takes over what the file says about who runs it', async () => {
    const after = async (mode: number, attribute: Uint8Array | null, first: readonly Call[] = []): Promise<Process> => {
      const guest = scripted({ files });
      const exit = await guest.run(function* () {
        expect(yield ['fchownat', -100, 'hello', 8, 9, 0]).toBe(0);
        expect(yield ['fchmodat', -100, 'hello', mode]).toBe(0);
        if (attribute !== null)
          expect(yield ['setxattr', 'hello', 'security.capability', attribute, attribute.length, 0]).toBe(0);
        for (const call of first) expect(yield call).toBe(0);
        expect(yield ['setresgid', 5, 5, 5]).toBe(0);
        expect(yield ['setresuid', 5, 5, 5]).toBe(0);
        yield ['execve', 'hello', 0, 0];
      });
      expect(exit).toEqual({ kind: 'exit', code: 0 });
      return guest.process;
    };
    const user = { uid: 5, euid: 5, suid: 5, fsuid: 5, gid: 5, egid: 5, sgid: 5, fsgid: 5 };
    const dumpable = ({ controls }: Process): number | undefined => controls.get(PR_GET_DUMPABLE);
    const both = await after(0o6755, null);
    expect(both.ids).toEqual({ ...user, euid: 8, suid: 8, fsuid: 8, egid: 9, sgid: 9, fsgid: 9 });
    expect([both.capabilities.effective, dumpable(both)]).toEqual([0n, 0]);
    // Without execution by the group the bit is for locks.
    expect((await after(0o2745, null)).ids).toEqual(user);
    const plain = await after(0o6755, null, [['prctl', 38, 1]]);
    expect([plain.ids, dumpable(plain)]).toEqual([user, undefined]);
    // VFS_CAP_REVISION_2, effective: CAP_CHOWN and CAP_DAC_OVERRIDE.
    const attribute = Uint8Array.from([1, 0, 0, 2, 3, ...new Array<number>(15).fill(0)]);
    const capable = await after(0o755, attribute);
    expect([capable.ids, capable.capabilities.effective, dumpable(capable)]).toEqual([user, 3n, 0]);
    expect((await after(0o755, attribute, [['prctl', 38, 1]])).capabilities.permitted).toBe(0n);
  });

  it('kills when the old program is gone and the new one does not fit', async () => {
    const large = buildElf({ segments: [{ vaddr: 0x10000, memorySize: 64 << 20 }] });
    const guest = scripted({ files: { large } });
    guest.process.space.memoryLimit = 32 << 20;
    const exit = await guest.run(function* () {
      yield ['execve', 'large', 0, 0];
    });
    expect(exit).toMatchObject({ kind: 'signal', name: 'SIGKILL' });
  });

  it('replaces memory, handlers and marked descriptors, and keeps the rest', async () => {
    const guest = scripted({ files });
    const { process, vcpu, scratch } = guest;
    let entered = 0;
    const exit = await guest.run(function* () {
      yield ['dup', 0];
      yield ['fcntl', 3, 2, 1];
      const words = [1000, 0, 0].map(BigInt);
      const action = guest.data(new Uint8Array(BigUint64Array.from(words).buffer));
      yield ['rt_sigaction', 10, action, 0, 8];
      yield ['rt_sigaction', 12, guest.data(new Uint8Array(BigUint64Array.from([1n, 0n, 0n]).buffer)), 0, 8];
      const argv = guest.data(new Uint8Array(BigUint64Array.from([BigInt(guest.text('me')), 0n]).buffer));
      entered = yield ['execve', 'script', argv, 0];
    });
    expect(exit).toEqual({ kind: 'exit', code: 0 });
    expect(entered).toBe(0);
    // The call that ends the script was made from the new program's first instruction.
    expect(vcpu.pc).toBe((process.image?.entry ?? 0) + 4);
    expect(process.image?.main.image.path).toBe('/case/hello');
    expect(Buffer.from(process.comm).toString()).toBe('script');
    expect(process.signals.action(10).handler).toBe(0);
    expect(process.signals.action(12).handler).toBe(1);
    expect(scratch).toBeGreaterThan(0);
  });
});
