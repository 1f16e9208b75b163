import { describe, expect, it } from 'vitest';
import { kernelSignal, SIGNAL } from '../process/signals.ts';
import { errno, scripted, type Call, type Script } from '../testing/scripted.ts';
import type { Exit } from '../../engine/exit.ts';

type Guest = ReturnType<typeof scripted>;
const HANDLER = 0x4000;
const SA_SIGINFO = 4;
const SA_RESTART = 0x10000000;
const SA_ONSTACK = 0x08000000;
const SA_RESETHAND = 0x80000000;

async function run(body: (guest: Guest) => Script, options: Parameters<typeof scripted>[0] = {}) {
  const guest = scripted(options);
  expect(await guest.run(() => body(guest))).toEqual({ kind: 'exit', code: 0 });
}

function action(guest: Guest, handler: number, flags = 0, mask = 0n): number {
  return guest.data(new Uint8Array(BigUint64Array.from([BigInt(handler), BigInt(flags), mask]).buffer));
}

/** What a script yields when the handler returns. */
const sigreturn: Call = ['rt_sigreturn'];

describe('signals', () => {
  it('enters a handler with its frame, and comes back', async () => {
    await run(function* (guest) {
      const { vcpu, process, scratch } = guest;
      vcpu.setX(2, scratch + 0x8000);
      vcpu.setX(20, 0x1234);
      expect(yield ['rt_sigaction', 10, action(guest, HANDLER, 4, 0x800n), 0, 8]).toBe(0);
      const before = vcpu.pc + 4;
      // In the handler a0 is the signal.
      expect(yield ['kill', 2, 10]).toBe(10);
      expect(vcpu.pc).toBe(HANDLER);
      const info = vcpu.x(11);
      expect([process.memory.readI32(info), process.memory.readI32(info + 16)]).toEqual([10, 2]);
      expect(vcpu.x(2) % 16).toBe(0);
      expect(process.thread.mask).toBe(0x800n | (1n << 9n));
      vcpu.setX(20, 1);
      expect(yield sigreturn).toBe(0);
      expect([vcpu.pc, vcpu.x(20), vcpu.x(2)]).toEqual([before, 0x1234, scratch + 0x8000]);
      expect(process.thread.mask).toBe(0n);
    });
  });

  it('takes a handler that is for one time back, and leaves the rest of the action', async () => {
    await run(function* (guest) {
      const { vcpu, process, scratch } = guest;
      vcpu.setX(2, scratch + 0x8000);
      const flags = SA_SIGINFO + SA_RESETHAND;
      expect(yield ['rt_sigaction', 10, action(guest, HANDLER, flags, 0x800n), 0, 8]).toBe(0);
      expect(yield ['kill', 2, 10]).toBe(10);
      expect(process.signals.action(10)).toMatchObject({ handler: 0, flags, mask: 0x800n });
      expect(yield sigreturn).toBe(0);
    });
  });

  it('blocks, reports and accepts pending signals', async () => {
    await run(function* (guest) {
      const { process, scratch } = guest;
      const { memory } = process;
      memory.writeU64(scratch, 0xffff_ffff_ffff_ffffn);
      expect(yield ['rt_sigprocmask', 0, scratch, scratch + 8, 8]).toBe(0);
      expect(process.thread.mask).toBe(0xffff_ffff_ffff_ffffn & ~((1n << 8n) | (1n << 18n)));
      yield ['tgkill', 2, 2, 40];
      yield ['tkill', 2, 40];
      yield ['kill', 0, 10];
      yield ['kill', 2, 10];
      expect(yield ['rt_sigpending', scratch, 8]).toBe(0);
      expect(memory.readU64(scratch)).toBe((1n << 39n) | (1n << 9n));
      memory.writeU64(scratch, 0xffff_ffff_ffff_ffffn);
      expect(yield ['rt_sigtimedwait', scratch, scratch + 64, 0, 8]).toBe(40);
      expect(memory.readI32(scratch + 64 + 8)).toBe(-6);
      expect(yield ['rt_sigtimedwait', scratch, 0, 0, 8]).toBe(40);
      expect(yield ['rt_sigtimedwait', scratch, 0, 0, 8]).toBe(10);
      memory.writeU64(scratch + 16, 0);
      memory.writeU64(scratch + 24, 1_000_000);
      expect(yield ['rt_sigtimedwait', scratch, 0, scratch + 16, 8]).toBe(errno('EAGAIN'));
      memory.writeU64(scratch + 24, 0);
      expect(yield ['rt_sigtimedwait', scratch, 0, scratch + 16, 8]).toBe(errno('EAGAIN'));
      setTimeout(() => {
        process.post(kernelSignal(SIGNAL.SIGUSR2));
      }, 5);
      expect(yield ['rt_sigtimedwait', scratch, 0, 0, 8]).toBe(12);
      const info = guest.data(new Uint8Array(128).fill(3));
      expect(yield ['rt_sigqueueinfo', 2, 41, info]).toBe(0);
      expect(yield ['rt_tgsigqueueinfo', 2, 2, 42, info]).toBe(0);
      expect(yield ['rt_tgsigqueueinfo', 3, 2, 42, info]).toBe(errno('ESRCH'));
      expect(yield ['rt_sigqueueinfo', 3, 42, info]).toBe(errno('ESRCH'));
      expect(yield ['rt_sigtimedwait', scratch, scratch + 64, 0, 8]).toBe(42);
      expect(memory.readI32(scratch + 64 + 20)).toBe(0x03030303);
      expect(yield ['rt_sigtimedwait', scratch, 0, 0, 8]).toBe(41);
    });
  });

  it('checks its arguments', async () => {
    await run(function* (guest) {
      const { scratch } = guest;
      expect(yield ['rt_sigaction', 0, 0, 0, 8]).toBe(errno('EINVAL'));
      expect(yield ['rt_sigaction', 65, 0, 0, 8]).toBe(errno('EINVAL'));
      expect(yield ['rt_sigaction', 9, scratch, 0, 8]).toBe(errno('EINVAL'));
      expect(yield ['rt_sigaction', 10, 0, 0, 4]).toBe(errno('EINVAL'));
      expect(yield ['rt_sigaction', 10, action(guest, HANDLER, SA_RESTART), 0, 8]).toBe(0);
      expect(yield ['rt_sigaction', 10, 0, scratch, 8]).toBe(0);
      expect(guest.process.memory.readPointer(scratch)).toBe(HANDLER);
      expect(guest.process.memory.readPointer(scratch + 8)).toBe(SA_RESTART);
      expect(yield ['rt_sigprocmask', 9, scratch, 0, 8]).toBe(errno('EINVAL'));
      expect(yield ['rt_sigpending', scratch, 9]).toBe(errno('EINVAL'));
      expect(yield ['kill', 2, 65]).toBe(errno('EINVAL'));
      expect(yield ['kill', 2, 0]).toBe(0);
      expect(yield ['kill', 1, 15]).toBe(errno('EPERM'));
      expect(yield ['kill', 77, 15]).toBe(errno('ESRCH'));
      expect(yield ['tkill', 0, 15]).toBe(errno('EINVAL'));
      expect(yield ['tgkill', 3, 2, 15]).toBe(errno('ESRCH'));
    });
  });

  it('switches to the alternate stack', async () => {
    await run(function* (guest) {
      const { process, scratch, vcpu } = guest;
      const { memory } = process;
      vcpu.setX(2, scratch + 0x2000);
      memory.writeU64(scratch, scratch + 0x4000);
      memory.writeU64(scratch + 16, 0x4000);
      expect(yield ['sigaltstack', scratch, scratch + 32]).toBe(0);
      expect(memory.readI32(scratch + 40)).toBe(2);
      yield ['rt_sigaction', 10, action(guest, HANDLER, SA_ONSTACK), 0, 8];
      yield ['kill', 2, 10];
      expect(vcpu.x(2)).toBeGreaterThan(scratch + 0x4000);
      expect(yield ['sigaltstack', 0, scratch + 32]).toBe(0);
      expect(memory.readI32(scratch + 40)).toBe(1);
      expect(yield ['sigaltstack', scratch, 0]).toBe(errno('EPERM'));
      yield sigreturn;
      expect(vcpu.x(2)).toBe(scratch + 0x2000);
      memory.writeU64(scratch + 16, 100);
      expect(yield ['sigaltstack', scratch, 0]).toBe(errno('ENOMEM'));
      memory.writeU32(scratch + 8, 0x80000000);
      expect(yield ['sigaltstack', scratch, 0]).toBe(errno('EINVAL'));
      memory.writeU32(scratch + 8, 2);
      expect(yield ['sigaltstack', scratch, scratch + 32]).toBe(0);
      expect(yield ['sigaltstack', 0, scratch + 32]).toBe(0);
      expect(memory.readI32(scratch + 40)).toBe(2);
    });
  });
});

describe('interrupted calls', () => {
  const interruptSoon = ({ process }: Guest): void => {
    setTimeout(() => {
      process.post(kernelSignal(SIGNAL.SIGUSR1));
    }, 5);
  };

  it('fail with EINTR, or run again where SA_RESTART says so', async () => {
    await run(
      function* (guest) {
        const { scratch, vcpu, platform } = guest;
        vcpu.setX(2, scratch + 0x8000);
        yield ['rt_sigaction', 10, action(guest, HANDLER), 0, 8];
        interruptSoon(guest);
        expect(yield ['read', 0, scratch, 8]).toBe(10);
        expect(yield sigreturn).toBe(errno('EINTR'));
        yield ['rt_sigaction', 10, action(guest, HANDLER, SA_RESTART), 0, 8];
        interruptSoon(guest);
        const call = vcpu.pc;
        expect(yield ['read', 0, scratch, 8]).toBe(10);
        expect(yield sigreturn).toBe(0);
        // The frame led back to the instruction itself, with its first argument.
        expect(vcpu.pc).toBe(call);
        platform.input.push(new Uint8Array(2));
        expect(yield ['read', 0, scratch, 8]).toBe(2);
      },
      { stdin: null },
    );
  });

  it('of a sleep give the rest of the time', async () => {
    await run(function* (guest) {
      const { scratch, vcpu, process } = guest;
      vcpu.setX(2, scratch + 0x8000);
      yield ['rt_sigaction', 10, action(guest, HANDLER, SA_RESTART), 0, 8];
      process.memory.writeU64(scratch, 60);
      interruptSoon(guest);
      expect(yield ['nanosleep', scratch, scratch + 16]).toBe(10);
      expect(yield sigreturn).toBe(errno('EINTR'));
      expect(process.memory.readPointer(scratch + 16)).toBe(59);
    });
  });

  it('of rt_sigsuspend and ppoll see the temporary mask, and the old one comes back', async () => {
    await run(
      function* (guest) {
        const { scratch, vcpu, process } = guest;
        vcpu.setX(2, scratch + 0x8000);
        process.memory.writeU64(scratch, 1n << 9n);
        yield ['rt_sigprocmask', 0, scratch, 0, 8];
        yield ['rt_sigaction', 10, action(guest, HANDLER), 0, 8];
        yield ['kill', 2, 10];
        expect(yield ['rt_sigsuspend', scratch + 8, 8]).toBe(10);
        expect(yield sigreturn).toBe(errno('EINTR'));
        expect(process.thread.mask).toBe(1n << 9n);
        interruptSoon(guest);
        expect(yield ['ppoll', 0, 0, 0, scratch + 8, 8]).toBe(10);
        expect(yield sigreturn).toBe(errno('EINTR'));
        expect(process.thread.mask).toBe(1n << 9n);
        // Something is ready at once: the mask comes back and the signal stays pending.
        yield ['kill', 2, 10];
        process.memory.writeU32(scratch + 32, 1);
        process.memory.writeU32(scratch + 36, 4);
        expect(yield ['ppoll', scratch + 32, 1, 0, scratch + 8, 8]).toBe(1);
        expect(process.thread.mask).toBe(1n << 9n);
        expect(yield ['rt_sigsuspend', scratch, 4]).toBe(errno('EINVAL'));
      },
      { stdin: null },
    );
  });

  it('go on when the signal is ignored', async () => {
    await run(
      function* (guest) {
        const { scratch, process, platform } = guest;
        setTimeout(() => {
          process.post(kernelSignal(SIGNAL.SIGWINCH));
        }, 2);
        setTimeout(() => {
          platform.input.push(new Uint8Array(1));
        }, 8);
        expect(yield ['read', 0, scratch, 8]).toBe(1);
      },
      { stdin: null },
    );
  });
});

describe('default actions', () => {
  const ends = async (signal: number): Promise<unknown> => {
    const guest = scripted();
    return guest.run(function* () {
      yield ['kill', 2, signal];
    });
  };

  it('terminate, or do nothing', async () => {
    expect(await ends(15)).toMatchObject({ kind: 'signal', signal: 15, name: 'SIGTERM', crash: null });
    expect(await ends(34)).toMatchObject({ kind: 'signal', name: 'SIGRTMIN+2' });
    expect(await ends(17)).toEqual({ kind: 'exit', code: 0 });
    expect(await ends(18)).toEqual({ kind: 'exit', code: 0 });
  });

  it('stop until SIGCONT', async () => {
    const guest = scripted();
    let stopped = false;
    setTimeout(() => {
      stopped = guest.process.signals.stopped;
      guest.process.post(kernelSignal(SIGNAL.SIGCONT));
    }, 10);
    const exit = await guest.run(function* () {
      yield ['kill', 2, 19];
    });
    expect(exit).toEqual({ kind: 'exit', code: 0 });
    expect(stopped).toBe(true);
  });

  it('of SIGKILL end a stopped process', async () => {
    const guest = scripted();
    setTimeout(() => {
      guest.process.post(kernelSignal(SIGNAL.SIGKILL));
    }, 5);
    const exit = await guest.run(function* () {
      yield ['kill', 2, 19];
    });
    expect(exit).toMatchObject({ kind: 'signal', name: 'SIGKILL' });
  });
});

describe('traps', () => {
  const trap = (fields: Extract<Exit, { kind: 'trap' }>['trap']): Exit => ({ kind: 'trap', trap: fields });

  it('become signals with codes and addresses', async () => {
    await run(function* (guest) {
      const { scratch, vcpu, process } = guest;
      const info = (): [number, number, bigint] => {
        const at = vcpu.x(11);
        return [process.memory.readI32(at), process.memory.readI32(at + 8), process.memory.readU64(at + 16)];
      };
      vcpu.setX(2, scratch + 0x8000);
      for (const signal of [4, 5, 7, 8, 11]) yield ['rt_sigaction', signal, action(guest, HANDLER), 0, 8];
      const pc = 0x1234;
      const cases: readonly (readonly [Extract<Exit, { kind: 'trap' }>['trap'], [number, number, bigint]])[] = [
        [{ kind: 'illegal-instruction', pc, encoding: 0 }, [4, 1, 0x1234n]],
        [{ kind: 'breakpoint', pc }, [5, 1, 0x1234n]],
        [{ kind: 'integer-divide', pc }, [8, 1, 0x1234n]],
        [{ kind: 'floating-point', pc }, [8, 7, 0x1234n]],
        [{ kind: 'misaligned-access', pc, address: 3n }, [7, 1, 3n]],
        [{ kind: 'memory-fault', pc, address: 8n, access: 'read' }, [11, 1, 8n]],
        [{ kind: 'memory-fault', pc, address: 2n ** 64n - 8n, access: 'write' }, [11, 1, 2n ** 64n - 8n]],
        [{ kind: 'memory-fault', pc, address: BigInt(scratch), access: 'execute' }, [11, 2, BigInt(scratch)]],
      ];
      for (const [raised, expected] of cases) {
        yield trap(raised);
        expect(info()).toEqual(expected);
        yield sigreturn;
      }
    });
  });

  it('kill when the signal is blocked, ignored or has no stack', async () => {
    const fault: Exit = trap({ kind: 'memory-fault', pc: 0x1000, address: 8n, access: 'write' });
    const blocked = scripted();
    const exit = await blocked.run(function* () {
      blocked.process.thread.mask = 1n << 10n;
      yield fault;
    });
    expect(exit).toMatchObject({
      name: 'SIGSEGV',
      crash: { text: 'SIGSEGV at 0x1000: writing 0x8, which is not mapped', address: 8n, symbol: null },
    });
    const noStack = scripted();
    const other = await noStack.run(function* () {
      yield ['rt_sigaction', 10, action(noStack, HANDLER), 0, 8];
      yield ['kill', 2, 10];
    });
    expect(other).toMatchObject({
      name: 'SIGSEGV',
      crash: { detail: expect.stringContaining('not mapped') as string },
    });
    const badFrame = scripted();
    expect(
      await badFrame.run(function* () {
        yield sigreturn;
      }),
    ).toMatchObject({ name: 'SIGSEGV' });
  });
});
