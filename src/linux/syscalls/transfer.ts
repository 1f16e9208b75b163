/** Reading and writing: read, write, their vector and positional forms, sendfile, copy_file_range. */
import { fail, isLinuxError } from '../errno.ts';
import type { Process } from '../process/process.ts';
import type { SyscallHandlers } from '../process/syscall-table.ts';
import { waitFor, type SyscallResult } from '../process/wait.ts';
import { O_APPEND } from '../vfs/constants.ts';
import type { FileDescription } from '../vfs/file-description.ts';
import { checkTerminalRead, checkTerminalWrite } from './terminals.ts';
import {
  flushMappings,
  MAX_TRANSFER,
  readVectors,
  refreshMappings,
  whenReady,
  withinFileSize,
  type IoVector,
} from './support.ts';

const COPY_CHUNK = 1 << 16;
const RWF_APPEND = 0x10;
const RWF_NOWAIT = 0x8;
/** Hints about caching and priority, which change nothing here: RWF_HIPRI, RWF_DSYNC, RWF_SYNC. */
const RWF_HINTS = 0x7;

function checkCount(count: number): number {
  if (count < 0) fail('EINVAL');
  return Math.min(count, MAX_TRANSFER);
}

/** Reads into consecutive buffers; stops where a read comes back short. `position` null: at the file offset. */
function readInto(description: FileDescription, buffers: readonly Uint8Array[], position: number | null): number {
  let total = 0;
  for (const buffer of buffers) {
    let count: number;
    try {
      count = position === null ? description.read(buffer) : description.pread(buffer, position + total);
    } catch (error) {
      if (total > 0 && isLinuxError(error)) return total;
      throw error;
    }
    total += count;
    if (count < buffer.length) break;
  }
  return total;
}

function read(
  process: Process,
  fd: number,
  vectors: readonly IoVector[],
  position: number | null,
  nonBlocking = false,
): SyscallResult {
  const description = process.fds.getFile(fd | 0);
  if (position !== null && !description.file.seekable) fail('ESPIPE');
  if (!description.readable) fail('EBADF');
  flushMappings(process, description);
  const buffers = vectors.map(({ base, length }) => process.memory.writablePrefix(base, length));
  if (buffers.length === 0) buffers.push(new Uint8Array());
  const attempt = (): number => {
    checkTerminalRead(process, description.file);
    return readInto(description, buffers, position);
  };
  return whenReady(description, attempt, nonBlocking);
}

/** Writes all of `bytes`; a blocking write to a stream goes on until all is taken. */
function writeAll(
  process: Process,
  description: FileDescription,
  all: Uint8Array,
  position: number | null,
  appends: boolean,
): SyscallResult {
  let total = 0;
  const { offset, flags, file } = description;
  const start = (appends || (flags & O_APPEND) !== 0) && file.seekable ? file.stat().size : (position ?? offset);
  const allowed = withinFileSize(process, description, start, all.length);
  const bytes = allowed === all.length ? all : all.subarray(0, allowed);
  const attempt = (): number | undefined => {
    try {
      checkTerminalWrite(process, description.file);
      do {
        const rest = total === 0 ? bytes : bytes.subarray(total);
        const count = appends
          ? description.append(rest, position !== null)
          : position === null
            ? description.write(rest)
            : description.pwrite(rest, position + total);
        total += count;
        if (count === 0) break;
      } while (total < bytes.length);
    } catch (error) {
      if (!isLinuxError(error)) throw error;
      if (error.name === 'EAGAIN' && !description.nonBlocking) return undefined;
      if (total === 0) throw error;
    }
    refreshMappings(process, description);
    return total;
  };
  return waitFor({
    attempt,
    subscribe: (wake) => description.file.onReady(wake),
    // What is written is written: only a call without progress can be made again.
    get restartable() {
      return total === 0;
    },
    onInterrupt: () => (total > 0 ? total : fail('EINTR')),
  });
}

/** One buffer for all vectors, so that a pipe takes up to PIPE_BUF bytes in one piece. */
function gather(process: Process, vectors: readonly IoVector[]): Uint8Array {
  const [first] = vectors;
  if (vectors.length <= 1) {
    return first === undefined ? new Uint8Array() : process.memory.readablePrefix(first.base, first.length);
  }
  const parts = vectors.map(({ base, length }) => process.memory.readable(base, length));
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}

function write(
  process: Process,
  fd: number,
  vectors: readonly IoVector[],
  position: number | null,
  appends = false,
): SyscallResult {
  const description = process.fds.getFile(fd | 0);
  if (position !== null && !description.file.seekable) fail('ESPIPE');
  if (!description.writable) fail('EBADF');
  flushMappings(process, description);
  return writeAll(process, description, gather(process, vectors), position, appends);
}

function one(base: number, count: number): IoVector[] {
  const length = checkCount(count);
  return length === 0 ? [] : [{ base, length }];
}

/** Position of preadv2 and its like; -1 means the file offset. */
function optionalPosition(offset: number): number | null {
  if (offset === -1) return null;
  return offset < 0 ? fail('EINVAL') : offset;
}

function position(offset: number): number {
  return offset < 0 ? fail('EINVAL') : offset;
}

/** Copies up to `count` bytes from a seekable file to another file, `to` null for the target's offset. */
function copyChunks(
  source: FileDescription,
  target: FileDescription,
  from: number,
  to: number | null,
  count: number,
  advance: (copied: number) => void,
): void {
  const buffer = new Uint8Array(Math.min(COPY_CHUNK, count));
  for (let done = 0; done < count;) {
    const got = source.pread(buffer.subarray(0, Math.min(buffer.length, count - done)), from + done);
    if (got === 0) return;
    let taken = 0;
    while (taken < got) {
      const piece = buffer.subarray(taken, got);
      const written = to === null ? target.write(piece) : target.pwrite(piece, to + done + taken);
      if (written === 0) return;
      taken += written;
      advance(written);
    }
    done += got;
  }
}

function sendfile(process: Process, outFd: number, inFd: number, offsetAddress: number, count: number): SyscallResult {
  const source = process.fds.getFile(inFd | 0);
  const target = process.fds.getFile(outFd | 0);
  if (!source.readable || !target.writable) fail('EBADF');
  if (!source.file.seekable || source.file.inode.kind !== 'file' || (target.flags & O_APPEND) !== 0) fail('EINVAL');
  const start = offsetAddress === 0 ? source.offset : Number(process.memory.readI64(offsetAddress));
  const wanted = checkCount(count);
  if (start < 0) fail('EINVAL');
  flushMappings(process, source);
  let total = 0;
  const finish = (): number => {
    if (offsetAddress === 0) source.offset = start + total;
    else process.memory.writeU64(offsetAddress, start + total);
    refreshMappings(process, target);
    return total;
  };
  return waitFor({
    attempt: () => {
      try {
        copyChunks(source, target, start + total, null, wanted - total, (copied) => (total += copied));
      } catch (error) {
        if (!isLinuxError(error)) throw error;
        if (error.name === 'EAGAIN' && !target.nonBlocking) return undefined;
        if (total === 0) throw error;
      }
      return finish();
    },
    subscribe: (wake) => target.file.onReady(wake),
    get restartable() {
      return total === 0;
    },
    onInterrupt: () => (total > 0 ? finish() : fail('EINTR')),
  });
}

function copyFileRange(
  process: Process,
  [inFd, inOffset, outFd, outOffset, length, flags]: readonly [number, number, number, number, number, number],
): number {
  const source = process.fds.getFile(inFd | 0);
  const target = process.fds.getFile(outFd | 0);
  if (flags !== 0) fail('EINVAL');
  if (!source.readable || !target.writable || (target.flags & O_APPEND) !== 0) fail('EBADF');
  for (const { file } of [source, target]) {
    if (file.inode.kind === 'directory') fail('EISDIR');
    if (file.inode.kind !== 'file') fail('EINVAL');
  }
  const from = inOffset === 0 ? source.offset : Number(process.memory.readI64(inOffset));
  const to = outOffset === 0 ? target.offset : Number(process.memory.readI64(outOffset));
  const count = checkCount(length);
  const same = source.file.inode.fs === target.file.inode.fs && source.file.inode.ino === target.file.inode.ino;
  if (from < 0 || to < 0 || (same && from < to + count && to < from + count)) fail('EINVAL');
  flushMappings(process, source);
  let total = 0;
  try {
    copyChunks(source, target, from, to, count, (copied) => (total += copied));
  } catch (error) {
    if (total === 0 || !isLinuxError(error)) throw error;
  }
  if (inOffset === 0) source.offset = from + total;
  else process.memory.writeU64(inOffset, from + total);
  if (outOffset === 0) target.offset = to + total;
  else process.memory.writeU64(outOffset, to + total);
  refreshMappings(process, target);
  return total;
}

export const transferCalls: SyscallHandlers = {
  read: (process, [fd, buffer, count]) => read(process, fd, one(buffer, count), null),
  write: (process, [fd, buffer, count]) => write(process, fd, one(buffer, count), null),
  pread64: (process, [fd, buffer, count, offset]) => read(process, fd, one(buffer, count), position(offset)),
  pwrite64: (process, [fd, buffer, count, offset]) => write(process, fd, one(buffer, count), position(offset)),
  readv: (process, [fd, vectors, count]) => read(process, fd, readVectors(process, vectors, count | 0), null),
  writev: (process, [fd, vectors, count]) => write(process, fd, readVectors(process, vectors, count | 0), null),
  preadv: (process, [fd, vectors, count, offset]) =>
    read(process, fd, readVectors(process, vectors, count | 0), position(offset)),
  pwritev: (process, [fd, vectors, count, offset]) =>
    write(process, fd, readVectors(process, vectors, count | 0), position(offset)),
  preadv2(process, [fd, vectors, count, offset, , flags]) {
    if ((flags & ~(RWF_HINTS | RWF_NOWAIT)) !== 0) fail('EOPNOTSUPP');
    const iov = readVectors(process, vectors, count | 0);
    return read(process, fd, iov, optionalPosition(offset), (flags & RWF_NOWAIT) !== 0);
  },
  pwritev2(process, [fd, vectors, count, offset, , flags]) {
    if ((flags & ~(RWF_HINTS | RWF_APPEND)) !== 0) fail('EOPNOTSUPP');
    const iov = readVectors(process, vectors, count | 0);
    return write(process, fd, iov, optionalPosition(offset), (flags & RWF_APPEND) !== 0);
  },
  sendfile: (process, [outFd, inFd, offset, count]) => sendfile(process, outFd, inFd, offset, count),
  copy_file_range: copyFileRange,
};
