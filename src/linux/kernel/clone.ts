/** clone(2) and its relatives: new threads and new processes (kernel/fork.c). */
import { fail } from '../errno.ts';
import { UndoList } from '../ipc/semaphore-undo.ts';
import {
  DEFAULT_TIMERSLACK,
  PR_GET_CHILD_SUBREAPER,
  PR_GET_PDEATHSIG,
  PR_GET_TIMERSLACK,
} from '../process/controls.ts';
import { Process } from '../process/process.ts';
import type { MemoryContext } from '../process/memory-context.ts';
import { SIGNAL_COUNT } from '../process/signals.ts';
import { Thread } from '../process/thread.ts';
import { Wait, type SyscallResult } from '../process/wait.ts';

export const CLONE = {
  VM: 0x100,
  FS: 0x200,
  FILES: 0x400,
  SIGHAND: 0x800,
  PIDFD: 0x1000,
  PTRACE: 0x2000,
  VFORK: 0x4000,
  PARENT: 0x8000,
  THREAD: 0x10000,
  SYSVSEM: 0x40000,
  SETTLS: 0x80000,
  PARENT_SETTID: 0x100000,
  CHILD_CLEARTID: 0x200000,
  DETACHED: 0x400000,
  UNTRACED: 0x800000,
  CHILD_SETTID: 0x1000000,
  IO: 0x80000000,
} as const;

/** What can be shared or not without a difference here, or is a thing of ptrace(2). */
const HARMLESS: number = CLONE.PTRACE | CLONE.DETACHED | CLONE.UNTRACED | CLONE.IO;
const KNOWN = Object.values(CLONE).reduce((bits, flag) => bits | flag, HARMLESS);
const THREAD_FLAGS = CLONE.VM | CLONE.SIGHAND | CLONE.FS | CLONE.FILES;

export interface CloneRequest {
  /** CLONE_ flags without the signal in their low byte. */
  readonly flags: number;
  readonly exitSignal: number;
  /** 0: the child goes on with the parent's. */
  readonly stackPointer: number;
  readonly parentTid: number;
  readonly childTid: number;
  readonly threadPointer: bigint;
  /** CLONE_CLEAR_SIGHAND: the child begins with default actions for what has a handler. */
  readonly clearsHandlers?: boolean;
  /** CLONE_PIDFD: called with the child once nothing can fail any more. */
  readonly onChild?: (child: Process) => void;
}

export function clone(process: Process, request: CloneRequest): SyscallResult {
  check(request);
  if ((request.flags & CLONE.THREAD) !== 0) return startThread(process, request);
  return startProcess(process, request);
}

function check({ flags, exitSignal, clearsHandlers }: CloneRequest): void {
  const has = (flag: number): boolean => (flags & flag) !== 0;
  // Name spaces, and whatever else would be promised without being kept.
  if ((flags & ~KNOWN) !== 0) fail('EINVAL');
  if (exitSignal < 0 || exitSignal > SIGNAL_COUNT) fail('EINVAL');
  if (has(CLONE.SIGHAND) && (!has(CLONE.VM) || clearsHandlers === true)) fail('EINVAL');
  if (has(CLONE.PIDFD) && (has(CLONE.THREAD) || has(CLONE.DETACHED))) fail('EINVAL');
  // Threads that share less than everything, and processes that share handlers, are not there.
  if (has(CLONE.THREAD) ? (flags & THREAD_FLAGS) !== THREAD_FLAGS || has(CLONE.VFORK) : has(CLONE.SIGHAND))
    fail('EINVAL');
}

function startThread(process: Process, request: CloneRequest): number {
  const { kernel, context, thread: parent } = process;
  const thread = new Thread(process, kernel.allocatePid(), context.takeVcpu());
  inherit(thread, parent);
  shareUndoList(thread, parent, request);
  process.threads.push(thread);
  kernel.processes.addThread(thread);
  prepare(thread, parent, request);
  writeTids(process, thread, request);
  kernel.tracer?.begin(thread, process);
  kernel.scheduler.wake(thread);
  return thread.tid;
}

function startProcess(parent: Process, request: CloneRequest): SyscallResult {
  const { flags } = request;
  const { kernel } = parent;
  const has = (flag: number): boolean => (flags & flag) !== 0;
  const pid = kernel.allocatePid();
  const context = has(CLONE.VM) ? shareContext(parent) : copyContext(parent);
  const child = new Process({
    kernel,
    context,
    pid,
    parent: has(CLONE.PARENT) ? parent.parent : parent,
    fs: has(CLONE.FS) ? parent.fs : { ...parent.fs },
    fds: has(CLONE.FILES) ? parent.fds.join() : parent.fds.copy(),
    ids: parent.ids,
    groups: parent.groups,
    capabilities: parent.capabilities,
  });
  copyProcess(child, parent, request.exitSignal);
  if (request.clearsHandlers === true) child.signals.resetHandlers();
  inherit(child.thread, parent.thread);
  shareUndoList(child.thread, parent.thread, request);
  kernel.processes.add(child);
  child.parent?.children.add(child);
  prepare(child.thread, parent.thread, request);
  writeTids(parent, child.thread, request);
  request.onChild?.(child);
  kernel.tracer?.begin(child.thread, parent);
  kernel.scheduler.wake(child.thread);
  if (!has(CLONE.VFORK)) return pid;
  child.usesParentMemory = true;
  return new Wait({
    attempt: () => (child.usesParentMemory ? undefined : pid),
    subscribe: (wake) => child.released.subscribe(wake),
    restartable: false,
    uninterruptible: true,
  });
}

function shareContext({ context }: Process): MemoryContext {
  context.users++;
  return context;
}

function copyContext({ context, kernel }: Process): MemoryContext {
  if (!context.space.canBeCopied) fail('ENOMEM');
  const copy = kernel.createContext(context.personality);
  copy.space.copyFrom(context.space);
  copy.image = context.image;
  copy.wantsBarriers = context.wantsBarriers;
  return copy;
}

function copyProcess(child: Process, parent: Process, exitSignal: number): void {
  child.processGroup = parent.processGroup;
  child.session = parent.session;
  child.terminal = parent.terminal;
  child.nice = parent.thread.scheduling.resetsOnFork ? Math.max(parent.nice, 0) : parent.nice;
  child.ioPriority = parent.ioPriority;
  child.persona = parent.persona;
  child.exitSignal = exitSignal;
  child.executable = parent.executable;
  child.signals.copyActions(parent.signals);
  child.limits.copyFrom(parent.limits);
  for (const [option, value] of parent.controls) if (option !== PR_GET_PDEATHSIG) child.controls.set(option, value);
  child.controls.delete(PR_GET_CHILD_SUBREAPER);
  const slack = parent.controls.get(PR_GET_TIMERSLACK);
  if (slack !== undefined) child.controls.set(DEFAULT_TIMERSLACK, slack);
}

function inherit(thread: Thread, parent: Thread): void {
  thread.comm = parent.comm;
  thread.mask = parent.savedMask ?? parent.mask;
  thread.vcpu.copyState(parent.vcpu);
  thread.inheritScheduling(parent);
}

/** CLONE_SYSVSEM: what semop(2) is to undo is undone when both have ended. */
function shareUndoList(thread: Thread, parent: Thread, { flags }: CloneRequest): void {
  if ((flags & CLONE.SYSVSEM) === 0) return;
  parent.undoList ??= new UndoList();
  parent.undoList.users++;
  thread.undoList = parent.undoList;
}

function prepare(thread: Thread, parent: Thread, request: CloneRequest): void {
  const { flags, stackPointer, threadPointer } = request;
  // The alternate stack is for one thread; a copy of the memory has one of its own (sigaltstack(2)).
  const sharesMemory = (flags & CLONE.VM) !== 0;
  if (!sharesMemory || (flags & CLONE.VFORK) !== 0) thread.alternateStack = parent.alternateStack;
  if ((flags & CLONE.CHILD_CLEARTID) !== 0) thread.clearChildTid = request.childTid;
  thread.process.abi.startClone(thread.vcpu, {
    stackPointer: stackPointer === 0 ? null : stackPointer,
    threadPointer: (flags & CLONE.SETTLS) !== 0 ? threadPointer : null,
  });
}

function writeTids(parent: Process, { tid, process }: Thread, { flags, parentTid, childTid }: CloneRequest): void {
  if ((flags & CLONE.PARENT_SETTID) !== 0) parent.memory.writeU32(parentTid, tid);
  if ((flags & CLONE.CHILD_SETTID) !== 0) process.memory.writeU32(childTid, tid);
}
