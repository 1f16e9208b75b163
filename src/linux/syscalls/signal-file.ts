/** signalfd(2): pending signals of whoever reads. */
import type { Cancel } from '../../platform/types.ts';
import { fail } from '../errno.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { encodeSignalInfo, UNBLOCKABLE, type SignalInfo } from '../process/signals.ts';
import type { Thread } from '../process/thread.ts';
import { POLLIN, POLLRDNORM } from '../vfs/constants.ts';
import { BaseOpenFile } from '../vfs/open-file.ts';
import type { SpecialInode } from '../vfs/types.ts';

const RECORD = 128;

export class SignalFile extends BaseOpenFile {
  override readonly inode: SpecialInode;
  readonly #kernel: Kernel;
  #mask = 0n;

  constructor(inode: SpecialInode, kernel: Kernel, mask: bigint) {
    super();
    this.inode = inode;
    this.#kernel = kernel;
    this.mask = mask;
  }

  set mask(mask: bigint) {
    this.#mask = mask & ~UNBLOCKABLE;
  }

  /** As in Linux, it is the caller's signals that are read and waited for, whoever made the file. */
  get #caller(): Thread {
    return this.#kernel.scheduler.running ?? fail('EAGAIN');
  }

  override readAt(buffer: Uint8Array): number {
    if (buffer.length < RECORD) fail('EINVAL');
    const thread = this.#caller;
    let count = 0;
    while (count + RECORD <= buffer.length) {
      const info = thread.process.signals.take(thread, this.#mask);
      if (info === undefined) break;
      buffer.set(encodeRecord(info), count);
      count += RECORD;
    }
    return count === 0 ? fail('EAGAIN') : count;
  }

  override readiness(): number {
    const thread = this.#kernel.scheduler.running;
    if (thread === null) return 0;
    return (thread.process.signals.pendingMask(thread) & this.#mask) === 0n ? 0 : POLLIN | POLLRDNORM;
  }

  override onReady(listener: () => void): Cancel {
    return this.#caller.process.signals.arrivals.subscribe(listener);
  }
}

/** struct signalfd_siginfo, from the fields of siginfo_t. */
function encodeRecord(info: SignalInfo): Uint8Array {
  const from = new DataView(encodeSignalInfo(info).buffer);
  const bytes = new Uint8Array(RECORD);
  const view = new DataView(bytes.buffer);
  const word = (at: number, value: number): void => {
    view.setInt32(at, value, true);
  };
  word(0, info.signal);
  word(4, from.getInt32(4, true));
  word(8, info.code);
  switch (info.origin.kind) {
    case 'fault':
      view.setBigUint64(72, info.origin.address, true);
      break;
    case 'timer':
      word(24, info.origin.id);
      word(32, info.origin.overrun);
      word(44, Number(BigInt.asIntN(32, info.origin.value)));
      view.setBigUint64(48, BigInt.asUintN(64, info.origin.value), true);
      break;
    case 'child':
      word(40, info.origin.status);
      view.setBigUint64(56, from.getBigUint64(32, true), true);
      word(12, info.origin.pid);
      word(16, info.origin.uid);
      break;
    case 'user':
    case 'raw':
      word(12, from.getInt32(16, true));
      word(16, from.getInt32(20, true));
      word(44, from.getInt32(24, true));
      view.setBigUint64(48, from.getBigUint64(24, true), true);
      break;
    case 'file':
      word(20, info.origin.fd);
      word(28, info.origin.band);
      break;
    case 'kernel':
      break;
  }
  return bytes;
}
