import { fail } from '../errno.ts';
import type { Cancel } from '../../platform/types.ts';
import { O_ACCMODE, O_RDONLY, O_WRONLY, POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from './constants.ts';
import type {
  AttributeChanges,
  DirectoryEntry,
  DirectoryInode,
  Caller,
  Inode,
  IoctlArgument,
  OpenFile,
  Stat,
} from './types.ts';

export const READY = POLLIN | POLLRDNORM | POLLOUT | POLLWRNORM;

export function allowsRead(flags: number): boolean {
  return (flags & O_ACCMODE) !== O_WRONLY;
}

export function allowsWrite(flags: number): boolean {
  return (flags & O_ACCMODE) !== O_RDONLY;
}

/** Fails every operation with what Linux answers for a file that cannot do it; subclasses add what theirs can. */
export abstract class BaseOpenFile implements OpenFile {
  abstract readonly inode: Inode;
  readonly seekable: boolean = false;
  readonly positioned: boolean = true;
  get pollable(): boolean {
    return this.inode.kind !== 'file' && this.inode.kind !== 'directory';
  }

  readAt(_buffer: Uint8Array, _position: number): number {
    return fail('EINVAL');
  }

  writeAt(_buffer: Uint8Array, _position: number): number {
    return fail('EINVAL');
  }

  append(buffer: Uint8Array): { readonly written: number; readonly end: number } {
    return { written: this.writeAt(buffer, 0), end: 0 };
  }

  stat(): Stat {
    return this.inode.stat();
  }

  setAttributes(changes: AttributeChanges): void {
    this.inode.setAttributes(changes);
  }

  truncate(_size: number): void {
    fail('EINVAL');
  }

  sync(): void {
    fail('EINVAL');
  }

  allocate(_mode: number, _position: number, _length: number): void {
    fail('ENODEV');
  }

  seekExtent(_position: number, _kind: 'data' | 'hole'): number {
    return fail('EINVAL');
  }

  list(_caller: Caller): DirectoryEntry[] {
    return fail('ENOTDIR');
  }

  ioctl(_request: number, _argument: IoctlArgument): number {
    return fail('ENOTTY');
  }

  readiness(): number {
    return READY;
  }

  onReady(_listener: () => void): Cancel {
    return () => undefined;
  }

  opening(): boolean {
    return false;
  }

  flush(): void {
    // Most files don't mind.
  }

  close(): void {
    // Most files hold nothing that needs closing.
  }
}

/** A directory opened for reading. */
export class DirectoryOpenFile extends BaseOpenFile {
  override readonly inode: DirectoryInode;
  override readonly seekable = true;

  constructor(inode: DirectoryInode) {
    super();
    this.inode = inode;
  }

  override readAt(): number {
    return fail('EISDIR');
  }

  override sync(): void {
    // Entries are written through; there is nothing to wait for.
  }

  override list(caller: Caller): DirectoryEntry[] {
    return this.inode.list(caller);
  }
}

/** Opened with O_PATH: a place in the tree, not a file (open(2)). */
export class PathOnlyFile extends BaseOpenFile {
  override readonly inode: Inode;

  constructor(inode: Inode) {
    super();
    this.inode = inode;
  }

  override readAt(): number {
    return fail('EBADF');
  }

  override writeAt(): number {
    return fail('EBADF');
  }

  override setAttributes(): void {
    fail('EBADF');
  }

  override truncate(): void {
    fail('EBADF');
  }

  override sync(): void {
    fail('EBADF');
  }

  override allocate(): void {
    fail('EBADF');
  }

  override seekExtent(): number {
    return fail('EBADF');
  }

  override list(): DirectoryEntry[] {
    return fail('EBADF');
  }

  override ioctl(): number {
    return fail('EBADF');
  }
}
