/** What a caller of the API says and gets; the runtime behind it is in `process.ts`. */
import { LimitError } from '../common/errors.ts';
import type { KvmStats } from '../accel/kvm/index.ts';
import type { EngineStats } from '../engine/stats.ts';
import type { GpuStats } from '../gpu/stats.ts';
import type { RunEvent } from '../linux/trace/events.ts';

export type { KvmStats } from '../accel/kvm/index.ts';
export type { EngineStats } from '../engine/stats.ts';
export type { GpuStats } from '../gpu/stats.ts';
export type { RunEvent } from '../linux/trace/events.ts';

/** A folder of the host that the guest sees, or what is in a tar archive of the host, as a copy in memory. */
export interface Mount {
  /** Path on the host; an archive's name ends in `.tar`, `.tar.gz`, `.tgz` or `.tar.zst`. */
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
  /** Guest instructions, counted in steps of some ten thousands; only `accel` `wasm` can count them. */
  readonly instructions?: number;
  /** Milliseconds from the start. */
  readonly wallTime?: number;
  /** Bytes of memory that all processes together may map. Beyond it the guest is told (`ENOMEM`), not killed. */
  readonly memory?: number;
  /** Bytes that standard output and standard error take together. */
  readonly outputBytes?: number;
  /** Processes and threads at a time; 4,096 unless given. Beyond it the guest is told (`EAGAIN`), not killed. */
  readonly tasks?: number;
  /**
   * Bytes that files may keep in memory: what the guest writes above `root`, in `/tmp`, `/dev/shm` and memfds; 1 KiB more
   * for each file. Beyond it the guest is told (`ENOSPC`), not killed. Default: 1 GiB for each of these places.
   */
  readonly disk?: number;
  /**
   * Bytes of WebAssembly that the hot code of each process may be compiled to, 256 MiB unless given; what the host makes of
   * them takes a few times as much. Beyond it, what was used longest ago goes.
   */
  readonly code?: number;
  /** Processors' worth of time, such as 0.5: a guest that would take more is made to pause. It never takes more than 1. */
  readonly cpus?: number;
}

/** A machine by name or address, and a port. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/**
 * What the guest reaches through sockets of the Internet: `none` (there are no such sockets), `loopback` (only itself),
 * `host` (whatever the host reaches, the host's own loopback network included), or the endpoints of `allow` alone, besides
 * itself. Names in `allow` are resolved when the guest starts, and its /etc/hosts knows them. Local sockets (`AF_UNIX`)
 * are always there.
 */
export type Network = 'none' | 'loopback' | 'host' | { readonly allow: readonly Endpoint[] };

/** A port of the guest that can be reached from outside. */
export interface Publication {
  /** Address of the host to listen at. Default 127.0.0.1: only programs of this machine. */
  readonly hostAddress?: string;
  readonly hostPort: number;
  readonly guestPort: number;
  /** Default `tcp`. Of UDP, programs of the host reach the guest, which answers them; it cannot write to them first. */
  readonly protocol?: 'tcp' | 'udp';
}

/**
 * How accesses to guest memory are checked: `strict` honours the protection of every page in the code; `host` has the
 * host's processor do it; `range` catches null pointers and addresses beyond the guest's, and lets everything between
 * them pass. `auto` is `host` where the host can, else `strict`: both catch every fault.
 */
export type MemoryModel = 'auto' | 'host' | 'range' | 'strict';

export type Tier = 0 | 1;

/**
 * What runs guest code: `wasm` translates it to WebAssembly; `kvm` gives x86-64 code to the host's own processor, through
 * Linux's KVM and the package koffi. `auto` is what is documented in docs/architecture.md.
 */
export type Accelerator = 'auto' | 'kvm' | 'wasm';

/** Levels of the x86-64 psABI. */
export type CpuLevel = 'x86-64' | 'v2' | 'v3';

export interface ProgramOptions {
  /** Arguments after the program's name. */
  readonly args?: readonly string[];
  /** The program's own name, `argv[0]`. Default: the program as it was named. */
  readonly argv0?: string;
  /** The guest's whole environment; nothing is inherited. Default: `PATH` and `HOME`. */
  readonly env?: Readonly<Record<string, string>>;
  /**
   * A folder of the host that becomes the guest's `/`. It is not changed: what the guest writes stays in memory and
   * goes with the process. Without it the guest's `/` is empty but for the program, `/dev`, `/proc` and `/tmp`.
   */
  readonly root?: string;
  /**
   * An OCI image layout, a folder or a tar archive of it, whose layers become the guest's `/`, in memory. The program's
   * name and arguments replace the image's own command (an empty name leaves it), its entrypoint comes before them, and
   * its environment, user and working directory hold where nothing else is given.
   */
  readonly image?: string;
  /** The guest's working directory. Default `/`. */
  readonly cwd?: string;
  /** More folders of the host, mounted in order. */
  readonly mounts?: readonly Mount[];
  /** Who the guest is. Default: user 0, group 0, which grants nothing on the host. */
  readonly user?: User;
  /** Default `auto`. */
  readonly accel?: Accelerator;
  /** Default `auto`. Anything else is for the translator and makes `accel` `auto` choose it. */
  readonly memoryModel?: MemoryModel;
  /**
   * Highest tier of the translator that may run guest code: 0 only interprets, 1 compiles what is hot to WebAssembly. Default
   * 1; 0 makes `accel` `auto` choose the translator.
   */
  readonly tier?: Tier;
  /**
   * Where hot code is compiled: in another thread, while the program goes on (`background`, the default where the host has
   * two processors), or while it waits (`sync`).
   */
  readonly compile?: 'background' | 'sync';
  /**
   * Whether the threads of a process run at the same time, each in a thread of the host, as many as the host has processors;
   * else they take turns, the same ones in each run. Excludes `accel` `kvm`, and makes `auto` choose the translator. Default: no.
   */
  readonly parallel?: boolean;
  /** Whether compiled code is kept from run to run, in the user's cache folder. Default: no. */
  readonly cache?: boolean;
  /** Level of the x86-64 psABI that an x86-64 guest's CPUID tells of, at most; default: all that is there. */
  readonly cpu?: CpuLevel;
  readonly limits?: Limits;
  /**
   * Whether the guest may compute on the host's graphics processor, through `/dev/hospes-gpu` (see `guest-sdk/`). Its kernels
   * are compiled and run by WebGPU and the graphics driver, in a process apart but with this process's rights. Default: no.
   */
  readonly gpu?: boolean;
  /** Default `none`, or `loopback` where something is published. */
  readonly network?: Network;
  /** Ports of the guest that the host listens for. */
  readonly publish?: readonly Publication[];
  /** Aborting kills the guest. */
  readonly signal?: AbortSignal;
  /** Called with one line of text for each system call, as strace(1) would print it. */
  readonly onSyscall?: (line: string) => void;
  /**
   * Called with each thing that happens: compilations and what becomes of compiled code, system calls, processes and
   * threads that begin and end, signals. The guest waits meanwhile. What it throws ends the run.
   */
  readonly onEvent?: (event: RunEvent) => void;
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

/** What ran guest code, and how often it stopped for what. */
export type AcceleratorCounters = { readonly name: 'wasm' } | ({ readonly name: 'kvm' } & Readonly<KvmStats>);

/** What a run cost. */
export interface Counters {
  /** Guest instructions executed by the translator: those that a host's processor runs by itself are not counted. */
  readonly instructions: number;
  /** System calls made. */
  readonly syscalls: number;
  /** Most private guest memory mapped at once, in bytes. */
  readonly peakMemory: number;
  readonly accelerator: AcceleratorCounters;
  /** How guest code was translated and run, in all processes. */
  readonly engine: Readonly<EngineStats>;
  /** What of the host was put to use, by the names of `hospes doctor`: `page-protection`, `relaxed-simd` (code that was compiled may use it), `native-code`, `webgpu`. */
  readonly capabilities: readonly string[];
  /** What the guest did with graphics; absent where it had none. */
  readonly gpu?: Readonly<GpuStats>;
}

/** Which limit ended a run. */
export type LimitName = 'instructions' | 'wallTime' | 'outputBytes';

export type RunResult = ExitResult & {
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
  readonly counters: Counters;
};

/** A limit of {@link Limits} was reached; the guest was killed. */
export class RunLimitError extends LimitError {
  readonly limit: LimitName;
  /** What there was until then; absent where nobody captured the output. */
  readonly result: RunResult | undefined;

  constructor(limit: LimitName, code: string, message: string, result?: RunResult) {
    super(code, message, { context: { limit } });
    this.limit = limit;
    this.result = result;
  }
}
