/** File descriptors: opening, duplicating, fcntl, ioctl, positions, sizes, syncing, pipes. */
import { decodeName } from '../../common/file-name.ts';
import { CAP } from '../capabilities.ts';
import { fail } from '../errno.ts';
import type { Process } from '../process/process.ts';
import type { SyscallHandlers } from '../process/syscall-table.ts';
import { waitFor, type SyscallResult } from '../process/wait.ts';
import {
  O_ASYNC,
  O_CLOEXEC,
  O_CREAT,
  O_DIRECT,
  O_LARGEFILE,
  O_NONBLOCK,
  O_RDWR,
  O_TMPFILE_BIT,
  O_TRUNC,
} from '../vfs/constants.ts';
import type { FileDescription } from '../vfs/file-description.ts';
import { hasCapability } from '../vfs/permissions.ts';
import { createPipe, PipeEnd } from '../vfs/pipe.ts';
import { addSeals, F_SEAL_EXEC, F_SEAL_SEAL } from '../vfs/seals.ts';
import type { FileInode, IoctlArgument } from '../vfs/types.ts';
import type { Restrictions } from '../vfs/walk.ts';
import { canTell, getOwner, ownerCommand, setOwner, setStatusFlags } from './async-io.ts';
import { createEventFd } from './eventfd.ts';
import { createMemoryFile } from './memory-file.ts';
import { locksOf } from './locks.ts';
import { LOCK_COMMANDS, recordLock } from './record-locks.ts';
import { AT_FDCWD, directoryOf, readPath, refreshMappings, requireFileSize, requireKnown, startOf } from './support.ts';
import { adoptTerminal, terminalRequest } from './terminals.ts';

const O_NOCTTY = 0o400;

const RESOLVE = {
  NO_XDEV: 1n,
  NO_MAGICLINKS: 2n,
  NO_SYMLINKS: 4n,
  BENEATH: 8n,
  IN_ROOT: 16n,
  CACHED: 32n,
} as const;

/** Bytes of struct open_how as far as it is known. */
const OPEN_HOW_SIZE = 24;

const F_DUPFD = 0;
const F_GETFD = 1;
const F_SETFD = 2;
const F_GETFL = 3;
const F_SETFL = 4;
const F_CREATED_QUERY = 1028;
const F_DUPFD_CLOEXEC = 1030;
const F_SETPIPE_SZ = 1031;
const F_GETPIPE_SZ = 1032;
const F_ADD_SEALS = 1033;
const F_GET_SEALS = 1034;
const FD_CLOEXEC = 1;

const FIONREAD = 0x541b;
const FIONBIO = 0x5421;
const FIONCLEX = 0x5450;
const FIOASYNC = 0x5452;
const FIOSETOWN = 0x8901;
const SIOCSPGRP = 0x8902;
const FIOGETOWN = 0x8903;
const SIOCGPGRP = 0x8904;
const FIOCLEX = 0x5451;

const CLOSE_RANGE_CLOEXEC = 4;
const CLOSE_RANGE_UNSHARE = 2;

const MFD_CLOEXEC = 1;
const MFD_ALLOW_SEALING = 2;
const MFD_NOEXEC_SEAL = 8;
const MFD_EXEC = 16;
const MFD_FLAGS = MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL | MFD_EXEC;
const EFD_SEMAPHORE = 1;

const POSIX_FADV_LAST = 5;
const SYNC_FILE_RANGE_FLAGS = 7;

export function openAt(
  process: Process,
  dirfd: number,
  pathAddress: number,
  flags: number,
  mode: number,
  restrictions?: Restrictions,
): SyscallResult {
  const path = readPath(process, pathAddress);
  const creates = (flags & (O_CREAT | O_TMPFILE_BIT)) !== 0;
  const { vfs, fds } = process;
  const isRelative = restrictions?.scope === 'root' && (dirfd | 0) !== AT_FDCWD;
  const start = isRelative ? directoryOf(process, dirfd) : startOf(process, dirfd, path);
  const closeOnExec = (flags & O_CLOEXEC) !== 0;
  const kept = flags & ~O_CLOEXEC;
  const description = vfs.open(process, path, kept, creates ? mode & 0o7777 : 0, start, restrictions);
  if ((flags & O_NOCTTY) === 0) adoptTerminal(process, description.file);
  if (!description.file.opening()) return fds.install(description, closeOnExec);
  return waitFor({
    attempt: () => (description.file.opening() ? undefined : fds.install(description, closeOnExec)),
    subscribe: (wake) => description.file.onReady(wake),
    restartable: true,
    onInterrupt: () => {
      description.release();
      return fail('EINTR');
    },
  });
}

function openAt2(process: Process, dirfd: number, path: number, how: number, size: number): SyscallResult {
  const { memory } = process;
  requireKnown(process, how, size, OPEN_HOW_SIZE);
  const flags = Number(memory.readU64(how));
  const modeBits = memory.readU64(how + 8);
  const mode = Number(modeBits);
  const resolve = memory.readU64(how + 16);
  if (flags > 0x7fffffff || modeBits > 0o7777n || (mode !== 0 && (flags & (O_CREAT | O_TMPFILE_BIT)) === 0))
    fail('EINVAL');
  const restrictions = restrictionsOf(resolve);
  if ((resolve & RESOLVE.CACHED) !== 0n && (flags & (O_CREAT | O_TRUNC | O_TMPFILE_BIT)) !== 0) fail('EAGAIN');
  return openAt(process, dirfd, path, process.abi.openFlags(flags), mode, restrictions);
}

function restrictionsOf(resolve: bigint): Restrictions {
  const has = (bit: bigint): boolean => (resolve & bit) !== 0n;
  const known = Object.values(RESOLVE).reduce((all, bit) => all | bit, 0n);
  if (has(~known) || (has(RESOLVE.BENEATH) && has(RESOLVE.IN_ROOT))) fail('EINVAL');
  return {
    scope: has(RESOLVE.BENEATH) ? 'beneath' : has(RESOLVE.IN_ROOT) ? 'root' : undefined,
    sameMount: has(RESOLVE.NO_XDEV),
    noSymlinks: has(RESOLVE.NO_SYMLINKS),
    noMagicLinks: has(RESOLVE.NO_MAGICLINKS),
  };
}

function duplicate(process: Process, oldFd: number, newFd: number, flags: number): number {
  if ((flags & ~O_CLOEXEC) !== 0 || oldFd === newFd) fail('EINVAL');
  const description = process.fds.get(oldFd);
  process.fds.replace(newFd, description.retain(), (flags & O_CLOEXEC) !== 0);
  return newFd;
}

function duplicateFrom(process: Process, fd: number, minimum: number, closeOnExec: boolean): number {
  const description = process.fds.get(fd);
  if (minimum < 0 || minimum >= process.fds.limit) fail('EINVAL');
  return process.fds.install(description.retain(), closeOnExec, minimum);
}

function fileControl(process: Process, fd: number, command: number, argument: number): SyscallResult {
  const { fds } = process;
  const description = fds.get(fd);
  switch (command) {
    case F_DUPFD:
    case F_DUPFD_CLOEXEC:
      return duplicateFrom(process, fd, argument | 0, command === F_DUPFD_CLOEXEC);
    case F_GETFD:
      return fds.closeOnExec(fd) ? FD_CLOEXEC : 0;
    case F_SETFD:
      fds.setCloseOnExec(fd, (argument & FD_CLOEXEC) !== 0);
      return 0;
    case F_GETFL:
      // A 64-bit kernel forces O_LARGEFILE on at open(2).
      return process.abi.openFlags(description.flags | (description.pathOnly ? 0 : O_LARGEFILE));
    default:
      return fileControlOfFile(process, fd, command, argument);
  }
}

function fileControlOfFile(process: Process, fd: number, command: number, argument: number): SyscallResult {
  const description = process.fds.getFile(fd);
  const ofOwner = ownerCommand(process, description, command, argument);
  if (ofOwner !== undefined) return ofOwner;
  if (LOCK_COMMANDS.has(command)) return recordLock(process, description, command, argument);
  switch (command) {
    case F_SETFL:
      setStatusFlags(process, description, fd, process.abi.openFlags(argument | 0));
      return 0;
    case F_SETPIPE_SZ:
      return resizePipe(process, pipeOf(description), argument | 0);
    case F_GETPIPE_SZ:
      return pipeOf(description).capacity;
    case F_CREATED_QUERY:
      return Number(description.created);
    case F_ADD_SEALS:
      return seal(process, description, argument);
    case F_GET_SEALS:
      return sealed(description).seals ?? fail('EINVAL');
    default:
      return fail('EINVAL');
  }
}

function sealed({ file: { inode } }: FileDescription): FileInode {
  return inode.kind === 'file' ? inode : fail('EINVAL');
}

function seal(process: Process, description: FileDescription, seals: number): number {
  const inode = sealed(description);
  if (!description.writable) fail('EPERM');
  addSeals(inode, seals, () => process.kernel.sharedFiles.isWritable(inode.fs.dev, inode.ino));
  return 0;
}

/** Root may exceed what the administrator allows, but not what a pipe may hold here at most. */
function resizePipe({ credentials, vfs }: Process, resized: PipeEnd['pipe'], bytes: number): number {
  return hasCapability(credentials, CAP.SYS_RESOURCE)
    ? resized.resize(bytes)
    : resized.resize(bytes, vfs.environment.pipeMaxSize);
}

function pipeOf(description: FileDescription): PipeEnd['pipe'] {
  return description.file instanceof PipeEnd ? description.file.pipe : fail('EBADF');
}

function ioctl(process: Process, fd: number, request: number, value: number): SyscallResult {
  const { fds, memory } = process;
  const description = fds.getFile(fd);
  const { file } = description;
  const ofTerminal = terminalRequest(process, file, request, value);
  if (ofTerminal !== undefined) return ofTerminal;
  if (file.inode.kind === 'socket') {
    const ofOwner = socketOwner(process, description, request, value);
    if (ofOwner !== undefined) return ofOwner;
  }
  switch (request) {
    case FIOCLEX:
    case FIONCLEX:
      fds.setCloseOnExec(fd, request === FIOCLEX);
      return 0;
    case FIONBIO: {
      const on = memory.readI32(value) !== 0;
      description.setStatusFlags(on ? description.flags | O_NONBLOCK : description.flags & ~O_NONBLOCK);
      return 0;
    }
    case FIOASYNC: {
      const on = memory.readI32(value) !== 0;
      if (on && !canTell(description)) fail('ENOTTY');
      setStatusFlags(process, description, fd, on ? description.flags | O_ASYNC : description.flags & ~O_ASYNC);
      return 0;
    }
    case FIONREAD:
      if (file.inode.kind === 'file') {
        memory.writeU32(value, file.stat().size - description.offset);
        return 0;
      }
      return file.ioctl(request, ioctlArgument(process, value));
    default:
      return file.ioctl(request, ioctlArgument(process, value));
  }
}

/** Requests of sockets that do what fcntl(2) does as well. */
function socketOwner(
  process: Process,
  description: FileDescription,
  request: number,
  value: number,
): number | undefined {
  if (request === FIOSETOWN || request === SIOCSPGRP)
    return setOwner(process, description, process.memory.readI32(value));
  if (request !== FIOGETOWN && request !== SIOCGPGRP) return undefined;
  process.memory.writeU32(value, getOwner(process, description) >>> 0);
  return 0;
}

function ioctlArgument(process: Process, value: number): IoctlArgument {
  return {
    value: BigInt.asUintN(64, BigInt(value)),
    read: (length) => process.memory.readBytes(value, length),
    write: (bytes) => {
      process.memory.writeBytes(value, bytes);
    },
  };
}

function pipe(process: Process, address: number, flags: number): number {
  if ((flags & ~(O_CLOEXEC | O_NONBLOCK | O_DIRECT)) !== 0) fail('EINVAL');
  process.memory.writable(address, 8);
  const { read, write } = createPipe(process.vfs, flags & (O_NONBLOCK | O_DIRECT), process.credentials);
  const closeOnExec = (flags & O_CLOEXEC) !== 0;
  const readFd = installFirst(process, read, write, closeOnExec);
  const writeFd = installSecond(process, write, readFd, closeOnExec);
  process.memory.writeU32(address, readFd);
  process.memory.writeU32(address + 4, writeFd);
  return 0;
}

function installFirst(process: Process, first: FileDescription, second: FileDescription, closeOnExec: boolean): number {
  try {
    return process.fds.install(first, closeOnExec);
  } catch (error) {
    second.release();
    throw error;
  }
}

function installSecond(process: Process, second: FileDescription, firstFd: number, closeOnExec: boolean): number {
  try {
    return process.fds.install(second, closeOnExec);
  } catch (error) {
    process.fds.close(firstFd);
    throw error;
  }
}

function closeRange(process: Process, first: number, last: number, flags: number): number {
  if ((flags & ~(CLOSE_RANGE_CLOEXEC | CLOSE_RANGE_UNSHARE)) !== 0 || first > last) fail('EINVAL');
  if ((flags & CLOSE_RANGE_UNSHARE) !== 0) process.fds = process.fds.unshare();
  for (const [fd] of [...process.fds]) {
    if (fd < first || fd > last) continue;
    if ((flags & CLOSE_RANGE_CLOEXEC) !== 0) process.fds.setCloseOnExec(fd, true);
    else process.fds.close(fd);
  }
  return 0;
}

function synchronize(process: Process, fd: number): number {
  const description = process.fds.getFile(fd);
  const { inode } = description.file;
  process.space.flushFile(inode.fs.dev, inode.ino);
  description.file.sync();
  return 0;
}

function truncateFile(process: Process, fd: number, length: number): number {
  if (length < 0) fail('EINVAL');
  const description = process.fds.getFile(fd);
  if (!description.writable || description.file.inode.kind !== 'file') fail('EINVAL');
  if (length > description.file.stat().size) requireFileSize(process, length);
  description.truncate(length);
  refreshMappings(process, description);
  return 0;
}

function allocate(process: Process, fd: number, mode: number, offset: number, length: number): number {
  const description = process.fds.getFile(fd);
  if (offset < 0 || length <= 0) fail('EINVAL');
  if (!description.writable) fail('EBADF');
  if (!description.file.seekable) fail('ESPIPE');
  requireFileSize(process, offset + length);
  description.allocate(mode, offset, length);
  refreshMappings(process, description);
  return 0;
}

function memoryFile(process: Process, nameAddress: number, flags: number): number {
  const noExecution = (flags & MFD_NOEXEC_SEAL) !== 0;
  if ((flags & ~MFD_FLAGS) !== 0 || (noExecution && (flags & MFD_EXEC) !== 0)) fail('EINVAL');
  const name = process.memory.readCString(nameAddress, 250) ?? fail('EINVAL');
  const description = createMemoryFile(
    process.vfs,
    process.credentials,
    `/memfd:${decodeName(name)}`,
    O_RDWR | O_LARGEFILE,
    noExecution ? { mode: 0o666, seals: F_SEAL_EXEC } : { seals: (flags & MFD_ALLOW_SEALING) !== 0 ? 0 : F_SEAL_SEAL },
  );
  return process.fds.install(description, (flags & MFD_CLOEXEC) !== 0);
}

function eventFd(process: Process, initial: number, flags: number): number {
  if ((flags & ~(EFD_SEMAPHORE | O_CLOEXEC | O_NONBLOCK)) !== 0) fail('EINVAL');
  const description = createEventFd(process.vfs, initial >>> 0, (flags & EFD_SEMAPHORE) !== 0, flags & O_NONBLOCK);
  return process.fds.install(description, (flags & O_CLOEXEC) !== 0);
}

export const descriptorCalls: SyscallHandlers = {
  openat: (process, [dirfd, path, flags, mode]) => openAt(process, dirfd, path, process.abi.openFlags(flags | 0), mode),
  openat2: (process, [dirfd, path, how, size]) => openAt2(process, dirfd, path, how, size),
  close(process, [fd]) {
    process.fds.close(fd | 0);
    return 0;
  },
  close_range: (process, [first, last, flags]) => closeRange(process, first >>> 0, last >>> 0, flags | 0),
  dup: (process, [fd]) => process.fds.install(process.fds.get(fd | 0).retain(), false),
  dup3: (process, [oldFd, newFd, flags]) => duplicate(process, oldFd | 0, newFd | 0, flags | 0),
  fcntl: (process, [fd, command, argument]) => fileControl(process, fd | 0, command | 0, argument),
  ioctl: (process, [fd, request, value]) => ioctl(process, fd | 0, request >>> 0, value),
  flock: (process, [fd, operation]) => locksOf(process).lock(process.fds.getFile(fd | 0), operation | 0),
  lseek: (process, [fd, offset, whence]) => process.fds.get(fd | 0).seek(offset, whence >>> 0),
  pipe2: (process, [address, flags]) => pipe(process, address, process.abi.openFlags(flags | 0)),
  eventfd2: (process, [initial, flags]) => eventFd(process, initial, flags | 0),
  memfd_create: (process, [name, flags]) => memoryFile(process, name, flags | 0),
  fsync: (process, [fd]) => synchronize(process, fd | 0),
  fdatasync: (process, [fd]) => synchronize(process, fd | 0),
  syncfs: (process, [fd]) => synchronize(process, fd | 0),
  sync(process) {
    for (const [, description] of process.fds)
      if (description.writable && description.file.inode.kind === 'file') description.file.sync();
    return 0;
  },
  sync_file_range(process, [fd, offset, length, flags]) {
    const { kind } = process.fds.getFile(fd | 0).file.inode;
    if ((flags & ~SYNC_FILE_RANGE_FLAGS) !== 0 || offset < 0 || length < 0) fail('EINVAL');
    if (kind !== 'file' && kind !== 'block' && kind !== 'directory') fail('ESPIPE');
    return synchronize(process, fd | 0);
  },
  ftruncate: (process, [fd, length]) => truncateFile(process, fd | 0, length),
  fallocate: (process, [fd, mode, offset, length]) => allocate(process, fd | 0, mode | 0, offset, length),
  fadvise64(process, [fd, , , advice]) {
    const { file } = process.fds.getFile(fd | 0);
    if (file.inode.kind === 'fifo') fail('ESPIPE');
    return advice >= 0 && advice <= POSIX_FADV_LAST ? 0 : fail('EINVAL');
  },
  readahead(process, [fd]) {
    const description = process.fds.getFile(fd | 0);
    if (!description.readable) fail('EBADF');
    return description.file.inode.kind === 'file' ? 0 : fail('EINVAL');
  },
};
