/** Moving bytes through pipes without a buffer of the guest's: splice, tee, vmsplice (fs/splice.c). */
import { fail, isLinuxError } from '../errno.ts';
import type { Process } from '../process/process.ts';
import type { SyscallArguments, SyscallHandlers } from '../process/syscall-table.ts';
import { waitFor, type SyscallResult } from '../process/wait.ts';
import { O_APPEND } from '../vfs/constants.ts';
import type { FileDescription } from '../vfs/file-description.ts';
import { PipeEnd, type Pipe } from '../vfs/pipe.ts';
import { flushMappings, MAX_TRANSFER, readVectors, refreshMappings } from './support.ts';

const SPLICE_F_NONBLOCK = 2;
const SPLICE_F_ALL = 0xf;

const pipeOf = ({ file }: FileDescription): Pipe | null => (file instanceof PipeEnd ? file.pipe : null);

function checkFlags(flags: number): void {
  if ((flags & ~SPLICE_F_ALL) !== 0) fail('EINVAL');
}

/** How many bytes are in `pipe`; 0 when there will never be more, and EAGAIN when there may. */
function filled(pipe: Pipe): number {
  return pipe.available > 0 || pipe.writers === 0 ? pipe.available : fail('EAGAIN');
}

function room(pipe: Pipe): number {
  if (pipe.readers === 0) fail('EPIPE');
  return pipe.capacity > pipe.available ? pipe.capacity - pipe.available : fail('EAGAIN');
}

/** Makes the call again when a pipe or the other file is ready, unless the flags or the pipe say not to wait. */
function whenPipesReady(
  files: readonly FileDescription[],
  flags: number,
  attempt: () => number | undefined,
): SyscallResult {
  const waits = (flags & SPLICE_F_NONBLOCK) === 0 && !files.some((file) => file.nonBlocking);
  return waitFor({
    attempt: () => {
      try {
        return attempt();
      } catch (error) {
        if (waits && isLinuxError(error, 'EAGAIN')) return undefined;
        throw error;
      }
    },
    subscribe: (wake) => {
      const cancels = files.map(({ file }) => file.onReady(wake));
      return () => {
        for (const cancel of cancels) cancel();
      };
    },
    restartable: true,
  });
}

/** Where one side's bytes are: `address` points to the offset to use and advance, 0 means the file's own. */
function offsetOf(process: Process, description: FileDescription, address: number): number | null {
  if (address === 0) return null;
  if (!description.file.seekable) fail(pipeOf(description) === null ? 'EINVAL' : 'ESPIPE');
  const offset = Number(process.memory.readI64(address));
  return offset < 0 ? fail('EINVAL') : offset;
}

function splice(
  process: Process,
  [inFd, inAddress, outFd, outAddress, length, flags]: SyscallArguments,
): SyscallResult {
  checkFlags(flags);
  if (length === 0) return 0;
  const source = process.fds.getFile(inFd | 0);
  const target = process.fds.getFile(outFd | 0);
  if (!source.readable || !target.writable) fail('EBADF');
  const from = pipeOf(source);
  const to = pipeOf(target);
  if (from !== null && inAddress !== 0) fail('ESPIPE');
  if (to !== null && outAddress !== 0) fail('ESPIPE');
  if ((from === null && to === null) || from === to || (target.flags & O_APPEND) !== 0) fail('EINVAL');
  for (const { file } of [source, target]) if (file.inode.kind === 'directory') fail('EINVAL');
  const inOffset = offsetOf(process, source, inAddress);
  const outOffset = offsetOf(process, target, outAddress);
  const wanted = Math.min(length < 0 ? MAX_TRANSFER : length, MAX_TRANSFER);
  flushMappings(process, source);
  const attempt = (): number => {
    const most = Math.min(wanted, to === null ? Infinity : room(to), from === null ? Infinity : filled(from));
    if (most === 0) return 0;
    let bytes = new Uint8Array(most);
    if (from !== null) from.peek(bytes);
    else bytes = bytes.subarray(0, inOffset === null ? source.read(bytes) : source.pread(bytes, inOffset));
    if (bytes.length === 0) return 0;
    const count = outOffset === null ? target.write(bytes) : target.pwrite(bytes, outOffset);
    from?.consume(count);
    if (inOffset !== null) process.memory.writeU64(inAddress, inOffset + count);
    if (outOffset !== null) process.memory.writeU64(outAddress, outOffset + count);
    refreshMappings(process, target);
    return count;
  };
  // Only pipes are asked whether to wait; what the other file says about itself counts as well (a socket's O_NONBLOCK).
  return whenPipesReady([source, target], flags, attempt);
}

function tee(process: Process, [inFd, outFd, length, flags]: SyscallArguments): SyscallResult {
  checkFlags(flags);
  if (length === 0) return 0;
  const source = process.fds.getFile(inFd | 0);
  const target = process.fds.getFile(outFd | 0);
  if (!source.readable || !target.writable) fail('EBADF');
  const from = pipeOf(source);
  const to = pipeOf(target);
  if (from === null || to === null || from === to) return fail('EINVAL');
  return whenPipesReady([source, target], flags, () => {
    const bytes = new Uint8Array(Math.min(length < 0 ? MAX_TRANSFER : length, filled(from), room(to)));
    from.peek(bytes);
    return bytes.length === 0 ? 0 : to.write(bytes);
  });
}

/** The pages that are given or lent are copied: a guest that changes them afterwards was told not to (vmsplice(2)). */
function vmsplice(process: Process, [fd, address, count, flags]: SyscallArguments): SyscallResult {
  checkFlags(flags);
  const description = process.fds.getFile(fd | 0);
  const pipe = pipeOf(description) ?? fail('EBADF');
  const vectors = readVectors(process, address, count | 0);
  const total = vectors.reduce((sum, { length }) => sum + length, 0);
  if (total === 0) return 0;
  return whenPipesReady([description], flags, () => {
    let left = Math.min(total, description.writable ? room(pipe) : filled(pipe));
    const moved = left;
    for (const { base, length } of vectors) {
      const piece = Math.min(length, left);
      if (piece === 0) continue;
      if (description.writable) pipe.write(process.memory.readable(base, piece));
      else pipe.read(process.memory.writable(base, piece));
      left -= piece;
    }
    return moved;
  });
}

export const spliceCalls: SyscallHandlers = { splice, tee, vmsplice };
