import { expect, it } from 'vitest';
import type { HostConnection, HostNetwork } from '../../platform/types.ts';
import { isLinuxError } from '../errno.ts';
import { Fixture } from '../vfs/testing/fixture.ts';
import { MemoryFileSystem } from '../vfs/memory/memory-fs.ts';
import { InetSocket } from './inet-socket.ts';
import { Outside } from './outside.ts';
import { AF_INET, SOCK_STREAM } from './socket.ts';

const owner = { pid: 1, uid: 0, gid: 0 };
const address = Uint8Array.of(AF_INET, 0, 0, 80, 192, 0, 2, 1, ...new Array<number>(8).fill(0));

/** A socket, what one of its `connect`s gives, and how the host ends a connection that waits. */
function socketWithHost(): {
  readonly socket: InetSocket;
  readonly connect: () => string;
  readonly settle: (state: HostConnection['state']) => void;
} {
  const { vfs, context } = new Fixture((environment) => new MemoryFileSystem(environment));
  const connections: { state: HostConnection['state']; changed: () => void }[] = [];
  const connect: HostNetwork['connect'] = () => {
    const connection = {
      ...{ state: 'connecting' as HostConnection['state'], local: null, remote: null, changed: (): void => undefined },
      onChange: (listener: () => void) => {
        connection.changed = listener;
        return () => undefined;
      },
      ...{ read: () => 'again' as const, write: () => 'again' as const },
      ...{
        end: () => undefined,
        close: () => undefined,
        destroy: () => undefined,
        closed: new Promise<void>(() => undefined),
      },
    };
    connections.push(connection);
    return connection;
  };
  const outside = new Outside({
    network: { connect } as HostNetwork,
    policy: () => true,
    setTimer: () => () => undefined,
  });
  const socket = new InetSocket(vfs, AF_INET, SOCK_STREAM, 0, outside);
  return {
    socket,
    connect: () => {
      try {
        socket.connect(address, context, owner);
        return 'done';
      } catch (error) {
        if (!isLinuxError(error)) throw error;
        return error.name;
      }
    },
    settle: (state) => {
      const last = connections.at(-1)!;
      last.state = state;
      last.changed();
    },
  };
}

it('tells the next connect how one went that nobody waited for', () => {
  const { connect, settle } = socketWithHost();
  expect([connect(), connect()]).toEqual(['EINPROGRESS', 'EALREADY']);
  settle('ECONNREFUSED');
  expect([connect(), connect(), connect()]).toEqual(['ECONNREFUSED', 'EINPROGRESS', 'EALREADY']);
  settle('open');
  expect([connect(), connect()]).toEqual(['done', 'EISCONN']);
});

it('tells why a connection failed once: to SO_ERROR or to connect', () => {
  const { socket, connect, settle } = socketWithHost();
  expect(connect()).toBe('EINPROGRESS');
  settle('ETIMEDOUT');
  expect(socket.pendingError).toBe('ETIMEDOUT');
  // As getsockopt(SO_ERROR) does.
  socket.pendingError = null;
  expect([connect(), connect()]).toEqual(['ECONNABORTED', 'EINPROGRESS']);
});
