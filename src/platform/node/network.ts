/** The host's TCP and UDP, over node:net and node:dgram. */
import type dgram from 'node:dgram';
import type net from 'node:net';
import {
  HostNetworkError,
  type Cancel,
  type DatagramListener,
  type HostAddress,
  type HostConnection,
  type HostDatagrams,
  type HostNetwork,
  type HostNetworkErrorCode,
} from '../types.ts';
import { nodeErrorCode } from './host-errors.ts';

/** Node's modules, loaded when a guest first uses the network: most never do. */
const nodeNet = () => process.getBuiltinModule('node:net');
const nodeDgram = () => process.getBuiltinModule('node:dgram');
const nodeDns = () => process.getBuiltinModule('node:dns');

const CODES: ReadonlySet<string> = new Set<HostNetworkErrorCode>([
  'EACCES',
  'EADDRINUSE',
  'EADDRNOTAVAIL',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'EINVAL',
  'EMFILE',
  'EMSGSIZE',
  'ENETUNREACH',
  'ENOBUFS',
  'EPERM',
  'EPIPE',
  'ETIMEDOUT',
]);

function networkErrorCode(error: unknown): HostNetworkErrorCode {
  const code = nodeErrorCode(error);
  return code !== undefined && isNetworkErrorCode(code) ? code : 'EIO';
}

function isNetworkErrorCode(code: string): code is HostNetworkErrorCode {
  return CODES.has(code);
}

function networkError(error: unknown): HostNetworkError {
  return new HostNetworkError(networkErrorCode(error), error instanceof Error ? error.message : undefined);
}

class NodeConnection implements HostConnection {
  readonly closed: Promise<void>;
  readonly #socket: net.Socket;
  readonly #listeners = new Set<{ readonly call: () => void }>();
  #state: HostConnection['state'];
  /** What the host gave and nobody has read yet. */
  #rest: Uint8Array = new Uint8Array();
  #ended = false;
  #full = false;

  constructor(socket: net.Socket, state: 'connecting' | 'open') {
    this.#socket = socket;
    this.#state = state;
    socket.setNoDelay(true);
    socket.on('connect', () => {
      this.#state = 'open';
      this.#notify();
    });
    socket.on('readable', () => this.#notify());
    socket.on('end', () => {
      this.#ended = true;
      this.#notify();
    });
    socket.on('drain', () => {
      this.#full = false;
      this.#notify();
    });
    socket.on('error', (error) => {
      this.#state = networkErrorCode(error);
      this.#notify();
    });
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        this.#ended = true;
        this.#notify();
        resolve();
      });
    });
  }

  get state(): HostConnection['state'] {
    return this.#state;
  }

  get local(): HostAddress | null {
    const { localAddress, localPort } = this.#socket;
    return localAddress === undefined || localPort === undefined ? null : { address: localAddress, port: localPort };
  }

  get remote(): HostAddress | null {
    const { remoteAddress, remotePort } = this.#socket;
    return remoteAddress === undefined || remotePort === undefined
      ? null
      : { address: remoteAddress, port: remotePort };
  }

  #notify(): void {
    for (const listener of [...this.#listeners]) listener.call();
  }

  read(buffer: Uint8Array): ReturnType<HostConnection['read']> {
    if (this.#rest.length === 0) {
      const chunk: unknown = this.#socket.read();
      if (chunk instanceof Uint8Array) this.#rest = chunk;
    }
    if (this.#rest.length > 0) {
      const part = this.#rest.subarray(0, buffer.length);
      buffer.set(part);
      this.#rest = this.#rest.subarray(part.length);
      return part.length;
    }
    if (this.#state !== 'open' && this.#state !== 'connecting') return this.#state;
    return this.#ended ? 0 : 'again';
  }

  write(bytes: Uint8Array): ReturnType<HostConnection['write']> {
    if (this.#state === 'connecting' || this.#full) return 'again';
    if (this.#state !== 'open') return this.#state;
    if (!this.#socket.writable) return 'EPIPE';
    this.#full = !this.#socket.write(bytes.slice());
    return bytes.length;
  }

  onChange(listener: () => void): Cancel {
    const entry = { call: listener };
    this.#listeners.add(entry);
    return () => this.#listeners.delete(entry);
  }

  end(): void {
    this.#socket.end();
  }

  close(): void {
    this.#listeners.clear();
    if (this.#state === 'open') {
      // What still arrives has no reader; it must not keep the end from being seen.
      this.#socket.on('readable', () => void this.#socket.read());
      this.#socket.destroySoon();
    } else this.#socket.destroy();
  }

  destroy(): void {
    this.#listeners.clear();
    this.#socket.destroy();
  }
}

/** A UDP socket of Node, which sends in later turns of its event loop, and nothing any more once it was closed. */
class NodeDatagrams implements HostDatagrams {
  readonly #socket: dgram.Socket;
  readonly #listener: DatagramListener;
  /** Messages that have not left yet. */
  #leaving = 0;
  #allLeft: (() => void) | null = null;
  /** While Node connects the socket: what is to be sent then. */
  #waiting: Uint8Array[] | null = null;
  #connected = false;

  constructor(family: 4 | 6, listener: DatagramListener) {
    this.#listener = listener;
    this.#socket = nodeDgram().createSocket(family === 4 ? 'udp4' : 'udp6');
    this.#socket.on('message', (bytes, { address, port }) => listener.message(bytes, { address, port }));
    this.#socket.on('error', (error) => {
      listener.failed(networkErrorCode(error));
      // It could not be connected: what waits for that never leaves.
      this.#leaving -= this.#waiting?.length ?? 0;
      this.#waiting = null;
      if (this.#leaving === 0) this.#allLeft?.();
    });
  }

  connect(peer: HostAddress): this {
    this.#connected = true;
    this.#waiting = [];
    this.#socket.connect(peer.port, peer.address, () => {
      const waiting = this.#waiting ?? [];
      this.#waiting = null;
      for (const bytes of waiting) this.#socket.send(bytes, this.#left);
    });
    return this;
  }

  /** Takes a port that others know. */
  bind(at: HostAddress): Promise<this> {
    return new Promise((resolve, reject) => {
      const refused = (error: Error): void => reject(networkError(error));
      this.#socket.once('error', refused);
      this.#socket.bind(at.port, at.address, () => {
        this.#socket.off('error', refused);
        resolve(this);
      });
    });
  }

  readonly #left = (error: Error | null): void => {
    this.#leaving--;
    if (error !== null) this.#listener.failed(networkErrorCode(error));
    if (this.#leaving === 0) this.#allLeft?.();
  };

  send(bytes: Uint8Array, to: HostAddress): void {
    this.#leaving++;
    const copy = bytes.slice();
    if (!this.#connected) this.#socket.send(copy, to.port, to.address, this.#left);
    else if (this.#waiting !== null) this.#waiting.push(copy);
    else this.#socket.send(copy, this.#left);
  }

  async close(): Promise<void> {
    if (this.#leaving > 0) await new Promise<void>((resolve) => (this.#allLeft = resolve));
    this.#socket.close();
  }
}

function listen(at: HostAddress, accept: (connection: HostConnection) => void): Promise<() => void> {
  return new Promise((resolve, reject) => {
    const server = nodeNet().createServer({ allowHalfOpen: true });
    server.on('connection', (socket) => accept(new NodeConnection(socket, 'open')));
    server.once('error', (error) => reject(networkError(error)));
    server.listen(at.port, at.address, () => {
      // A connection that could not be taken is the caller's loss, not ours.
      server.on('error', () => undefined);
      resolve(() => void server.close());
    });
  });
}

export const nodeNetwork: HostNetwork = {
  connect({ address, port }) {
    return new NodeConnection(nodeNet().connect({ host: address, port, allowHalfOpen: true }), 'connecting');
  },
  datagrams(family, peer, listener) {
    const socket = new NodeDatagrams(family, listener);
    return peer === null ? socket : socket.connect(peer);
  },
  listen,
  bindDatagrams: (at, listener) => new NodeDatagrams(at.address.includes(':') ? 6 : 4, listener).bind(at),
  async resolve(name) {
    try {
      return (await nodeDns().promises.lookup(name, { all: true })).map(({ address }) => address);
    } catch (error) {
      throw networkError(error);
    }
  },
  nameServers: () => nodeDns().getServers(),
};
