import type { HostFile, HostStat } from '../../../platform/types.ts';
import { fail } from '../../errno.ts';
import { BaseOpenFile, allowsRead, allowsWrite } from '../open-file.ts';
import type { AttributeChanges, FileInode, OpenFile, SpecialInode, Stat, SymlinkInode } from '../types.ts';
import { HostNode, applyAttributes, onHost } from './host-node.ts';
import type { HostTree } from './host-node.ts';

const ALLOCATION_CHUNK = 1 << 20;

export class HostRegular extends HostNode implements FileInode {
  readonly kind = 'file';
  /** The descriptor with which the file was just created; the first open takes it, whatever the mode says. */
  #created: HostFile | undefined;
  /** The host's files by which this one is open: all that is left of it once its name is gone. */
  readonly #opened = new Set<HostFile>();

  constructor(fs: HostTree, parent: HostNode, name: string, ino: number, created?: HostFile) {
    super(fs, parent, name, ino);
    this.#created = created;
  }

  open(flags: number): OpenFile {
    const file = this.#takeCreated() ?? this.#open(allowsRead(flags), allowsWrite(flags));
    this.#opened.add(file);
    return new HostOpenFile(this, file, () => this.#opened.delete(file));
  }

  #takeCreated(): HostFile | undefined {
    const created = this.#created;
    this.#created = undefined;
    return created;
  }

  #open(read: boolean, write: boolean): HostFile {
    const unnamed = this.#unnamed();
    if (unnamed !== undefined) return onHost(() => unnamed.reopen({ read, write }));
    const file = onHost(() => this.fs.folder.open(this.path(), { read, write }));
    // Somebody on the host may have put another file there since the lookup.
    if (this.fs.numberOf(onHost(() => file.stat())) === this.ino) return file;
    file.close();
    return fail('ENOENT');
  }

  /** A file to do things through that is open, but has lost its name: `/proc/self/fd` still leads to it. */
  #unnamed(): HostFile | undefined {
    const [file] = this.#opened;
    return file === undefined || this.named() !== undefined ? undefined : file;
  }

  override hostStat(): HostStat {
    const unnamed = this.#unnamed();
    return unnamed === undefined ? super.hostStat() : onHost(() => unnamed.stat());
  }

  override setAttributes(changes: AttributeChanges): void {
    const unnamed = this.#unnamed();
    if (unnamed === undefined) super.setAttributes(changes);
    else applyAttributes(this.fs, unnamed, changes);
  }

  truncate(size: number): void {
    const file = this.#open(false, true);
    try {
      onHost(() => file.truncate(size));
    } finally {
      file.close();
    }
  }
}

class HostOpenFile extends BaseOpenFile {
  override readonly inode: HostRegular;
  override readonly seekable = true;
  readonly #file: HostFile;
  readonly #onClose: () => void;
  #closed = false;

  constructor(inode: HostRegular, file: HostFile, onClose: () => void) {
    super();
    this.inode = inode;
    this.#file = file;
    this.#onClose = onClose;
  }

  override readAt(buffer: Uint8Array, position: number): number {
    return buffer.length === 0 ? 0 : onHost(() => this.#file.read(buffer, position));
  }

  override writeAt(buffer: Uint8Array, position: number): number {
    return buffer.length === 0 ? 0 : onHost(() => this.#file.write(buffer, position));
  }

  override append(buffer: Uint8Array): { readonly written: number; readonly end: number } {
    const written = buffer.length === 0 ? 0 : onHost(() => this.#file.append(buffer));
    return { written, end: this.stat().size };
  }

  override stat(): Stat {
    return this.inode.fs.toStat(onHost(() => this.#file.stat()));
  }

  override setAttributes(changes: AttributeChanges): void {
    applyAttributes(this.inode.fs, this.#file, changes);
  }

  override truncate(size: number): void {
    onHost(() => this.#file.truncate(size));
  }

  override sync(): void {
    onHost(() => this.#file.sync());
  }

  /**
   * Node cannot reserve space, so what lies beyond the end is written full; holes before it are another matter, which
   * glibc then deals with by itself (posix_fallocate(3)).
   */
  override allocate(mode: number, position: number, length: number): void {
    const { size, blocks } = this.stat();
    if (mode !== 0 || (position < size && blocks * 512 < size)) fail('EOPNOTSUPP');
    const end = position + length;
    const zeros = new Uint8Array(Math.min(ALLOCATION_CHUNK, Math.max(end - size, 0)));
    try {
      for (let at = size; at < end;)
        at += onHost(() => this.#file.write(zeros.subarray(0, Math.min(zeros.length, end - at)), at));
    } catch (error) {
      onHost(() => this.#file.truncate(size));
      throw error;
    }
  }

  override seekExtent(position: number, kind: 'data' | 'hole'): number {
    const { size } = this.stat();
    if (position >= size) fail('ENXIO');
    // All of it may be data: what lseek(2) allows a file system that does not know better.
    return kind === 'data' ? position : size;
  }

  override close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#onClose();
    onHost(() => this.#file.close());
  }
}

export class HostSymlink extends HostNode implements SymlinkInode {
  readonly kind = 'symlink';

  readlink(): string {
    return onHost(() => this.fs.folder.readlink(this.path()));
  }
}

/** A fifo, socket or device of the host: seen, never opened. */
export class HostSpecial extends HostNode implements SpecialInode {
  readonly kind: SpecialInode['kind'];

  constructor(fs: HostTree, parent: HostNode, name: string, ino: number, kind: SpecialInode['kind']) {
    super(fs, parent, name, ino);
    this.kind = kind;
  }

  open(): OpenFile {
    return fail('ENXIO');
  }
}
