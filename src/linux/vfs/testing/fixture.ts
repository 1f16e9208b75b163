import { expect } from 'vitest';
import { isLinuxError } from '../../errno.ts';
import type { ErrnoName } from '../../errno.ts';
import { O_CREAT, O_RDONLY, O_TRUNC, O_WRONLY } from '../constants.ts';
import { FsEnvironment } from '../environment.ts';
import type { FileDescription } from '../file-description.ts';
import type { Credentials, DirectoryEntry, FileSystem, FsContext, IoctlArgument, Location, Stat } from '../types.ts';
import { Vfs } from '../vfs.ts';

/** A clock that goes on by a millisecond whenever it is read. */
export class TestClock {
  now = 1_700_000_000_000_000_000n;

  realtime(): bigint {
    this.now += 1_000_000n;
    return this.now;
  }

  monotonic(): bigint {
    return this.realtime();
  }
}

export const ROOT: Credentials = { uid: 0, gid: 0, groups: [] };
export const USER: Credentials = { uid: 1000, gid: 1000, groups: [2000] };

export function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

export function untext(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** Expects `action` to throw the Linux error `name`. */
export function expectErrno(name: ErrnoName, action: () => unknown): void {
  let caught: unknown;
  try {
    action();
  } catch (error) {
    if (!isLinuxError(error)) throw error;
    caught = error.name;
  }
  expect(caught).toBe(name);
}

/** A VFS with a user, and short words for what tests do all the time. */
export class Fixture {
  readonly vfs: Vfs;
  context: FsContext;

  constructor(make: (environment: FsEnvironment) => FileSystem, environment = new FsEnvironment(new TestClock())) {
    this.vfs = new Vfs(environment, make(environment));
    const { root } = this.vfs;
    this.context = { root, cwd: root, credentials: ROOT, umask: 0o022, pid: 1, tid: 1 };
  }

  as(credentials: Credentials): this {
    this.context = { ...this.context, credentials };
    return this;
  }

  at(path: string, followLast = true): Location {
    return this.vfs.resolve(this.context, path, { followLast });
  }

  chdir(path: string): void {
    this.context = { ...this.context, cwd: this.at(path) };
  }

  cwd(): string {
    return this.vfs.pathOf(this.context.cwd, this.context.root);
  }

  stat(path: string): Stat {
    return this.at(path).dentry.inode.stat();
  }

  lstat(path: string): Stat {
    return this.at(path, false).dentry.inode.stat();
  }

  open(path: string, flags = O_RDONLY, mode = 0o644): FileDescription {
    return this.vfs.open(this.context, path, flags, mode);
  }

  write(path: string, content: string | Uint8Array, mode = 0o644): void {
    const description = this.open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);
    writeAll(description, typeof content === 'string' ? text(content) : content);
    description.release();
  }

  read(path: string): string {
    const description = this.open(path);
    const bytes = readAll(description);
    description.release();
    return untext(bytes);
  }

  list(path: string): string[] {
    return this.entries(path).map(({ name }) => name);
  }

  /** Without `.` and `..`, sorted. */
  entries(path: string): DirectoryEntry[] {
    const description = this.open(path);
    const entries: DirectoryEntry[] = [];
    description.readEntries(this.context, (entry) => entries.push(entry) > 0);
    description.release();
    return entries.filter(({ name }) => name !== '.' && name !== '..').sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  mkdir(path: string, mode = 0o755): void {
    this.vfs.mkdir(this.context, path, mode);
  }

  symlink(target: string, path: string): void {
    this.vfs.symlink(this.context, target, path);
  }

  unlink(path: string): void {
    this.vfs.unlink(this.context, path);
  }

  rmdir(path: string): void {
    this.vfs.rmdir(this.context, path);
  }

  rename(from: string, to: string, flags = 0): void {
    this.vfs.rename(this.context, from, to, flags);
  }

  link(from: string, to: string): void {
    this.vfs.link(this.context, this.at(from, false), to);
  }

  exists(path: string): boolean {
    try {
      this.at(path, false);
      return true;
    } catch (error) {
      if (isLinuxError(error, 'ENOENT')) return false;
      throw error;
    }
  }
}

export function writeAll(description: FileDescription, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length;) done += description.write(bytes.subarray(done));
}

export function readAll(description: FileDescription): Uint8Array {
  const parts: number[] = [];
  const buffer = new Uint8Array(4096);
  for (let count = description.read(buffer); count > 0; count = description.read(buffer))
    for (const byte of buffer.subarray(0, count)) parts.push(byte);
  return Uint8Array.from(parts);
}

/** An ioctl argument over plain bytes. */
export class TestIoctlArgument implements IoctlArgument {
  readonly value: bigint;
  bytes: Uint8Array;

  constructor(bytes: Uint8Array = new Uint8Array(), value = 0x1000n) {
    this.bytes = bytes;
    this.value = value;
  }

  read(length: number): Uint8Array {
    return this.bytes.slice(0, length);
  }

  write(bytes: Uint8Array): void {
    this.bytes = bytes.slice();
  }
}
