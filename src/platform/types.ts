/**
 * Everything non-deterministic comes in through these interfaces: time, randomness, timers, the host's files and
 * its standard streams. Nothing below `platform/` reads a clock or does I/O by itself; record and replay and the
 * browser depend on it.
 */

export interface Clock {
  /** Nanoseconds since the Unix epoch. */
  realtime(): bigint;
  /** Nanoseconds since an arbitrary start; never goes back. */
  monotonic(): bigint;
}

/** Stops a timer or a subscription; a second call does nothing. */
export type Cancel = () => void;

/** What a failed host operation means, in the vocabulary of errno names. Anything else becomes `EIO`. */
export type HostErrorCode =
  | 'EACCES'
  | 'EBUSY'
  | 'EEXIST'
  | 'EFBIG'
  | 'EINVAL'
  | 'EIO'
  | 'EISDIR'
  | 'ELOOP'
  | 'EMFILE'
  | 'EMLINK'
  | 'ENAMETOOLONG'
  | 'ENOENT'
  | 'ENOSPC'
  | 'ENOTDIR'
  | 'ENOTEMPTY'
  | 'EPERM'
  | 'EPIPE'
  | 'EROFS'
  | 'ETXTBSY'
  | 'EXDEV';

/** Thrown by `HostFolder` and `HostFile`: always one of the codes above, never the host's own error object. */
export class HostFileError extends Error {
  override readonly name = 'HostFileError';
  readonly code: HostErrorCode;

  constructor(code: HostErrorCode, message: string = code) {
    super(message);
    this.code = code;
  }
}

export type HostFileKind = 'file' | 'directory' | 'symlink' | 'fifo' | 'socket' | 'char' | 'block';

export interface HostStat {
  readonly kind: HostFileKind;
  /** Identity on the host: equal for two names of one file. */
  readonly dev: bigint;
  readonly ino: bigint;
  /** The nine permission bits and the sticky bit. */
  readonly permissions: number;
  readonly nlink: number;
  readonly size: number;
  /** In units of 512 bytes. */
  readonly blocks: number;
  /** Nanoseconds since the epoch. */
  readonly atime: bigint;
  readonly mtime: bigint;
  readonly ctime: bigint;
}

export interface HostEntry {
  readonly name: string;
  readonly stat: HostStat;
}

/** Room on the disk behind a folder, as statfs(2). */
export interface HostSpace {
  readonly blockSize: number;
  readonly blocks: number;
  readonly freeBlocks: number;
  readonly files: number;
  readonly freeFiles: number;
}

export interface HostOpenOptions {
  readonly read: boolean;
  readonly write: boolean;
  /** Creates the file, exclusively, with exactly these permission bits; it is opened for reading and writing. */
  readonly create?: number;
  readonly truncate?: boolean;
}

/** An open regular file of the host. */
export interface HostFile {
  stat(): HostStat;
  /** Bytes read; 0 at the end of the file. */
  read(buffer: Uint8Array, position: number): number;
  /** Bytes written, at least one. */
  write(buffer: Uint8Array, position: number): number;
  /** Writes at the end, wherever that is by now; the bytes written. */
  append(buffer: Uint8Array): number;
  truncate(size: number): void;
  setPermissions(permissions: number): void;
  setTimes(atime: bigint, mtime: bigint): void;
  sync(): void;
  /** The same file once more, whether it still has a name or not; `ENOENT` where the host cannot do that. */
  reopen(options: { readonly read: boolean; readonly write: boolean }): HostFile;
  close(): void;
}

/**
 * A place in a host folder: the names from the folder down. No name is empty, `.` or `..` or contains a slash
 * or NUL. Bytes of a name that are not UTF-8 appear as U+DC80 to U+DCFF (Python's surrogateescape).
 */
export type HostPath = readonly string[];

/**
 * One folder of the host, the root of everything that can be named through this object. No operation follows a
 * symbolic link, in any component, and an implementation says how it makes sure of that against somebody who
 * changes the folder at the same time. Failures are thrown as `HostFileError`.
 */
export interface HostFolder {
  stat(path: HostPath): HostStat;
  list(path: HostPath): HostEntry[];
  readlink(path: HostPath): string;
  /** Opens a regular file; never blocks on fifos or devices (`EACCES`). */
  open(path: HostPath, options: HostOpenOptions): HostFile;
  mkdir(path: HostPath, permissions: number): void;
  rmdir(path: HostPath): void;
  unlink(path: HostPath): void;
  symlink(path: HostPath, target: string): void;
  link(from: HostPath, to: HostPath): void;
  /** Replaces the target as rename(2) does. */
  rename(from: HostPath, to: HostPath): void;
  setPermissions(path: HostPath, permissions: number): void;
  /** Of a symbolic link itself, where `path` is one. */
  setTimes(path: HostPath, atime: bigint, mtime: bigint): void;
  space(): HostSpace;
  /** Gives back what the object holds. Files opened through it stay open. */
  close(): void;
}

export interface HostFiles {
  /** Opens the folder at a host path (symbolic links in it are followed: the user named it). */
  openFolder(path: string): HostFolder;
  isFolder(path: string): boolean;
  /** All bytes of a regular file. */
  read(path: string): Uint8Array;
}

export interface WindowSize {
  readonly rows: number;
  readonly columns: number;
}

/** What a host terminal can tell and do. Node and browsers know no more than raw and cooked. */
export interface HostTerminal {
  size(): WindowSize;
  onResize(listener: () => void): Cancel;
  /** Raw: no echo, no line editing, no signals from keys, every byte as typed. */
  setRaw(raw: boolean): void;
}

/** What a standard stream is on the host; decides the `st_mode` that the guest sees. */
export type HostStreamKind = 'file' | 'pipe' | 'socket' | 'tty' | 'null';

interface HostStream {
  readonly kind: HostStreamKind;
  readonly terminal?: HostTerminal;
  /** Of a stream of kind `file`: positional access, so that the guest can seek. */
  readonly file?: HostStreamFile;
  /** Gives the stream back to the host; input that was not read stays there where the host allows it. */
  close(): void;
}

export interface HostStreamFile {
  stat(): HostStat;
  /** Where the host's own offset stood at the start. */
  readonly position: number;
  read(buffer: Uint8Array, position: number): number;
  write(buffer: Uint8Array, position: number): number;
  truncate(size: number): void;
  sync(): void;
}

/** Result of a stream operation that may have to wait: a count, or why there is none. */
export type StreamResult = number | 'again' | HostErrorCode;

/** Standard input, pulled: nothing is taken from the host before the guest asks. */
export interface HostStdin extends HostStream {
  /** Fills `buffer` as far as data is there now: bytes > 0; 0 at the end of input; `again` when more may come. */
  read(buffer: Uint8Array): StreamResult;
  /** Whether `read` would not say `again`. May start the host's reading ahead (one buffer). */
  readable(): boolean;
  /** Calls `listener` whenever `readable()` may have become true. */
  onReadable(listener: () => void): Cancel;
}

/** Standard output or error. */
export interface HostOutput extends HostStream {
  /** Takes a prefix of `bytes`: its length (> 0), `again` when the host takes nothing now, or `EPIPE` and the like. */
  write(bytes: Uint8Array): StreamResult;
  writable(): boolean;
  /** Calls `listener` whenever `writable()` may have become true, or the reader has gone. */
  onWritable(listener: () => void): Cancel;
  /** Whether nobody reads any more. */
  broken(): boolean;
  /** Resolves when every accepted byte has been handed to the host. */
  flush(): Promise<void>;
}

/** What a failed operation of the host's network means, as names of errno; anything else becomes `EIO`. */
export type HostNetworkErrorCode =
  | 'EACCES'
  | 'EADDRINUSE'
  | 'EADDRNOTAVAIL'
  | 'ECONNABORTED'
  | 'ECONNREFUSED'
  | 'ECONNRESET'
  | 'EHOSTUNREACH'
  | 'EINVAL'
  | 'EIO'
  | 'EMFILE'
  | 'EMSGSIZE'
  | 'ENETUNREACH'
  | 'ENOBUFS'
  | 'EPERM'
  | 'EPIPE'
  | 'ETIMEDOUT';

/** An IPv4 or IPv6 address as text, and a port. Never a name: those have to be resolved first. */
export interface HostAddress {
  readonly address: string;
  readonly port: number;
}

/** One TCP connection of the host. */
export interface HostConnection {
  readonly state: 'connecting' | 'open' | HostNetworkErrorCode;
  /** Known once it is open. */
  readonly local: HostAddress | null;
  readonly remote: HostAddress | null;
  /** Fills `buffer` as far as data is there now: bytes > 0; 0 at the end; `again` when more may come. */
  read(buffer: Uint8Array): number | 'again' | HostNetworkErrorCode;
  /** Takes all of `bytes` (and keeps none of the memory), or none: `again` when much waits to be sent already. */
  write(bytes: Uint8Array): number | 'again' | HostNetworkErrorCode;
  /** Calls `listener` whenever the state or an answer of `read` or `write` may have changed. */
  onChange(listener: () => void): Cancel;
  /** Nothing more will be written: the other side reads to its end. */
  end(): void;
  /** Sends what was accepted, takes nothing any more, and is gone. */
  close(): void;
  /** Resolves when the host holds nothing of it any more. */
  readonly closed: Promise<void>;
  /** Drops everything at once. */
  destroy(): void;
}

/** One UDP socket of the host. */
export interface HostDatagrams {
  send(bytes: Uint8Array, to: HostAddress): void;
  /** Resolves once what was sent has left. */
  close(): Promise<void>;
}

export interface DatagramListener {
  message(bytes: Uint8Array, from: HostAddress): void;
  failed(code: HostNetworkErrorCode): void;
}

/** The host's network. Nothing here decides what a guest may reach. */
export interface HostNetwork {
  connect(to: HostAddress): HostConnection;
  /** With `peer`: only what comes from there is heard, and that nobody listens there is told. */
  datagrams(family: 4 | 6, peer: HostAddress | null, listener: DatagramListener): HostDatagrams;
  /** Resolves once connections are taken. Rejects with `HostNetworkError`. The result ends it. */
  listen(at: HostAddress, accept: (connection: HostConnection) => void): Promise<() => void>;
  /** A socket with a port of its own, once it has that. Rejects with `HostNetworkError`. */
  bindDatagrams(at: HostAddress, listener: DatagramListener): Promise<HostDatagrams>;
  /** The addresses of a name. Rejects with `HostNetworkError` where it has none. */
  resolve(name: string): Promise<readonly string[]>;
  /** Addresses of the name servers that the host asks. */
  nameServers(): readonly string[];
}

/** Thrown by `HostNetwork`. */
export class HostNetworkError extends Error {
  override readonly name = 'HostNetworkError';
  readonly code: HostNetworkErrorCode;

  constructor(code: HostNetworkErrorCode, message: string = code) {
    super(message);
    this.code = code;
  }
}

/** One entry of a tar archive, as its header has it; nothing in it was checked. */
export interface TarRecord {
  readonly name: string;
  /** `file`, `directory`, `symlink`, `link`, `fifo`, `character-device`, `block-device`, or another. */
  readonly type: string;
  readonly mode: number | undefined;
  readonly uid: number;
  readonly gid: number;
  /** Milliseconds since the epoch. */
  readonly mtime: number;
  readonly target: string;
  readonly data: Uint8Array;
}

export type Compression = 'gzip' | 'zstd';

export type PageAccess = 'none' | 'read' | 'write';

/** The host's own page protection, applied to the pages behind a WebAssembly.Memory. */
export interface PageProtection {
  /** Size of the host's pages in bytes. */
  readonly pageSize: number;
  /** Allows `access` (write includes read) to the bytes [start, end), both page aligned. False when the host refused. */
  protect(bytes: Uint8Array, start: number, end: number, access: PageAccess): boolean;
}

/** Another thread of the host, which runs the compiler (see `engine/compile-server.ts`). Messages arrive in their order. */
export interface CompileThread {
  /** True once it cannot answer any more. */
  readonly hasFailed: boolean;
  /** True when `receive` has a reply to give; asked very often. */
  readonly hasReply: boolean;
  /** Sends a copy of `message`; `transfer` goes over as it is. */
  send(message: unknown, transfer: readonly ArrayBuffer[]): void;
  receive(): unknown;
  close(): void;
}

/** Memory by which a thread that runs guest code and the one that has the kernel talk; see `engine/parallel/protocol.ts`. */
export interface GuestThreadWords {
  readonly control: SharedArrayBuffer;
  readonly bell: SharedArrayBuffer;
}

/** Sleeps while a word of shared memory has a value, until it is notified or for so many milliseconds: `Atomics.wait`. */
export type Sleep = (
  words: Int32Array,
  index: number,
  value: number,
  milliseconds?: number,
) => 'ok' | 'not-equal' | 'timed-out';

/** Another thread of the host, which runs guest code (see `engine/parallel/server.ts`). Messages arrive in their order. */
export interface GuestThread {
  /** What it died of; null while it lives. */
  readonly failure: Error | null;
  send(message: unknown): void;
  /** Its next message, undefined where there is none. */
  receive(): unknown;
  close(): void;
}

/**
 * The host's own processor for guests of the same architecture: Linux's KVM. Structures are those of its <linux/kvm.h>.
 * Failures are `UnsupportedError`s.
 */
export interface Virtualization {
  /** What CPUID can say, as entries of struct kvm_cpuid_entry2. */
  readonly supportedCpuid: Uint8Array;
  /** False where user code sees the host's CPUID whatever it is given: without hardware's help KVM cannot intercept it. */
  readonly virtualizesCpuid: boolean;
  createMachine(): VirtualMachine;
}

export interface VirtualMachine {
  /** Makes bytes the physical memory from `physical` on; both page aligned, and never moved. */
  addMemory(physical: number, bytes: Uint8Array): void;
  /** Zeroed pages that last as long as the machine. */
  allocate(size: number): Uint8Array;
  /**
   * Makes the machine forget all that it derived from page tables for these pages of its memory, which are readable and
   * writable to the host then.
   */
  forget(bytes: Uint8Array): void;
  createProcessor(setup: ProcessorSetup): VirtualProcessor;
  /** Gives everything back; its processors and allocated pages are not to be touched any more. */
  close(): void;
}

export interface ProcessorSetup {
  /** Entries of struct kvm_cpuid_entry2. */
  readonly cpuid: Uint8Array;
  readonly msrs: readonly (readonly [number: number, value: bigint])[];
  /** Receives struct kvm_sregs as it is at the start. */
  readonly initialSregs: Uint8Array;
}

export interface VirtualProcessor {
  /** struct kvm_run. */
  readonly shared: DataView;
  setXcr0(value: number): void;
  /**
   * Runs the guest until it needs something: `exit` says what in `shared`. `interrupted`: a signal came, or the slice of so
   * many nanoseconds is over, which began with the first run after the last one's end. `memory-fault`: the host does not
   * let KVM have a page.
   */
  run(slice: number): 'exit' | 'interrupted' | 'memory-fault';
  /** The area of xsave in its standard form, 4,096 bytes, until the next call. */
  readXsave(): Uint8Array;
  writeXsave(area: Uint8Array): void;
}

/** Keeps compiled code from one run to the next. What goes wrong only costs speed: no method throws. */
export interface CodeStore {
  /** The bytes last written under a key; null where there are none, or where they are damaged. */
  read(key: string): Uint8Array | null;
  write(key: string, bytes: Uint8Array): void;
}

/** Native code of WebAssembly modules from one process to the next. */
export interface NativeCode {
  /** What the host's engine has compiled a module to so far; null where none of its exported functions is optimised. */
  save(module: WebAssembly.Module, exported: readonly unknown[], wasm: Uint8Array): Uint8Array | null;
  /** The module that `save` gave bytes of, compiled as far as it was; null where they are of another one or another engine. */
  load(bytes: Uint8Array, wasm: Uint8Array): WebAssembly.Module | null;
}

export interface Platform {
  /** The host's page protection where WebAssembly code traps at a protected page; else why not. */
  pageProtection(): { readonly protection: PageProtection | null; readonly reason: string | null };
  /** The host's processor for guests of its own architecture, where it can be had; else why not. */
  virtualization?(): { readonly virtualization: Virtualization | null; readonly reason: string | null };
  /** Switches on what the WebAssembly engine has but does not offer by itself; code compiled later may use it. */
  enableWasmFeatures?(): void;
  /** Keeps native code from one process to the next; null, or absent, where the host's engine does not give it. */
  nativeCode?(): NativeCode | null;
  /** Starts a thread that compiles; null, or absent, where there is no processor for it or it cannot be started. */
  startCompileThread?(): CompileThread | null;
  /**
   * How many threads can run guest code at once, and how to start one. `onWake` is called from the event loop when the thread
   * asks for that, and when it died. Absent, or with a reason, where there are no threads.
   */
  guestThreads?(): { readonly count: number; readonly reason: string | null };
  startGuestThread?(words: GuestThreadWords, onWake: () => void): GuestThread;
  readonly sleep?: Sleep;
  /** Architecture of the host's processor, as Node names it. */
  readonly architecture?: string;
  readonly clock: Clock;
  /** Fills `bytes` with cryptographically strong random bytes. */
  random(bytes: Uint8Array): void;
  /** Calls `callback` once, after at least `nanoseconds`, from the host's event loop. */
  setTimer(nanoseconds: bigint, callback: () => void): Cancel;
  readonly files: HostFiles;
  readonly network: HostNetwork;
  /** What a tar archive holds, in its order. Rejects with an error that says what is wrong with it. */
  untar(archive: Uint8Array): Promise<readonly TarRecord[]>;
  /** In lower-case hexadecimal digits. */
  sha256(bytes: Uint8Array): string;
  /** What compressed bytes expand to, or why they do not: they may come to `limit` bytes at most. */
  decompress(kind: Compression, bytes: Uint8Array, limit: number): Uint8Array | 'too-large' | 'corrupt' | 'unsupported';
  readonly stdin: HostStdin;
  readonly stdout: HostOutput;
  readonly stderr: HostOutput;
}
