import type { HostStat } from '../../../platform/types.ts';
import { fail } from '../../errno.ts';
import type { DirectoryEntry, DirectoryInode, Inode, NewAttributes, SymlinkInode } from '../types.ts';
import { HostNode, onHost } from './host-node.ts';
import { HostRegular, HostSpecial, HostSymlink } from './host-nodes.ts';

export class HostDirectory extends HostNode implements DirectoryInode {
  readonly kind = 'directory';
  /** Directories met below this one: a rename by the guest moves them, and whoever stands in them, along. */
  readonly #directories = new Map<string, HostDirectory>();

  lookup(name: string): Inode | undefined {
    const stat = this.fs.find([...this.path(), name]);
    if (stat === undefined) return undefined;
    const node = this.#node(name, stat);
    node.seen = this.fs.toStat(stat);
    return node;
  }

  #node(name: string, stat: HostStat): HostDirectory | HostRegular | HostSymlink | HostSpecial {
    const ino = this.fs.numberOf(stat);
    switch (stat.kind) {
      case 'directory':
        return this.#directory(name, ino);
      case 'file':
        return new HostRegular(this.fs, this, name, ino);
      case 'symlink':
        return new HostSymlink(this.fs, this, name, ino);
      case 'fifo':
      case 'socket':
      case 'char':
      case 'block':
        return new HostSpecial(this.fs, this, name, ino, stat.kind);
    }
  }

  #directory(name: string, ino: number): HostDirectory {
    const known = this.#directories.get(name);
    if (known?.ino === ino) return known;
    const directory = new HostDirectory(this.fs, this, name, ino);
    this.#directories.set(name, directory);
    return directory;
  }

  list(): DirectoryEntry[] {
    return onHost(() => this.fs.folder.list(this.path()))
      .map(({ name, stat }) => ({ name, ino: this.fs.numberOf(stat), kind: stat.kind }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  create(name: string, attributes: NewAttributes): HostRegular {
    const file = onHost(() =>
      this.fs.folder.open([...this.path(), name], { read: true, write: true, create: attributes.mode }),
    );
    return new HostRegular(this.fs, this, name, this.fs.numberOf(onHost(() => file.stat())), file);
  }

  mkdir(name: string, attributes: NewAttributes): DirectoryInode {
    const path = [...this.path(), name];
    onHost(() => this.fs.folder.mkdir(path, attributes.mode));
    return this.#directory(name, this.fs.numberOf(onHost(() => this.fs.folder.stat(path))));
  }

  mknod(): Inode {
    return fail('EPERM');
  }

  symlink(name: string, target: string): SymlinkInode {
    const path = [...this.path(), name];
    onHost(() => this.fs.folder.symlink(path, target));
    return new HostSymlink(this.fs, this, name, this.fs.numberOf(onHost(() => this.fs.folder.stat(path))));
  }

  link(name: string, inode: Inode): void {
    if (!(inode instanceof HostNode) || inode.fs !== this.fs) fail('EXDEV');
    inode.hostStat();
    onHost(() => this.fs.folder.link(inode.path(), [...this.path(), name]));
  }

  unlink(name: string): void {
    onHost(() => this.fs.folder.unlink([...this.path(), name]));
  }

  rmdir(name: string): void {
    onHost(() => this.fs.folder.rmdir([...this.path(), name]));
    this.#directories.delete(name);
  }

  rename(name: string, target: DirectoryInode, newName: string, flags: number): void {
    if (!(target instanceof HostDirectory) || target.fs !== this.fs) fail('EXDEV');
    // RENAME_NOREPLACE was checked by the caller; Node knows no renameat2(2) for the rest.
    if ((flags & ~1) !== 0) fail('EINVAL');
    onHost(() => this.fs.folder.rename([...this.path(), name], [...target.path(), newName]));
    const moved = this.#directories.get(name);
    this.#directories.delete(name);
    target.#directories.delete(newName);
    if (moved === undefined) return;
    moved.parent = target;
    moved.name = newName;
    target.#directories.set(newName, moved);
  }
}
