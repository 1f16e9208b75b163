/** What many system calls share: paths, descriptors, times, vectors, waiting for files. */
import { decodeName } from '../../common/file-name.ts';
import { PAGE_SIZE } from '../../memory/layout.ts';
import { fail, isLinuxError } from '../errno.ts';
import type { Process } from '../process/process.ts';
import { RLIM_INFINITY, RLIMIT } from '../process/rlimits.ts';
import { kernelSignal, SIGNAL } from '../process/signals.ts';
import { waitFor, type SyscallResult } from '../process/wait.ts';
import { PATH_MAX } from '../vfs/constants.ts';
import type { FileDescription } from '../vfs/file-description.ts';
import type { Location } from '../vfs/types.ts';

export const AT_FDCWD = -100;
export const AT_SYMLINK_NOFOLLOW = 0x100;
export const AT_EMPTY_PATH = 0x1000;

export const NANOSECONDS = 1_000_000_000n;
/** Linux: MAX_RW_COUNT, the most that one call transfers. */
export const MAX_TRANSFER = 0x7ffff000;
/** Signals that wait for a process at most, whatever RLIMIT_SIGPENDING says. */
export const MAX_QUEUED = 65536;
const MAX_IOV = 1024;
const MAX_STRINGS = 0x80000;
/** A time this far ahead never comes; the deadline is left out. */
const NEVER = 1n << 62n;

/**
 * Linux: copy_struct_from_user. Of a structure of `size` bytes of which the first `known` have a meaning here, the others must be
 * 0: what a later kernel would understand must not be asked for.
 */
export function requireKnown({ memory }: Process, vaddr: number, size: number, known: number): void {
  if (size < known) fail('EINVAL');
  if (size > PAGE_SIZE) fail('E2BIG');
  if (memory.readBytes(vaddr + known, size - known).some((byte) => byte !== 0)) fail('E2BIG');
}

/** The path at `vaddr`. */
export function readPath(process: Process, vaddr: number): string {
  return decodeName(process.memory.readCString(vaddr, PATH_MAX) ?? fail('ENAMETOOLONG'));
}

/** Where the relative path of an `*at` call starts; undefined for the working directory. */
export function startOf(process: Process, fd: number, path: string): Location | undefined {
  if ((fd | 0) === AT_FDCWD || path.startsWith('/')) return undefined;
  return path === '' ? process.fds.get(fd | 0).location : directoryOf(process, fd);
}

/** An open directory. */
export function directoryOf(process: Process, fd: number): Location {
  const { location } = process.fds.get(fd | 0);
  return location.dentry.inode.kind === 'directory' ? location : fail('ENOTDIR');
}

/** The file that an `*at` call means. */
export function locate(process: Process, fd: number, pathAddress: number, flags: number): Location {
  const path = readPath(process, pathAddress);
  return process.vfs.resolve(process, path, {
    start: startOf(process, fd, path),
    followLast: (flags & AT_SYMLINK_NOFOLLOW) === 0,
    emptyPath: (flags & AT_EMPTY_PATH) !== 0,
  });
}

/** A NULL-terminated array of strings: argv, envp. */
export function readStrings(process: Process, vaddr: number): Uint8Array[] {
  const strings: Uint8Array[] = [];
  if (vaddr === 0) return strings;
  for (let index = 0; index <= MAX_STRINGS; index++) {
    const pointer = process.memory.readPointer(vaddr + index * 8);
    if (pointer === 0) return strings;
    strings.push(process.memory.readCString(pointer, 131072) ?? fail('E2BIG'));
  }
  return fail('E2BIG');
}

export interface IoVector {
  readonly base: number;
  readonly length: number;
}

/** An array of struct iovec, clipped to what one call transfers. */
export function readVectors(process: Process, vaddr: number, count: number): IoVector[] {
  if (count < 0 || count > MAX_IOV) fail('EINVAL');
  const vectors: IoVector[] = [];
  let total = 0;
  for (let index = 0; index < count; index++) {
    const base = process.memory.readPointer(vaddr + index * 16);
    const length = Number(process.memory.readI64(vaddr + index * 16 + 8));
    if (length < 0) fail('EINVAL');
    const clipped = Math.min(length, MAX_TRANSFER - total);
    total += clipped;
    if (clipped > 0) vectors.push({ base, length: clipped });
  }
  return vectors;
}

/** struct timespec as nanoseconds. */
export function readTimespec(process: Process, vaddr: number): bigint {
  const seconds = process.memory.readI64(vaddr);
  const fraction = process.memory.readI64(vaddr + 8);
  if (seconds < 0n || fraction < 0n || fraction >= NANOSECONDS) fail('EINVAL');
  return seconds * NANOSECONDS + fraction;
}

export function writeTimespec(process: Process, vaddr: number, nanoseconds: bigint): void {
  process.memory.writeU64(vaddr, nanoseconds / NANOSECONDS);
  process.memory.writeU64(vaddr + 8, nanoseconds % NANOSECONDS);
}

/** struct timeval as nanoseconds. */
export function readTimeval(process: Process, vaddr: number): bigint {
  const seconds = process.memory.readI64(vaddr);
  const fraction = process.memory.readI64(vaddr + 8);
  if (seconds < 0n || fraction < 0n || fraction >= 1_000_000n) fail('EINVAL');
  return seconds * NANOSECONDS + fraction * 1000n;
}

export function writeTimeval(process: Process, vaddr: number, nanoseconds: bigint): void {
  process.memory.writeU64(vaddr, nanoseconds / NANOSECONDS);
  process.memory.writeU64(vaddr + 8, (nanoseconds % NANOSECONDS) / 1000n);
}

/** The deadline `nanoseconds` from now, as a part of `WaitOptions`; empty when it never comes. */
export function deadlineIn(process: Process, nanoseconds: bigint | null): { readonly deadline?: bigint } {
  if (nanoseconds === null || nanoseconds >= NEVER) return {};
  return { deadline: process.platform.clock.monotonic() + nanoseconds };
}

/** Does `operation` on an open file; when it says EAGAIN and the file is a blocking one, waits and tries again. */
export function whenReady(description: FileDescription, operation: () => number, nonBlocking = false): SyscallResult {
  const blocking = !description.nonBlocking && !nonBlocking;
  return waitFor({
    attempt: () => {
      try {
        return operation();
      } catch (error) {
        if (blocking && isLinuxError(error, 'EAGAIN')) return undefined;
        throw error;
      }
    },
    subscribe: (wake) => description.file.onReady(wake),
    restartable: true,
  });
}

/**
 * How many of `length` bytes at `position` RLIMIT_FSIZE leaves; past it the process gets SIGXFSZ and the call EFBIG
 * (mm/filemap.c, generic_write_check_limits).
 */
export function withinFileSize(process: Process, { file }: FileDescription, position: number, length: number): number {
  if (file.inode.kind !== 'file' || length === 0) return length;
  const limit = process.limits.soft(RLIMIT.FSIZE);
  if (limit === RLIM_INFINITY || BigInt(position) + BigInt(length) <= limit) return length;
  if (BigInt(position) < limit) return Number(limit) - position;
  return failFileSize(process);
}

/** As above, for calls that make a file that long at once. */
export function requireFileSize(process: Process, size: number): void {
  const limit = process.limits.soft(RLIMIT.FSIZE);
  if (limit !== RLIM_INFINITY && BigInt(size) > limit) failFileSize(process);
}

function failFileSize(process: Process): never {
  process.post(kernelSignal(SIGNAL.SIGXFSZ), process.thread);
  return fail('EFBIG');
}

/** Stores made through shared mappings of a file reach it before it is read by other means. */
export function flushMappings(process: Process, description: FileDescription): void {
  const { inode } = description.file;
  process.kernel.sharedFiles.flush(inode.fs.dev, inode.ino);
}

/** The content and size of a file reach its shared mappings after it was written by other means. */
export function refreshMappings(process: Process, description: FileDescription): void {
  const { inode } = description.file;
  process.kernel.sharedFiles.refresh(inode.fs.dev, inode.ino);
}
