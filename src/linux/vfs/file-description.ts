import { assert } from '../../common/assert.ts';
import { fail } from '../errno.ts';
import {
  MAX_FILE_SIZE,
  O_APPEND,
  O_ASYNC,
  O_DIRECT,
  O_NOATIME,
  O_NONBLOCK,
  O_PATH,
  SEEK_CUR,
  SEEK_DATA,
  SEEK_END,
  SEEK_HOLE,
  SEEK_SET,
} from './constants.ts';
import type { Cancel } from '../../platform/types.ts';
import { Notifier } from './notifier.ts';
import { allowsRead, allowsWrite } from './open-file.ts';
import { sealsOf, writableLength } from './seals.ts';
import type { DescriptionView, DirectoryEntry, Caller, Location, OpenFile } from './types.ts';
import { IN, type FileWatches } from './watches.ts';

/** What fcntl(F_SETFL) can change. */
const SETTABLE_FLAGS = O_APPEND | O_ASYNC | O_DIRECT | O_NOATIME | O_NONBLOCK;

/**
 * An open file description: what dup and fork share (offset and status flags) above an `OpenFile`. Counts its
 * references; the last `release` closes the file.
 */
export class FileDescription implements DescriptionView {
  readonly file: OpenFile;
  readonly location: Location;
  #flags: number;
  #references = 1;
  readonly #closeListeners = new Notifier();
  /** open(2) made the file: F_CREATED_QUERY. */
  created = false;
  /** File position; in a directory, how many entries of the snapshot were read. */
  offset = 0;
  #entries: readonly DirectoryEntry[] | undefined;
  /** Who is told what is done through it; files without a name and O_PATH have nobody. */
  readonly #watches: FileWatches | undefined;

  constructor(file: OpenFile, location: Location, flags: number, watches?: FileWatches) {
    this.file = file;
    this.location = location;
    this.#flags = flags;
    this.#watches = watches;
    watches?.opened(location.dentry.inode);
  }

  /** Access mode and status flags (F_GETFL). */
  get flags(): number {
    return this.#flags;
  }

  setStatusFlags(flags: number): void {
    this.#flags = (this.#flags & ~SETTABLE_FLAGS) | (flags & SETTABLE_FLAGS);
  }

  get readable(): boolean {
    return (this.#flags & O_PATH) === 0 && allowsRead(this.#flags);
  }

  get writable(): boolean {
    return (this.#flags & O_PATH) === 0 && allowsWrite(this.#flags);
  }

  get nonBlocking(): boolean {
    return (this.#flags & O_NONBLOCK) !== 0;
  }

  get pathOnly(): boolean {
    return (this.#flags & O_PATH) !== 0;
  }

  retain(): this {
    assert(this.#references > 0, 'a closed file description was retained');
    this.#references++;
    return this;
  }

  release(): void {
    assert(this.#references > 0, 'a file description was released once too often');
    if (--this.#references > 0) return;
    this.#closeListeners.notify();
    this.#watches?.at(this.location, this.writable ? IN.CLOSE_WRITE : IN.CLOSE_NOWRITE);
    this.file.close();
    this.#watches?.closed(this.location.dentry.inode);
  }

  /** Calls `listener` when no descriptor, of any process, is left. */
  onClose(listener: () => void): Cancel {
    return this.#closeListeners.subscribe(listener);
  }

  read(buffer: Uint8Array): number {
    if (!this.readable) fail('EBADF');
    const count = this.file.readAt(buffer, this.offset);
    if (this.file.seekable) this.offset += count;
    return this.#accessed(count);
  }

  write(buffer: Uint8Array): number {
    if (!this.writable) fail('EBADF');
    if (!this.file.seekable) return this.#modified(this.file.writeAt(buffer, 0));
    if ((this.#flags & O_APPEND) !== 0) return this.append(buffer);
    const count = this.file.writeAt(this.#unsealed(buffer, this.offset), this.offset);
    this.offset += count;
    return this.#modified(count);
  }

  /** Writes at the end, whatever the flags say; the offset goes there, unless it is to stay. */
  append(buffer: Uint8Array, keepsOffset = false): number {
    if (!this.writable) fail('EBADF');
    if (!this.file.seekable) return this.write(buffer);
    const { written, end } = this.file.append(this.#unsealed(buffer, null));
    if (!keepsOffset) this.offset = end;
    return this.#modified(written);
  }

  #accessed(count: number): number {
    if (count > 0) this.#watches?.at(this.location, IN.ACCESS);
    return count;
  }

  #modified(count: number): number {
    if (count > 0) this.#watches?.at(this.location, IN.MODIFY);
    return count;
  }

  truncate(size: number): void {
    this.file.truncate(size);
    this.#watches?.at(this.location, IN.MODIFY);
  }

  /** fallocate(2). */
  allocate(mode: number, position: number, length: number): void {
    this.file.allocate(mode, position, length);
    this.#watches?.at(this.location, IN.MODIFY);
  }

  pread(buffer: Uint8Array, position: number): number {
    if (!this.readable) fail('EBADF');
    this.#checkPosition(position);
    return this.#accessed(this.file.readAt(buffer, position));
  }

  pwrite(buffer: Uint8Array, position: number): number {
    if (!this.writable) fail('EBADF');
    this.#checkPosition(position);
    // Linux appends here too, whatever the position (pwrite(2), BUGS).
    if ((this.#flags & O_APPEND) !== 0) return this.#modified(this.file.append(this.#unsealed(buffer, null)).written);
    return this.#modified(this.file.writeAt(this.#unsealed(buffer, position), position));
  }

  /** As much of what is to be written as the file's seals let through; `position` null: at the end. */
  #unsealed(buffer: Uint8Array, position: number | null): Uint8Array {
    const { inode } = this.file;
    if (sealsOf(inode) === 0) return buffer;
    return buffer.subarray(0, writableLength(inode, position ?? this.file.stat().size, buffer.length));
  }

  #checkPosition(position: number): void {
    if (!this.file.seekable) fail('ESPIPE');
    if (position < 0) fail('EINVAL');
  }

  /** lseek(2): the new offset. */
  seek(offset: number, whence: number): number {
    if (this.pathOnly) fail('EBADF');
    if (!this.file.seekable) fail('ESPIPE');
    if (!this.file.positioned) return (this.offset = 0);
    const target = this.#seekTarget(offset, whence);
    if (target < 0) fail('EINVAL');
    if (target > MAX_FILE_SIZE) fail('EOVERFLOW');
    this.offset = target;
    return target;
  }

  #seekTarget(offset: number, whence: number): number {
    switch (whence) {
      case SEEK_SET:
        return offset;
      case SEEK_CUR:
        return this.offset + offset;
      case SEEK_END:
        return this.file.stat().size + offset;
      case SEEK_DATA:
      case SEEK_HOLE:
        if (offset < 0) fail('ENXIO');
        return this.file.seekExtent(offset, whence === SEEK_DATA ? 'data' : 'hole');
      default:
        return fail('EINVAL');
    }
  }

  /**
   * Gives the directory's entries, from the offset on, to `take` until it returns false; `next` is the `d_off` of
   * the entry. How many were taken. The entries are those of the moment the reading began (or was rewound).
   */
  readEntries(caller: Caller, take: (entry: DirectoryEntry, next: number) => boolean): number {
    if (!this.readable) fail('EBADF');
    const entries = this.#snapshot(caller);
    const start = this.offset;
    for (let entry = entries[this.offset]; entry !== undefined; entry = entries[this.offset]) {
      if (!take(entry, this.offset + 1)) break;
      this.offset++;
    }
    this.#watches?.at(this.location, IN.ACCESS);
    return this.offset - start;
  }

  #snapshot(caller: Caller): readonly DirectoryEntry[] {
    if (this.#entries === undefined || this.offset === 0) {
      const { dentry } = this.location;
      const parent = (dentry.parent ?? this.location.mount.at?.dentry.parent ?? dentry).inode;
      this.#entries = [
        { name: '.', ino: dentry.inode.ino, kind: 'directory' },
        { name: '..', ino: parent.ino, kind: 'directory' },
        ...this.file.list(caller),
      ];
    }
    return this.#entries;
  }
}
