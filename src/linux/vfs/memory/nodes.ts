import type { FsEnvironment } from '../environment.ts';
import { fail } from '../../errno.ts';
import { encodeName } from '../../../common/file-name.ts';
import { Fifo } from '../pipe.ts';
import type { FileSystem, Caller, NewAttributes, OpenFile, Ownership, SpecialInode, SymlinkInode } from '../types.ts';
import type { FileHost } from './file.ts';
import { TreeNode } from './inode.ts';

export interface NodeHost extends FileHost {
  readonly environment: FsEnvironment;
}

export class MemorySymlink extends TreeNode implements SymlinkInode {
  readonly kind = 'symlink';
  readonly fs: FileSystem;
  readonly #target: string;

  constructor(host: NodeHost, ino: number, target: string, owner: Ownership) {
    super(host, ino, { ...owner, mode: 0o777 });
    this.fs = host.fs;
    this.#target = target;
  }

  protected override size(): number {
    return encodeName(this.#target).length;
  }

  readlink(): string {
    return this.#target;
  }
}

/** A device node, a named pipe, or the name of a socket. */
export class MemorySpecial extends TreeNode implements SpecialInode {
  readonly kind: SpecialInode['kind'];
  readonly fs: FileSystem;
  readonly #environment: FsEnvironment;
  readonly #rdev: number;
  #fifo: Fifo | undefined;

  constructor(host: NodeHost, ino: number, kind: SpecialInode['kind'], rdev: number, attributes: NewAttributes) {
    super(host, ino, attributes);
    this.kind = kind;
    this.fs = host.fs;
    this.#environment = host.environment;
    this.#rdev = kind === 'char' || kind === 'block' ? rdev : 0;
  }

  protected override rdev(): number {
    return this.#rdev;
  }

  open(flags: number, caller: Caller): OpenFile {
    if (this.kind === 'socket') fail('ENXIO');
    if (this.kind !== 'fifo') return this.#environment.openDevice(this, this.#rdev, flags, caller);
    this.#fifo ??= new Fifo();
    return this.#fifo.open(this, flags);
  }
}
