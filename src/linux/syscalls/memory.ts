/** Memory: mmap and its relatives. */
import type { MapRequest } from '../../memory/address-space.ts';
import { PAGE_SIZE, PERMISSION } from '../../memory/layout.ts';
import { pageCeil } from '../../memory/pages.ts';
import { CAP } from '../capabilities.ts';
import { fail } from '../errno.ts';
import { mapDescription } from '../process/executable.ts';
import { PERSONA } from '../process/personality.ts';
import type { Process } from '../process/process.ts';
import { RLIM_INFINITY, RLIMIT } from '../process/rlimits.ts';
import type { SyscallHandlers } from '../process/syscall-table.ts';
import { O_RDWR } from '../vfs/constants.ts';
import type { FileDescription } from '../vfs/file-description.ts';
import { F_SEALS_OF_WRITING, sealsOf } from '../vfs/seals.ts';
import { createMemoryFile } from './memory-file.ts';
import { flushMappings } from './support.ts';

const PROT_GROWSDOWN = 0x01000000;
const PROT_MASK = 7;

const MAP_SHARED = 1;
const MAP_PRIVATE = 2;
const MAP_SHARED_VALIDATE = 3;
const MAP_TYPE = 15;
const MAP_FIXED = 0x10;
const MAP_ANONYMOUS = 0x20;
const MAP_GROWSDOWN = 0x100;
const MAP_LOCKED = 0x2000;
const MAP_HUGETLB = 0x40000;
const MAP_FIXED_NOREPLACE = 0x100000;

/** LEGACY_MAP_MASK of linux/mman.h, on all guests together. */
const VALID_FLAGS = 0x7c07f9f3;

const MREMAP_MAYMOVE = 1;
const MREMAP_FIXED = 2;

const MS_ASYNC = 1;
const MS_INVALIDATE = 2;
const MS_SYNC = 4;

const MADV_DONTNEED = 4;
const MADV_FREE = 8;
/** Hints that may be taken or not: NORMAL to WILLNEED, DONTFORK, DOFORK, HUGEPAGE to DODUMP, COLD, PAGEOUT, POPULATE. */
const MADVISE_HINTS = new Set([0, 1, 2, 3, 10, 11, 14, 15, 16, 17, 20, 21, 22, 23]);

const MCL_CURRENT = 1;
const MCL_FUTURE = 2;
const MCL_ONFAULT = 4;
const MCL_FLAGS = 7;

const DEV_ZERO = 0x105;

/** Under personality READ_IMPLIES_EXEC what may be read may be executed, where the mount allows that. */
function impliedBy({ persona }: Process, protection: number, file: FileDescription | null): number {
  const implies = (persona & PERSONA.READ_IMPLIES_EXEC) !== 0 && (protection & PERMISSION.READ) !== 0;
  return implies && file?.location.mount.flags.noexec !== true ? protection | PERMISSION.EXECUTE : protection;
}

function placementOf(flags: number): NonNullable<MapRequest['placement']> {
  if ((flags & MAP_FIXED_NOREPLACE) !== 0) return 'exact';
  return (flags & MAP_FIXED) !== 0 ? 'replace' : 'hint';
}

function map(
  process: Process,
  [address, length, protection, flags, fd, offset]: readonly [number, number, number, number, number, number],
): number {
  const type = flags & MAP_TYPE;
  if (type !== MAP_SHARED && type !== MAP_PRIVATE && type !== MAP_SHARED_VALIDATE) fail('EINVAL');
  if (offset < 0 || offset % PAGE_SIZE !== 0) fail('EINVAL');
  const description = (flags & MAP_ANONYMOUS) !== 0 ? null : process.fds.getFile(fd | 0);
  if (length <= 0) fail(length < 0 ? 'ENOMEM' : 'EINVAL');
  // Whoever asks for validation is told of what is not there, MAP_SYNC among it.
  if (type === MAP_SHARED_VALIDATE && description !== null && (flags & ~VALID_FLAGS) !== 0) fail('EOPNOTSUPP');
  if ((flags & MAP_HUGETLB) !== 0) fail('ENOMEM');
  const request: MapRequest = {
    address,
    length,
    protection: impliedBy(process, protection & PROT_MASK, description),
    shared: type !== MAP_PRIVATE,
    placement: placementOf(flags),
    growsDown: (flags & MAP_GROWSDOWN) !== 0,
    locked: (flags & MAP_LOCKED) !== 0 || process.space.locksNew,
  };
  if (request.locked === true) checkNewLocks(process, length, (flags & MAP_LOCKED) !== 0);
  if (description === null) return mapAnonymous(process, request);
  if (isZeroDevice(description)) return mapZeroDevice(process, description, request);
  return mapFile(process, description, request, offset);
}

/** What is shared with children is a file without a name, as in Linux (mm/shmem.c). */
function mapAnonymous(process: Process, request: MapRequest): number {
  if (request.shared !== true) return process.space.map(request);
  const description = createMemoryFile(process.vfs, process.credentials, '/dev/zero', O_RDWR);
  description.file.truncate(pageCeil(request.length));
  const file = mapDescription(process.vfs, description, { anonymous: true });
  description.release();
  const result = process.space.map({ ...request, file });
  if (result < 0) file.release();
  return result;
}

/** /dev/zero is memory; what is shared goes by how it was opened all the same. */
function mapZeroDevice(process: Process, description: FileDescription, request: MapRequest): number {
  const { READ, WRITE, EXECUTE } = PERMISSION;
  if (!description.readable) fail('EACCES');
  if (request.shared !== true || description.writable) return mapAnonymous(process, request);
  if ((request.protection & WRITE) !== 0) fail('EACCES');
  return mapAnonymous(process, { ...request, maxProtection: READ | EXECUTE });
}

function isZeroDevice({ file }: FileDescription): boolean {
  return file.inode.kind === 'char' && file.stat().rdev === DEV_ZERO;
}

function mapFile(process: Process, description: FileDescription, request: MapRequest, fileOffset: number): number {
  const { READ, WRITE, EXECUTE } = PERMISSION;
  const shared = request.shared === true;
  if (!description.readable) fail('EACCES');
  if (shared && (request.protection & WRITE) !== 0 && !description.writable) fail('EACCES');
  if (description.file.inode.kind !== 'file') fail('ENODEV');
  const executable = description.location.mount.flags.noexec !== true;
  if (!executable && (request.protection & EXECUTE) !== 0) fail('EPERM');
  const isSealed = (sealsOf(description.file.inode) & F_SEALS_OF_WRITING) !== 0;
  if (shared && isSealed && (request.protection & WRITE) !== 0) fail('EPERM');
  flushMappings(process, description);
  const file = mapDescription(process.vfs, description);
  const writable = !shared || (description.writable && !isSealed);
  const maxProtection = READ | (writable ? WRITE : 0) | (executable ? EXECUTE : 0);
  const result = process.space.map({ ...request, file, fileOffset, maxProtection });
  if (result < 0) file.release();
  return result;
}

function protect(process: Process, address: number, length: number, protection: number): number {
  if ((protection & ~(PROT_MASK | PROT_GROWSDOWN)) !== 0) fail('EINVAL');
  const bits = impliedBy(process, protection & PROT_MASK, null);
  if ((protection & PROT_GROWSDOWN) === 0) return process.space.protect(address, length, bits);
  // From the start of the stack's area, wherever that is now.
  const area = process.space.find(address) ?? fail('ENOMEM');
  if (!area.growsDown) fail('EINVAL');
  return process.space.protect(area.start, address + pageCeil(length) - area.start, bits);
}

function remap(
  process: Process,
  address: number,
  oldLength: number,
  newLength: number,
  flags: number,
  target: number,
): number {
  if ((flags & ~(MREMAP_MAYMOVE | MREMAP_FIXED)) !== 0) fail('EINVAL');
  const mayMove = (flags & MREMAP_MAYMOVE) !== 0;
  const fixed = (flags & MREMAP_FIXED) !== 0;
  if (fixed && !mayMove) fail('EINVAL');
  return process.space.remap({ address, oldLength, newLength, mayMove, ...(fixed ? { target } : {}) });
}

function advise(process: Process, address: number, length: number, advice: number): number {
  if (address % PAGE_SIZE !== 0 || length < 0) fail('EINVAL');
  if (advice === MADV_DONTNEED) return process.space.discard(address, length);
  if (advice === MADV_FREE) return adviseFree(process, address, length);
  if (!MADVISE_HINTS.has(advice)) fail('EINVAL');
  return process.space.isMapped(address, pageCeil(length)) ? 0 : fail('ENOMEM');
}

/** The kernel may free the pages at any time, or never; never is what happens here. */
function adviseFree(process: Process, address: number, length: number): number {
  if (!process.space.isMapped(address, pageCeil(length))) fail('ENOMEM');
  const area = process.space.find(address);
  if (process.space.lockedIn(address, pageCeil(length)) > 0) fail('EINVAL');
  return area !== undefined && (area.file !== null || area.shared) ? fail('EINVAL') : 0;
}

function synchronize(process: Process, address: number, length: number, flags: number): number {
  if ((flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC)) !== 0) fail('EINVAL');
  if ((flags & MS_ASYNC) !== 0 && (flags & MS_SYNC) !== 0) fail('EINVAL');
  if ((flags & MS_INVALIDATE) !== 0 && process.space.lockedIn(address, length) > 0) fail('EBUSY');
  return process.space.sync(address, length);
}

/** Everything mapped is resident: nothing here is ever swapped out. */
function residency(process: Process, address: number, length: number, vector: number): number {
  if (address % PAGE_SIZE !== 0) fail('EINVAL');
  if (length < 0 || !process.space.isMapped(address, pageCeil(length))) fail('ENOMEM');
  process.memory.writable(vector, pageCeil(length) / PAGE_SIZE).fill(1);
  return 0;
}

function lock(process: Process, address: number, length: number): number {
  const { space } = process;
  const size = pageCeil(length + (address % PAGE_SIZE));
  checkLockLimit(process, size + space.lockedBytes - space.lockedIn(address - (address % PAGE_SIZE), size));
  return space.setLocked(address, length, true);
}

/** Whether so many bytes may be locked in all: RLIMIT_MEMLOCK. */
function checkLockLimit(process: Process, bytes: number): void {
  const limit = process.limits.soft(RLIMIT.MEMLOCK);
  if (process.can(CAP.IPC_LOCK) || limit === RLIM_INFINITY) return;
  if (limit === 0n) fail('EPERM');
  if (BigInt(bytes) > limit) fail('ENOMEM');
}

/** The same for what is about to be mapped. */
function checkNewLocks(process: Process, length: number, isAskedFor: boolean): void {
  const limit = process.limits.soft(RLIMIT.MEMLOCK);
  if (process.can(CAP.IPC_LOCK) || limit === RLIM_INFINITY) return;
  if (isAskedFor && limit === 0n) fail('EPERM');
  if (BigInt(pageCeil(length) + process.space.lockedBytes) > limit) fail('EAGAIN');
}

function lockAll(process: Process, flags: number): number {
  if (flags <= 0 || flags > MCL_FLAGS || flags === MCL_ONFAULT) fail('EINVAL');
  const { space } = process;
  checkLockLimit(process, (flags & MCL_CURRENT) !== 0 ? space.mappedBytes : 0);
  space.locksNew = (flags & MCL_FUTURE) !== 0;
  if ((flags & MCL_CURRENT) !== 0) space.setAllLocked(true);
  return 0;
}

export const memoryCalls: SyscallHandlers = {
  mmap: map,
  munmap: (process, [address, length]) => process.space.unmap(address, length),
  mprotect: (process, [address, length, protection]) => protect(process, address, length, protection | 0),
  mremap: (process, [address, oldLength, newLength, flags, target]) =>
    remap(process, address, oldLength, newLength, flags | 0, target),
  brk: (process, [address]) => process.space.brk(address),
  madvise: (process, [address, length, advice]) => advise(process, address, length, advice | 0),
  msync: (process, [address, length, flags]) => synchronize(process, address, length, flags | 0),
  mincore: (process, [address, length, vector]) => residency(process, address, length, vector),
  mlock: (process, [address, length]) => lock(process, address, length),
  mlock2: (process, [address, length, flags]) => ((flags & ~1) !== 0 ? fail('EINVAL') : lock(process, address, length)),
  munlock: (process, [address, length]) => process.space.setLocked(address, length, false),
  mlockall: (process, [flags]) => lockAll(process, flags),
  munlockall({ space }) {
    space.locksNew = false;
    space.setAllLocked(false);
    return 0;
  },
};
