/** Dispositions and pending signals of a process, and which signal is delivered next. */
import { Notifier } from '../vfs/notifier.ts';
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
const KILL = signalBit(SIGNAL.SIGKILL);

/** What of a thread matters here. */
type Target = Pick<Thread, 'mask' | 'queue'>;

export class SignalState {
  readonly #actions: SignalAction[] = new Array<SignalAction>(SIGNAL_COUNT + 1).fill(defaultSignalAction);
  readonly #queue = new SignalQueue();
  readonly #threads: readonly Target[];
  /** Tells those who look for signals without handlers, as signalfd(2) and sigtimedwait(2) do, that one was queued. */
  readonly arrivals = new Notifier();
  /** Stopped by a stop signal; nothing runs until SIGCONT or SIGKILL. */
  stopped = false;

  /** `threads`: those of the process, as they come and go; the first one speaks for all. */
  constructor(threads: readonly Target[]) {
    this.#threads = threads;
  }

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
  setAction(signal: number, action: SignalAction): void {
    this.#actions[signal] = action;
    if (this.isIgnored(signal)) this.#discard(signalBit(signal));
  }

  /** Whether a signal that nobody blocks is dropped. */
  isIgnored(signal: number): boolean {
    const { handler } = this.action(signal);
    return handler === SIG_IGN || (handler === SIG_DFL && defaultAction(signal) === 'ignore');
  }

  /** Queues a signal for the process, or for `thread` alone. False when it is ignored and hence dropped. */
  post(info: SignalInfo, thread: Target | null): boolean {
    const bit = signalBit(info.signal);
    if (info.signal === SIGNAL.SIGCONT || info.signal === SIGNAL.SIGKILL) this.stopped = false;
    if (info.signal === SIGNAL.SIGCONT) this.#discard(STOP_SIGNALS);
    if ((STOP_SIGNALS & bit) !== 0n) this.#discard(signalBit(SIGNAL.SIGCONT));
    // A blocked signal stays pending even if it is ignored now: the action may change before it is unblocked.
    const blocked = ((thread ?? this.#threads[0])?.mask ?? 0n) & bit;
    if (this.isIgnored(info.signal) && blocked === 0n) return false;
    (thread?.queue ?? this.#queue).push(info);
    this.arrivals.notify();
    return true;
  }

  #discard(signals: bigint): void {
    this.#queue.discard(signals);
    for (const { queue } of this.#threads) queue.discard(signals);
  }

  /** How many signals wait for the process and its threads. */
  get queued(): number {
    return this.#threads.reduce((sum, { queue }) => sum + queue.size, this.#queue.size);
  }

  /** Whether a signal waits that the thread does not block. */
  hasDeliverable(thread: Target): boolean {
    if (thread.queue.size === 0 && this.#queue.size === 0) return false;
    return ((thread.queue.mask | this.#queue.mask) & ~thread.mask) !== 0n;
  }

  /** Whether SIGKILL waits. */
  hasKill(thread: Target): boolean {
    return (this.pendingMask(thread) & KILL) !== 0n;
  }

  /** Takes the next signal among `accepted`. */
  take(thread: Target, accepted: bigint): SignalInfo | undefined {
    return thread.queue.take(accepted) ?? this.#queue.take(accepted);
  }

  /** Takes the next signal that the thread does not block. */
  takeDeliverable(thread: Target): SignalInfo | undefined {
    if (thread.queue.size === 0 && this.#queue.size === 0) return undefined;
    if (this.hasKill(thread)) return this.take(thread, KILL);
    return this.take(thread, ALL_SIGNALS & ~thread.mask);
  }

  pendingMask(thread: Target): bigint {
    return thread.queue.mask | this.#queue.mask;
  }

  /** execve(2): handlers are gone with their code, what is ignored stays ignored. */
  resetHandlers(): void {
    this.#actions.forEach((action, signal) => {
      if (action.handler !== SIG_IGN) this.#actions[signal] = defaultSignalAction;
      else this.#actions[signal] = { ...defaultSignalAction, handler: SIG_IGN };
    });
  }

  /** fork(2): the dispositions go along, pending signals do not. */
  copyActions(from: SignalState): void {
    from.#actions.forEach((action, signal) => (this.#actions[signal] = action));
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
