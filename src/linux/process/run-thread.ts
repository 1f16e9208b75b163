/** What a thread does when it is its turn: goes on with a waiting call, takes signals, runs. */
import type { Cancel } from '../../platform/types.ts';
import { attempt, complete, makeCall } from './calls.ts';
import { deliverSignals, deliverTrap } from './delivery.ts';
import type { Process } from './process.ts';
import type { Thread } from './thread.ts';
import type { Wait } from './wait.ts';

/** A system call is taken for this many instructions, so that threads that only call take turns as well. */
const CALL_COST = 1000;
/** Instructions after which a thread that runs beside the kernel comes back in any case: timers of the CPU are looked at then. */
const TURN_BESIDE = 16_000_000;

/**
 * How a turn ended: `ready` to go on, `idle` until something wakes it, `away` in another thread of the host, or `crowded`
 * because there is none for it now. After a turn the process may have decided to end; the scheduler sees to that.
 */
export type TurnEnd = 'ready' | 'idle' | 'away' | 'crowded';

/** Runs a thread for about `budget` guest instructions. */
export function runThread(thread: Thread, budget: number): TurnEnd {
  const { process } = thread;
  process.thread = thread;
  if (thread.active !== null && !resume(thread, thread.active.wait)) return 'idle';
  for (let left = budget; canRun(thread);) {
    const { scheduler } = process.kernel;
    if (left <= 0 || scheduler.stopping) return 'ready';
    const before = thread.vcpu.instructions;
    const isBeside = thread.vcpu.setBeside?.(runsBeside(process)) === true;
    thread.vcpu.setPreciseFaults(process.signals.handlesFaults);
    const exit = thread.vcpu.run(Math.min(isBeside ? TURN_BESIDE : left, scheduler.instructionsLeft));
    if (exit.kind === 'away' || exit.kind === 'crowded') return exit.kind;
    const executed = thread.vcpu.instructions - before;
    left -= executed;
    scheduler.countInstructions(executed);
    if (exit.kind === 'syscall') {
      left -= CALL_COST;
      const wait = makeCall(thread);
      if (wait !== null && !block(thread, wait)) return 'idle';
      if (scheduler.takeYield()) left = 0;
    } else if (exit.kind === 'trap') deliverTrap(thread, exit.trap);
    // Not every vCPU counts instructions.
    else if (exit.kind === 'budget') left = 0;
    thread.restoreSavedMask();
  }
  return 'idle';
}

/**
 * Threads run beside the kernel where there are several: for one alone each system call would be a way there and back. Memories
 * whose shared files are copies of each other run one at a time.
 */
function runsBeside({ threads, space }: Process): boolean {
  return threads.length > 1 && !space.sharesWithOthers;
}

function isOver({ ending, process }: Thread): boolean {
  return ending || process.exit !== null;
}

/** Delivers what came meanwhile; false when the thread or its process ended, or is stopped. */
function canRun(thread: Thread): boolean {
  const { process } = thread;
  if (isOver(thread)) return false;
  // What it came back with comes first: a system call, or a trap at the pc.
  if (thread.vcpu.hasExit !== true && process.signals.hasDeliverable(thread)) deliverSignals(thread, null);
  return !isOver(thread) && !process.signals.stopped;
}

/** Makes the thread wait. True when the wait is over at once. */
function block(thread: Thread, wait: Wait): boolean {
  const { kernel } = thread.process;
  const { subscribe, deadline } = wait.options;
  const wake = (): void => kernel.scheduler.wake(thread);
  const cancels: Cancel[] = [];
  thread.active = { wait, cancels };
  if (subscribe !== undefined) cancels.push(subscribe(wake));
  if (deadline !== undefined) {
    const left = deadline - kernel.platform.clock.monotonic();
    cancels.push(kernel.platform.setTimer(left > 0n ? left : 0n, wake));
  }
  // What happened between the call's first attempt and now has woken nobody.
  return resume(thread, wait);
}

/** Goes on with a waiting call; false when it waits on. */
function resume(thread: Thread, wait: Wait): boolean {
  const { process } = thread;
  if (process.exit === null) {
    // A stopped process finds out when it is continued.
    if (process.signals.stopped || !finish(thread, wait)) return false;
  }
  thread.endWait();
  thread.restoreSavedMask();
  return true;
}

/** Gives a waiting call its result, if there is one by now. */
function finish(thread: Thread, wait: Wait): boolean {
  const { process } = thread;
  const { attempt: again, deadline, onDeadline, uninterruptible = false } = wait.options;
  const result = again === undefined ? undefined : attempt(thread, again);
  if (result !== undefined) complete(thread, result);
  else if (uninterruptible ? process.signals.hasKill(thread) : process.signals.hasDeliverable(thread))
    return deliverSignals(thread, wait);
  else if (deadline === undefined || process.platform.clock.monotonic() < deadline) return false;
  else
    complete(
      thread,
      attempt(thread, () => onDeadline?.() ?? 0),
    );
  return true;
}
