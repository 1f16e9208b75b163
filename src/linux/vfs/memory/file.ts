import { CAP } from '../../capabilities.ts';
import { fail } from '../../errno.ts';
import {
  FALLOC_FL_KEEP_SIZE,
  FALLOC_FL_PUNCH_HOLE,
  FALLOC_FL_ZERO_RANGE,
  MAX_FILE_SIZE,
  S_ISGID,
  S_ISUID,
  S_IXGRP,
} from '../constants.ts';
import { BaseOpenFile } from '../open-file.ts';
import { hasCapability } from '../permissions.ts';
import { F_SEAL_EXEC, requireAllocatable, requireResizable } from '../seals.ts';
import type { AttributeChanges, Caller, FileInode, FileSystem, NewAttributes } from '../types.ts';
import { FileContent } from './content.ts';
import type { Backing } from './content.ts';
import { TreeNode } from './inode.ts';
import type { TreeHost } from './inode.ts';

/** What regular files need from their file system besides. */
export interface FileHost extends TreeHost {
  readonly fs: FileSystem;
}

/** A regular file in memory. Its bytes live until the last name is gone and the last description is closed. */
export class MemoryFile extends TreeNode implements FileInode {
  readonly kind = 'file';
  readonly fs: FileSystem;
  seals: number | undefined;
  protected content: FileContent;
  #openCount = 0;

  constructor(host: FileHost, ino: number, attributes: NewAttributes, backing?: Backing) {
    super(host, ino, attributes);
    this.fs = host.fs;
    this.content = new FileContent(host, backing);
  }

  protected override size(): number {
    return this.content.size;
  }

  protected override allocated(): number {
    return this.content.allocated;
  }

  open(_flags = 0, caller?: Caller): MemoryOpenFile {
    this.#openCount++;
    return new MemoryOpenFile(this, caller !== undefined && hasCapability(caller.credentials, CAP.FSETID));
  }

  closed(): void {
    this.#openCount--;
    this.#releaseWhenUnused();
  }

  protected override unlinked(): void {
    super.unlinked();
    this.#releaseWhenUnused();
  }

  #releaseWhenUnused(): void {
    if (this.#openCount > 0) return;
    if (this.nlink === 0) this.release();
    this.idle();
  }

  protected override release(): void {
    super.release();
    this.content.release();
  }

  /** Nobody has the file open. */
  protected idle(): void {
    // Files without a backing hold nothing that could be given back.
  }

  read(buffer: Uint8Array, position: number): number {
    const count = this.content.read(buffer, position);
    this.accessed();
    return count;
  }

  /** relatime (mount(8)): only the first read after a change is recorded. */
  protected accessed(): void {
    if (this.atime <= this.mtime) this.atime = this.host.now();
  }

  write(buffer: Uint8Array, position: number, keepsSetId = false): number {
    if (buffer.length === 0) return 0;
    this.beforeChange();
    const count = this.content.write(buffer, position);
    if (keepsSetId) this.touch();
    else this.#contentChanged();
    return count;
  }

  truncate(size: number, keepsSetId = false): void {
    requireResizable(this, size);
    this.beforeChange();
    this.content.truncate(size);
    if (keepsSetId) this.touch();
    else this.#contentChanged();
  }

  override setAttributes(changes: AttributeChanges): void {
    const { seals = 0 } = this;
    if ((seals & F_SEAL_EXEC) !== 0 && changes.mode !== undefined && ((changes.mode ^ this.mode) & 0o111) !== 0)
      fail('EPERM');
    super.setAttributes(changes);
  }

  /** Whoever changes a program loses its set-id bits (inode(7)); the setgid bit alone marks locks and stays. */
  #contentChanged(): void {
    this.mode &= (this.mode & S_IXGRP) === 0 ? ~S_ISUID : ~(S_ISUID | S_ISGID);
    this.touch();
  }

  /** fallocate(2). */
  allocate(mode: number, position: number, length: number): void {
    if (position + length > MAX_FILE_SIZE) fail('EFBIG');
    requireAllocatable(this, position + length, (mode & FALLOC_FL_PUNCH_HOLE) !== 0);
    this.beforeChange();
    const keepSize = (mode & FALLOC_FL_KEEP_SIZE) !== 0;
    switch (mode & ~FALLOC_FL_KEEP_SIZE) {
      case 0:
        this.content.reserve(position, length);
        break;
      case FALLOC_FL_PUNCH_HOLE:
        if (!keepSize) fail('EOPNOTSUPP');
        this.content.punch(position, length);
        break;
      case FALLOC_FL_ZERO_RANGE:
        this.content.punch(position, length);
        break;
      default:
        fail('EOPNOTSUPP');
    }
    if (!keepSize && position + length > this.content.size) this.content.truncate(position + length);
    this.#contentChanged();
  }

  seekExtent(position: number, kind: 'data' | 'hole'): number {
    return this.content.seekExtent(position, kind);
  }
}

class MemoryOpenFile extends BaseOpenFile {
  override readonly inode: MemoryFile;
  override readonly seekable = true;
  readonly #keepsSetId: boolean;
  #closed = false;

  /** `keepsSetId`: who opened it may keep set-id bits while writing (CAP_FSETID). */
  constructor(inode: MemoryFile, keepsSetId: boolean) {
    super();
    this.inode = inode;
    this.#keepsSetId = keepsSetId;
  }

  override readAt(buffer: Uint8Array, position: number): number {
    return this.inode.read(buffer, position);
  }

  override writeAt(buffer: Uint8Array, position: number): number {
    return this.inode.write(buffer, position, this.#keepsSetId);
  }

  override append(buffer: Uint8Array): { readonly written: number; readonly end: number } {
    const { size } = this.inode.stat();
    const written = this.inode.write(buffer, size, this.#keepsSetId);
    return { written, end: size + written };
  }

  override truncate(size: number): void {
    this.inode.truncate(size, this.#keepsSetId);
  }

  override sync(): void {
    // Memory is all there is.
  }

  override allocate(mode: number, position: number, length: number): void {
    this.inode.allocate(mode, position, length);
  }

  override seekExtent(position: number, kind: 'data' | 'hole'): number {
    return this.inode.seekExtent(position, kind);
  }

  override close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.inode.closed();
  }
}
