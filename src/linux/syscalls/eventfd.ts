/** eventfd(2). */
import { fail } from '../errno.ts';
import type { Cancel } from '../../platform/types.ts';
import { O_RDWR, POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from '../vfs/constants.ts';
import type { FileDescription } from '../vfs/file-description.ts';
import { Notifier } from '../vfs/notifier.ts';
import { BaseOpenFile } from '../vfs/open-file.ts';
import type { SpecialInode } from '../vfs/types.ts';
import type { Vfs } from '../vfs/vfs.ts';
import { anonymousInode } from './anonymous.ts';

const MAX_COUNT = 0xfffffffffffffffen;

class EventFile extends BaseOpenFile {
  override readonly inode: SpecialInode;
  readonly #semaphore: boolean;
  readonly #changes = new Notifier();
  #count: bigint;

  constructor(inode: SpecialInode, initial: number, semaphore: boolean) {
    super();
    this.inode = inode;
    this.#count = BigInt(initial);
    this.#semaphore = semaphore;
  }

  override readAt(buffer: Uint8Array): number {
    if (buffer.length < 8) fail('EINVAL');
    if (this.#count === 0n) fail('EAGAIN');
    const taken = this.#semaphore ? 1n : this.#count;
    viewOf(buffer).setBigUint64(0, taken, true);
    this.#count -= taken;
    this.#changes.notify();
    return 8;
  }

  override writeAt(buffer: Uint8Array): number {
    if (buffer.length < 8) fail('EINVAL');
    const added = viewOf(buffer).getBigUint64(0, true);
    if (added > MAX_COUNT) fail('EINVAL');
    if (this.#count + added > MAX_COUNT) fail('EAGAIN');
    this.#count += added;
    this.#changes.notify();
    return 8;
  }

  override readiness(): number {
    const reading = this.#count > 0n ? POLLIN | POLLRDNORM : 0;
    return this.#count < MAX_COUNT ? reading | POLLOUT | POLLWRNORM : reading;
  }

  override onReady(listener: () => void): Cancel {
    return this.#changes.subscribe(listener);
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

export function createEventFd(vfs: Vfs, initial: number, semaphore: boolean, flags: number): FileDescription {
  const file = new EventFile(anonymousInode(vfs.environment), initial, semaphore);
  return vfs.anonymous(file, 'anon_inode:[eventfd]', O_RDWR | flags);
}
