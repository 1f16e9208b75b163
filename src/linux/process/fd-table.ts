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
  /** Called with the description behind each descriptor that is closed. */
  onClose: ((description: FileDescription) => void) | null = null;
  /** Processes that use it: more than one with CLONE_FILES. */
  #users = 1;

  /** CLONE_FILES: the same table for one more process. */
  join(): this {
    this.#users++;
    return this;
  }

  /** fork(2): the same descriptors, to be changed apart. */
  copy(): FdTable {
    const table = new FdTable();
    table.limit = this.limit;
    this.#entries.forEach((entry, fd) => {
      if (entry !== undefined) table.#entries[fd] = { ...entry, description: entry.description.retain() };
    });
    return table;
  }

  /** A table for one process alone: this one, or a copy of it. */
  unshare(): FdTable {
    if (this.#users === 1) return this;
    const table = this.copy();
    this.#users--;
    return table;
  }

  /** A process uses the table no more. */
  leave(): void {
    if (--this.#users === 0) this.closeAll();
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

  find(fd: number): FileDescription | undefined {
    return this.#entries[fd]?.description;
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

  /** EMFILE where `install` would. */
  requireFree(): void {
    let fd = 0;
    while (this.#entries[fd] !== undefined) fd++;
    if (fd >= this.limit) fail('EMFILE');
  }

  /** dup3(2) without its checks: `fd` names `description` (reference taken over) afterwards. */
  replace(fd: number, description: FileDescription, closeOnExec: boolean): void {
    if (fd < 0 || fd >= this.limit) {
      description.release();
      fail('EBADF');
    }
    const old = this.#entries[fd];
    this.#entries[fd] = { description, closeOnExec };
    if (old !== undefined) this.#closed(old);
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
    this.#closed(entry);
  }

  #closed({ description }: Entry): void {
    this.onClose?.(description);
    description.file.flush();
    description.release();
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
}
