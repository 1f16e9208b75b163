/**
 * How a name inside a host folder is reached without following a symbolic link on the way. Node has no openat(2);
 * there are two substitutes.
 *
 * `DescriptorAccess` (Linux): every directory on the way is opened with O_PATH | O_DIRECTORY | O_NOFOLLOW relative to
 * the one before, as `/proc/self/fd/<n>/<name>`, where the kernel resolves `<n>` to the directory itself. What is
 * named is therefore always an entry of a directory that was reached from the folder by names alone, whoever renames
 * or swaps what at the same time. A directory that somebody on the host moves out of the folder while it is in use
 * is the one exception, as with every open descriptor: it stays reachable for that one operation.
 *
 * `VerifiedAccess` (elsewhere): every component is looked at (lstat) before and after the operation and must be the
 * same directory both times. A guest cannot race against itself here (operations are synchronous); another process
 * of the host that swaps a directory for a link in that very moment can make one operation go astray, which is then
 * reported as an error.
 */
import fs from 'node:fs';
import { decodeName, encodeName } from '../../common/file-name.ts';
import { HostFileError } from '../types.ts';
import type { HostPath } from '../types.ts';

export type NodePath = string | Buffer;

export interface DirectoryAccess {
  /** Calls `operation` with a host path that names the entry `path` (the folder itself for the empty path). */
  withEntry<T>(path: HostPath, operation: (entry: NodePath) => T): T;
  /** Calls `operation` with something that makes host paths of the entries of the directory `path`. */
  withDirectory<T>(path: HostPath, operation: (entry: (name: string) => NodePath) => T): T;
  close(): void;
}

const LONE_SURROGATE = /\p{Surrogate}/u;

/** `base` + `/` + `name` as Node wants it: a string unless the name is not UTF-8. */
function joinPath(base: string, name: string): NodePath {
  const path = `${base}/${name}`;
  return LONE_SURROGATE.test(path) ? Buffer.from(encodeName(path)) : path;
}

/** The last line of defence: whatever the caller promised, only plain names reach the host. */
function checkNames(path: HostPath): void {
  for (const name of path)
    if (name === '' || name === '.' || name === '..' || /[/\0]/.test(name)) throw new HostFileError('EINVAL');
}

function splitLast(path: HostPath): { readonly parent: HostPath; readonly name: string } {
  return { parent: path.slice(0, -1), name: path.at(-1) ?? '.' };
}

/** Not among Node's constants; the same on every architecture that Node supports on Linux. */
export const O_PATH = 0o10000000;
export const DIRECTORY_FLAGS = O_PATH | fs.constants.O_DIRECTORY | fs.constants.O_NOFOLLOW;

const CACHED_DIRECTORIES = 64;

export class DescriptorAccess implements DirectoryAccess {
  readonly #root: number;
  #rootName: string;
  /** Descriptors of directories by path, the least recently used first. */
  readonly #cache = new Map<string, number>();

  constructor(path: string) {
    this.#root = fs.openSync(path, O_PATH | fs.constants.O_DIRECTORY);
    this.#rootName = kernelName(this.#root);
  }

  /** Whether this host can do it: tried, not guessed. */
  static supported(path: string): boolean {
    if (process.platform !== 'linux') return false;
    try {
      const fd = fs.openSync(path, O_PATH | fs.constants.O_DIRECTORY);
      try {
        const through = fs.statSync(`/proc/self/fd/${String(fd)}/.`, { bigint: true });
        const direct = fs.fstatSync(fd, { bigint: true });
        return through.ino === direct.ino && through.dev === direct.dev;
      } finally {
        fs.closeSync(fd);
      }
    } catch {
      return false;
    }
  }

  withEntry<T>(path: HostPath, operation: (entry: NodePath) => T): T {
    checkNames(path);
    const { parent, name } = splitLast(path);
    return this.withDirectory(parent, (entry) => operation(path.length === 0 ? entry('.') : entry(name)));
  }

  withDirectory<T>(path: HostPath, operation: (entry: (name: string) => NodePath) => T): T {
    checkNames(path);
    const base = `/proc/self/fd/${String(this.#open(path))}`;
    return operation((name) => {
      if (name !== '.') checkNames([name]);
      return joinPath(base, name);
    });
  }

  #open(path: HostPath): number {
    if (path.length === 0) return this.#root;
    const key = path.join('/');
    const cached = this.#cached(key);
    if (cached !== undefined) return cached;
    const { parent, name } = splitLast(path);
    const fd = fs.openSync(joinPath(`/proc/self/fd/${String(this.#open(parent))}`, name), DIRECTORY_FLAGS);
    this.#cache.set(key, fd);
    for (const [oldKey, oldFd] of this.#cache) {
      if (this.#cache.size <= CACHED_DIRECTORIES) break;
      this.#cache.delete(oldKey);
      fs.closeSync(oldFd);
    }
    return fd;
  }

  /** The kernel's own name of an open directory says in one call whether it still is where we found it. */
  #cached(key: string): number | undefined {
    const fd = this.#cache.get(key);
    if (fd === undefined) return undefined;
    this.#cache.delete(key);
    const name = kernelName(fd);
    if (name !== this.#expected(key)) {
      // The folder itself may have moved, with all that is in it.
      this.#rootName = kernelName(this.#root);
      if (name !== this.#expected(key)) {
        fs.closeSync(fd);
        return undefined;
      }
    }
    this.#cache.set(key, fd);
    return fd;
  }

  #expected(key: string): string {
    return this.#rootName === '/' ? `/${key}` : `${this.#rootName}/${key}`;
  }

  close(): void {
    for (const fd of this.#cache.values()) fs.closeSync(fd);
    this.#cache.clear();
    fs.closeSync(this.#root);
  }
}

function kernelName(fd: number): string {
  return decodeName(fs.readlinkSync(`/proc/self/fd/${String(fd)}`, { encoding: 'buffer' }));
}

export class VerifiedAccess implements DirectoryAccess {
  readonly #root: string;

  constructor(path: string) {
    this.#root = fs.realpathSync.native(path);
    if (!fs.statSync(this.#root).isDirectory()) throw new HostFileError('ENOTDIR', `${path} is not a directory`);
  }

  withEntry<T>(path: HostPath, operation: (entry: NodePath) => T): T {
    checkNames(path);
    const { parent, name } = splitLast(path);
    return this.withDirectory(parent, (entry) => operation(path.length === 0 ? this.#root : entry(name)));
  }

  withDirectory<T>(path: HostPath, operation: (entry: (name: string) => NodePath) => T): T {
    checkNames(path);
    const before = this.#identities(path);
    const base = [this.#root, ...path].join('/');
    const result = operation((name) => {
      if (name !== '.') checkNames([name]);
      return joinPath(base, name);
    });
    if (this.#identities(path).join() !== before.join())
      throw new HostFileError('EIO', `the folder ${base} changed during an operation`);
    return result;
  }

  /** Device and number of every directory on the way. */
  #identities(path: HostPath): string[] {
    return path.map((_, index) => {
      const stats = fs.lstatSync(joinPath(this.#root, path.slice(0, index + 1).join('/')), { bigint: true });
      if (!stats.isDirectory()) throw new HostFileError('ENOTDIR');
      return `${String(stats.dev)}:${String(stats.ino)}`;
    });
  }

  close(): void {
    // Holds nothing.
  }
}
