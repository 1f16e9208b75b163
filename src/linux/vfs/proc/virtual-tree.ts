/** Building blocks of file systems whose contents are computed: `/proc` and `/sys`. */
import { encodeName } from '../../../common/file-name.ts';
import { fail } from '../../errno.ts';
import { FILE_TYPE } from '../constants.ts';
import { BaseOpenFile, allowsWrite } from '../open-file.ts';
import type {
  Caller,
  DirectoryEntry,
  DirectoryInode,
  FileInode,
  FileSystem,
  Inode,
  InodeKind,
  Location,
  OpenFile,
  Ownership,
  Stat,
  SymlinkInode,
} from '../types.ts';

export interface VirtualTree extends FileSystem {
  /** The time that all files show. */
  readonly bootTime: bigint;
}

abstract class VirtualNode {
  abstract readonly kind: InodeKind;
  readonly fs: VirtualTree;
  readonly ino: number;
  readonly #mode: number;
  readonly #owner: () => Ownership;

  constructor(fs: VirtualTree, ino: number, mode: number, owner: () => Ownership = () => ({ uid: 0, gid: 0 })) {
    this.fs = fs;
    this.ino = ino;
    this.#mode = mode;
    this.#owner = owner;
  }

  stat(): Stat {
    const time = this.fs.bootTime;
    return {
      dev: this.fs.dev,
      ino: this.ino,
      mode: FILE_TYPE[this.kind] | this.#mode,
      nlink: this.kind === 'directory' ? 2 : 1,
      ...this.#owner(),
      rdev: 0,
      size: 0,
      blksize: 1024,
      blocks: 0,
      atime: time,
      mtime: time,
      ctime: time,
    };
  }

  setAttributes(): void {
    fail('EPERM');
  }
}

export type Content = string | Uint8Array;

/** A file whose bytes are computed when it is opened, and stay the same for that description. */
export class VirtualFile extends VirtualNode implements FileInode {
  readonly kind = 'file';
  readonly #content: () => Content;

  constructor(fs: VirtualTree, ino: number, content: () => Content, owner?: () => Ownership, mode = 0o444) {
    super(fs, ino, mode, owner);
    this.#content = content;
  }

  open(flags: number): OpenFile {
    if (allowsWrite(flags)) fail('EACCES');
    const content = this.#content();
    return new VirtualOpenFile(this, typeof content === 'string' ? encodeName(content) : content.slice());
  }

  truncate(): void {
    fail('EACCES');
  }
}

class VirtualOpenFile extends BaseOpenFile {
  override readonly inode: VirtualFile;
  override readonly seekable = true;
  readonly #bytes: Uint8Array;

  constructor(inode: VirtualFile, bytes: Uint8Array) {
    super();
    this.inode = inode;
    this.#bytes = bytes;
  }

  override readAt(buffer: Uint8Array, position: number): number {
    const part = this.#bytes.subarray(position, position + buffer.length);
    buffer.set(part);
    return part.length;
  }
}

export class VirtualLink extends VirtualNode implements SymlinkInode {
  readonly kind = 'symlink';
  readonly #target: (caller: Caller) => string;
  readonly jump?: (caller: Caller) => Location;

  /** `jump` makes it lead to a place, whatever the text says. */
  constructor(
    fs: VirtualTree,
    ino: number,
    target: (caller: Caller) => string,
    jump?: (caller: Caller) => Location,
    owner?: () => Ownership,
  ) {
    super(fs, ino, 0o777, owner);
    this.#target = target;
    if (jump !== undefined) this.jump = jump;
  }

  readlink(caller: Caller): string {
    return this.#target(caller);
  }
}

/** How a directory finds its entries. */
export interface VirtualEntries {
  lookup(name: string, caller: Caller): Inode | undefined;
  list(caller: Caller): DirectoryEntry[];
}

/** A directory that nobody can change. */
export class VirtualDirectory extends VirtualNode implements DirectoryInode {
  readonly kind = 'directory';
  readonly #entries: VirtualEntries;

  constructor(fs: VirtualTree, ino: number, entries: VirtualEntries, owner?: () => Ownership, mode = 0o555) {
    super(fs, ino, mode, owner);
    this.#entries = entries;
  }

  lookup(name: string, caller: Caller): Inode | undefined {
    return this.#entries.lookup(name, caller);
  }

  list(caller: Caller): DirectoryEntry[] {
    return this.#entries.list(caller);
  }

  create(): FileInode {
    return fail('EACCES');
  }

  mkdir(): DirectoryInode {
    return fail('EACCES');
  }

  mknod(): Inode {
    return fail('EACCES');
  }

  symlink(): SymlinkInode {
    return fail('EACCES');
  }

  link(): void {
    fail('EACCES');
  }

  unlink(): void {
    fail('EPERM');
  }

  rmdir(): void {
    fail('EPERM');
  }

  rename(): void {
    fail('EPERM');
  }
}

/** Entries that are always the same nodes. */
export function fixedEntries(nodes: ReadonlyMap<string, Inode>): VirtualEntries {
  return {
    lookup: (name) => nodes.get(name),
    list: () => [...nodes].map(([name, { ino, kind }]) => ({ name, ino, kind })),
  };
}

/** A tree of fixed directories: text files by path, made with ascending inode numbers. */
export function fixedTree(
  fs: VirtualTree,
  files: Readonly<Record<string, () => Content>>,
  nextIno: () => number,
): Map<string, Inode> {
  const nodes = new Map<string, Inode>();
  const below = new Map<string, Record<string, () => Content>>();
  for (const [path, content] of Object.entries(files)) {
    const slash = path.indexOf('/');
    if (slash < 0) {
      nodes.set(path, new VirtualFile(fs, nextIno(), content));
      continue;
    }
    const directory = path.slice(0, slash);
    const group = below.get(directory) ?? {};
    group[path.slice(slash + 1)] = content;
    below.set(directory, group);
  }
  for (const [name, group] of below)
    nodes.set(name, new VirtualDirectory(fs, nextIno(), fixedEntries(fixedTree(fs, group, nextIno))));
  return nodes;
}
