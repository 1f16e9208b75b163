/** `/proc/<pid>` and what lies below. */
import { CAP } from '../../capabilities.ts';
import { fail } from '../../errno.ts';
import { hasCapability } from '../permissions.ts';
import type {
  Caller,
  DescriptionView,
  DirectoryEntry,
  Inode,
  Location,
  Ownership,
  ProcessTable,
  ProcessView,
} from '../types.ts';
import { commBytes, limitsText, mapsText, memoryMapsText, statText, statmText, statusText } from './process-text.ts';
import { VirtualDirectory, VirtualFile, VirtualLink } from './virtual-tree.ts';
import type { Content, VirtualEntries, VirtualTree } from './virtual-tree.ts';

export interface ProcTree extends VirtualTree {
  readonly processes: ProcessTable;
  pathOf(location: Location, root: Location | undefined): string;
  mountsText(root: Location | undefined): string;
  mountInfoText(root: Location | undefined): string;
}

/** Inode numbers are computed, so that they stay the same: 2^21 of them for every process. */
const PER_PROCESS = 2 ** 21;
const DESCRIPTORS = 2 ** 20;
const TASKS = 2 ** 19;
/** A thread's number is no other process's: its files are numbered among those that this would have. */
const THREAD = 2 ** 18;

const FILES: Readonly<
  Record<
    string,
    {
      readonly text: (view: ProcessView, tree: ProcTree) => Content;
      private?: true;
      readonly store?: (view: ProcessView, bytes: Uint8Array, caller: Caller) => void;
    }
  >
> = {
  auxv: { text: (view) => view.auxiliaryVector(), private: true },
  cmdline: { text: (view) => view.commandLine() },
  comm: {
    text: commBytes,
    // Only the process itself, whatever the permission bits say (fs/proc/base.c, comm_write).
    store: (view, bytes, { pid }) => (pid === view.pid ? view.rename(bytes) : fail('EINVAL')),
  },
  environ: { text: (view) => view.environment(), private: true },
  limits: { text: (view) => limitsText(view.limits()) },
  maps: { text: (view) => mapsText(view.maps()) },
  smaps: { text: (view) => memoryMapsText(view.maps()) },
  mountinfo: { text: (view, tree) => tree.mountInfoText(view.root()) },
  mounts: { text: (view, tree) => tree.mountsText(view.root()) },
  stat: { text: statText },
  statm: { text: statmText },
  status: { text: statusText },
};

const LINKS: Readonly<Record<string, (view: ProcessView) => Location>> = {
  cwd: (view) => view.cwd(),
  exe: (view) => view.executable() ?? fail('ENOENT'),
  root: (view) => view.root(),
};

const DIRECTORIES = ['fd', 'task'] as const;
const NAMES = [...Object.keys(FILES), ...Object.keys(LINKS), ...DIRECTORIES];
const THREAD_NAMES = NAMES.filter((name) => name !== 'task');

/** One process, as long as it lives: every access looks it up anew. */
class ProcessNodes implements VirtualEntries {
  readonly #tree: ProcTree;
  readonly #find: () => ProcessView | undefined;
  readonly #names: readonly string[];
  readonly #base: number;

  /** `names`: what there is of the files below. */
  constructor(tree: ProcTree, find: () => ProcessView | undefined, names: readonly string[], base: number) {
    this.#tree = tree;
    this.#find = find;
    this.#names = names;
    this.#base = base;
  }

  view(): ProcessView {
    return this.#find() ?? fail('ENOENT');
  }

  readonly owner = (): Ownership => {
    const { uid, gid } = this.#find()?.status().credentials ?? { uid: 0, gid: 0 };
    return { uid, gid };
  };

  lookup(name: string): Inode | undefined {
    const index = this.#names.indexOf(name);
    if (index < 0 || this.#find() === undefined) return undefined;
    const ino = this.#base + 1 + index;
    const file = FILES[name];
    if (file !== undefined) {
      const content = (): Content => file.text(this.view(), this.#tree);
      const { owner } = this;
      const { store } = file;
      if (store === undefined)
        return new VirtualFile(this.#tree, ino, content, { owner, mode: file.private === true ? 0o400 : 0o444 });
      return new VirtualFile(this.#tree, ino, content, {
        owner,
        store: (bytes, caller) => {
          store(this.view(), bytes, caller);
        },
      });
    }
    const link = LINKS[name];
    if (link !== undefined) return this.placeLink(ino, () => link(this.view()));
    return name === 'fd' ? this.#descriptors(ino) : this.#tasks(ino);
  }

  list(): DirectoryEntry[] {
    return this.#names.map((name, index) => {
      const kind = name in FILES ? 'file' : name in LINKS ? 'symlink' : 'directory';
      return { name, ino: this.#base + 1 + index, kind };
    });
  }

  placeLink(ino: number, place: () => Location): VirtualLink {
    const checked = (caller: Caller): Location => {
      this.#requireOwner(caller);
      return place();
    };
    const target = (caller: Caller): string => this.#tree.pathOf(checked(caller), caller.root);
    return new VirtualLink(this.#tree, ino, target, checked, this.owner);
  }

  /** Where another user's process stands and what it has open is private (ptrace(2), access modes). */
  #requireOwner(caller: Caller): void {
    const { uid } = caller.credentials;
    if (!hasCapability(caller.credentials, CAP.SYS_PTRACE) && uid !== this.owner().uid) fail('EACCES');
  }

  #descriptors(ino: number): VirtualDirectory {
    const number = (fd: number): number => this.#base + DESCRIPTORS + fd;
    const find = (fd: number): DescriptionView | undefined => {
      for (const [candidate, description] of this.view().descriptions()) if (candidate === fd) return description;
      return undefined;
    };
    const entries: VirtualEntries = {
      lookup: (name, caller) => {
        this.#requireOwner(caller);
        const fd = parseNumber(name);
        if (fd === undefined || find(fd) === undefined) return undefined;
        return this.placeLink(number(fd), () => find(fd)?.location ?? fail('ENOENT'));
      },
      list: (caller) => {
        this.#requireOwner(caller);
        return [...this.view().descriptions()].map(([fd]) => ({ name: String(fd), ino: number(fd), kind: 'symlink' }));
      },
    };
    return new VirtualDirectory(this.#tree, ino, entries, this.owner, 0o500);
  }

  #tasks(ino: number): VirtualDirectory {
    const number = (tid: number): number => this.#base + TASKS + (tid % TASKS);
    const entries: VirtualEntries = {
      lookup: (name) => {
        const tid = parseNumber(name);
        if (tid === undefined || !this.view().status().threads.includes(tid)) return undefined;
        const nodes = new ProcessNodes(
          this.#tree,
          () => this.#find()?.thread(tid),
          THREAD_NAMES,
          processIno(tid) + THREAD,
        );
        return new VirtualDirectory(this.#tree, number(tid), nodes, this.owner);
      },
      list: () =>
        this.view()
          .status()
          .threads.map((tid) => ({ name: String(tid), ino: number(tid), kind: 'directory' })),
    };
    return new VirtualDirectory(this.#tree, ino, entries, this.owner);
  }
}

/** A decimal number as Linux writes it: no sign, no leading zero. */
export function parseNumber(name: string): number | undefined {
  return /^(0|[1-9][0-9]{0,9})$/.test(name) ? Number(name) : undefined;
}

export function processIno(pid: number): number {
  return pid * PER_PROCESS;
}

export function processDirectory(tree: ProcTree, pid: number): VirtualDirectory {
  const nodes = new ProcessNodes(tree, () => tree.processes.get(pid), NAMES, processIno(pid));
  return new VirtualDirectory(tree, processIno(pid), nodes, nodes.owner);
}
