/** Makes a Linux process out of a program, a tree of files and a platform. The public API is built on this. */
import { LimitError } from '../common/errors.ts';
import { encodeName } from '../common/file-name.ts';
import type { Guest } from '../guest/guest.ts';
import { GuestMemory } from '../memory/guest-memory.ts';
import type { Cancel, Platform } from '../platform/types.ts';
import type { LinuxAbi } from './abi/abi.ts';
import { aarch64 } from './abi/aarch64.ts';
import { riscv64 } from './abi/riscv64.ts';
import { x64 } from './abi/x64.ts';
import { OutputBudget, limitOutput } from './output-limit.ts';
import type { ProcessExit } from './process/exit.ts';
import { Process } from './process/process.ts';
import { SIGNAL, SI_USER, type SignalName } from './process/signals.ts';
import { SyscallTable } from './process/syscall-table.ts';
import type { VcpuLike } from './process/vcpu.ts';
import type { ProcessList } from './process/view.ts';
import { syscallHandlers } from './syscalls/table.ts';
import { createTracer } from './trace/tracer.ts';
import type { MemoryFileSystem } from './vfs/memory/memory-fs.ts';
import { openStandardFiles } from './vfs/stdio/standard-files.ts';
import type { Location } from './vfs/types.ts';
import type { Vfs } from './vfs/vfs.ts';

export type { CrashReport } from './process/crash.ts';
export type { ProcessExit } from './process/exit.ts';
export { Process } from './process/process.ts';
export { SIGNAL, signalName, type SignalName } from './process/signals.ts';
export type { VcpuLike } from './process/vcpu.ts';
export { ProcessList } from './process/view.ts';

/** The Linux interface of each guest. */
export const linuxAbis = { aarch64, riscv64, x64 } as const satisfies Partial<Record<Guest['name'], LinuxAbi>>;

/** The only process of a guest has this pid; its parent, outside of the guest, is 1. */
const FIRST_PID = 2;
const MILLISECOND = 1_000_000n;

export interface ProcessLimits {
  /** Guest instructions, counted in steps of some ten thousands. */
  readonly instructions?: number;
  /** Milliseconds from the start of `run`. */
  readonly wallTime?: number;
  /** Bytes that standard output and standard error take together. */
  readonly outputBytes?: number;
}

export interface CreateProcessOptions {
  readonly abi: LinuxAbi;
  readonly vfs: Vfs;
  /** What is mounted on `/dev`: a terminal of the host appears there. */
  readonly dev: MemoryFileSystem;
  /** Clocks, timers, randomness, and the streams that become descriptors 0, 1 and 2. */
  readonly platform: Platform;
  /** The list that `/proc` was made with. */
  readonly processes: ProcessList;
  /** Makes the virtual CPU over the guest's memory. */
  readonly createVcpu: (memory: GuestMemory) => VcpuLike;
  /** Path in the guest. Relative paths start at `cwd`; there is no search along PATH. */
  readonly program: string;
  /** All arguments, the program's own name first. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Default: the root. */
  readonly cwd?: Location;
  readonly user?: { readonly uid: number; readonly gid: number };
  readonly hostname?: string;
  /** Bytes of linear memory, 64 MiB to 4 GiB (default). */
  readonly memorySize?: number;
  /** Bytes of accessible private memory that the guest may map; default: all there is. */
  readonly memoryLimit?: number;
  readonly limits?: ProcessLimits;
  /** Called with one line a system call. */
  readonly trace?: (line: string) => void;
}

export interface ProcessCounters {
  readonly instructions: number;
  readonly syscalls: number;
  /** Most accessible private memory mapped at once, in bytes. */
  readonly peakMemory: number;
}

export interface LinuxProcess {
  /** The process itself, for tools. */
  readonly process: Process;
  readonly vcpu: VcpuLike;
  /** Runs it to its end; call once. Rejects only when Hospes itself fails. */
  run(): Promise<ProcessExit>;
  /** Sends a signal from outside, as kill(1) would. */
  kill(signal: SignalName): void;
  counters(): ProcessCounters;
}

/** Loads `program` and gives it a process. Throws `LoadError` when it cannot be loaded. */
export function createProcess(options: CreateProcessOptions): LinuxProcess {
  const { abi, vfs, platform, limits = {}, user = { uid: 0, gid: 0 }, trace } = options;
  const memory = GuestMemory.create(options.memorySize);
  const vcpu = options.createVcpu(memory);
  const process = new Process({
    abi,
    vfs,
    platform,
    memory,
    vcpu,
    table: new SyscallTable(abi, syscallHandlers),
    pid: FIRST_PID,
    cwd: options.cwd ?? vfs.root,
    ...user,
    ...(options.hostname === undefined ? {} : { hostname: options.hostname }),
    ...(options.memoryLimit === undefined ? {} : { memoryLimit: options.memoryLimit }),
    ...(limits.instructions === undefined ? {} : { instructionLimit: limits.instructions }),
    ...(trace === undefined ? {} : { tracer: createTracer(trace) }),
  });
  const env = Object.entries(options.env).map(([name, value]) => encodeName(`${name}=${value}`));
  process.execute(options.program, options.argv.map(encodeName), env);
  const cancels = attachStreams(process, options);
  options.processes.add(process);
  return {
    process,
    vcpu,
    run: () => run(process, options, cancels),
    kill: (signal) => {
      process.post({ signal: SIGNAL[signal], code: SI_USER, origin: { kind: 'user', pid: 0, uid: 0 } });
    },
    counters: () => ({
      instructions: vcpu.instructions,
      syscalls: process.syscallCount,
      peakMemory: process.space.peakChargedBytes,
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
      process.post({ signal: SIGNAL[signal], code: 0x80, origin: { kind: 'kernel' } });
    },
  });
  for (const file of [files.stdin, files.stdout, files.stderr]) process.fds.install(file, false);
  process.controllingTerminal = files.controllingTerminal;
  const { terminal } = files;
  if (terminal === undefined) return [];
  terminal.foregroundGroup = process.processGroup;
  terminal.session = process.session;
  return [
    terminal.onResize(() => {
      process.post({ signal: SIGNAL.SIGWINCH, code: 0x80, origin: { kind: 'kernel' } });
    }),
  ];
}

async function run(process: Process, options: CreateProcessOptions, cancels: Cancel[]): Promise<ProcessExit> {
  const { platform, processes, limits = {} } = options;
  const { wallTime } = limits;
  if (wallTime !== undefined) {
    const expire = (): void => {
      stopAtLimit(process, 'limit-wall-time', `the program ran longer than its limit of ${String(wallTime)} ms`);
    };
    cancels.push(platform.setTimer(BigInt(Math.ceil(wallTime)) * MILLISECOND, expire));
  }
  try {
    return await process.run();
  } finally {
    for (const cancel of cancels) cancel();
    processes.remove(process);
  }
}

function stopAtLimit(process: Process, code: string, message: string): void {
  process.stop({ kind: 'limit', error: new LimitError(code, message) });
}
