/** A process as `/proc/<pid>` shows it, and a thread as `/proc/<pid>/task/<tid>` does. */
import { decodeName } from '../../common/file-name.ts';
import { PERMISSION } from '../../memory/layout.ts';
import type { MapRow, ProcessStatus, ProcessView } from '../vfs/types.ts';
import { PR_GET_NO_NEW_PRIVS } from './controls.ts';
import type { Process } from './process.ts';
import type { Thread } from './thread.ts';

/** Without `one`, all of the process: its first thread's number, name, state and signals, and everybody's time. */
export function viewOf(process: Process, one?: Thread): ProcessView {
  const thread = one ?? process.leader;
  return {
    pid: process.pid,
    tid: thread.tid,
    thread: (tid) => {
      const other = process.threads.find((candidate) => candidate.tid === tid);
      return other === undefined ? undefined : viewOf(process, other);
    },
    comm: () => decodeName(thread.comm),
    rename: (bytes) => {
      thread.comm = commFrom(bytes);
    },
    commandLine: () => stackBytes(process, 'argStart', 'argEnd'),
    environment: () => stackBytes(process, 'envStart', 'envEnd'),
    auxiliaryVector: () => process.image?.stack.auxiliaryVector ?? new Uint8Array(),
    executable: () => process.executable,
    cwd: () => process.cwd,
    root: () => process.root,
    maps: () => mapRows(process),
    status: () => statusOf(process, thread, one?.cpuTime ?? process.cpuTime),
    descriptions: () => process.fds,
    limits: () => process.limits.table(),
  };
}

/** A name as written to `/proc/<pid>/comm`: up to the first zero, a newline and all. */
function commFrom(bytes: Uint8Array): Uint8Array {
  const end = bytes.indexOf(0);
  return bytes.slice(0, Math.min(end < 0 ? bytes.length : end, 15));
}

/** The strings where execve put them: programs that change their title write there. */
function stackBytes(process: Process, from: 'argStart' | 'envStart', to: 'argEnd' | 'envEnd'): Uint8Array {
  if (process.zombie) return new Uint8Array();
  const stack = process.image?.stack;
  if (stack === undefined || !process.space.checkAccess(stack[from], stack[to] - stack[from], PERMISSION.READ))
    return new Uint8Array();
  return process.memory.readBytes(stack[from], stack[to] - stack[from]);
}

function mapRows(process: Process): MapRow[] {
  if (process.zombie) return [];
  return [...process.space.areas].map((area) => ({
    start: area.start,
    end: area.end,
    read: (area.protection & PERMISSION.READ) !== 0,
    write: (area.protection & PERMISSION.WRITE) !== 0,
    execute: (area.protection & PERMISSION.EXECUTE) !== 0,
    shared: area.shared,
    mayRead: (area.maxProtection & PERMISSION.READ) !== 0,
    mayWrite: (area.maxProtection & PERMISSION.WRITE) !== 0,
    mayExecute: (area.maxProtection & PERMISSION.EXECUTE) !== 0,
    growsDown: area.growsDown,
    locked: area.locked,
    offset: area.fileOffset,
    dev: area.file?.device ?? 0,
    ino: area.file?.inode ?? 0,
    label: area.file?.path ?? area.name,
  }));
}

function stateOf({ zombie, signals, kernel }: Process, thread: Thread): ProcessStatus['state'] {
  if (zombie) return 'Z';
  if (signals.stopped) return 'T';
  // What has been woken runs as soon as it is its turn.
  return thread.active === null || thread.queued || thread === kernel.scheduler.running ? 'R' : 'S';
}

function terminalOf({ terminal }: Process): ProcessStatus['terminal'] {
  if (terminal?.inode === undefined) return undefined;
  return { device: terminal.inode.stat().rdev, foregroundGroup: terminal.foregroundGroup };
}

function statusOf(process: Process, thread: Thread, userTime: bigint): ProcessStatus {
  const { signals, space, zombie, capabilities: own } = process;
  return {
    state: stateOf(process, thread),
    parentPid: process.parentPid,
    processGroup: process.processGroup,
    session: process.session,
    terminal: terminalOf(process),
    credentials: process.credentials,
    capabilities: [own.inheritable, own.permitted, own.effective, own.bounding, own.ambient],
    noNewPrivileges: process.controls.get(PR_GET_NO_NEW_PRIVS) === 1,
    threads: process.threads.map(({ tid }) => tid),
    virtualSize: zombie ? 0 : space.mappedBytes,
    lockedSize: zombie ? 0 : space.lockedBytes,
    // What is touched is not known; what is accessible is the bound that limits go by.
    residentSize: zombie ? 0 : space.chargedBytes,
    startTime: process.startTime - process.bootTime,
    userTime,
    systemTime: 0n,
    umask: process.umask,
    nice: process.nice,
    signals: [signals.pendingMask(thread), thread.mask, signals.maskOf('ignored'), signals.maskOf('caught')],
    stackStart: process.image?.stack.stackPointer ?? 0,
    brkStart: process.image?.heapStart ?? 0,
  };
}
