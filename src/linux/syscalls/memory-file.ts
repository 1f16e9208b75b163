/** memfd_create(2): a file of a memory file system that nothing else shows. */
import type { FsEnvironment } from '../vfs/environment.ts';
import type { FileDescription } from '../vfs/file-description.ts';
import { MemoryFileSystem } from '../vfs/memory/memory-fs.ts';
import type { Credentials } from '../vfs/types.ts';
import type { Vfs } from '../vfs/vfs.ts';

const NAME = 'memfd';
const fileSystems = new WeakMap<FsEnvironment, MemoryFileSystem>();

/** `path`: what /proc shows, followed by `(deleted)`. Without `seals`, the file can have none. */
export function createMemoryFile(
  vfs: Vfs,
  owner: Credentials,
  path: string,
  flags: number,
  { mode = 0o777, seals }: { readonly mode?: number; readonly seals?: number } = {},
): FileDescription {
  let fs = fileSystems.get(vfs.environment);
  if (fs === undefined) {
    fs = new MemoryFileSystem(vfs.environment);
    fileSystems.set(vfs.environment, fs);
  }
  const inode = fs.root.create(NAME, { mode, uid: owner.uid, gid: owner.gid });
  inode.seals = seals;
  const file = inode.open();
  fs.root.unlink(NAME);
  return vfs.anonymous(file, `${path} (deleted)`, flags);
}
