/** What the calls of System V IPC share: finding objects, struct ipc64_perm, the commands that all kinds have. */
import { fail } from '../errno.ts';
import { IPC_PRIVATE, type IpcObject, type IpcTable } from '../ipc/objects.ts';
import type { Process } from '../process/process.ts';
import type { Ownership } from '../vfs/types.ts';

const IPC_CREAT = 0o1000;
const IPC_EXCL = 0o2000;

export const IPC_RMID = 0;
export const IPC_SET = 1;
export const IPC_STAT = 2;
export const IPC_INFO = 3;

export const S_IRUGO = 0o444;
export const S_IWUGO = 0o222;
export const S_IXUGO = 0o111;

/** Bytes of struct ipc64_perm. */
export const PERMISSIONS_SIZE = 48;

/** shmget(2), semget(2), msgget(2): the object of a key, or a new one. */
export function getObject<T extends IpcObject>(
  process: Process,
  table: IpcTable<T>,
  [key, flags]: readonly [key: number, flags: number],
  /** `check`: whether the object that is there will do. */
  { check, make }: { readonly check?: (object: T) => void; readonly make: () => T },
): number {
  const found = table.find(key);
  if (found === undefined) {
    if (key !== IPC_PRIVATE && (flags & IPC_CREAT) === 0) fail('ENOENT');
    return make().id;
  }
  if ((flags & IPC_CREAT) !== 0 && (flags & IPC_EXCL) !== 0) fail('EEXIST');
  check?.(found);
  found.requireGranted(process.credentials, flags);
  return found.id;
}

/** IPC_STAT, and the commands that ask by index: those give the identifier. `any` asks for no permission. */
export function statObject<T extends IpcObject>(
  process: Process,
  table: IpcTable<T>,
  id: number,
  by: 'id' | 'index' | 'any',
): { readonly object: T; readonly result: number } {
  const object = by === 'id' ? table.get(id) : table.at(id);
  if (by !== 'any') object.requireGranted(process.credentials, S_IRUGO);
  return { object, result: by === 'id' ? 0 : object.id };
}

/** The object of `id`, for IPC_SET and IPC_RMID. */
export function ownedObject<T extends IpcObject>(process: Process, table: IpcTable<T>, id: number): T {
  const object = table.get(id);
  object.requireOwner(process.credentials);
  return object;
}

/** What the commands that ask for limits give: the highest index in use. */
export function highestIndex<T extends IpcObject>(table: IpcTable<T>): number {
  return Math.max(table.highestIndex, 0);
}

/** Structures in memory, as a kind of object lays them out. */
export class Structure {
  readonly bytes: Uint8Array;
  readonly #view: DataView;

  constructor(size: number) {
    this.bytes = new Uint8Array(size);
    this.#view = new DataView(this.bytes.buffer);
  }

  u16(offset: number, value: number): this {
    this.#view.setUint16(offset, value, true);
    return this;
  }

  u32(offset: number, ...values: readonly number[]): this {
    values.forEach((value, index) => {
      this.#view.setUint32(offset + index * 4, value, true);
    });
    return this;
  }

  u64(offset: number, ...values: readonly (number | bigint)[]): this {
    values.forEach((value, index) => {
      this.#view.setBigUint64(offset + index * 8, BigInt.asUintN(64, BigInt(value)), true);
    });
    return this;
  }

  /** struct ipc64_perm, at the start. */
  permissions({ key, owner, creator, mode, sequence }: IpcObject): this {
    return this.u32(0, key, owner.uid, owner.gid, creator.uid, creator.gid, mode).u16(24, sequence);
  }
}

/** What IPC_SET takes of struct ipc64_perm. */
export function readOwner(process: Process, address: number): { readonly owner: Ownership; readonly mode: number } {
  const bytes = process.memory.readBytes(address, PERMISSIONS_SIZE);
  const view = new DataView(bytes.buffer);
  const owner = { uid: view.getUint32(4, true), gid: view.getUint32(8, true) };
  return { owner, mode: view.getUint32(20, true) };
}
