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
  readonly #listeners: (() => void)[] = [];

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
      close: () => {
        if (this.#datagrams.delete(socket)) socket.close();
      },
    };
  }

  /** Hands connections to an address of the host to `accept`, which says whether somebody took them. */
  async publish(at: HostAddress, accept: (connection: HostConnection) => boolean): Promise<void> {
    const stop = await this.#options.network.listen(at, (connection) => {
      if (!accept(this.#keep(connection))) connection.destroy();
    });
    this.#listeners.push(stop);
  }

  /** Ends all of it; what was written still leaves, within a few seconds. */
  async close(): Promise<void> {
    for (const stop of this.#listeners) stop();
    for (const socket of this.#datagrams) socket.close();
    this.#datagrams.clear();
    const open = [...this.#connections];
    if (open.length === 0) return;
    const cancel = this.#options.setTimer(LINGER, () => {
      for (const connection of open) connection.destroy();
    });
    await Promise.all(open.map(({ closed }) => closed));
    cancel();
  }
}
