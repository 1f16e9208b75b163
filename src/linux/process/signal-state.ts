/** Dispositions and pending signals of a process, and which signal is delivered next. */
import {
  defaultAction,
  defaultSignalAction,
  SIG_DFL,
  SIG_IGN,
  SIGNAL,
  SIGNAL_COUNT,
  signalBit,
  SignalQueue,
  type SignalAction,
  type SignalInfo,
} from './signals.ts';
import type { Thread } from './thread.ts';

const STOP_SIGNALS = [SIGNAL.SIGSTOP, SIGNAL.SIGTSTP, SIGNAL.SIGTTIN, SIGNAL.SIGTTOU].reduce(
  (mask, signal) => mask | signalBit(signal),
  0n,
);
const ALL_SIGNALS = (1n << BigInt(SIGNAL_COUNT)) - 1n;

export class SignalState {
  readonly #actions: SignalAction[] = new Array<SignalAction>(SIGNAL_COUNT + 1).fill(defaultSignalAction);
  readonly #queue = new SignalQueue();
  /** Stopped by a stop signal; nothing runs until SIGCONT or SIGKILL. */
  stopped = false;

  /** Whether the program has a handler for memory faults, and so may go on after one. */
  get handlesFaults(): boolean {
    return [SIGNAL.SIGSEGV, SIGNAL.SIGBUS].some((signal) => {
      const { handler } = this.action(signal);
      return handler !== SIG_DFL && handler !== SIG_IGN;
    });
  }

  action(signal: number): SignalAction {
    return this.#actions[signal] ?? defaultSignalAction;
  }

  /** rt_sigaction(2). Pending signals that the new action ignores are gone. */
  setAction(signal: number, action: SignalAction, thread: Thread): void {
    this.#actions[signal] = action;
    if (!this.#isIgnored(signal)) return;
    this.#queue.discard(signalBit(signal));
    thread.queue.discard(signalBit(signal));
  }

  #isIgnored(signal: number): boolean {
    const { handler } = this.action(signal);
    return handler === SIG_IGN || (handler === SIG_DFL && defaultAction(signal) === 'ignore');
  }

  /** Queues a signal for the process, or for `thread` alone. False when it is ignored and hence dropped. */
  post(info: SignalInfo, thread: Thread, toThread: boolean): boolean {
    const bit = signalBit(info.signal);
    if (info.signal === SIGNAL.SIGCONT || info.signal === SIGNAL.SIGKILL) this.stopped = false;
    if (info.signal === SIGNAL.SIGCONT) this.#discard(STOP_SIGNALS, thread);
    if ((STOP_SIGNALS & bit) !== 0n) this.#discard(signalBit(SIGNAL.SIGCONT), thread);
    // A blocked signal stays pending even if it is ignored now: the action may change before it is unblocked.
    if (this.#isIgnored(info.signal) && (thread.mask & bit) === 0n) return false;
    (toThread ? thread.queue : this.#queue).push(info);
    return true;
  }

  #discard(signals: bigint, thread: Thread): void {
    this.#queue.discard(signals);
    thread.queue.discard(signals);
  }

  /** Whether a signal waits that the thread does not block. */
  hasDeliverable(thread: Thread): boolean {
    if (thread.queue.size === 0 && this.#queue.size === 0) return false;
    return ((thread.queue.mask | this.#queue.mask) & ~thread.mask) !== 0n;
  }

  /** Takes the next signal among `accepted`. */
  take(thread: Thread, accepted: bigint): SignalInfo | undefined {
    return thread.queue.take(accepted) ?? this.#queue.take(accepted);
  }

  /** Takes the next signal that the thread does not block. */
  takeDeliverable(thread: Thread): SignalInfo | undefined {
    if (thread.queue.size === 0 && this.#queue.size === 0) return undefined;
    return this.take(thread, ALL_SIGNALS & ~thread.mask);
  }

  pendingMask(thread: Thread): bigint {
    return thread.queue.mask | this.#queue.mask;
  }

  /** execve(2): handlers are gone with their code, what is ignored stays ignored. */
  resetHandlers(): void {
    this.#actions.forEach((action, signal) => {
      if (action.handler !== SIG_IGN) this.#actions[signal] = defaultSignalAction;
      else this.#actions[signal] = { ...defaultSignalAction, handler: SIG_IGN };
    });
  }

  /** For /proc/self/status. */
  maskOf(kind: 'ignored' | 'caught'): bigint {
    let mask = 0n;
    for (let signal = 1; signal <= SIGNAL_COUNT; signal++) {
      const { handler } = this.action(signal);
      if (kind === 'ignored' ? handler === SIG_IGN : handler !== SIG_IGN && handler !== SIG_DFL)
        mask |= signalBit(signal);
    }
    return mask;
  }
}
