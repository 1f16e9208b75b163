import { fail } from '../../errno.ts';
import type { FsEnvironment, MemoryDisk } from '../environment.ts';
import type { FileSystem, FileSystemStatistics, NewAttributes } from '../types.ts';
import { MemoryDirectory } from './directory.ts';
import { BLOCK } from './inode.ts';
import type { NodeHost } from './nodes.ts';

export interface MemoryLimits {
  /** Bytes that all files together may keep in memory; default 1 GiB. */
  readonly capacity?: number;
  /** Files, directories and other nodes; default 1,048,576. */
  readonly maxNodes?: number;
}

export interface MemoryFileSystemOptions extends MemoryLimits {
  /** Owner and permissions of the root directory; default root, 755. */
  readonly root?: NewAttributes;
  /** As in `/proc/mounts`. */
  readonly type?: string;
}

const DEFAULT_CAPACITY = 2 ** 30;
const DEFAULT_NODES = 2 ** 20;
const TMPFS_MAGIC = 0x01021994;

/** Keeps count of what a file system holds in memory; `ENOSPC` at the limits. */
export class MemoryBudget {
  readonly capacity: number;
  readonly maxNodes: number;
  readonly #disk: MemoryDisk;
  #bytes = 0;
  #nodes = 0;

  constructor(limits: MemoryLimits, disk: MemoryDisk) {
    this.#disk = disk;
    this.capacity = limits.capacity ?? DEFAULT_CAPACITY;
    this.maxNodes = limits.maxNodes ?? DEFAULT_NODES;
  }

  charge(bytes: number): void {
    if (bytes > 0 && this.#bytes + bytes > this.capacity) fail('ENOSPC');
    this.#disk.charge(bytes);
    this.#bytes += bytes;
  }

  nodeMade(): void {
    if (this.#nodes >= this.maxNodes) fail('ENOSPC');
    this.#disk.chargeNode(1);
    this.#nodes++;
  }

  nodeGone(): void {
    this.#disk.chargeNode(-1);
    this.#nodes--;
  }

  statistics(type: number): FileSystemStatistics {
    return {
      type,
      blockSize: BLOCK,
      blocks: Math.floor(Math.min(this.capacity, this.#disk.limit) / BLOCK),
      freeBlocks: Math.floor(Math.min(this.capacity - this.#bytes, this.#disk.left) / BLOCK),
      files: this.maxNodes,
      freeFiles: this.maxNodes - this.#nodes,
    };
  }
}

/** Like tmpfs: everything in memory, gone with the VFS. */
export class MemoryFileSystem implements FileSystem {
  readonly type: string;
  readonly dev: number;
  readonly readOnly = false;
  readonly root: MemoryDirectory;
  readonly #budget: MemoryBudget;

  constructor(environment: FsEnvironment, options: MemoryFileSystemOptions = {}) {
    this.type = options.type ?? 'tmpfs';
    this.dev = environment.nextDevice();
    const budget = new MemoryBudget(options, environment.disk);
    this.#budget = budget;
    let lastIno = 1;
    const host: NodeHost = {
      fs: this,
      dev: this.dev,
      environment,
      now: () => environment.clock.realtime(),
      nextIno: () => ++lastIno,
      charge: (bytes) => budget.charge(bytes),
      nodeMade: () => budget.nodeMade(),
      nodeGone: () => budget.nodeGone(),
    };
    this.root = new MemoryDirectory(host, 1, options.root ?? { mode: 0o755, uid: 0, gid: 0 });
  }

  statistics(): FileSystemStatistics {
    return this.#budget.statistics(TMPFS_MAGIC);
  }
}
