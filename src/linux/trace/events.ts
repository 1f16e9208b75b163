/** What happens in a run, as values: for traces and tools. One clock for all, and who it happened to. */
import type {
  CompileEvent,
  DropEvent,
  EngineEvent,
  EngineEventSink,
  FlushEvent,
  InvalidateEvent,
  RegionEvent,
} from '../../engine/events.ts';
import type { Thread } from '../process/thread.ts';
import { SymbolFinder } from './symbol-finder.ts';

/** When, and whose doing. */
export interface EventOrigin {
  /** Nanoseconds from the start of the run; of the beginning, where there is a duration. */
  readonly time: number;
  /** The guest's number of the process, and of its thread. 0 and 0 before there is one. */
  readonly pid: number;
  readonly tid: number;
}

/** A process began: the first one, or by fork(2), vfork(2) or clone(2). */
export interface ProcessStartEvent {
  readonly kind: 'process-start';
  /** The process that made it; null for the first. */
  readonly parent: number | null;
  /** The program's short name (comm), its parent's until it executes another; empty for the first process. */
  readonly name: string;
}

/** A process got another thread. */
export interface ThreadStartEvent {
  readonly kind: 'thread-start';
  readonly name: string;
}

/** A process got another program, its first included. */
export interface ExecEvent {
  readonly kind: 'exec';
  /** Path in the guest. */
  readonly program: string;
  readonly name: string;
}

/** A system call ended, or its thread did meanwhile. */
export interface SyscallEvent {
  readonly kind: 'syscall';
  readonly name: string;
  /** As strace(1) would print them, separated by commas. */
  readonly args: string;
  /** As strace(1) would print it; `?` when there was none. */
  readonly result: string;
  /** Nanoseconds, time in which it waited included. */
  readonly duration: number;
}

/** A signal was delivered: its handler begins, or its default action is taken. */
export interface SignalEvent {
  readonly kind: 'signal';
  /** `SIGINT` ... */
  readonly signal: string;
  readonly action: SignalEventAction;
}

export type SignalEventAction = 'handle' | 'terminate' | 'stop';

/** A thread ended, the process's last one included. */
export interface ThreadExitEvent {
  readonly kind: 'thread-exit';
}

/** A process ended: by itself with `code`, or by `signal`. */
export interface ProcessExitEvent {
  readonly kind: 'process-exit';
  readonly code: number | null;
  readonly signal: string | null;
  /** One line that says where, when its own fault killed it. */
  readonly crash: string | null;
}

export type LinuxEvent =
  ProcessStartEvent | ThreadStartEvent | ExecEvent | SyscallEvent | SignalEvent | ThreadExitEvent | ProcessExitEvent;

/** The function that holds `pc`, where the program's file names it. */
interface Named {
  readonly symbol: string | null;
}

export type CodeEvent = (CompileEvent & Named) | (RegionEvent & Named) | DropEvent | InvalidateEvent | FlushEvent;

/** Something that happened in a run. */
export type RunEvent = (LinuxEvent | CodeEvent) & EventOrigin;

/** Whose doing an event is; a thread is one. */
interface Doer {
  readonly process: { readonly pid: number };
  readonly tid: number;
}

/** Takes the events of one run and says when and to whom they happened. */
export class RunEvents {
  readonly #clock: () => bigint;
  readonly #start: bigint;
  readonly #sink: (event: RunEvent) => void;
  readonly #symbols = new SymbolFinder();
  /** The thread that runs, or ran last: whose doing it is what the engine does. */
  currentThread: () => Thread | null = () => null;
  readonly engine: EngineEventSink;

  /** `clock`: monotonic, in nanoseconds. */
  constructor(clock: () => bigint, sink: (event: RunEvent) => void) {
    this.#clock = clock;
    this.#start = clock();
    this.#sink = sink;
    this.engine = {
      now: () => this.now(),
      emit: (event) => {
        this.#emitCode(event);
      },
    };
  }

  /** Nanoseconds from the start of the run. */
  now(): number {
    return Number(this.#clock() - this.#start);
  }

  /** `time` is now unless given. */
  emit({ process, tid }: Doer, event: LinuxEvent, time = this.now()): void {
    this.#sink({ ...event, time, pid: process.pid, tid });
  }

  #emitCode(event: EngineEvent): void {
    const thread = this.currentThread();
    const origin = { pid: thread?.process.pid ?? 0, tid: thread?.tid ?? 0 };
    if (event.kind !== 'compile' && event.kind !== 'region') this.#sink({ ...event, ...origin });
    else
      this.#sink({
        ...event,
        ...origin,
        symbol: thread === null ? null : this.#symbols.find(thread.process, event.pc),
      });
  }
}
