import { assert } from '../../common/assert.ts';
import { fail } from '../errno.ts';
import type { Clock } from '../../platform/types.ts';
import type { Caller, OpenFile, SpecialInode } from './types.ts';

/** Opens a device; `inode` is the node that was opened, wherever it lies. */
export type DeviceOpener = (inode: SpecialInode, flags: number, caller: Caller) => OpenFile;

/** `dev_t` as glibc and the kernel encode it for 64-bit programs (sysmacros.h). */
export function makeDevice(major: number, minor: number): number {
  return (minor & 0xff) | ((major & 0xfff) << 8) | ((minor & 0xfff00) << 12);
}

export function majorOf(device: number): number {
  return (device >>> 8) & 0xfff;
}

export function minorOf(device: number): number {
  return (device & 0xff) | ((device >>> 12) & 0xfff00);
}

/** What each file, directory or link takes besides its bytes, as the guest's limit counts it. */
const NODE_BYTES = 1024;

/** What the file systems of one guest keep in memory together; `ENOSPC` at the limit. */
export class MemoryDisk {
  #used = 0;
  #limit = Infinity;

  /** Allows `bytes` more than there are now. */
  limitGrowth(bytes: number): void {
    this.#limit = this.#used + bytes;
  }

  get left(): number {
    return Math.max(this.#limit - this.#used, 0);
  }

  get limit(): number {
    return this.#limit;
  }

  charge(bytes: number): void {
    if (bytes > 0 && this.#used + bytes > this.#limit) fail('ENOSPC');
    this.#used += bytes;
  }

  chargeNode(sign: 1 | -1): void {
    this.charge(sign * NODE_BYTES);
  }
}

/** What /proc shows of the kernel's IPC objects, and of their limits by path below /proc/sys. */
export interface IpcFiles {
  table(name: 'shm' | 'sem' | 'msg'): string;
  setting(path: string): string;
  /** EINVAL where the text makes no sense. */
  store(path: string, text: string): void;
}

const noIpc: IpcFiles = {
  table: () => '',
  setting: () => '',
  store: () => fail('EINVAL'),
};

/** What all file systems of one VFS share: the clock, the device numbers, the devices behind device nodes. */
export class FsEnvironment {
  readonly clock: Pick<Clock, 'realtime'>;
  readonly disk = new MemoryDisk();
  /** The kernel's, once there is one. */
  ipc: IpcFiles = noIpc;
  /** Bytes that a pipe may hold, unless root wants more: /proc/sys/fs/pipe-max-size. */
  pipeMaxSize = 1 << 20;
  readonly #devices = new Map<string, DeviceOpener>();
  #lastMinor = 0;
  #lastAnonymousIno = 0;

  constructor(clock: Pick<Clock, 'realtime'>) {
    this.clock = clock;
  }

  /** A fresh `st_dev` of major 0, as Linux gives to file systems without a block device. */
  nextDevice(): number {
    return makeDevice(0, ++this.#lastMinor);
  }

  /** Inode number of a file without a name: a pipe, an eventfd. */
  nextAnonymousIno(): number {
    return ++this.#lastAnonymousIno;
  }

  registerDevice(kind: 'char' | 'block', rdev: number, opener: DeviceOpener): void {
    const key = `${kind}:${rdev}`;
    assert(!this.#devices.has(key), `device ${key} is registered twice`);
    this.#devices.set(key, opener);
  }

  openDevice(inode: SpecialInode, rdev: number, flags: number, caller: Caller): OpenFile {
    const opener = this.#devices.get(`${inode.kind}:${rdev}`) ?? fail('ENXIO');
    return opener(inode, flags, caller);
  }
}
