/** futex(2): threads that wait at an address. */
import { AccessFault } from '../../memory/user-memory.ts';
import type { Cancel } from '../../platform/types.ts';
import type { MemoryContext } from '../process/memory-context.ts';
import type { Thread } from '../process/thread.ts';

export const FUTEX_WAITERS = 0x80000000;
export const FUTEX_OWNER_DIED = 0x40000000;
export const FUTEX_TID_MASK = 0x3fffffff;
/** Linux: ROBUST_LIST_LIMIT, against lists that are circles. */
const ROBUST_LIST_LIMIT = 2048;
const ALL = 0xffffffff;

export interface FutexWaiter {
  key: string;
  /** Wakes whose mask shares a bit with it. */
  readonly bitset: number;
  /** A wake took it from its queue. */
  woken: boolean;
  wake: () => void;
}

/** A word in shared memory is the same for all who map it, wherever they do. */
export function futexKey(context: MemoryContext, address: number): string {
  const area = context.space.find(address);
  if (area === undefined || !area.shared || area.file === null) return `${String(idOf(context))}:${String(address)}`;
  const offset = area.fileOffset + (address - area.start);
  return `f${String(area.file.device)}:${String(area.file.inode)}:${String(offset)}`;
}

const ids = new WeakMap<MemoryContext, number>();
let lastId = 0;

function idOf(context: MemoryContext): number {
  let id = ids.get(context);
  if (id === undefined) ids.set(context, (id = ++lastId));
  return id;
}

export class Futexes {
  readonly #queues = new Map<string, FutexWaiter[]>();

  /** A waiter for the word at `address`; it is in the queue from `enqueue` on. */
  waiter(context: MemoryContext, address: number, bitset: number): FutexWaiter {
    return { key: futexKey(context, address), bitset, woken: false, wake: () => undefined };
  }

  enqueue(waiter: FutexWaiter, wake: () => void): Cancel {
    waiter.wake = wake;
    this.#queue(waiter.key).push(waiter);
    return () => {
      this.#remove(waiter);
    };
  }

  #queue(key: string): FutexWaiter[] {
    let queue = this.#queues.get(key);
    if (queue === undefined) this.#queues.set(key, (queue = []));
    return queue;
  }

  #remove(waiter: FutexWaiter): void {
    const queue = this.#queues.get(waiter.key);
    const index = queue?.indexOf(waiter) ?? -1;
    if (queue === undefined || index < 0) return;
    queue.splice(index, 1);
    if (queue.length === 0) this.#queues.delete(waiter.key);
  }

  /** Wakes up to `count` waiters, the longest waiting first. How many. */
  wakeAt(context: MemoryContext, address: number, count: number, bitset = ALL): number {
    const queue = this.#queues.get(futexKey(context, address)) ?? [];
    const chosen = queue.filter((waiter) => (waiter.bitset & bitset) !== 0).slice(0, Math.max(count, 0));
    for (const waiter of chosen) {
      this.#remove(waiter);
      waiter.woken = true;
      waiter.wake();
    }
    return chosen.length;
  }

  /** Moves up to `count` waiters to the queue of another word. How many. */
  requeue(context: MemoryContext, from: number, to: number, count: number): number {
    const queue = this.#queues.get(futexKey(context, from)) ?? [];
    const target = futexKey(context, to);
    const moved = queue.slice(0, Math.max(count, 0));
    for (const waiter of moved) {
      this.#remove(waiter);
      waiter.key = target;
      this.#queue(target).push(waiter);
    }
    return moved.length;
  }
}

/** An entry of a robust list: its lowest bit says that the lock is one of pi-futexes.ts. */
function entryAt(value: number): { readonly entry: number; readonly inherits: boolean } {
  const inherits = value % 2 !== 0;
  return { entry: inherits ? value - 1 : value, inherits };
}

/** Marks the locks that a thread held at its end, and wakes one waiter of each (set_robust_list(2), futex.rst). */
export function releaseRobustFutexes(thread: Thread): void {
  const { head } = thread.robustList;
  if (head === 0) return;
  const { memory } = thread.process;
  try {
    const offset = Number(memory.readI64(head + 8));
    const pending = entryAt(memory.readPointer(head + 16));
    let current = entryAt(memory.readPointer(head));
    for (let count = 0; current.entry !== head && count < ROBUST_LIST_LIMIT; count++) {
      // The next one is read first: whoever is woken may reuse the entry.
      const next = entryAt(memory.readPointer(current.entry));
      if (current.entry !== pending.entry) ownerDied(thread, current.entry + offset, current.inherits);
      current = next;
    }
    if (pending.entry !== 0) ownerDied(thread, pending.entry + offset, pending.inherits);
  } catch (error) {
    // A list that the thread has damaged ends where it cannot be read.
    if (!(error instanceof AccessFault)) throw error;
  }
}

function ownerDied(thread: Thread, address: number, inherits: boolean): void {
  const { memory, context, kernel } = thread.process;
  const isOwned = (word: number): boolean => (word & FUTEX_TID_MASK) === thread.tid;
  const word = memory.updateU32(address, (old) => (isOwned(old) ? (old & FUTEX_WAITERS) | FUTEX_OWNER_DIED : null));
  if (!isOwned(word)) return;
  if (!inherits && (word & FUTEX_WAITERS) !== 0) kernel.futexes.wakeAt(context, address, 1);
}
