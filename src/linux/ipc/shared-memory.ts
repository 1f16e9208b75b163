/** Segments of shared memory (ipc/shm.c): files in memory that are mapped shared, with identifiers instead of names. */
import { PAGE_SIZE } from '../../memory/layout.ts';
import { pageCeil } from '../../memory/pages.ts';
import type { AreaWatcher } from '../../memory/vma.ts';
import { fail } from '../errno.ts';
import type { FileDescription } from '../vfs/file-description.ts';
import type { Ownership } from '../vfs/types.ts';
import type { IpcLimits } from './limits.ts';
import { IpcObject, IpcTable, type IpcIdentity, type IpcMemory } from './objects.ts';

/** Bits of a segment's mode: it goes with its last attachment; SHM_LOCK was asked for. */
export const SHM_DEST = 0o1000;
export const SHM_LOCKED = 0o2000;

/** What a segment needs of its table. */
interface SegmentHost {
  /** Seconds since the epoch. */
  readonly now: () => bigint;
  /** The process that makes the present call, or that ends. */
  readonly pid: () => number;
  readonly unused: (segment: Segment) => void;
}

export class Segment extends IpcObject implements AreaWatcher {
  readonly size: number;
  readonly description: FileDescription;
  readonly creatorPid: number;
  readonly #host: SegmentHost;
  /** Areas of all processes, as in Linux: an attachment of which the middle was unmapped counts twice. */
  attachments = 0;
  /** Who attached or detached last; 0 for nobody. */
  lastPid = 0;
  /** Seconds since the epoch; 0 for never. */
  attachTime = 0n;
  detachTime = 0n;

  constructor(identity: IpcIdentity, size: number, description: FileDescription, host: SegmentHost) {
    super(identity);
    this.size = size;
    this.description = description;
    this.creatorPid = host.pid();
    this.#host = host;
  }

  get pages(): number {
    return pageCeil(this.size) / PAGE_SIZE;
  }

  /** Bytes that its file keeps in memory. */
  get residentBytes(): number {
    return pageCeil(this.description.file.stat().blocks * 512);
  }

  opened(): void {
    this.attachments++;
    this.attachTime = this.#host.now();
    this.lastPid = this.#host.pid();
  }

  closed(): void {
    this.detachTime = this.#host.now();
    this.lastPid = this.#host.pid();
    this.#leave();
  }

  /** Attaches it by `map`, which may unmap what was the last attachment. */
  attach<T>(map: () => T): T {
    this.attachments++;
    try {
      return map();
    } finally {
      this.#leave();
    }
  }

  #leave(): void {
    this.attachments--;
    if (this.attachments === 0 && (this.mode & SHM_DEST) !== 0) this.#host.unused(this);
  }
}

export class SharedMemory {
  readonly table: IpcTable<Segment>;
  readonly #limits: IpcLimits;
  readonly #memory: IpcMemory;
  readonly #host: SegmentHost;
  /** Pages of all segments. */
  pages = 0;

  constructor(limits: IpcLimits, memory: IpcMemory, now: () => bigint, pid: () => number) {
    this.#limits = limits;
    this.#memory = memory;
    this.table = new IpcTable(() => limits.shmmni, now);
    this.#host = {
      now,
      pid,
      unused: (segment) => {
        this.#destroy(segment);
      },
    };
  }

  /** EINVAL, ENOSPC: a segment of `size` bytes cannot be. */
  requireSize(size: number): void {
    if (size < 1 || BigInt(size) > this.#limits.shmmax) fail('EINVAL');
    if (BigInt(this.pages) + BigInt(pageCeil(size) / PAGE_SIZE) > this.#limits.shmall) fail('ENOSPC');
    if (this.table.size >= this.#limits.shmmni) fail('ENOSPC');
  }

  /** Bytes of the segments that they have not taken yet, and may. */
  get promisedBytes(): number {
    return this.table.list().reduce((sum, each) => sum + Math.max(pageCeil(each.size) - each.residentBytes, 0), 0);
  }

  /** Makes a segment of a file as long as its pages; owns the description from a success on. */
  add(key: number, owner: Ownership, mode: number, size: number, description: FileDescription): Segment {
    this.#memory.takeObject();
    const segment = this.table.add(
      key,
      owner,
      mode,
      (identity) => new Segment(identity, size, description, this.#host),
    );
    this.pages += segment.pages;
    return segment;
  }

  /** IPC_RMID: at once, or when nobody has it attached any more. */
  remove(segment: Segment): void {
    if (segment.attachments === 0) {
      this.#destroy(segment);
      return;
    }
    segment.mode |= SHM_DEST;
    this.table.forgetKey(segment);
  }

  #destroy(segment: Segment): void {
    this.table.remove(segment);
    this.pages -= segment.pages;
    this.#memory.giveObject();
    segment.description.release();
  }
}
