import { fail } from '../../errno.ts';
import { makeDevice } from '../environment.ts';
import type { DeviceOpener } from '../environment.ts';
import { BaseOpenFile } from '../open-file.ts';
import type { SpecialInode } from '../types.ts';

/** Device numbers: admin-guide/devices.rst of the Linux sources. */
export const DEVICE = {
  null: makeDevice(1, 3),
  zero: makeDevice(1, 5),
  full: makeDevice(1, 7),
  random: makeDevice(1, 8),
  urandom: makeDevice(1, 9),
  tty: makeDevice(5, 0),
  /** Opening it makes a pseudoterminal: `../../tty`. */
  ptmx: makeDevice(5, 2),
} as const;

/** Reads fill the buffer whole or give the end of file; writes take everything or fail. */
interface MemoryDeviceBehaviour {
  read(buffer: Uint8Array): number;
  write(buffer: Uint8Array): number;
  readonly pollable?: true;
}

/** A memory device: always ready, and at every position the same. */
class MemoryDeviceFile extends BaseOpenFile {
  override readonly inode: SpecialInode;
  override readonly seekable = true;
  override readonly positioned = false;
  readonly #behaviour: MemoryDeviceBehaviour;

  constructor(inode: SpecialInode, behaviour: MemoryDeviceBehaviour) {
    super();
    this.inode = inode;
    this.#behaviour = behaviour;
  }

  override get pollable(): boolean {
    return this.#behaviour.pollable === true;
  }

  override readAt(buffer: Uint8Array): number {
    return this.#behaviour.read(buffer);
  }

  override writeAt(buffer: Uint8Array): number {
    return this.#behaviour.write(buffer);
  }

  override append(buffer: Uint8Array): { readonly written: number; readonly end: number } {
    return { written: this.writeAt(buffer), end: 0 };
  }
}

function zeros(buffer: Uint8Array): number {
  buffer.fill(0);
  return buffer.length;
}

const swallow = (buffer: Uint8Array): number => buffer.length;

function device(behaviour: MemoryDeviceBehaviour): DeviceOpener {
  return (inode) => new MemoryDeviceFile(inode, behaviour);
}

/** null, zero, full, random, urandom by device number. Writing to random stirs nothing: the host's source is kept. */
export function memoryDevices(random: (bytes: Uint8Array) => void): ReadonlyMap<number, DeviceOpener> {
  const randomBytes = (buffer: Uint8Array): number => {
    // A buffer of its own: the guest's memory may be of a kind that the host's source does not fill.
    const bytes = new Uint8Array(buffer.length);
    random(bytes);
    buffer.set(bytes);
    return buffer.length;
  };
  return new Map([
    [DEVICE.null, device({ read: () => 0, write: swallow })],
    [DEVICE.zero, device({ read: zeros, write: swallow })],
    [DEVICE.full, device({ read: zeros, write: (buffer) => (buffer.length === 0 ? 0 : fail('ENOSPC')) })],
    [DEVICE.random, device({ read: randomBytes, write: swallow, pollable: true })],
    [DEVICE.urandom, device({ read: randomBytes, write: swallow })],
  ]);
}

/** `/dev/tty`: the caller's own terminal (tty(4)). */
export const openControllingTerminal: DeviceOpener = (_inode, flags, caller) => {
  const terminal = caller.controllingTerminal;
  if (terminal?.kind !== 'char') return fail('ENXIO');
  return terminal.open(flags, caller);
};
