/** /proc/sysvipc: proc_sysvipc(5). */
import type { MessageQueues } from './message-queues.ts';
import type { IpcObject } from './objects.ts';
import type { Semaphores } from './semaphores.ts';
import type { SharedMemory } from './shared-memory.ts';

/** Columns of a table: each with its name's width in the head line and its values' in the rows, both to the right. */
type Cell = readonly [value: number | bigint | string, width: number];

function row(cells: readonly Cell[]): string {
  return `${cells.map(([value, width]) => String(value).padStart(width)).join(' ')}\n`;
}

/** The mode has a blank more before it. */
function identityCells({ key, id, mode }: IpcObject): readonly Cell[] {
  return [
    [key | 0, 10],
    [id, 10],
    [` ${mode.toString(8).padStart(4)}`, 5],
  ];
}

function ownerCells({ owner, creator }: IpcObject): readonly Cell[] {
  return [owner.uid, owner.gid, creator.uid, creator.gid].map((id) => [id, 5]);
}

function timeCells(...times: readonly bigint[]): readonly Cell[] {
  return times.map((time) => [time, 10]);
}

const SHM_HEAD =
  '       key      shmid perms                  size  cpid  lpid nattch   uid   gid  cuid  cgid      atime      dtime      ctime                   rss                  swap\n';
const SEM_HEAD = '       key      semid perms      nsems   uid   gid  cuid  cgid      otime      ctime\n';
const MSG_HEAD =
  '       key      msqid perms      cbytes       qnum lspid lrpid   uid   gid  cuid  cgid      stime      rtime      ctime\n';

export function sharedMemoryText({ table }: SharedMemory): string {
  const rows = table
    .list()
    .map((segment) =>
      row([
        ...identityCells(segment),
        [segment.size, 21],
        [segment.creatorPid, 5],
        [segment.lastPid, 5],
        [segment.attachments, 6],
        ...ownerCells(segment),
        ...timeCells(segment.attachTime, segment.detachTime, segment.ctime),
        [segment.residentBytes, 21],
        [0, 21],
      ]),
    );
  return SHM_HEAD + rows.join('');
}

export function semaphoresText({ table }: Semaphores): string {
  const rows = table
    .list()
    .map((set) =>
      row([...identityCells(set), [set.count, 10], ...ownerCells(set), ...timeCells(set.operationTime, set.ctime)]),
    );
  return SEM_HEAD + rows.join('');
}

export function messageQueuesText({ table }: MessageQueues): string {
  const rows = table
    .list()
    .map((queue) =>
      row([
        ...identityCells(queue),
        [` ${String(queue.bytes).padStart(10)}`, 11],
        [queue.count, 10],
        [queue.lastSender, 5],
        [queue.lastReceiver, 5],
        ...ownerCells(queue),
        ...timeCells(queue.sendTime, queue.receiveTime, queue.ctime),
      ]),
    );
  return MSG_HEAD + rows.join('');
}
