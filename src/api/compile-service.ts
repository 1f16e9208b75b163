/** The compiler as a service of its own, for the thread that runs it: `thread/main.ts` in Node. */
import { unreachable } from '../common/assert.ts';
import type { BackgroundRequest, CompileReply, GuestKey } from '../engine/background-messages.ts';
import { CompileServer } from '../engine/compile-server.ts';
import { GuestLoader } from './guest-loader.ts';

export class CompileService {
  readonly #loader = new GuestLoader();
  readonly #server: CompileServer;

  /** `clock`: monotonic time in nanoseconds. */
  constructor(clock: () => bigint) {
    this.#server = new CompileServer((key) => this.#loader.find(key) ?? unreachable('it was loaded'), clock);
  }

  /** Makes ready for requests about a guest. */
  load(key: GuestKey): Promise<void> {
    return this.#loader.load(key);
  }

  /** Answers a request about a guest that was loaded; null where there is nothing to answer. */
  handle(request: BackgroundRequest): CompileReply | null {
    return this.#server.handle(request);
  }
}
