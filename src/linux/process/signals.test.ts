import { describe, expect, it } from 'vitest';
import { SignalState } from './signal-state.ts';
import {
  defaultAction,
  encodeSignalInfo,
  kernelSignal,
  signalBit,
  signalName,
  SignalQueue,
  SIGNAL,
} from './signals.ts';

describe('signal names and actions', () => {
  it('follow signal(7)', () => {
    expect([1, 31, 32, 33, 64].map(signalName)).toEqual(['SIGHUP', 'SIGSYS', 'SIGRTMIN', 'SIGRTMIN+1', 'SIGRTMIN+32']);
    expect([9, 11, 17, 18, 19, 40].map(defaultAction)).toEqual([
      'terminate',
      'core',
      'ignore',
      'continue',
      'stop',
      'terminate',
    ]);
  });

  it('encodes siginfo of timers', () => {
    const bytes = encodeSignalInfo({ signal: 14, code: -2, origin: { kind: 'timer', id: 3, overrun: 4, value: 5n } });
    const view = new DataView(bytes.buffer);
    expect([0, 8, 16, 20].map((offset) => view.getInt32(offset, true))).toEqual([14, -2, 3, 4]);
    expect(view.getBigUint64(24, true)).toBe(5n);
  });
});

describe('a signal queue', () => {
  it('keeps standard signals once and real-time signals in order', () => {
    const queue = new SignalQueue();
    const realtime = (code: number) => ({ signal: 40, code, origin: { kind: 'kernel' } as const });
    expect([queue.push(kernelSignal(10)), queue.push(kernelSignal(10))]).toEqual([true, false]);
    queue.push(realtime(1));
    queue.push(realtime(2));
    queue.push(kernelSignal(3));
    const all = (1n << 64n) - 1n;
    expect(queue.mask).toBe(signalBit(3) | signalBit(10) | signalBit(40));
    expect(queue.take(signalBit(40))?.code).toBe(1);
    expect([queue.take(all)?.signal, queue.take(all)?.signal, queue.take(all)?.code]).toEqual([3, 10, 2]);
    expect(queue.take(all)).toBeUndefined();
  });
});

describe('signal state', () => {
  it('drops ignored signals unless they are blocked, and those that become ignored', () => {
    const thread = { mask: 0n, queue: new SignalQueue() };
    const state = new SignalState([thread]);
    const ignore = { handler: 1, flags: 0, restorer: 0, mask: 0n };
    expect(state.post(kernelSignal(SIGNAL.SIGCHLD), null)).toBe(false);
    thread.mask = signalBit(SIGNAL.SIGCHLD);
    expect(state.post(kernelSignal(SIGNAL.SIGCHLD), null)).toBe(true);
    expect(state.hasDeliverable(thread)).toBe(false);
    thread.mask = 0n;
    expect(state.hasDeliverable(thread)).toBe(true);
    state.setAction(SIGNAL.SIGCHLD, ignore);
    expect(state.pendingMask(thread)).toBe(0n);
    expect(state.maskOf('ignored')).toBe(signalBit(SIGNAL.SIGCHLD));
  });

  it('lets stop and continue signals cancel each other', () => {
    const thread = { mask: 0n, queue: new SignalQueue() };
    const state = new SignalState([thread]);
    thread.mask = (1n << 64n) - 1n;
    state.post(kernelSignal(SIGNAL.SIGTSTP), null);
    state.post(kernelSignal(SIGNAL.SIGCONT), thread);
    expect(state.pendingMask(thread)).toBe(signalBit(SIGNAL.SIGCONT));
    state.post(kernelSignal(SIGNAL.SIGTSTP), null);
    expect(state.pendingMask(thread)).toBe(signalBit(SIGNAL.SIGTSTP));
  });
});
