import fs from 'node:fs';
import type { HostFile, HostStat } from '../types.ts';
import { translateErrors, uninterrupted } from './host-errors.ts';
import { hostStat } from './host-stat.ts';

/** Node takes times in seconds; a double keeps them to about a quarter of a microsecond. */
export function seconds(nanoseconds: bigint): number {
  return Number(nanoseconds / 1_000_000_000n) + Number(nanoseconds % 1_000_000_000n) / 1e9;
}

/** An open descriptor of a regular file. */
export class NodeHostFile implements HostFile {
  readonly #fd: number;
  readonly #openAppending: () => number;
  #appendFd: number | undefined;

  /** `openAppending` opens the same file once more with O_APPEND; used from the first `append` on. */
  constructor(fd: number, openAppending: () => number) {
    this.#fd = fd;
    this.#openAppending = openAppending;
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
      this.#appendFd ??= this.#openAppending();
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

  close(): void {
    translateErrors(() => fs.closeSync(this.#fd));
    if (this.#appendFd !== undefined) fs.closeSync(this.#appendFd);
  }
}
