/** Sockets: socket(2) to recvmmsg(2). What differs by family is in `../net`. */
import { fail, isLinuxError } from '../errno.ts';
import { createSocket, createSocketPair } from '../net/families.ts';
import { SOCK_SEQPACKET, SOCK_STREAM, type PeerCredentials, type Socket } from '../net/socket.ts';
import type { Process } from '../process/process.ts';
import type { SyscallArguments, SyscallHandlers } from '../process/syscall-table.ts';
import { Wait, type FinalResult, type SyscallResult } from '../process/wait.ts';
import { O_CLOEXEC, O_NONBLOCK, O_RDWR } from '../vfs/constants.ts';
import type { FileDescription } from '../vfs/file-description.ts';
import { Socket as SocketClass } from '../net/socket.ts';
import { readAncillary, writeAncillary } from './ancillary.ts';
import { getOption, setOption } from './socket-options.ts';
import { deadlineIn, readTimespec, readVectors, type IoVector } from './support.ts';

const TYPE_MASK = 15;
const MAX_ADDRESS = 128;
const MAX_VECTORS = 1024;

const MSG_OOB = 0x1;
const MSG_PEEK = 0x2;
const MSG_CTRUNC = 0x8;
const MSG_TRUNC = 0x20;
const MSG_DONTWAIT = 0x40;
const MSG_WAITALL = 0x100;
const MSG_ERRQUEUE = 0x2000;
const MSG_WAITFORONE = 0x10000;
const MSG_CMSG_CLOEXEC = 0x40000000;

/** struct msghdr of 64-bit guests. */
const MSGHDR = {
  NAME: 0,
  NAME_LENGTH: 8,
  VECTORS: 16,
  COUNT: 24,
  CONTROL: 32,
  CONTROL_LENGTH: 40,
  FLAGS: 48,
  SIZE: 56,
};
/** struct mmsghdr: a msghdr and a length, padded. */
const MMSGHDR_SIZE = 64;

function socketOf(process: Process, fd: number): { socket: Socket; description: FileDescription } {
  const description = process.fds.getFile(fd | 0);
  const { file } = description;
  return file instanceof SocketClass ? { socket: file, description } : fail('ENOTSOCK');
}

function ownerOf({ pid, ids }: Process): PeerCredentials {
  return { pid, uid: ids.euid, gid: ids.egid };
}

function install(process: Process, socket: Socket, flags: number): number {
  socket.owner = ownerOf(process);
  const label = `socket:[${String(socket.inode.ino)}]`;
  const description = process.vfs.anonymous(socket, label, O_RDWR | (flags & O_NONBLOCK));
  return process.fds.install(description, (flags & O_CLOEXEC) !== 0);
}

/** SOCK_NONBLOCK and SOCK_CLOEXEC have the values of the O_ flags. */
function splitType(type: number): { kind: number; flags: number } {
  if ((type & ~(TYPE_MASK | O_NONBLOCK | O_CLOEXEC)) !== 0) fail('EINVAL');
  return { kind: type & TYPE_MASK, flags: type & ~TYPE_MASK };
}

function socket(process: Process, family: number, type: number, protocol: number): number {
  const { kind, flags } = splitType(type);
  return install(process, createSocket(process.kernel, family, kind, protocol), flags);
}

function socketPair(process: Process, family: number, type: number, protocol: number, address: number): number {
  const { kind, flags } = splitType(type);
  process.memory.writable(address, 8);
  const [first, second] = createSocketPair(process.kernel, family, kind, protocol);
  const owner = ownerOf(process);
  first.pairWith(second, owner);
  const firstFd = install(process, first, flags);
  try {
    const secondFd = install(process, second, flags);
    process.memory.writeU32(address, firstFd);
    process.memory.writeU32(address + 4, secondFd);
    return 0;
  } catch (error) {
    process.fds.close(firstFd);
    throw error;
  }
}

function readAddress(process: Process, address: number, length: number): Uint8Array {
  if (length < 0 || length > MAX_ADDRESS) fail('EINVAL');
  return process.memory.readBytes(address, length);
}

/** Gives out an address as far as there is room, and how long it is. */
function writeAddress(process: Process, name: Uint8Array, address: number, lengthAddress: number): void {
  if (address !== 0) storeAddress(process, name, address, lengthAddress);
}

/** The same, where giving it out is all that the call does. */
function storeAddress(process: Process, name: Uint8Array, address: number, lengthAddress: number): void {
  const room = process.memory.readI32(lengthAddress);
  if (room < 0) fail('EINVAL');
  process.memory.writeBytes(address, name.subarray(0, room));
  process.memory.writeU32(lengthAddress, name.length);
}

/** Tries, and on EAGAIN waits until it can go on, for as long as the socket and the call allow. */
function whenReady(
  process: Process,
  { socket: target, description }: { socket: Socket; description: FileDescription },
  timeout: bigint | null,
  nonBlocking: boolean,
  operation: () => FinalResult,
): SyscallResult {
  const attempt = (): FinalResult | undefined => {
    try {
      return operation();
    } catch (error) {
      if (isLinuxError(error, 'EAGAIN') && !nonBlocking && !description.nonBlocking) return undefined;
      throw error;
    }
  };
  const result = attempt();
  if (result !== undefined) return result;
  return new Wait({
    attempt,
    subscribe: (wake) => target.onReady(wake),
    ...deadlineIn(process, timeout),
    onDeadline: () => fail('EAGAIN'),
    restartable: timeout === null,
  });
}

function accept(process: Process, fd: number, address: number, length: number, flags: number): SyscallResult {
  if ((flags & ~(O_NONBLOCK | O_CLOEXEC)) !== 0) fail('EINVAL');
  const own = socketOf(process, fd);
  if (own.socket.type !== SOCK_STREAM && own.socket.type !== SOCK_SEQPACKET) fail('EOPNOTSUPP');
  return whenReady(process, own, own.socket.receiveTimeout, false, () => {
    const accepted = own.socket.accept();
    const accepter = own.socket.owner;
    const newFd = install(process, accepted, flags);
    accepted.owner = accepter;
    writeAddress(process, accepted.peerName(), address, length);
    return newFd;
  });
}

function connect(process: Process, fd: number, address: number, length: number): SyscallResult {
  const own = socketOf(process, fd);
  const name = readAddress(process, address, length);
  let started = false;
  return whenReady(process, own, own.socket.sendTimeout, false, () => {
    if (!started) {
      try {
        own.socket.connect(name, process, ownerOf(process));
      } catch (error) {
        const isUnderWay = isLinuxError(error, 'EINPROGRESS') || isLinuxError(error, 'EALREADY');
        if (!isUnderWay || own.description.nonBlocking) throw error;
      }
      started = true;
    }
    return own.socket.connectResult() ?? fail('EAGAIN');
  });
}

interface MessageBuffers {
  readonly name: number;
  readonly nameLength: number;
  readonly vectors: readonly IoVector[];
  readonly control: number;
  readonly controlLength: number;
}

function readHeader(process: Process, address: number): MessageBuffers {
  const { memory } = process;
  if (memory.readPointer(address + MSGHDR.COUNT) > MAX_VECTORS) fail('EMSGSIZE');
  return {
    name: memory.readPointer(address + MSGHDR.NAME),
    nameLength: memory.readI32(address + MSGHDR.NAME_LENGTH),
    vectors: readVectors(
      process,
      memory.readPointer(address + MSGHDR.VECTORS),
      memory.readPointer(address + MSGHDR.COUNT),
    ),
    control: memory.readPointer(address + MSGHDR.CONTROL),
    controlLength: memory.readPointer(address + MSGHDR.CONTROL_LENGTH),
  };
}

function gather(process: Process, vectors: readonly IoVector[]): Uint8Array {
  const parts = vectors.map(({ base, length }) => process.memory.readable(base, length));
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function scatter(process: Process, vectors: readonly IoVector[], bytes: Uint8Array): void {
  let at = 0;
  for (const { base, length } of vectors) {
    const part = bytes.subarray(at, at + length);
    process.memory.writeBytes(base, part);
    at += part.length;
    if (at >= bytes.length) return;
  }
}

function sizeOf(vectors: readonly IoVector[]): number {
  return vectors.reduce((sum, { length }) => sum + length, 0);
}

function send(process: Process, fd: number, buffers: MessageBuffers, flags: number): SyscallResult {
  const own = socketOf(process, fd);
  if ((flags & MSG_OOB) !== 0) fail('EOPNOTSUPP');
  const bytes = gather(process, buffers.vectors);
  const to = buffers.name === 0 ? null : readAddress(process, buffers.name, buffers.nameLength);
  const { files, sender } = readAncillary(process, buffers.control, buffers.controlLength, ownerOf(process));
  let total = 0;
  return whenReady(process, own, own.socket.sendTimeout, (flags & MSG_DONTWAIT) !== 0, () => {
    try {
      do {
        const part = bytes.subarray(total);
        total += own.socket.send({ bytes: part, to, files: total === 0 ? files : [], sender, context: process });
      } while (total < bytes.length);
    } catch (error) {
      // A blocking call goes on until all is taken; another one tells how far it came.
      const gaveUp = !isLinuxError(error, 'EAGAIN') || own.description.nonBlocking || (flags & MSG_DONTWAIT) !== 0;
      if (total === 0 || !gaveUp) throw error;
    }
    return total;
  });
}

interface Received {
  readonly count: number;
  readonly from: Uint8Array | null;
  readonly flags: number;
  readonly controlLength: number;
}

function receive(
  process: Process,
  fd: number,
  buffers: MessageBuffers,
  flags: number,
  finish: (received: Received) => void,
): SyscallResult {
  const own = socketOf(process, fd);
  if ((flags & MSG_OOB) !== 0) fail('EINVAL');
  // Of errors there is no queue: nobody can ask for one (IP_RECVERR).
  if ((flags & MSG_ERRQUEUE) !== 0) fail('EAGAIN');
  const buffer = new Uint8Array(sizeOf(buffers.vectors));
  const all = (flags & MSG_WAITALL) !== 0 && own.socket.isStream && (flags & MSG_PEEK) === 0;
  let done = 0;
  return whenReady(process, own, own.socket.receiveTimeout, (flags & MSG_DONTWAIT) !== 0, () => {
    const message = own.socket.receive(buffer.subarray(done), (flags & MSG_PEEK) !== 0);
    done += message.count;
    if (all && done < buffer.length && message.count > 0 && message.files.length === 0) fail('EAGAIN');
    scatter(process, buffers.vectors, buffer.subarray(0, done));
    const cut = message.length > message.count;
    const ancillary = writeAncillary(process, own.socket, message, buffers, (flags & MSG_CMSG_CLOEXEC) !== 0);
    finish({
      count: done,
      from: message.from,
      flags: (cut ? MSG_TRUNC : 0) | (ancillary.truncated ? MSG_CTRUNC : 0),
      controlLength: ancillary.length,
    });
    return cut && (flags & MSG_TRUNC) !== 0 ? message.length : done;
  });
}

function receiveMessage(process: Process, fd: number, address: number, flags: number): SyscallResult {
  const buffers = readHeader(process, address);
  process.memory.writable(address, MSGHDR.SIZE);
  return receive(process, fd, buffers, flags, (received) => {
    const { from } = received;
    if (buffers.name !== 0) {
      if (from !== null) process.memory.writeBytes(buffers.name, from.subarray(0, buffers.nameLength));
      process.memory.writeU32(address + MSGHDR.NAME_LENGTH, from?.length ?? 0);
    }
    process.memory.writeU64(address + MSGHDR.CONTROL_LENGTH, received.controlLength);
    process.memory.writeU32(address + MSGHDR.FLAGS, received.flags);
  });
}

function plain(base: number, length: number, name: number, nameLength: number): MessageBuffers {
  if (length < 0) fail('EINVAL');
  const vectors = length === 0 ? [] : [{ base, length: Math.min(length, 0x7ffff000) }];
  return { name, nameLength, vectors, control: 0, controlLength: 0 };
}

function receiveFrom(process: Process, args: SyscallArguments): SyscallResult {
  const [fd, base, length, flags, address, addressLength] = args;
  return receive(process, fd, plain(base, length, 0, 0), flags | 0, ({ from }) => {
    writeAddress(process, from ?? new Uint8Array(), address, addressLength);
  });
}

/** Calls `one` for message after message; what it gives before an error or a wait is the result. */
function many(process: Process, address: number, count: number, one: (at: number) => SyscallResult): SyscallResult {
  let done = 0;
  const next = (): SyscallResult => {
    for (; done < Math.min(count, 1024); done++) {
      const at = address + done * MMSGHDR_SIZE;
      let result: SyscallResult;
      try {
        result = one(at);
      } catch (error) {
        if (done > 0 && isLinuxError(error)) return done;
        throw error;
      }
      if (result instanceof Wait) return done > 0 ? done : firstOf(process, result, at);
      process.memory.writeU32(at + MSGHDR.SIZE, Number(result));
    }
    return done;
  };
  return next();
}

/** The call waits for its first message, and is content with it. */
function firstOf(process: Process, wait: Wait, at: number): Wait {
  return new Wait({
    ...wait.options,
    attempt: () => {
      const result = wait.options.attempt?.();
      if (result === undefined || typeof result === 'symbol' || Number(result) < 0) return result;
      process.memory.writeU32(at + MSGHDR.SIZE, Number(result));
      return 1;
    },
  });
}

export const socketCalls: SyscallHandlers = {
  socket: (process, [family, type, protocol]) => socket(process, family | 0, type | 0, protocol | 0),
  socketpair: (process, [family, type, protocol, address]) =>
    socketPair(process, family | 0, type | 0, protocol | 0, address),
  bind(process, [fd, address, length]) {
    const own = socketOf(process, fd).socket;
    own.owner = ownerOf(process);
    own.bind(readAddress(process, address, length | 0), process);
    return 0;
  },
  listen(process, [fd, backlog]) {
    socketOf(process, fd).socket.listen(backlog | 0, ownerOf(process));
    return 0;
  },
  accept: (process, [fd, address, length]) => accept(process, fd, address, length, 0),
  accept4: (process, [fd, address, length, flags]) => accept(process, fd, address, length, flags | 0),
  connect: (process, [fd, address, length]) => connect(process, fd, address, length | 0),
  getsockname(process, [fd, address, length]) {
    storeAddress(process, socketOf(process, fd).socket.name(), address, length);
    return 0;
  },
  getpeername(process, [fd, address, length]) {
    storeAddress(process, socketOf(process, fd).socket.peerName(), address, length);
    return 0;
  },
  sendto: (process, [fd, base, length, flags, address, addressLength]) =>
    send(process, fd, plain(base, length, address, addressLength | 0), flags | 0),
  recvfrom: receiveFrom,
  sendmsg: (process, [fd, address, flags]) => send(process, fd, readHeader(process, address), flags | 0),
  recvmsg: (process, [fd, address, flags]) => receiveMessage(process, fd, address, flags | 0),
  sendmmsg: (process, [fd, address, count, flags]) =>
    many(process, address, count >>> 0, (at) => send(process, fd, readHeader(process, at), flags | 0)),
  recvmmsg(process, [fd, address, count, flags, timeout]) {
    if (timeout !== 0) readTimespec(process, timeout);
    return many(process, address, count >>> 0, (at) => {
      const later = at !== address && (flags & MSG_WAITFORONE) !== 0;
      return receiveMessage(process, fd, at, flags | 0 | (later ? MSG_DONTWAIT : 0));
    });
  },
  shutdown(process, [fd, how]) {
    socketOf(process, fd).socket.shutdown(how | 0);
    return 0;
  },
  setsockopt: (process, [fd, level, name, address, length]) =>
    setOption(process, socketOf(process, fd).socket, level | 0, name | 0, address, length | 0),
  getsockopt: (process, [fd, level, name, address, length]) =>
    getOption(process, socketOf(process, fd).socket, level | 0, name | 0, address, length),
};
