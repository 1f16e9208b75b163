import type { FsEnvironment } from '../environment.ts';
import type { DirectoryInode, FileSystemStatistics } from '../types.ts';
import { VirtualDirectory, fixedEntries, fixedTree } from './virtual-tree.ts';
import type { VirtualTree } from './virtual-tree.ts';

const SYSFS_MAGIC = 0x62656572;

/** `/sys`, as far as C libraries and language runtimes count processors with it. */
export class SysFileSystem implements VirtualTree {
  readonly type = 'sysfs';
  readonly dev: number;
  readonly readOnly = false;
  readonly root: DirectoryInode;
  readonly bootTime: bigint;

  constructor(environment: FsEnvironment, machine: { readonly cpus: number }) {
    this.dev = environment.nextDevice();
    this.bootTime = environment.clock.realtime();
    const list = (): string => (machine.cpus === 1 ? '0\n' : `0-${String(machine.cpus - 1)}\n`);
    const files = {
      'devices/system/cpu/online': list,
      'devices/system/cpu/possible': list,
      'devices/system/cpu/present': list,
    };
    let lastIno = 1;
    this.root = new VirtualDirectory(this, 1, fixedEntries(fixedTree(this, files, () => ++lastIno)));
  }

  statistics(): FileSystemStatistics {
    return { type: SYSFS_MAGIC, blockSize: 4096, blocks: 0, freeBlocks: 0, files: 0, freeFiles: 0 };
  }
}
