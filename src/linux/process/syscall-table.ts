/** System calls by number, for one guest's numbering. */
import { ERRNO } from '../errno.ts';
import type { LinuxAbi } from '../abi/abi.ts';
import type { Process } from './process.ts';
import type { SignalInfo } from './signals.ts';
import type { SignalEventAction } from '../trace/events.ts';
import type { Thread } from './thread.ts';
import type { FinalResult, SyscallResult } from './wait.ts';

/** Registers as signed numbers, exact up to 2^53. An `int` argument is `value | 0`. */
export type SyscallArguments = readonly [number, number, number, number, number, number];

/** Makes a call for the process. Throws `LinuxError` and `AccessFault` for the guest. */
export type SyscallHandler = (process: Process, args: SyscallArguments) => SyscallResult;

/** Handlers by the name of the call. */
export type SyscallHandlers = Readonly<Record<string, SyscallHandler>>;

/** A call that was entered and has not returned yet. */
export interface TraceRecord {
  /** Nanoseconds from the start of the run; 0 where nobody wants to know. */
  readonly begun: number;
  readonly name: string;
  /** Arguments as text; functions wait for the result, because the call writes what they show. */
  readonly parts: readonly (string | ((result: number) => string))[];
}

/** How a call ended without a result: a signal came and it is made again, or the thread ended in it. */
export type NoResult = 'restart' | 'unfinished';

/** Is told what processes do: for the lines of --strace, and for events. */
export interface SyscallTracer {
  /** Takes down the arguments before the call is made: execve replaces the memory that they point to. */
  enter(thread: Thread, number: number, args: SyscallArguments): TraceRecord;
  leave(thread: Thread, record: TraceRecord, result: FinalResult | NoResult): void;
  signal(thread: Thread, info: SignalInfo, action: SignalEventAction): void;
  /** A thread began, perhaps with a process of its own, made by `parent` (null: from outside). */
  begin(thread: Thread, parent: Process | null): void;
  exec(thread: Thread, program: string): void;
  end(thread: Thread): void;
  exit(process: Process): void;
}

/** Calls whose EPIPE comes with a SIGPIPE, and which argument holds MSG_NOSIGNAL, if any. */
const PIPE_WRITERS: ReadonlyMap<string, number | null> = new Map<string, number | null>([
  ...['write', 'writev', 'pwrite64', 'pwritev', 'pwritev2', 'sendfile', 'splice', 'tee', 'vmsplice'].map(
    (name) => [name, null] as const,
  ),
  ['sendto', 3],
  ['sendmsg', 2],
  ['sendmmsg', 3],
]);
const MSG_NOSIGNAL = 0x4000;

export class SyscallTable {
  readonly #handlers: (SyscallHandler | undefined)[] = [];
  readonly #pipeWriters = new Map<number, number | null>();

  constructor(abi: LinuxAbi, handlers: SyscallHandlers) {
    for (const [number, name] of abi.syscalls) {
      this.#handlers[number] = handlers[name];
      const flags = PIPE_WRITERS.get(name);
      if (flags !== undefined) this.#pipeWriters.set(number, flags);
    }
  }

  call(process: Process, number: number, args: SyscallArguments): SyscallResult {
    return this.#handlers[number]?.(process, args) ?? -ERRNO.ENOSYS;
  }

  /** Whether EPIPE from a call with these arguments comes with a SIGPIPE. */
  raisesSigpipe(number: number, argument: (index: number) => number): boolean {
    const flags = this.#pipeWriters.get(number);
    return flags !== undefined && (flags === null || (argument(flags) & MSG_NOSIGNAL) === 0);
  }
}
