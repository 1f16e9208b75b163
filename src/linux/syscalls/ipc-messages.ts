/** msgget(2), msgsnd(2), msgrcv(2), msgctl(2). */
import { CAP } from '../capabilities.ts';
import { fail } from '../errno.ts';
import type { Message, MessageQueue, Receiver, Selection } from '../ipc/message-queues.ts';
import { IPC_NOWAIT } from '../ipc/objects.ts';
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
  readOwner,
  S_IRUGO,
  S_IWUGO,
  statObject,
  Structure,
} from './ipc.ts';

const MSG_NOERROR = 0o10000;
const MSG_EXCEPT = 0o20000;
const MSG_COPY = 0o40000;

const MSG_STAT = 11;
const MSG_INFO = 12;
const MSG_STAT_ANY = 13;

const STAT_SIZE = 120;
const INFO_SIZE = 32;
/** What IPC_INFO gives without a meaning: MSGPOOL, MSGMAP and MSGTQL, MSGSSZ, MSGSEG. */
const MSGPOOL = 512000;
const MSGMAP = 16384;
const MSGSSZ = 16;
const MSGSEG = 0xffff;
const LONG_MIN = -(1n << 63n);
const LONG_MAX = (1n << 63n) - 1n;

function get(process: Process, key: number, flags: number): number {
  const { messageQueues } = process.kernel.ipc;
  return getObject(process, messageQueues.table, [key, flags], {
    make: () => messageQueues.add(key, process.credentials, flags),
  });
}

/** struct msgbuf: the type, and the text behind it. */
function send(process: Process, id: number, address: number, length: number, flags: number): SyscallResult {
  const { limits, messageQueues } = process.kernel.ipc;
  const { credentials, pid } = process;
  const type = process.memory.readI64(address);
  if (length > limits.msgmax || length < 0 || id < 0 || type < 1n) fail('EINVAL');
  const message: Message = { type, text: process.memory.readBytes(address + 8, length) };
  const queue = messageQueues.table.get(id);
  const attempt = (): number | undefined => {
    if (queue.removed) fail('EIDRM');
    queue.requireGranted(credentials, S_IWUGO);
    if (!queue.fits(length)) return undefined;
    queue.send(message, pid);
    return 0;
  };
  const done = attempt();
  if (done !== undefined) return done;
  if ((flags & IPC_NOWAIT) !== 0) fail('EAGAIN');
  return new Wait({ attempt, subscribe: (wake) => queue.room.subscribe(wake), restartable: false });
}

/** What of the queue msgrcv(2) asks for. */
function selectionOf(type: bigint, flags: number): Selection {
  if ((flags & MSG_COPY) !== 0) return { kind: 'index', type };
  if (type === 0n) return { kind: 'any', type };
  if (type < 0n) return { kind: 'up-to', type: type === LONG_MIN ? LONG_MAX : -type };
  return { kind: (flags & MSG_EXCEPT) !== 0 ? 'other' : 'equal', type };
}

/** Gives the caller a message; a text that is too long is cut (it was checked whether it may be). */
function deliver(process: Process, address: number, length: number, { type, text }: Message): number {
  const part = text.subarray(0, length);
  process.memory.writeU64(address, type);
  process.memory.writeBytes(address + 8, part);
  return part.length;
}

/** A message that is there, or undefined. */
function takeNow(process: Process, queue: MessageQueue, receiver: Receiver, flags: number): Message | undefined {
  queue.requireGranted(process.credentials, S_IRUGO);
  const message = queue.find(receiver.selection);
  if (message === undefined) return (flags & IPC_NOWAIT) !== 0 ? fail('ENOMSG') : undefined;
  if (message.text.length > receiver.maximum) fail('E2BIG');
  if ((flags & MSG_COPY) === 0) queue.take(message, receiver.pid);
  return message;
}

function receive(
  process: Process,
  [id, address, length, flags]: readonly [number, number, number, number],
  type: bigint,
): SyscallResult {
  if (length < 0 || id < 0) fail('EINVAL');
  if ((flags & MSG_COPY) !== 0 && ((flags & MSG_EXCEPT) !== 0 || (flags & IPC_NOWAIT) === 0)) fail('EINVAL');
  const queue = process.kernel.ipc.messageQueues.table.get(id);
  const receiver: Receiver = {
    selection: selectionOf(type, flags),
    maximum: (flags & MSG_NOERROR) !== 0 ? Infinity : length,
    pid: process.pid,
    result: undefined,
    wake: () => undefined,
  };
  const message = takeNow(process, queue, receiver, flags);
  if (message !== undefined) return deliver(process, address, length, message);
  return new Wait({
    attempt: () => {
      const { result } = receiver;
      if (typeof result === 'string') fail(result);
      if (result !== undefined) return deliver(process, address, length, result);
      if (queue.removed) fail('EIDRM');
      queue.requireGranted(process.credentials, S_IRUGO);
      return undefined;
    },
    subscribe: (wake) => queue.enqueue(receiver, wake),
    restartable: false,
  });
}

function statusOf(queue: MessageQueue): Uint8Array {
  const { sendTime, receiveTime, ctime, bytes, count, maximumBytes, lastSender, lastReceiver } = queue;
  return new Structure(STAT_SIZE)
    .permissions(queue)
    .u64(48, sendTime, receiveTime, ctime, bytes, count, maximumBytes)
    .u32(96, lastSender, lastReceiver).bytes;
}

/** struct msginfo: limits, or what is used in place of three of them. */
function writeInfo(process: Process, address: number, used: boolean): number {
  const { limits, messageQueues } = process.kernel.ipc;
  const { table, totals } = messageQueues;
  const [pool, map, headers] = used ? [table.size, totals.count, totals.bytes] : [MSGPOOL, MSGMAP, MSGMAP];
  const info = new Structure(INFO_SIZE);
  info.u32(0, pool, map, limits.msgmax, limits.msgmnb, limits.msgmni, MSGSSZ, headers).u16(28, MSGSEG);
  process.memory.writeBytes(address, info.bytes);
  return highestIndex(table);
}

function stat(process: Process, id: number, address: number, by: 'id' | 'index' | 'any'): number {
  const { object, result } = statObject(process, process.kernel.ipc.messageQueues.table, id, by);
  process.memory.writeBytes(address, statusOf(object));
  return result;
}

function set(process: Process, id: number, address: number): number {
  const { limits, messageQueues } = process.kernel.ipc;
  const { table } = messageQueues;
  const { owner, mode } = readOwner(process, address);
  const maximumBytes = process.memory.readPointer(address + 88);
  const queue = ownedObject(process, table, id);
  if (maximumBytes > limits.msgmnb && !process.can(CAP.SYS_RESOURCE)) fail('EPERM');
  queue.setOwner(owner, mode, table.now);
  queue.maximumBytes = maximumBytes;
  queue.changed();
  return 0;
}

function control(process: Process, id: number, command: number, address: number): number {
  const { messageQueues } = process.kernel.ipc;
  if (id < 0 || command < 0) fail('EINVAL');
  switch (command) {
    case IPC_INFO:
    case MSG_INFO:
      return writeInfo(process, address, command === MSG_INFO);
    case IPC_STAT:
      return stat(process, id, address, 'id');
    case MSG_STAT:
      return stat(process, id, address, 'index');
    case MSG_STAT_ANY:
      return stat(process, id, address, 'any');
    case IPC_SET:
      return set(process, id, address);
    case IPC_RMID:
      messageQueues.remove(ownedObject(process, messageQueues.table, id));
      return 0;
    default:
      return fail('EINVAL');
  }
}

export const messageCalls: SyscallHandlers = {
  msgget: (process, [key, flags]) => get(process, key | 0, flags | 0),
  msgsnd: (process, [id, message, length, flags]) => send(process, id | 0, message, length, flags | 0),
  msgrcv: (process, [id, message, length, , flags]) =>
    receive(
      process,
      [id | 0, message, length, flags | 0],
      BigInt.asIntN(64, process.abi.argumentBits(process.vcpu, 3)),
    ),
  msgctl: (process, [id, command, address]) => control(process, id | 0, command | 0, address),
};
