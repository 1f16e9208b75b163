/** The guest's tree of files: a root, `/dev`, `/proc`, `/sys`, and the folders of the host that the caller shows. */
import { ConfigurationError } from '../common/errors.ts';
import { isLinuxError } from '../linux/errno.ts';
import { O_APPEND, O_CREAT, O_EXCL, O_WRONLY } from '../linux/vfs/constants.ts';
import { createDevFileSystem } from '../linux/vfs/dev/dev-fs.ts';
import { FsEnvironment } from '../linux/vfs/environment.ts';
import { HostFileSystem } from '../linux/vfs/host/host-fs.ts';
import { MemoryFileSystem } from '../linux/vfs/memory/memory-fs.ts';
import { OverlayFileSystem } from '../linux/vfs/overlay/overlay-fs.ts';
import { ProcFileSystem, type MachineFacts } from '../linux/vfs/proc/proc-fs.ts';
import { SysFileSystem } from '../linux/vfs/proc/sys-fs.ts';
import type { FileSystem, FsContext, Location, ProcessTable } from '../linux/vfs/types.ts';
import { Vfs } from '../linux/vfs/vfs.ts';
import { HostFileError, type HostFolder, type Platform } from '../platform/types.ts';
import { noArchives, type Archives } from './image/load.ts';
import { treeOf } from './image/tree.ts';
import type { Mount, User } from './types.ts';

export interface FileTreeOptions {
  readonly platform: Platform;
  readonly root: string | undefined;
  readonly mounts: readonly Mount[];
  /** Whose the host's files are, as the guest sees them. */
  readonly user: User;
  readonly processes: ProcessTable;
  readonly machine: MachineFacts;
  /** What is no folder of the host. */
  readonly archives?: Archives;
}

export interface FileTree {
  readonly vfs: Vfs;
  /** What is mounted on `/dev`; a terminal is added there. */
  readonly dev: MemoryFileSystem;
  /** Gives back the host's folders; nothing of the tree is used afterwards. */
  close(): void;
}

const ROOT_USER = { uid: 0, gid: 0 };
const DIRECTORY_MODE = 0o755;
const PROGRAM_MODE = 0o755;
/** Anybody may write, only the owner of a file may remove it. */
const SHARED_DIRECTORY = { mode: 0o1777, ...ROOT_USER };

export function buildFileTree(options: FileTreeOptions): FileTree {
  const folders: HostFolder[] = [];
  const close = (): void => {
    for (const folder of folders.splice(0)) folder.close();
  };
  try {
    return { ...mountAll(options, folders), close };
  } catch (error) {
    close();
    throw error;
  }
}

/** Notes the host's folders that it opens in `folders`. */
function mountAll(options: FileTreeOptions, folders: HostFolder[]): Omit<FileTree, 'close'> {
  const { platform, root, mounts, processes, machine, archives = noArchives } = options;
  const environment = new FsEnvironment(platform.clock);
  const host = (path: string, what: string, readOnly: boolean): FileSystem => {
    const folder = openFolder(platform, path, what);
    folders.push(folder);
    return new HostFileSystem(environment, folder, { readOnly, owner: options.user });
  };
  const archived = (source: string): FileSystem | undefined => {
    const layer = archives.bySource.get(source);
    return layer && treeOf(environment, [layer], { whiteouts: false });
  };
  const vfs = new Vfs(environment, rootOf());
  function rootOf(): FileSystem {
    if (archives.image !== undefined) return treeOf(environment, archives.image.layers, { whiteouts: true });
    if (root === undefined) return emptyRoot(environment);
    return archived(root) ?? new OverlayFileSystem(environment, host(root, 'root', true));
  }
  const dev = createDevFileSystem(environment, (bytes) => platform.random(bytes));
  const { clock } = platform;
  const proc = new ProcFileSystem(environment, {
    machine,
    processes,
    clock,
    random: (bytes) => platform.random(bytes),
    vfs: () => vfs,
  });
  mountAt(vfs, '/dev', dev, 'devtmpfs');
  mountAt(vfs, '/proc', proc, 'proc');
  mountAt(vfs, '/sys', new SysFileSystem(environment, machine), 'sysfs');
  for (const { source, target, readOnly = false } of mounts) {
    if (!target.startsWith('/'))
      throw new ConfigurationError('mount-target', `cannot mount ${source} at ${target}: give an absolute path`);
    mountAt(vfs, target, archived(source) ?? host(source, 'folder to mount', readOnly), source, readOnly);
  }
  return { vfs, dev };
}

/** The tree as its maker sees it: user 0, at the root. */
export function makerContext(vfs: Vfs): FsContext {
  const credentials = { ...ROOT_USER, groups: [0] };
  return { root: vfs.root, cwd: vfs.root, credentials, umask: 0, pid: 0, tid: 0 };
}

/** Puts a program into the tree, unless its path is there already. */
export function addProgram(vfs: Vfs, path: string, bytes: Uint8Array): void {
  const context = makerContext(vfs);
  if (lookup(vfs, path) !== undefined) return;
  ensureDirectory(vfs, path.slice(0, path.lastIndexOf('/')));
  const file = vfs.open(context, path, O_WRONLY | O_CREAT | O_EXCL, PROGRAM_MODE);
  try {
    for (let done = 0; done < bytes.length;) done += file.write(bytes.subarray(done));
  } finally {
    file.release();
  }
}

/** Writes `/etc/<name>` unless the guest's files have it with something in it; never into a folder of the host. */
export function addNetworkFile(vfs: Vfs, name: string, text: string): void {
  const present = lookup(vfs, `/etc/${name}`);
  if (present === undefined || present.dentry.inode.stat().size === 0) appendNetworkFile(vfs, name, text);
}

/** Adds to `/etc/<name>` as the guest sees it; never into a folder of the host. */
export function appendNetworkFile(vfs: Vfs, name: string, text: string): void {
  ensureDirectory(vfs, '/etc');
  // Root and what lies above a host's folder are in memory; a folder mounted here is somebody's own.
  if (lookup(vfs, '/etc')?.mount !== vfs.root.mount) return;
  if ((lookup(vfs, `/etc/${name}`) ?? vfs.root).mount !== vfs.root.mount) return;
  try {
    const file = vfs.open(makerContext(vfs), `/etc/${name}`, O_WRONLY | O_CREAT | O_APPEND, 0o644);
    try {
      file.write(new TextEncoder().encode(text));
    } finally {
      file.release();
    }
  } catch (error) {
    // A link that leads nowhere: the distribution's own service would make the file.
    if (!isLinuxError(error)) throw error;
  }
}

/** Where a program is that an image names as a shell would: a name without a slash is looked for along PATH. */
export function findProgram(vfs: Vfs, name: string, env: Readonly<Record<string, string>>): string {
  if (name.includes('/')) return name.startsWith('/') ? name : `/${name}`;
  const candidates = (env['PATH'] ?? '').split(':').map((folder) => `${folder}/${name}`);
  return candidates.find((path) => lookup(vfs, path)?.dentry.inode.kind === 'file') ?? name;
}

/** The working directory that the caller asked for. */
export function resolveDirectory(vfs: Vfs, path: string): Location {
  const location = lookup(vfs, path);
  if (!path.startsWith('/') || location?.dentry.inode.kind !== 'directory')
    throw new ConfigurationError(
      'working-directory',
      `the guest's working directory ${path} ${problemOf(path, location)}`,
    );
  return location;
}

function problemOf(path: string, location: Location | undefined): string {
  if (!path.startsWith('/')) return 'is not an absolute path';
  return location === undefined ? "does not exist in the guest's files" : 'is not a directory';
}

function emptyRoot(environment: FsEnvironment): MemoryFileSystem {
  const fs = new MemoryFileSystem(environment);
  fs.root.mkdir('tmp', SHARED_DIRECTORY);
  return fs;
}

function openFolder(platform: Platform, path: string, what: string): HostFolder {
  try {
    return platform.files.openFolder(path);
  } catch (cause) {
    if (!(cause instanceof HostFileError)) throw cause;
    const meanings: Readonly<Record<string, string>> = {
      ENOENT: 'does not exist',
      ENOTDIR: 'is not a folder',
      EACCES: 'cannot be read',
    };
    const problem = meanings[cause.code] ?? `cannot be opened (${cause.code})`;
    throw new ConfigurationError('host-folder', `the ${what} ${path} ${problem}`, { cause, context: { path } });
  }
}

function mountAt(vfs: Vfs, target: string, fs: FileSystem, source: string, readOnly = false): void {
  try {
    ensureDirectory(vfs, target);
    vfs.mount(fs, vfs.resolve(makerContext(vfs), target), { source, readOnly });
  } catch (cause) {
    if (!isLinuxError(cause)) throw cause;
    throw new ConfigurationError('mount-target', `cannot mount ${source} at ${target} (${cause.name})`, { cause });
  }
}

function ensureDirectory(vfs: Vfs, path: string): void {
  const context = makerContext(vfs);
  let parent = '';
  for (const name of path.split('/').filter((component) => component !== '')) {
    parent += `/${name}`;
    if (lookup(vfs, parent) === undefined) vfs.mkdir(context, parent, DIRECTORY_MODE);
  }
}

/** What is at a path, or undefined where nothing is. */
function lookup(vfs: Vfs, path: string): Location | undefined {
  try {
    return vfs.resolve(makerContext(vfs), path);
  } catch (error) {
    if (isLinuxError(error)) return undefined;
    throw error;
  }
}
