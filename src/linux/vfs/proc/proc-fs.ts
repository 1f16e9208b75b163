import { unreachable } from '../../../common/assert.ts';
import { decodeName } from '../../../common/file-name.ts';
import type { Clock } from '../../../platform/types.ts';
import { CAP_LAST } from '../../capabilities.ts';
import { fail } from '../../errno.ts';
import { NR_OPEN } from '../constants.ts';
import { majorOf, minorOf } from '../environment.ts';
import type { FsEnvironment } from '../environment.ts';
import type { MountRow } from '../mount-table.ts';
import type {
  Caller,
  DirectoryEntry,
  DirectoryInode,
  FileSystemStatistics,
  Inode,
  Location,
  Mount,
  ProcessTable,
} from '../types.ts';
import { roundPipeSize } from '../pipe.ts';
import type { Vfs } from '../vfs.ts';
import { parseNumber, processDirectory, processIno } from './process-directory.ts';
import type { ProcTree } from './process-directory.ts';
import { ticks } from './process-text.ts';
import { VirtualDirectory, VirtualLink, fixedTree } from './virtual-tree.ts';
import type { FixedFile, VirtualEntries } from './virtual-tree.ts';

/** The machine as the guest sees it. */
export interface MachineFacts {
  readonly osRelease: string;
  /** As in uname(2): `#1 SMP ...`. */
  readonly osVersion: string;
  hostname(): string;
  domainname(): string;
  setName(which: 'hostname' | 'domainname', name: string): void;
  readonly cpus: number;
  /** Text of `/proc/cpuinfo`, which differs by guest architecture. */
  readonly cpuInfo: string;
  readonly memoryTotal: number;
  memoryFree(): number;
  /** Nanoseconds of work done since the start, for `/proc/stat` and the load. */
  cpuTime(): bigint;
}

export interface ProcFileSystemOptions {
  readonly machine: MachineFacts;
  readonly processes: ProcessTable;
  readonly clock: Clock;
  readonly random: (bytes: Uint8Array) => void;
  /** The tree that paths and mounts are told of; asked when needed, because it mounts this file system. */
  readonly vfs: () => Vfs;
}

/** Limits of IPC objects, below /proc/sys. */
const IPC_SETTINGS = [
  ...['shmmax', 'shmall', 'shmmni', 'sem', 'msgmax', 'msgmnb', 'msgmni'].map((name) => `kernel/${name}`),
  ...['queues_max', 'msg_max', 'msgsize_max', 'msg_default', 'msgsize_default'].map((name) => `fs/mqueue/${name}`),
];
const PROC_MAGIC = 0x9fa0;
const FILE_SYSTEMS = ['tmpfs', 'devtmpfs', 'proc', 'sysfs', 'pipefs', 'overlay', 'hostfs'];

/** `/proc`: proc(5), as far as programs read it. */
export class ProcFileSystem implements ProcTree {
  readonly type = 'proc';
  readonly dev: number;
  readonly readOnly = false;
  readonly root: DirectoryInode;
  readonly bootTime: bigint;
  readonly processes: ProcessTable;
  readonly #environment: FsEnvironment;
  readonly #options: ProcFileSystemOptions;
  readonly #bootMonotonic: bigint;
  readonly #fixed: ReadonlyMap<string, Inode>;

  constructor(environment: FsEnvironment, options: ProcFileSystemOptions) {
    this.dev = environment.nextDevice();
    this.#environment = environment;
    this.processes = options.processes;
    this.#options = options;
    this.bootTime = options.clock.realtime();
    this.#bootMonotonic = options.clock.monotonic();
    let lastIno = 1;
    const nextIno = (): number => ++lastIno;
    const fixed = fixedTree(this, this.#files(), nextIno);
    fixed.set('self', new VirtualLink(this, nextIno(), ({ pid }) => String(pid)));
    fixed.set('thread-self', new VirtualLink(this, nextIno(), ({ pid, tid }) => `${String(pid)}/task/${String(tid)}`));
    fixed.set('mounts', new VirtualLink(this, nextIno(), () => 'self/mounts'));
    this.#fixed = fixed;
    this.root = new VirtualDirectory(this, 1, this.#rootEntries());
  }

  #rootEntries(): VirtualEntries {
    return {
      lookup: (name: string, _caller: Caller): Inode | undefined => {
        const pid = parseNumber(name);
        if (pid === undefined) return this.#fixed.get(name);
        return this.processes.get(pid) === undefined ? undefined : processDirectory(this, pid);
      },
      list: (): DirectoryEntry[] => [
        ...[...this.#fixed].map(([name, { ino, kind }]) => ({ name, ino, kind })),
        ...this.processes.pids().map((pid): DirectoryEntry => ({
          name: String(pid),
          ino: processIno(pid),
          kind: 'directory',
        })),
      ],
    };
  }

  #files(): Record<string, FixedFile> {
    const { machine } = this.#options;
    return {
      cpuinfo: () => machine.cpuInfo,
      filesystems: () => FILE_SYSTEMS.map((name) => `nodev\t${name}\n`).join(''),
      loadavg: () => this.#loadAverage(),
      meminfo: () => this.#memoryInfo(),
      stat: () => this.#statistics(),
      uptime: () => this.#uptime(),
      version: () => `Linux version ${machine.osRelease} (hospes) ${machine.osVersion}\n`,
      'sys/kernel/osrelease': () => `${machine.osRelease}\n`,
      'sys/kernel/ostype': () => 'Linux\n',
      'sys/kernel/version': () => `${machine.osVersion}\n`,
      'sys/kernel/hostname': {
        text: () => `${machine.hostname()}\n`,
        store: (bytes) => {
          machine.setName('hostname', nameIn(bytes));
        },
      },
      'sys/kernel/domainname': {
        text: () => `${machine.domainname()}\n`,
        store: (bytes) => {
          machine.setName('domainname', nameIn(bytes));
        },
      },
      'sys/kernel/pid_max': () => '4194304\n',
      'sys/kernel/ngroups_max': () => '65536\n',
      'sys/kernel/cap_last_cap': () => `${String(CAP_LAST)}\n`,
      'sys/kernel/tainted': () => '0\n',
      'sys/kernel/random/uuid': () => `${this.#uuid()}\n`,
      'sys/kernel/random/entropy_avail': () => '256\n',
      'sys/vm/overcommit_memory': () => '1\n',
      'sys/vm/max_map_count': () => '65530\n',
      'sys/fs/file-max': () => '1048576\n',
      'sys/fs/nr_open': () => `${String(NR_OPEN)}\n`,
      'sys/fs/inotify/max_queued_events': () => '16384\n',
      'sys/fs/inotify/max_user_instances': () => '128\n',
      'sys/fs/inotify/max_user_watches': () => '65536\n',
      'sys/fs/pipe-max-size': {
        text: () => `${String(this.#environment.pipeMaxSize)}\n`,
        store: (bytes) => {
          this.#environment.pipeMaxSize = roundPipeSize(parseSetting(bytes));
        },
      },
      ...this.#ipcFiles(),
    };
  }

  #ipcFiles(): Record<string, FixedFile> {
    const environment = this.#environment;
    const files: Record<string, FixedFile> = {};
    for (const name of ['msg', 'sem', 'shm'] as const) files[`sysvipc/${name}`] = () => environment.ipc.table(name);
    for (const path of IPC_SETTINGS)
      files[`sys/${path}`] = {
        text: () => environment.ipc.setting(path),
        store: (bytes) => {
          environment.ipc.store(path, decodeName(bytes));
        },
      };
    return files;
  }

  #uptimeNanoseconds(): bigint {
    return this.#options.clock.monotonic() - this.#bootMonotonic;
  }

  #uptime(): string {
    const up = this.#uptimeNanoseconds();
    const busy = this.#options.machine.cpuTime();
    const idle = up * BigInt(this.#options.machine.cpus) - busy;
    return `${seconds(up)} ${seconds(idle < 0n ? 0n : idle)}\n`;
  }

  #loadAverage(): string {
    const pids = this.processes.pids();
    const running = pids.filter((pid) => this.processes.get(pid)?.status().state === 'R').length;
    return `0.00 0.00 0.00 ${String(running)}/${String(pids.length)} ${String(pids.at(-1) ?? 0)}\n`;
  }

  #memoryInfo(): string {
    const { machine } = this.#options;
    const total = machine.memoryTotal;
    const free = machine.memoryFree();
    const rows: readonly (readonly [string, number])[] = [
      ['MemTotal', total],
      ['MemFree', free],
      ['MemAvailable', free],
      ['Buffers', 0],
      ['Cached', 0],
      ['SwapCached', 0],
      ['SwapTotal', 0],
      ['SwapFree', 0],
      ['Shmem', 0],
    ];
    return rows
      .map(([name, bytes]) => `${`${name}:`.padEnd(16)}${String(Math.floor(bytes / 1024)).padStart(8)} kB\n`)
      .join('');
  }

  #statistics(): string {
    const { machine } = this.#options;
    const busy = ticks(machine.cpuTime());
    const cpu = (label: string, user: string): string => `${label} ${user} 0 0 0 0 0 0 0 0 0\n`;
    const rows = Array.from({ length: machine.cpus }, (_, index) =>
      cpu(`cpu${String(index)}`, index === 0 ? busy : '0'),
    );
    const boot = String(this.bootTime / 1_000_000_000n);
    const pids = this.processes.pids();
    return (
      cpu('cpu ', busy) +
      rows.join('') +
      `intr 0\nctxt 0\nbtime ${boot}\nprocesses ${String(pids.length)}\nprocs_running 1\nprocs_blocked 0\n`
    );
  }

  /** A random UUID, version 4 (RFC 9562, section 5.4). */
  #uuid(): string {
    const bytes = new Uint8Array(16);
    this.#options.random(bytes);
    bytes[6] = ((bytes[6] ?? unreachable('16 bytes')) & 0x0f) | 0x40;
    bytes[8] = ((bytes[8] ?? unreachable('16 bytes')) & 0x3f) | 0x80;
    const text = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    return text.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  }

  pathOf(location: Location, root: Location | undefined): string {
    return this.#options.vfs().pathOf(location, root);
  }

  /** `/proc/<pid>/mounts` in the format of fstab(5). */
  mountsText(root: Location | undefined): string {
    return this.#mountLines(root, mountLine);
  }

  /** `/proc/<pid>/mountinfo`: proc_pid_mountinfo(5). */
  mountInfoText(root: Location | undefined): string {
    return this.#mountLines(root, mountInfoLine);
  }

  #mountLines(root: Location | undefined, line: (row: MountRow, path: string) => string): string {
    const vfs = this.#options.vfs();
    const pathOf = ({ mount }: MountRow): string => vfs.pathOf({ mount, dentry: mount.root }, root);
    return vfs
      .mounts()
      .map((row) => line(row, pathOf(row)))
      .join('');
  }

  statistics(): FileSystemStatistics {
    return { type: PROC_MAGIC, blockSize: 4096, blocks: 0, freeBlocks: 0, files: 0, freeFiles: 0 };
  }
}

/** A whole number, as sysctl(8) writes it. */
function parseSetting(bytes: Uint8Array): number {
  const text = decodeName(bytes).trim();
  return /^[0-9]{1,10}$/.test(text) ? Number(text) : fail('EINVAL');
}

function seconds(nanoseconds: bigint): string {
  const hundredths = nanoseconds / 10_000_000n;
  return `${String(hundredths / 100n)}.${String(hundredths % 100n).padStart(2, '0')}`;
}

/** Blanks and backslashes in a path are written in octal (fstab(5)). */
function escapePath(path: string): string {
  return path.replace(/[ \t\n\\]/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`);
}

function mountOptions({ readOnly, flags }: Mount): string {
  const options = [readOnly ? 'ro' : 'rw', ...(flags.nosuid === true ? ['nosuid'] : []), 'relatime'];
  if (flags.noexec === true) options.splice(1, 0, 'noexec');
  return options.join(',');
}

function mountLine({ mount }: MountRow, path: string): string {
  return `${escapePath(mount.source)} ${escapePath(path)} ${mount.fs.type} ${mountOptions(mount)} 0 0\n`;
}

function mountInfoLine({ mount, id, parentId }: MountRow, path: string): string {
  const { fs } = mount;
  const device = `${String(majorOf(fs.dev))}:${String(minorOf(fs.dev))}`;
  const place = [String(id), String(parentId), device, '/', escapePath(path), mountOptions(mount)];
  return `${[...place, '-', fs.type, escapePath(mount.source), fs.readOnly ? 'ro' : 'rw'].join(' ')}\n`;
}

/** The first line of what is written, as far as utsname(2) has room. */
function nameIn(bytes: Uint8Array): string {
  const end = bytes.findIndex((byte) => byte === 0 || byte === 10);
  return decodeName(bytes.subarray(0, Math.min(end < 0 ? bytes.length : end, 64)));
}
