/** The kernel of one guest: its processes, its files, its time, and what they share. */
import { LimitError } from '../../common/errors.ts';
import { MemoryAccount } from '../../memory/memory-account.ts';
import { MemoryPool } from '../../memory/pool.ts';
import { SharedFiles } from '../../memory/shared-files.ts';
import type { Platform } from '../../platform/types.ts';
import type { LinuxAbi } from '../abi/abi.ts';
import { initialCapabilities } from '../capabilities.ts';
import { fail } from '../errno.ts';
import { Ipc } from '../ipc/ipc.ts';
import type { Outside } from '../net/outside.ts';
import type { ProcessExit } from '../process/exit.ts';
import { MemoryContext } from '../process/memory-context.ts';
import { Process, type Identity } from '../process/process.ts';
import { SyscallTable, type SyscallHandlers, type SyscallTracer } from '../process/syscall-table.ts';
import type { Beside, Personality } from '../process/vcpu.ts';
import type { Location } from '../vfs/types.ts';
import type { Vfs } from '../vfs/vfs.ts';
import { kernelSignal, SIGNAL } from '../process/signals.ts';
import { Ptys } from '../tty/ptys.ts';
import { endProcess, endThread } from './ending.ts';
import { Futexes } from './futexes.ts';
import { Jobs } from './jobs.ts';
import { PiFutexes } from './pi-futexes.ts';
import { ProcessList } from './process-list.ts';
import { Scheduler } from './scheduler.ts';

export type KernelPlatform = Pick<Platform, 'clock' | 'random' | 'setTimer'>;

/** `none`: no sockets of the Internet at all; `loopback`: those inside the guest; or an outside, with its policy. */
export type NetworkAccess = 'none' | 'loopback' | Outside;

export interface KernelOptions {
  readonly vfs: Vfs;
  readonly platform: KernelPlatform;
  /** The list that `/proc` was made with. */
  readonly processes?: ProcessList;
  /** Guests whose programs can be executed. */
  readonly personalities: readonly Personality[];
  readonly handlers: SyscallHandlers;
  readonly hostname?: string;
  /** Bytes of linear memory of a process. */
  readonly memorySize?: number;
  /** Bytes of accessible private memory of all processes together. */
  readonly memoryLimit?: number;
  /** Guest instructions of all processes. */
  readonly instructionLimit?: number;
  /** Processes and threads at a time. */
  readonly taskLimit?: number;
  /** Processors' worth of time that the guest gets; below 1 it is made to pause. */
  readonly cpus?: number;
  readonly tracer?: SyscallTracer;
  /** Which AF_INET and AF_INET6 there is; none unless given. */
  readonly network?: NetworkAccess;
  /** Threads of the host that run vCPUs beside the kernel; a memory has an area for each, and one for the kernel's own. */
  readonly beside?: Beside;
}

/** The first process has this pid; its parent, outside of the guest, is 1. */
const FIRST_PID = 2;
const PID_MAX = 4194304;
const DEFAULT_TASKS = 4096;

export class Kernel {
  readonly vfs: Vfs;
  readonly platform: KernelPlatform;
  readonly pool: MemoryPool;
  readonly scheduler: Scheduler;
  readonly processes: ProcessList;
  readonly jobs: Jobs;
  readonly ptys: Ptys;
  readonly futexes = new Futexes();
  readonly piFutexes = new PiFutexes();
  readonly sharedFiles = new SharedFiles();
  readonly ipc: Ipc;
  /** What all processes have mapped together. */
  readonly memory: MemoryAccount;
  readonly tracer: SyscallTracer | undefined;
  readonly personalities: readonly Personality[];
  /** Processors that the guest sees. */
  readonly cpus: number;
  readonly network: NetworkAccess;
  readonly bootTime: bigint;
  hostname: string;
  domainname = '(none)';
  syscallCount = 0;
  /** Processes and threads that were ever made. */
  forks = 0;
  /** Most accessible private memory that one process had mapped, in bytes, among those that ended. */
  peakMemory = 0;
  readonly #options: KernelOptions;
  readonly #tables = new Map<LinuxAbi, SyscallTable>();
  #lastPid = FIRST_PID - 1;
  #first: Process | null = null;
  #stopped: ProcessExit | null = null;

  constructor(options: KernelOptions) {
    const { vfs, platform } = options;
    this.#options = options;
    this.vfs = vfs;
    this.platform = platform;
    this.personalities = options.personalities;
    this.cpus = options.beside?.count ?? 1;
    this.tracer = options.tracer;
    this.network = options.network ?? 'none';
    this.hostname = options.hostname ?? 'hospes';
    this.bootTime = platform.clock.monotonic();
    this.pool = new MemoryPool(options.memorySize, options.beside === undefined ? 0 : options.beside.count + 1);
    this.memory = new MemoryAccount(options.memoryLimit);
    this.processes = options.processes ?? new ProcessList();
    vfs.isExecuted = ({ fs, ino }) =>
      this.processes.all().some(({ executable, zombie }) => {
        const inode = executable?.dentry.inode;
        return !zombie && inode?.ino === ino && inode.fs === fs;
      });
    this.ipc = new Ipc(vfs.environment, () => this.scheduler.latest?.process);
    vfs.environment.ipc = this.ipc;
    this.jobs = new Jobs(this);
    this.ptys = new Ptys(vfs, {
      signal: (control, signal) => {
        this.jobs.signalGroup(control.foregroundGroup, kernelSignal(SIGNAL[signal]));
      },
      hangUp: ({ control }) => {
        this.jobs.hangUp(control);
      },
    });
    this.scheduler = new Scheduler(
      platform,
      {
        switching: (from, to) => {
          if (from !== null && from.process.context !== to.process.context) from.process.space.publish();
        },
        ended: (thread) => {
          if (thread.process.exit !== null) endProcess(thread.process);
          else endThread(thread);
        },
        instructionLimitReached: () => {
          this.#instructionLimitReached();
        },
      },
      { instructionLimit: options.instructionLimit, cpus: options.cpus },
      options.beside,
    );
  }

  /** Makes the first process, without a program. */
  createFirstProcess(options: {
    readonly cwd: Location;
    readonly uid: number;
    readonly gid: number;
    readonly groups?: readonly number[];
  }): Process {
    const { uid, gid } = options;
    const ids: Identity = { uid, euid: uid, suid: uid, gid, egid: gid, sgid: gid, fsuid: uid, fsgid: gid };
    const [personality] = this.personalities;
    const process = new Process({
      kernel: this,
      context: this.createContext(personality ?? fail('ENOEXEC')),
      pid: this.allocatePid(),
      parent: null,
      fs: { root: this.vfs.root, cwd: options.cwd, umask: 0o022 },
      ids,
      groups: options.groups ?? [],
      capabilities: initialCapabilities(uid),
    });
    this.processes.add(process);
    this.tracer?.begin(process.thread, null);
    return process;
  }

  /** A fresh memory without a program. */
  createContext(personality: Personality): MemoryContext {
    return new MemoryContext(personality, this.pool.take(), this.sharedFiles, this.memory);
  }

  /** A process uses `context` no more. */
  releaseContext(context: MemoryContext): void {
    this.peakMemory = Math.max(this.peakMemory, context.space.peakChargedBytes);
    if (--context.users > 0) return;
    context.release();
    if (this.#first?.threads.length === 0) this.pool.drop(context.space);
    else this.pool.give(context.space);
  }

  /** Runs until `first` ends; whatever else runs then is killed. */
  async run(first: Process): Promise<ProcessExit> {
    this.#first = first;
    this.scheduler.wake(first.thread);
    try {
      await this.scheduler.run(() => first.threads.length === 0);
      return this.#stopped ?? first.exit ?? fail('ESRCH');
    } finally {
      this.#endAll();
      this.pool.clear();
    }
  }

  /** Ends everything because the embedder says so. */
  stop(exit: ProcessExit): void {
    this.#stopped ??= exit;
    this.scheduler.stop();
  }

  tableFor(abi: LinuxAbi): SyscallTable {
    let table = this.#tables.get(abi);
    if (table === undefined) this.#tables.set(abi, (table = new SyscallTable(abi, this.#options.handlers)));
    return table;
  }

  /** A number for a process or thread. EAGAIN when there are too many. */
  allocatePid(): number {
    if (this.processes.taskCount >= (this.#options.taskLimit ?? DEFAULT_TASKS)) fail('EAGAIN');
    do this.#lastPid = this.#lastPid >= PID_MAX ? 300 : this.#lastPid + 1;
    while (this.processes.isTaken(this.#lastPid));
    this.forks++;
    return this.#lastPid;
  }

  #instructionLimitReached(): void {
    const limit = this.#options.instructionLimit;
    const message = `the program used up its limit of ${String(limit)} instructions`;
    this.stop({ kind: 'limit', error: new LimitError('limit-instructions', message, { context: { limit } }) });
  }

  #endAll(): void {
    for (const process of this.processes.all()) {
      process.kill(9);
      if (process.threads.length > 0) endProcess(process);
    }
  }
}
