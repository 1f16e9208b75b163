/** Sockets: there are none, and each call says so in the way that programs expect. */
import { fail } from '../errno.ts';
import type { SyscallHandler, SyscallHandlers } from '../process/syscall-table.ts';

const refuse: SyscallHandler = () => fail('EAFNOSUPPORT');

/** A call on a descriptor, which cannot be a socket. */
const notASocket: SyscallHandler = (process, [fd]) => {
  process.fds.getFile(fd | 0);
  return fail('ENOTSOCK');
};

export const socketCalls: SyscallHandlers = {
  socket: refuse,
  socketpair: refuse,
  ...Object.fromEntries(
    [
      'bind',
      'listen',
      'accept',
      'accept4',
      'connect',
      'getsockname',
      'getpeername',
      'sendto',
      'recvfrom',
      'setsockopt',
      'getsockopt',
      'shutdown',
      'sendmsg',
      'recvmsg',
      'sendmmsg',
      'recvmmsg',
    ].map((name) => [name, notASocket]),
  ),
};
