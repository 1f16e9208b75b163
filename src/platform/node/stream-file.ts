import fs from 'node:fs';
import type { HostStat, HostStreamFile } from '../types.ts';
import { translateErrors, uninterrupted } from './host-errors.ts';
import { hostStat } from './host-stat.ts';

/** Where the descriptor's offset stands; Node has no lseek. 0 where the host does not tell. */
function currentOffset(fd: number): number {
  try {
    const info = fs.readFileSync(`/proc/self/fdinfo/${String(fd)}`, 'latin1');
    return Number(/^pos:\s*(\d+)/m.exec(info)?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/**
 * A regular file that a shell opened for us. It shares its offset with the shell and with other descriptors
 * (`> log 2>&1`), so sequential access goes through that offset; only a guest that seeks is served by position.
 */
export class NodeStreamFile implements HostStreamFile {
  readonly #fd: number;
  readonly position: number;
  /** Where the guest would be if it had only gone on sequentially. */
  #next: number;

  constructor(fd: number) {
    this.#fd = fd;
    this.position = currentOffset(fd);
    this.#next = this.position;
  }

  stat(): HostStat {
    return translateErrors(() => hostStat(fs.fstatSync(this.#fd, { bigint: true })));
  }

  read(buffer: Uint8Array, position: number): number {
    return this.#transfer(position, (at) => uninterrupted(() => fs.readSync(this.#fd, buffer, 0, buffer.length, at)));
  }

  write(buffer: Uint8Array, position: number): number {
    return this.#transfer(position, (at) => fs.writeSync(this.#fd, buffer, 0, buffer.length, at));
  }

  #transfer(position: number, operation: (at: number | null) => number): number {
    const sequential = position === this.#next;
    const count = translateErrors(() => operation(sequential ? null : position));
    if (sequential) this.#next += count;
    return count;
  }

  truncate(size: number): void {
    translateErrors(() => fs.ftruncateSync(this.#fd, size));
  }

  sync(): void {
    translateErrors(() => fs.fsyncSync(this.#fd));
  }
}
