import type { HostStat } from '../../../platform/types.ts';
import { fail } from '../../errno.ts';
import type { DirectoryEntry, DirectoryInode, Inode, NewAttributes, SpecialInode, SymlinkInode } from '../types.ts';
import { MemorySpecial } from '../memory/nodes.ts';
import { HostNode, onHost } from './host-node.ts';
import { HostRegular, HostSpecial, HostSymlink } from './host-nodes.ts';

export class HostDirectory extends HostNode implements DirectoryInode {
  readonly kind = 'directory';
  /** Directories met below this one: a rename by the guest moves them, and whoever stands in them, along. */
  readonly #directories = new Map<string, HostDirectory>();

  /** Fifos and sockets that the guest made here: the host never sees them, and what it puts at their name wins. */
  readonly #specials = new Map<string, MemorySpecial>();

  lookup(name: string): Inode | undefined {
    const stat = this.fs.find([...this.path(), name]);
    if (stat === undefined) return this.#specials.get(name);
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
    const entries: DirectoryEntry[] = onHost(() => this.fs.folder.list(this.path())).map(({ name, stat }) => ({
      name,
      ino: this.fs.numberOf(stat),
      kind: stat.kind,
    }));
    if (this.#specials.size > 0) {
      const names = new Set(entries.map(({ name }) => name));
      for (const [name, { ino, kind }] of this.#specials) if (!names.has(name)) entries.push({ name, ino, kind });
    }
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
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

  /** Fifos and sockets are of the guest alone, and end with it; devices of its own it cannot have here. */
  mknod(name: string, kind: SpecialInode['kind'], _rdev: number, attributes: NewAttributes): Inode {
    if (kind !== 'fifo' && kind !== 'socket') fail('EPERM');
    if (this.hostStat().kind !== 'directory') fail('ENOENT');
    const { specials } = this.fs;
    specials.nodeMade();
    const { uid, gid } = this.fs.owner;
    const node = new MemorySpecial(specials, specials.nextIno(), kind, 0, { mode: attributes.mode & 0o777, uid, gid });
    this.#specials.set(name, node);
    return node;
  }

  symlink(name: string, target: string): SymlinkInode {
    const path = [...this.path(), name];
    onHost(() => this.fs.folder.symlink(path, target));
    return new HostSymlink(this.fs, this, name, this.fs.numberOf(onHost(() => this.fs.folder.stat(path))));
  }

  link(name: string, inode: Inode): void {
    if (inode instanceof MemorySpecial && inode.fs === this.fs) {
      if (inode.nlink === 0) fail('ENOENT');
      inode.addLink();
      this.#specials.set(name, inode);
      return;
    }
    if (!(inode instanceof HostNode) || inode.fs !== this.fs) fail('EXDEV');
    inode.hostStat();
    onHost(() => this.fs.folder.link(inode.path(), [...this.path(), name]));
  }

  /** The guest's own file of this name, unless the host has one by now. */
  #ownSpecial(name: string): MemorySpecial | undefined {
    const special = this.#specials.get(name);
    return special === undefined || this.fs.find([...this.path(), name]) !== undefined ? undefined : special;
  }

  #dropSpecial(name: string): void {
    this.#specials.get(name)?.dropLink();
    this.#specials.delete(name);
  }

  unlink(name: string): void {
    if (this.#ownSpecial(name) === undefined) onHost(() => this.fs.folder.unlink([...this.path(), name]));
    else this.#dropSpecial(name);
  }

  rmdir(name: string): void {
    const known = this.#directories.get(name);
    if (known !== undefined && known.list().length > 0) fail('ENOTEMPTY');
    onHost(() => this.fs.folder.rmdir([...this.path(), name]));
    this.#directories.delete(name);
  }

  rename(name: string, target: DirectoryInode, newName: string, flags: number): void {
    if (!(target instanceof HostDirectory) || target.fs !== this.fs) fail('EXDEV');
    // RENAME_NOREPLACE was checked by the caller; Node knows no renameat2(2) for the rest.
    if ((flags & ~1) !== 0) fail('EINVAL');
    const special = this.#ownSpecial(name);
    if (special !== undefined) {
      this.#renameSpecial(name, special, target, newName);
      return;
    }
    const replaced = target.#ownSpecial(newName);
    if (replaced !== undefined && this.fs.find([...this.path(), name])?.kind === 'directory') fail('ENOTDIR');
    onHost(() => this.fs.folder.rename([...this.path(), name], [...target.path(), newName]));
    if (replaced !== undefined) target.#dropSpecial(newName);
    const moved = this.#directories.get(name);
    this.#directories.delete(name);
    target.#directories.delete(newName);
    if (moved === undefined) return;
    moved.parent = target;
    moved.name = newName;
    target.#directories.set(newName, moved);
  }

  #renameSpecial(name: string, special: MemorySpecial, target: HostDirectory, newName: string): void {
    const there = this.fs.find([...target.path(), newName]);
    if (there?.kind === 'directory') fail('EISDIR');
    if (there !== undefined) onHost(() => this.fs.folder.unlink([...target.path(), newName]));
    target.#dropSpecial(newName);
    this.#specials.delete(name);
    target.#specials.set(newName, special);
  }
}
