/** What a guest reaches beyond itself: a policy over the host's network, and what is open through it. */
import type {
  DatagramListener,
  HostAddress,
  HostConnection,
  HostDatagrams,
  HostNetwork,
} from '../../platform/types.ts';
import { fail } from '../errno.ts';

/** Whether a guest may send to an address of the outside. */
export type OutsidePolicy = (to: HostAddress) => boolean;

/** Nanoseconds that connections have, after the guest's end, to send what it wrote. */
const LINGER = 5_000_000_000n;

/** Programs of the host that a published port remembers, to be answered. */
const MAX_CORRESPONDENTS = 4096;

/** A UDP port of the guest as the host has it. */
interface PublishedPort {
  readonly socket: HostDatagrams;
  /** Who wrote here, by the name that the guest has for it; who wrote last is last. */
  readonly correspondents: Map<string, HostAddress>;
}

export interface OutsideOptions {
  readonly network: HostNetwork;
  /** Null: there is no outside, but for what is published. */
  readonly policy: OutsidePolicy | null;
  readonly setTimer: (nanoseconds: bigint, callback: () => void) => () => void;
}

export class Outside {
  readonly #options: OutsideOptions;
  readonly #connections = new Set<HostConnection>();
  readonly #datagrams = new Set<HostDatagrams>();
  readonly #closing = new Set<Promise<void>>();
  readonly #listeners: (() => void)[] = [];
  readonly #published = new Map<number, PublishedPort[]>();

  constructor(options: OutsideOptions) {
    this.#options = options;
  }

  allows(to: HostAddress): boolean {
    return this.#options.policy?.(to) ?? false;
  }

  /** Throws what a guest is told of an address out of its reach. */
  check(to: HostAddress): void {
    if (!this.allows(to)) fail(this.#options.policy === null ? 'ENETUNREACH' : 'EACCES');
  }

  connect(to: HostAddress): HostConnection {
    this.check(to);
    return this.#keep(this.#options.network.connect(to));
  }

  #keep(connection: HostConnection): HostConnection {
    this.#connections.add(connection);
    void connection.closed.then(() => this.#connections.delete(connection));
    return connection;
  }

  datagrams(family: 4 | 6, peer: HostAddress | null, listener: DatagramListener): HostDatagrams {
    const socket = this.#options.network.datagrams(family, peer, listener);
    this.#datagrams.add(socket);
    return {
      send: (bytes, to) => {
        this.check(to);
        socket.send(bytes, to);
      },
      close: () => this.#closeDatagrams(socket),
    };
  }

  #closeDatagrams(socket: HostDatagrams): Promise<void> {
    if (!this.#datagrams.delete(socket)) return Promise.resolve();
    const closed = socket.close().finally(() => this.#closing.delete(closed));
    this.#closing.add(closed);
    return closed;
  }

  /** Hands connections to an address of the host to `accept`, which says whether somebody took them. */
  async publish(at: HostAddress, accept: (connection: HostConnection) => boolean): Promise<void> {
    const stop = await this.#options.network.listen(at, (connection) => {
      if (!accept(this.#keep(connection))) connection.destroy();
    });
    this.#listeners.push(stop);
  }

  /** Hands datagrams for an address of the host to `take`, whose answer is the sender's name in the guest, if anybody took it. */
  async publishDatagrams(
    at: HostAddress,
    guestPort: number,
    take: (bytes: Uint8Array, from: HostAddress) => string | undefined,
  ): Promise<void> {
    const correspondents = new Map<string, HostAddress>();
    const socket = await this.#options.network.bindDatagrams(at, {
      message: (bytes, from) => {
        const name = take(bytes, from);
        if (name === undefined) return;
        correspondents.delete(name);
        correspondents.set(name, from);
        const [oldest] = correspondents.keys();
        if (correspondents.size > MAX_CORRESPONDENTS && oldest !== undefined) correspondents.delete(oldest);
      },
      // Nobody sent just that datagram: an unconnected socket is not told what became of it.
      failed: () => undefined,
    });
    this.#datagrams.add(socket);
    this.#published.set(guestPort, [...(this.#published.get(guestPort) ?? []), { socket, correspondents }]);
  }

  /** Whether somebody of this name in the guest has written to its port. */
  writesTo(guestPort: number, name: string): boolean {
    return this.#published.get(guestPort)?.some(({ correspondents }) => correspondents.has(name)) ?? false;
  }

  /** Sends from the published port to who has written to it; false for anybody else. */
  answer(guestPort: number, name: string, bytes: Uint8Array): boolean {
    for (const { socket, correspondents } of this.#published.get(guestPort) ?? []) {
      const to = correspondents.get(name);
      if (to === undefined) continue;
      socket.send(bytes, to);
      return true;
    }
    return false;
  }

  /** Ends all of it; what was written still leaves, within a few seconds. */
  async close(): Promise<void> {
    for (const stop of this.#listeners) stop();
    for (const socket of this.#datagrams) void this.#closeDatagrams(socket);
    this.#published.clear();
    const open = [...this.#connections];
    if (open.length === 0 && this.#closing.size === 0) return;
    const cancel = this.#options.setTimer(LINGER, () => {
      for (const connection of open) connection.destroy();
    });
    await Promise.all([...open.map(({ closed }) => closed), ...this.#closing]);
    cancel();
  }
}
