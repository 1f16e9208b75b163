/** Names and values kept with files: getxattr(2), setxattr(2), listxattr(2), removexattr(2). */
import { decodeName } from '../../common/file-name.ts';
import { fail } from '../errno.ts';
import type { Process } from '../process/process.ts';
import type { SyscallHandler, SyscallHandlers } from '../process/syscall-table.ts';
import { XATTR_CREATE, XATTR_REPLACE } from '../vfs/extended-attributes.ts';
import type { Location } from '../vfs/types.ts';
import { AT_FDCWD, AT_SYMLINK_NOFOLLOW, locate } from './support.ts';

const NAME_MAX = 255;
const SIZE_MAX = 65536;

type Target = (process: Process, argument: number) => Location;

const followed: Target = (process, path) => locate(process, AT_FDCWD, path, 0);
const unfollowed: Target = (process, path) => locate(process, AT_FDCWD, path, AT_SYMLINK_NOFOLLOW);
const opened: Target = (process, fd) => process.fds.getFile(fd | 0).location;

function readName({ memory }: Process, address: number): string {
  const bytes = memory.readCString(address, NAME_MAX + 1) ?? fail('ERANGE');
  return bytes.length === 0 ? fail('ERANGE') : decodeName(bytes);
}

/** Linux writes nothing where the room does not do, and tells only the length where there is none. */
function give({ memory }: Process, bytes: Uint8Array, address: number, size: number): number {
  if (size > 0) {
    if (bytes.length > size) fail('ERANGE');
    memory.writeBytes(address, bytes);
  }
  return bytes.length;
}

function get(target: Target): SyscallHandler {
  return (process, [file, nameAddress, address, size]) => {
    const location = target(process, file);
    return give(process, process.vfs.getAttribute(process, location, readName(process, nameAddress)), address, size);
  };
}

function set(target: Target): SyscallHandler {
  return (process, [file, nameAddress, address, size, flags]) => {
    if ((flags & ~(XATTR_CREATE | XATTR_REPLACE)) !== 0) fail('EINVAL');
    const location = target(process, file);
    const name = readName(process, nameAddress);
    if (size < 0 || size > SIZE_MAX) fail('E2BIG');
    process.vfs.setAttribute(process, location, name, process.memory.readBytes(address, size), flags);
    return 0;
  };
}

function remove(target: Target): SyscallHandler {
  return (process, [file, nameAddress]) => {
    const location = target(process, file);
    process.vfs.removeAttribute(process, location, readName(process, nameAddress));
    return 0;
  };
}

function list(target: Target): SyscallHandler {
  return (process, [file, address, size]) =>
    give(process, process.vfs.listAttributes(process, target(process, file)), address, size);
}

export const extendedAttributeCalls: SyscallHandlers = {
  getxattr: get(followed),
  lgetxattr: get(unfollowed),
  fgetxattr: get(opened),
  setxattr: set(followed),
  lsetxattr: set(unfollowed),
  fsetxattr: set(opened),
  removexattr: remove(followed),
  lremovexattr: remove(unfollowed),
  fremovexattr: remove(opened),
  listxattr: list(followed),
  llistxattr: list(unfollowed),
  flistxattr: list(opened),
};
