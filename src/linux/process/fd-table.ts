/** File descriptors of a process. */
import { fail } from '../errno.ts';
import type { FileDescription } from '../vfs/file-description.ts';

interface Entry {
  readonly description: FileDescription;
  closeOnExec: boolean;
}

export class FdTable {
  readonly #entries: (Entry | undefined)[] = [];
  /** RLIMIT_NOFILE: descriptors are below it. */
  limit = 1024;
  readonly #closeListeners: ((description: FileDescription) => void)[] = [];

  /** Calls `listener` with each description that no descriptor names any more. */
  onLastClose(listener: (description: FileDescription) => void): void {
    this.#closeListeners.push(listener);
  }

  /** The description behind `fd`; EBADF. */
  get(fd: number): FileDescription {
    return this.#entry(fd).description;
  }

  /** As `get`, but not for O_PATH descriptors, which most calls refuse. */
  getFile(fd: number): FileDescription {
    const description = this.get(fd);
    return description.pathOnly ? fail('EBADF') : description;
  }

  #entry(fd: number): Entry {
    return this.#entries[fd] ?? fail('EBADF');
  }

  /** Gives `description` (whose reference the table takes over) the lowest free descriptor from `minimum` on. */
  install(description: FileDescription, closeOnExec: boolean, minimum = 0): number {
    let fd = minimum;
    while (this.#entries[fd] !== undefined) fd++;
    if (fd >= this.limit) {
      description.release();
      fail('EMFILE');
    }
    this.#entries[fd] = { description, closeOnExec };
    return fd;
  }

  /** dup3(2) without its checks: `fd` names `description` (reference taken over) afterwards. */
  replace(fd: number, description: FileDescription, closeOnExec: boolean): void {
    if (fd < 0 || fd >= this.limit) {
      description.release();
      fail('EBADF');
    }
    const old = this.#entries[fd];
    this.#entries[fd] = { description, closeOnExec };
    if (old !== undefined) this.#release(old);
  }

  closeOnExec(fd: number): boolean {
    return this.#entry(fd).closeOnExec;
  }

  setCloseOnExec(fd: number, value: boolean): void {
    this.#entry(fd).closeOnExec = value;
  }

  close(fd: number): void {
    const entry = this.#entry(fd);
    this.#entries[fd] = undefined;
    this.#release(entry);
  }

  /** execve(2). */
  closeForExec(): void {
    this.#entries.forEach((entry, fd) => {
      if (entry?.closeOnExec === true) this.close(fd);
    });
  }

  closeAll(): void {
    this.#entries.forEach((entry, fd) => {
      if (entry !== undefined) this.close(fd);
    });
  }

  *[Symbol.iterator](): IterableIterator<readonly [fd: number, description: FileDescription]> {
    for (const [fd, entry] of this.#entries.entries()) if (entry !== undefined) yield [fd, entry.description];
  }

  #release(entry: Entry): void {
    const { description } = entry;
    const last = this.#closeListeners.length > 0 && !this.#entries.some((other) => other?.description === description);
    if (last) for (const listener of this.#closeListeners) listener(description);
    description.release();
  }
}
