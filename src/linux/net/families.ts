/** Makes sockets by family, type and protocol. */
import { fail } from '../errno.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { InetSocket } from './inet-socket.ts';
import type { LocalSocket } from './local-socket.ts';
import { Outside } from './outside.ts';
import { AF_INET, AF_INET6, AF_UNIX, SOCK_DGRAM, SOCK_SEQPACKET, SOCK_STREAM, type Socket } from './socket.ts';
import { UnixSocket } from './unix-socket.ts';

const IPPROTO_TCP = 6;
const IPPROTO_UDP = 17;
const SOCK_RAW = 3;

export function createSocket(kernel: Kernel, family: number, type: number, protocol: number): Socket {
  switch (family) {
    case AF_UNIX:
      return unixSocket(kernel, type, protocol);
    case AF_INET:
    case AF_INET6:
      return inetSocket(kernel, family, type, protocol);
    default:
      return fail('EAFNOSUPPORT');
  }
}

function unixSocket({ vfs }: Kernel, type: number, protocol: number): UnixSocket {
  if (protocol !== 0 && protocol !== AF_UNIX) fail('EPROTONOSUPPORT');
  // Linux takes SOCK_RAW for SOCK_DGRAM.
  const kind = type === SOCK_RAW ? SOCK_DGRAM : type;
  if (kind !== SOCK_STREAM && kind !== SOCK_DGRAM && kind !== SOCK_SEQPACKET) fail('ESOCKTNOSUPPORT');
  return new UnixSocket(vfs, kind);
}

function inetSocket({ vfs, network }: Kernel, family: number, type: number, protocol: number): InetSocket {
  if (network === 'none') return fail('EAFNOSUPPORT');
  if (type === SOCK_RAW) fail(protocol === 0 ? 'EPROTONOSUPPORT' : 'EPERM');
  if (type !== SOCK_STREAM && type !== SOCK_DGRAM) fail('ESOCKTNOSUPPORT');
  const own = type === SOCK_STREAM ? IPPROTO_TCP : IPPROTO_UDP;
  if (protocol !== 0 && protocol !== own) fail('EPROTONOSUPPORT');
  return new InetSocket(vfs, family, type, own, network instanceof Outside ? network : null);
}

/** Only AF_UNIX has pairs. */
export function createSocketPair(
  kernel: Kernel,
  family: number,
  type: number,
  protocol: number,
): [LocalSocket, LocalSocket] {
  if (family !== AF_UNIX) {
    // A socket is made first, and then found to have no pairs.
    createSocket(kernel, family, type, protocol).close();
    return fail('EOPNOTSUPP');
  }
  return [unixSocket(kernel, type, protocol), unixSocket(kernel, type, protocol)];
}
