import { describe, expect, it } from 'vitest';
import { errno, scripted, type Script, type Scripted } from '../testing/scripted.ts';

const SIGCHLD = 17;
const SIGUSR1 = 10;
const SIGKILL = 9;
const P_PIDFD = 3;
const WEXITED = 4;
const WNOHANG = 1;
const WNOWAIT = 0x01000000;
const CLONE_PIDFD = 0x1000;
const CLONE_PARENT_SETTID = 0x100000;
const CLONE_THREAD = 0x50f00;
const CLONE_CLEAR_SIGHAND = 0x100000000;
const POLLIN = 1;
const POLLHUP = 0x10;
const O_NONBLOCK = 0o4000;
const FD_CLOEXEC = 1;

async function run(first: (guest: Scripted) => Script, ...others: ((guest: Scripted) => Script)[]): Promise<void> {
  const guest = scripted();
  const exit = await guest.run(() => first(guest), ...others.map((script) => () => script(guest)));
  expect(exit).toEqual({ kind: 'exit', code: 0 });
}

function* sleeps(): Script {
  yield ['ppoll', 0, 0, 0, 0, 8];
}

describe('pidfd', () => {
  it('is readable once the process has ended, and hung up once it was waited for', async () => {
    await run(function* (guest) {
      const { scratch, process } = guest;
      const pid = yield ['clone', SIGCHLD, 0, 0, 0, 0];
      const fd = yield ['pidfd_open', pid, 0];
      expect(fd).toBe(3);
      expect(yield ['fcntl', fd, 1]).toBe(FD_CLOEXEC);
      process.memory.writeU32(scratch, fd);
      process.memory.writeU16(scratch + 4, POLLIN);
      process.memory.writeU64(scratch + 16, 0);
      process.memory.writeU64(scratch + 24, 0);
      expect(yield ['ppoll', scratch, 1, scratch + 16, 0, 8]).toBe(0);
      expect(yield ['pidfd_send_signal', fd, SIGUSR1, 0, 0]).toBe(0);
      expect(yield ['ppoll', scratch, 1, 0, 0, 8]).toBe(1);
      expect(process.memory.readU16(scratch + 6)).toBe(POLLIN);
      expect(yield ['pidfd_send_signal', fd, SIGUSR1, 0, 0]).toBe(0);
      expect(yield ['waitid', P_PIDFD, fd, scratch + 64, WEXITED | WNOWAIT, 0]).toBe(0);
      expect(process.memory.readU32(scratch + 64 + 16)).toBe(pid);
      expect(process.memory.readU32(scratch + 64 + 24)).toBe(SIGUSR1);
      expect(yield ['waitid', P_PIDFD, fd, 0, WEXITED, 0]).toBe(0);
      expect(yield ['ppoll', scratch, 1, 0, 0, 8]).toBe(1);
      expect(process.memory.readU16(scratch + 6)).toBe(POLLIN | POLLHUP);
      expect(yield ['waitid', P_PIDFD, fd, 0, WEXITED, 0]).toBe(errno('ECHILD'));
      expect(yield ['pidfd_send_signal', fd, SIGUSR1, 0, 0]).toBe(errno('ESRCH'));
      expect(yield ['pidfd_getfd', fd, 0, 0]).toBe(errno('ESRCH'));
      expect(yield ['pidfd_open', pid, 0]).toBe(errno('ESRCH'));
    }, sleeps);
  });

  it('sends signals to that process alone, and waits for it alone', async () => {
    await run(
      function* ({ scratch, process: { memory } }) {
        const first = yield ['clone', SIGCHLD, 0, 0, 0, 0];
        const second = yield ['clone', SIGCHLD, 0, 0, 0, 0];
        const fd = yield ['pidfd_open', second, O_NONBLOCK];
        expect(yield ['waitid', P_PIDFD, fd, 0, WEXITED, 0]).toBe(errno('EAGAIN'));
        expect(yield ['waitid', P_PIDFD, fd, 0, WEXITED | WNOHANG, 0]).toBe(0);
        memory.writeU32(scratch, SIGUSR1);
        memory.writeU32(scratch + 8, -1);
        expect(yield ['pidfd_send_signal', fd, SIGKILL, scratch, 0]).toBe(errno('EINVAL'));
        memory.writeU32(scratch, SIGKILL);
        memory.writeU32(scratch + 8, 0);
        expect(yield ['pidfd_send_signal', fd, SIGKILL, scratch, 0]).toBe(errno('EPERM'));
        expect(yield ['pidfd_send_signal', fd, 0, 0, 0]).toBe(0);
        expect(yield ['pidfd_send_signal', fd, SIGKILL, 0, 0]).toBe(0);
        yield ['sched_yield'];
        expect(yield ['waitid', P_PIDFD, fd, scratch, WEXITED, 0]).toBe(0);
        expect([memory.readU32(scratch + 8), memory.readU32(scratch + 24)]).toEqual([2, SIGKILL]);
        expect(yield ['kill', first, 0]).toBe(0);
        yield ['kill', first, SIGKILL];
      },
      sleeps,
      sleeps,
    );
  });

  it('copies descriptors of the process', async () => {
    await run(function* ({ scratch, process }) {
      const fd = yield ['pidfd_open', process.pid, 0];
      expect(yield ['pipe2', scratch, 0]).toBe(0);
      const [read, write] = [process.memory.readU32(scratch), process.memory.readU32(scratch + 4)];
      const copy = yield ['pidfd_getfd', fd, write, 0];
      expect(yield ['write', copy, 'text', 4]).toBe(4);
      expect(yield ['read', read, scratch, 10]).toBe(4);
      expect(yield ['pidfd_getfd', fd, 99, 0]).toBe(errno('EBADF'));
      expect(yield ['pidfd_getfd', fd, write, 1]).toBe(errno('EINVAL'));
      expect(yield ['pidfd_getfd', write, write, 0]).toBe(errno('EBADF'));
    });
  });

  it('refuses what is no process', async () => {
    await run(function* ({ process }) {
      const tid = yield ['clone', CLONE_THREAD, 0, 0, 0, 0];
      expect(yield ['pidfd_open', tid, 0]).toBe(errno('EINVAL'));
      expect(yield ['pidfd_open', 0, 0]).toBe(errno('EINVAL'));
      expect(yield ['pidfd_open', process.pid, 1]).toBe(errno('EINVAL'));
      expect(yield ['pidfd_open', 999, 0]).toBe(errno('ESRCH'));
      expect(yield ['pidfd_send_signal', 0, 0, 0, 0]).toBe(errno('EBADF'));
      const fd = yield ['pidfd_open', process.pid, 0];
      expect(yield ['pidfd_send_signal', fd, 0, 0, 3]).toBe(errno('EINVAL'));
      expect(yield ['pidfd_send_signal', fd, 65, 0, 0]).toBe(errno('EINVAL'));
      expect(yield ['waitid', P_PIDFD, fd, 0, WEXITED, 0]).toBe(errno('ECHILD'));
      expect(yield ['waitid', P_PIDFD, 0, 0, WEXITED, 0]).toBe(errno('EBADF'));
    }, sleeps);
  });
});

describe('clone', () => {
  it('gives a descriptor of the child', async () => {
    const ends = function* (): Script {
      // The child does not have it.
      expect(yield ['fcntl', 3, 1]).toBe(errno('EBADF'));
    };
    await run(function* ({ scratch, process: { memory, fds } }) {
      const pid = yield ['clone', CLONE_PIDFD | SIGCHLD, 0, scratch, 0, 0];
      expect(memory.readU32(scratch)).toBe(3);
      expect(yield ['waitid', P_PIDFD, 3, scratch, WEXITED, 0]).toBe(0);
      expect(memory.readU32(scratch + 16)).toBe(pid);
      yield ['close', 3];
      const both = CLONE_PIDFD | CLONE_PARENT_SETTID | SIGCHLD;
      expect(yield ['clone', both, 0, scratch, 0, 0]).toBe(errno('EINVAL'));
      expect(yield ['clone', CLONE_PIDFD | CLONE_THREAD, 0, scratch, 0, 0]).toBe(errno('EINVAL'));
      fds.limit = 3;
      expect(yield ['clone', CLONE_PIDFD | SIGCHLD, 0, scratch, 0, 0]).toBe(errno('EMFILE'));
      expect(yield ['clone', CLONE_PIDFD | SIGCHLD, 0, 4096, 0, 0]).toBe(errno('EMFILE'));
      fds.limit = 100;
      expect(yield ['clone', CLONE_PIDFD | SIGCHLD, 0, 4096, 0, 0]).toBe(errno('EFAULT'));
      expect(yield ['wait4', -1, 0, 0, 0]).toBe(errno('ECHILD'));
    }, ends);
  });

  it('3 does so too, and begins without handlers where asked', async () => {
    await run(
      function* ({ scratch, process: { memory } }) {
        memory.writeU64(scratch + 512, 0x1000_0000);
        yield ['rt_sigaction', SIGUSR1, scratch + 512, 0, 8];
        memory.writeU64(scratch, BigInt(CLONE_CLEAR_SIGHAND + CLONE_PIDFD));
        memory.writeU64(scratch + 8, scratch + 256);
        memory.writeU64(scratch + 32, SIGCHLD);
        const pid = yield ['clone3', scratch, 64];
        expect(pid).toBe(3);
        expect(memory.readU32(scratch + 256)).toBe(3);
        expect(yield ['waitid', P_PIDFD, 3, 0, WEXITED, 0]).toBe(0);
        memory.writeU64(scratch, 0x200000000n);
        expect(yield ['clone3', scratch, 64]).toBe(errno('EINVAL'));
      },
      function* ({ process: { kernel }, scratch }) {
        yield ['rt_sigaction', SIGUSR1, 0, scratch + 512, 8];
        expect(kernel.processes.process(3)!.memory.readU64(scratch + 512)).toBe(0n);
      },
    );
  });
});
