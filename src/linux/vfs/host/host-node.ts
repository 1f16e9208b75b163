import type { HostFile, HostFolder, HostPath, HostStat } from '../../../platform/types.ts';
import { HostFileError } from '../../../platform/types.ts';
import { fail } from '../../errno.ts';
import type { NodeHost } from '../memory/nodes.ts';
import type { AttributeChanges, FileSystem, InodeKind, Ownership, Stat } from '../types.ts';

/** The file system, as its nodes see it. */
export interface HostTree extends FileSystem {
  readonly folder: HostFolder;
  readonly owner: Ownership;
  numberOf(stat: HostStat): number;
  /** What is at `path`, or undefined. */
  find(path: HostPath): HostStat | undefined;
  toStat(stat: HostStat): Stat;
  /** Notes the times that a file was given and that the host, whose `stat` comes after, keeps less exactly. */
  noteTimes(stat: HostStat, atime: bigint, mtime: bigint): void;
  /** Makes fifos and sockets that only the guest sees. */
  readonly specials: NodeHost;
}

/** Runs an operation of the host; its failure becomes the guest's errno of the same name. */
export function onHost<T>(operation: () => T): T {
  try {
    return operation();
  } catch (error) {
    if (error instanceof HostFileError) return fail(error.code);
    throw error;
  }
}

/** What attributes are changed through: an open file, or a path. */
type AttributeSetter = Pick<HostFile, 'stat' | 'setPermissions' | 'setTimes'>;

/** Applies what the host can store. Owners are fixed, set-id bits are refused. */
export function applyAttributes(fs: HostTree, file: AttributeSetter, changes: AttributeChanges): void {
  const { uid, gid } = fs.owner;
  if ((changes.uid ?? uid) !== uid || (changes.gid ?? gid) !== gid) fail('EPERM');
  const { mode, atime, mtime } = changes;
  if (mode !== undefined && (mode & 0o6000) !== 0) fail('EPERM');
  onHost(() => {
    if (mode !== undefined && mode !== file.stat().permissions) file.setPermissions(mode);
    if (atime === undefined && mtime === undefined) return;
    const stat = fs.toStat(file.stat());
    const times = [atime ?? stat.atime, mtime ?? stat.mtime] as const;
    file.setTimes(...times);
    fs.noteTimes(file.stat(), ...times);
  });
}

/** Base of the files of a host folder: a name below a directory, and the number that was found there. */
export abstract class HostNode {
  abstract readonly kind: InodeKind;
  readonly fs: HostTree;
  readonly ino: number;
  name: string;
  parent: HostNode | undefined;
  seen?: Stat;

  constructor(fs: HostTree, parent: HostNode | undefined, name: string, ino: number) {
    this.fs = fs;
    this.parent = parent;
    this.name = name;
    this.ino = ino;
  }

  path(): string[] {
    return this.parent === undefined ? [] : [...this.parent.path(), this.name];
  }

  /** What is at the file's name; undefined when it is gone, or another file has taken the name meanwhile. */
  protected named(): HostStat | undefined {
    const stat = this.fs.find(this.path());
    return stat === undefined || this.fs.numberOf(stat) !== this.ino ? undefined : stat;
  }

  hostStat(): HostStat {
    return this.named() ?? fail('ENOENT');
  }

  stat(): Stat {
    return this.fs.toStat(this.hostStat());
  }

  setAttributes(changes: AttributeChanges): void {
    const { folder } = this.fs;
    const path = this.path();
    const setter: AttributeSetter = {
      stat: () => this.hostStat(),
      setPermissions: (permissions) => folder.setPermissions(path, permissions),
      setTimes: (atime, mtime) => folder.setTimes(path, atime, mtime),
    };
    applyAttributes(this.fs, setter, changes);
  }
}
