/** semget(2), semop(2), semtimedop(2), semctl(2). */
import { fail } from '../errno.ts';
import { UndoList } from '../ipc/semaphore-undo.ts';
import {
  SEM_UNDO,
  SEMAEM,
  SemaphoreRequest,
  SEMVMX,
  type SemaphoreOperation,
  type SemaphoreSet,
} from '../ipc/semaphores.ts';
import type { Process } from '../process/process.ts';
import type { SyscallHandlers } from '../process/syscall-table.ts';
import { Wait, type SyscallResult } from '../process/wait.ts';
import {
  getObject,
  highestIndex,
  IPC_INFO,
  IPC_RMID,
  IPC_SET,
  IPC_STAT,
  ownedObject,
  PERMISSIONS_SIZE,
  readOwner,
  S_IRUGO,
  S_IWUGO,
  statObject,
  Structure,
} from './ipc.ts';
import { deadlineIn, readTimespec } from './support.ts';

const GETPID = 11;
const GETVAL = 12;
const GETALL = 13;
const GETNCNT = 14;
const GETZCNT = 15;
const SETVAL = 16;
const SETALL = 17;
const SEM_STAT = 18;
const SEM_INFO = 19;
const SEM_STAT_ANY = 20;

/** Bytes of an undo structure, they say. */
const SEMUSZ = 20;
const SEMBUF_SIZE = 6;

function get(process: Process, key: number, count: number, flags: number): number {
  const { semaphores, limits } = process.kernel.ipc;
  if (count < 0 || count > limits.semmsl) fail('EINVAL');
  return getObject(process, semaphores.table, [key, flags], {
    check: (set) => (count > set.count ? fail('EINVAL') : undefined),
    make: () => semaphores.add(key, process.credentials, flags, count),
  });
}

// semop

/** An array of struct sembuf. */
function readOperations(process: Process, address: number, count: number): SemaphoreOperation[] {
  const bytes = process.memory.readBytes(address, count * SEMBUF_SIZE);
  const view = new DataView(bytes.buffer);
  return Array.from({ length: count }, (_, index) => {
    const at = index * SEMBUF_SIZE;
    return {
      number: view.getUint16(at, true),
      change: view.getInt16(at + 2, true),
      flags: view.getUint16(at + 4, true),
    };
  });
}

function adjustmentsOf(process: Process, set: SemaphoreSet): Int16Array {
  process.thread.undoList ??= new UndoList();
  return process.kernel.ipc.semaphores.adjustmentsOf(process.thread.undoList, set);
}

function operate(process: Process, id: number, address: number, count: number, timeout: number): SyscallResult {
  const { ipc } = process.kernel;
  const duration = timeout === 0 ? null : readTimespec(process, timeout);
  if (count > ipc.limits.semopm) fail('E2BIG');
  if (count < 1 || id < 0) fail('EINVAL');
  const operations = readOperations(process, address, count);
  const set = ipc.semaphores.table.get(id);
  if (operations.some(({ number }) => number >= set.count)) fail('EFBIG');
  const alters = operations.some(({ change }) => change !== 0);
  set.requireGranted(process.credentials, alters ? S_IWUGO : S_IRUGO);
  const undoes = operations.some(({ flags }) => (flags & SEM_UNDO) !== 0);
  const request = new SemaphoreRequest(operations, process.pid, undoes ? adjustmentsOf(process, set) : null);
  const attempt = (): number | undefined => {
    const { result } = request;
    if (result === undefined) return undefined;
    return result === 'done' ? 0 : fail(result);
  };
  set.perform(request);
  const done = attempt();
  if (done !== undefined) return done;
  return new Wait({
    attempt,
    subscribe: (wake) => set.enqueue(request, wake),
    ...deadlineIn(process, duration),
    onDeadline: () => fail('EAGAIN'),
    restartable: false,
  });
}

// semctl

/** struct semid64_ds; x86-64 has room for more after each time. */
function statusOf(process: Process, set: SemaphoreSet): Uint8Array {
  const { operationTime, ctime, count } = set;
  const wide = process.abi.spacedSemaphoreTimes === true;
  const fields = wide ? [operationTime, 0, ctime, 0, count, 0, 0] : [operationTime, ctime, count, 0, 0];
  return new Structure(PERMISSIONS_SIZE + fields.length * 8).permissions(set).u64(PERMISSIONS_SIZE, ...fields).bytes;
}

/** struct seminfo: limits, or what is used in place of two of them. */
function writeInfo(process: Process, address: number, used: boolean): number {
  const { limits, semaphores } = process.kernel.ipc;
  const { semmns, semmni, semmsl, semopm } = limits;
  const { table } = semaphores;
  const [size, adjustment] = used ? [table.size, semaphores.used] : [SEMUSZ, SEMAEM];
  const info = new Structure(40);
  info.u32(0, semmns, semmni, semmns, semmns, semmsl, semopm, semopm, size, SEMVMX, adjustment);
  process.memory.writeBytes(address, info.bytes);
  return highestIndex(table);
}

function stat(process: Process, id: number, address: number, by: 'id' | 'index' | 'any'): number {
  const { object, result } = statObject(process, process.kernel.ipc.semaphores.table, id, by);
  process.memory.writeBytes(address, statusOf(process, object));
  return result;
}

/** The set of `id`, of which the caller may read, or change, semaphore `number`. */
function permitted(process: Process, id: number, wanted: number): SemaphoreSet {
  const set = process.kernel.ipc.semaphores.table.get(id);
  set.requireGranted(process.credentials, wanted);
  return set;
}

function setValue(process: Process, id: number, number: number, value: number): number {
  if (value < 0 || value > SEMVMX) fail('ERANGE');
  const set = process.kernel.ipc.semaphores.table.get(id);
  if (number < 0 || number >= set.count) fail('EINVAL');
  set.requireGranted(process.credentials, S_IWUGO);
  set.assign(number, [value], process.pid);
  return 0;
}

function setAll(process: Process, id: number, address: number): number {
  const set = permitted(process, id, S_IWUGO);
  const bytes = process.memory.readBytes(address, set.count * 2);
  const view = new DataView(bytes.buffer);
  const values = Array.from({ length: set.count }, (_, index) => view.getUint16(index * 2, true));
  if (values.some((value) => value > SEMVMX)) fail('ERANGE');
  set.assign(0, values, process.pid);
  return 0;
}

function getAll(process: Process, id: number, address: number): number {
  const { values } = permitted(process, id, S_IRUGO);
  const bytes = new Structure(values.length * 2);
  values.forEach((value, index) => bytes.u16(index * 2, value));
  process.memory.writeBytes(address, bytes.bytes);
  return 0;
}

function getOne(process: Process, id: number, number: number, command: number): number {
  const set = permitted(process, id, S_IRUGO);
  if (number < 0 || number >= set.count) fail('EINVAL');
  switch (command) {
    case GETVAL:
      return set.value(number);
    case GETPID:
      return set.pids[number] ?? 0;
    case GETNCNT:
      return set.waitingAt(number, 'increase');
    default:
      return set.waitingAt(number, 'zero');
  }
}

function control(process: Process, id: number, number: number, command: number, argument: number): number {
  const { semaphores } = process.kernel.ipc;
  const { table } = semaphores;
  if (id < 0) fail('EINVAL');
  switch (command) {
    case IPC_INFO:
    case SEM_INFO:
      return writeInfo(process, argument, command === SEM_INFO);
    case IPC_STAT:
      return stat(process, id, argument, 'id');
    case SEM_STAT:
      return stat(process, id, argument, 'index');
    case SEM_STAT_ANY:
      return stat(process, id, argument, 'any');
    case GETALL:
      return getAll(process, id, argument);
    case GETVAL:
    case GETPID:
    case GETNCNT:
    case GETZCNT:
      return getOne(process, id, number, command);
    case SETALL:
      return setAll(process, id, argument);
    case SETVAL:
      return setValue(process, id, number, argument | 0);
    case IPC_SET: {
      const { owner, mode } = readOwner(process, argument);
      ownedObject(process, table, id).setOwner(owner, mode, table.now);
      return 0;
    }
    case IPC_RMID:
      semaphores.remove(ownedObject(process, table, id));
      return 0;
    default:
      return fail('EINVAL');
  }
}

export const semaphoreCalls: SyscallHandlers = {
  semget: (process, [key, count, flags]) => get(process, key | 0, count | 0, flags | 0),
  semop: (process, [id, operations, count]) => operate(process, id | 0, operations, count >>> 0, 0),
  semtimedop: (process, [id, operations, count, timeout]) => operate(process, id | 0, operations, count >>> 0, timeout),
  semctl: (process, [id, number, command, argument]) => control(process, id | 0, number | 0, command | 0, argument),
};
