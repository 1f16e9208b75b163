/** System calls by number, for one guest's numbering. */
import { ERRNO } from '../errno.ts';
import type { LinuxAbi } from '../abi/abi.ts';
import type { Process } from './process.ts';
import type { SignalInfo } from './signals.ts';
import type { FinalResult, SyscallResult } from './wait.ts';

/** Registers as signed numbers, exact up to 2^53. An `int` argument is `value | 0`. */
export type SyscallArguments = readonly [number, number, number, number, number, number];

/** Makes a call for the process. Throws `LinuxError` and `AccessFault` for the guest. */
export type SyscallHandler = (process: Process, args: SyscallArguments) => SyscallResult;

/** Handlers by the name of the call. */
export type SyscallHandlers = Readonly<Record<string, SyscallHandler>>;

/** A call that was entered and has not returned yet. */
export interface TraceRecord {
  readonly name: string;
  /** Arguments as text; functions wait for the result, because the call writes what they show. */
  readonly parts: readonly (string | ((result: number) => string))[];
}

/** Writes the lines of --strace. */
export interface SyscallTracer {
  /** Takes down the arguments before the call is made: execve replaces the memory that they point to. */
  enter(process: Process, number: number, args: SyscallArguments): TraceRecord;
  leave(record: TraceRecord, result: FinalResult | 'restart'): void;
  signal(info: SignalInfo): void;
  exit(process: Process): void;
}

/** Calls whose EPIPE comes with a SIGPIPE. */
const PIPE_WRITERS = new Set([
  'write',
  'writev',
  'pwrite64',
  'pwritev',
  'pwritev2',
  'sendfile',
  'splice',
  'tee',
  'vmsplice',
]);

export class SyscallTable {
  readonly #handlers: (SyscallHandler | undefined)[] = [];
  readonly #pipeWriters = new Set<number>();

  constructor(abi: LinuxAbi, handlers: SyscallHandlers) {
    for (const [number, name] of abi.syscalls) {
      this.#handlers[number] = handlers[name];
      if (PIPE_WRITERS.has(name)) this.#pipeWriters.add(number);
    }
  }

  call(process: Process, number: number, args: SyscallArguments): SyscallResult {
    return this.#handlers[number]?.(process, args) ?? -ERRNO.ENOSYS;
  }

  raisesSigpipe(number: number): boolean {
    return this.#pipeWriters.has(number);
  }
}
