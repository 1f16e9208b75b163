/** What every socket is: an open file that messages go through (socket(2), socket(7)). */
import { fail, type ErrnoName } from '../errno.ts';
import type { FsEnvironment } from '../vfs/environment.ts';
import { FILE_TYPE } from '../vfs/constants.ts';
import type { FileDescription } from '../vfs/file-description.ts';
import { BaseOpenFile } from '../vfs/open-file.ts';
import type {
  AttributeChanges,
  DirectoryInode,
  FileSystem,
  FsContext,
  IoctlArgument,
  OpenFile,
  SpecialInode,
  Stat,
} from '../vfs/types.ts';

export const AF_UNIX = 1;
export const AF_INET = 2;
export const AF_INET6 = 10;

export const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
export const SOCK_SEQPACKET = 5;

export const SHUT_RD = 0;
export const SHUT_WR = 1;
export const SHUT_RDWR = 2;

const FIONREAD = 0x541b;
const SOCKFS_MAGIC = 0x534f434b;

/** struct ucred. */
export interface PeerCredentials {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

export interface OutgoingMessage {
  readonly bytes: Uint8Array;
  /** struct sockaddr; null for the peer. */
  readonly to: Uint8Array | null;
  /** SCM_RIGHTS; the receiver gets references of its own. */
  readonly files: readonly FileDescription[];
  readonly sender: PeerCredentials;
  readonly context: FsContext;
}

export interface IncomingMessage {
  /** Bytes put into the buffer. */
  readonly count: number;
  /** Bytes that the message had; more than `count` where it was cut. */
  readonly length: number;
  readonly from: Uint8Array | null;
  readonly files: readonly FileDescription[];
  readonly sender: PeerCredentials | null;
}

/** Options of SOL_SOCKET and others that are kept as they are set, by level and name. */
export type OptionKey = `${number}:${number}`;

/** Operations that cannot go on now throw EAGAIN; `onReady` tells when to try again. */
export abstract class Socket extends BaseOpenFile {
  override readonly inode: SpecialInode;
  readonly family: number;
  readonly type: number;
  readonly protocol: number;
  readonly options = new Map<OptionKey, number>();
  /** SO_RCVTIMEO and SO_SNDTIMEO in nanoseconds; null for none. */
  receiveTimeout: bigint | null = null;
  sendTimeout: bigint | null = null;
  /** SO_ERROR: why something failed meanwhile; told once. */
  pendingError: ErrnoName | null = null;

  constructor(environment: FsEnvironment, family: number, type: number, protocol: number) {
    super();
    this.inode = new SocketInode(environment);
    this.family = family;
    this.type = type;
    this.protocol = protocol;
  }

  /** Whether bytes flow without bounds of messages. */
  get isStream(): boolean {
    return this.type === SOCK_STREAM;
  }

  abstract bind(address: Uint8Array, context: FsContext): void;
  abstract listen(backlog: number, owner: PeerCredentials): void;
  abstract get listening(): boolean;
  abstract accept(): Socket;
  /** Throws EAGAIN (a full backlog) or EINPROGRESS; then `connectResult` tells how it went. */
  abstract connect(address: Uint8Array, context: FsContext, owner: PeerCredentials): void;
  /** Of a connection in progress: undefined as long as it is; throws why it failed. */
  connectResult(): 0 | undefined {
    return 0;
  }
  /** struct sockaddr of this end. */
  abstract name(): Uint8Array;
  abstract peerName(): Uint8Array;
  abstract send(message: OutgoingMessage): number;
  abstract receive(buffer: Uint8Array, peek: boolean): IncomingMessage;
  abstract shutdown(how: number): void;
  /** SO_PEERCRED. */
  peerCredentials(): PeerCredentials {
    return { pid: 0, uid: 0xffffffff, gid: 0xffffffff };
  }
  /** Bytes that can be read at once. */
  abstract get available(): number;

  override readAt(buffer: Uint8Array): number {
    const { count, files } = this.receive(buffer, false);
    // read(2) has no room for descriptors: they are closed.
    for (const file of files) file.release();
    return count;
  }

  override writeAt(bytes: Uint8Array): number {
    return this.send({ bytes, to: null, files: [], sender: this.owner, context: noContext });
  }

  /** Who made the socket: the sender of what is written without more ado. */
  owner: PeerCredentials = { pid: 0, uid: 0, gid: 0 };

  override ioctl(request: number, argument: IoctlArgument): number {
    if (request !== FIONREAD) return fail('ENOTTY');
    argument.write(new Uint8Array(Uint32Array.of(this.available).buffer));
    return 0;
  }
}

/** A write has no address to look up. */
const noContext = Object.freeze({}) as FsContext;

const fileSystems = new WeakMap<FsEnvironment, SocketFileSystem>();

class SocketFileSystem implements FileSystem {
  readonly type = 'sockfs';
  readonly dev: number;
  readonly readOnly = false;

  constructor(dev: number) {
    this.dev = dev;
  }

  get root(): DirectoryInode {
    return fail('ENOENT');
  }

  statistics(): ReturnType<FileSystem['statistics']> {
    return { type: SOCKFS_MAGIC, blockSize: 4096, blocks: 0, freeBlocks: 0, files: 0, freeFiles: 0 };
  }
}

class SocketInode implements SpecialInode {
  readonly kind = 'socket';
  readonly fs: FileSystem;
  readonly ino: number;
  readonly #time: bigint;

  constructor(environment: FsEnvironment) {
    let fs = fileSystems.get(environment);
    if (fs === undefined) fileSystems.set(environment, (fs = new SocketFileSystem(environment.nextDevice())));
    this.fs = fs;
    this.ino = environment.nextAnonymousIno();
    this.#time = environment.clock.realtime();
  }

  stat(): Stat {
    const times = { atime: this.#time, mtime: this.#time, ctime: this.#time };
    const numbers = { dev: this.fs.dev, ino: this.ino, nlink: 1, uid: 0, gid: 0, rdev: 0, size: 0 };
    return { ...numbers, ...times, mode: FILE_TYPE.socket | 0o777, blksize: 4096, blocks: 0 };
  }

  setAttributes(_changes: AttributeChanges): void {
    fail('EOPNOTSUPP');
  }

  open(): OpenFile {
    return fail('ENXIO');
  }
}
