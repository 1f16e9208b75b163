/** pidfd_open(2): a file that means a process, and is readable once that has ended. */
import type { Cancel } from '../../platform/types.ts';
import { POLLHUP, POLLIN, POLLRDNORM } from '../vfs/constants.ts';
import type { Process } from '../process/process.ts';
import { BaseOpenFile } from '../vfs/open-file.ts';
import type { SpecialInode } from '../vfs/types.ts';

export class PidFile extends BaseOpenFile {
  override readonly inode: SpecialInode;
  readonly process: Process;

  constructor(inode: SpecialInode, process: Process) {
    super();
    this.inode = inode;
    this.process = process;
  }

  override readiness(): number {
    const { ended, zombie } = this.process;
    if (!ended) return 0;
    return POLLIN | POLLRDNORM | (zombie ? 0 : POLLHUP);
  }

  override onReady(listener: () => void): Cancel {
    return this.process.endEvents.subscribe(listener);
  }
}
