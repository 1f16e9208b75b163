import { CAP } from '../capabilities.ts';
import { fail } from '../errno.ts';
import type { Cancel } from '../../platform/types.ts';
import {
  FILE_TYPE,
  O_ACCMODE,
  O_DIRECT,
  O_NONBLOCK,
  O_RDONLY,
  O_RDWR,
  O_WRONLY,
  PIPE_BUF,
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLOUT,
  POLLRDNORM,
  POLLWRNORM,
} from './constants.ts';
import type { FsEnvironment } from './environment.ts';
import type { FileDescription } from './file-description.ts';
import { Notifier } from './notifier.ts';
import { BaseOpenFile, allowsRead, allowsWrite } from './open-file.ts';
import { hasCapability } from './permissions.ts';
import type {
  AttributeChanges,
  Credentials,
  DirectoryInode,
  FileSystem,
  IoctlArgument,
  SpecialInode,
  Stat,
} from './types.ts';
import type { Vfs } from './vfs.ts';

const DEFAULT_CAPACITY = 1 << 16;
/** What root may ask for: as much as Linux keeps for a pipe by default. */
const MAX_CAPACITY = 1 << 20;
const FIONREAD = 0x541b;

/** A power of two of at least a page (fs/pipe.c, round_pipe_size). */
export function roundPipeSize(bytes: number): number {
  if (bytes < 0 || bytes > 2 ** 31) fail('EINVAL');
  let capacity = PIPE_BUF;
  while (capacity < bytes) capacity *= 2;
  return capacity;
}

/** The buffer between the ends of a pipe: pipe(7). */
export class Pipe {
  /** What readers watch and what writers watch: a reader's own reading is no news for readers (EPOLLET). */
  readonly data = new Notifier();
  readonly room = new Notifier();
  #buffer: Uint8Array;
  #start = 0;
  #length = 0;
  /** What was put in in packets and is not taken yet, counted in bytes since the beginning. */
  readonly #packets: { readonly begin: number; readonly end: number }[] = [];
  #taken = 0;
  #readers = 0;
  #writers = 0;
  /** How often each side was ever opened: a fifo's open waits for the other side's next one. */
  readerOpens = 0;
  writerOpens = 0;

  constructor(capacity = DEFAULT_CAPACITY) {
    this.#buffer = new Uint8Array(capacity);
  }

  get available(): number {
    return this.#length;
  }

  get capacity(): number {
    return this.#buffer.length;
  }

  get readers(): number {
    return this.#readers;
  }

  get writers(): number {
    return this.#writers;
  }

  addReader(): void {
    this.#readers++;
    this.readerOpens++;
    this.room.notify();
  }

  addWriter(): void {
    this.#writers++;
    this.writerOpens++;
    this.data.notify();
  }

  dropReader(): void {
    this.#readers--;
    this.room.notify();
  }

  dropWriter(): void {
    this.#writers--;
    this.data.notify();
  }

  /** Both ends of a fifo are closed: what was not read is gone. */
  clear(): void {
    this.consume(this.#length);
  }

  read(buffer: Uint8Array): number {
    if (buffer.length === 0) return 0;
    if (this.#length === 0) return this.#writers === 0 ? 0 : fail('EAGAIN');
    const [packet] = this.#packets;
    const count = this.peek(packet === undefined ? buffer : buffer.subarray(0, packet.end - this.#taken));
    // What does not fit of a packet is lost.
    const cuts = packet !== undefined && this.#taken + count > packet.begin;
    this.consume(cuts ? packet.end - this.#taken : count);
    return count;
  }

  /** Copies the bytes that are next, which stay. */
  peek(buffer: Uint8Array): number {
    const count = Math.min(buffer.length, this.#length);
    const first = Math.min(count, this.#buffer.length - this.#start);
    buffer.set(this.#buffer.subarray(this.#start, this.#start + first));
    buffer.set(this.#buffer.subarray(0, count - first), first);
    return count;
  }

  /** Drops bytes that were looked at. */
  consume(count: number): void {
    this.#start = (this.#start + count) % this.#buffer.length;
    this.#length -= count;
    this.#taken += count;
    while ((this.#packets[0]?.end ?? Infinity) <= this.#taken) this.#packets.shift();
    this.room.notify();
  }

  /** Each packet is read by itself; what is longer than PIPE_BUF becomes several. */
  writePackets(buffer: Uint8Array): number {
    let total = 0;
    do {
      const packet = buffer.subarray(total, total + PIPE_BUF);
      const begin = this.#taken + this.#length;
      if (total > 0 && this.#buffer.length - this.#length < packet.length) break;
      const count = this.write(packet);
      if (count > 0) this.#packets.push({ begin, end: begin + count });
      total += count;
    } while (total < buffer.length);
    return total;
  }

  /** Up to PIPE_BUF bytes go in whole or not at all. */
  write(buffer: Uint8Array): number {
    if (this.#readers === 0) fail('EPIPE');
    if (buffer.length === 0) return 0;
    const free = this.#buffer.length - this.#length;
    if (free === 0 || (buffer.length <= PIPE_BUF && free < buffer.length)) fail('EAGAIN');
    const count = Math.min(buffer.length, free);
    const end = (this.#start + this.#length) % this.#buffer.length;
    const first = Math.min(count, this.#buffer.length - end);
    this.#buffer.set(buffer.subarray(0, first), end);
    this.#buffer.set(buffer.subarray(first, count), 0);
    this.#length += count;
    this.data.notify();
    return count;
  }

  /** fcntl(F_SETPIPE_SZ): the capacity, as the system rounds it. */
  resize(bytes: number, limit = MAX_CAPACITY): number {
    const capacity = roundPipeSize(bytes);
    if (capacity > Math.min(limit, MAX_CAPACITY) && capacity > this.capacity) fail('EPERM');
    if (capacity < this.#length) fail('EBUSY');
    const grown = new Uint8Array(capacity);
    for (let index = 0; index < this.#length; index++)
      grown[index] = this.#buffer[(this.#start + index) % this.#buffer.length] ?? 0;
    this.#buffer = grown;
    this.#start = 0;
    this.room.notify();
    return capacity;
  }

  readReadiness(): number {
    const data = this.#length > 0 ? POLLIN | POLLRDNORM : 0;
    return this.#writers === 0 ? data | POLLHUP : data;
  }

  writeReadiness(): number {
    const room = this.#buffer.length - this.#length >= PIPE_BUF ? POLLOUT | POLLWRNORM : 0;
    return this.#readers === 0 ? room | POLLERR : room;
  }
}

/** One end of a pipe, or both (a fifo opened O_RDWR). */
export class PipeEnd extends BaseOpenFile {
  override readonly inode: SpecialInode;
  readonly pipe: Pipe;
  readonly #reads: boolean;
  readonly #writes: boolean;
  readonly #peersBefore: number;
  /** A fifo opened without a writer yet shows no hang-up until one has come and gone (poll(2), fifo(7)). */
  readonly #quietUntil: number | undefined;
  /** O_DIRECT: what is written at a time is read by itself. */
  packetized: boolean;
  #closed = false;

  constructor(inode: SpecialInode, pipe: Pipe, flags: number, fifo: boolean) {
    super();
    this.inode = inode;
    this.pipe = pipe;
    this.packetized = (flags & O_DIRECT) !== 0;
    this.#reads = allowsRead(flags);
    this.#writes = allowsWrite(flags);
    const waits = fifo && (flags & O_NONBLOCK) === 0 && this.#reads !== this.#writes;
    const alone = this.#reads ? pipe.writers === 0 : pipe.readers === 0;
    this.#peersBefore = waits && alone ? this.#peerOpens() : -1;
    this.#quietUntil = fifo && this.#reads && pipe.writers === 0 ? pipe.writerOpens : undefined;
    if (this.#reads) pipe.addReader();
    if (this.#writes) pipe.addWriter();
  }

  #peerOpens(): number {
    return this.#reads ? this.pipe.writerOpens : this.pipe.readerOpens;
  }

  override opening(): boolean {
    return this.#peersBefore === this.#peerOpens();
  }

  override readAt(buffer: Uint8Array): number {
    return this.pipe.read(buffer);
  }

  override writeAt(buffer: Uint8Array): number {
    return this.packetized ? this.pipe.writePackets(buffer) : this.pipe.write(buffer);
  }

  override ioctl(request: number, argument: IoctlArgument): number {
    if (request !== FIONREAD) return fail('ENOTTY');
    argument.write(new Uint8Array(Uint32Array.of(this.pipe.available).buffer));
    return 0;
  }

  override readiness(): number {
    const reading = this.#reads ? this.pipe.readReadiness() : 0;
    const writing = this.#writes ? this.pipe.writeReadiness() : 0;
    const quiet = this.#quietUntil === this.pipe.writerOpens;
    return (quiet ? reading & ~POLLHUP : reading) | writing;
  }

  override onReady(listener: () => void): Cancel {
    const cancels = [
      ...(this.#reads ? [this.pipe.data.subscribe(listener)] : []),
      ...(this.#writes ? [this.pipe.room.subscribe(listener)] : []),
    ];
    return () => {
      for (const cancel of cancels) cancel();
    };
  }

  override close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#reads) this.pipe.dropReader();
    if (this.#writes) this.pipe.dropWriter();
    if (this.pipe.readers === 0 && this.pipe.writers === 0) this.pipe.clear();
  }
}

/** The pipe behind a named fifo, made when it is first opened. */
export class Fifo {
  readonly #pipe = new Pipe();

  open(inode: SpecialInode, flags: number): PipeEnd {
    const mode = flags & O_ACCMODE;
    const lonelyWriter = mode === O_WRONLY && this.#pipe.readers === 0;
    if (lonelyWriter && (flags & O_NONBLOCK) !== 0) fail('ENXIO');
    if (mode !== O_RDONLY && mode !== O_WRONLY && mode !== O_RDWR) fail('EINVAL');
    return new PipeEnd(inode, this.#pipe, flags, true);
  }
}

/** The file system of pipes without a name; only its numbers show. */
class PipeFileSystem implements FileSystem {
  readonly type = 'pipefs';
  readonly dev: number;
  readonly readOnly = false;

  constructor(dev: number) {
    this.dev = dev;
  }

  get root(): DirectoryInode {
    return fail('ENOENT');
  }

  statistics(): ReturnType<FileSystem['statistics']> {
    return { type: 0x50495045, blockSize: PIPE_BUF, blocks: 0, freeBlocks: 0, files: 0, freeFiles: 0 };
  }
}

class PipeInode implements SpecialInode {
  readonly kind = 'fifo';
  readonly fs: FileSystem;
  readonly ino: number;
  readonly #pipe: Pipe;
  #attributes: { mode: number; uid: number; gid: number; atime: bigint; mtime: bigint; ctime: bigint };

  constructor(fs: FileSystem, ino: number, pipe: Pipe, now: bigint, uid: number, gid: number) {
    this.fs = fs;
    this.ino = ino;
    this.#pipe = pipe;
    this.#attributes = { mode: 0o600, uid, gid, atime: now, mtime: now, ctime: now };
  }

  stat(): Stat {
    const { dev } = this.fs;
    const fixed = { dev, ino: this.ino, nlink: 1, rdev: 0, size: 0, blksize: PIPE_BUF, blocks: 0 };
    return { ...fixed, ...this.#attributes, mode: FILE_TYPE.fifo | this.#attributes.mode };
  }

  setAttributes(changes: AttributeChanges): void {
    this.#attributes = { ...this.#attributes, ...changes };
  }

  /** Through `/proc/self/fd`: another end of the same pipe. */
  open(flags: number): PipeEnd {
    return new PipeEnd(this, this.#pipe, flags, false);
  }
}

const fileSystems = new WeakMap<FsEnvironment, FileSystem>();

/** pipe2(2): the two ends. `flags` are status flags (O_NONBLOCK, O_DIRECT). */
export function createPipe(
  vfs: Vfs,
  flags = 0,
  owner: Credentials = { uid: 0, gid: 0, groups: [] },
): { read: FileDescription; write: FileDescription } {
  const { environment } = vfs;
  let fs = fileSystems.get(environment);
  if (fs === undefined) fileSystems.set(environment, (fs = new PipeFileSystem(environment.nextDevice())));
  const pipe = new Pipe(
    hasCapability(owner, CAP.SYS_RESOURCE) ? DEFAULT_CAPACITY : Math.min(DEFAULT_CAPACITY, environment.pipeMaxSize),
  );
  const ino = environment.nextAnonymousIno();
  const inode = new PipeInode(fs, ino, pipe, environment.clock.realtime(), owner.uid, owner.gid);
  const label = `pipe:[${String(ino)}]`;
  return {
    read: vfs.anonymous(inode.open(O_RDONLY | flags), label, O_RDONLY | flags),
    write: vfs.anonymous(inode.open(O_WRONLY | flags), label, O_WRONLY | flags),
  };
}
