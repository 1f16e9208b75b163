/** What a thread does when it is its turn: goes on with a waiting call, takes signals, runs. */
import type { Cancel } from '../../platform/types.ts';
import { attempt, complete, makeCall } from './calls.ts';
import { deliverSignals, deliverTrap } from './delivery.ts';
import type { Thread } from './thread.ts';
import type { Wait } from './wait.ts';

/** A system call is taken for this many instructions, so that threads that only call take turns as well. */
const CALL_COST = 1000;

/**
 * How a turn ended: `ready` to go on, `idle` until something wakes it. After a turn the process may have decided to
 * end; the scheduler sees to that.
 */
export type TurnEnd = 'ready' | 'idle';

/** Runs a thread for about `budget` guest instructions. */
export function runThread(thread: Thread, budget: number): TurnEnd {
  const { process } = thread;
  process.thread = thread;
  if (thread.active !== null && !resume(thread, thread.active.wait)) return 'idle';
  for (let left = budget; canRun(thread);) {
    const { scheduler } = process.kernel;
    if (left <= 0 || scheduler.stopping) return 'ready';
    const before = thread.vcpu.instructions;
    thread.vcpu.setPreciseFaults(process.signals.handlesFaults);
    const exit = thread.vcpu.run(Math.min(left, scheduler.instructionsLeft));
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

function isOver({ ending, process }: Thread): boolean {
  return ending || process.exit !== null;
}

/** Delivers what came meanwhile; false when the thread or its process ended, or is stopped. */
function canRun(thread: Thread): boolean {
  const { process } = thread;
  if (isOver(thread)) return false;
  if (process.signals.hasDeliverable(thread)) deliverSignals(thread, null);
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
