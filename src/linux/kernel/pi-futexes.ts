/**
 * Futexes that know their owner (FUTEX_LOCK_PI and its like, kernel/futex/pi.c): the word holds the owner's number, and who
 * unlocks hands the lock to whoever waited longest. Threads take turns without priorities, so that there is none to inherit.
 */
import type { UserMemory } from '../../memory/user-memory.ts';
import type { Cancel } from '../../platform/types.ts';
import { fail } from '../errno.ts';
import type { Thread } from '../process/thread.ts';
import { FUTEX_OWNER_DIED, FUTEX_TID_MASK, FUTEX_WAITERS, futexKey } from './futexes.ts';

export interface PiWaiter {
  readonly thread: Thread;
  readonly address: number;
  readonly lock: PiLock;
  /** Whether the lock was handed over, and by whom. */
  acquired: 'no' | 'from-owner' | 'from-the-dead';
  wake: () => void;
}

interface PiLock {
  readonly key: string;
  owner: Thread;
  readonly waiters: PiWaiter[];
}

/** Replaces a word that is still `from`, also where threads run at the same time; false where it is another. */
function replace(memory: UserMemory, address: number, from: number, to: number): boolean {
  return memory.updateU32(address, (old) => (old === from ? to >>> 0 : null)) === from;
}

export class PiFutexes {
  /** Those that somebody waits for. */
  readonly #locks = new Map<string, PiLock>();

  /** Takes the lock (null), or says who waits for it from now on. EDEADLK, ESRCH without an owner, EAGAIN on trying. */
  lock(thread: Thread, address: number, tries: boolean): PiWaiter | null {
    const { memory, context, kernel } = thread.process;
    const word = memory.readU32(address);
    const holder = word & FUTEX_TID_MASK;
    if (holder === thread.tid) fail('EDEADLK');
    const key = futexKey(context, address);
    const known = this.#locks.get(key);
    if (holder === 0) {
      // Whoever set the word to 0 while others waited did not go through the kernel.
      if (known !== undefined) fail('EINVAL');
      if (!replace(memory, address, word, (word & FUTEX_OWNER_DIED) | thread.tid))
        return this.lock(thread, address, tries);
      return null;
    }
    if (tries) fail('EAGAIN');
    const owner = kernel.processes.thread(holder) ?? fail('ESRCH');
    if (known !== undefined && known.owner !== owner) fail('EINVAL');
    if (this.#waitsFor(owner, thread)) fail('EDEADLK');
    // From then on its owner has to ask the kernel to unlock it.
    if (!replace(memory, address, word, word | FUTEX_WAITERS)) return this.lock(thread, address, tries);
    const lock = known ?? { key, owner, waiters: [] };
    this.#locks.set(key, lock);
    return { thread, address, lock, acquired: 'no', wake: () => undefined };
  }

  /** Whether `thread` waits, directly or not, for something that `owner` holds. */
  #waitsFor(thread: Thread, owner: Thread): boolean {
    for (const lock of this.#locks.values())
      if (lock.waiters.some((waiter) => waiter.thread === thread))
        return lock.owner === owner || this.#waitsFor(lock.owner, owner);
    return false;
  }

  enqueue(waiter: PiWaiter, wake: () => void): Cancel {
    waiter.wake = wake;
    waiter.lock.waiters.push(waiter);
    return () => {
      const { waiters } = waiter.lock;
      const index = waiters.indexOf(waiter);
      if (index >= 0) waiters.splice(index, 1);
      this.#forgetUnused(waiter.lock);
    };
  }

  /** After a lock was handed to its last waiter, another one may have begun under the same key. */
  #forgetUnused(lock: PiLock): void {
    if (lock.waiters.length === 0 && this.#locks.get(lock.key) === lock) this.#locks.delete(lock.key);
  }

  /** What a waiter does when it runs again: true once the lock is its own. */
  finish({ acquired, thread, address }: PiWaiter): boolean {
    if (acquired === 'no') return false;
    // Who died could not say so in a word whose address it need not have known.
    if (acquired === 'from-the-dead')
      thread.process.memory.writeU32(address, (thread.tid | FUTEX_WAITERS | FUTEX_OWNER_DIED) >>> 0);
    return true;
  }

  /** EPERM for those who do not hold it. */
  unlock(thread: Thread, address: number): void {
    const { memory, context } = thread.process;
    const word = memory.readU32(address);
    if ((word & FUTEX_TID_MASK) !== thread.tid) fail('EPERM');
    const lock = this.#locks.get(futexKey(context, address));
    if (lock === undefined) {
      if (!replace(memory, address, word, 0)) this.unlock(thread, address);
      return;
    }
    if (lock.owner !== thread) fail('EINVAL');
    const next = this.#handOver(lock, 'from-owner');
    memory.writeU32(address, ((next?.thread.tid ?? 0) | FUTEX_WAITERS) >>> 0);
  }

  #handOver(lock: PiLock, how: 'from-owner' | 'from-the-dead'): PiWaiter | undefined {
    const next = lock.waiters.shift();
    this.#forgetUnused(lock);
    if (next === undefined) return undefined;
    lock.owner = next.thread;
    next.acquired = how;
    next.wake();
    return next;
  }

  /** A thread ends: what it holds goes to those who wait. */
  ownerEnded(thread: Thread): void {
    for (const lock of [...this.#locks.values()]) if (lock.owner === thread) this.#handOver(lock, 'from-the-dead');
  }
}
