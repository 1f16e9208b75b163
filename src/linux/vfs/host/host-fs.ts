import type { HostFolder, HostPath, HostStat } from '../../../platform/types.ts';
import { HostFileError } from '../../../platform/types.ts';
import { fail } from '../../errno.ts';
import { FILE_TYPE } from '../constants.ts';
import type { FsEnvironment } from '../environment.ts';
import type { NodeHost } from '../memory/nodes.ts';
import type { FileSystem, FileSystemStatistics, Ownership, Stat } from '../types.ts';
import { HostDirectory } from './host-directory.ts';
import { onHost } from './host-node.ts';
import type { HostTree } from './host-node.ts';

export interface HostFileSystemOptions {
  readonly readOnly: boolean;
  /** The ids that every file shows: those of the guest's user. */
  readonly owner: Ownership;
}

/**
 * The host takes times to the microsecond only. What the guest set is what it sees, as long as the host's own time is the one
 * that came of it: a copy with its times (cp -p, rsync) must not look older than the original.
 */
interface ExactTimes {
  readonly set: Times;
  readonly kept: Times;
}

type Times = Readonly<Pick<HostStat, 'atime' | 'mtime'>>;

function exactTime(which: keyof Times, stat: HostStat, times: ExactTimes | undefined): bigint {
  return times?.kept[which] === stat[which] ? times.set[which] : stat[which];
}

const EXT_MAGIC = 0xef53;
/** Above the numbers of the host's files, which count up from 1. */
const FIRST_SPECIAL = 2 ** 40;
/** Most fifos and sockets of the guest. */
const MAX_SPECIALS = 65536;

/**
 * A folder of the host. Nothing is cached but directories' identities: every operation goes to the host by names
 * below the folder, one component at a time, and never through a symbolic link (`HostFolder`): links are resolved
 * by the VFS, inside the guest's root.
 *
 * All files belong to the guest's user. Permission bits are the host's, without set-id bits, which a guest can
 * neither see nor set: a program of the host must not become privileged through a guest. Fifos, sockets and devices
 * of the host are shown but cannot be opened. Fifos and sockets that the guest makes are in memory: the host does not see
 * them, so neither side can wait for the other through one.
 */
export class HostFileSystem implements HostTree {
  readonly type = 'hostfs';
  readonly dev: number;
  readonly readOnly: boolean;
  readonly root: HostDirectory;
  readonly folder: HostFolder;
  readonly owner: Ownership;
  /** Inode numbers in the order of first sight: the host's are no business of the guest, and may exceed 2^53. */
  readonly #numbers = new Map<string, number>();
  /** By number, times that were set to the nanosecond; see `exactTime`. */
  readonly #times = new Map<number, ExactTimes>();
  readonly specials: NodeHost;

  constructor(environment: FsEnvironment, folder: HostFolder, options: HostFileSystemOptions) {
    this.dev = environment.nextDevice();
    this.readOnly = options.readOnly;
    this.owner = options.owner;
    this.folder = folder;
    this.specials = specialsOf(this, environment);
    const stat = onHost(() => folder.stat([]));
    this.root = new HostDirectory(this, undefined, '', this.numberOf(stat));
  }

  numberOf({ dev, ino }: HostStat): number {
    const key = `${String(dev)}:${String(ino)}`;
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = this.#numbers.size + 1;
      this.#numbers.set(key, number);
    }
    return number;
  }

  /** What is at `path`, or undefined. */
  find(path: HostPath): HostStat | undefined {
    try {
      return this.folder.stat(path);
    } catch (error) {
      if (error instanceof HostFileError) return error.code === 'ENOENT' ? undefined : fail(error.code);
      throw error;
    }
  }

  noteTimes(stat: HostStat, atime: bigint, mtime: bigint): void {
    const number = this.numberOf(stat);
    if (stat.atime === atime && stat.mtime === mtime) this.#times.delete(number);
    else this.#times.set(number, { set: { atime, mtime }, kept: { atime: stat.atime, mtime: stat.mtime } });
  }

  toStat(stat: HostStat): Stat {
    const ino = this.numberOf(stat);
    const times = this.#times.get(ino);
    return {
      dev: this.dev,
      ino,
      mode: FILE_TYPE[stat.kind] | stat.permissions,
      nlink: stat.nlink,
      uid: this.owner.uid,
      gid: this.owner.gid,
      rdev: 0,
      size: stat.size,
      blksize: 4096,
      blocks: stat.blocks,
      atime: exactTime('atime', stat, times),
      mtime: exactTime('mtime', stat, times),
      ctime: stat.ctime,
    };
  }

  statistics(): FileSystemStatistics {
    return { type: EXT_MAGIC, ...onHost(() => this.folder.space()) };
  }
}

function specialsOf(fs: FileSystem, environment: FsEnvironment): NodeHost {
  let made = 0;
  let alive = 0;
  return {
    fs,
    dev: fs.dev,
    environment,
    now: () => environment.clock.realtime(),
    nextIno: () => FIRST_SPECIAL + made++,
    nodeMade: () => {
      if (alive >= MAX_SPECIALS) fail('ENOSPC');
      alive++;
    },
    nodeGone: () => {
      alive--;
    },
    // They have no content.
    charge: () => undefined,
  };
}
