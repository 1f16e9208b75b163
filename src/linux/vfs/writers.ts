import type { Inode } from './types.ts';

/** Which files are open for writing, by path: such a file cannot be executed (deny_write_access in fs/exec.c). */
export class Writers {
  readonly #counts = new Map<string, number>();

  /** Counts one more; returns what counts it out again. */
  add(inode: Inode): () => void {
    const key = keyOf(inode);
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
    return () => {
      const left = (this.#counts.get(key) ?? 0) - 1;
      if (left > 0) this.#counts.set(key, left);
      else this.#counts.delete(key);
    };
  }

  has(inode: Inode): boolean {
    return this.#counts.has(keyOf(inode));
  }
}

function keyOf({ fs, ino }: Inode): string {
  return `${String(fs.dev)}:${String(ino)}`;
}
