import { describe, expect, it } from 'vitest';
import { errno, scripted, type Call, type Script } from '../testing/scripted.ts';

const [F_SETFL, F_SETOWN, F_GETOWN, F_SETSIG, F_GETSIG, F_SETOWN_EX, F_GETOWN_EX] = [4, 8, 9, 10, 11, 15, 16] as const;
const O_ASYNC = 0o20000;
const SIGIO = 29;
const FIRST_REALTIME = 34;
const ALL_SIGNALS = new Uint8Array(8).fill(0xff);
const AT_ONCE = new Uint8Array(16);

async function run(body: (guest: ReturnType<typeof scripted>) => Script, files: Record<string, string> = {}) {
  const guest = scripted({ files });
  expect(await guest.run(() => body(guest))).toEqual({ kind: 'exit', code: 0 });
}

describe('signals for files', () => {
  it('keep an owner', async () => {
    await run(function* ({ scratch, process }) {
      yield ['pipe2', scratch, 0];
      expect(yield ['fcntl', 3, F_GETOWN, 0]).toBe(0);
      expect(yield ['fcntl', 3, F_SETOWN, 99]).toBe(errno('ESRCH'));
      expect(yield ['fcntl', 3, F_SETOWN, process.pid]).toBe(0);
      expect(yield ['fcntl', 3, F_GETOWN, 0]).toBe(process.pid);
      expect(yield ['fcntl', 3, F_SETOWN, -process.processGroup]).toBe(0);
      expect(yield ['fcntl', 3, F_GETOWN_EX, scratch]).toBe(0);
      expect([process.memory.readI32(scratch), process.memory.readI32(scratch + 4)]).toEqual([2, process.processGroup]);
      process.memory.writeU32(scratch, 0);
      process.memory.writeU32(scratch + 4, process.tid);
      expect(yield ['fcntl', 3, F_SETOWN_EX, scratch]).toBe(0);
      expect(yield ['fcntl', 3, F_GETOWN, 0]).toBe(process.tid);
      process.memory.writeU32(scratch, 3);
      expect(yield ['fcntl', 3, F_SETOWN_EX, scratch]).toBe(errno('EINVAL'));
      expect(yield ['fcntl', 3, F_SETSIG, 65]).toBe(errno('EINVAL'));
      expect(yield ['fcntl', 3, F_SETSIG, FIRST_REALTIME]).toBe(0);
      expect(yield ['fcntl', 3, F_GETSIG, 0]).toBe(FIRST_REALTIME);
    });
  });

  it('come when a pipe is written, and say which', async () => {
    await run(function* ({ scratch, process }) {
      const { memory } = process;
      const taken = (): Call => ['rt_sigtimedwait', ALL_SIGNALS, scratch + 64, AT_ONCE, 8];
      yield ['rt_sigprocmask', 0, ALL_SIGNALS, 0, 8];
      yield ['pipe2', scratch, 0];
      yield ['fcntl', 3, F_SETOWN, process.pid];
      yield ['write', 4, 'x', 1];
      expect(yield taken()).toBe(errno('EAGAIN'));
      expect(yield ['fcntl', 3, F_SETFL, O_ASYNC]).toBe(0);
      expect(yield ['fcntl', 3, 3, 0]).toBe(O_ASYNC | 0o100000);
      yield ['write', 4, 'x', 1];
      expect(yield taken()).toBe(SIGIO);
      yield ['fcntl', 3, F_SETSIG, FIRST_REALTIME];
      yield ['write', 4, 'x', 1];
      expect(yield taken()).toBe(FIRST_REALTIME);
      // si_code, si_band, si_fd.
      expect(memory.readI32(scratch + 72)).toBe(1);
      expect(memory.readU64(scratch + 80)).toBe(0x41n);
      expect(memory.readI32(scratch + 88)).toBe(3);
      yield ['fcntl', 3, F_SETFL, 0];
      yield ['write', 4, 'x', 1];
      expect(yield taken()).toBe(errno('EAGAIN'));
    });
  });

  it('are not promised for regular files', async () => {
    await run(
      function* () {
        const fd = yield ['openat', -100, 'f', 2, 0];
        expect(yield ['fcntl', fd, F_SETFL, O_ASYNC]).toBe(0);
        expect(yield ['fcntl', fd, 3, 0]).toBe(2 | 0o100000);
      },
      { f: 'text' },
    );
  });
});
