/** Locks on ranges of files: fcntl(2), of processes (F_SETLK) and of open file descriptions (F_OFD_SETLK). */
import { fail } from '../errno.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { Process } from '../process/process.ts';
import { Wait, type SyscallResult } from '../process/wait.ts';
import { SEEK_CUR, SEEK_END, SEEK_SET } from '../vfs/constants.ts';
import { FileDescription } from '../vfs/file-description.ts';
import { Notifier } from '../vfs/notifier.ts';

const F_RDLCK = 0;
const F_WRLCK = 1;
const F_UNLCK = 2;

export const LOCK_COMMANDS: ReadonlyMap<number, { readonly kind: 'get' | 'set' | 'wait'; readonly ofd: boolean }> =
  new Map([
    [5, { kind: 'get', ofd: false }],
    [6, { kind: 'set', ofd: false }],
    [7, { kind: 'wait', ofd: false }],
    [36, { kind: 'get', ofd: true }],
    [37, { kind: 'set', ofd: true }],
    [38, { kind: 'wait', ofd: true }],
  ]);

/** Who holds a lock: all locks of one owner are compatible. */
type Owner = Process | FileDescription;

interface RangeLock {
  readonly owner: Owner;
  /** -1 for locks of descriptions. */
  readonly pid: number;
  readonly exclusive: boolean;
  readonly start: number;
  /** Behind the last byte; Infinity for all that the file may grow to. */
  readonly end: number;
}

interface FileLocks {
  /** Those of one owner side by side, by their starts: F_GETLK tells of the first that is in the way. */
  locks: RangeLock[];
  readonly changes: Notifier;
}

const allLocks = new WeakMap<Kernel, Map<string, FileLocks>>();

function locksOf(kernel: Kernel, { file }: FileDescription): FileLocks {
  let files = allLocks.get(kernel);
  if (files === undefined) allLocks.set(kernel, (files = new Map<string, FileLocks>()));
  const key = `${String(file.inode.fs.dev)}:${String(file.inode.ino)}`;
  let locks = files.get(key);
  if (locks === undefined) files.set(key, (locks = { locks: [], changes: new Notifier() }));
  return locks;
}

function conflicting(file: FileLocks, wanted: RangeLock): RangeLock | undefined {
  return file.locks.find(
    (lock) =>
      lock.owner !== wanted.owner &&
      (lock.exclusive || wanted.exclusive) &&
      lock.start < wanted.end &&
      wanted.start < lock.end,
  );
}

/** What processes wait for. Of several threads of one the last counts. */
const waiting = new WeakMap<Process, { readonly file: FileLocks; readonly wanted: RangeLock }>();
/** fs/locks.c: longer chains are not followed. */
const MAX_DEADLOCK_CHAIN = 10;

/** Whether whoever is in the way waits, at the end of a chain, for the process that wants the lock. */
function wouldDeadlock(process: Process, file: FileLocks, wanted: RangeLock): boolean {
  let next: { readonly file: FileLocks; readonly wanted: RangeLock } | undefined = { file, wanted };
  for (let length = 0; next !== undefined && length < MAX_DEADLOCK_CHAIN; length++) {
    const owner: Owner | undefined = conflicting(next.file, next.wanted)?.owner;
    if (owner === process) return true;
    // Locks of descriptions take no part.
    next = owner === undefined || owner instanceof FileDescription ? undefined : waiting.get(owner);
  }
  return false;
}

/** Takes the range from the owner's locks; what lies beside it stays. */
function clear(file: FileLocks, owner: Owner, start: number, end: number): void {
  file.locks = file.locks.flatMap((lock) => {
    if (lock.owner !== owner || lock.end <= start || end <= lock.start) return [lock];
    const before = lock.start < start ? [{ ...lock, end: start }] : [];
    const after = end < lock.end ? [{ ...lock, start: end }] : [];
    return [...before, ...after];
  });
}

/** Adds a lock for whose range its owner has none; it becomes one with what it touches and is like it. */
function add(file: FileLocks, wanted: RangeLock): void {
  const touching = file.locks.filter(
    (lock) =>
      lock.owner === wanted.owner &&
      lock.exclusive === wanted.exclusive &&
      lock.start <= wanted.end &&
      wanted.start <= lock.end,
  );
  const start = Math.min(wanted.start, ...touching.map((lock) => lock.start));
  const end = Math.max(wanted.end, ...touching.map((lock) => lock.end));
  const others = file.locks.filter((lock) => !touching.includes(lock));
  const before = others.findLastIndex((lock) => lock.owner === wanted.owner && lock.start < start);
  const first = others.findIndex((lock) => lock.owner === wanted.owner);
  const at = before >= 0 ? before + 1 : first >= 0 ? first : others.length;
  file.locks = others.toSpliced(at, 0, { ...wanted, start, end });
}

/** struct flock of 64-bit guests: type, whence, start, length, pid. */
function readRange(
  process: Process,
  description: FileDescription,
  address: number,
): { type: number; start: number; end: number } {
  const { memory } = process;
  const type = memory.readU16(address);
  const whence = memory.readU16(address + 2);
  const length = Number(memory.readI64(address + 16));
  const bases: Readonly<Record<number, () => number>> = {
    [SEEK_SET]: () => 0,
    [SEEK_CUR]: () => description.offset,
    [SEEK_END]: () => description.file.stat().size,
  };
  const base = bases[whence] ?? fail('EINVAL');
  if (type > F_UNLCK) fail('EINVAL');
  const from = base() + Number(memory.readI64(address + 8));
  // A negative length is the range before the start.
  const start = length < 0 ? from + length : from;
  if (start < 0) fail('EINVAL');
  return { type, start, end: length === 0 ? Infinity : length < 0 ? from : from + length };
}

function tell(process: Process, address: number, lock: RangeLock | undefined): number {
  const { memory } = process;
  if (lock === undefined) {
    memory.writeU16(address, F_UNLCK);
    return 0;
  }
  memory.writeU16(address, lock.exclusive ? F_WRLCK : F_RDLCK);
  memory.writeU16(address + 2, SEEK_SET);
  memory.writeU64(address + 8, lock.start);
  memory.writeU64(address + 16, lock.end === Infinity ? 0 : lock.end - lock.start);
  memory.writeU32(address + 24, lock.pid);
  return 0;
}

/** Locks of a process end when it closes any descriptor of the file (fcntl(2)). */
function watchClosing(process: Process): void {
  const { kernel } = process;
  process.fds.onClose = (description) => {
    release(locksOf(kernel, description), process);
  };
}

function release(file: FileLocks, owner: Owner): void {
  if (!file.locks.some((lock) => lock.owner === owner)) return;
  clear(file, owner, 0, Infinity);
  file.changes.notify();
}

export function recordLock(
  process: Process,
  description: FileDescription,
  command: number,
  address: number,
): SyscallResult {
  const { kind, ofd } = LOCK_COMMANDS.get(command) ?? fail('EINVAL');
  const { type, start, end } = readRange(process, description, address);
  if (ofd && process.memory.readI32(address + 24) !== 0) fail('EINVAL');
  const file = locksOf(process.kernel, description);
  const owner = ofd ? description : process;
  const wanted: RangeLock = { owner, pid: ofd ? -1 : process.pid, exclusive: type === F_WRLCK, start, end };
  if (kind === 'get') return type === F_UNLCK ? fail('EINVAL') : tell(process, address, conflicting(file, wanted));
  if (type === F_UNLCK) {
    clear(file, owner, start, end);
    file.changes.notify();
    return 0;
  }
  if (wanted.exclusive ? !description.writable : !description.readable) fail('EBADF');
  const attempt = (): number | undefined => {
    if (conflicting(file, wanted) !== undefined) return undefined;
    if (ofd) description.onClose(() => release(file, description));
    else watchClosing(process);
    clear(file, owner, start, end);
    add(file, wanted);
    // A lock that became weaker may let others in.
    file.changes.notify();
    return 0;
  };
  const done = attempt();
  if (done !== undefined) return done;
  if (kind === 'set') return fail('EAGAIN');
  const checkDeadlock = (): undefined => {
    if (!ofd && wouldDeadlock(process, file, wanted)) fail('EDEADLK');
  };
  checkDeadlock();
  return new Wait({
    // Whoever is in the way may be another one after each change.
    attempt: () => attempt() ?? checkDeadlock(),
    subscribe: (wake) => {
      const entry = { file, wanted };
      if (!ofd) waiting.set(process, entry);
      const cancel = file.changes.subscribe(wake);
      return () => {
        if (waiting.get(process) === entry) waiting.delete(process);
        cancel();
      };
    },
    restartable: true,
  });
}
