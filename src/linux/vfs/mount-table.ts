import { fail, isLinuxError } from '../errno.ts';
import { MountNode, isDirectoryPlace } from './dentry.ts';
import type { DentryNode, MountOptions, Place } from './dentry.ts';
import type { FileSystem, Mount } from './types.ts';
import { samePlace } from './walk.ts';

/** A mount and where it is seen from the root of the tree. */
export interface MountRow {
  readonly mount: Mount;
  readonly path: string;
  /** Numbers as in `/proc/<pid>/mountinfo`; the root's parent is none of the tree's. */
  readonly id: number;
  readonly parentId: number;
}

/** The number that stands for what the root is mounted on. */
const OUTSIDE = 1;

/** The tree of mounts. One mount a directory: a second one goes on top of the first's root. */
export class MountTable {
  readonly root: Place;
  readonly #covering = new Map<DentryNode, MountNode>();
  readonly #mounts: MountNode[] = [];
  readonly #ids = new Map<Mount, number>();
  #lastId = OUTSIDE;

  constructor(fs: FileSystem, options: MountOptions = {}) {
    const mount = new MountNode(fs, undefined, options);
    this.#add(mount);
    this.root = { mount, dentry: mount.root };
  }

  mount(fs: FileSystem, at: Place, options: MountOptions = {}): void {
    if (!isDirectoryPlace(at)) fail('ENOTDIR');
    const mount = new MountNode(fs, at, options);
    this.#covering.set(at.dentry, mount);
    this.#add(mount);
  }

  #add(mount: MountNode): void {
    this.#mounts.push(mount);
    this.#ids.set(mount, ++this.#lastId);
  }

  #idOf(mount: Mount | undefined): number {
    return (mount === undefined ? undefined : this.#ids.get(mount)) ?? OUTSIDE;
  }

  /** Detaches the mount whose root is `place`. `EBUSY` while something is mounted below it. */
  unmount(place: Place): void {
    const { mount, dentry } = place;
    if (dentry !== mount.root || mount.at === undefined) fail('EINVAL');
    if (this.#mounts.some((other) => other.at?.mount === mount)) fail('EBUSY');
    this.#covering.delete(mount.at.dentry);
    this.#mounts.splice(this.#mounts.indexOf(mount), 1);
    this.#ids.delete(mount);
  }

  cross(place: Place): Place {
    let current = place;
    for (;;) {
      const mount = this.#covering.get(current.dentry);
      if (mount === undefined) return current;
      current = { mount, dentry: mount.root };
    }
  }

  isMountPoint(dentry: DentryNode): boolean {
    return this.#covering.has(dentry);
  }

  rows(): MountRow[] {
    return this.#mounts.map((mount) => ({
      mount,
      path: pathOf({ mount, dentry: mount.root }, this.root),
      id: this.#idOf(mount),
      parentId: this.#idOf(mount.at?.mount),
    }));
  }
}

/**
 * The path of `place` below `root`, as d_path writes it: with ` (deleted)` behind what was removed, with
 * `(unreachable)` in front of what lies elsewhere. A file without a name (a pipe) is its name alone.
 */
export function pathOf(place: Place, root: Place): string {
  const suffix = isDeleted(place) ? ' (deleted)' : '';
  const names: string[] = [];
  let current = place;
  while (!samePlace(current, root)) {
    const { mount, dentry } = current;
    if (dentry.parent !== undefined) {
      names.push(dentry.name);
      current = { mount, dentry: dentry.parent };
    } else if (mount.at !== undefined) {
      current = mount.at;
    } else {
      if (dentry.name !== '') return dentry.name;
      return `(unreachable)/${names.reverse().join('/')}${suffix}`;
    }
  }
  return `/${names.reverse().join('/')}${suffix}`;
}

/** Directories are marked when they go; of another file the last link is gone (a rename of it does not show). */
function isDeleted({ dentry }: Place): boolean {
  if (dentry.removed) return true;
  if (dentry.inode.kind !== 'file' || dentry.parent === undefined) return false;
  try {
    return dentry.inode.stat().nlink === 0;
  } catch (error) {
    // A file of the host folder has no more than its name to be looked at with.
    if (isLinuxError(error, 'ENOENT')) return true;
    throw error;
  }
}
