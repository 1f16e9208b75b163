/** Standard streams of the host that are no terminals: pipes, sockets, files, nothing. */
import type { Cancel, HostOutput, HostStdin, HostStreamFile, HostStreamKind } from '../../../platform/types.ts';
import { HostFileError } from '../../../platform/types.ts';
import { fail } from '../../errno.ts';
import { FILE_TYPE, POLLERR, POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from '../constants.ts';
import { DEVICE } from '../dev/devices.ts';
import { BaseOpenFile } from '../open-file.ts';
import type {
  AttributeChanges,
  DirectoryInode,
  FileInode,
  FileSystem,
  FileSystemStatistics,
  OpenFile,
  Ownership,
  SpecialInode,
  Stat,
} from '../types.ts';

export function readStream(stream: HostStdin, buffer: Uint8Array): number {
  if (buffer.length === 0) return 0;
  const result = stream.read(buffer);
  if (typeof result === 'number') return result;
  return fail(result === 'again' ? 'EAGAIN' : result);
}

export function writeStream(stream: HostOutput, buffer: Uint8Array): number {
  if (buffer.length === 0) return 0;
  const result = stream.write(buffer);
  if (typeof result === 'number') return result;
  return fail(result === 'again' ? 'EAGAIN' : result);
}

/** Where the host's standard streams live; only its numbers show. */
export class HostStreams implements FileSystem {
  readonly type = 'hostfs';
  readonly dev: number;
  readonly readOnly = false;

  constructor(dev: number) {
    this.dev = dev;
  }

  get root(): DirectoryInode {
    return fail('ENOENT');
  }

  statistics(): FileSystemStatistics {
    return { type: 0x50495045, blockSize: 4096, blocks: 0, freeBlocks: 0, files: 0, freeFiles: 0 };
  }
}

/** Attributes of a stream without a file behind it. */
interface StreamAttributes extends Ownership {
  readonly ino: number;
  readonly now: bigint;
}

const KINDS: Readonly<Record<Exclude<HostStreamKind, 'tty'>, SpecialInode['kind']>> = {
  // A file that the host offers no positions of is read like a pipe.
  file: 'fifo',
  pipe: 'fifo',
  socket: 'socket',
  null: 'char',
};

/** A pipe, a socket or `/dev/null` of the host. */
export class StreamInode implements SpecialInode {
  readonly kind: SpecialInode['kind'];
  readonly fs: HostStreams;
  readonly ino: number;
  readonly #stream: HostStdin | HostOutput;
  readonly #attributes: StreamAttributes;

  constructor(fs: HostStreams, stream: HostStdin | HostOutput, attributes: StreamAttributes) {
    this.kind = KINDS[stream.kind === 'tty' ? 'pipe' : stream.kind];
    this.fs = fs;
    this.ino = attributes.ino;
    this.#stream = stream;
    this.#attributes = attributes;
  }

  open(): OpenFile {
    return 'read' in this.#stream ? new InputFile(this, this.#stream) : new OutputFile(this, this.#stream);
  }

  stat(): Stat {
    const { uid, gid, now } = this.#attributes;
    const mode = FILE_TYPE[this.kind] | (this.kind === 'char' ? 0o666 : 0o600);
    const rdev = this.kind === 'char' ? DEVICE.null : 0;
    const fixed = { dev: this.fs.dev, ino: this.ino, nlink: 1, size: 0, blksize: 4096, blocks: 0 };
    return { ...fixed, mode, rdev, uid, gid, atime: now, mtime: now, ctime: now };
  }

  setAttributes(_changes: AttributeChanges): void {
    fail('EPERM');
  }
}

class InputFile extends BaseOpenFile {
  override readonly inode: StreamInode;
  readonly #stream: HostStdin;

  constructor(inode: StreamInode, stream: HostStdin) {
    super();
    this.inode = inode;
    this.#stream = stream;
  }

  override readAt(buffer: Uint8Array): number {
    return readStream(this.#stream, buffer);
  }

  override writeAt(): number {
    return fail('EBADF');
  }

  override readiness(): number {
    return this.#stream.readable() ? POLLIN | POLLRDNORM : 0;
  }

  override onReady(listener: () => void): Cancel {
    return this.#stream.onReadable(listener);
  }
}

class OutputFile extends BaseOpenFile {
  override readonly inode: StreamInode;
  readonly #stream: HostOutput;

  constructor(inode: StreamInode, stream: HostOutput) {
    super();
    this.inode = inode;
    this.#stream = stream;
  }

  override readAt(): number {
    return fail('EBADF');
  }

  override writeAt(buffer: Uint8Array): number {
    return writeStream(this.#stream, buffer);
  }

  override readiness(): number {
    const writable = this.#stream.writable() ? POLLOUT | POLLWRNORM : 0;
    return this.#stream.broken() ? writable | POLLERR : writable;
  }

  override onReady(listener: () => void): Cancel {
    return this.#stream.onWritable(listener);
  }
}

/** A regular file that the host opened for us: `< file`, `> file`. */
export class StreamFileInode implements FileInode {
  readonly kind = 'file';
  readonly fs: HostStreams;
  readonly ino: number;
  readonly file: HostStreamFile;
  readonly #owner: Ownership;

  constructor(fs: HostStreams, file: HostStreamFile, ino: number, owner: Ownership) {
    this.fs = fs;
    this.file = file;
    this.ino = ino;
    this.#owner = owner;
  }

  open(): OpenFile {
    return new StreamFile(this);
  }

  stat(): Stat {
    const { permissions, nlink, size, blocks, atime, mtime, ctime } = onStream(() => this.file.stat());
    const { uid, gid } = this.#owner;
    const mode = FILE_TYPE.file | permissions;
    const fixed = { dev: this.fs.dev, ino: this.ino, rdev: 0, blksize: 4096 };
    return { ...fixed, mode, nlink, uid, gid, size, blocks, atime, mtime, ctime };
  }

  setAttributes(_changes: AttributeChanges): void {
    fail('EPERM');
  }

  truncate(size: number): void {
    onStream(() => this.file.truncate(size));
  }
}

class StreamFile extends BaseOpenFile {
  override readonly inode: StreamFileInode;
  override readonly seekable = true;

  constructor(inode: StreamFileInode) {
    super();
    this.inode = inode;
  }

  override readAt(buffer: Uint8Array, position: number): number {
    return buffer.length === 0 ? 0 : onStream(() => this.inode.file.read(buffer, position));
  }

  override writeAt(buffer: Uint8Array, position: number): number {
    return buffer.length === 0 ? 0 : onStream(() => this.inode.file.write(buffer, position));
  }

  override append(buffer: Uint8Array): { readonly written: number; readonly end: number } {
    const { size } = this.stat();
    const written = this.writeAt(buffer, size);
    return { written, end: size + written };
  }

  override truncate(size: number): void {
    this.inode.truncate(size);
  }

  override sync(): void {
    onStream(() => this.inode.file.sync());
  }

  override allocate(): void {
    fail('EOPNOTSUPP');
  }

  override seekExtent(position: number, kind: 'data' | 'hole'): number {
    const { size } = this.stat();
    if (position >= size) fail('ENXIO');
    return kind === 'data' ? position : size;
  }
}

function onStream<T>(operation: () => T): T {
  try {
    return operation();
  } catch (error) {
    if (error instanceof HostFileError) return fail(error.code);
    throw error;
  }
}
