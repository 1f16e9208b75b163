/** Sets of semaphores (semop(2), ipc/sem.c). */
import type { Cancel } from '../../platform/types.ts';
import type { ErrnoName } from '../errno.ts';
import { fail } from '../errno.ts';
import type { Ownership } from '../vfs/types.ts';
import type { IpcLimits } from './limits.ts';
import { IPC_NOWAIT, IpcObject, IpcTable, type IpcIdentity, type IpcMemory } from './objects.ts';
import type { UndoList } from './semaphore-undo.ts';

/** The most that a semaphore can be, and that can be undone of it. */
export const SEMVMX = 32767;
export const SEMAEM = 32767;

export const SEM_UNDO = 0x1000;

/** What a semaphore, and what may be undone of one, takes. */
const SEMAPHORE_BYTES = 64;
const ADJUSTMENT_BYTES = 2;

/** struct sembuf. */
export interface SemaphoreOperation {
  readonly number: number;
  /** Added to the value, which does not get negative; 0 waits for a value of 0. */
  readonly change: number;
  readonly flags: number;
}

/** Operations that are made all at once, or not yet. */
export class SemaphoreRequest {
  readonly operations: readonly SemaphoreOperation[];
  readonly pid: number;
  /** By semaphore, what is to be added at the end of whoever asks; null where nothing is undone. */
  readonly adjustments: Int16Array | null;
  /** Whether values change. */
  readonly alters: boolean;
  /** How it went, once it is known. */
  result: 'done' | ErrnoName | undefined;
  /** The operation that was in the way. */
  blocking: SemaphoreOperation | undefined;
  wake: () => void = () => undefined;

  constructor(operations: readonly SemaphoreOperation[], pid: number, adjustments: Int16Array | null) {
    this.operations = operations;
    this.pid = pid;
    this.adjustments = adjustments;
    this.alters = operations.some(({ change }) => change !== 0);
  }
}

export class SemaphoreSet extends IpcObject {
  readonly values: Uint16Array;
  /** Who changed or looked at a semaphore last, by semaphore. */
  readonly pids: Int32Array;
  /** Seconds since the epoch of the last semop(2); 0 for none. */
  operationTime = 0n;
  /** What those who are to undo something will add. */
  readonly undone = new Map<UndoList, Int16Array>();
  readonly #now: () => bigint;
  /** Who waits, the longest waiting first. */
  #waiting: SemaphoreRequest[] = [];

  constructor(identity: IpcIdentity, count: number, now: () => bigint) {
    super(identity);
    this.values = new Uint16Array(count);
    this.pids = new Int32Array(count);
    this.#now = now;
  }

  get count(): number {
    return this.values.length;
  }

  value(number: number): number {
    return this.values[number] ?? fail('EINVAL');
  }

  /** Makes the operations now where that is possible; the request has a result then. */
  perform(request: SemaphoreRequest): void {
    if (this.#try(request) && request.result === 'done' && request.alters) this.#settle();
  }

  enqueue(request: SemaphoreRequest, wake: () => void): Cancel {
    request.wake = wake;
    this.#waiting.push(request);
    return () => {
      this.#waiting = this.#waiting.filter((other) => other !== request);
    };
  }

  /** How many wait at a semaphore: for a higher value, or for 0. */
  waitingAt(number: number, forWhat: 'increase' | 'zero'): number {
    return this.#waiting.filter(
      ({ blocking }) => blocking?.number === number && (blocking.change === 0) === (forWhat === 'zero'),
    ).length;
  }

  /** SETVAL and SETALL: sets values from `first` on. What was to be undone of them is not any more. */
  assign(first: number, values: readonly number[], pid: number): void {
    values.forEach((value, index) => {
      this.values[first + index] = value;
      this.pids[first + index] = pid;
      for (const adjustments of this.undone.values()) adjustments[first + index] = 0;
    });
    this.ctime = this.#now();
    this.#settle();
  }

  /** Adds what somebody who ends leaves to be undone, as far as the values can take it. */
  adjust(adjustments: Int16Array, pid: number): void {
    adjustments.forEach((adjustment, number) => {
      if (adjustment === 0) return;
      this.values[number] = Math.min(Math.max(this.value(number) + adjustment, 0), SEMVMX);
      this.pids[number] = pid;
    });
    this.operationTime = this.#now();
    this.#settle();
  }

  /** Everybody who waits is told. */
  tellRemoval(): void {
    for (const request of this.#waiting.splice(0)) this.#finish(request, 'EIDRM');
  }

  /** Lets those go on who can: first those that wait for zeros, then the others as they came, one change after the other. */
  #settle(): void {
    do this.#complete(this.#waiting.filter((request) => !request.alters && this.#try(request)));
    while (this.#completeNext());
  }

  #completeNext(): boolean {
    for (const request of this.#waiting) {
      if (!request.alters || !this.#try(request)) continue;
      this.#complete([request]);
      // One that failed has changed nothing for others.
      if (request.result === 'done') return true;
    }
    return false;
  }

  #complete(requests: readonly SemaphoreRequest[]): void {
    if (requests.length === 0) return;
    this.#waiting = this.#waiting.filter((request) => !requests.includes(request));
    for (const request of requests) request.wake();
  }

  #finish(request: SemaphoreRequest, result: 'done' | ErrnoName): void {
    request.result = result;
    request.wake();
  }

  /** Whether the request has a result now; nothing is changed unless all operations can be made. */
  #try(request: SemaphoreRequest): boolean {
    const { operations, adjustments, pid } = request;
    const made: SemaphoreOperation[] = [];
    for (const operation of operations) {
      const failure = this.#make(operation, adjustments);
      if (failure === undefined) {
        made.push(operation);
        continue;
      }
      for (const each of made.reverse()) this.#takeBack(each, adjustments);
      if (failure === 'blocked' && (operation.flags & IPC_NOWAIT) === 0) {
        request.blocking = operation;
        return false;
      }
      request.result = failure === 'blocked' ? 'EAGAIN' : failure;
      return true;
    }
    for (const { number } of operations) this.pids[number] = pid;
    this.operationTime = this.#now();
    request.result = 'done';
    return true;
  }

  #make(
    { number, change, flags }: SemaphoreOperation,
    adjustments: Int16Array | null,
  ): 'blocked' | 'ERANGE' | undefined {
    const value = this.value(number);
    if (change === 0 ? value !== 0 : value + change < 0) return 'blocked';
    if (value + change > SEMVMX) return 'ERANGE';
    if (adjustments !== null && (flags & SEM_UNDO) !== 0) {
      const adjustment = (adjustments[number] ?? 0) - change;
      if (adjustment < -SEMAEM - 1 || adjustment > SEMAEM) return 'ERANGE';
      adjustments[number] = adjustment;
    }
    this.values[number] = value + change;
    return undefined;
  }

  #takeBack({ number, change, flags }: SemaphoreOperation, adjustments: Int16Array | null): void {
    this.values[number] = this.value(number) - change;
    if (adjustments !== null && (flags & SEM_UNDO) !== 0) adjustments[number] = (adjustments[number] ?? 0) + change;
  }
}

export class Semaphores {
  readonly table: IpcTable<SemaphoreSet>;
  readonly #limits: IpcLimits;
  readonly #memory: IpcMemory;
  readonly #now: () => bigint;
  /** Semaphores of all sets. */
  used = 0;

  constructor(limits: IpcLimits, memory: IpcMemory, now: () => bigint) {
    this.#limits = limits;
    this.#memory = memory;
    this.#now = now;
    this.table = new IpcTable(() => limits.semmni, now);
  }

  add(key: number, owner: Ownership, mode: number, count: number): SemaphoreSet {
    if (count < 1) fail('EINVAL');
    if (this.used + count > this.#limits.semmns || this.table.size >= this.#limits.semmni) fail('ENOSPC');
    this.#memory.takeObject(count * SEMAPHORE_BYTES);
    const set = this.table.add(key, owner, mode, (identity) => new SemaphoreSet(identity, count, this.#now));
    this.used += count;
    return set;
  }

  remove(set: SemaphoreSet): void {
    this.table.remove(set);
    this.used -= set.count;
    this.#memory.giveObject(set.count * SEMAPHORE_BYTES);
    for (const list of [...set.undone.keys()]) this.#forget(list, set);
    set.tellRemoval();
  }

  /** What `list` undoes of the set's semaphores. */
  adjustmentsOf(list: UndoList, set: SemaphoreSet): Int16Array {
    let adjustments = set.undone.get(list);
    if (adjustments === undefined) {
      this.#memory.take(set.count * ADJUSTMENT_BYTES);
      set.undone.set(list, (adjustments = new Int16Array(set.count)));
      list.sets.add(set);
    }
    return adjustments;
  }

  #forget(list: UndoList, set: SemaphoreSet): void {
    if (!set.undone.delete(list)) return;
    list.sets.delete(set);
    this.#memory.give(set.count * ADJUSTMENT_BYTES);
  }

  /** A thread ends that has the list; with the last one, what it holds is undone. */
  leave(list: UndoList, pid: number): void {
    if (--list.users > 0) return;
    for (const set of [...list.sets]) {
      const adjustments = set.undone.get(list);
      this.#forget(list, set);
      if (adjustments !== undefined) set.adjust(adjustments, pid);
    }
  }
}
