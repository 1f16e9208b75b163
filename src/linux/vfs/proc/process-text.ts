/** The text files of `/proc/<pid>`: proc(5), fs/proc/array.c. */
import { encodeName } from '../../../common/file-name.ts';
import { majorOf, minorOf } from '../environment.ts';
import type { LimitRow, MapRow, ProcessStatus, ProcessView } from '../types.ts';

const STATE_NAMES: Readonly<Record<ProcessStatus['state'], string>> = {
  R: 'R (running)',
  S: 'S (sleeping)',
  D: 'D (disk sleep)',
  T: 'T (stopped)',
  Z: 'Z (zombie)',
};

const PAGE = 4096;
/** Clock ticks a second (sysconf(_SC_CLK_TCK)) in nanoseconds. */
const TICK = 10_000_000n;

export function ticks(nanoseconds: bigint): string {
  return String(nanoseconds / TICK);
}

function kilobytes(bytes: number): string {
  return `${String(Math.ceil(bytes / 1024)).padStart(8)} kB`;
}

function mask(bits: bigint): string {
  return bits.toString(16).padStart(16, '0');
}

export function statusText(view: ProcessView): string {
  const status = view.status();
  const { uid, gid, groups } = status.credentials;
  const four = (id: number): string => Array(4).fill(id).join('\t');
  const [pending, blocked, ignored, caught] = status.signals;
  const [inheritable, permitted, effective, bounding, ambient] = status.capabilities;
  const rows: readonly (readonly [string, string])[] = [
    ['Name', view.comm()],
    ['Umask', status.umask.toString(8).padStart(4, '0')],
    ['State', STATE_NAMES[status.state]],
    ['Tgid', String(view.pid)],
    ['Ngid', '0'],
    ['Pid', String(view.tid)],
    ['PPid', String(status.parentPid)],
    ['TracerPid', '0'],
    ['Uid', four(uid)],
    ['Gid', four(gid)],
    ['FDSize', String([...view.descriptions()].reduce((size, [fd]) => Math.max(size, fd + 1), 64))],
    ['Groups', groups.map((group) => `${String(group)} `).join('')],
    ['VmPeak', kilobytes(status.virtualSize)],
    ['VmSize', kilobytes(status.virtualSize)],
    ['VmLck', kilobytes(status.lockedSize)],
    ['VmHWM', kilobytes(status.residentSize)],
    ['VmRSS', kilobytes(status.residentSize)],
    ['Threads', String(status.threads.length)],
    ['SigPnd', mask(0n)],
    ['ShdPnd', mask(pending)],
    ['SigBlk', mask(blocked)],
    ['SigIgn', mask(ignored)],
    ['SigCgt', mask(caught)],
    ['CapInh', mask(inheritable)],
    ['CapPrm', mask(permitted)],
    ['CapEff', mask(effective)],
    ['CapBnd', mask(bounding)],
    ['CapAmb', mask(ambient)],
    ['NoNewPrivs', status.noNewPrivileges ? '1' : '0'],
    ['Seccomp', '0'],
    ['Cpus_allowed', '1'],
    ['Cpus_allowed_list', '0'],
  ];
  return rows.map(([name, value]) => `${name}:\t${value}\n`).join('');
}

/** The 52 fields of `/proc/<pid>/stat`, in the order of proc_pid_stat(5); what we do not know is 0. */
export function statText(view: ProcessView): string {
  const status = view.status();
  const times = [status.userTime, status.systemTime, 0n, 0n].map(ticks);
  const pages = Math.ceil(status.residentSize / PAGE);
  const fields: (string | number | bigint)[] = [
    view.tid,
    `(${view.comm()})`,
    status.state,
    status.parentPid,
    status.processGroup,
    status.session,
    ...[status.terminal?.device ?? 0, status.terminal?.foregroundGroup ?? -1, 0], // tty_nr, tpgid, flags
    ...[0, 0, 0, 0], // minflt, cminflt, majflt, cmajflt
    ...times,
    ...[20 + status.nice, status.nice], // priority, nice
    status.threads.length,
    0, // itrealvalue
    ticks(status.startTime),
    status.virtualSize,
    pages,
    RSS_UNLIMITED,
    ...[0, 0], // startcode, endcode
    status.stackStart,
    ...Array<number>(18).fill(0), // kstkesp to start_data, end_data
    status.brkStart,
    ...Array<number>(5).fill(0), // arg_start to env_end, exit_code
  ];
  return `${fields.join(' ')}\n`;
}

const RSS_UNLIMITED = 0xffff_ffff_ffff_ffffn;

export function statmText(view: ProcessView): string {
  const { virtualSize, residentSize } = view.status();
  const [size, resident] = [Math.ceil(virtualSize / PAGE), Math.ceil(residentSize / PAGE)];
  return `${[size, resident, 0, 0, 0, size, 0].join(' ')}\n`;
}

function hex(value: number, width: number): string {
  return value.toString(16).padStart(width, '0');
}

function mapLine(row: MapRow): string {
  const flags = `${row.read ? 'r' : '-'}${row.write ? 'w' : '-'}${row.execute ? 'x' : '-'}${row.shared ? 's' : 'p'}`;
  const device = `${hex(majorOf(row.dev), 2)}:${hex(minorOf(row.dev), 2)}`;
  const line = `${hex(row.start, 8)}-${hex(row.end, 8)} ${flags} ${hex(row.offset, 8)} ${device} ${String(row.ino)}`;
  // The name starts in column 74; a newline in it is written as \012 (fs/proc/task_mmu.c).
  return row.label === '' ? line : `${line.padEnd(72)} ${row.label.replaceAll('\n', '\\012')}`;
}

export function mapsText(rows: readonly MapRow[]): string {
  return rows.map((row) => `${mapLine(row)}\n`).join('');
}

/** `/proc/<pid>/smaps`. What is accessible counts as resident, and as used by one process alone unless it is shared. */
export function memoryMapsText(rows: readonly MapRow[]): string {
  return rows.map((row) => `${mapLine(row)}\n${memoryRows(row)}`).join('');
}

function memoryRows(row: MapRow): string {
  const size = row.end - row.start;
  const resident = row.read || row.write || row.execute ? size : 0;
  const anonymous = row.ino === 0 ? resident : 0;
  const rows: readonly (readonly [string, number])[] = [
    ['Size', size],
    ['KernelPageSize', PAGE],
    ['MMUPageSize', PAGE],
    ['Rss', resident],
    ['Pss', resident],
    ['Shared_Clean', 0],
    ['Shared_Dirty', row.shared ? resident : 0],
    ['Private_Clean', 0],
    ['Private_Dirty', row.shared ? 0 : resident],
    ['Referenced', resident],
    ['Anonymous', anonymous],
    ['LazyFree', 0],
    ['AnonHugePages', 0],
    ['Swap', 0],
    ['SwapPss', 0],
    ['Locked', row.locked ? resident : 0],
  ];
  const sizes = rows.map(([name, bytes]) => `${`${name}:`.padEnd(16)}${kilobytes(bytes)}\n`).join('');
  return `${sizes}THPeligible:           0\nVmFlags: ${flagsOf(row)}\n`;
}

/** Two letters for each property of an area (fs/proc/task_mmu.c, show_smap_vma_flags). */
function flagsOf(row: MapRow): string {
  const flags: readonly (readonly [boolean, string])[] = [
    [row.read, 'rd'],
    [row.write, 'wr'],
    [row.execute, 'ex'],
    [row.shared, 'sh'],
    [row.mayRead, 'mr'],
    [row.mayWrite, 'mw'],
    [row.mayExecute, 'me'],
    [row.growsDown, 'gd'],
    [row.locked, 'lo'],
  ];
  return flags.map(([isSet, letters]) => (isSet ? `${letters} ` : '')).join('');
}

export function limitsText(rows: readonly LimitRow[]): string {
  const line = (name: string, soft: string, hard: string, unit: string): string =>
    `${name.padEnd(26)}${soft.padEnd(21)}${hard.padEnd(21)}${unit.padEnd(10)}\n`;
  const value = (limit: bigint | undefined): string => (limit === undefined ? 'unlimited' : String(limit));
  return [
    line('Limit', 'Soft Limit', 'Hard Limit', 'Units'),
    ...rows.map(({ name, soft, hard, unit }) => line(name, value(soft), value(hard), unit)),
  ].join('');
}

/** `/proc/<pid>/comm`. */
export function commBytes(view: ProcessView): Uint8Array {
  return encodeName(`${view.comm()}\n`);
}
