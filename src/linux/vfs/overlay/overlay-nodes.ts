import { O_RDONLY } from '../constants.ts';
import { FileContent } from '../memory/content.ts';
import type { Backing } from '../memory/content.ts';
import { TreeDirectory } from '../memory/directory.ts';
import type { TreeInode } from '../memory/directory.ts';
import { MemoryFile } from '../memory/file.ts';
import type { TreeNode } from '../memory/inode.ts';
import { MemorySpecial, MemorySymlink } from '../memory/nodes.ts';
import type { NodeHost } from '../memory/nodes.ts';
import type {
  Caller,
  DirectoryEntry,
  DirectoryInode,
  FileInode,
  Inode,
  NewAttributes,
  OpenFile,
  SpecialInode,
  Stat,
  SymlinkInode,
} from '../types.ts';

/** What the nodes of an overlay need besides: the table that keeps one node for every file of the lower layer. */
export interface OverlayHost extends NodeHost {
  wrap(lower: Inode): TreeInode;
  inoOf(lower: { readonly ino: number }): number;
  /** From its first change on a node must stay: the lower layer no longer tells all about it. */
  keep(node: TreeInode): void;
}

/** The lower layer does not ask who is asking. */
export const OVERLAY_CALLER: Caller = { credentials: { uid: 0, gid: 0, groups: [] }, pid: 0, tid: 0 };

/** Nodes are made and refreshed right after a lookup, whose own look at the file is still true. */
function look(lower: Inode): Stat {
  return lower.seen ?? lower.stat();
}

function copyAttributes(node: TreeNode, stat: Stat): void {
  node.mode = stat.mode & 0o7777;
  node.uid = stat.uid;
  node.gid = stat.gid;
  node.nlink = stat.nlink;
  node.atime = stat.atime;
  node.mtime = stat.mtime;
  node.ctime = stat.ctime;
}

/** Reads the lower layer's file; opens it when first needed, however the guest opened the upper one. */
class LowerContent implements Backing {
  readonly size: number;
  readonly #inode: FileInode;
  #file: OpenFile | undefined;

  constructor(inode: FileInode, size: number) {
    this.#inode = inode;
    this.size = size;
  }

  read(buffer: Uint8Array, position: number): number {
    this.#file ??= this.#inode.open(O_RDONLY, OVERLAY_CALLER);
    return this.#file.readAt(buffer, position);
  }

  close(): void {
    this.#file?.close();
    this.#file = undefined;
  }
}

/** A regular file of the lower layer; what the guest writes is kept in memory, chunk by chunk. */
export class OverlayFile extends MemoryFile {
  readonly #host: OverlayHost;
  #lower: LowerContent;
  #lowerStat: Stat;
  #changed = false;

  constructor(host: OverlayHost, lower: FileInode) {
    const stat = look(lower);
    const content = new LowerContent(lower, stat.size);
    super(host, host.inoOf(lower), stat, content);
    this.#host = host;
    this.#lower = content;
    this.#lowerStat = stat;
    copyAttributes(this, stat);
  }

  /** Looked up again: shows what the host may have changed since, as long as the guest has changed nothing. */
  refresh(lower: FileInode): void {
    if (this.#changed) return;
    const stat = look(lower);
    if (stat.size !== this.#lowerStat.size || stat.mtime !== this.#lowerStat.mtime) {
      this.#lower.close();
      this.#lower = new LowerContent(lower, stat.size);
      this.content = new FileContent(this.#host, this.#lower);
    }
    this.#lowerStat = stat;
    copyAttributes(this, stat);
  }

  override beforeChange(): void {
    if (this.#changed) return;
    this.#host.keep(this);
    this.#changed = true;
  }

  protected override allocated(): number {
    const below = this.#lowerStat.blocks * 512;
    return this.#changed ? Math.max(this.content.allocated, Math.min(below, this.content.size)) : below;
  }

  protected override accessed(): void {
    // A read alone leaves no trace: the node of an unchanged file may be forgotten and made again.
    if (this.#changed) super.accessed();
  }

  protected override idle(): void {
    this.#lower.close();
  }
}

export class OverlaySymlink extends MemorySymlink {
  readonly #host: OverlayHost;
  #changed = false;

  constructor(host: OverlayHost, lower: SymlinkInode) {
    const stat = look(lower);
    super(host, host.inoOf(lower), lower.readlink(OVERLAY_CALLER), stat);
    this.#host = host;
    copyAttributes(this, stat);
  }

  override beforeChange(): void {
    if (this.#changed) return;
    this.#host.keep(this);
    this.#changed = true;
  }
}

/** A fifo works (in memory); a device of the host is shown only. */
export class OverlaySpecial extends MemorySpecial {
  readonly #host: OverlayHost;
  #changed = false;

  constructor(host: OverlayHost, lower: SpecialInode) {
    const stat = look(lower);
    super(host, host.inoOf(lower), lower.kind, stat.rdev, stat);
    this.#host = host;
    copyAttributes(this, stat);
  }

  override beforeChange(): void {
    if (this.#changed) return;
    this.#host.keep(this);
    this.#changed = true;
  }
}

/** Marks a name of the lower layer that the guest has removed. */
const WHITEOUT = Symbol('whiteout');

/**
 * A directory of both layers, or of the upper one alone (made by the guest: then nothing of the lower layer shines
 * through, an "opaque" directory). A directory that is renamed keeps its lower layer.
 */
export class OverlayDirectory extends TreeDirectory {
  readonly #host: OverlayHost;
  readonly #lower: DirectoryInode | undefined;
  readonly #entries = new Map<string, TreeInode | typeof WHITEOUT>();
  #changed: boolean;

  constructor(host: OverlayHost, ino: number, attributes: NewAttributes, lower?: DirectoryInode) {
    super(host, ino, attributes);
    this.#host = host;
    this.#lower = lower;
    this.#changed = lower === undefined;
    if (lower !== undefined) copyAttributes(this, look(lower));
  }

  refresh(lower: DirectoryInode): void {
    if (!this.#changed) copyAttributes(this, look(lower));
  }

  override beforeChange(): void {
    if (this.#changed) return;
    this.#host.keep(this);
    this.#changed = true;
  }

  lookup(name: string): TreeInode | undefined {
    const entry = this.#entries.get(name);
    if (entry !== undefined) return entry === WHITEOUT ? undefined : entry;
    const lower = this.#lower?.lookup(name, OVERLAY_CALLER);
    return lower === undefined ? undefined : this.#host.wrap(lower);
  }

  list(): DirectoryEntry[] {
    const merged = this.#visibleBelow().map((entry) => ({ ...entry, ino: this.#host.inoOf(entry) }));
    for (const [name, entry] of this.#entries)
      if (entry !== WHITEOUT) merged.push({ name, ino: entry.ino, kind: entry.kind });
    return merged;
  }

  /** Entries of the lower layer that the upper one neither hides nor replaces. */
  #visibleBelow(): DirectoryEntry[] {
    const entries = this.#lower?.list(OVERLAY_CALLER) ?? [];
    return entries.filter(({ name }) => !this.#entries.has(name));
  }

  protected isEmpty(): boolean {
    for (const entry of this.#entries.values()) if (entry !== WHITEOUT) return false;
    return this.#visibleBelow().length === 0;
  }

  protected put(name: string, inode: TreeInode): void {
    this.#entries.set(name, inode);
  }

  protected remove(name: string): void {
    if (this.#lower?.lookup(name, OVERLAY_CALLER) === undefined) this.#entries.delete(name);
    else this.#entries.set(name, WHITEOUT);
  }

  protected makeDirectory(attributes: NewAttributes): TreeDirectory {
    return new OverlayDirectory(this.#host, this.#host.nextIno(), attributes);
  }
}

export function makeOverlayNode(host: OverlayHost, lower: Inode): TreeInode {
  switch (lower.kind) {
    case 'file':
      return new OverlayFile(host, lower);
    case 'directory':
      return new OverlayDirectory(host, host.inoOf(lower), look(lower), lower);
    case 'symlink':
      return new OverlaySymlink(host, lower);
    case 'char':
    case 'block':
    case 'fifo':
    case 'socket':
      return new OverlaySpecial(host, lower);
  }
}

/** Brings a node that the guest has not changed up to date with the lower layer. False: the kind is another one. */
export function refreshOverlayNode(node: TreeInode, lower: Inode): boolean {
  if (node.kind !== lower.kind) return false;
  if (node instanceof OverlayFile && lower.kind === 'file') node.refresh(lower);
  else if (node instanceof OverlayDirectory && lower.kind === 'directory') node.refresh(lower);
  return true;
}
