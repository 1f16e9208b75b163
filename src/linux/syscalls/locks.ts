/** flock(2): locks that belong to open file descriptions. */
import { fail } from '../errno.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { Process } from '../process/process.ts';
import { waitFor, type SyscallResult } from '../process/wait.ts';
import type { FileDescription } from '../vfs/file-description.ts';
import { Notifier } from '../vfs/notifier.ts';

const LOCK_SH = 1;
const LOCK_EX = 2;
const LOCK_NB = 4;
const LOCK_UN = 8;

interface LockedFile {
  readonly holders: Map<FileDescription, 'shared' | 'exclusive'>;
  readonly changes: Notifier;
}

class FileLocks {
  readonly #files = new Map<string, LockedFile>();

  lock(description: FileDescription, operation: number): SyscallResult {
    const kind = operation & ~LOCK_NB;
    if (kind === LOCK_UN) {
      this.unlock(description);
      return 0;
    }
    if (kind !== LOCK_SH && kind !== LOCK_EX) fail('EINVAL');
    const wanted = kind === LOCK_SH ? 'shared' : 'exclusive';
    const file = this.#file(description);
    // A conversion is not atomic: the old lock is given up first (flock(2)).
    if (file.holders.get(description) !== wanted) this.unlock(description);
    const attempt = (): number | undefined => {
      const others = [...file.holders].filter(([holder]) => holder !== description);
      const conflict = others.some(([, held]) => held === 'exclusive' || wanted === 'exclusive');
      if (conflict) return undefined;
      if (!file.holders.has(description))
        description.onClose(() => {
          this.unlock(description);
        });
      file.holders.set(description, wanted);
      return 0;
    };
    if ((operation & LOCK_NB) !== 0) return attempt() ?? fail('EAGAIN');
    return waitFor({ attempt, subscribe: (wake) => file.changes.subscribe(wake), restartable: true });
  }

  unlock(description: FileDescription): void {
    const file = this.#files.get(key(description));
    if (file?.holders.delete(description) === true) file.changes.notify();
  }

  #file(description: FileDescription): LockedFile {
    let file = this.#files.get(key(description));
    if (file === undefined) {
      file = { holders: new Map(), changes: new Notifier() };
      this.#files.set(key(description), file);
    }
    return file;
  }
}

function key({ file }: FileDescription): string {
  return `${String(file.inode.fs.dev)}:${String(file.inode.ino)}`;
}

const locks = new WeakMap<Kernel, FileLocks>();

/** The locks of a guest. */
export function locksOf({ kernel }: Process): FileLocks {
  let known = locks.get(kernel);
  if (known === undefined) locks.set(kernel, (known = new FileLocks()));
  return known;
}
