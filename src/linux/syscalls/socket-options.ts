/** setsockopt(2) and getsockopt(2). */
import { ERRNO, fail } from '../errno.ts';
import { AF_INET, AF_INET6, AF_UNIX, SOCK_STREAM, type Socket } from '../net/socket.ts';
import type { Process } from '../process/process.ts';
import { readTimeval } from './support.ts';

const SOL_SOCKET = 1;
const SO_TYPE = 3;
const SO_ERROR = 4;
const SO_SNDBUF = 7;
const SO_RCVBUF = 8;
const SO_LINGER = 13;
const SO_PASSCRED = 16;
const SO_PEERCRED = 17;
const SO_RCVTIMEO = 20;
const SO_SNDTIMEO = 21;
const SO_ACCEPTCONN = 30;
const SO_PROTOCOL = 38;
const SO_DOMAIN = 39;

const IPPROTO_IP = 0;
const IPPROTO_TCP = 6;
const IPPROTO_IPV6 = 41;

/** DEBUG, REUSEADDR, DONTROUTE, BROADCAST, SNDBUF, RCVBUF, KEEPALIVE, OOBINLINE, PRIORITY, LINGER, REUSEPORT, PASSCRED, RCVLOWAT, TIMESTAMP, buffers by force. */
const SOCKET_INTEGERS = new Set([1, 2, 5, 6, SO_SNDBUF, SO_RCVBUF, 9, 10, 12, 15, SO_PASSCRED, 18, 29, 32, 33]);
/** NODELAY, MAXSEG, CORK, KEEPIDLE, KEEPINTVL, KEEPCNT, SYNCNT, DEFER_ACCEPT, QUICKACK, USER_TIMEOUT, FASTOPEN. */
const TCP_INTEGERS = new Set([1, 2, 3, 4, 5, 6, 7, 9, 12, 18, 23]);
/** TOS, TTL, PKTINFO, MTU_DISCOVER, RECVERR, RECVTTL, RECVTOS, FREEBIND, MULTICAST_TTL, MULTICAST_LOOP, BIND_ADDRESS_NO_PORT. */
const IP_INTEGERS = new Set([1, 2, 8, 10, 11, 12, 13, 15, 33, 34, 24]);
/** UNICAST_HOPS, MULTICAST_HOPS, MULTICAST_LOOP, MTU_DISCOVER, RECVERR, V6ONLY, RECVPKTINFO, RECVTCLASS, TCLASS. */
const IPV6_INTEGERS = new Set([16, 18, 19, 23, 25, 26, 49, 66, 67]);

const DEFAULT_BUFFER = 212992;

/** Values that are kept and given back; what they promise beyond that is advice to a network that is not there. */
function isInteger(socket: Socket, level: number, name: number): boolean {
  if (level === SOL_SOCKET) return SOCKET_INTEGERS.has(name);
  if (level === IPPROTO_TCP) return socket.family !== AF_UNIX && socket.type === SOCK_STREAM && TCP_INTEGERS.has(name);
  if (level === IPPROTO_IP) return socket.family !== AF_UNIX && IP_INTEGERS.has(name);
  return level === IPPROTO_IPV6 && socket.family === AF_INET6 && IPV6_INTEGERS.has(name);
}

function checkLevel(socket: Socket, level: number): void {
  const levels = socket.family === AF_UNIX ? [SOL_SOCKET] : [SOL_SOCKET, IPPROTO_IP, IPPROTO_TCP, IPPROTO_IPV6];
  if (!levels.includes(level)) fail(socket.family === AF_INET ? 'ENOPROTOOPT' : 'EOPNOTSUPP');
}

/** Other levels are an error of its own kind where options are read (net/ipv4/ip_sockglue.c). */
function readableLevels({ family, type }: Socket): readonly number[] {
  if (family === AF_UNIX) return [SOL_SOCKET];
  const stream = type === SOCK_STREAM ? [IPPROTO_TCP] : [];
  return [SOL_SOCKET, IPPROTO_IP, ...stream, ...(family === AF_INET6 ? [IPPROTO_IPV6] : [])];
}

export function setOption(
  process: Process,
  socket: Socket,
  level: number,
  name: number,
  address: number,
  length: number,
): number {
  if (length < 0) fail('EINVAL');
  checkLevel(socket, level);
  if (level === SOL_SOCKET && (name === SO_RCVTIMEO || name === SO_SNDTIMEO)) {
    if (length < 16) fail('EINVAL');
    const time = readTimeval(process, address);
    if (name === SO_RCVTIMEO) socket.receiveTimeout = time === 0n ? null : time;
    else socket.sendTimeout = time === 0n ? null : time;
    return 0;
  }
  if (level === SOL_SOCKET && name === SO_LINGER) {
    if (length < 8) fail('EINVAL');
    socket.options.set(
      `${level}:${name}`,
      process.memory.readI32(address) === 0 ? -1 : process.memory.readI32(address + 4),
    );
    return 0;
  }
  if (!isInteger(socket, level, name)) fail('ENOPROTOOPT');
  if (length < 4) fail('EINVAL');
  const value = process.memory.readI32(address);
  const isBuffer = level === SOL_SOCKET && (name === SO_SNDBUF || name === SO_RCVBUF);
  // Linux doubles the value, for its own book-keeping (socket(7)).
  socket.options.set(`${level}:${name}`, isBuffer ? Math.min(Math.max(value * 2, 2304), 2 * DEFAULT_BUFFER) : value);
  return 0;
}

export function getOption(
  process: Process,
  socket: Socket,
  level: number,
  name: number,
  address: number,
  lengthAddress: number,
): number {
  if (!readableLevels(socket).includes(level)) fail('EOPNOTSUPP');
  const room = process.memory.readI32(lengthAddress);
  if (room < 0) fail('EINVAL');
  const bytes = optionBytes(process, socket, level, name).subarray(0, room);
  process.memory.writeBytes(address, bytes);
  process.memory.writeU32(lengthAddress, bytes.length);
  return 0;
}

function words(...values: readonly number[]): Uint8Array {
  return new Uint8Array(Int32Array.from(values).buffer);
}

function optionBytes(_process: Process, socket: Socket, level: number, name: number): Uint8Array {
  if (level === SOL_SOCKET) {
    const special = socketOption(socket, name);
    if (special !== undefined) return special;
  }
  if (!isInteger(socket, level, name)) return fail('ENOPROTOOPT');
  const isBuffer = level === SOL_SOCKET && (name === SO_SNDBUF || name === SO_RCVBUF);
  return words(socket.options.get(`${level}:${name}`) ?? (isBuffer ? DEFAULT_BUFFER : 0));
}

/** Options that are no plain integers; undefined for those that are. */
function socketOption(socket: Socket, name: number): Uint8Array | undefined {
  if (SOCKET_INTEGERS.has(name) && name !== SO_LINGER) return undefined;
  switch (name) {
    case SO_TYPE:
      return words(socket.type);
    case SO_DOMAIN:
      return words(socket.family);
    case SO_PROTOCOL:
      return words(socket.protocol);
    case SO_ACCEPTCONN:
      return words(socket.listening ? 1 : 0);
    case SO_ERROR: {
      const error = socket.pendingError;
      socket.pendingError = null;
      return words(error === null ? 0 : ERRNO[error]);
    }
    case SO_PEERCRED: {
      const { pid, uid, gid } = socket.peerCredentials();
      return words(pid, uid, gid);
    }
    case SO_LINGER: {
      const value = socket.options.get(`${SOL_SOCKET}:${SO_LINGER}`) ?? -1;
      return value < 0 ? words(0, 0) : words(1, value);
    }
    case SO_RCVTIMEO:
    case SO_SNDTIMEO:
      return timeval((name === SO_RCVTIMEO ? socket.receiveTimeout : socket.sendTimeout) ?? 0n);
    default:
      return fail('ENOPROTOOPT');
  }
}

function timeval(nanoseconds: bigint): Uint8Array {
  return new Uint8Array(BigInt64Array.of(nanoseconds / 1_000_000_000n, (nanoseconds % 1_000_000_000n) / 1000n).buffer);
}
