/** shmget(2), shmat(2), shmdt(2), shmctl(2). */
import { PAGE_SIZE, PERMISSION } from '../../memory/layout.ts';
import { pageCeil } from '../../memory/pages.ts';
import { MEMORY_ERROR, type MapRequest } from '../../memory/address-space.ts';
import type { Vma } from '../../memory/vma.ts';
import { CAP } from '../capabilities.ts';
import { fail } from '../errno.ts';
import { Segment, SHM_LOCKED } from '../ipc/shared-memory.ts';
import { mapDescription } from '../process/executable.ts';
import type { Process } from '../process/process.ts';
import { RLIM_INFINITY, RLIMIT } from '../process/rlimits.ts';
import type { SyscallHandlers } from '../process/syscall-table.ts';
import { O_RDWR } from '../vfs/constants.ts';
import {
  getObject,
  highestIndex,
  IPC_INFO,
  IPC_RMID,
  IPC_SET,
  IPC_STAT,
  ownedObject,
  readOwner,
  S_IRUGO,
  S_IWUGO,
  S_IXUGO,
  statObject,
  Structure,
} from './ipc.ts';
import { createMemoryFile } from './memory-file.ts';
import { flushMappings } from './support.ts';

const SHM_HUGETLB = 0o4000;
const SHM_NORESERVE = 0o10000;

const SHM_RDONLY = 0o10000;
const SHM_RND = 0o20000;
const SHM_REMAP = 0o40000;
const SHM_EXEC = 0o100000;

const SHM_LOCK = 11;
const SHM_UNLOCK = 12;
const SHM_STAT = 13;
const SHM_INFO = 14;
const SHM_STAT_ANY = 15;

const STAT_SIZE = 112;
const LIMITS_SIZE = 72;
const INFO_SIZE = 48;
const SHMMIN = 1;

/** What a size is for that is no exact number: more than there can be. */
function unsigned(size: number): number {
  return size < 0 ? size + 2 ** 64 : size;
}

function create(process: Process, key: number, size: number, flags: number): Segment {
  const { sharedMemory } = process.kernel.ipc;
  sharedMemory.requireSize(size);
  // There are no huge pages.
  if ((flags & SHM_HUGETLB) !== 0) fail('EINVAL');
  const name = (key >>> 0).toString(16).padStart(8, '0');
  const description = createMemoryFile(process.vfs, process.credentials, `/SYSV${name}`, O_RDWR);
  try {
    if ((flags & SHM_NORESERVE) === 0) {
      const { freeBlocks, blockSize } = description.file.inode.fs.statistics();
      if (pageCeil(size) > freeBlocks * blockSize - sharedMemory.promisedBytes) fail('ENOMEM');
    }
    description.file.truncate(pageCeil(size));
    return sharedMemory.add(key, process.credentials, flags, size, description);
  } catch (error) {
    description.release();
    throw error;
  }
}

function get(process: Process, key: number, size: number, flags: number): number {
  const { table } = process.kernel.ipc.sharedMemory;
  return getObject(process, table, [key, flags], {
    check: (segment) => (segment.size < size ? fail('EINVAL') : undefined),
    make: () => create(process, key, size, flags),
  });
}

/** Where a segment goes: shmat(2). */
function placementOf(address: number, flags: number): Pick<MapRequest, 'address' | 'placement'> {
  const remaps = (flags & SHM_REMAP) !== 0;
  if (address === 0) return remaps ? fail('EINVAL') : { address: 0, placement: 'hint' };
  const rounded = address - (((address % PAGE_SIZE) + PAGE_SIZE) % PAGE_SIZE);
  if (rounded !== address && (flags & SHM_RND) === 0) fail('EINVAL');
  if (rounded === 0 && remaps) fail('EINVAL');
  return { address: rounded, placement: remaps ? 'replace' : 'exact' };
}

function attach(process: Process, id: number, address: number, flags: number): number {
  const { READ, WRITE, EXECUTE } = PERMISSION;
  if (id < 0) fail('EINVAL');
  const place = placementOf(address, flags);
  const isReadOnly = (flags & SHM_RDONLY) !== 0;
  const executes = (flags & SHM_EXEC) !== 0;
  const segment = process.kernel.ipc.sharedMemory.table.get(id);
  const wanted = S_IRUGO | (isReadOnly ? 0 : S_IWUGO) | (executes ? S_IXUGO : 0);
  segment.requireGranted(process.credentials, wanted);
  flushMappings(process, segment.description);
  const file = mapDescription(process.vfs, segment.description, { watcher: segment });
  const request: MapRequest = {
    ...place,
    length: segment.size,
    protection: READ | (isReadOnly ? 0 : WRITE) | (executes ? EXECUTE : 0),
    maxProtection: READ | EXECUTE | (isReadOnly ? 0 : WRITE),
    shared: true,
    file,
  };
  const result = segment.attach(() => process.space.map(request));
  if (result < 0) file.release();
  return result === -MEMORY_ERROR.EEXIST ? fail('EINVAL') : result;
}

/** The first area that is a part of an attachment at `address`, and all others of the same. */
function detach(process: Process, address: number): number {
  if (address % PAGE_SIZE !== 0) fail('EINVAL');
  const { space } = process;
  const isPart = ({ start, fileOffset, file }: Vma): boolean =>
    file?.watcher instanceof Segment && start - address === fileOffset;
  const parts = [...space.areas].filter(isPart);
  const file = parts[0]?.file ?? fail('EINVAL');
  for (const part of parts) if (part.file === file) space.unmap(part.start, part.end - part.start);
  return 0;
}

function writeStatus(process: Process, address: number, segment: Segment): void {
  const { size, attachTime, detachTime, ctime, creatorPid, lastPid, attachments } = segment;
  const status = new Structure(STAT_SIZE)
    .permissions(segment)
    .u64(48, size, attachTime, detachTime, ctime)
    .u32(80, creatorPid, lastPid)
    .u64(88, attachments);
  process.memory.writeBytes(address, status.bytes);
}

/** struct shminfo64. */
function writeLimits(process: Process, address: number): number {
  const { limits, sharedMemory } = process.kernel.ipc;
  const { shmmax, shmmni, shmall } = limits;
  process.memory.writeBytes(address, new Structure(LIMITS_SIZE).u64(0, shmmax, SHMMIN, shmmni, shmmni, shmall).bytes);
  return highestIndex(sharedMemory.table);
}

/** struct shm_info. */
function writeUse(process: Process, address: number): number {
  const { table, pages } = process.kernel.ipc.sharedMemory;
  const resident = table.list().reduce((sum, { residentBytes }) => sum + residentBytes / PAGE_SIZE, 0);
  process.memory.writeBytes(address, new Structure(INFO_SIZE).u32(0, table.size).u64(8, pages, resident).bytes);
  return highestIndex(table);
}

/** SHM_LOCK and SHM_UNLOCK: nothing is ever swapped out, so only the mode changes. */
function lock(process: Process, segment: Segment, locks: boolean): number {
  const { ids, limits } = process;
  const limit = limits.soft(RLIMIT.MEMLOCK);
  if (!process.can(CAP.IPC_LOCK)) {
    if (ids.euid !== segment.owner.uid && ids.euid !== segment.creator.uid) fail('EPERM');
    if (locks && limit === 0n) fail('EPERM');
    if (locks && limit !== RLIM_INFINITY && BigInt(pageCeil(segment.size)) > limit) fail('ENOMEM');
  }
  segment.mode = locks ? segment.mode | SHM_LOCKED : segment.mode & ~SHM_LOCKED;
  return 0;
}

function stat(process: Process, id: number, address: number, by: 'id' | 'index' | 'any'): number {
  const { object, result } = statObject(process, process.kernel.ipc.sharedMemory.table, id, by);
  writeStatus(process, address, object);
  return result;
}

function control(process: Process, id: number, command: number, address: number): number {
  const { sharedMemory } = process.kernel.ipc;
  const { table } = sharedMemory;
  if (id < 0) fail('EINVAL');
  switch (command) {
    case IPC_INFO:
      return writeLimits(process, address);
    case SHM_INFO:
      return writeUse(process, address);
    case IPC_STAT:
      return stat(process, id, address, 'id');
    case SHM_STAT:
      return stat(process, id, address, 'index');
    case SHM_STAT_ANY:
      return stat(process, id, address, 'any');
    case IPC_SET: {
      const { owner, mode } = readOwner(process, address);
      ownedObject(process, table, id).setOwner(owner, mode, table.now);
      return 0;
    }
    case IPC_RMID:
      sharedMemory.remove(ownedObject(process, table, id));
      return 0;
    case SHM_LOCK:
    case SHM_UNLOCK:
      return lock(process, table.get(id), command === SHM_LOCK);
    default:
      return fail('EINVAL');
  }
}

export const sharedMemoryCalls: SyscallHandlers = {
  shmget: (process, [key, size, flags]) => get(process, key | 0, unsigned(size), flags | 0),
  shmat: (process, [id, address, flags]) => attach(process, id | 0, address, flags | 0),
  shmdt: (process, [address]) => detach(process, address),
  shmctl: (process, [id, command, address]) => control(process, id | 0, command | 0, address),
};
