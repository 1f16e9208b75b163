import { FILE_TYPE } from '../constants.ts';
import type { AttributeChanges, InodeKind, NewAttributes, Stat } from '../types.ts';
import type { Budget } from './content.ts';
import { MemoryAttributes } from './extended-attributes.ts';

/** What the nodes of a tree in memory need from their file system. */
export interface TreeHost extends Budget {
  readonly dev: number;
  now(): bigint;
  nextIno(): number;
  /** A node is made; `ENOSPC` when there are too many. */
  nodeMade(): void;
  /** The last name of a node is gone. */
  nodeGone(node: TreeNode): void;
}

export const BLOCK = 4096;

/** Attributes of a node kept in memory; the base of every kind of node. */
export abstract class TreeNode {
  readonly host: TreeHost;
  readonly ino: number;
  abstract readonly kind: InodeKind;
  mode: number;
  uid: number;
  gid: number;
  nlink = 1;
  atime: bigint;
  mtime: bigint;
  ctime: bigint;
  /** Without a name, but may get one. */
  linkable = false;
  #extendedAttributes: MemoryAttributes | undefined;

  constructor(host: TreeHost, ino: number, attributes: NewAttributes) {
    this.host = host;
    this.ino = ino;
    this.mode = attributes.mode & 0o7777;
    this.uid = attributes.uid;
    this.gid = attributes.gid;
    this.atime = this.mtime = this.ctime = host.now();
  }

  /** Called before anything about the node changes. */
  beforeChange(): void {
    // Only nodes over a lower layer need to know.
  }

  protected size(): number {
    return 0;
  }

  protected allocated(): number {
    return 0;
  }

  protected rdev(): number {
    return 0;
  }

  stat(): Stat {
    return {
      dev: this.host.dev,
      ino: this.ino,
      mode: FILE_TYPE[this.kind] | this.mode,
      nlink: this.nlink,
      uid: this.uid,
      gid: this.gid,
      rdev: this.rdev(),
      size: this.size(),
      blksize: BLOCK,
      blocks: Math.ceil(this.allocated() / 512),
      atime: this.atime,
      mtime: this.mtime,
      ctime: this.ctime,
    };
  }

  setAttributes(changes: AttributeChanges): void {
    this.beforeChange();
    if (changes.mode !== undefined) this.mode = changes.mode & 0o7777;
    if (changes.uid !== undefined) this.uid = changes.uid;
    if (changes.gid !== undefined) this.gid = changes.gid;
    if (changes.atime !== undefined) this.atime = changes.atime;
    if (changes.mtime !== undefined) this.mtime = changes.mtime;
    this.ctime = this.host.now();
  }

  get extendedAttributes(): MemoryAttributes {
    return (this.#extendedAttributes ??= new MemoryAttributes(this.host, () => {
      this.beforeChange();
      this.ctime = this.host.now();
    }));
  }

  /** The contents changed. */
  touch(): void {
    this.mtime = this.ctime = this.host.now();
  }

  addLink(): void {
    this.beforeChange();
    if (this.nlink === 0) this.host.nodeMade();
    this.linkable = false;
    this.nlink++;
    this.ctime = this.host.now();
  }

  dropLink(): void {
    this.beforeChange();
    this.nlink--;
    this.ctime = this.host.now();
    if (this.nlink === 0) this.unlinked();
  }

  /** The last name is gone; the node may still be open. */
  protected unlinked(): void {
    this.host.nodeGone(this);
    if (this.kind !== 'file') this.release();
  }

  /** Nobody can come to the node any more. */
  protected release(): void {
    this.#extendedAttributes?.release();
  }
}
