import { fail } from '../../errno.ts';
import { RENAME_EXCHANGE } from '../constants.ts';
import type {
  DirectoryEntry,
  DirectoryInode,
  FileSystem,
  Inode,
  NewAttributes,
  Ownership,
  SpecialInode,
} from '../types.ts';
import { MemoryFile } from './file.ts';
import { TreeNode } from './inode.ts';
import { MemorySpecial, MemorySymlink } from './nodes.ts';
import type { NodeHost } from './nodes.ts';

/** An inode that lives in a tree in memory. */
export type TreeInode = Inode & TreeNode;

/**
 * What a directory does, on top of a table of entries. The table is in memory (`MemoryDirectory`) or merged from
 * two layers (`OverlayDirectory`).
 */
export abstract class TreeDirectory extends TreeNode implements DirectoryInode {
  readonly kind = 'directory';
  readonly fs: FileSystem;
  readonly #host: NodeHost;

  constructor(host: NodeHost, ino: number, attributes: NewAttributes) {
    super(host, ino, attributes);
    this.#host = host;
    this.fs = host.fs;
    this.nlink = 2;
  }

  abstract lookup(name: string): TreeInode | undefined;
  abstract list(): DirectoryEntry[];
  protected abstract isEmpty(): boolean;
  /** Puts or replaces an entry of the table; link counts and times are done here. */
  protected abstract put(name: string, inode: TreeInode): void;
  protected abstract remove(name: string): void;

  protected override size(): number {
    return 4096;
  }

  #add<T extends TreeInode>(name: string, make: () => T): T {
    if (this.nlink === 0) fail('ENOENT');
    if (this.lookup(name) !== undefined) fail('EEXIST');
    this.beforeChange();
    this.#host.nodeMade();
    const inode = make();
    this.#insert(name, inode);
    return inode;
  }

  #insert(name: string, inode: TreeInode): void {
    this.put(name, inode);
    // A count of 1 (of a host's directory, on btrfs for example) means that subdirectories are not counted.
    if (inode.kind === 'directory' && this.nlink >= 2) this.nlink++;
    this.touch();
  }

  #take(name: string, inode: TreeInode): void {
    this.remove(name);
    if (inode.kind === 'directory' && this.nlink > 2) this.nlink--;
    this.touch();
  }

  create(name: string, attributes: NewAttributes): MemoryFile {
    return this.#add(name, () => new MemoryFile(this.#host, this.#host.nextIno(), attributes));
  }

  createUnnamed(attributes: NewAttributes, linkable: boolean): MemoryFile {
    this.#host.nodeMade();
    const inode = new MemoryFile(this.#host, this.#host.nextIno(), attributes);
    inode.dropLink();
    inode.linkable = linkable;
    return inode;
  }

  mkdir(name: string, attributes: NewAttributes): DirectoryInode {
    return this.#add(name, () => this.makeDirectory(attributes));
  }

  protected abstract makeDirectory(attributes: NewAttributes): TreeDirectory;

  mknod(name: string, kind: SpecialInode['kind'], rdev: number, attributes: NewAttributes): Inode {
    return this.#add(name, () => new MemorySpecial(this.#host, this.#host.nextIno(), kind, rdev, attributes));
  }

  symlink(name: string, target: string, owner: Ownership): MemorySymlink {
    return this.#add(name, () => new MemorySymlink(this.#host, this.#host.nextIno(), target, owner));
  }

  link(name: string, inode: Inode): void {
    if (this.nlink === 0) fail('ENOENT');
    if (inode.fs !== this.fs || !(inode instanceof TreeNode)) fail('EXDEV');
    if (this.lookup(name) !== undefined) fail('EEXIST');
    // Without a name left there is nothing to link to (link(2), ENOENT).
    if (inode.nlink === 0 && !inode.linkable) fail('ENOENT');
    this.beforeChange();
    inode.addLink();
    this.#insert(name, inode);
  }

  unlink(name: string): void {
    const inode = this.lookup(name) ?? fail('ENOENT');
    if (inode.kind === 'directory') fail('EISDIR');
    this.beforeChange();
    this.#take(name, inode);
    inode.dropLink();
  }

  rmdir(name: string): void {
    const inode = this.lookup(name) ?? fail('ENOENT');
    if (!(inode instanceof TreeDirectory)) return fail('ENOTDIR');
    if (!inode.isEmpty()) fail('ENOTEMPTY');
    this.beforeChange();
    this.#take(name, inode);
    inode.#vanish();
  }

  /** An empty directory lost its name; processes may still stand in it. */
  #vanish(): void {
    this.beforeChange();
    this.nlink = 0;
    this.ctime = this.host.now();
    this.unlinked();
  }

  rename(name: string, target: DirectoryInode, newName: string, flags: number): void {
    if (!(target instanceof TreeDirectory) || target.fs !== this.fs) fail('EXDEV');
    const inode = this.lookup(name) ?? fail('ENOENT');
    const replaced = target.lookup(newName);
    if (target.nlink === 0) fail('ENOENT');
    if (replaced === inode) return;
    this.beforeChange();
    target.beforeChange();
    inode.beforeChange();
    if ((flags & RENAME_EXCHANGE) !== 0) {
      if (replaced === undefined) fail('ENOENT');
      replaced.beforeChange();
      this.#take(name, inode);
      target.#take(newName, replaced);
      this.#insert(name, replaced);
      target.#insert(newName, inode);
      replaced.ctime = this.host.now();
    } else {
      if (replaced !== undefined) target.#replace(newName, replaced, inode);
      this.#take(name, inode);
      target.#insert(newName, inode);
    }
    inode.ctime = this.host.now();
  }

  /** Makes way for `inode`. */
  #replace(name: string, replaced: TreeInode, inode: TreeInode): void {
    if (replaced instanceof TreeDirectory) {
      if (inode.kind !== 'directory') fail('EISDIR');
      if (!replaced.isEmpty()) fail('ENOTEMPTY');
    } else if (inode.kind === 'directory') fail('ENOTDIR');
    this.#take(name, replaced);
    if (replaced instanceof TreeDirectory) replaced.#vanish();
    else replaced.dropLink();
  }
}

/** A directory whose entries are all in memory, listed in the order in which they were made. */
export class MemoryDirectory extends TreeDirectory {
  readonly #nodeHost: NodeHost;
  readonly #entries = new Map<string, TreeInode>();

  constructor(host: NodeHost, ino: number, attributes: NewAttributes) {
    super(host, ino, attributes);
    this.#nodeHost = host;
  }

  lookup(name: string): TreeInode | undefined {
    return this.#entries.get(name);
  }

  list(): DirectoryEntry[] {
    return [...this.#entries].map(([name, { ino, kind }]) => ({ name, ino, kind }));
  }

  protected isEmpty(): boolean {
    return this.#entries.size === 0;
  }

  protected put(name: string, inode: TreeInode): void {
    this.#entries.set(name, inode);
  }

  protected remove(name: string): void {
    this.#entries.delete(name);
  }

  protected makeDirectory(attributes: NewAttributes): TreeDirectory {
    return new MemoryDirectory(this.#nodeHost, this.#nodeHost.nextIno(), attributes);
  }
}
