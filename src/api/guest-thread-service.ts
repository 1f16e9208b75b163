/** A thread that runs guest code, apart from how the host makes one: `thread/guest.ts` in Node. */
import { GuestThreadServer, type ServerHost } from '../engine/parallel/server.ts';
import type { GuestThreadWords } from '../platform/types.ts';
import { GuestLoader } from './guest-loader.ts';

export class GuestThreadService {
  readonly #loader = new GuestLoader();
  readonly #server: GuestThreadServer;

  constructor(words: GuestThreadWords, host: Omit<ServerHost, 'guestFor'>) {
    this.#server = new GuestThreadServer(words, { ...host, guestFor: (key) => this.#loader.find(key) });
  }

  /** Runs guest code until the thread is ended from outside. */
  async run(): Promise<never> {
    for (;;) await this.#loader.load(this.#server.serve());
  }
}
