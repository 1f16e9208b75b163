/**
 * A process: what its threads share. How threads run is in `run-thread.ts`, when they run in `kernel/scheduler.ts`, how
 * processes come and go in `kernel/clone.ts` and `kernel/ending.ts`.
 */
import type { GuestTrap } from '../../engine/exit.ts';
import type { AddressSpace } from '../../memory/address-space.ts';
import type { UserMemory } from '../../memory/user-memory.ts';
import { defined } from '../../common/assert.ts';
import type { LinuxAbi } from '../abi/abi.ts';
import { bitOf, type Capabilities } from '../capabilities.ts';
import type { Kernel, KernelPlatform } from '../kernel/kernel.ts';
import type { InstalledProgram } from '../loader/program.ts';
import { Notifier } from '../vfs/notifier.ts';
import type { Credentials, FsContext, Inode, Location } from '../vfs/types.ts';
import type { TerminalControl } from '../vfs/stdio/terminal-control.ts';
import type { Vfs } from '../vfs/vfs.ts';
import { reportCrash } from './crash.ts';
import type { ProcessExit } from './exit.ts';
import { FdTable } from './fd-table.ts';
import type { MemoryContext } from './memory-context.ts';
import { ResourceLimits, RLIM_INFINITY, RLIMIT } from './rlimits.ts';
import { SignalState } from './signal-state.ts';
import { kernelSignal, SIGNAL, signalName, type SignalInfo } from './signals.ts';
import { Thread } from './thread.ts';
import { CpuTimer, RealTimer } from './timers.ts';
import type { VcpuLike } from './vcpu.ts';

/** The real, effective and saved ids, and those that decide about files. */
export interface Identity {
  readonly uid: number;
  readonly euid: number;
  readonly suid: number;
  readonly gid: number;
  readonly egid: number;
  readonly sgid: number;
  readonly fsuid: number;
  readonly fsgid: number;
}

/** What clone(2) shares with CLONE_FS. */
export interface FileSystemState {
  root: Location;
  cwd: Location;
  umask: number;
}

export interface ProcessOptions {
  readonly kernel: Kernel;
  readonly context: MemoryContext;
  readonly pid: number;
  /** Null for the first process, whose parent lies outside of the guest. */
  readonly parent: Process | null;
  readonly fs: FileSystemState;
  readonly ids: Identity;
  readonly groups: readonly number[];
  readonly capabilities: Capabilities;
  /** Those of the parent when they are shared (CLONE_FILES). */
  readonly fds?: FdTable;
}

export class Process implements FsContext {
  readonly kernel: Kernel;
  readonly pid: number;
  /** Replaced by execve(2) when it is shared with others. */
  context: MemoryContext;
  fds: FdTable;
  fs: FileSystemState;
  /** In the order in which they began; empty once the process has ended. */
  readonly threads: Thread[] = [];
  /** The thread that runs, or ran last: whose system call it is. */
  thread: Thread;
  readonly signals: SignalState;
  readonly limits: ResourceLimits = new ResourceLimits();
  /** ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF. */
  readonly timer: RealTimer;
  readonly virtualTimer: CpuTimer;
  readonly profileTimer: CpuTimer;
  /** What belongs to the present program alone and goes with it. */
  readonly onLeavingProgram: (() => void)[] = [];
  parent: Process | null;
  readonly children = new Set<Process>();
  /** Tells that a child changed its state. */
  readonly childEvents = new Notifier();
  /** Tells a parent in vfork(2) that this child does not use its memory any more. */
  readonly released = new Notifier();
  usesParentMemory = false;
  /** The signal that the parent gets at the end; 0 for none. */
  exitSignal: number = SIGNAL.SIGCHLD;
  processGroup: number;
  session: number;
  /** It has called execve(2) since it was made: its parent may not move it to another group any more. */
  executed = false;
  /** The terminal that controls its session. */
  terminal: TerminalControl | undefined;
  ids: Identity;
  groups: readonly number[];
  capabilities: Capabilities;
  /** -20 to 19: setpriority(2). */
  nice = 0;
  /** Class and level of ioprio_set(2). */
  ioPriority = 0;
  /** As personality(2) sets it. */
  persona = 0;
  /** prctl(PR_SET_DUMPABLE), PR_SET_NO_NEW_PRIVS and the like: what is set can be read back. */
  readonly controls = new Map<number, number>();
  /** Timers of timer_create(2) that count CPU time. */
  readonly cpuTimers = new Set<CpuTimer>();
  executable: Location | undefined;
  /** Nanoseconds of the monotonic clock. */
  readonly startTime: bigint;
  /** Changes of state that wait4(2) has not told yet. */
  report: { kind: 'stopped'; signal: number } | { kind: 'continued' } | null = null;
  /** CPU time of children that ended and were waited for. */
  childrenTime = 0n;
  /** CPU time of threads that ended. */
  endedTime = 0n;
  /** Ended, and not waited for yet. */
  zombie = false;
  /** Ended, and gone. */
  reaped = false;
  /** Tells that it has ended, and that it was waited for. */
  readonly endEvents = new Notifier();
  syscallCount = 0;
  #exit: ProcessExit | null = null;

  constructor(options: ProcessOptions) {
    const { kernel, context, pid, parent } = options;
    this.kernel = kernel;
    this.context = context;
    this.pid = pid;
    this.parent = parent;
    this.fs = options.fs;
    this.ids = options.ids;
    this.groups = options.groups;
    this.capabilities = options.capabilities;
    this.fds = options.fds ?? new FdTable();
    this.processGroup = parent?.processGroup ?? pid;
    this.session = parent?.session ?? pid;
    this.terminal = parent?.terminal;
    this.startTime = kernel.platform.clock.monotonic();
    this.signals = new SignalState(this.threads);
    this.timer = new RealTimer(kernel.platform, () => this.post(kernelSignal(SIGNAL.SIGALRM)));
    const cpuTimer = (signal: number): CpuTimer =>
      new CpuTimer(
        () => this.cpuTime,
        () => this.post(kernelSignal(signal)),
      );
    this.virtualTimer = cpuTimer(SIGNAL.SIGVTALRM);
    this.profileTimer = cpuTimer(SIGNAL.SIGPROF);
    this.thread = new Thread(this, pid, context.takeVcpu());
    this.threads.push(this.thread);
  }

  get abi(): LinuxAbi {
    return this.context.personality.abi;
  }

  get vfs(): Vfs {
    return this.kernel.vfs;
  }

  get platform(): KernelPlatform {
    return this.kernel.platform;
  }

  /** The vCPU of the thread that runs. */
  get vcpu(): VcpuLike {
    return this.thread.vcpu;
  }

  get space(): AddressSpace {
    return this.context.space;
  }

  get memory(): UserMemory {
    return this.context.memory;
  }

  get image(): InstalledProgram | undefined {
    return this.context.image;
  }

  /** Of the thread that runs. */
  get tid(): number {
    return this.thread.tid;
  }

  /** The thread that the process began with, or the oldest one left. */
  get leader(): Thread {
    return defined(this.threads[0] ?? this.thread, 'a process has had a thread');
  }

  /** 1 for those whose parent ended, and for the first process. */
  get parentPid(): number {
    return this.parent?.pid ?? 1;
  }

  get root(): Location {
    return this.fs.root;
  }
  set root(root: Location) {
    this.fs.root = root;
  }

  get cwd(): Location {
    return this.fs.cwd;
  }
  set cwd(cwd: Location) {
    this.fs.cwd = cwd;
  }

  get umask(): number {
    return this.fs.umask;
  }
  set umask(umask: number) {
    this.fs.umask = umask;
  }

  get controllingTerminal(): Inode | undefined {
    return this.terminal?.inode;
  }

  get hostname(): string {
    return this.kernel.hostname;
  }

  get domainname(): string {
    return this.kernel.domainname;
  }

  get bootTime(): bigint {
    return this.kernel.bootTime;
  }

  get comm(): Uint8Array {
    return this.leader.comm;
  }

  /** What decides about files. */
  get credentials(): Credentials {
    const { fsuid, fsgid } = this.ids;
    return { uid: fsuid, gid: fsgid, groups: this.groups, capabilities: this.capabilities.effective };
  }

  /** Whether a capability, one of CAP, is in effect. */
  can(capability: number): boolean {
    return (this.capabilities.effective & bitOf(capability)) !== 0n;
  }

  /** How it ends, once that is decided. */
  get exit(): ProcessExit | null {
    return this.#exit;
  }

  get ended(): boolean {
    return this.zombie || this.reaped;
  }

  /** Nanoseconds that the guest ran, system calls included. */
  get cpuTime(): bigint {
    return this.threads.reduce((sum, thread) => sum + this.kernel.scheduler.cpuTimeOf(thread), this.endedTime);
  }

  /** Sends a signal to the process, or to one thread of it. Safe to call from the event loop. */
  post(info: SignalInfo, thread: Thread | null = null): void {
    if (this.threads.length === 0) return;
    const wasStopped = this.signals.stopped;
    const queued = this.signals.post(info, thread);
    if (wasStopped && !this.signals.stopped) this.kernel.jobs.continued(this);
    const { scheduler } = this.kernel;
    if (thread !== null) scheduler.wake(thread);
    else if (queued || wasStopped) for (const each of this.threads) scheduler.wake(each);
  }

  /** The program ends, or is replaced by another. */
  leaveProgram(): void {
    for (const leave of this.onLeavingProgram.splice(0)) leave();
  }

  /** After a turn of one of the threads. */
  checkCpuTimers(): void {
    this.virtualTimer.check();
    this.profileTimer.check();
    for (const timer of this.cpuTimers) timer.check();
    this.#checkCpuLimit();
  }

  /** SIGXCPU at the soft limit and each second after it, SIGKILL at the hard one (check_process_timers). */
  #checkCpuLimit(): void {
    const limit = this.limits.get(RLIMIT.CPU);
    if (limit === undefined || limit.soft === RLIM_INFINITY) return;
    const seconds = this.cpuTime / 1_000_000_000n;
    if (seconds >= limit.hard) this.post(kernelSignal(SIGNAL.SIGKILL));
    else if (seconds >= limit.soft) {
      this.post(kernelSignal(SIGNAL.SIGXCPU));
      limit.soft++;
    }
  }

  exitWith(code: number): void {
    this.#end({ kind: 'exit', code });
  }

  /** Kills the process by a signal that cannot be handled any more. */
  kill(signal: number, trap: GuestTrap | null = null): void {
    const crash = trap === null ? null : reportCrash(this.space, this.abi.elfMachine, signal, trap);
    this.#end({ kind: 'signal', signal, name: signalName(signal), crash });
  }

  /** Decides how the process ends; the scheduler carries it out when it gets to one of the threads. */
  #end(exit: ProcessExit): void {
    if (this.#exit !== null) return;
    this.#exit = exit;
    for (const thread of this.threads) this.kernel.scheduler.wake(thread);
  }

  /** Whether the event loop has not had a turn for a while. */
  turnDue(): boolean {
    return this.kernel.scheduler.turnDue();
  }
}
