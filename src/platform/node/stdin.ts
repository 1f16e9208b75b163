import type { Readable } from 'node:stream';
import type { Cancel, HostStdin, HostStreamFile, HostStreamKind, HostTerminal, StreamResult } from '../types.ts';
import { hostErrorCode } from './host-errors.ts';
import type { HostErrorCode } from '../types.ts';

/** Standard input from a file: always ready, and seekable. */
export class FileInput implements HostStdin {
  readonly kind = 'file';
  readonly file: HostStreamFile;
  #position: number;

  constructor(file: HostStreamFile) {
    this.file = file;
    this.#position = file.position;
  }

  read(buffer: Uint8Array): StreamResult {
    try {
      const count = this.file.read(buffer, this.#position);
      this.#position += count;
      return count;
    } catch (error) {
      return hostErrorCode(error);
    }
  }

  readable(): boolean {
    return true;
  }

  onReadable(): Cancel {
    return () => undefined;
  }

  close(): void {
    // The descriptor is the shell's.
  }
}

/** No input: `< /dev/null`, or a closed descriptor. */
export class NullInput implements HostStdin {
  readonly kind = 'null';

  read(): StreamResult {
    return 0;
  }

  readable(): boolean {
    return true;
  }

  onReadable(): Cancel {
    return () => undefined;
  }

  close(): void {
    // Nothing is held.
  }
}

/** `process.stdin` is a socket, a terminal or a file stream; some of them keep the event loop alive. */
export type InputStream = Readable & { unref?(): unknown };

/** Standard input from a pipe, socket or terminal. The host's stream is first touched when the guest wants input. */
export class StreamInput implements HostStdin {
  readonly kind: HostStreamKind;
  readonly terminal?: HostTerminal;
  readonly #open: () => InputStream;
  readonly #listeners = new Set<() => void>();
  #stream: InputStream | undefined;
  /** What the stream gave and the guest has not read yet. */
  #rest: Uint8Array = new Uint8Array();
  #ended = false;
  #error: HostErrorCode | undefined;

  constructor(kind: HostStreamKind, open: () => InputStream, terminal?: HostTerminal) {
    this.kind = kind;
    this.#open = open;
    if (terminal !== undefined) this.terminal = terminal;
  }

  #start(): void {
    if (this.#stream !== undefined) return;
    const stream = this.#open();
    this.#stream = stream;
    stream.on('readable', this.#notify);
    stream.on('end', this.#onEnd);
    stream.on('close', this.#onEnd);
    stream.on('error', this.#onError);
  }

  readonly #notify = (): void => {
    for (const listener of [...this.#listeners]) listener();
  };

  readonly #onEnd = (): void => {
    this.#ended = true;
    this.#notify();
  };

  readonly #onError = (error: Error): void => {
    this.#error = hostErrorCode(error);
    this.#notify();
  };

  /** Takes the next piece from the stream; nothing more is taken before the guest has read it. */
  #refill(): void {
    if (this.#rest.length > 0 || this.#ended) return;
    this.#start();
    const chunk: unknown = this.#stream?.read();
    if (chunk instanceof Uint8Array) this.#rest = chunk;
  }

  read(buffer: Uint8Array): StreamResult {
    this.#refill();
    if (this.#rest.length > 0) {
      const part = this.#rest.subarray(0, buffer.length);
      buffer.set(part);
      this.#rest = this.#rest.subarray(part.length);
      return part.length;
    }
    if (this.#error !== undefined) return this.#error;
    return this.#ended ? 0 : 'again';
  }

  readable(): boolean {
    this.#refill();
    return this.#rest.length > 0 || this.#ended || this.#error !== undefined;
  }

  onReadable(listener: () => void): Cancel {
    const call = (): void => listener();
    this.#listeners.add(call);
    this.#start();
    return () => this.#listeners.delete(call);
  }

  /** Stops reading, so that the host's process can end and what is still in the pipe stays there. */
  close(): void {
    const stream = this.#stream;
    this.#listeners.clear();
    this.#ended = true;
    if (stream === undefined) return;
    stream.off('readable', this.#notify);
    stream.off('end', this.#onEnd);
    stream.off('close', this.#onEnd);
    stream.pause();
    stream.unref?.();
  }
}
