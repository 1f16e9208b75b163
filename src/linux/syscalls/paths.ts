/** Calls on names: status, permissions, making and removing entries, links, working directory. */
import { encodeName } from '../../common/file-name.ts';
import { CAP, SECURE } from '../capabilities.ts';
import { fail } from '../errno.ts';
import type { Process } from '../process/process.ts';
import type { SyscallHandlers } from '../process/syscall-table.ts';
import { DIRENT_TYPE, R_OK, W_OK, X_OK } from '../vfs/constants.ts';
import type { FileDescription } from '../vfs/file-description.ts';
import type { Credentials, FileSystemStatistics, Location, Stat } from '../vfs/types.ts';
import {
  AT_EMPTY_PATH,
  AT_FDCWD,
  AT_SYMLINK_NOFOLLOW,
  locate,
  NANOSECONDS,
  readPath,
  refreshMappings,
  startOf,
  requireFileSize,
} from './support.ts';

const AT_REMOVEDIR = 0x200;
const AT_EACCESS = 0x200;
const AT_SYMLINK_FOLLOW = 0x400;
const AT_NO_AUTOMOUNT = 0x800;
const AT_STATX_SYNC_TYPE = 0x6000;
const STATX_RESERVED = 0x80000000;
const STATX_BASIC_STATS = 0x7ff;
const STAT_FLAGS = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH;
const UTIME_NOW = 0x3fffffffn;
const UTIME_OMIT = 0x3ffffffen;
const ST_RDONLY = 1;
const ST_NOSUID = 2;
const ST_NOEXEC = 8;
const ST_VALID = 0x20;

function checkFlags(flags: number, allowed: number): void {
  if ((flags & ~allowed) !== 0) fail('EINVAL');
}

/** Status of what an `*at` call names; of an open file where the path is empty. */
function statusAt(process: Process, dirfd: number, pathAddress: number, flags: number): Stat {
  if ((flags & AT_EMPTY_PATH) !== 0 && (dirfd | 0) !== AT_FDCWD && isEmptyPath(process, pathAddress))
    return process.fds.get(dirfd | 0).file.stat();
  return locate(process, dirfd, pathAddress, flags).dentry.inode.stat();
}

/** Newer kernels take a null pointer for an empty path. */
function isEmptyPath(process: Process, address: number): boolean {
  return address === 0 || process.memory.readU8(address) === 0;
}

function writeStat(process: Process, address: number, stat: Stat): number {
  process.memory.writeBytes(address, process.abi.encodeStat(stat));
  return 0;
}

function major(device: number): number {
  return Math.floor(device / 256) & 0xfff;
}

function minor(device: number): number {
  return (device & 0xff) | (Math.floor(device / 0x1000) & 0xfff00);
}

/** struct statx (uapi/linux/stat.h). Birth times are not kept. */
function encodeStatx(stat: Stat): Uint8Array {
  const bytes = new Uint8Array(256);
  const view = new DataView(bytes.buffer);
  const time = (offset: number, nanoseconds: bigint): void => {
    const fraction = ((nanoseconds % NANOSECONDS) + NANOSECONDS) % NANOSECONDS;
    view.setBigInt64(offset, (nanoseconds - fraction) / NANOSECONDS, true);
    view.setUint32(offset + 8, Number(fraction), true);
  };
  view.setUint32(0, STATX_BASIC_STATS, true);
  view.setUint32(4, stat.blksize, true);
  view.setUint32(16, stat.nlink, true);
  view.setUint32(20, stat.uid, true);
  view.setUint32(24, stat.gid, true);
  view.setUint16(28, stat.mode, true);
  view.setBigUint64(32, BigInt(stat.ino), true);
  view.setBigUint64(40, BigInt(stat.size), true);
  view.setBigUint64(48, BigInt(stat.blocks), true);
  time(64, stat.atime);
  time(96, stat.ctime);
  time(112, stat.mtime);
  view.setUint32(128, major(stat.rdev), true);
  view.setUint32(132, minor(stat.rdev), true);
  view.setUint32(136, major(stat.dev), true);
  view.setUint32(140, minor(stat.dev), true);
  return bytes;
}

function statx(process: Process, dirfd: number, path: number, flags: number, mask: number, buffer: number): number {
  checkFlags(flags, STAT_FLAGS | AT_STATX_SYNC_TYPE);
  if ((mask & STATX_RESERVED) !== 0 || (flags & AT_STATX_SYNC_TYPE) === AT_STATX_SYNC_TYPE) fail('EINVAL');
  process.memory.writeBytes(buffer, encodeStatx(statusAt(process, dirfd, path, flags)));
  return 0;
}

/** struct statfs of 64-bit guests: nine words, two ints, and padding. */
function writeStatfs(process: Process, address: number, statistics: FileSystemStatistics, location: Location): number {
  const { mount } = location;
  const flags =
    ST_VALID |
    (mount.readOnly || mount.fs.readOnly ? ST_RDONLY : 0) |
    (mount.flags.nosuid === true ? ST_NOSUID : 0) |
    (mount.flags.noexec === true ? ST_NOEXEC : 0);
  const words = [
    statistics.type,
    statistics.blockSize,
    statistics.blocks,
    statistics.freeBlocks,
    statistics.freeBlocks,
    statistics.files,
    statistics.freeFiles,
    mount.fs.dev,
    255,
    statistics.blockSize,
    flags,
  ];
  const bytes = new Uint8Array(120);
  const view = new DataView(bytes.buffer);
  words.forEach((word, index) => {
    view.setBigUint64(index * 8, BigInt(word), true);
  });
  process.memory.writeBytes(address, bytes);
  return 0;
}

function access(process: Process, dirfd: number, path: number, mode: number, flags: number): number {
  checkFlags(flags, AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH);
  if ((mode & ~(R_OK | W_OK | X_OK)) !== 0) fail('EINVAL');
  const { ids, groups, capabilities: own } = process;
  // As if a program of the real user's asked (do_faccessat).
  const keeps = (own.secure & SECURE.NO_SETUID_FIXUP) !== 0;
  const capabilities = keeps ? own.effective : ids.uid === 0 ? own.permitted : 0n;
  const real: Credentials = { uid: ids.uid, gid: ids.gid, groups, capabilities };
  const credentials = (flags & AT_EACCESS) === 0 ? real : process.credentials;
  process.vfs.access(locate(process, dirfd, path, flags), mode, credentials);
  return 0;
}

function readLink(process: Process, dirfd: number, pathAddress: number, buffer: number, size: number): number {
  if (size <= 0) fail('EINVAL');
  const path = readPath(process, pathAddress);
  const start = startOf(process, dirfd, path);
  const location = process.vfs.resolve(process, path, { start, followLast: false, emptyPath: true });
  if (path === '' && location.dentry.inode.kind !== 'symlink') fail('ENOENT');
  const target = encodeName(process.vfs.readlink(process, location)).subarray(0, size);
  process.memory.writeBytes(buffer, target);
  return target.length;
}

/** struct linux_dirent64: ino, off, reclen, type, name; records are multiples of 8 bytes. */
function getDirectoryEntries(process: Process, fd: number, buffer: number, size: number): number {
  const description = process.fds.getFile(fd);
  if (description.file.inode.kind !== 'directory') fail('ENOTDIR');
  if (description.location.dentry.removed) fail('ENOENT');
  const bytes = process.memory.writablePrefix(buffer, size);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const state = { used: 0, full: false };
  description.readEntries(process, (entry, next) => {
    const name = encodeName(entry.name);
    const length = Math.ceil((19 + name.length + 1) / 8) * 8;
    if (state.used + length > bytes.length) {
      state.full = true;
      return false;
    }
    bytes.fill(0, state.used, state.used + length);
    view.setBigUint64(state.used, BigInt(entry.ino), true);
    view.setBigInt64(state.used + 8, BigInt(next), true);
    view.setUint16(state.used + 16, length, true);
    view.setUint8(state.used + 18, DIRENT_TYPE[entry.kind]);
    bytes.set(name, state.used + 19);
    state.used += length;
    return true;
  });
  return state.used === 0 && state.full ? fail('EINVAL') : state.used;
}

function unlinkAt(process: Process, dirfd: number, pathAddress: number, flags: number): number {
  checkFlags(flags, AT_REMOVEDIR);
  const path = readPath(process, pathAddress);
  const start = startOf(process, dirfd, path);
  if ((flags & AT_REMOVEDIR) !== 0) process.vfs.rmdir(process, path, start);
  else process.vfs.unlink(process, path, start);
  return 0;
}

function renameAt(
  process: Process,
  oldFd: number,
  oldPath: number,
  newFd: number,
  newPath: number,
  flags: number,
): number {
  const from = readPath(process, oldPath);
  const to = readPath(process, newPath);
  process.vfs.rename(process, from, to, flags, startOf(process, oldFd, from), startOf(process, newFd, to));
  return 0;
}

function linkAt(
  process: Process,
  oldFd: number,
  oldPath: number,
  newFd: number,
  newPath: number,
  flags: number,
): number {
  checkFlags(flags, AT_SYMLINK_FOLLOW | AT_EMPTY_PATH);
  const nofollow = (flags & AT_SYMLINK_FOLLOW) === 0 ? AT_SYMLINK_NOFOLLOW : 0;
  const source = locate(process, oldFd, oldPath, nofollow | (flags & AT_EMPTY_PATH));
  const path = readPath(process, newPath);
  process.vfs.link(process, source, path, startOf(process, newFd, path));
  return 0;
}

function changeMode(process: Process, dirfd: number, path: number, mode: number, flags: number): number {
  checkFlags(flags, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH);
  const location = locate(process, dirfd, path, flags);
  if (location.dentry.inode.kind === 'symlink') fail('EOPNOTSUPP');
  process.vfs.changeMode(process, location, mode & 0o7777);
  return 0;
}

/** -1 keeps an id. */
function ownerId(value: number): number | undefined {
  return (value | 0) === -1 ? undefined : value >>> 0;
}

function changeOwner(process: Process, target: Location | FileDescription, uid: number, gid: number): number {
  process.vfs.changeOwner(process, target, ownerId(uid), ownerId(gid));
  return 0;
}

function readChange(process: Process, address: number): bigint | 'now' | undefined {
  const fraction = process.memory.readI64(address + 8);
  if (fraction === UTIME_NOW) return 'now';
  if (fraction === UTIME_OMIT) return undefined;
  if (fraction < 0n || fraction >= NANOSECONDS) fail('EINVAL');
  return process.memory.readI64(address) * NANOSECONDS + fraction;
}

function changeTimes(process: Process, dirfd: number, path: number, times: number, flags: number): number {
  checkFlags(flags, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH);
  const atime = times === 0 ? 'now' : readChange(process, times);
  const mtime = times === 0 ? 'now' : readChange(process, times + 16);
  if (atime === undefined && mtime === undefined) return 0;
  // futimens(3) passes a null path: the descriptor itself.
  const target =
    path === 0 && (dirfd | 0) !== AT_FDCWD ? process.fds.getFile(dirfd | 0) : locate(process, dirfd, path, flags);
  process.vfs.changeTimes(process, target, atime, mtime);
  return 0;
}

function getWorkingDirectory(process: Process, buffer: number, size: number): number {
  if (process.cwd.dentry.removed) fail('ENOENT');
  const bytes = encodeName(`${process.vfs.pathOf(process.cwd, process.root)}\0`);
  // The size is unsigned.
  if (size >= 0 && bytes.length > size) fail('ERANGE');
  process.memory.writeBytes(buffer, bytes);
  return bytes.length;
}

function enterDirectory(process: Process, location: Location): Location {
  const { inode } = location.dentry;
  if (inode.kind !== 'directory') fail('ENOTDIR');
  process.vfs.access(location, X_OK, process.credentials);
  return location;
}

function truncatePath(process: Process, pathAddress: number, length: number): number {
  if (length < 0) fail('EINVAL');
  const location = process.vfs.resolve(process, readPath(process, pathAddress));
  requireFileSize(process, length);
  process.vfs.truncate(process, location, length);
  for (const [, description] of process.fds)
    if (description.file.inode === location.dentry.inode) refreshMappings(process, description);
  return 0;
}

export const pathCalls: SyscallHandlers = {
  newfstatat(process, [dirfd, path, buffer, flags]) {
    checkFlags(flags | 0, STAT_FLAGS);
    return writeStat(process, buffer, statusAt(process, dirfd, path, flags | 0));
  },
  fstat: (process, [fd, buffer]) => writeStat(process, buffer, process.fds.get(fd | 0).file.stat()),
  statx: (process, [dirfd, path, flags, mask, buffer]) => statx(process, dirfd, path, flags | 0, mask, buffer),
  statfs(process, [path, buffer]) {
    const location = process.vfs.resolve(process, readPath(process, path));
    return writeStatfs(process, buffer, process.vfs.statistics(location), location);
  },
  fstatfs(process, [fd, buffer]) {
    const { location } = process.fds.get(fd | 0);
    return writeStatfs(process, buffer, process.vfs.statistics(location), location);
  },
  faccessat: (process, [dirfd, path, mode]) => access(process, dirfd, path, mode | 0, 0),
  faccessat2: (process, [dirfd, path, mode, flags]) => access(process, dirfd, path, mode | 0, flags | 0),
  readlinkat: (process, [dirfd, path, buffer, size]) => readLink(process, dirfd, path, buffer, size | 0),
  getdents64: (process, [fd, buffer, size]) => getDirectoryEntries(process, fd | 0, buffer, size >>> 0),
  mkdirat(process, [dirfd, pathAddress, mode]) {
    const path = readPath(process, pathAddress);
    process.vfs.mkdir(process, path, mode & 0o7777, startOf(process, dirfd, path));
    return 0;
  },
  mknodat(process, [dirfd, pathAddress, mode, device]) {
    const path = readPath(process, pathAddress);
    process.vfs.mknod(process, path, mode & 0o177777, device >>> 0, startOf(process, dirfd, path));
    return 0;
  },
  unlinkat: (process, [dirfd, path, flags]) => unlinkAt(process, dirfd, path, flags | 0),
  renameat: (process, [oldFd, oldPath, newFd, newPath]) => renameAt(process, oldFd, oldPath, newFd, newPath, 0),
  renameat2: (process, [oldFd, oldPath, newFd, newPath, flags]) =>
    renameAt(process, oldFd, oldPath, newFd, newPath, flags | 0),
  linkat: (process, [oldFd, oldPath, newFd, newPath, flags]) =>
    linkAt(process, oldFd, oldPath, newFd, newPath, flags | 0),
  symlinkat(process, [targetAddress, dirfd, pathAddress]) {
    const target = readPath(process, targetAddress);
    const path = readPath(process, pathAddress);
    process.vfs.symlink(process, target, path, startOf(process, dirfd, path));
    return 0;
  },
  fchmod(process, [fd, mode]) {
    process.vfs.changeMode(process, process.fds.getFile(fd | 0), mode & 0o7777);
    return 0;
  },
  fchmodat: (process, [dirfd, path, mode]) => changeMode(process, dirfd, path, mode, 0),
  fchmodat2: (process, [dirfd, path, mode, flags]) => changeMode(process, dirfd, path, mode, flags | 0),
  fchown: (process, [fd, uid, gid]) => changeOwner(process, process.fds.getFile(fd | 0), uid, gid),
  fchownat(process, [dirfd, path, uid, gid, flags]) {
    checkFlags(flags | 0, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH);
    return changeOwner(process, locate(process, dirfd, path, flags | 0), uid, gid);
  },
  utimensat: (process, [dirfd, path, times, flags]) => changeTimes(process, dirfd, path, times, flags | 0),
  truncate: (process, [path, length]) => truncatePath(process, path, length),
  getcwd: (process, [buffer, size]) => getWorkingDirectory(process, buffer, size),
  chdir(process, [path]) {
    process.cwd = enterDirectory(process, process.vfs.resolve(process, readPath(process, path)));
    return 0;
  },
  fchdir(process, [fd]) {
    process.cwd = enterDirectory(process, process.fds.get(fd | 0).location);
    return 0;
  },
  chroot(process, [path]) {
    const location = enterDirectory(process, process.vfs.resolve(process, readPath(process, path)));
    if (!process.can(CAP.SYS_CHROOT)) fail('EPERM');
    process.root = location;
    return 0;
  },
  umask(process, [mask]) {
    const old = process.umask;
    process.umask = mask & 0o777;
    return old;
  },
};
