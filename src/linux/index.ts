/** Makes a Linux process out of a program, a tree of files and a platform. The public API is built on this. */
import { LimitError } from '../common/errors.ts';
import { encodeName } from '../common/file-name.ts';
import type { Guest } from '../guest/guest.ts';
import type { Cancel, Platform } from '../platform/types.ts';
import type { LinuxAbi } from './abi/abi.ts';
import { aarch64 } from './abi/aarch64.ts';
import { riscv64 } from './abi/riscv64.ts';
import { x64 } from './abi/x64.ts';
import { OutputBudget, limitOutput } from './output-limit.ts';
import type { ProcessExit } from './process/exit.ts';
import { execute } from './kernel/exec.ts';
import { Kernel, type NetworkAccess } from './kernel/kernel.ts';
import type { Process } from './process/process.ts';
import { kernelSignal, SIGNAL, SI_USER, type SignalName } from './process/signals.ts';
import type { Beside, Personality, VcpuLike } from './process/vcpu.ts';
import type { ProcessList } from './kernel/process-list.ts';
import { syscallHandlers } from './syscalls/table.ts';
import type { RunEvents } from './trace/events.ts';
import { createTracer } from './trace/tracer.ts';
import type { MemoryFileSystem } from './vfs/memory/memory-fs.ts';
import { openStandardFiles } from './vfs/stdio/standard-files.ts';
import type { Location } from './vfs/types.ts';
import type { Vfs } from './vfs/vfs.ts';

export type { CrashReport } from './process/crash.ts';
export type { ProcessExit } from './process/exit.ts';
export type { Process } from './process/process.ts';
export { SIGNAL, signalName, type SignalName } from './process/signals.ts';
export type { VcpuLike } from './process/vcpu.ts';
export type { NetworkAccess } from './kernel/kernel.ts';
export { acceptFromOutside, takeFromOutside } from './net/inet-socket.ts';
export { Outside, type OutsidePolicy } from './net/outside.ts';
export { fromHostText, hostText } from './net/inet-address.ts';
export { RunEvents, type RunEvent } from './trace/events.ts';
export { ProcessList } from './kernel/process-list.ts';
export type { Personality } from './process/vcpu.ts';

/** The Linux interface of each guest. */
export const linuxAbis = { aarch64, riscv64, x64 } as const satisfies Partial<Record<Guest['name'], LinuxAbi>>;

const MILLISECOND = 1_000_000n;
const KEY_SIGNALS: ReadonlySet<SignalName> = new Set<SignalName>(['SIGINT', 'SIGQUIT']);

export interface ProcessLimits {
  /** Guest instructions of all processes, counted in steps of some ten thousands. */
  readonly instructions?: number;
  /** Milliseconds from the start of `run`. */
  readonly wallTime?: number;
  /** Bytes that standard output and standard error take together. */
  readonly outputBytes?: number;
  /** Processes and threads at a time. */
  readonly tasks?: number;
  /** Processors' worth of time. */
  readonly cpus?: number;
}

export interface CreateProcessOptions {
  /** The Linux of the first program's guest. */
  readonly abi: LinuxAbi;
  /** Makes a virtual CPU for the first program's guest, over a process's memory. */
  readonly createVcpu: Personality['createVcpu'];
  /** Other guests whose programs can be executed. */
  readonly otherGuests?: readonly Personality[];
  readonly vfs: Vfs;
  /** What is mounted on `/dev`: a terminal of the host appears there. */
  readonly dev: MemoryFileSystem;
  /** Clocks, timers, randomness, and the streams that become descriptors 0, 1 and 2. */
  readonly platform: Platform;
  /** The list that `/proc` was made with. */
  readonly processes: ProcessList;
  /** Path in the guest. Relative paths start at `cwd`; there is no search along PATH. */
  readonly program: string;
  /** All arguments, the program's own name first. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Default: the root. */
  readonly cwd?: Location;
  readonly user?: { readonly uid: number; readonly gid: number };
  readonly hostname?: string;
  /** Bytes of linear memory of a process, 64 MiB to 4 GiB (default). */
  readonly memorySize?: number;
  /** Bytes of accessible private memory that all processes together may map; default: all there is. */
  readonly memoryLimit?: number;
  /** Default: none. */
  readonly network?: NetworkAccess;
  readonly limits?: ProcessLimits;
  /** Threads of the host that run vCPUs beside the kernel. */
  readonly beside?: Beside;
  /** Called with one line a system call. */
  readonly trace?: (line: string) => void;
  /** Takes what happens; `createVcpu` gives its `engine` to the vCPUs. */
  readonly events?: RunEvents;
}

export interface ProcessCounters {
  readonly instructions: number;
  readonly syscalls: number;
  /** Most accessible private memory that one process had mapped at once, in bytes. */
  readonly peakMemory: number;
}

export interface LinuxProcess {
  readonly kernel: Kernel;
  /** The first process, for tools. */
  readonly process: Process;
  readonly vcpu: VcpuLike;
  /** Runs it to its end, which is that of all others; call once. Rejects only when Hospes itself fails. */
  run(): Promise<ProcessExit>;
  /** Sends a signal from outside, as kill(1) would. */
  kill(signal: SignalName): void;
  counters(): ProcessCounters;
}

/** Loads `program` and gives it a process. Throws `LoadError` when it cannot be loaded. */
export function createProcess(options: CreateProcessOptions): LinuxProcess {
  const { vfs, platform, limits = {}, user = { uid: 0, gid: 0 }, trace, events } = options;
  const kernel = new Kernel({
    vfs,
    platform,
    processes: options.processes,
    personalities: [{ abi: options.abi, createVcpu: options.createVcpu }, ...(options.otherGuests ?? [])],
    handlers: syscallHandlers,
    ...(options.hostname === undefined ? {} : { hostname: options.hostname }),
    ...(options.memorySize === undefined ? {} : { memorySize: options.memorySize }),
    ...(options.memoryLimit === undefined ? {} : { memoryLimit: options.memoryLimit }),
    ...(options.network === undefined ? {} : { network: options.network }),
    ...(limits.instructions === undefined ? {} : { instructionLimit: limits.instructions }),
    ...(limits.tasks === undefined ? {} : { taskLimit: limits.tasks }),
    ...(limits.cpus === undefined ? {} : { cpus: limits.cpus }),
    ...(options.beside === undefined ? {} : { beside: options.beside }),
    ...(trace === undefined && events === undefined
      ? {}
      : { tracer: createTracer({ ...(trace && { line: trace }), ...(events && { events }) }) }),
  });
  const process = kernel.createFirstProcess({ cwd: options.cwd ?? vfs.root, ...user });
  if (events !== undefined) events.currentThread = () => kernel.scheduler.latest ?? process.thread;
  const env = Object.entries(options.env).map(([name, value]) => encodeName(`${name}=${value}`));
  execute(process, options.program, options.argv.map(encodeName), env);
  const cancels = attachStreams(process, options);
  return {
    kernel,
    process,
    vcpu: process.vcpu,
    run: () => run(process, options, cancels),
    kill: (signal) => {
      const info = { signal: SIGNAL[signal], code: SI_USER, origin: { kind: 'user', pid: 0, uid: 0 } } as const;
      const { terminal } = process;
      // What the keys of a terminal send is for everybody in the foreground.
      if (terminal !== undefined && KEY_SIGNALS.has(signal)) kernel.jobs.signalGroup(terminal.foregroundGroup, info);
      else process.post(info);
    },
    counters: () => ({
      instructions: kernel.scheduler.instructions,
      syscalls: kernel.syscallCount,
      peakMemory: Math.max(kernel.peakMemory, process.space.peakChargedBytes),
    }),
  };
}

/** Descriptors 0, 1 and 2, and the terminal behind them if there is one. */
function attachStreams(process: Process, options: CreateProcessOptions): Cancel[] {
  const { vfs, dev, platform, limits = {} } = options;
  const limit = limits.outputBytes;
  const budget =
    limit === undefined
      ? null
      : new OutputBudget(limit, () => {
          stopAtLimit(process, 'limit-output', `the program wrote more than its limit of ${String(limit)} bytes`);
        });
  const files = openStandardFiles({
    vfs,
    context: process,
    dev,
    stdin: platform.stdin,
    stdout: budget === null ? platform.stdout : limitOutput(platform.stdout, budget),
    stderr: budget === null ? platform.stderr : limitOutput(platform.stderr, budget),
    onSignal: (signal) => {
      signalForeground(SIGNAL[signal]);
    },
  });
  for (const file of [files.stdin, files.stdout, files.stderr]) process.fds.install(file, false);
  const { terminal } = files;
  const signalForeground = (signal: number): void => {
    if (terminal !== undefined) process.kernel.jobs.signalGroup(terminal.control.foregroundGroup, kernelSignal(signal));
  };
  if (terminal === undefined || files.controllingTerminal === undefined) return [];
  terminal.control.session = process.session;
  terminal.control.foregroundGroup = process.processGroup;
  process.terminal = terminal.control;
  terminal.control.onForegroundChange = () => {
    terminal.takeKeys();
  };
  return [
    terminal.onResize(() => {
      signalForeground(SIGNAL.SIGWINCH);
    }),
  ];
}

async function run(process: Process, options: CreateProcessOptions, cancels: Cancel[]): Promise<ProcessExit> {
  const { platform, limits = {} } = options;
  const { wallTime } = limits;
  if (wallTime !== undefined) {
    const expire = (): void => {
      stopAtLimit(process, 'limit-wall-time', `the program ran longer than its limit of ${String(wallTime)} ms`);
    };
    cancels.push(platform.setTimer(BigInt(Math.ceil(wallTime)) * MILLISECOND, expire));
  }
  try {
    return await process.kernel.run(process);
  } finally {
    for (const cancel of cancels) cancel();
  }
}

function stopAtLimit(process: Process, code: string, message: string): void {
  process.kernel.stop({ kind: 'limit', error: new LimitError(code, message) });
}
