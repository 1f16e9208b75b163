/** Path resolution, as path_resolution(7) describes it. */
import { encodeName } from '../../common/file-name.ts';
import { fail } from '../errno.ts';
import { MAX_SYMLINKS, NAME_MAX, PATH_MAX } from './constants.ts';
import { isDirectoryPlace, placeOf } from './dentry.ts';
import type { DirectoryPlace, Place } from './dentry.ts';
import { nameLength } from './name.ts';
import { requireSearch } from './permissions.ts';
import type { FsContext, SymlinkInode } from './types.ts';

/** What a path may not lead through; see openat2(2). */
export interface Restrictions {
  /** How paths stay below where they start: leaving it is an error, or what they start from is `/` for them. */
  readonly scope?: 'beneath' | 'root' | undefined;
  /** Never into another mount. */
  readonly sameMount?: boolean;
  readonly noSymlinks?: boolean;
  /** No links that lead somewhere whatever their text says, such as `/proc/self/exe`. */
  readonly noMagicLinks?: boolean;
}

export interface WalkOptions {
  /** Where a relative path starts. */
  readonly start: Place;
  readonly root: Place;
  /** Whether a symbolic link as the last component is followed. */
  readonly followLast: boolean;
  /** Whether a trailing slash makes it followed all the same; false for what makes or removes an entry. */
  readonly followBeforeSlash: boolean;
  readonly restrictions?: Restrictions | undefined;
}

/** Where a path leads: the directory, the last name in it, and what is there if anything. */
export interface Walk {
  readonly parent: DirectoryPlace;
  readonly name: string;
  readonly found: Place | undefined;
  /** Whether `name` is an entry of `parent`; otherwise the path ended in `/`, `.`, `..` or a jump. */
  readonly named: boolean;
  readonly trailingSlash: boolean;
}

interface MountLookup {
  /** The root of what is mounted on `place`, or `place`. */
  cross(place: Place): Place;
}

export function walkPath(mounts: MountLookup, context: FsContext, path: string, options: WalkOptions): Walk {
  if (path.length * 3 >= PATH_MAX && encodeName(path).length >= PATH_MAX) fail('ENAMETOOLONG');
  if (path.includes('\0')) fail('EINVAL');
  return new Walker(mounts, context, options).walk(path);
}

class Walker {
  readonly #mounts: MountLookup;
  readonly #context: FsContext;
  readonly #options: WalkOptions;
  readonly #root: Place;
  readonly #restrictions: Restrictions;
  /** Components still to go, the next one last. */
  #remaining: string[] = [];
  #current: Place;
  #trailingSlash = false;
  #links = 0;

  constructor(mounts: MountLookup, context: FsContext, options: WalkOptions) {
    this.#mounts = mounts;
    this.#context = context;
    this.#options = options;
    this.#restrictions = options.restrictions ?? {};
    this.#root = this.#restrictions.scope === undefined ? options.root : options.start;
    this.#current = options.start;
  }

  walk(path: string): Walk {
    // The first place is no crossing.
    if (path.startsWith('/') && this.#restrictions.scope === undefined) this.#current = this.#root;
    this.#push(path);
    let result = this.#unnamed();
    for (let name = this.#remaining.pop(); name !== undefined; name = this.#remaining.pop()) result = this.#step(name);
    const { found } = result;
    if (found !== undefined && result.trailingSlash && this.#options.followBeforeSlash && !isDirectoryPlace(found))
      fail('ENOTDIR');
    return result;
  }

  /** Puts the components of `path`, which begins where the walk stands, before those that remain. */
  #push(path: string): void {
    if (path.startsWith('/')) this.#goToRoot();
    const components = path.split('/').filter((component) => component !== '');
    if (this.#remaining.length === 0 && path.endsWith('/')) this.#trailingSlash = true;
    this.#remaining.push(...components.reverse());
  }

  #goToRoot(): void {
    if (this.#restrictions.scope === 'beneath') fail('EXDEV');
    this.#moveTo(this.#root);
  }

  #moveTo(place: Place): void {
    if (this.#restrictions.sameMount === true && place.mount !== this.#current.mount) fail('EXDEV');
    this.#current = place;
  }

  #step(name: string): Walk {
    const directory = this.#current;
    if (!isDirectoryPlace(directory)) return fail('ENOTDIR');
    requireSearch(directory.dentry.inode, this.#context.credentials);
    if (name === '.') return this.#unnamed();
    if (name === '..') {
      if (this.#restrictions.scope === 'beneath' && samePlace(directory, this.#root)) fail('EXDEV');
      this.#moveTo(this.#mounts.cross(parentOf(directory, this.#root)));
      return this.#unnamed();
    }
    if (nameLength(name) > NAME_MAX) fail('ENAMETOOLONG');
    return this.#enter(directory, name);
  }

  #enter(directory: DirectoryPlace, name: string): Walk {
    const { mount, dentry } = directory;
    const inode = dentry.removed ? undefined : dentry.inode.lookup(name, this.#context);
    const last = this.#remaining.length === 0;
    if (inode === undefined) {
      if (!last) fail('ENOENT');
      return { parent: directory, name, found: undefined, named: true, trailingSlash: this.#trailingSlash };
    }
    if (inode.kind === 'symlink' && (!last || this.#followsLast())) return this.#follow(inode);
    this.#moveTo(this.#mounts.cross({ mount, dentry: dentry.child(name, inode) }));
    return { parent: directory, name, found: this.#current, named: true, trailingSlash: this.#trailingSlash };
  }

  #followsLast(): boolean {
    return this.#options.followLast || (this.#trailingSlash && this.#options.followBeforeSlash);
  }

  #follow(link: SymlinkInode): Walk {
    const { scope, noSymlinks, noMagicLinks } = this.#restrictions;
    if (++this.#links > MAX_SYMLINKS || noSymlinks === true) fail('ELOOP');
    if (link.jump !== undefined) {
      if (noMagicLinks === true) fail('ELOOP');
      if (scope !== undefined) fail('EXDEV');
      this.#moveTo(placeOf(link.jump(this.#context)));
      return this.#unnamed();
    }
    const target = link.readlink(this.#context);
    if (target === '') fail('ENOENT');
    this.#push(target);
    // An empty rest means that the link said `/`.
    return this.#unnamed();
  }

  #unnamed(): Walk {
    const found = this.#current;
    const parent = isDirectoryPlace(found) ? found : this.#asDirectory();
    return { parent, name: '', found, named: false, trailingSlash: this.#trailingSlash };
  }

  /** The walk jumped to a file: nothing can be made there, so which directory is named does not matter. */
  #asDirectory(): DirectoryPlace {
    return isDirectoryPlace(this.#root) ? this.#root : fail('ENOTDIR');
  }
}

/** The directory above `place`; at `root` and at the root of the tree the place itself. */
export function parentOf(place: Place, root: Place): Place {
  let current = place;
  for (;;) {
    if (samePlace(current, root)) return current;
    const { mount, dentry } = current;
    if (dentry.parent !== undefined) return { mount, dentry: dentry.parent };
    if (mount.at === undefined) return current;
    current = mount.at;
  }
}

export function samePlace(a: Place, b: Place): boolean {
  return a.dentry === b.dentry && a.mount === b.mount;
}
