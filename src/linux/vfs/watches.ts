/**
 * Who watches which files, and what is told when something happens to them (fs/notify, inotify(7)). What the guest does is
 * seen; what programs of the host do to a mounted folder is not, and neither are stores to mapped files, as in Linux.
 */
import type { FileSystem, Inode, Location } from './types.ts';

export const IN = {
  ACCESS: 0x1,
  MODIFY: 0x2,
  ATTRIB: 0x4,
  CLOSE_WRITE: 0x8,
  CLOSE_NOWRITE: 0x10,
  OPEN: 0x20,
  MOVED_FROM: 0x40,
  MOVED_TO: 0x80,
  CREATE: 0x100,
  DELETE: 0x200,
  DELETE_SELF: 0x400,
  MOVE_SELF: 0x800,
  Q_OVERFLOW: 0x4000,
  IGNORED: 0x8000,
  ISDIR: 0x40000000,
} as const;

export interface FileEvent {
  /** One bit of `IN`, perhaps with `IN.ISDIR`. */
  readonly mask: number;
  /** Joins the two events of a rename; else 0. */
  readonly cookie: number;
  /** The entry of a watched directory; empty where the watched file itself is meant. */
  readonly name: string;
  /** Whether the file has no name any more. */
  readonly unlinked: boolean;
}

export interface Watcher {
  report(event: FileEvent): void;
  /** The file is gone: nothing more will be reported. */
  ended(): void;
}

interface WatchedFile {
  readonly watchers: Set<Watcher>;
  /** Descriptions, which keep a file without a name alive. */
  open: number;
  unlinked: boolean;
}

/** Where a renamed entry was or is. */
export interface EntryName {
  readonly directory: Inode;
  readonly name: string;
}

const isDirectory = ({ kind }: Inode): boolean => kind === 'directory';

/** Of one `Vfs`. A file is known by its file system and number: inodes of host folders are made anew by each lookup. */
export class FileWatches {
  /** inotify instances there are. */
  instances = 0;
  readonly #files = new Map<FileSystem, Map<number, WatchedFile>>();
  #watchers = 0;
  #lastCookie = 0;

  /** Whether anybody watches anything. */
  get active(): boolean {
    return this.#watchers > 0;
  }

  get count(): number {
    return this.#watchers;
  }

  add(inode: Inode, watcher: Watcher): void {
    this.#fileOf(inode).watchers.add(watcher);
    this.#watchers++;
  }

  remove(inode: Inode, watcher: Watcher): void {
    const file = this.#find(inode);
    if (file?.watchers.delete(watcher) !== true) return;
    this.#watchers--;
    this.#forgetUnused(inode, file);
  }

  /** A description of the file was made. */
  opened(inode: Inode): void {
    this.#fileOf(inode).open++;
  }

  /** The last reference to a description is gone. */
  closed(inode: Inode): void {
    const file = this.#find(inode);
    if (file === undefined) return;
    file.open--;
    if (file.unlinked && file.open === 0) this.#end(inode, file);
    this.#forgetUnused(inode, file);
  }

  /** Something was done to an existing file: told to those who watch it and its directory. */
  at({ dentry }: Location, bit: number): void {
    if (!this.active) return;
    const { inode, parent, name } = dentry;
    const unlinked = this.#find(inode)?.unlinked ?? false;
    if (parent !== undefined) this.#report(parent.inode, { ...eventOf(inode, bit, name), unlinked });
    this.self(inode, bit);
  }

  /** Something was done to the file, by whatever name. */
  self(inode: Inode, bit: number): void {
    if (this.active) this.#report(inode, eventOf(inode, bit));
  }

  created(directory: Inode, name: string, inode: Inode): void {
    if (this.active) this.#report(directory, eventOf(inode, IN.CREATE, name));
  }

  /** `lastName`: it has no other. */
  removed(directory: Inode, name: string, inode: Inode, lastName: boolean): void {
    if (!this.active) return;
    if (!isDirectory(inode)) this.self(inode, IN.ATTRIB);
    if (lastName) this.vanished(inode);
    this.#report(directory, eventOf(inode, IN.DELETE, name));
  }

  /** The last name is gone. What is still open goes with its last description. */
  vanished(inode: Inode): void {
    const file = this.#find(inode);
    if (file === undefined) return;
    file.unlinked = true;
    if (file.open === 0 || isDirectory(inode)) this.#end(inode, file);
  }

  moved(inode: Inode, from: EntryName, to: EntryName): void {
    const cookie = ++this.#lastCookie;
    this.#report(from.directory, { ...eventOf(inode, IN.MOVED_FROM, from.name), cookie });
    this.#report(to.directory, { ...eventOf(inode, IN.MOVED_TO, to.name), cookie });
  }

  #report(inode: Inode, event: FileEvent): void {
    for (const watcher of this.watchersOf(inode)) watcher.report(event);
  }

  watchersOf(inode: Inode): readonly Watcher[] {
    return [...(this.#find(inode)?.watchers ?? [])];
  }

  /** The watches of a file end with it. */
  #end(inode: Inode, file: WatchedFile): void {
    this.self(inode, IN.DELETE_SELF);
    for (const watcher of [...file.watchers]) {
      this.remove(inode, watcher);
      watcher.ended();
    }
  }

  #find({ fs, ino }: Inode): WatchedFile | undefined {
    return this.#files.get(fs)?.get(ino);
  }

  #fileOf({ fs, ino }: Inode): WatchedFile {
    let files = this.#files.get(fs);
    if (files === undefined) this.#files.set(fs, (files = new Map<number, WatchedFile>()));
    let file = files.get(ino);
    if (file === undefined) files.set(ino, (file = { watchers: new Set<Watcher>(), open: 0, unlinked: false }));
    return file;
  }

  #forgetUnused({ fs, ino }: Inode, { open, watchers }: WatchedFile): void {
    if (open === 0 && watchers.size === 0) this.#files.get(fs)?.delete(ino);
  }
}

function eventOf(inode: Inode, bit: number, name = ''): FileEvent {
  return { mask: bit | (isDirectory(inode) ? IN.ISDIR : 0), cookie: 0, name, unlinked: false };
}
