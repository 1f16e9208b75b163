/**
 * The interfaces of the virtual file system.
 *
 * Failures are thrown as `LinuxError` (see `../errno.ts`). Nothing blocks: an operation that cannot proceed now
 * throws `EAGAIN`; the kernel parks the caller (or returns the error when the description is non-blocking),
 * subscribes with `onReady` and retries. A stream may take or give less than was asked; a blocking `write` is
 * carried on by the kernel until all bytes are taken.
 *
 * Names and paths are strings; bytes that are not UTF-8 appear as lone surrogates U+DC80..U+DCFF (`name.ts`).
 * Positions and sizes are numbers up to 2^53 - 1, times are nanoseconds since the epoch.
 */
import type { Cancel } from '../../platform/types.ts';

export type InodeKind = 'file' | 'directory' | 'symlink' | 'char' | 'block' | 'fifo' | 'socket';

export interface Stat {
  readonly dev: number;
  readonly ino: number;
  /** File type and permission bits, as `st_mode`. */
  readonly mode: number;
  readonly nlink: number;
  readonly uid: number;
  readonly gid: number;
  readonly rdev: number;
  readonly size: number;
  readonly blksize: number;
  /** In units of 512 bytes. */
  readonly blocks: number;
  readonly atime: bigint;
  readonly mtime: bigint;
  readonly ctime: bigint;
}

/** Changes to apply at once; an absent field stays. `mode` carries permission bits only. */
export interface AttributeChanges {
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly atime?: bigint;
  readonly mtime?: bigint;
}

export interface Credentials {
  readonly uid: number;
  readonly gid: number;
  /** Supplementary groups. */
  readonly groups: readonly number[];
  /** Those in effect, as bits; where absent, root has all and nobody else any. */
  readonly capabilities?: bigint;
}

/** Who asks: what a file system may make its answer depend on. */
export interface Caller {
  /** The effective (file system) ids. */
  readonly credentials: Credentials;
  /** For `/proc/self` and `/proc/thread-self`. */
  readonly pid: number;
  readonly tid: number;
  /** The directory that the caller takes for `/`; the root of the tree when absent. */
  readonly root?: Location;
  /** What `/dev/tty` opens; absent without a controlling terminal. */
  readonly controllingTerminal?: Inode | undefined;
}

/** Who asks, and from where. A process object of the kernel can be passed as it is. */
export interface FsContext extends Caller {
  readonly root: Location;
  readonly cwd: Location;
  readonly umask: number;
}

export interface FileSystemStatistics {
  /** `f_type` of statfs(2). */
  readonly type: number;
  readonly blockSize: number;
  readonly blocks: number;
  readonly freeBlocks: number;
  readonly files: number;
  readonly freeFiles: number;
}

export interface FileSystem {
  /** As in `/proc/mounts`: `tmpfs`, `overlay`, `proc` ... */
  readonly type: string;
  /** `st_dev`: unique among the file systems of one VFS. */
  readonly dev: number;
  readonly readOnly: boolean;
  readonly root: DirectoryInode;
  statistics(): FileSystemStatistics;
}

/** Names and values kept with a file: xattr(7). Who may do what was checked before. */
export interface ExtendedAttributes {
  get(name: string): Uint8Array | undefined;
  /** In the order in which they were first set. */
  names(): readonly string[];
  set(name: string, value: Uint8Array): void;
  /** `ENODATA` where there is none. */
  remove(name: string): void;
}

interface InodeBase {
  readonly fs: FileSystem;
  /** Unique in the file system; together with `fs.dev` the identity of the file (for locks, for `==`). */
  readonly ino: number;
  stat(): Stat;
  /** What the lookup that just returned this inode saw: spares a layer above it a second look at the host. */
  readonly seen?: Stat;
  /** The caller has checked that it is allowed; sets ctime. */
  setAttributes(changes: AttributeChanges): void;
  /** Absent where the file system has none. */
  readonly extendedAttributes?: ExtendedAttributes | undefined;
}

interface Openable {
  /** Opens for reading or writing (`O_ACCMODE` of `flags`); permissions and O_TRUNC are the caller's business. */
  open(flags: number, caller: Caller): OpenFile;
}

export interface FileInode extends InodeBase, Openable {
  readonly kind: 'file';
  /** Of files that can be sealed: F_SEAL_ bits. */
  seals?: number | undefined;
  /** `keepsSetId`: who asks may keep set-id bits (CAP_FSETID). */
  truncate(size: number, keepsSetId?: boolean): void;
}

export interface SpecialInode extends InodeBase, Openable {
  readonly kind: 'char' | 'block' | 'fifo' | 'socket';
}

export interface SymlinkInode extends InodeBase {
  readonly kind: 'symlink';
  readlink(caller: Caller): string;
  /** Of links such as `/proc/self/fd/3`: where they lead, whatever the text says. */
  jump?(caller: Caller): Location;
}

export interface DirectoryEntry {
  readonly name: string;
  readonly ino: number;
  readonly kind: InodeKind;
}

export interface Ownership {
  readonly uid: number;
  readonly gid: number;
}

/** Permission bits (umask already applied) and owner of something new. */
export interface NewAttributes extends Ownership {
  readonly mode: number;
}

/**
 * A directory. Names are single valid components, never `.` or `..`. The caller (`Vfs`) has checked permissions,
 * the sticky bit and mount points; the directory checks existence, kinds, emptiness and its own limits.
 */
export interface DirectoryInode extends InodeBase {
  readonly kind: 'directory';
  lookup(name: string, caller: Caller): Inode | undefined;
  /** A snapshot of the entries, without `.` and `..`, in a stable order. */
  list(caller: Caller): DirectoryEntry[];
  create(name: string, attributes: NewAttributes): FileInode;
  /** Makes a file without a name, which may get one later where `linkable`; absent where the file system has none. */
  createUnnamed?(attributes: NewAttributes, linkable: boolean): FileInode;
  mkdir(name: string, attributes: NewAttributes): DirectoryInode;
  mknod(name: string, kind: 'char' | 'block' | 'fifo' | 'socket', rdev: number, attributes: NewAttributes): Inode;
  symlink(name: string, target: string, owner: Ownership): SymlinkInode;
  link(name: string, inode: Inode): void;
  unlink(name: string): void;
  rmdir(name: string): void;
  /** As rename(2) within one file system, `flags` RENAME_NOREPLACE or RENAME_EXCHANGE. No cycle: checked before. */
  rename(name: string, target: DirectoryInode, newName: string, flags: number): void;
}

export type Inode = FileInode | DirectoryInode | SymlinkInode | SpecialInode;

/** The third argument of ioctl(2), with the caller's memory behind it. `EFAULT` comes from here. */
export interface IoctlArgument {
  readonly value: bigint;
  /** A copy of `length` bytes at `value`. */
  read(length: number): Uint8Array;
  write(bytes: Uint8Array): void;
}

/**
 * An open file below the offset: every operation names its position. Streams (not `seekable`) ignore positions.
 * Extend `BaseOpenFile` (`open-file.ts`) for sensible failures of what a kind of file cannot do.
 */
export interface OpenFile {
  readonly inode: Inode;
  /** Whether lseek and pread work (`ESPIPE` otherwise). */
  readonly seekable: boolean;
  /** False where all positions are the same, so that lseek leads to 0 always: null(4). */
  readonly positioned: boolean;
  /** False where the kind of file knows nothing of readiness, so that epoll(7) refuses it. */
  readonly pollable: boolean;
  /** Bytes read; 0 at the end; `EAGAIN` when there is nothing yet. Serves mmap as well. */
  readAt(buffer: Uint8Array, position: number): number;
  writeAt(buffer: Uint8Array, position: number): number;
  /** Writes at the end; the position after the write is the file's size then. */
  append(buffer: Uint8Array): { readonly written: number; readonly end: number };
  stat(): Stat;
  setAttributes(changes: AttributeChanges): void;
  truncate(size: number): void;
  sync(): void;
  allocate(mode: number, position: number, length: number): void;
  /** The next data (or hole) at or after `position`: SEEK_DATA, SEEK_HOLE. `ENXIO` past the end. */
  seekExtent(position: number, kind: 'data' | 'hole'): number;
  /** Of directories: a snapshot without `.` and `..`. */
  list(caller: Caller): DirectoryEntry[];
  ioctl(request: number, argument: IoctlArgument): number;
  /** The poll(2) events that are true now: POLLIN, POLLOUT, POLLHUP, POLLERR, POLLRDHUP, unmasked. */
  readiness(): number;
  /** Calls `listener` whenever `readiness()` may have changed. Files that are always ready never call it. */
  onReady(listener: () => void): Cancel;
  /** True while open(2) of a fifo must still wait for the other side; watch with `onReady`. */
  opening(): boolean;
  /** A process closes one of its descriptors, which need not be the last. */
  flush(): void;
  /** The last description is gone. */
  close(): void;
}

/**
 * A name in the tree. Directories have one `Dentry` each, shared by everybody who stands in them, so that a rename
 * moves the working directory of a process along; other files get a fresh one at each lookup.
 */
export interface Dentry {
  readonly inode: Inode;
  readonly name: string;
  /** Absent at the root of a file system. */
  readonly parent: Dentry | undefined;
  /** An rmdir'ed directory. */
  readonly removed: boolean;
}

export interface Mount {
  readonly fs: FileSystem;
  readonly root: Dentry;
  /** Where it is attached; absent at the root mount and for files without a name (pipes). */
  readonly at: Location | undefined;
  readonly readOnly: boolean;
  /** First column of `/proc/mounts`. */
  readonly source: string;
  readonly flags: MountFlags;
}

export interface MountFlags {
  readonly noexec?: boolean;
  readonly nosuid?: boolean;
}

/** A resolved path. */
export interface Location {
  readonly mount: Mount;
  readonly dentry: Dentry;
}

/** One open file of a process, as `/proc/<pid>/fd` needs it; `FileDescription` is one. */
export interface DescriptionView {
  readonly location: Location;
  readonly offset: number;
  readonly flags: number;
}

export interface ProcessStatus {
  /** As in `/proc/<pid>/stat`. */
  readonly state: 'R' | 'S' | 'D' | 'T' | 'Z';
  readonly parentPid: number;
  readonly processGroup: number;
  readonly session: number;
  /** Its controlling terminal. */
  readonly terminal: { readonly device: number; readonly foregroundGroup: number } | undefined;
  readonly credentials: Credentials;
  /** 64-bit masks: inheritable, permitted, effective, bounding, ambient. */
  readonly capabilities: readonly [bigint, bigint, bigint, bigint, bigint];
  readonly noNewPrivileges: boolean;
  readonly threads: readonly number[];
  /** Bytes. */
  readonly virtualSize: number;
  readonly lockedSize: number;
  readonly residentSize: number;
  readonly startTime: bigint;
  readonly userTime: bigint;
  readonly systemTime: bigint;
  readonly umask: number;
  readonly nice: number;
  /** 64-bit masks: pending, blocked, ignored, caught. */
  readonly signals: readonly [bigint, bigint, bigint, bigint];
  readonly stackStart: number;
  readonly brkStart: number;
}

export interface MapRow {
  readonly start: number;
  readonly end: number;
  readonly read: boolean;
  readonly write: boolean;
  readonly execute: boolean;
  readonly shared: boolean;
  /** What it can be made: may be read, written, executed. */
  readonly mayRead: boolean;
  readonly mayWrite: boolean;
  readonly mayExecute: boolean;
  readonly growsDown: boolean;
  readonly locked: boolean;
  readonly offset: number;
  readonly dev: number;
  readonly ino: number;
  /** A path, `[heap]`, `[stack]`, or empty. */
  readonly label: string;
}

export interface LimitRow {
  readonly name: string;
  /** Undefined: unlimited. */
  readonly soft: bigint | undefined;
  readonly hard: bigint | undefined;
  readonly unit: string;
}

/** What `/proc/<pid>` shows of a process, or `/proc/<pid>/task/<tid>` of one of its threads. */
export interface ProcessView {
  readonly pid: number;
  /** The thread's number; of a process, that of its first thread. */
  readonly tid: number;
  /** The view of another thread of the process. */
  thread(tid: number): ProcessView | undefined;
  /** At most 15 bytes. */
  comm(): string;
  /** Sets it, to at most 15 bytes of what is given. */
  rename(bytes: Uint8Array): void;
  /** NUL-terminated strings one after the other, as in `/proc/<pid>/cmdline`. */
  commandLine(): Uint8Array;
  environment(): Uint8Array;
  auxiliaryVector(): Uint8Array;
  executable(): Location | undefined;
  cwd(): Location;
  root(): Location;
  maps(): readonly MapRow[];
  status(): ProcessStatus;
  descriptions(): Iterable<readonly [fd: number, DescriptionView]>;
  limits(): readonly LimitRow[];
}

export interface ProcessTable {
  pids(): readonly number[];
  get(pid: number): ProcessView | undefined;
}
