/** A thread that compiles which is none: it works when it is sent something, and its replies come a while later. */
import { assert } from '../../common/assert.ts';
import { aarch64 } from '../../guest/aarch64/index.ts';
import { riscv64 } from '../../guest/riscv64/index.ts';
import { x64 } from '../../guest/x64/index.ts';
import type { CompileThread } from '../../platform/types.ts';
import type { BackgroundRequest } from '../background-messages.ts';
import { BackgroundCompiler } from '../background.ts';
import { CompileServer } from '../compile-server.ts';
import type { RegionStats } from '../stats.ts';

export interface PretendedThreadOptions {
  /** How often is asked for a reply in vain. */
  readonly delay?: number;
  /** Requests after which the thread breaks. */
  readonly failsAfter?: number;
}

export class PretendedThread implements CompileThread {
  readonly requests: BackgroundRequest[] = [];
  readonly #server: CompileServer;
  readonly #replies: { readonly reply: unknown; wait: number }[] = [];
  readonly #delay: number;
  readonly #failsAfter: number;
  isClosed = false;
  /** Replies are kept back. */
  isHeld = false;

  constructor({ delay = 0, failsAfter = Infinity }: PretendedThreadOptions = {}) {
    const guests = [riscv64, aarch64, x64];
    this.#server = new CompileServer(
      ({ name }) => guests.find((guest) => guest.name === name)!,
      () => 0n,
    );
    this.#delay = delay;
    this.#failsAfter = failsAfter;
  }

  get hasFailed(): boolean {
    return this.requests.length > this.#failsAfter;
  }

  get hasReply(): boolean {
    const first = this.#replies[0];
    return !this.isHeld && first !== undefined && first.wait-- <= 0;
  }

  send(message: unknown, transfer: readonly ArrayBuffer[]): void {
    const request = structuredClone(message, { transfer: [...transfer] }) as BackgroundRequest;
    this.requests.push(request);
    if (this.hasFailed) return;
    const reply = this.#server.handle(request);
    if (reply !== null) this.#replies.push({ reply, wait: this.#delay });
  }

  receive(): unknown {
    return this.#replies.shift()?.reply;
  }

  close(): void {
    this.isClosed = true;
  }
}

/** A compiler whose thread runs already, so that all is compiled there. */
export function startedCompiler(stats: RegionStats, options?: PretendedThreadOptions): BackgroundCompiler {
  const compiler = new BackgroundCompiler(() => new PretendedThread(options), stats);
  assert(compiler.isAvailable, 'the thread runs');
  return compiler;
}
