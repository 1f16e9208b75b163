import fs from 'node:fs';
import type { HostFile, HostStat } from '../types.ts';
import { translateErrors, uninterrupted } from './host-errors.ts';
import { hostStat } from './host-stat.ts';

const { O_APPEND, O_RDONLY, O_RDWR, O_WRONLY } = fs.constants;

/**
 * Node takes times in seconds, and keeps microseconds. As a text: Node takes numbers below 0 for the present time, but not
 * texts.
 */
export function seconds(nanoseconds: bigint): string {
  return String(Number(nanoseconds / 1_000_000_000n) + Number(nanoseconds % 1_000_000_000n) / 1e9);
}

/** An open descriptor of a regular file. */
export class NodeHostFile implements HostFile {
  readonly #fd: number;
  readonly #openAgain: (flags: number) => number;
  #appendFd: number | undefined;

  /** `openAgain` opens the same file once more: with O_APPEND from the first `append` on, and for `reopen`. */
  constructor(fd: number, openAgain: (flags: number) => number) {
    this.#fd = fd;
    this.#openAgain = openAgain;
  }

  stat(): HostStat {
    return translateErrors(() => hostStat(fs.fstatSync(this.#fd, { bigint: true })));
  }

  read(buffer: Uint8Array, position: number): number {
    return translateErrors(() => uninterrupted(() => fs.readSync(this.#fd, buffer, 0, buffer.length, position)));
  }

  write(buffer: Uint8Array, position: number): number {
    return translateErrors(() => fs.writeSync(this.#fd, buffer, 0, buffer.length, position));
  }

  append(buffer: Uint8Array): number {
    return translateErrors(() => {
      this.#appendFd ??= this.#openAgain(O_WRONLY | O_APPEND);
      return fs.writeSync(this.#appendFd, buffer, 0, buffer.length, null);
    });
  }

  truncate(size: number): void {
    translateErrors(() => fs.ftruncateSync(this.#fd, size));
  }

  setPermissions(permissions: number): void {
    translateErrors(() => fs.fchmodSync(this.#fd, permissions & 0o1777));
  }

  setTimes(atime: bigint, mtime: bigint): void {
    translateErrors(() => fs.futimesSync(this.#fd, seconds(atime), seconds(mtime)));
  }

  sync(): void {
    translateErrors(() => fs.fsyncSync(this.#fd));
  }

  reopen({ read, write }: { readonly read: boolean; readonly write: boolean }): HostFile {
    const fd = translateErrors(() => this.#openAgain(write ? (read ? O_RDWR : O_WRONLY) : O_RDONLY));
    return new NodeHostFile(fd, this.#openAgain);
  }

  close(): void {
    translateErrors(() => fs.closeSync(this.#fd));
    if (this.#appendFd !== undefined) fs.closeSync(this.#appendFd);
  }
}
