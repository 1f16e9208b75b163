import { unreachable } from '../../common/assert.ts';
import type { Dentry, DirectoryInode, FileSystem, Inode, Location, Mount, MountFlags } from './types.ts';

/** A name in the tree; see `Dentry`. Only directories keep children, and only those that are directories. */
export class DentryNode implements Dentry {
  readonly inode: Inode;
  name: string;
  parent: DentryNode | undefined;
  removed = false;
  #children: Map<string, DentryNode> | undefined;

  constructor(inode: Inode, name: string, parent: DentryNode | undefined) {
    this.inode = inode;
    this.name = name;
    this.parent = parent;
  }

  /**
   * The dentry of the entry `name`, which was just found to be `inode`. A directory that is known under the name
   * keeps its dentry; if the directory there is another one (changed on the host), the old dentry is dropped.
   */
  child(name: string, inode: Inode): DentryNode {
    if (inode.kind !== 'directory') return new DentryNode(inode, name, this);
    const known = this.#children?.get(name);
    if (known?.inode.ino === inode.ino) return known;
    const dentry = new DentryNode(inode, name, this);
    this.#keep(name, dentry);
    return dentry;
  }

  #keep(name: string, dentry: DentryNode): void {
    this.#children ??= new Map();
    this.#children.set(name, dentry);
  }

  /** After rmdir, or when a directory was renamed over. */
  forget(name: string): void {
    const dentry = this.#children?.get(name);
    if (dentry === undefined) return;
    dentry.removed = true;
    this.#children?.delete(name);
  }

  /** After a rename of `name` to `newName` in `target`. */
  moveChild(name: string, target: DentryNode, newName: string, exchange: boolean): void {
    const moved = this.#take(name);
    const other = target.#take(newName);
    if (moved !== undefined) moved.#settle(target, newName);
    if (other === undefined) return;
    if (exchange) other.#settle(this, name);
    else other.removed = true;
  }

  #take(name: string): DentryNode | undefined {
    const dentry = this.#children?.get(name);
    this.#children?.delete(name);
    return dentry;
  }

  #settle(parent: DentryNode, name: string): void {
    this.parent = parent;
    this.name = name;
    parent.#keep(name, this);
  }

  isAncestorOf(other: DentryNode): boolean {
    for (let node: DentryNode | undefined = other; node !== undefined; node = node.parent)
      if (node === this) return true;
    return false;
  }
}

export interface MountOptions {
  readonly readOnly?: boolean;
  readonly source?: string;
  readonly flags?: MountFlags;
}

export class MountNode implements Mount {
  readonly fs: FileSystem;
  readonly at: Place | undefined;
  readonly readOnly: boolean;
  readonly source: string;
  readonly flags: MountFlags;
  #root: DentryNode | undefined;

  constructor(fs: FileSystem, at: Place | undefined, options: MountOptions = {}) {
    this.fs = fs;
    this.at = at;
    this.readOnly = options.readOnly ?? fs.readOnly;
    this.source = options.source ?? fs.type;
    this.flags = options.flags ?? {};
  }

  /** Made when first asked for: file systems of nameless files have no root. */
  get root(): DentryNode {
    this.#root ??= new DentryNode(this.fs.root, '', undefined);
    return this.#root;
  }
}

/** `Location` with the classes behind it. Every location is made here, so the two are the same. */
export interface Place extends Location {
  readonly mount: MountNode;
  readonly dentry: DentryNode;
}

/** A place known to be a directory. */
export interface DirectoryPlace extends Place {
  readonly dentry: DentryNode & { readonly inode: DirectoryInode };
}

export function isDirectoryPlace(place: Place): place is DirectoryPlace {
  return place.dentry.inode.kind === 'directory';
}

export function placeOf(location: Location): Place {
  const { mount, dentry } = location;
  if (mount instanceof MountNode && dentry instanceof DentryNode) return { mount, dentry };
  return unreachable('a location that the VFS did not make');
}
