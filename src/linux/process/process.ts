/**
 * A Linux process: the loop that runs its vCPU, makes its system calls and delivers its signals.
 *
 * Nothing here blocks the host. A system call that must wait leaves a `Wait`; `run` then sleeps on it in the host's
 * event loop. A program that computes is interrupted every `SLICE` to let the event loop turn, so that timers,
 * input and abort requests get their chance.
 */
import { LimitError } from '../../common/errors.ts';
import type { GuestTrap } from '../../engine/exit.ts';
import { AddressSpace } from '../../memory/address-space.ts';
import type { GuestMemory } from '../../memory/guest-memory.ts';
import { AccessFault, UserMemory } from '../../memory/user-memory.ts';
import type { Cancel, Platform } from '../../platform/types.ts';
import type { LinuxAbi } from '../abi/abi.ts';
import { ERRNO, isLinuxError } from '../errno.ts';
import { installProgram, prepareProgram, type InstalledProgram, type PreparedProgram } from '../loader/program.ts';
import type { Credentials, FsContext, Inode, Location } from '../vfs/types.ts';
import type { Vfs } from '../vfs/vfs.ts';
import { reportCrash } from './crash.ts';
import { openExecutable, type VfsExecutable } from './executable.ts';
import type { ProcessExit } from './exit.ts';
import { FdTable } from './fd-table.ts';
import { ResourceLimits, RLIMIT } from './rlimits.ts';
import { SignalState } from './signal-state.ts';
import {
  defaultAction,
  defaultSignalAction,
  encodeSignalInfo,
  kernelSignal,
  SA_NODEFER,
  SA_ONSTACK,
  SA_RESETHAND,
  SA_RESTART,
  SIG_DFL,
  SIG_IGN,
  SIGNAL,
  signalBit,
  signalName,
  type SignalAction,
  type SignalInfo,
} from './signals.ts';
import type { SyscallArguments, SyscallTable, SyscallTracer, TraceRecord } from './syscall-table.ts';
import { noAlternateStack, SS_DISABLE, Thread } from './thread.ts';
import { RealTimer } from './timers.ts';
import { signalOfTrap } from './traps.ts';
import type { VcpuLike } from './vcpu.ts';
import { REGISTERS_SET, Wait, type FinalResult } from './wait.ts';

/** Guest instructions between two looks at the clock. */
const BUDGET = 2_000_000;
/** System calls between two looks at the clock. */
const CALLS_PER_LOOK = 64;
/** Nanoseconds after which the host's event loop gets a turn. */
const SLICE = 40_000_000n;
/** Nanoseconds after which a call that asks whether something is ready, without waiting, lets the event loop turn. */
const POLL_SLICE = 4_000_000n;
const COMM_LENGTH = 15;

export type ProcessPlatform = Pick<Platform, 'clock' | 'random' | 'setTimer'>;

export interface ProcessOptions {
  readonly abi: LinuxAbi;
  readonly vfs: Vfs;
  readonly platform: ProcessPlatform;
  readonly memory: GuestMemory;
  readonly vcpu: VcpuLike;
  readonly table: SyscallTable;
  readonly pid: number;
  readonly cwd: Location;
  readonly uid: number;
  readonly gid: number;
  readonly groups?: readonly number[];
  readonly hostname?: string;
  /** Bytes of accessible private memory. */
  readonly memoryLimit?: number;
  /** Guest instructions. */
  readonly instructionLimit?: number;
  readonly tracer?: SyscallTracer;
}

export class Process implements FsContext {
  readonly abi: LinuxAbi;
  readonly vfs: Vfs;
  readonly platform: ProcessPlatform;
  readonly vcpu: VcpuLike;
  readonly space: AddressSpace;
  readonly memory: UserMemory;
  readonly fds = new FdTable();
  readonly signals = new SignalState();
  readonly limits = new ResourceLimits();
  readonly timer: RealTimer;
  readonly thread: Thread;
  readonly pid: number;
  readonly parentPid = 1;
  controllingTerminal: Inode | undefined;
  readonly bootTime: bigint;
  processGroup: number;
  session: number;
  ids: { uid: number; euid: number; suid: number; gid: number; egid: number; sgid: number };
  groups: readonly number[];
  root: Location;
  cwd: Location;
  umask = 0o022;
  hostname: string;
  /** At most 15 bytes, as prctl(PR_SET_NAME) sets it. */
  comm: Uint8Array = new Uint8Array();
  /** prctl(PR_SET_DUMPABLE), PR_SET_NO_NEW_PRIVS and the like: what is set can be read back. */
  readonly controls = new Map<number, number>();
  executable: Location | undefined;
  image: InstalledProgram | undefined;
  syscallCount = 0;

  readonly #table: SyscallTable;
  readonly #tracer: SyscallTracer | undefined;
  readonly #instructionLimit: number;
  #exit: ProcessExit | null = null;
  #wake: (() => void) | null = null;
  #cpuTime = 0n;
  #sliceStart: bigint | null = null;
  #argument0 = 0n;
  #traced: TraceRecord | null = null;

  constructor(options: ProcessOptions) {
    const { abi, vfs, platform, memory, vcpu, pid, uid, gid } = options;
    this.abi = abi;
    this.vfs = vfs;
    this.platform = platform;
    this.vcpu = vcpu;
    this.space = new AddressSpace(memory, options.memoryLimit);
    this.space.onCodeChange = (start, end) => {
      vcpu.invalidateCode(start, end);
    };
    this.memory = new UserMemory(this.space);
    this.timer = new RealTimer(platform, () => this.post(kernelSignal(SIGNAL.SIGALRM)));
    this.thread = new Thread(pid);
    this.pid = this.processGroup = this.session = pid;
    this.ids = { uid, euid: uid, suid: uid, gid, egid: gid, sgid: gid };
    this.groups = options.groups ?? [];
    this.root = vfs.root;
    this.cwd = options.cwd;
    this.hostname = options.hostname ?? 'hospes';
    this.bootTime = platform.clock.monotonic();
    this.#table = options.table;
    this.#tracer = options.tracer;
    this.#instructionLimit = options.instructionLimit ?? Infinity;
  }

  get tid(): number {
    return this.thread.tid;
  }

  /** The effective ids, which decide about files. */
  get credentials(): Credentials {
    return { uid: this.ids.euid, gid: this.ids.egid, groups: this.groups };
  }

  get exit(): ProcessExit | null {
    return this.#exit;
  }

  /** Nanoseconds that the guest ran, system calls included. */
  get cpuTime(): bigint {
    return this.#sliceStart === null
      ? this.#cpuTime
      : this.#cpuTime + this.platform.clock.monotonic() - this.#sliceStart;
  }

  /** Loads the first program. Throws `LoadError`. */
  execute(path: string, argv: readonly Uint8Array[], env: readonly Uint8Array[]): void {
    this.install(this.prepare(path, argv), env);
  }

  /** Finds and checks a program and all that it needs. Throws `LoadError`, and changes nothing. */
  prepare(path: string, argv: readonly Uint8Array[]): PreparedProgram<VfsExecutable> {
    return prepareProgram({ abi: this.abi, path, argv, open: (name) => openExecutable(this.vfs, this, name) });
  }

  /** Replaces the program. There is no way back: a `LoadError` from here leaves a process without one. */
  install(prepared: PreparedProgram<VfsExecutable>, env: readonly Uint8Array[]): void {
    const { abi, space, thread } = this;
    const random = new Uint8Array(16);
    this.platform.random(random);
    this.fds.closeForExec();
    space.unmapAll();
    const stack = this.limits.soft(RLIMIT.STACK);
    space.stackLimit = stack > BigInt(space.limit) ? space.limit / 4 : Number(stack);
    try {
      this.image = installProgram(prepared, { abi, space, env, random, ids: this.ids });
    } finally {
      prepared.executable.close();
      prepared.interpreter?.file.close();
    }
    this.executable = prepared.executable.location;
    this.setComm(prepared.path);
    this.signals.resetHandlers();
    thread.alternateStack = noAlternateStack;
    thread.clearChildTid = 0;
    thread.robustList = { head: 0, length: 0 };
    abi.startProgram(this.vcpu, this.image.entry, this.image.stack.stackPointer);
  }

  setComm(path: string): void {
    this.comm = new TextEncoder().encode(path.slice(path.lastIndexOf('/') + 1)).slice(0, COMM_LENGTH);
  }

  /** Runs the program to its end. Does not throw for anything that the guest does. */
  async run(): Promise<ProcessExit> {
    try {
      while (this.#exit === null) {
        const wait = this.#runUntilPause();
        if (wait !== null) await this.#sleep(wait);
        else if (this.signals.stopped) await this.#sleepUntil(() => !this.signals.stopped);
        else await this.#turnEventLoop();
      }
      return this.#exit;
    } finally {
      this.#tracer?.exit(this);
      this.timer.cancel();
      this.space.unmapAll();
      this.fds.closeAll();
    }
  }

  /** Sends a signal to the process (`toThread`: to its only thread). Safe to call from the event loop. */
  post(info: SignalInfo, toThread = false): void {
    if (this.signals.post(info, this.thread, toThread) || info.signal === SIGNAL.SIGCONT) this.#wake?.();
  }

  /** Ends the process because the embedder says so. */
  stop(exit: ProcessExit): void {
    this.#exit ??= exit;
    this.vcpu.interrupt();
    this.#wake?.();
  }

  exitWith(code: number): void {
    this.#exit ??= { kind: 'exit', code };
  }

  /** Kills the process by a signal that cannot be handled any more. */
  kill(signal: number, trap: GuestTrap | null = null): void {
    const crash = trap === null ? null : reportCrash(this.space, this.abi.elfMachine, signal, trap);
    this.#exit ??= { kind: 'signal', signal, name: signalName(signal), crash };
  }

  /** Whether the event loop has not had a turn for a while. */
  turnDue(): boolean {
    return this.#sliceStart !== null && this.platform.clock.monotonic() - this.#sliceStart >= POLL_SLICE;
  }

  /** Runs until the process ends, must wait (the wait is returned), or its slice is over. */
  #runUntilPause(): Wait | null {
    const { clock } = this.platform;
    const start = (this.#sliceStart = clock.monotonic());
    try {
      for (let calls = 0; this.#readyToRun();) {
        this.vcpu.setPreciseFaults(this.signals.handlesFaults);
        const exit = this.vcpu.run(Math.min(BUDGET, this.#instructionLimit - this.vcpu.instructions));
        let look = true;
        if (exit.kind === 'syscall') {
          const wait = this.#syscall();
          if (wait !== null) return wait;
          look = ++calls % CALLS_PER_LOOK === 0;
        } else if (exit.kind === 'trap') this.#trap(exit.trap);
        this.thread.restoreSavedMask();
        if (this.vcpu.instructions >= this.#instructionLimit) this.#instructionLimitReached();
        if (look && clock.monotonic() - start >= SLICE) return null;
      }
      return null;
    } finally {
      this.#cpuTime += clock.monotonic() - start;
      this.#sliceStart = null;
    }
  }

  /** Delivers what came meanwhile; false when the process ended or was stopped. */
  #readyToRun(): boolean {
    if (this.signals.hasDeliverable(this.thread)) this.#deliverSignals(null);
    return this.#exit === null && !this.signals.stopped;
  }

  #instructionLimitReached(): void {
    const limit = this.#instructionLimit;
    const message = `the program used up its limit of ${String(limit)} instructions`;
    this.stop({ kind: 'limit', error: new LimitError('limit-instructions', message, { context: { limit } }) });
  }

  // System calls

  #syscall(): Wait | null {
    const { abi, vcpu } = this;
    this.syscallCount++;
    const number = abi.syscallNumber(vcpu);
    this.#argument0 = abi.argumentBits(vcpu, 0);
    const args: SyscallArguments = [
      abi.argument(vcpu, 0),
      abi.argument(vcpu, 1),
      abi.argument(vcpu, 2),
      abi.argument(vcpu, 3),
      abi.argument(vcpu, 4),
      abi.argument(vcpu, 5),
    ];
    if (this.#tracer !== undefined) this.#traced = this.#tracer.enter(this, number, args);
    const result = this.#attempt(() => this.#table.call(this, number, args));
    if (result instanceof Wait) return result;
    this.#complete(result);
    return null;
  }

  /** Runs a part of a system call; what it throws for the guest becomes an error number. */
  #attempt<T>(part: () => T): T | number {
    try {
      return part();
    } catch (error) {
      if (isLinuxError(error)) {
        if (error.name === 'EPIPE' && this.#table.raisesSigpipe(this.abi.syscallNumber(this.vcpu)))
          this.post(kernelSignal(SIGNAL.SIGPIPE), true);
        return -error.errno;
      }
      if (error instanceof AccessFault) return -ERRNO.EFAULT;
      throw error;
    }
  }

  #complete(result: FinalResult): void {
    if (result !== REGISTERS_SET) this.abi.setResult(this.vcpu, result);
    this.#trace(result);
  }

  #trace(result: FinalResult | 'restart'): void {
    if (this.#tracer === undefined || this.#traced === null) return;
    this.#tracer.leave(this.#traced, result);
    this.#traced = null;
  }

  /** Sleeps until the waiting system call has a result, or a signal ends it. */
  async #sleep(wait: Wait): Promise<void> {
    const { subscribe, attempt, deadline, onDeadline } = wait.options;
    const cancels: Cancel[] = [];
    const wake = (): void => this.#wake?.();
    if (subscribe !== undefined) cancels.push(subscribe(wake));
    const { clock } = this.platform;
    if (deadline !== undefined) {
      const left = deadline - clock.monotonic();
      cancels.push(this.platform.setTimer(left > 0n ? left : 0n, wake));
    }
    try {
      await this.#sleepUntil(() => {
        if (this.exit !== null) return true;
        if (this.signals.stopped) return false;
        const result = attempt === undefined ? undefined : this.#attempt(attempt);
        if (result !== undefined) this.#complete(result);
        else if (this.signals.hasDeliverable(this.thread)) return this.#deliverSignals(wait);
        else if (deadline === undefined || clock.monotonic() < deadline) return false;
        else this.#complete(this.#attempt(() => onDeadline?.() ?? 0));
        return true;
      });
    } finally {
      for (const cancel of cancels) cancel();
    }
    this.thread.restoreSavedMask();
  }

  /** Sleeps until `done` says so; asks it whenever something woke the process. */
  async #sleepUntil(done: () => boolean): Promise<void> {
    while (this.#exit === null) {
      let wake = (): void => undefined;
      const woken = new Promise<void>((resolve) => (wake = resolve));
      this.#wake = wake;
      if (done()) break;
      await woken;
    }
    this.#wake = null;
  }

  #turnEventLoop(): Promise<void> {
    return new Promise((resolve) => {
      this.platform.setTimer(0n, resolve);
    });
  }

  // Signals

  #trap(trap: GuestTrap): void {
    if (trap.kind === 'memory-fault' && this.#resolveFault(trap)) return;
    this.#forceSignal(signalOfTrap(trap, this.space), trap);
  }

  /** True when the access can be made now, and the instruction is to be run again. */
  #resolveFault({ address, access, imprecise }: GuestTrap & { readonly kind: 'memory-fault' }): boolean {
    return address !== null && imprecise !== true && this.space.handleFault(address, access);
  }

  /** Delivers a signal that the program's own instruction raised: it cannot be blocked or ignored. */
  #forceSignal(info: SignalInfo, trap: GuestTrap | null): void {
    const action = this.signals.action(info.signal);
    const blocked = (this.thread.mask & signalBit(info.signal)) !== 0n;
    if (blocked || action.handler === SIG_IGN || action.handler === SIG_DFL) this.kill(info.signal, trap);
    else this.#enterHandler(info, action, trap);
  }

  /**
   * Delivers pending signals. `wait` is the system call that they interrupt, if any. False when none of them ended
   * it: the call goes on waiting.
   */
  #deliverSignals(wait: Wait | null): boolean {
    let interrupted = false;
    for (let info = this.#nextSignal(); info !== undefined; info = this.#nextSignal()) {
      const action = this.signals.action(info.signal);
      if (action.handler === SIG_IGN) continue;
      if (action.handler === SIG_DFL) {
        this.#defaultAction(info.signal);
        continue;
      }
      if (wait !== null && !interrupted) this.#interruptCall(wait, action);
      interrupted = true;
      this.#enterHandler(info, action, null);
    }
    return interrupted || this.#exit !== null;
  }

  #nextSignal(): SignalInfo | undefined {
    return this.#exit !== null || this.signals.stopped ? undefined : this.signals.takeDeliverable(this.thread);
  }

  #defaultAction(signal: number): void {
    const action = defaultAction(signal);
    if (action === 'terminate' || action === 'core') this.kill(signal);
    else if (action === 'stop') this.signals.stopped = true;
  }

  /** Gives a waiting call its result before the handler's frame saves the registers. */
  #interruptCall(wait: Wait, action: SignalAction): void {
    const { restartable, onInterrupt } = wait.options;
    if (!restartable || (action.flags & SA_RESTART) === 0) {
      this.#complete(this.#attempt(() => onInterrupt?.() ?? -ERRNO.EINTR));
      return;
    }
    this.#trace('restart');
    this.abi.restartSyscall(this.vcpu, this.#argument0);
  }

  #enterHandler(info: SignalInfo, action: SignalAction, trap: GuestTrap | null): void {
    const { thread, abi, vcpu } = this;
    const stackPointer = abi.stackPointer(vcpu);
    const alternate = thread.alternateStack;
    const switches =
      (action.flags & SA_ONSTACK) !== 0 &&
      (alternate.flags & SS_DISABLE) === 0 &&
      !thread.onAlternateStack(stackPointer);
    try {
      abi.enterSignalHandler(vcpu, this.memory, {
        signal: info.signal,
        handler: action.handler,
        restorer: action.restorer !== 0 ? action.restorer : (this.image?.sigreturn ?? 0),
        stackTop: switches ? alternate.address + alternate.size : stackPointer,
        info: encodeSignalInfo(info),
        mask: thread.savedMask ?? thread.mask,
        alternateStack: thread.describeAlternateStack(stackPointer),
      });
    } catch (error) {
      if (!(error instanceof AccessFault)) throw error;
      this.#stackUnusable(info.signal, trap);
      return;
    }
    this.#tracer?.signal(info);
    thread.savedMask = null;
    const added = action.mask | ((action.flags & SA_NODEFER) === 0 ? signalBit(info.signal) : 0n);
    thread.mask |= added;
    if ((action.flags & SA_RESETHAND) !== 0) this.signals.setAction(info.signal, defaultSignalAction, thread);
  }

  /** No frame can be built: SIGSEGV, which is fatal when it is the one that has no frame. */
  #stackUnusable(signal: number, trap: GuestTrap | null): void {
    const fault: GuestTrap = trap ?? {
      kind: 'memory-fault',
      pc: this.vcpu.pc,
      address: this.#stackAddress(),
      access: 'write',
    };
    if (signal === SIGNAL.SIGSEGV) this.kill(signal, fault);
    else this.#forceSignal(kernelSignal(SIGNAL.SIGSEGV), fault);
  }

  #stackAddress(): bigint {
    return BigInt.asUintN(64, BigInt(this.abi.stackPointer(this.vcpu)));
  }

  /** rt_sigreturn(2). */
  leaveHandler(): void {
    const { thread } = this;
    const restored = this.#attempt(() => this.abi.leaveSignalHandler(this.vcpu, this.memory));
    if (typeof restored === 'number' || restored === null) {
      this.#forceSignal(kernelSignal(SIGNAL.SIGSEGV), null);
      return;
    }
    thread.mask = restored.mask;
    const { address, flags, size } = restored.alternateStack;
    thread.alternateStack = { address, flags: flags & ~1, size };
  }
}
