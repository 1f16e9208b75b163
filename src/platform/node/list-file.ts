/** A file that is whole after every write: a head, items, and a tail that the next items overwrite. */
import fs from 'node:fs';
import { translateErrors } from './host-errors.ts';

/** Characters kept in memory before they are written. */
const BUFFER = 1 << 16;

/** Failures are thrown as `HostFileError`, by the constructor as well; after one, nothing more is to be appended. */
export class ListFile {
  readonly #fd: number;
  /** Ends the file; lies at `#position`. */
  readonly #tail: Buffer;
  readonly #separator: string;
  /** Files of the host's disk can be written anywhere; a pipe gets its tail at the end. */
  readonly #isRegular: boolean;
  #position: number;
  #buffered: string[] = [];
  #size = 0;
  #isEmpty = true;

  /** Creates or empties the file at `path`. */
  constructor(path: string, { head, separator, tail }: { head: string; separator: string; tail: string }) {
    this.#tail = Buffer.from(tail);
    this.#separator = separator;
    this.#fd = translateErrors(() => fs.openSync(path, 'w'));
    try {
      this.#isRegular = translateErrors(() => fs.fstatSync(this.#fd).isFile());
      this.#position = 0;
      this.#put(head);
    } catch (error) {
      fs.closeSync(this.#fd);
      throw error;
    }
  }

  append(item: string): void {
    this.#buffered.push(this.#isEmpty ? item : this.#separator + item);
    this.#isEmpty = false;
    this.#size += item.length;
    if (this.#size >= BUFFER) this.flush();
  }

  /** Writes what is in memory. */
  flush(): void {
    if (this.#buffered.length === 0) return;
    const text = this.#buffered.join('');
    this.#buffered = [];
    this.#size = 0;
    this.#put(text);
  }

  /** Writes the rest. What was written before a failure stays a whole file. */
  close(): void {
    try {
      this.flush();
      if (!this.#isRegular) this.#write(this.#tail, null);
    } finally {
      fs.closeSync(this.#fd);
    }
  }

  #put(text: string): void {
    if (!this.#isRegular) return this.#write(Buffer.from(text), null);
    const bytes = Buffer.from(text);
    try {
      this.#write(Buffer.concat([bytes, this.#tail]), this.#position);
    } catch (error) {
      this.#restoreTail();
      throw error;
    }
    this.#position += bytes.length;
  }

  /** Ends the file where it ended before; that needs no more room than it had then. */
  #restoreTail(): void {
    try {
      fs.writeSync(this.#fd, this.#tail, 0, this.#tail.length, this.#position);
      fs.ftruncateSync(this.#fd, this.#position + this.#tail.length);
    } catch {
      // The failure that led here is the one to tell.
    }
  }

  #write(bytes: Buffer, position: number | null): void {
    translateErrors(() => {
      for (let done = 0; done < bytes.length;)
        done += fs.writeSync(this.#fd, bytes, done, bytes.length - done, position === null ? null : position + done);
    });
  }
}
