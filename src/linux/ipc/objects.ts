/** What the objects of System V IPC share: identifiers, keys, owners, permissions (sysvipc(7), ipc/util.c). */
import { CAP } from '../capabilities.ts';
import { fail, isLinuxError } from '../errno.ts';
import type { MemoryBudget } from '../vfs/memory/memory-fs.ts';
import { hasCapability, inGroup } from '../vfs/permissions.ts';
import type { Credentials, Ownership } from '../vfs/types.ts';

export const IPC_PRIVATE = 0;
/** Calls that would have to wait fail instead. */
export const IPC_NOWAIT = 0o4000;

/** The low bits of an identifier are the object's index, those above a number that changes when the index is used again. */
const INDEX_BITS = 15;
export const MAX_OBJECTS = 1 << INDEX_BITS;
const SEQUENCES = 1 << 16;
/** Indices are not used again before so many others were. */
const MIN_CYCLE = 64;
/** What an object takes besides its content, as the guest's limit counts it. */
const OBJECT_BYTES = 1024;

/** What the objects keep in memory is counted as files in memory are; too much of it is ENOMEM. */
export class IpcMemory {
  readonly #budget: MemoryBudget;

  constructor(budget: MemoryBudget) {
    this.#budget = budget;
  }

  take(bytes: number): void {
    try {
      this.#budget.charge(bytes);
    } catch (error) {
      if (isLinuxError(error, 'ENOSPC')) fail('ENOMEM');
      throw error;
    }
  }

  takeObject(bytes = 0): void {
    this.take(OBJECT_BYTES + bytes);
  }

  give(bytes: number): void {
    this.#budget.charge(-bytes);
  }

  giveObject(bytes = 0): void {
    this.give(OBJECT_BYTES + bytes);
  }
}

/** Who an object is, from the start. */
export interface IpcIdentity {
  readonly id: number;
  readonly key: number;
  readonly creator: Ownership;
  readonly mode: number;
  /** Seconds since the epoch. */
  readonly time: bigint;
}

export class IpcObject {
  readonly id: number;
  readonly creator: Ownership;
  key: number;
  owner: Ownership;
  /** Permission bits, and those that tell of the object's state. */
  mode: number;
  /** Seconds since the epoch. */
  ctime: bigint;
  /** IPC_RMID: whoever waits for it is told EIDRM. */
  removed = false;

  constructor({ id, key, creator, mode, time }: IpcIdentity) {
    this.id = id;
    this.key = key;
    this.creator = creator;
    this.owner = creator;
    this.mode = mode & 0o777;
    this.ctime = time;
  }

  get sequence(): number {
    return this.id >>> INDEX_BITS;
  }

  /** Whether the bits of `wanted`, wherever in a mode they stand, are granted (ipcperms). */
  grants(credentials: Credentials, wanted: number): boolean {
    if (hasCapability(credentials, CAP.IPC_OWNER)) return true;
    const requested = ((wanted >> 6) | (wanted >> 3) | wanted) & 7;
    const { creator, owner } = this;
    const isOwner = credentials.uid === creator.uid || credentials.uid === owner.uid;
    const isGroup = inGroup(credentials, creator.gid) || inGroup(credentials, owner.gid);
    return (requested & ~(this.mode >> (isOwner ? 6 : isGroup ? 3 : 0))) === 0;
  }

  requireGranted(credentials: Credentials, wanted: number): void {
    if (!this.grants(credentials, wanted)) fail('EACCES');
  }

  /** IPC_SET and IPC_RMID are for owners. */
  requireOwner(credentials: Credentials): void {
    const { creator, owner } = this;
    const isOwner = credentials.uid === creator.uid || credentials.uid === owner.uid;
    if (!isOwner && !hasCapability(credentials, CAP.SYS_ADMIN)) fail('EPERM');
  }

  /** IPC_SET, as far as it is the same for all. */
  setOwner(owner: Ownership, mode: number, time: bigint): void {
    if (owner.uid === 0xffffffff || owner.gid === 0xffffffff) fail('EINVAL');
    this.owner = owner;
    this.mode = (this.mode & ~0o777) | (mode & 0o777);
    this.ctime = time;
  }
}

/** All objects of one kind. */
export class IpcTable<T extends IpcObject> {
  readonly #capacity: () => number;
  readonly #now: () => bigint;
  readonly #objects = new Map<number, T>();
  readonly #keys = new Map<number, T>();
  #next = 0;
  #last = -1;
  #sequence = 0;

  /** `capacity`: how many there may be; `now`: seconds since the epoch. */
  constructor(capacity: () => number, now: () => bigint) {
    this.#capacity = capacity;
    this.#now = now;
  }

  get size(): number {
    return this.#objects.size;
  }

  get now(): bigint {
    return this.#now();
  }

  /** The highest index in use, or -1. */
  get highestIndex(): number {
    let highest = -1;
    for (const index of this.#objects.keys()) highest = Math.max(highest, index);
    return highest;
  }

  /** By index. */
  list(): T[] {
    return [...this.#objects].sort(([a], [b]) => a - b).map(([, object]) => object);
  }

  /** EINVAL for an identifier that is not, or not any more, that of an object. */
  get(id: number): T {
    const object = id < 0 ? undefined : this.#objects.get(id & (MAX_OBJECTS - 1));
    return object?.id === id ? object : fail('EINVAL');
  }

  /** Whatever object has the index of `id`. */
  at(id: number): T {
    return (id < 0 ? undefined : this.#objects.get(id & (MAX_OBJECTS - 1))) ?? fail('EINVAL');
  }

  find(key: number): T | undefined {
    return key === IPC_PRIVATE ? undefined : this.#keys.get(key);
  }

  /** Makes an object; ENOSPC where there are too many. */
  add(key: number, creator: Ownership, mode: number, make: (identity: IpcIdentity) => T): T {
    if (this.#objects.size >= Math.min(this.#capacity(), MAX_OBJECTS)) fail('ENOSPC');
    const index = this.#freeIndex();
    const sequence = index <= this.#last ? (this.#sequence + 1) % SEQUENCES : this.#sequence;
    const { uid, gid } = creator;
    const object = make({
      id: (sequence << INDEX_BITS) | index,
      key,
      creator: { uid, gid },
      mode,
      time: this.now,
    });
    this.#last = index;
    this.#sequence = sequence;
    this.#next = index + 1;
    this.#objects.set(index, object);
    if (key !== IPC_PRIVATE) this.#keys.set(key, object);
    return object;
  }

  /** The next free index after the last one, so that identifiers do not come back soon. */
  #freeIndex(): number {
    const end = Math.min(Math.max(Math.trunc(this.#objects.size * 1.5), MIN_CYCLE), MAX_OBJECTS);
    let index = this.#next < end ? this.#next : 0;
    while (this.#objects.has(index)) index = index + 1 < end ? index + 1 : 0;
    return index;
  }

  /** The object is not found by its key any more. */
  forgetKey(object: T): void {
    if (this.#keys.get(object.key) === object) this.#keys.delete(object.key);
    object.key = IPC_PRIVATE;
  }

  remove(object: T): void {
    object.removed = true;
    if (this.#keys.get(object.key) === object) this.#keys.delete(object.key);
    this.#objects.delete(object.id & (MAX_OBJECTS - 1));
  }
}
