import { describe, expect, it } from 'vitest';
import type { ProcessExit } from '../process/exit.ts';
import { errno, scripted, SCRATCH, type Script, type Scripted } from '../testing/scripted.ts';

function* nothing(): Script {
  yield ['sched_yield'];
}

const CLONE_THREAD = 0x50f00;
const SIGCHLD = 17;

/** Runs a script with those of its children and threads, in the order in which they are made. */
async function run(
  first: (guest: Scripted) => Script,
  others: ((guest: Scripted) => Script)[],
  options: Parameters<typeof scripted>[0] = {},
): Promise<{ guest: Scripted; exit: ProcessExit }> {
  const guest = scripted(options);
  const exit = await guest.run(() => first(guest), ...others.map((script) => () => script(guest)));
  return { guest, exit };
}

const succeeds = async (
  first: (guest: Scripted) => Script,
  ...others: ((guest: Scripted) => Script)[]
): Promise<void> => expect((await run(first, others)).exit).toEqual({ kind: 'exit', code: 0 });

describe('fork', () => {
  it('gives the child a copy of the memory, and its status to the parent', async () => {
    await succeeds(
      function* ({ process, scratch }) {
        process.memory.writeU32(scratch, 5);
        expect(yield ['clone', SIGCHLD, 0, 0, 0, 0]).toBe(3);
        expect(yield ['wait4', -1, scratch + 8, 0, 0]).toBe(3);
        expect(process.memory.readU32(scratch + 8)).toBe(7 << 8);
        expect(process.memory.readU32(scratch)).toBe(5);
        expect(yield ['wait4', -1, 0, 0, 0]).toBe(errno('ECHILD'));
      },
      function* ({ process: { kernel }, scratch }) {
        const { memory } = kernel.processes.process(3)!;
        expect(memory.readU32(scratch)).toBe(5);
        memory.writeU32(scratch, 6);
        expect(yield ['getpid']).toBe(3);
        expect(yield ['getppid']).toBe(2);
        yield ['exit_group', 7];
      },
    );
  });

  it('shares file offsets and copies descriptors', async () => {
    const { exit } = await run(
      function* ({ scratch }) {
        yield ['openat', -100, '/case/f', 0, 0];
        yield ['clone', SIGCHLD, 0, 0, 0, 0];
        expect(yield ['wait4', 3, 0, 0, 0]).toBe(3);
        expect(yield ['read', 3, scratch, 10]).toBe(2);
      },
      [
        function* ({ scratch }) {
          expect(yield ['read', 3, scratch, 4]).toBe(4);
          expect(yield ['close', 3]).toBe(0);
        },
      ],
      { files: { f: 'abcdef' } },
    );
    expect(exit).toEqual({ kind: 'exit', code: 0 });
  });

  it('shares anonymous memory that is mapped so', async () => {
    await succeeds(
      function* ({ process }) {
        const at = yield ['mmap', 0, 8192, 3, 0x21, -1, 0];
        process.memory.writeU32(at, 1);
        expect(yield ['clone', SIGCHLD, 0, 0, 0, 0]).toBe(3);
        // Waits until the child has stored, then answers.
        expect(yield ['futex', at, 0, 1, 0]).toBe(0);
        expect(process.memory.readU32(at)).toBe(2);
        expect(process.memory.readU32(at + 4096)).toBe(99);
        process.memory.writeU32(at + 4, 3);
        expect(yield ['futex', at, 1, 1, 0]).toBe(1);
        expect(yield ['wait4', -1, 0, 0, 0]).toBe(3);
        expect(process.memory.readU32(at + 8)).toBe(4);
      },
      function* ({ process: { kernel } }) {
        const { memory, space } = kernel.processes.process(3)!;
        const at = [...space.areas].find(({ shared }) => shared)!.start;
        expect(memory.readU32(at)).toBe(1);
        memory.writeU32(at, 2);
        memory.writeU32(at + 4096, 99);
        expect(yield ['futex', at, 1, 1, 0]).toBe(1);
        expect(yield ['futex', at, 0, 2, 0]).toBe(0);
        expect(memory.readU32(at + 4)).toBe(3);
        memory.writeU32(at + 8, 4);
      },
    );
  });

  it('ends in EAGAIN when there are too many tasks', async () => {
    await run(
      function* () {
        expect(yield ['clone', SIGCHLD, 0, 0, 0, 0]).toBe(3);
        expect(yield ['clone', SIGCHLD, 0, 0, 0, 0]).toBe(errno('EAGAIN'));
        expect(yield ['wait4', -1, 0, 0, 0]).toBe(3);
        expect(yield ['clone', SIGCHLD, 0, 0, 0, 0]).toBe(4);
      },
      [nothing, nothing],
      { taskLimit: 2 },
    );
  });

  it('refuses what it would not keep', async () => {
    await succeeds(function* ({ process, scratch }) {
      for (const flags of [0x10000, 0x800, 0x20000000, 0x10011 | 0x100])
        expect(yield ['clone', flags, 0, 0, 0, 0]).toBe(errno('EINVAL'));
      expect(yield ['clone3', scratch, 8]).toBe(errno('EINVAL'));
      process.memory.writeU64(scratch + 64, 1);
      expect(yield ['clone3', scratch, 88]).toBe(errno('E2BIG'));
      expect(yield ['clone3', scratch + 0x10000 - 88, 89]).toBe(errno('EFAULT'));
      process.memory.writeU64(scratch + 40, 1);
      expect(yield ['clone3', scratch, 64]).toBe(errno('EINVAL'));
    });
  });
});

describe('vfork', () => {
  it('lets the parent wait until the child ends, in the same memory', async () => {
    await succeeds(
      function* ({ process, scratch }) {
        process.memory.writeU32(scratch, 1);
        expect(yield ['clone', 0x4111, scratch + 4096, 0, 0, 0]).toBe(3);
        // posix_spawn(3) reports errors so.
        expect(process.memory.readU32(scratch)).toBe(2);
        expect(yield ['wait4', -1, 0, 0, 0]).toBe(3);
      },
      function* ({ process: { kernel }, scratch }) {
        const child = kernel.processes.process(3)!;
        expect(child.vcpu.getI64(kernel.processes.process(2)!.vcpu.guest.state.slot('x2'))).toBe(scratch + 4096);
        yield ['sched_yield'];
        child.memory.writeU32(scratch, 2);
      },
    );
  });
});

describe('wait', () => {
  it('tells children that end with SIGCHLD from others', async () => {
    const [WNOHANG, WALL, WCLONE] = [1, 0x40000000, 0x80000000];
    await succeeds(
      function* () {
        expect(yield ['clone', 0, 0, 0, 0, 0]).toBe(3);
        expect(yield ['wait4', -1, 0, WNOHANG, 0]).toBe(errno('ECHILD'));
        expect(yield ['waitid', 0, 0, 0, 4, 0]).toBe(errno('ECHILD'));
        expect(yield ['wait4', -1, 0, WCLONE, 0]).toBe(3);
        expect(yield ['clone', SIGCHLD, 0, 0, 0, 0]).toBe(4);
        expect(yield ['wait4', -1, 0, WCLONE, 0]).toBe(errno('ECHILD'));
        expect(yield ['wait4', -1, 0, WALL, 0]).toBe(4);
        expect(yield ['clone', 28, 0, 0, 0, 0]).toBe(5);
        expect(yield ['wait4', 5, 0, WALL, 0]).toBe(5);
      },
      ...[nothing, nothing, nothing],
    );
  });

  it('tells of stops and continues, and of signals', async () => {
    await succeeds(
      function* ({ process: { memory, kernel }, scratch }) {
        expect(yield ['clone', SIGCHLD, 0, 0, 0, 0]).toBe(3);
        expect(yield ['setpgid', 3, 3]).toBe(0);
        expect(yield ['wait4', -1, scratch, 3, 0]).toBe(0);
        expect(yield ['kill', 3, 19]).toBe(0);
        expect(yield ['wait4', -1, scratch, 2, 0]).toBe(3);
        expect(memory.readU32(scratch)).toBe((19 << 8) | 0x7f);
        expect(kernel.processes.get(3)!.status().state).toBe('T');
        expect(yield ['kill', -3, 18]).toBe(0);
        expect(yield ['waitid', 2, 3, scratch, 8 | 0x01000000, 0]).toBe(0);
        expect([memory.readU32(scratch), memory.readU32(scratch + 8), memory.readU32(scratch + 16)]).toEqual([
          17, 6, 3,
        ]);
        expect(yield ['wait4', 3, scratch, 8, 0]).toBe(3);
        expect(memory.readU32(scratch)).toBe(0xffff);
        expect(yield ['kill', 3, 15]).toBe(0);
        expect(yield ['wait4', 0, scratch, 0, 0]).toBe(errno('ECHILD'));
        expect(yield ['wait4', -3, scratch, 0, scratch + 100]).toBe(3);
        expect(memory.readU32(scratch)).toBe(15);
        expect(yield ['kill', 3, 0]).toBe(errno('ESRCH'));
      },
      function* () {
        yield ['ppoll', 0, 0, 0, 0, 0];
      },
    );
  });

  it('is not needed where SIGCHLD is ignored', async () => {
    await succeeds(function* (guest) {
      yield ['rt_sigaction', SIGCHLD, guest.data(new Uint8Array(BigUint64Array.of(1n, 0n, 0n).buffer)), 0, 8];
      yield ['clone', SIGCHLD, 0, 0, 0, 0];
      expect(yield ['wait4', -1, 0, 0, 0]).toBe(errno('ECHILD'));
      expect(yield ['kill', 3, 0]).toBe(errno('ESRCH'));
    }, nothing);
  });

  it('that end beside a stopped one hang nobody up: their group was orphaned before', async () => {
    const [SIGKILL, SIGSTOP, WUNTRACED] = [9, 19, 2];
    await succeeds(
      function* () {
        expect(yield ['clone', SIGCHLD, 0, 0, 0, 0]).toBe(3);
        expect(yield ['kill', 3, SIGSTOP]).toBe(0);
        expect(yield ['wait4', 3, 0, WUNTRACED, 0]).toBe(3);
        expect(yield ['clone', SIGCHLD, 0, 0, 0, 0]).toBe(4);
        expect(yield ['wait4', 4, 0, 0, 0]).toBe(4);
        expect(yield ['kill', 3, SIGKILL]).toBe(0);
        expect(yield ['wait4', 3, 0, 0, 0]).toBe(3);
      },
      function* () {
        for (;;) yield ['sched_yield'];
      },
      nothing,
    );
  });

  it('gives orphans to nobody, and a zombie stays until it is waited for', async () => {
    const { guest } = await run(
      function* ({ process: { kernel }, scratch }) {
        yield ['clone', SIGCHLD, 0, 0, 0, 0];
        expect(yield ['waitid', 0, 0, scratch, 4 | 0x01000000, 0]).toBe(0);
        expect(kernel.processes.get(3)!.status().state).toBe('Z');
        expect(kernel.processes.process(4)!.parentPid).toBe(1);
        yield ['wait4', -1, 0, 0, 0];
      },
      [
        function* () {
          yield ['clone', SIGCHLD, 0, 0, 0, 0];
        },
        function* () {
          yield ['ppoll', 0, 0, 0, 0, 0];
        },
      ],
    );
    // What still runs ends with the first process.
    expect(guest.process.kernel.processes.pids()).toEqual([]);
  });
});

describe('threads', () => {
  it('share memory, and tell of their end at an address', async () => {
    await succeeds(
      function* ({ process, scratch }) {
        process.memory.writeU32(scratch, 1);
        expect(yield ['clone', CLONE_THREAD | 0x1300000, scratch + 4096, scratch + 4, 77, scratch]).toBe(3);
        expect(process.threads.map(({ tid }) => tid)).toEqual([2, 3]);
        expect(process.memory.readU32(scratch + 4)).toBe(3);
        expect(yield ['futex', scratch, 0, 3, 0]).toBe(0);
        expect(process.memory.readU32(scratch)).toBe(0);
        expect(process.threads).toHaveLength(1);
        expect(yield ['tgkill', 2, 3, 0]).toBe(errno('ESRCH'));
      },
      function* ({ process, scratch }) {
        expect(process.memory.readU32(scratch)).toBe(3);
        expect(yield ['gettid']).toBe(3);
        expect(yield ['getpid']).toBe(2);
        yield ['exit', 0];
      },
    );
  });

  it('end together', async () => {
    const { exit } = await run(
      function* () {
        yield ['clone', CLONE_THREAD, SCRATCH + 4096, 0, 0, 0];
        yield ['ppoll', 0, 0, 0, 0, 0];
      },
      [
        function* () {
          yield ['exit_group', 9];
        },
      ],
    );
    expect(exit).toEqual({ kind: 'exit', code: 9 });
  });

  it('outlive the one that the process began with', async () => {
    const { exit } = await run(
      function* () {
        yield ['clone', CLONE_THREAD, SCRATCH + 4096, 0, 0, 0];
        yield ['exit', 0];
      },
      [
        function* () {
          yield ['sched_yield'];
          expect(yield ['getpid']).toBe(2);
          yield ['exit', 4];
        },
      ],
    );
    expect(exit).toEqual({ kind: 'exit', code: 4 });
  });

  it('move waiters between futexes, and wake at two', async () => {
    await succeeds(
      function* ({ process, scratch }) {
        const [a, b] = [scratch, scratch + 64];
        yield ['clone', CLONE_THREAD, scratch + 4096, 0, 0, 0];
        yield ['clone', CLONE_THREAD, scratch + 8192, 0, 0, 0];
        yield ['sched_yield'];
        expect(yield ['futex', a, 4, 1, 1, b, 9]).toBe(errno('EAGAIN'));
        expect(yield ['futex', a, 4, 1, 1, b, 0]).toBe(2);
        // b += 5, and wakes at b when it was 0.
        expect(yield ['futex', a, 5, 1, 1, b, (1 << 28) | (0 << 24) | (5 << 12) | 0]).toBe(1);
        expect(process.memory.readU32(b)).toBe(5);
        yield ['sched_yield'];
        expect(process.threads).toHaveLength(1);
      },
      function* ({ scratch }) {
        expect(yield ['futex', scratch, 0, 0, 0]).toBe(0);
        yield ['exit', 0];
      },
      function* ({ scratch }) {
        expect(yield ['futex', scratch, 9, 0, 0, 0, 6]).toBe(0);
        yield ['exit', 0];
      },
    );
  });

  it('leave the locks that they held marked', async () => {
    await succeeds(
      function* ({ process: { memory }, scratch }) {
        // A list of one entry, whose lock lies 16 bytes behind it.
        memory.writeU64(scratch + 100 * 8, scratch + 1000);
        memory.writeU64(scratch + 101 * 8, 16);
        memory.writeU64(scratch + 102 * 8, 0);
        memory.writeU64(scratch + 1000, scratch + 800);
        memory.writeU32(scratch + 1016, 0x80000003);
        yield ['clone', CLONE_THREAD, scratch + 8192, 0, 0, 0];
        expect(yield ['futex', scratch + 1016, 0, 0x80000003 | 0, 0]).toBe(0);
        expect(memory.readU32(scratch + 1016)).toBe(0xc0000000);
      },
      function* ({ scratch }) {
        yield ['set_robust_list', scratch + 800, 24];
        yield ['exit', 0];
      },
    );
  });

  it('get signals of their own', async () => {
    await succeeds(
      function* ({ process, scratch }) {
        yield ['clone', CLONE_THREAD, scratch + 4096, 0, 0, 0];
        yield ['sched_yield'];
        expect(yield ['tgkill', 2, 3, 10]).toBe(0);
        expect(yield ['tkill', 3, 12]).toBe(0);
        expect(process.signals.pendingMask(process.threads[0]!)).toBe(0n);
        yield ['sched_yield'];
        expect(process.threads).toHaveLength(1);
      },
      function* (guest) {
        const { process } = guest;
        const set = guest.data(new Uint8Array(BigUint64Array.of((1n << 9n) | (1n << 11n)).buffer));
        yield ['rt_sigprocmask', 0, set, 0, 8];
        expect(process.threads[0]!.mask).toBe(0n);
        expect(yield ['rt_sigtimedwait', set, 0, 0, 8]).toBe(10);
        expect(yield ['rt_sigtimedwait', set, 0, 0, 8]).toBe(12);
        yield ['exit', 0];
      },
    );
  });
});

describe('groups and sessions', () => {
  it('follow setpgid and setsid', async () => {
    await succeeds(
      function* () {
        yield ['clone', SIGCHLD, 0, 0, 0, 0];
        expect(yield ['getpgid', 3]).toBe(2);
        expect(yield ['setpgid', 3, 9]).toBe(errno('EPERM'));
        expect(yield ['wait4', -1, 0, 0, 0]).toBe(3);
        expect(yield ['getsid', 3]).toBe(errno('ESRCH'));
      },
      function* () {
        expect(yield ['setsid']).toBe(3);
        expect(yield ['getsid', 0]).toBe(3);
        expect(yield ['getpgid', 0]).toBe(3);
        expect(yield ['setsid']).toBe(errno('EPERM'));
        expect(yield ['setpgid', 2, 2]).toBe(errno('ESRCH'));
      },
    );
  });
});
