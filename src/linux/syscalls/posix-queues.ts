/** POSIX message queues: mq_open(2) and its relatives. The C library takes the slash from the names. */
import { CAP } from '../capabilities.ts';
import { fail } from '../errno.ts';
import { HARD_MSGMAX, HARD_MSGSIZEMAX } from '../ipc/limits.ts';
import { PosixQueueFile, SIGEV_SIGNAL } from '../ipc/posix-queue-file.ts';
import { MQ_PRIO_MAX, type PosixMessage, type PosixQueue, type QueueWaiter } from '../ipc/posix-queues.ts';
import type { Process } from '../process/process.ts';
import { RLIMIT } from '../process/rlimits.ts';
import { SI_MESGQ, SIGNAL_COUNT, type SignalInfo } from '../process/signals.ts';
import type { SyscallArguments, SyscallHandlers } from '../process/syscall-table.ts';
import { Wait, type SyscallResult } from '../process/wait.ts';
import { O_ACCMODE, O_CREAT, O_EXCL, O_NONBLOCK } from '../vfs/constants.ts';
import type { FileDescription } from '../vfs/file-description.ts';
import { isAllowed, maskOfAccessMode } from '../vfs/permissions.ts';
import { deadlineIn, readPath, readTimespec } from './support.ts';

const NAME_MAX = 255;
const SIGEV_NONE = 1;
const SIGEV_THREAD = 2;
/** What is sent through the socket that SIGEV_THREAD names. */
const COOKIE_SIZE = 32;

/** struct mq_attr: flags, how many messages, of which size, how many there are now. */
const ATTRIBUTES_SIZE = 64;

/** The name of an entry in the file system of queues, which has no folders. */
function readName(process: Process, address: number): string {
  const name = readPath(process, address);
  if (name === '') fail('ENOENT');
  if (name === '.' || name === '..' || name.includes('/')) fail('EACCES');
  return name.length > NAME_MAX ? fail('ENAMETOOLONG') : name;
}

// mq_open, mq_unlink

/** How many messages, of which size, a queue is to hold. */
function readCapacity(process: Process, address: number): readonly [messages: number, size: number] {
  const { memory } = process;
  const bytes = memory.readBytes(address, ATTRIBUTES_SIZE);
  const view = new DataView(bytes.buffer);
  return [Number(view.getBigInt64(8, true)), Number(view.getBigInt64(16, true))];
}

function capacityOf(process: Process, wanted: readonly [number, number] | null): readonly [number, number] {
  const { limits } = process.kernel.ipc;
  const { mqMessages, mqMessageSize, mqDefaultMessages, mqDefaultMessageSize } = limits;
  if (wanted === null) return [Math.min(mqMessages, mqDefaultMessages), Math.min(mqMessageSize, mqDefaultMessageSize)];
  const [messages, size] = wanted;
  const isRoot = process.can(CAP.SYS_RESOURCE);
  const [mostMessages, mostSize] = isRoot ? [HARD_MSGMAX, HARD_MSGSIZEMAX] : [mqMessages, mqMessageSize];
  if (messages <= 0 || size <= 0 || messages > mostMessages || size > mostSize) fail('EINVAL');
  return wanted;
}

function create(process: Process, name: string, mode: number, wanted: readonly [number, number] | null): PosixQueue {
  const { posixQueues, limits } = process.kernel.ipc;
  const { uid, gid } = process.credentials;
  if (posixQueues.size >= limits.mqQueues && !process.can(CAP.SYS_RESOURCE)) fail('ENOSPC');
  const capacity = capacityOf(process, wanted);
  const soft = process.limits.soft(RLIMIT.MSGQUEUE);
  const attributes = { mode: mode & ~process.umask & 0o7777, uid, gid };
  return posixQueues.create(name, attributes, capacity, { uid: process.ids.uid, limit: soft });
}

/** The queue of a name, made where that is wanted. */
function findQueue(process: Process, name: string, [, flags, mode, attributes]: SyscallArguments): PosixQueue {
  const wanted = attributes === 0 ? null : readCapacity(process, attributes);
  const found = process.kernel.ipc.posixQueues.find(name);
  if (found === undefined) return (flags & O_CREAT) === 0 ? fail('ENOENT') : create(process, name, mode, wanted);
  if ((flags & O_CREAT) !== 0 && (flags & O_EXCL) !== 0) fail('EEXIST');
  if ((flags & O_ACCMODE) === O_ACCMODE) fail('EINVAL');
  const mask = maskOfAccessMode(flags & O_ACCMODE);
  return isAllowed(found.stat(), process.credentials, mask) ? found : fail('EACCES');
}

function open(process: Process, args: SyscallArguments): number {
  const flags = process.abi.openFlags(args[1] | 0);
  const name = readName(process, args[0]);
  process.fds.requireFree();
  const queue = findQueue(process, name, args);
  const kept = flags & (O_ACCMODE | O_NONBLOCK);
  return process.fds.install(process.vfs.anonymous(queue.open(), `/${name}`, kept), true);
}

/** The directory of all queues is everybody's, and sticky. */
function unlink(process: Process, address: number): number {
  const { posixQueues } = process.kernel.ipc;
  const name = readName(process, address);
  const queue = posixQueues.find(name) ?? fail('ENOENT');
  if (!process.can(CAP.FOWNER) && process.credentials.uid !== queue.stat().uid) fail('EPERM');
  posixQueues.unlink(name, queue);
  return 0;
}

// mq_timedsend, mq_timedreceive

function describe(process: Process, fd: number): { readonly description: FileDescription; readonly queue: PosixQueue } {
  const description = process.fds.getFile(fd);
  const { file } = description;
  return file instanceof PosixQueueFile ? { description, queue: file.inode } : fail('EBADF');
}

/** A point in time of CLOCK_REALTIME as nanoseconds from now; null for none. */
function timeoutOf(process: Process, address: number): bigint | null {
  if (address === 0) return null;
  const time = readTimespec(process, address);
  const now = process.platform.clock.realtime();
  return time > now ? time - now : 0n;
}

/** Waits until somebody takes the waiter's message, or gives it one. */
function waitFor(
  process: Process,
  queue: PosixQueue,
  kind: 'sender' | 'receiver',
  timeout: bigint | null,
  { message, finish }: { readonly message?: PosixMessage; readonly finish: (message: PosixMessage) => number },
): SyscallResult {
  const waiter: QueueWaiter = { message, done: false, wake: () => undefined };
  return new Wait({
    attempt: () => (waiter.done && waiter.message !== undefined ? finish(waiter.message) : undefined),
    subscribe: (wake) => queue.enqueue(kind, waiter, wake),
    ...deadlineIn(process, timeout),
    onDeadline: () => fail('ETIMEDOUT'),
    restartable: true,
  });
}

function send(process: Process, [fd, address, length, priority, deadline]: SyscallArguments): SyscallResult {
  const timeout = timeoutOf(process, deadline);
  if (priority >>> 0 >= MQ_PRIO_MAX) fail('EINVAL');
  const { description, queue } = describe(process, fd | 0);
  if (!description.writable) fail('EBADF');
  if (length < 0 || length > queue.messageSize) fail('EMSGSIZE');
  const message = { priority, text: process.memory.readBytes(address, length) };
  if (queue.send(message, process)) return 0;
  if (description.nonBlocking) fail('EAGAIN');
  return waitFor(process, queue, 'sender', timeout, { message, finish: () => 0 });
}

function receive(process: Process, [fd, address, length, priority, deadline]: SyscallArguments): SyscallResult {
  const timeout = timeoutOf(process, deadline);
  const { description, queue } = describe(process, fd | 0);
  if (!description.readable) fail('EBADF');
  if (length >= 0 && length < queue.messageSize) fail('EMSGSIZE');
  const finish = (message: PosixMessage): number => {
    if (priority !== 0) process.memory.writeU32(priority, message.priority);
    process.memory.writeBytes(address, message.text);
    return message.text.length;
  };
  const message = queue.receive();
  if (message !== undefined) return finish(message);
  if (description.nonBlocking) fail('EAGAIN');
  return waitFor(process, queue, 'receiver', timeout, { finish });
}

// mq_notify, mq_getsetattr

/** siginfo_t of a notification: who sent the message, and the value that was given. */
function notificationInfo(signal: number, value: bigint, sender: Process): SignalInfo {
  const bytes = new Uint8Array(128);
  const view = new DataView(bytes.buffer);
  view.setInt32(8, SI_MESGQ, true);
  view.setInt32(16, sender.pid, true);
  view.setUint32(20, sender.ids.uid, true);
  view.setBigUint64(24, value, true);
  return { signal, code: SI_MESGQ, origin: { kind: 'raw', bytes } };
}

/** SIGEV_THREAD needs a netlink socket, and there are none: what is given for one is something else. */
function refuseThread(process: Process, fd: number, cookie: number): never {
  process.memory.readable(cookie, COOKIE_SIZE);
  const isSocket = process.fds.getFile(fd).file.inode.kind === 'socket';
  return fail(isSocket ? 'EINVAL' : 'ENOTSOCK');
}

function notify(process: Process, fd: number, address: number): number {
  if (address === 0) {
    describe(process, fd).queue.flush(process);
    return 0;
  }
  const bytes = process.memory.readBytes(address, 64);
  const view = new DataView(bytes.buffer);
  const [value, signal, kind] = [view.getBigUint64(0, true), view.getInt32(8, true), view.getInt32(12, true)];
  if (kind !== SIGEV_SIGNAL && kind !== SIGEV_NONE && kind !== SIGEV_THREAD) fail('EINVAL');
  if (kind === SIGEV_SIGNAL && (signal < 0 || signal > SIGNAL_COUNT)) fail('EINVAL');
  if (kind === SIGEV_THREAD) refuseThread(process, signal, Number(value));
  const { queue } = describe(process, fd);
  if (queue.notification !== null) fail('EBUSY');
  const sends = kind === SIGEV_SIGNAL && signal !== 0;
  const infoFrom = (sender: Process): SignalInfo | null => (sends ? notificationInfo(signal, value, sender) : null);
  queue.notification = { process, kind, signal, infoFrom };
  return 0;
}

function attributes(process: Process, fd: number, wanted: number, present: number): number {
  const flags = wanted === 0 ? null : Number(process.memory.readI64(wanted));
  if (wanted !== 0) process.memory.readable(wanted, ATTRIBUTES_SIZE);
  if (flags !== null && flags !== 0 && flags !== O_NONBLOCK) fail('EINVAL');
  const { description, queue } = describe(process, fd);
  const old = [description.flags & O_NONBLOCK, queue.maximum, queue.messageSize, queue.count];
  if (flags !== null) description.setStatusFlags((description.flags & ~O_NONBLOCK) | flags);
  if (present === 0) return 0;
  const bytes = new Uint8Array(ATTRIBUTES_SIZE);
  bytes.set(new Uint8Array(BigInt64Array.from(old.map(BigInt)).buffer));
  process.memory.writeBytes(present, bytes);
  return 0;
}

export const posixQueueCalls: SyscallHandlers = {
  mq_open: open,
  mq_unlink: (process, [name]) => unlink(process, name),
  mq_timedsend: send,
  mq_timedreceive: receive,
  mq_notify: (process, [fd, event]) => notify(process, fd | 0, event),
  mq_getsetattr: (process, [fd, wanted, present]) => attributes(process, fd | 0, wanted, present),
};
