/** What a caller of the API says and gets; the runtime behind it is in `process.ts`. */
import { LimitError, type HospesErrorOptions } from '../common/errors.ts';

/** A folder of the host that the guest sees. */
export interface Mount {
  /** Path on the host. */
  readonly source: string;
  /** Absolute path in the guest. */
  readonly target: string;
  /** Whether the guest can only read it. Default false: what the guest writes, the host keeps. */
  readonly readOnly?: boolean;
}

/** Numeric ids, as the guest sees them. They grant nothing on the host. */
export interface User {
  readonly uid: number;
  readonly gid: number;
}

/** Where a run is ended from outside. Absent means unlimited. */
export interface Limits {
  /** Guest instructions, counted in steps of some ten thousands. */
  readonly instructions?: number;
  /** Milliseconds from the start. */
  readonly wallTime?: number;
  /** Bytes that standard output and standard error take together. */
  readonly outputBytes?: number;
}

/**
 * How accesses to guest memory are checked: `strict` honours the protection of every page; `range` catches null
 * pointers and wild addresses, but lets a program write to its own read-only pages. `auto` takes the fastest model
 * that this host offers.
 */
export type MemoryModel = 'auto' | 'range' | 'strict';

export interface ProgramOptions {
  /** Arguments after the program's name. */
  readonly args?: readonly string[];
  /** The program's own name, `argv[0]`. Default: the program's path. */
  readonly argv0?: string;
  /** The guest's whole environment; nothing is inherited. Default: `PATH` and `HOME`. */
  readonly env?: Readonly<Record<string, string>>;
  /**
   * A folder of the host that becomes the guest's `/`. It is not changed: what the guest writes stays in memory and
   * goes with the process. Without it the guest's `/` is empty but for the program, `/dev`, `/proc` and `/tmp`.
   */
  readonly root?: string;
  /** The guest's working directory. Default `/`. */
  readonly cwd?: string;
  /** More folders of the host, mounted in order. */
  readonly mounts?: readonly Mount[];
  /** Who the guest is. Default: user 0, group 0, which grants nothing on the host. */
  readonly user?: User;
  /** Bytes of the guest's memory, 64 MiB to 4 GiB; reserved, and taken only as it is touched. Default 4 GiB. */
  readonly memory?: number;
  /** Default `auto`. */
  readonly memoryModel?: MemoryModel;
  readonly limits?: Limits;
  /** Aborting kills the guest. */
  readonly signal?: AbortSignal;
  /** Called with one line of text for each system call, as strace(1) would print it. */
  readonly onSyscall?: (line: string) => void;
}

/** What the guest reads as standard input. */
export type Input = string | Uint8Array | ReadableStream<Uint8Array>;

export interface RunOptions extends ProgramOptions {
  /** Default: empty. */
  readonly stdin?: Input;
}

/** How a process ended: by itself, or by a signal. */
export type ExitResult =
  | { readonly exitCode: number; readonly signal: null; readonly crash: null }
  | {
      readonly exitCode: null;
      /** `SIGSEGV`, `SIGKILL` ... */
      readonly signal: string;
      /** One line that says where, when the guest's own fault killed it. */
      readonly crash: string | null;
    };

/** What a run cost. */
export interface Counters {
  /** Guest instructions executed. */
  readonly instructions: number;
  /** System calls made. */
  readonly syscalls: number;
  /** Blocks of guest code translated, retranslations included. */
  readonly blocks: number;
  /** Most guest memory mapped at once, in bytes. */
  readonly peakMemory: number;
}

/** Which limit ended a run. */
export type LimitName = keyof Limits;

export type RunResult = ExitResult & {
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
  readonly counters: Counters;
};

/** A limit of {@link Limits} was reached; the guest was killed. `result` holds what there was until then. */
export class RunLimitError extends LimitError {
  readonly limit: LimitName;
  readonly result: RunResult | undefined;

  constructor(limit: LimitName, message: string, result: RunResult | undefined, options: HospesErrorOptions = {}) {
    super('limit-reached', message, options);
    this.limit = limit;
    this.result = result;
  }
}
