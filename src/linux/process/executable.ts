/** Files of the VFS as the loader and the address space see them. */
import type { AreaWatcher, MappedFile } from '../../memory/vma.ts';
import { fail, isLinuxError } from '../errno.ts';
import type { ExecutableFile } from '../loader/program.ts';
import { O_RDONLY, X_OK } from '../vfs/constants.ts';
import type { FileDescription } from '../vfs/file-description.ts';
import type { FsContext, Location } from '../vfs/types.ts';
import type { Vfs } from '../vfs/vfs.ts';

export interface MappingOptions {
  readonly anonymous?: boolean;
  readonly watcher?: AreaWatcher;
}

/** `description` as a mapping; takes a reference of its own. */
export function mapDescription(vfs: Vfs, description: FileDescription, options: MappingOptions = {}): MappedFile {
  const { file, location } = description.retain();
  return {
    path: vfs.pathOf(location),
    device: file.inode.fs.dev,
    inode: file.inode.ino,
    anonymous: options.anonymous ?? false,
    ...(options.watcher === undefined ? {} : { watcher: options.watcher }),
    size: () => file.stat().size,
    read: (offset, into) => file.readAt(into, offset),
    write(offset, from) {
      try {
        for (let done = 0; done < from.length;) {
          const count = file.writeAt(from.subarray(done), offset + done);
          if (count === 0) return;
          done += count;
        }
      } catch (error) {
        // A full disk, say. Linux loses the pages as well when it cannot write them back; only msync(2) could tell.
        if (!isLinuxError(error)) throw error;
      }
    },
    share: () => mapDescription(vfs, description, options),
    release: () => {
      description.release();
    },
  };
}

/** A program or dynamic linker, with where it lies for /proc/self/exe. */
export interface VfsExecutable extends ExecutableFile {
  readonly location: Location;
}

/** Opens `path` for execution as execve(2) does: a regular file with an x bit, on a mount that allows it. */
export function openExecutable(vfs: Vfs, context: FsContext, path: string): VfsExecutable {
  const location = vfs.resolve(context, path);
  const { inode } = location.dentry;
  if (inode.kind !== 'file' || location.mount.flags.noexec === true) fail('EACCES');
  vfs.access(location, X_OK, context.credentials);
  if (vfs.writers.has(inode)) fail('ETXTBSY');
  // Linux executes files that may not be read; the kernel's own reading needs no permission.
  const description = vfs.openLocation(privileged(context), location, O_RDONLY);
  const { file } = description;
  return {
    path: vfs.pathOf(location, context.root),
    location,
    size: file.stat().size,
    read(offset, length) {
      const bytes = new Uint8Array(Math.max(Math.min(length, file.stat().size - offset), 0));
      let done = 0;
      while (done < bytes.length) {
        const count = file.readAt(bytes.subarray(done), offset + done);
        if (count === 0) break;
        done += count;
      }
      return bytes.subarray(0, done);
    },
    mapped: () => mapDescription(vfs, description),
    close: () => {
      description.release();
    },
  };
}

function privileged(context: FsContext): FsContext {
  const { root, cwd, umask, pid, tid } = context;
  return { root, cwd, umask, pid, tid, credentials: { uid: 0, gid: 0, groups: [] } };
}
