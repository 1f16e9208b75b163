import type { Platform } from '../../../platform/types.ts';
import type { FsEnvironment } from '../environment.ts';
import { MemoryFileSystem } from '../memory/memory-fs.ts';
import type { NewAttributes } from '../types.ts';
import { DEVICE, memoryDevices, openControllingTerminal } from './devices.ts';

const OWNER = { uid: 0, gid: 0 };
const TTY_GROUP = 5;

const NODES: Readonly<Record<keyof typeof DEVICE, NewAttributes>> = {
  null: { mode: 0o666, ...OWNER },
  zero: { mode: 0o666, ...OWNER },
  full: { mode: 0o666, ...OWNER },
  random: { mode: 0o666, ...OWNER },
  urandom: { mode: 0o666, ...OWNER },
  tty: { mode: 0o666, uid: 0, gid: TTY_GROUP },
  ptmx: { mode: 0o666, uid: 0, gid: TTY_GROUP },
};

const LINKS: Readonly<Record<string, string>> = {
  fd: '/proc/self/fd',
  stdin: '/proc/self/fd/0',
  stdout: '/proc/self/fd/1',
  stderr: '/proc/self/fd/2',
};

/** What the guest may keep in `/dev/shm` and in the rest of `/dev`. */
const CAPACITY = 256 * 2 ** 20;

/**
 * `/dev`: the memory devices, `tty`, `ptmx`, the links to the standard descriptors, and `shm` for shm_open(3). A
 * terminal of the host appears as `pts/0` (`addTerminal`), those that the guest makes as `pts/1` and so on.
 */
export function createDevFileSystem(environment: FsEnvironment, random: Platform['random']): MemoryFileSystem {
  for (const [rdev, opener] of memoryDevices(random)) environment.registerDevice('char', rdev, opener);
  environment.registerDevice('char', DEVICE.tty, openControllingTerminal);
  const fs = new MemoryFileSystem(environment, { type: 'devtmpfs', capacity: CAPACITY });
  const { root } = fs;
  for (const name of ['null', 'zero', 'full', 'random', 'urandom', 'tty', 'ptmx'] as const)
    root.mknod(name, 'char', DEVICE[name], NODES[name]);
  for (const [name, target] of Object.entries(LINKS)) root.symlink(name, target, OWNER);
  root.mkdir('shm', { mode: 0o1777, ...OWNER });
  root.mkdir('pts', { mode: 0o755, ...OWNER });
  return fs;
}

/** Makes `/dev/pts/0`, the node of the host's terminal, for the device `rdev` registered by the caller. */
export function addTerminal(fs: MemoryFileSystem, rdev: number, owner: { uid: number; gid: number }): void {
  const pts = fs.root.lookup('pts');
  if (pts?.kind === 'directory') pts.mknod('0', 'char', rdev, { mode: 0o620, uid: owner.uid, gid: TTY_GROUP });
}
