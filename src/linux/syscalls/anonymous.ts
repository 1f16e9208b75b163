/** Files without a name that are no pipes: eventfd, epoll. Their inodes show little more than numbers. */
import { fail } from '../errno.ts';
import type { FsEnvironment } from '../vfs/environment.ts';
import type { AttributeChanges, DirectoryInode, FileSystem, OpenFile, SpecialInode, Stat } from '../vfs/types.ts';

const ANON_INODE_FS_MAGIC = 0x09041934;

class AnonymousFileSystem implements FileSystem {
  readonly type = 'anon_inodefs';
  readonly dev: number;
  readonly readOnly = false;
  readonly inode: AnonymousInode;

  constructor(environment: FsEnvironment) {
    this.dev = environment.nextDevice();
    this.inode = new AnonymousInode(this, environment.nextAnonymousIno(), environment.clock.realtime());
  }

  get root(): DirectoryInode {
    return fail('ENOENT');
  }

  statistics(): ReturnType<FileSystem['statistics']> {
    return { type: ANON_INODE_FS_MAGIC, blockSize: 4096, blocks: 0, freeBlocks: 0, files: 0, freeFiles: 0 };
  }
}

/** One inode serves all such files, as in Linux (fs/anon_inodes.c). */
class AnonymousInode implements SpecialInode {
  readonly kind = 'char';
  readonly fs: FileSystem;
  readonly ino: number;
  readonly #time: bigint;

  constructor(fs: FileSystem, ino: number, time: bigint) {
    this.fs = fs;
    this.ino = ino;
    this.#time = time;
  }

  stat(): Stat {
    const times = { atime: this.#time, mtime: this.#time, ctime: this.#time };
    const numbers = { dev: this.fs.dev, ino: this.ino, nlink: 1, uid: 0, gid: 0, rdev: 0, size: 0 };
    // Permission bits and no file type.
    return { ...numbers, ...times, mode: 0o600, blksize: 4096, blocks: 0 };
  }

  setAttributes(_changes: AttributeChanges): void {
    fail('EOPNOTSUPP');
  }

  open(): OpenFile {
    return fail('ENXIO');
  }
}

const fileSystems = new WeakMap<FsEnvironment, AnonymousFileSystem>();

export function anonymousInode(environment: FsEnvironment): SpecialInode {
  let fs = fileSystems.get(environment);
  if (fs === undefined) {
    fs = new AnonymousFileSystem(environment);
    fileSystems.set(environment, fs);
  }
  return fs.inode;
}
