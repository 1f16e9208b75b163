import fs from 'node:fs';
import type {
  Cancel,
  HostErrorCode,
  HostOutput,
  HostStreamFile,
  HostStreamKind,
  HostTerminal,
  StreamResult,
} from '../types.ts';
import { hostErrorCode, nodeErrorCode } from './host-errors.ts';

/** Milliseconds until a full pipe is tried again: Node cannot say when a descriptor takes more. */
const RETRY = 2;

/**
 * A descriptor written synchronously: what was accepted has left us, so nothing can get lost at exit. A descriptor
 * that somebody made non-blocking says `again` when the pipe is full; a blocking one makes the host wait.
 */
export class DescriptorOutput implements HostOutput {
  readonly kind: HostStreamKind;
  readonly terminal?: HostTerminal;
  readonly file?: HostStreamFile;
  readonly #fd: number;
  readonly #listeners = new Set<() => void>();
  #full = false;
  #broken = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(fd: number, kind: HostStreamKind, extras: { terminal?: HostTerminal; file?: HostStreamFile } = {}) {
    this.#fd = fd;
    this.kind = kind;
    if (extras.terminal !== undefined) this.terminal = extras.terminal;
    if (extras.file !== undefined) this.file = extras.file;
  }

  write(bytes: Uint8Array): StreamResult {
    if (this.#broken) return 'EPIPE';
    try {
      const count = fs.writeSync(this.#fd, bytes, 0, bytes.length);
      this.#full = false;
      return count;
    } catch (error) {
      return this.#failure(error);
    }
  }

  #failure(error: unknown): 'again' | HostErrorCode {
    if (nodeErrorCode(error) === 'EAGAIN') {
      this.#full = true;
      if (this.#listeners.size > 0) this.#retryLater();
      return 'again';
    }
    const code = hostErrorCode(error);
    if (code === 'EPIPE') this.#broken = true;
    return code;
  }

  #retryLater(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#full = false;
      for (const listener of [...this.#listeners]) listener();
    }, RETRY);
  }

  writable(): boolean {
    return !this.#full;
  }

  onWritable(listener: () => void): Cancel {
    const call = (): void => listener();
    this.#listeners.add(call);
    if (this.#full) this.#retryLater();
    return () => this.#listeners.delete(call);
  }

  broken(): boolean {
    return this.#broken;
  }

  flush(): Promise<void> {
    return Promise.resolve();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#listeners.clear();
  }
}

/** A closed descriptor: what is written goes nowhere. */
export class NullOutput implements HostOutput {
  readonly kind = 'null';

  write(bytes: Uint8Array): StreamResult {
    return bytes.length;
  }

  writable(): boolean {
    return true;
  }

  onWritable(): Cancel {
    return () => undefined;
  }

  broken(): boolean {
    return false;
  }

  flush(): Promise<void> {
    return Promise.resolve();
  }

  close(): void {
    // Nothing is held.
  }
}
