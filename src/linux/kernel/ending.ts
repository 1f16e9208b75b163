/** How threads and processes end (kernel/exit.c). */
import { AccessFault } from '../../memory/user-memory.ts';
import { traceResult } from '../process/calls.ts';
import type { Process } from '../process/process.ts';
import { kernelSignal, SA_NOCLDWAIT, SIG_IGN, SIGNAL } from '../process/signals.ts';
import type { Thread } from '../process/thread.ts';
import { releaseRobustFutexes } from './futexes.ts';
import { CLD_EXITED, CLD_KILLED } from './jobs.ts';
import { notifyParent } from './notify.ts';

const PR_GET_CHILD_SUBREAPER = 37;

/** Ends one thread of a process that goes on. */
export function endThread(thread: Thread): void {
  const { process } = thread;
  const { kernel, context, threads } = process;
  kernel.scheduler.recall(thread);
  traceResult(thread, 'unfinished');
  kernel.tracer?.end(thread);
  thread.endWait();
  thread.dead = true;
  process.endedTime += thread.cpuTime;
  const index = threads.indexOf(thread);
  if (index >= 0) threads.splice(index, 1);
  releaseMemory(thread);
  undoSemaphores(thread);
  context.giveVcpu(thread.vcpu);
  kernel.processes.removeThread(thread);
  // A signal that came for the process may have been on its way to this thread.
  for (const other of threads) kernel.scheduler.wake(other);
}

/** Tells other threads, which may be other processes, that this one has left the memory: locks, CLONE_CHILD_CLEARTID. */
function releaseMemory(thread: Thread): void {
  const { process, clearChildTid } = thread;
  releaseRobustFutexes(thread);
  process.kernel.piFutexes.ownerEnded(thread);
  thread.clearChildTid = 0;
  thread.robustList = { head: 0, length: 0 };
  if (clearChildTid === 0) return;
  try {
    process.memory.writeU32(clearChildTid, 0);
  } catch (error) {
    // Linux does not mind either when the word is gone.
    if (!(error instanceof AccessFault)) throw error;
    return;
  }
  process.kernel.futexes.wakeAt(process.context, clearChildTid, 1);
}

/** SEM_UNDO. */
function undoSemaphores({ process, undoList }: Thread): void {
  if (undoList !== null) process.kernel.ipc.semaphores.leave(undoList, process.pid);
}

/** execve(2): the calling thread is the only one from now on, and has the process's number. */
export function endOtherThreads(survivor: Thread): void {
  const { process } = survivor;
  for (const thread of [...process.threads]) if (thread !== survivor) endThread(thread);
  process.kernel.processes.removeThread(survivor);
  survivor.tid = process.pid;
  process.kernel.processes.addThread(survivor);
}

/** The present thread's memory is about to be replaced (execve) or given up. */
export function leaveMemory(thread: Thread): void {
  releaseMemory(thread);
}

/** A parent in vfork(2) may go on. */
export function releaseParent(process: Process): void {
  if (!process.usesParentMemory) return;
  process.usesParentMemory = false;
  process.released.notify();
}

/** Ends a process whose `exit` is decided: gives back what it has, and tells its parent. */
export function endProcess(process: Process): void {
  const { kernel, threads, context } = process;
  if (threads.length === 0) return;
  context.space.memory.others?.stop();
  for (const thread of [...threads]) endThread(thread);
  kernel.tracer?.exit(process);
  process.timer.cancel();
  process.leaveProgram();
  process.fds.leave();
  kernel.releaseContext(context);
  releaseParent(process);
  kernel.jobs.releaseOrphans(process);
  leaveSession(process);
  adoptChildren(process);
  becomeZombie(process);
}

/** The end of a session's leader hangs up its terminal. */
function leaveSession(process: Process): void {
  const { kernel, session, pid, terminal } = process;
  if (session !== pid || terminal?.session !== session) return;
  kernel.jobs.signalGroup(terminal.foregroundGroup, kernelSignal(SIGNAL.SIGHUP));
  kernel.jobs.signalGroup(terminal.foregroundGroup, kernelSignal(SIGNAL.SIGCONT));
  kernel.jobs.releaseTerminal(terminal);
}

/** Orphans get the nearest subreaper for a parent, or none: then nobody waits for them (init would at once). */
function adoptChildren(process: Process): void {
  const reaper = reaperOf(process);
  for (const child of [...process.children]) {
    process.children.delete(child);
    child.parent = reaper;
    child.exitSignal = SIGNAL.SIGCHLD;
    if (reaper !== null) reaper.children.add(child);
    if (!child.zombie) continue;
    if (reaper === null) reap(child);
    else notifyParent(child, reaper, { ...changeOf(child), signal: SIGNAL.SIGCHLD });
  }
}

function reaperOf(process: Process): Process | null {
  for (let ancestor = process.parent; ancestor !== null; ancestor = ancestor.parent)
    if ((ancestor.controls.get(PR_GET_CHILD_SUBREAPER) ?? 0) !== 0 && ancestor.threads.length > 0) return ancestor;
  return null;
}

function changeOf(process: Process): { code: number; status: number } {
  const { exit } = process;
  if (exit?.kind === 'signal') return { code: CLD_KILLED, status: exit.signal };
  return { code: CLD_EXITED, status: exit?.kind === 'exit' ? exit.code : 0 };
}

function becomeZombie(process: Process): void {
  const { parent, exitSignal } = process;
  process.zombie = true;
  process.report = null;
  process.endEvents.notify();
  if (parent === null || parent.threads.length === 0) return reap(process);
  const action = parent.signals.action(SIGNAL.SIGCHLD);
  const unwanted = exitSignal === SIGNAL.SIGCHLD && (action.handler === SIG_IGN || (action.flags & SA_NOCLDWAIT) !== 0);
  if (unwanted) reap(process);
  notifyParent(process, parent, { ...changeOf(process), signal: exitSignal });
}

/** Nothing is left of a process afterwards. */
export function reap(process: Process): void {
  const { parent } = process;
  if (parent !== null) {
    parent.children.delete(process);
    parent.childrenTime += process.cpuTime + process.childrenTime;
  }
  process.zombie = false;
  process.reaped = true;
  process.kernel.processes.remove(process);
  process.endEvents.notify();
}
