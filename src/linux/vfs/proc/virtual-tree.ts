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

/** Takes what is written, all at once; throws `LinuxError` where it makes no sense. */
export type Store = (bytes: Uint8Array, caller: Caller) => void;

/** A file whose bytes are computed when it is opened, and stay the same for that description. */
export class VirtualFile extends VirtualNode implements FileInode {
  readonly kind = 'file';
  readonly #content: () => Content;
  readonly #store: Store | undefined;

  constructor(
    fs: VirtualTree,
    ino: number,
    content: () => Content,
    { owner, mode, store }: { readonly owner?: () => Ownership; readonly mode?: number; readonly store?: Store } = {},
  ) {
    super(fs, ino, mode ?? (store === undefined ? 0o444 : 0o644), owner);
    this.#content = content;
    this.#store = store;
  }

  open(flags: number, caller: Caller): OpenFile {
    const store = this.#store;
    if (allowsWrite(flags) && store === undefined) fail('EACCES');
    const content = this.#content();
    const bytes = typeof content === 'string' ? encodeName(content) : content.slice();
    return new VirtualOpenFile(this, bytes, (written) => store?.(written, caller));
  }

  /** What is written replaces the whole anyway. */
  truncate(): void {
    if (this.#store === undefined) fail('EACCES');
  }
}

class VirtualOpenFile extends BaseOpenFile {
  override readonly inode: VirtualFile;
  override readonly seekable = true;
  readonly #bytes: Uint8Array;
  readonly #store: (bytes: Uint8Array) => void;

  constructor(inode: VirtualFile, bytes: Uint8Array, store: (bytes: Uint8Array) => void) {
    super();
    this.inode = inode;
    this.#bytes = bytes;
    this.#store = store;
  }

  override writeAt(buffer: Uint8Array): number {
    this.#store(buffer.slice());
    return buffer.length;
  }

  override truncate(): void {
    this.inode.truncate();
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

/** A text file of a fixed tree: what it shows, and where it can be written, who takes that. */
export type FixedFile = (() => Content) | { readonly text: () => Content; readonly store: Store };

function fixedFile(fs: VirtualTree, ino: number, file: FixedFile): VirtualFile {
  return typeof file === 'function'
    ? new VirtualFile(fs, ino, file)
    : new VirtualFile(fs, ino, file.text, { store: file.store });
}

/** A tree of fixed directories: text files by path, made with ascending inode numbers. */
export function fixedTree(
  fs: VirtualTree,
  files: Readonly<Record<string, FixedFile>>,
  nextIno: () => number,
): Map<string, Inode> {
  const nodes = new Map<string, Inode>();
  const below = new Map<string, Record<string, FixedFile>>();
  for (const [path, content] of Object.entries(files)) {
    const slash = path.indexOf('/');
    if (slash < 0) {
      nodes.set(path, fixedFile(fs, nextIno(), content));
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
