import fs from 'node:fs';
import { decodeName, encodeName } from '../../common/file-name.ts';
import { HostFileError } from '../types.ts';
import type { HostEntry, HostFile, HostFolder, HostOpenOptions, HostPath, HostSpace, HostStat } from '../types.ts';
import { DescriptorAccess, O_PATH, VerifiedAccess } from './directory-access.ts';
import type { DirectoryAccess, NodePath } from './directory-access.ts';
import { translateErrors } from './host-errors.ts';
import { NodeHostFile, seconds } from './host-file.ts';
import { hostStat } from './host-stat.ts';

const { O_CREAT, O_EXCL, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY } = fs.constants;
// Windows lacks these; there the verification of `VerifiedAccess` is all there is.
const O_NOFOLLOW = fs.constants.O_NOFOLLOW as number | undefined;
const O_NONBLOCK = fs.constants.O_NONBLOCK as number | undefined;
const O_NOCTTY = fs.constants.O_NOCTTY as number | undefined;
/** A fifo or device that took a file's place must neither block us nor become our terminal. */
const SAFE = (O_NOFOLLOW ?? 0) | (O_NONBLOCK ?? 0) | (O_NOCTTY ?? 0);

function lookAt(entry: NodePath): HostStat {
  return hostStat(fs.lstatSync(entry, { bigint: true }));
}

/** A folder of the host through node:fs. See `directory-access.ts` for what keeps operations inside. */
export class NodeHostFolder implements HostFolder {
  readonly #access: DirectoryAccess;
  readonly #byDescriptor: boolean;

  constructor(path: string, access?: DirectoryAccess) {
    this.#access = access ?? translateErrors(() => openAccess(path));
    this.#byDescriptor = this.#access instanceof DescriptorAccess;
  }

  stat(path: HostPath): HostStat {
    return this.#onEntry(path, lookAt);
  }

  #onEntry<T>(path: HostPath, operation: (entry: NodePath) => T): T {
    return translateErrors(() => this.#access.withEntry(path, operation));
  }

  list(path: HostPath): HostEntry[] {
    return translateErrors(() =>
      this.#access.withDirectory(path, (entry) => {
        const entries: HostEntry[] = [];
        for (const bytes of fs.readdirSync(entry('.'), { encoding: 'buffer' })) {
          const name = decodeName(bytes);
          const stats = fs.lstatSync(entry(name), { bigint: true, throwIfNoEntry: false });
          if (stats !== undefined) entries.push({ name, stat: hostStat(stats) });
        }
        return entries;
      }),
    );
  }

  readlink(path: HostPath): string {
    return this.#onEntry(path, (entry) => decodeName(fs.readlinkSync(entry, { encoding: 'buffer' })));
  }

  open(path: HostPath, options: HostOpenOptions): HostFile {
    return this.#onEntry(path, (entry) => {
      if (options.create !== undefined) return this.#create(entry, options.create);
      const access = options.write ? (options.read ? O_RDWR : O_WRONLY) : O_RDONLY;
      return this.#openExisting(entry, access | (options.truncate === true ? O_TRUNC : 0));
    });
  }

  #create(entry: NodePath, permissions: number): HostFile {
    const fd = fs.openSync(entry, O_RDWR | O_CREAT | O_EXCL | SAFE, permissions & 0o1777);
    // The host's umask had its say in open.
    fs.fchmodSync(fd, permissions & 0o1777);
    return this.#hostFile(fd, entry);
  }

  #openExisting(entry: NodePath, flags: number): HostFile {
    const fd = this.#byDescriptor ? openPinned(entry, flags) : openVerified(entry, flags);
    return this.#hostFile(fd, entry);
  }

  #hostFile(fd: number, entry: NodePath): HostFile {
    const self = `/proc/self/fd/${String(fd)}`;
    return new NodeHostFile(fd, (flags) =>
      this.#byDescriptor ? fs.openSync(self, flags) : openVerified(entry, flags),
    );
  }

  mkdir(path: HostPath, permissions: number): void {
    this.#onEntry(path, (entry) => fs.mkdirSync(entry, { mode: permissions & 0o1777 }));
    this.setPermissions(path, permissions);
  }

  rmdir(path: HostPath): void {
    this.#onEntry(path, (entry) => fs.rmdirSync(entry));
  }

  unlink(path: HostPath): void {
    this.#onEntry(path, (entry) => fs.unlinkSync(entry));
  }

  symlink(path: HostPath, target: string): void {
    this.#onEntry(path, (entry) => fs.symlinkSync(Buffer.from(encodeName(target)), entry));
  }

  link(from: HostPath, to: HostPath): void {
    this.#onEntry(from, (source) => this.#access.withEntry(to, (entry) => fs.linkSync(source, entry)));
  }

  rename(from: HostPath, to: HostPath): void {
    this.#onEntry(from, (source) => this.#access.withEntry(to, (entry) => fs.renameSync(source, entry)));
  }

  setPermissions(path: HostPath, permissions: number): void {
    this.#onEntry(path, (entry) => {
      // chmod(2) follows links, so the file itself is pinned first.
      this.#withPinned(entry, (pinned) => fs.chmodSync(pinned, permissions & 0o1777));
    });
  }

  setTimes(path: HostPath, atime: bigint, mtime: bigint): void {
    this.#onEntry(path, (entry) => fs.lutimesSync(entry, seconds(atime), seconds(mtime)));
  }

  #withPinned(entry: NodePath, operation: (pinned: NodePath) => void): void {
    if (lookAt(entry).kind === 'symlink') throw new HostFileError('EPERM');
    if (!this.#byDescriptor) return operation(entry);
    const fd = fs.openSync(entry, O_PATH | (O_NOFOLLOW ?? 0));
    try {
      if (fs.fstatSync(fd).isSymbolicLink()) throw new HostFileError('EPERM');
      operation(`/proc/self/fd/${String(fd)}`);
    } finally {
      fs.closeSync(fd);
    }
  }

  space(): HostSpace {
    return this.#onEntry([], (entry) => {
      const { bsize, blocks, bavail, files, ffree } = fs.statfsSync(entry);
      return { blockSize: bsize, blocks, freeBlocks: bavail, files, freeFiles: ffree };
    });
  }

  close(): void {
    this.#access.close();
  }
}

function openAccess(path: string): DirectoryAccess {
  return DescriptorAccess.supported(path) ? new DescriptorAccess(path) : new VerifiedAccess(path);
}

function requireRegular(kind: HostStat['kind']): void {
  if (kind === 'directory') throw new HostFileError('EISDIR');
  if (kind === 'symlink') throw new HostFileError('ELOOP');
  if (kind !== 'file') throw new HostFileError('EACCES');
}

/** Linux: holds on to the file with O_PATH, looks whether it is a regular one, and opens that very file. */
function openPinned(entry: NodePath, flags: number): number {
  const pinned = fs.openSync(entry, O_PATH | (O_NOFOLLOW ?? 0));
  try {
    requireRegular(hostStat(fs.fstatSync(pinned, { bigint: true })).kind);
    return fs.openSync(`/proc/self/fd/${String(pinned)}`, flags | (SAFE & ~(O_NOFOLLOW ?? 0)));
  } finally {
    fs.closeSync(pinned);
  }
}

/** Elsewhere: looks, opens without truncating or waiting, and checks that it got what it looked at. */
function openVerified(entry: NodePath, flags: number): number {
  const expected = lookAt(entry);
  requireRegular(expected.kind);
  const fd = fs.openSync(entry, (flags & ~O_TRUNC) | SAFE);
  try {
    const { dev, ino } = fs.fstatSync(fd, { bigint: true });
    if (dev !== expected.dev || ino !== expected.ino) throw new HostFileError('EIO', 'a file was swapped while opened');
    if ((flags & O_TRUNC) !== 0) fs.ftruncateSync(fd, 0);
    return fd;
  } catch (error) {
    fs.closeSync(fd);
    throw error;
  }
}
