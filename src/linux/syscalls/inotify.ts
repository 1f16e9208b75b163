/** inotify(7): a queue of what happened to watched files. */
import type { Cancel } from '../../platform/types.ts';
import { encodeName } from '../../common/file-name.ts';
import { fail } from '../errno.ts';
import type { Process } from '../process/process.ts';
import type { SyscallHandlers } from '../process/syscall-table.ts';
import { O_CLOEXEC, O_NONBLOCK, O_RDONLY, POLLIN, POLLRDNORM, R_OK } from '../vfs/constants.ts';
import { Notifier } from '../vfs/notifier.ts';
import { BaseOpenFile } from '../vfs/open-file.ts';
import { requireAccess } from '../vfs/permissions.ts';
import type { Inode, IoctlArgument, SpecialInode } from '../vfs/types.ts';
import { IN, type FileEvent, type FileWatches, type Watcher } from '../vfs/watches.ts';
import { anonymousInode } from './anonymous.ts';
import { AT_FDCWD, AT_SYMLINK_NOFOLLOW, locate } from './support.ts';

const IN_ALL_EVENTS = 0xfff;
const IN_ONLYDIR = 0x01000000;
const IN_DONT_FOLLOW = 0x02000000;
const IN_EXCL_UNLINK = 0x04000000;
const IN_MASK_CREATE = 0x10000000;
const IN_MASK_ADD = 0x20000000;
const IN_ONESHOT = 0x80000000;
const KNOWN_FLAGS =
  IN_ALL_EVENTS | IN_ONLYDIR | IN_DONT_FOLLOW | IN_EXCL_UNLINK | IN_MASK_CREATE | IN_MASK_ADD | IN_ONESHOT;

/** struct inotify_event without its name: wd, mask, cookie, len. */
const HEADER = 16;
const FIONREAD = 0x541b;

/** Linux's defaults for /proc/sys/fs/inotify; watches are bounded by memory there. */
const MAX_QUEUED_EVENTS = 16384;
const MAX_INSTANCES = 128;
const MAX_WATCHES = 65536;

interface QueuedEvent {
  readonly wd: number;
  readonly mask: number;
  readonly cookie: number;
  readonly name: Uint8Array;
}

class Watch implements Watcher {
  readonly wd: number;
  readonly inode: Inode;
  mask: number;
  readonly #file: InotifyFile;

  constructor(file: InotifyFile, wd: number, inode: Inode, mask: number) {
    this.#file = file;
    this.wd = wd;
    this.inode = inode;
    this.mask = mask;
  }

  report({ mask, cookie, name, unlinked }: FileEvent): void {
    if ((mask & this.mask & IN_ALL_EVENTS) === 0) return;
    if (unlinked && name !== '' && (this.mask & IN_EXCL_UNLINK) !== 0) return;
    // Watched directories are never told that they are directories (inotify_fsnotify.c).
    const shown = (mask & (IN.DELETE_SELF | IN.MOVE_SELF)) === 0 ? mask : mask & ~IN.ISDIR;
    this.#file.queue({ wd: this.wd, mask: shown, cookie, name: name === '' ? noName : padded(name) });
    if ((this.mask & IN_ONESHOT) !== 0) this.#file.remove(this);
  }

  ended(): void {
    this.#file.forget(this);
  }
}

const noName = new Uint8Array();

/** NUL-terminated, and as long as a multiple of the header. */
function padded(name: string): Uint8Array {
  const bytes = encodeName(name);
  const result = new Uint8Array(Math.ceil((bytes.length + 1) / HEADER) * HEADER);
  result.set(bytes);
  return result;
}

export class InotifyFile extends BaseOpenFile {
  override readonly inode: SpecialInode;
  readonly #watches: FileWatches;
  readonly #byNumber = new Map<number, Watch>();
  readonly #changes = new Notifier();
  #events: QueuedEvent[] = [];
  #lastNumber = 0;

  constructor(inode: SpecialInode, watches: FileWatches) {
    super();
    this.inode = inode;
    this.#watches = watches;
    watches.instances++;
  }

  /** inotify_add_watch(2): the number of the file's only watch. */
  watch(inode: Inode, flags: number): number {
    const mask = flags & (IN_ALL_EVENTS | IN_EXCL_UNLINK | IN_ONESHOT);
    const known = this.#watchOf(inode);
    if (known !== undefined) {
      if ((flags & IN_MASK_CREATE) !== 0) fail('EEXIST');
      known.mask = (flags & IN_MASK_ADD) === 0 ? mask : known.mask | mask;
      return known.wd;
    }
    if (this.#watches.count >= MAX_WATCHES) fail('ENOSPC');
    const watch = new Watch(this, ++this.#lastNumber, inode, mask);
    this.#byNumber.set(watch.wd, watch);
    this.#watches.add(inode, watch);
    return watch.wd;
  }

  #watchOf(inode: Inode): Watch | undefined {
    for (const watcher of this.#watches.watchersOf(inode))
      if (watcher instanceof Watch && this.#byNumber.get(watcher.wd) === watcher) return watcher;
    return undefined;
  }

  /** inotify_rm_watch(2). */
  removeNumber(wd: number): void {
    this.remove(this.#byNumber.get(wd) ?? fail('EINVAL'));
  }

  remove(watch: Watch): void {
    this.#watches.remove(watch.inode, watch);
    this.forget(watch);
  }

  /** `watch` ended: that is told, too. */
  forget(watch: Watch): void {
    this.#byNumber.delete(watch.wd);
    this.queue({ wd: watch.wd, mask: IN.IGNORED, cookie: 0, name: noName });
  }

  queue(event: QueuedEvent): void {
    const last = this.#events.at(-1);
    if (last !== undefined && sameEvent(last, event)) return;
    if (this.#events.length < MAX_QUEUED_EVENTS) this.#events.push(event);
    else if (last?.mask !== IN.Q_OVERFLOW) this.#events.push({ wd: -1, mask: IN.Q_OVERFLOW, cookie: 0, name: noName });
    this.#changes.notify();
  }

  /** As many whole events as there is room for. */
  override readAt(buffer: Uint8Array): number {
    if (this.#events.length === 0) fail('EAGAIN');
    const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
    let used = 0;
    let taken = 0;
    for (const { wd, mask, cookie, name } of this.#events) {
      if (used + HEADER + name.length > buffer.length) break;
      view.setInt32(used, wd, true);
      view.setUint32(used + 4, mask, true);
      view.setUint32(used + 8, cookie, true);
      view.setUint32(used + 12, name.length, true);
      buffer.set(name, used + HEADER);
      used += HEADER + name.length;
      taken++;
    }
    if (taken === 0) fail('EINVAL');
    this.#events = this.#events.slice(taken);
    return used;
  }

  override ioctl(request: number, argument: IoctlArgument): number {
    if (request !== FIONREAD) return fail('ENOTTY');
    const length = new Uint8Array(4);
    const bytes = this.#events.reduce((sum, { name }) => sum + HEADER + name.length, 0);
    new DataView(length.buffer).setUint32(0, bytes, true);
    argument.write(length);
    return 0;
  }

  override readiness(): number {
    return this.#events.length > 0 ? POLLIN | POLLRDNORM : 0;
  }

  override onReady(listener: () => void): Cancel {
    return this.#changes.subscribe(listener);
  }

  override close(): void {
    for (const watch of this.#byNumber.values()) this.#watches.remove(watch.inode, watch);
    this.#byNumber.clear();
    this.#watches.instances--;
  }
}

function sameEvent(a: QueuedEvent, b: QueuedEvent): boolean {
  return (
    a.wd === b.wd &&
    a.mask === b.mask &&
    a.cookie === b.cookie &&
    a.name.length === b.name.length &&
    a.name.every((byte, index) => byte === b.name[index])
  );
}

function initialize(process: Process, flags: number): number {
  if ((flags & ~(O_CLOEXEC | O_NONBLOCK)) !== 0) fail('EINVAL');
  const { vfs, fds } = process;
  if (vfs.watches.instances >= MAX_INSTANCES) fail('EMFILE');
  const file = new InotifyFile(anonymousInode(vfs.environment), vfs.watches);
  const description = vfs.anonymous(file, 'anon_inode:inotify', O_RDONLY | (flags & O_NONBLOCK));
  return fds.install(description, (flags & O_CLOEXEC) !== 0);
}

function inotifyOf(process: Process, fd: number): InotifyFile {
  const { file } = process.fds.getFile(fd);
  return file instanceof InotifyFile ? file : fail('EINVAL');
}

function addWatch(process: Process, fd: number, path: number, flags: number): number {
  if ((flags & KNOWN_FLAGS) === 0) fail('EINVAL');
  const file = inotifyOf(process, fd);
  if ((flags & IN_MASK_ADD) !== 0 && (flags & IN_MASK_CREATE) !== 0) fail('EINVAL');
  const { inode } = locate(process, AT_FDCWD, path, (flags & IN_DONT_FOLLOW) === 0 ? 0 : AT_SYMLINK_NOFOLLOW).dentry;
  if ((flags & IN_ONLYDIR) !== 0 && inode.kind !== 'directory') fail('ENOTDIR');
  requireAccess(inode, process.credentials, R_OK);
  return file.watch(inode, flags);
}

export const inotifyCalls: SyscallHandlers = {
  inotify_init1: (process, [flags]) => initialize(process, process.abi.openFlags(flags | 0)),
  inotify_init: (process) => initialize(process, 0),
  inotify_add_watch: (process, [fd, path, flags]) => addWatch(process, fd | 0, path, flags | 0),
  inotify_rm_watch(process, [fd, wd]) {
    inotifyOf(process, fd | 0).removeNumber(wd | 0);
    return 0;
  },
};
