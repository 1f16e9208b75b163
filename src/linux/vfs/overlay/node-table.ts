import type { TreeInode } from '../memory/directory.ts';

const FIRST_SWEEP = 4096;

/**
 * One node for every file of the lower layer that is in use. Nodes that the guest has changed are kept; the others
 * hold nothing that the lower layer does not know and go when nobody uses them.
 */
export class NodeTable {
  readonly #changed = new Map<number, TreeInode>();
  readonly #unchanged = new Map<number, WeakRef<TreeInode>>();
  #sweepAt = FIRST_SWEEP;

  get(ino: number): TreeInode | undefined {
    return this.#changed.get(ino) ?? this.#unchanged.get(ino)?.deref();
  }

  add(node: TreeInode): void {
    this.#unchanged.set(node.ino, new WeakRef(node));
    if (this.#unchanged.size >= this.#sweepAt) this.#sweep();
  }

  keep(node: TreeInode): void {
    this.#changed.set(node.ino, node);
    this.#unchanged.delete(node.ino);
  }

  /** The file has no name left: nothing of the lower layer leads to it any more. */
  forget(ino: number): void {
    this.#changed.delete(ino);
    this.#unchanged.delete(ino);
  }

  #sweep(): void {
    for (const [ino, reference] of this.#unchanged) if (reference.deref() === undefined) this.#unchanged.delete(ino);
    this.#sweepAt = Math.max(FIRST_SWEEP, this.#unchanged.size * 2);
  }
}
