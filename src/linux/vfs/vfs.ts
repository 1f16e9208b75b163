import { CAP } from '../capabilities.ts';
import { fail } from '../errno.ts';
import * as attributes from './attributes.ts';
import * as extended from './extended-attributes.ts';
import type { AttributeTarget, TimeChange } from './attributes.ts';
import {
  FILE_TYPE,
  O_ACCMODE,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_NOATIME,
  O_NOFOLLOW,
  O_PATH,
  O_RDONLY,
  O_TMPFILE_BIT,
  O_TRUNC,
  RENAME_EXCHANGE,
  RENAME_NOREPLACE,
  R_OK,
  S_IFMT,
  W_OK,
} from './constants.ts';
import { DentryNode, isDirectoryPlace, MountNode, placeOf } from './dentry.ts';
import type { MountOptions, Place } from './dentry.ts';
import type { FsEnvironment } from './environment.ts';
import { FileDescription } from './file-description.ts';
import { MountTable, pathOf } from './mount-table.ts';
import type { MountRow } from './mount-table.ts';
import { DirectoryOpenFile, PathOnlyFile } from './open-file.ts';
import {
  hasCapability,
  isAllowed,
  maskOfAccessMode,
  requireAccess,
  requireDeletion,
  requireEntryChange,
} from './permissions.ts';
import type {
  Credentials,
  FileSystem,
  FileSystemStatistics,
  FsContext,
  Inode,
  Location,
  NewAttributes,
  OpenFile,
} from './types.ts';
import { samePlace, walkPath } from './walk.ts';
import { FileWatches, IN, type EntryName } from './watches.ts';
import type { Restrictions, Walk } from './walk.ts';
import { Writers } from './writers.ts';

export interface ResolveOptions {
  /** Where a relative path starts (the directory of an `*at` call); the working directory when absent. */
  readonly start?: Location | undefined;
  /** Whether a symbolic link at the end is followed; default true. */
  readonly followLast?: boolean;
  /** An empty path means the start itself (AT_EMPTY_PATH). */
  readonly emptyPath?: boolean;
}

const PATH_FLAGS = O_PATH | O_DIRECTORY | O_NOFOLLOW;
/** Flags of open(2) that act once and are not kept in the description. */
const CREATION_FLAGS = O_CREAT | O_EXCL | O_TRUNC | O_NOFOLLOW;

/** The tree of files that a guest sees, and everything it can do by path. Errors: `LinuxError`. */
export class Vfs {
  readonly environment: FsEnvironment;
  /** Root of the tree: `root` and `cwd` of the first process. */
  readonly root: Location;
  /** Told of what is done by path and through descriptions. */
  readonly watches = new FileWatches();
  readonly writers = new Writers();
  /** Whether a process runs the program in a file, which nobody may write then. Told by who knows the processes. */
  isExecuted: (inode: Inode) => boolean = () => false;
  readonly #table: MountTable;

  constructor(environment: FsEnvironment, root: FileSystem, options: MountOptions = {}) {
    this.environment = environment;
    this.#table = new MountTable(root, options);
    this.root = this.#table.root;
  }

  // Mounts

  mount(fs: FileSystem, at: Location, options: MountOptions = {}): void {
    this.#table.mount(fs, this.#table.cross(placeOf(at)), options);
  }

  unmount(location: Location): void {
    this.#table.unmount(placeOf(location));
  }

  mounts(): MountRow[] {
    return this.#table.rows();
  }

  // Paths

  /** Where `path` leads. `ENOENT` when nothing is there. */
  resolve(context: FsContext, path: string, options: ResolveOptions = {}): Location {
    if (path === '') {
      if (options.emptyPath !== true) fail('ENOENT');
      return options.start ?? context.cwd;
    }
    return this.#walk(context, path, options.start, options.followLast ?? true, true).found ?? fail('ENOENT');
  }

  /** The path of a location as seen from `root` (getcwd, `/proc/<pid>/exe` ...). */
  pathOf(location: Location, root: Location = this.root): string {
    return pathOf(placeOf(location), placeOf(root));
  }

  #walk(
    context: FsContext,
    path: string,
    start: Location | undefined,
    followLast: boolean,
    followBeforeSlash: boolean,
    restrictions?: Restrictions,
  ): Walk {
    return walkPath(this.#table, context, path, {
      start: placeOf(start ?? context.cwd),
      root: placeOf(context.root),
      followLast,
      followBeforeSlash,
      restrictions,
    });
  }

  /** For what makes or removes an entry: the last component is never followed. */
  #walkToEntry(context: FsContext, path: string, start: Location | undefined): Walk {
    if (path === '') fail('ENOENT');
    return this.#walk(context, path, start, false, false);
  }

  // Opening

  /** open(2). O_CLOEXEC is the caller's: it belongs to the descriptor, not to the description. */
  open(
    context: FsContext,
    path: string,
    flags: number,
    mode = 0,
    start?: Location,
    restrictions?: Restrictions,
  ): FileDescription {
    if (path === '') fail('ENOENT');
    if ((flags & O_TMPFILE_BIT) !== 0 && (flags & O_PATH) === 0)
      return this.#openUnnamed(context, path, flags, mode, start, restrictions);
    const pathOnly = (flags & O_PATH) !== 0;
    const effective = pathOnly ? flags & PATH_FLAGS : flags;
    const exclusive = (effective & O_CREAT) !== 0 && (effective & O_EXCL) !== 0;
    const follow = (effective & O_NOFOLLOW) === 0 && !exclusive;
    const walk = this.#walk(context, path, start, follow, (effective & O_CREAT) === 0, restrictions);
    const { found } = walk;
    if (found === undefined) return this.#openNew(context, walk, effective, mode);
    if (exclusive) fail('EEXIST');
    return this.#openFound(context, found, effective, walk.trailingSlash);
  }

  #openNew(context: FsContext, walk: Walk, flags: number, mode: number): FileDescription {
    if ((flags & O_CREAT) === 0) fail('ENOENT');
    if (walk.trailingSlash) fail('EISDIR');
    if ((flags & O_DIRECTORY) !== 0) fail('EINVAL');
    const attributes = this.#prepareNew(context, walk, mode);
    const { mount, dentry } = walk.parent;
    const inode = dentry.inode.create(walk.name, attributes);
    const location = { mount, dentry: dentry.child(walk.name, inode) };
    this.watches.created(dentry.inode, walk.name, inode);
    const description = this.#describe(inode.open(flags, context), location, flags);
    description.created = true;
    return description;
  }

  /** O_TMPFILE: a file in the file system of a directory, without a name. */
  #openUnnamed(
    context: FsContext,
    path: string,
    flags: number,
    mode: number,
    start: Location | undefined,
    restrictions: Restrictions | undefined,
  ): FileDescription {
    if ((flags & O_DIRECTORY) === 0 || (flags & O_CREAT) !== 0 || (flags & O_ACCMODE) === O_RDONLY) fail('EINVAL');
    const follow = (flags & O_NOFOLLOW) === 0;
    const place = this.#walk(context, path, start, follow, true, restrictions).found ?? fail('ENOENT');
    if (!isDirectoryPlace(place)) return fail('ENOTDIR');
    requireWritable(place);
    const directory = place.dentry.inode;
    requireEntryChange(directory, context.credentials);
    const prepared = attributes.newAttributes(context, directory, mode);
    const inode = directory.createUnnamed?.(prepared, (flags & O_EXCL) === 0) ?? fail('EOPNOTSUPP');
    const dentry = place.dentry.child(`#${String(inode.ino)}`, inode);
    return this.#describe(inode.open(flags, context), { mount: place.mount, dentry }, flags & ~O_DIRECTORY);
  }

  #describe(file: OpenFile, place: Place, flags: number): FileDescription {
    const description = new FileDescription(file, place, flags & ~CREATION_FLAGS, this.watches);
    if (file.inode.kind === 'file' && description.writable) description.onClose(this.writers.add(file.inode));
    this.watches.at(place, IN.OPEN);
    return description;
  }

  /** Opens what is already resolved: open(2) of an existing file, `/proc/self/fd`, execve. */
  openLocation(context: FsContext, location: Location, flags: number): FileDescription {
    return this.#openFound(context, placeOf(location), flags, false);
  }

  #openFound(context: FsContext, place: Place, flags: number, trailingSlash: boolean): FileDescription {
    const { inode } = place.dentry;
    if (inode.kind !== 'directory' && ((flags & O_DIRECTORY) !== 0 || trailingSlash)) fail('ENOTDIR');
    if ((flags & O_PATH) !== 0) return new FileDescription(new PathOnlyFile(inode), place, flags);
    return this.#describe(this.#openInode(context, place, flags), place, flags);
  }

  #openInode(context: FsContext, place: Place, flags: number): OpenFile {
    const { inode } = place.dentry;
    const wantsWrite = (flags & O_ACCMODE) !== O_RDONLY || (flags & O_TRUNC) !== 0;
    switch (inode.kind) {
      case 'symlink':
        return fail('ELOOP');
      case 'socket':
        return fail('ENXIO');
      case 'directory':
        if (wantsWrite || (flags & O_CREAT) !== 0) fail('EISDIR');
        requireAccess(inode, context.credentials, R_OK);
        return new DirectoryOpenFile(inode);
      case 'file': {
        this.#requireOpenAccess(context, inode, flags);
        if (wantsWrite) {
          requireWritable(place);
          if (this.isExecuted(inode)) fail('ETXTBSY');
        }
        const file = inode.open(flags, context);
        if ((flags & O_TRUNC) !== 0) {
          inode.truncate(0, hasCapability(context.credentials, CAP.FSETID));
          this.watches.at(place, IN.MODIFY);
        }
        return file;
      }
      case 'char':
      case 'block':
      case 'fifo':
        this.#requireOpenAccess(context, inode, flags);
        return inode.open(flags, context);
    }
  }

  #requireOpenAccess(context: FsContext, inode: Inode, flags: number): void {
    const mask = maskOfAccessMode(flags & O_ACCMODE) | ((flags & O_TRUNC) === 0 ? 0 : W_OK);
    requireAccess(inode, context.credentials, mask);
    // Not to be seen reading is for owners (may_open in fs/namei.c).
    const { uid } = context.credentials;
    if ((flags & O_NOATIME) !== 0 && !hasCapability(context.credentials, CAP.FOWNER) && inode.stat().uid !== uid)
      fail('EPERM');
  }

  /** A description of a file without a name: `label` is what `/proc/self/fd` shows, `pipe:[3]` for example. */
  anonymous(file: OpenFile, label: string, flags: number): FileDescription {
    const dentry = new DentryNode(file.inode, label, undefined);
    const mount = this.#anonymousMount(file.inode.fs);
    return new FileDescription(file, { mount, dentry }, flags);
  }

  readonly #anonymousMounts = new Map<FileSystem, MountNode>();

  #anonymousMount(fs: FileSystem): MountNode {
    let mount = this.#anonymousMounts.get(fs);
    if (mount === undefined) {
      mount = new MountNode(fs, undefined);
      this.#anonymousMounts.set(fs, mount);
    }
    return mount;
  }

  // Making entries

  /** Checks that `walk` ends where something new can be made; the attributes that it gets. */
  #prepareNew(context: FsContext, walk: Walk, mode: number): NewAttributes {
    const { parent } = walk;
    if (parent.dentry.removed) fail('ENOENT');
    requireWritable(parent);
    requireEntryChange(parent.dentry.inode, context.credentials);
    return attributes.newAttributes(context, parent.dentry.inode, mode);
  }

  #newEntry(context: FsContext, path: string, start: Location | undefined, directory: boolean): Walk {
    const walk = this.#walkToEntry(context, path, start);
    if (walk.found !== undefined) fail('EEXIST');
    if (walk.trailingSlash && !directory) fail('ENOENT');
    return walk;
  }

  mkdir(context: FsContext, path: string, mode: number, start?: Location): void {
    const walk = this.#newEntry(context, path, start, true);
    const prepared = this.#prepareNew(context, walk, mode & 0o1777);
    const directory = walk.parent.dentry.inode;
    const made = directory.mkdir(walk.name, attributes.inheritSetgid(directory, prepared));
    this.watches.created(directory, walk.name, made);
  }

  /** `mode` holds the file type as well, as in mknod(2); no type means a regular file. */
  mknod(context: FsContext, path: string, mode: number, rdev: number, start?: Location): void {
    const kind = kindOfMode(mode);
    if ((kind === 'char' || kind === 'block') && !hasCapability(context.credentials, CAP.MKNOD)) fail('EPERM');
    const walk = this.#newEntry(context, path, start, false);
    const prepared = this.#prepareNew(context, walk, mode & 0o7777);
    const directory = walk.parent.dentry.inode;
    const made =
      kind === 'file' ? directory.create(walk.name, prepared) : directory.mknod(walk.name, kind, rdev, prepared);
    if (made.kind === 'file') made.open(O_RDONLY, context).close();
    this.watches.created(directory, walk.name, made);
  }

  symlink(context: FsContext, target: string, path: string, start?: Location): void {
    if (target === '') fail('ENOENT');
    const walk = this.#newEntry(context, path, start, false);
    const { uid, gid } = this.#prepareNew(context, walk, 0o777);
    const directory = walk.parent.dentry.inode;
    this.watches.created(directory, walk.name, directory.symlink(walk.name, target, { uid, gid }));
  }

  /** Makes `path` another name of the file at `source`. */
  link(context: FsContext, source: Location, path: string, start?: Location): void {
    const walk = this.#newEntry(context, path, start, false);
    const from = placeOf(source);
    if (from.mount !== walk.parent.mount) fail('EXDEV');
    if (from.dentry.inode.kind === 'directory') fail('EPERM');
    this.#prepareNew(context, walk, 0);
    walk.parent.dentry.inode.link(walk.name, from.dentry.inode);
    this.watches.self(from.dentry.inode, IN.ATTRIB);
    this.watches.created(walk.parent.dentry.inode, walk.name, from.dentry.inode);
  }

  // Removing and renaming

  unlink(context: FsContext, path: string, start?: Location): void {
    const walk = this.#walkToEntry(context, path, start);
    if (!walk.named) fail('EISDIR');
    const victim = walk.found ?? fail('ENOENT');
    if (victim.dentry.inode.kind === 'directory') fail('EISDIR');
    if (walk.trailingSlash) fail('ENOTDIR');
    requireWritable(walk.parent);
    requireDeletion(walk.parent.dentry.inode, victim.dentry.inode, context.credentials);
    const lastName = this.#isLastName(victim);
    walk.parent.dentry.inode.unlink(walk.name);
    this.watches.removed(walk.parent.dentry.inode, walk.name, victim.dentry.inode, lastName);
  }

  /** Whether a file will have no name left; asked before, as files of the host have no status without one. */
  #isLastName({ dentry }: Place): boolean {
    return this.watches.active && dentry.inode.stat().nlink <= 1;
  }

  rmdir(context: FsContext, path: string, start?: Location): void {
    const walk = this.#walkToEntry(context, path, start);
    if (!walk.named) return failRemovingDots(path);
    const victim = walk.found ?? fail('ENOENT');
    if (victim.dentry.inode.kind !== 'directory') fail('ENOTDIR');
    requireWritable(walk.parent);
    if (victim.mount !== walk.parent.mount) fail('EBUSY');
    requireDeletion(walk.parent.dentry.inode, victim.dentry.inode, context.credentials);
    walk.parent.dentry.inode.rmdir(walk.name);
    walk.parent.dentry.forget(walk.name);
    this.watches.removed(walk.parent.dentry.inode, walk.name, victim.dentry.inode, true);
  }

  /** renameat2(2). */
  rename(
    context: FsContext,
    oldPath: string,
    newPath: string,
    flags = 0,
    oldStart?: Location,
    newStart?: Location,
  ): void {
    if ((flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE)) !== 0) fail('EINVAL');
    if (flags === (RENAME_NOREPLACE | RENAME_EXCHANGE)) fail('EINVAL');
    const from = this.#walkToEntry(context, oldPath, oldStart);
    const to = this.#walkToEntry(context, newPath, newStart);
    if (from.parent.mount !== to.parent.mount) fail('EXDEV');
    if (!from.named || !to.named) fail('EBUSY');
    const source = from.found ?? fail('ENOENT');
    this.#checkRename(context, from, to, source, flags);
    if (to.found !== undefined && sameFile(source.dentry.inode, to.found.dentry.inode)) return;
    const exchange = (flags & RENAME_EXCHANGE) !== 0;
    const replaced = exchange ? undefined : to.found;
    const lastName = replaced !== undefined && (isDirectoryPlace(replaced) || this.#isLastName(replaced));
    from.parent.dentry.inode.rename(from.name, to.parent.dentry.inode, to.name, flags);
    from.parent.dentry.moveChild(from.name, to.parent.dentry, to.name, exchange);
    if (!this.watches.active) return;
    this.#reportMove(source.dentry.inode, from, to, replaced?.dentry.inode);
    if (replaced !== undefined && lastName) this.watches.vanished(replaced.dentry.inode);
    if (exchange && to.found !== undefined) this.#reportMove(to.found.dentry.inode, to, from);
  }

  #reportMove(inode: Inode, from: Walk, to: Walk, replaced?: Inode): void {
    const end = ({ parent, name }: Walk): EntryName => ({ directory: parent.dentry.inode, name });
    this.watches.moved(inode, end(from), end(to));
    if (replaced !== undefined) this.watches.self(replaced, IN.ATTRIB);
    this.watches.self(inode, IN.MOVE_SELF);
  }

  #checkRename(context: FsContext, from: Walk, to: Walk, source: Place, flags: number): void {
    const target = to.found;
    const exchange = (flags & RENAME_EXCHANGE) !== 0;
    if (exchange && target === undefined) fail('ENOENT');
    if ((flags & RENAME_NOREPLACE) !== 0 && target !== undefined) fail('EEXIST');
    if (source.mount !== from.parent.mount || (target !== undefined && target.mount !== to.parent.mount)) fail('EBUSY');
    if (source.dentry.isAncestorOf(to.parent.dentry)) fail('EINVAL');
    if (target?.dentry.isAncestorOf(from.parent.dentry) === true) fail(exchange ? 'EINVAL' : 'ENOTEMPTY');
    const directory = source.dentry.inode.kind === 'directory';
    if (!directory && (from.trailingSlash || (to.trailingSlash && !exchange))) fail('ENOTDIR');
    if (to.parent.dentry.removed) fail('ENOENT');
    requireWritable(from.parent);
    requireDeletion(from.parent.dentry.inode, source.dentry.inode, context.credentials);
    if (target === undefined) requireEntryChange(to.parent.dentry.inode, context.credentials);
    else requireDeletion(to.parent.dentry.inode, target.dentry.inode, context.credentials);
    // A directory that changes its parent has its `..` rewritten.
    const moves = !samePlace(from.parent, to.parent);
    if (directory && moves) requireAccess(source.dentry.inode, context.credentials, W_OK);
  }

  // Looking and changing

  readlink(context: FsContext, location: Location): string {
    const { inode } = location.dentry;
    return inode.kind === 'symlink' ? inode.readlink(context) : fail('EINVAL');
  }

  /** access(2) with the ids given (the real ones) instead of the context's. `mask` 0 asks for existence only. */
  access(location: Location, mask: number, credentials: Credentials): void {
    const { inode } = location.dentry;
    if ((mask & W_OK) !== 0 && inode.kind !== 'char' && inode.kind !== 'fifo') requireWritable(location);
    if (mask !== 0 && !isAllowed(inode.stat(), credentials, mask)) fail('EACCES');
  }

  truncate(context: FsContext, location: Location, size: number): void {
    const { inode } = location.dentry;
    if (size < 0) fail('EINVAL');
    if (inode.kind === 'directory') fail('EISDIR');
    if (inode.kind !== 'file') fail('EINVAL');
    requireWritable(location);
    requireAccess(inode, context.credentials, W_OK);
    if (this.isExecuted(inode)) fail('ETXTBSY');
    inode.truncate(size, hasCapability(context.credentials, CAP.FSETID));
    this.watches.at(location, IN.MODIFY);
  }

  changeMode(context: FsContext, target: AttributeTarget, mode: number): void {
    requireWritable(attributes.locationOf(target));
    attributes.changeMode(context, target, mode);
    this.watches.at(attributes.locationOf(target), IN.ATTRIB);
  }

  /** `undefined` keeps an id (-1 in chown(2)). */
  changeOwner(context: FsContext, target: AttributeTarget, uid: number | undefined, gid: number | undefined): void {
    requireWritable(attributes.locationOf(target));
    attributes.changeOwner(context, target, uid, gid);
    if (uid !== undefined || gid !== undefined) this.watches.at(attributes.locationOf(target), IN.ATTRIB);
  }

  /** utimensat(2): a time, `'now'`, or `undefined` to keep (UTIME_OMIT). */
  changeTimes(context: FsContext, target: AttributeTarget, atime: TimeChange, mtime: TimeChange): void {
    requireWritable(attributes.locationOf(target));
    attributes.changeTimes(context, target, atime, mtime, () => this.environment.clock.realtime());
    // Reading and writing change one of them each, and are told as such (fsnotify_change).
    const both = atime !== undefined && mtime !== undefined;
    const alone = atime === undefined ? IN.MODIFY : IN.ACCESS;
    this.watches.at(attributes.locationOf(target), both ? IN.ATTRIB : alone);
  }

  getAttribute(context: FsContext, { dentry }: Location, name: string): Uint8Array {
    return extended.getAttribute(dentry.inode, name, context.credentials);
  }

  listAttributes(context: FsContext, { dentry }: Location): Uint8Array {
    return extended.listAttributes(dentry.inode, context.credentials);
  }

  /** `flags`: XATTR_CREATE, XATTR_REPLACE. */
  setAttribute(context: FsContext, location: Location, name: string, value: Uint8Array, flags: number): void {
    requireWritable(location);
    extended.setAttribute(location.dentry.inode, name, value, flags, context.credentials);
    this.watches.at(location, IN.ATTRIB);
  }

  removeAttribute(context: FsContext, location: Location, name: string): void {
    requireWritable(location);
    extended.removeAttribute(location.dentry.inode, name, context.credentials);
    this.watches.at(location, IN.ATTRIB);
  }

  statistics(location: Location): FileSystemStatistics {
    return location.mount.fs.statistics();
  }
}

function requireWritable(location: Location): void {
  if (location.mount.readOnly || location.mount.fs.readOnly) fail('EROFS');
}

function sameFile(a: Inode, b: Inode): boolean {
  return a.fs === b.fs && a.ino === b.ino;
}

function failRemovingDots(path: string): never {
  const last = /([^/]*)\/*$/.exec(path)?.[1];
  if (last === '.') fail('EINVAL');
  return fail(last === '..' ? 'ENOTEMPTY' : 'EBUSY');
}

function kindOfMode(mode: number): 'file' | 'char' | 'block' | 'fifo' | 'socket' {
  const type = mode & S_IFMT;
  if (type === 0) return 'file';
  for (const kind of ['file', 'char', 'block', 'fifo', 'socket'] as const) if (FILE_TYPE[kind] === type) return kind;
  return fail(type === FILE_TYPE.directory ? 'EPERM' : 'EINVAL');
}
