import type { FsEnvironment } from '../environment.ts';
import type { TreeInode } from '../memory/directory.ts';
import { MemoryBudget } from '../memory/memory-fs.ts';
import type { MemoryLimits } from '../memory/memory-fs.ts';
import type { FileSystem, FileSystemStatistics, Inode } from '../types.ts';
import { NodeTable } from './node-table.ts';
import { OverlayDirectory, makeOverlayNode, refreshOverlayNode } from './overlay-nodes.ts';
import type { OverlayHost } from './overlay-nodes.ts';

const OVERLAY_MAGIC = 0x794c7630;

/**
 * A file system that nobody changes below one in memory that takes all changes: copy-up, whiteouts, opaque and
 * renamed directories. Copying up is lazy, by chunks of 64 KiB: changing one byte of a large file costs one chunk.
 *
 * Unlike Linux's overlay, files keep their inode number when they are copied up, an open file sees later writes
 * through any other description, and hard links of the lower layer stay linked. As with Linux's, somebody who
 * changes the lower layer on the host meanwhile may be seen or not; the guest's own changes always win.
 */
export class OverlayFileSystem implements FileSystem {
  readonly type = 'overlay';
  readonly dev: number;
  readonly readOnly = false;
  readonly root: OverlayDirectory;
  readonly #budget: MemoryBudget;
  readonly #nodes = new NodeTable();
  readonly #host: OverlayHost;

  constructor(environment: FsEnvironment, lower: FileSystem, limits: MemoryLimits = {}) {
    this.dev = environment.nextDevice();
    const budget = new MemoryBudget(limits, environment.disk);
    this.#budget = budget;
    let made = 0;
    // Numbers of the lower layer are even, of what the guest makes odd.
    const inoOf = ({ ino }: { readonly ino: number }): number => ino * 2;
    this.#host = {
      fs: this,
      dev: this.dev,
      environment,
      now: () => environment.clock.realtime(),
      nextIno: () => ++made * 2 + 1,
      charge: (bytes) => budget.charge(bytes),
      nodeMade: () => budget.nodeMade(),
      nodeGone: (node) => {
        budget.nodeGone();
        this.#nodes.forget(node.ino);
      },
      wrap: (inode) => this.#wrap(inode),
      inoOf,
      keep: (node) => this.#keep(node),
    };
    this.root = new OverlayDirectory(this.#host, inoOf(lower.root), lower.root.stat(), lower.root);
    this.#nodes.add(this.root);
  }

  #wrap(lower: Inode): TreeInode {
    const known = this.#nodes.get(this.#host.inoOf(lower));
    if (known !== undefined && refreshOverlayNode(known, lower)) return known;
    const node = makeOverlayNode(this.#host, lower);
    this.#nodes.add(node);
    return node;
  }

  #keep(node: TreeInode): void {
    this.#budget.nodeMade();
    this.#nodes.keep(node);
  }

  statistics(): FileSystemStatistics {
    return this.#budget.statistics(OVERLAY_MAGIC);
  }
}
