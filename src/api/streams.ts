/** Standard streams that live in memory or lead to web streams: what an embedder gives in place of a host's. */
import type { Cancel, HostOutput, HostStdin, StreamResult } from '../platform/types.ts';

/** Listeners of one event; a listener may leave while it is called. */
class Listeners {
  readonly #all = new Set<() => void>();

  add(listener: () => void): Cancel {
    this.#all.add(listener);
    return () => this.#all.delete(listener);
  }

  call(): void {
    for (const listener of [...this.#all]) listener();
  }
}

/** Standard input that is fed: from bytes given at once, or through a `WritableStream`. */
export class FedInput implements HostStdin {
  readonly kind = 'pipe';
  readonly #chunks: Uint8Array[] = [];
  readonly #listeners = new Listeners();
  #ended = false;
  #closed = false;
  #drained: (() => void) | undefined;

  /** Queues bytes; they are not copied. */
  push(bytes: Uint8Array): void {
    if (this.#ended || this.#closed || bytes.length === 0) return;
    this.#chunks.push(bytes);
    this.#listeners.call();
  }

  /** No more bytes follow. */
  end(): void {
    this.#ended = true;
    this.#listeners.call();
  }

  read(buffer: Uint8Array): StreamResult {
    const first = this.#chunks[0];
    if (first === undefined) return this.#ended ? 0 : 'again';
    const count = Math.min(first.length, buffer.length);
    buffer.set(first.subarray(0, count));
    if (count < first.length) this.#chunks[0] = first.subarray(count);
    else this.#chunks.shift();
    if (this.#chunks.length === 0) this.#release();
    return count;
  }

  readable(): boolean {
    return this.#chunks.length > 0 || this.#ended;
  }

  onReadable(listener: () => void): Cancel {
    return this.#listeners.add(listener);
  }

  /** The guest is gone: what is written from now on is dropped. */
  close(): void {
    this.#closed = true;
    this.#chunks.length = 0;
    this.#release();
  }

  /** A web stream that feeds this input; a write settles once the guest has read it. */
  writable(): WritableStream<Uint8Array> {
    return new WritableStream<Uint8Array>({
      write: async (chunk) => {
        this.push(chunk.slice());
        if (this.#chunks.length > 0)
          await new Promise<void>((resolve) => {
            this.#drained = resolve;
          });
      },
      close: () => this.end(),
      abort: () => this.end(),
    });
  }

  /** Feeds this input from a web stream until it ends or the guest closes its end. */
  async pump(source: ReadableStream<Uint8Array>): Promise<void> {
    const reader = source.getReader();
    const target = this.writable().getWriter();
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done || this.#closed) break;
        await target.write(value);
      }
    } finally {
      this.end();
      await reader.cancel();
    }
  }

  #release(): void {
    this.#drained?.();
    this.#drained = undefined;
  }
}

abstract class Output implements HostOutput {
  readonly kind = 'pipe';
  protected readonly listeners = new Listeners();

  write(bytes: Uint8Array): StreamResult {
    if (this.broken()) return 'EPIPE';
    if (!this.writable()) return 'again';
    // The bytes lie in the guest's memory, which goes on changing.
    this.accept(bytes.slice());
    return bytes.length;
  }

  onWritable(listener: () => void): Cancel {
    return this.listeners.add(listener);
  }

  flush(): Promise<void> {
    return Promise.resolve();
  }

  protected abstract accept(bytes: Uint8Array): void;
  abstract writable(): boolean;
  abstract broken(): boolean;
  abstract close(): void;
}

/** An output that is kept in memory. */
export class CapturedOutput extends Output {
  readonly #chunks: Uint8Array[] = [];
  #length = 0;

  /** Everything written so far, in one piece. */
  bytes(): Uint8Array {
    const all = new Uint8Array(this.#length);
    let at = 0;
    for (const chunk of this.#chunks) {
      all.set(chunk, at);
      at += chunk.length;
    }
    return all;
  }

  protected accept(bytes: Uint8Array): void {
    this.#chunks.push(bytes);
    this.#length += bytes.length;
  }

  writable(): boolean {
    return true;
  }

  broken(): boolean {
    return false;
  }

  close(): void {
    // Nothing is held: the chunks stay for `bytes`.
  }
}

/** An output that its reader pulls as a web stream; the guest waits while the reader is behind. */
export class StreamedOutput extends Output {
  readonly stream: ReadableStream<Uint8Array>;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #cancelled = false;

  constructor() {
    super();
    this.stream = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#controller = controller;
      },
      pull: () => this.listeners.call(),
      cancel: () => {
        this.#cancelled = true;
        this.listeners.call();
      },
    });
  }

  protected accept(bytes: Uint8Array): void {
    this.#controller?.enqueue(bytes);
  }

  writable(): boolean {
    return this.#cancelled || (this.#controller?.desiredSize ?? 0) > 0;
  }

  broken(): boolean {
    return this.#cancelled;
  }

  close(): void {
    if (!this.#cancelled) this.#controller?.close();
    this.#controller = undefined;
  }
}
