/** Makes a file system in memory out of archives, one above the other. */
import { O_WRONLY } from '../../linux/vfs/constants.ts';
import type { FsEnvironment } from '../../linux/vfs/environment.ts';
import { MemoryFileSystem } from '../../linux/vfs/memory/memory-fs.ts';
import type { Caller, DirectoryInode, Inode } from '../../linux/vfs/types.ts';
import { componentsOf, refuse, type ArchiveEntry } from './tar.ts';

/** One archive of a tree; a layer of an image may take away what lies below it. */
export interface Layer {
  /** What messages call it. */
  readonly label: string;
  readonly entries: readonly ArchiveEntry[];
}

export interface TreeOptions {
  /** Whether names that start with `.wh.` take away what lower layers have (OCI image layout, layer.md). */
  readonly whiteouts: boolean;
}

const WHITEOUT = '.wh.';
const OPAQUE = '.wh..wh..opq';
/** What the guest may add in a tree from archives; a limit of its own comes on top. */
const ROOM = 2 ** 30;
const CALLER: Caller = { pid: 0, tid: 0, credentials: { uid: 0, gid: 0, groups: [] } };

export function treeOf(environment: FsEnvironment, layers: readonly Layer[], options: TreeOptions): MemoryFileSystem {
  const bytes = layers.flatMap(({ entries }) => entries).reduce((sum, { data }) => sum + 2 * data.length + 512, 0);
  const fs = new MemoryFileSystem(environment, { capacity: bytes + ROOM });
  for (const layer of layers) new LayerWriter(fs.root, layer, options).apply();
  return fs;
}

class LayerWriter {
  readonly #root: DirectoryInode;
  readonly #layer: Layer;
  readonly #whiteouts: boolean;
  /** What this very layer made: an opaque mark does not take it away. */
  readonly #own = new Set<Inode>();
  /** Times of directories come last: what is made inside changes them. */
  readonly #times: [Inode, bigint][] = [];

  constructor(root: DirectoryInode, layer: Layer, { whiteouts }: TreeOptions) {
    this.#root = root;
    this.#layer = layer;
    this.#whiteouts = whiteouts;
  }

  apply(): void {
    for (const entry of this.#layer.entries) this.#add(entry);
    for (const [inode, mtime] of this.#times) inode.setAttributes({ atime: mtime, mtime });
  }

  #add(entry: ArchiveEntry): void {
    const { path, mode, uid, gid } = entry;
    const name = path.at(-1);
    if (name === undefined) {
      if (entry.kind === 'directory') this.#finish(this.#root, entry);
      return;
    }
    const parent = this.#parentOf(path);
    if (this.#whiteouts && name.startsWith(WHITEOUT)) return this.#takeAway(parent, name);
    const present = parent.lookup(name, CALLER);
    if (present?.kind === 'directory' && entry.kind === 'directory') {
      present.setAttributes({ mode, uid, gid });
      return this.#finish(present, entry);
    }
    const target = entry.kind === 'link' ? this.#linked(entry) : undefined;
    if (target !== undefined && target === present) return;
    if (present !== undefined) this.#remove(parent, name, present);
    this.#finish(this.#make(parent, name, entry, target), entry);
  }

  #finish(inode: Inode, { mtime }: ArchiveEntry): void {
    this.#own.add(inode);
    this.#times.push([inode, mtime]);
  }

  #make(parent: DirectoryInode, name: string, entry: ArchiveEntry, target: Inode | undefined): Inode {
    const attributes = { mode: entry.mode, uid: entry.uid, gid: entry.gid };
    switch (entry.kind) {
      case 'directory':
        return parent.mkdir(name, attributes);
      case 'symlink':
        return parent.symlink(name, entry.target, attributes);
      case 'fifo':
        return parent.mknod(name, 'fifo', 0, attributes);
      case 'link':
        if (target === undefined) return this.#refuse(entry, 'is a link to nothing');
        parent.link(name, target);
        return target;
      case 'file': {
        const inode = parent.create(name, attributes);
        const file = inode.open(O_WRONLY, CALLER);
        for (let done = 0; done < entry.data.length;) done += file.writeAt(entry.data.subarray(done), done);
        file.close();
        return inode;
      }
    }
  }

  #linked(entry: ArchiveEntry): Inode {
    const path = componentsOf(entry.target, this.#layer.label);
    let found: Inode | undefined = this.#root;
    for (const name of path) found = found?.kind === 'directory' ? found.lookup(name, CALLER) : undefined;
    if (found === undefined)
      return this.#refuse(entry, `is a link to ${JSON.stringify(entry.target)}, which is not there`);
    return found.kind === 'directory' ? this.#refuse(entry, 'is a hard link to a directory') : found;
  }

  /** The directory that holds an entry, made where the archive does not say it. A link on the way is refused. */
  #parentOf(path: readonly string[]): DirectoryInode {
    let parent = this.#root;
    for (const name of path.slice(0, -1)) {
      const child: Inode = parent.lookup(name, CALLER) ?? parent.mkdir(name, { mode: 0o755, uid: 0, gid: 0 });
      if (child.kind === 'symlink') refuse(this.#layer.label, path.join('/'), 'goes through a link');
      if (child.kind !== 'directory')
        return refuse(this.#layer.label, path.join('/'), 'lies below what is no directory');
      parent = child;
    }
    return parent;
  }

  #takeAway(parent: DirectoryInode, name: string): void {
    if (name === OPAQUE) {
      for (const entry of parent.list(CALLER)) {
        const inode = parent.lookup(entry.name, CALLER);
        if (inode !== undefined && !this.#own.has(inode)) this.#remove(parent, entry.name, inode);
      }
      return;
    }
    const hidden = name.slice(WHITEOUT.length);
    const inode = parent.lookup(hidden, CALLER);
    if (inode !== undefined && !this.#own.has(inode)) this.#remove(parent, hidden, inode);
  }

  #remove(parent: DirectoryInode, name: string, inode: Inode): void {
    if (inode.kind !== 'directory') return parent.unlink(name);
    for (const entry of inode.list(CALLER)) {
      const child = inode.lookup(entry.name, CALLER);
      if (child !== undefined) this.#remove(inode, entry.name, child);
    }
    parent.rmdir(name);
  }

  #refuse({ path }: ArchiveEntry, problem: string): never {
    return refuse(this.#layer.label, path.join('/'), problem);
  }
}
