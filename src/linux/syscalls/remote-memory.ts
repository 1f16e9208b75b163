/** process_vm_readv(2), process_vm_writev(2): memory of another process. */
import { PAGE_SIZE } from '../../memory/layout.ts';
import { AccessFault } from '../../memory/user-memory.ts';
import { CAP } from '../capabilities.ts';
import { fail, isLinuxError } from '../errno.ts';
import { PR_GET_DUMPABLE } from '../process/controls.ts';
import type { Process } from '../process/process.ts';
import type { SyscallHandlers } from '../process/syscall-table.ts';
import { readVectors, type IoVector } from './support.ts';

/** What may be looked into: ptrace(2), "PTRACE_MODE_ATTACH_REALCREDS". */
export function requireAttachable(process: Process, target: Process): void {
  if (target === process || process.can(CAP.SYS_PTRACE)) return;
  const { uid, gid } = process.ids;
  const { ids, capabilities } = target;
  const isOwn =
    [ids.uid, ids.euid, ids.suid].every((id) => id === uid) && [ids.gid, ids.egid, ids.sgid].every((id) => id === gid);
  const isWithin = (capabilities.permitted & ~process.capabilities.permitted) === 0n;
  if (!isOwn || !isWithin || target.controls.get(PR_GET_DUMPABLE) === 0) fail('EPERM');
}

type Copy = (local: IoVector, remote: IoVector, target: Process) => void;

/** Pairs of equally long pieces of one page of the other process, in order. */
function* pieces(local: readonly IoVector[], remote: readonly IoVector[]): Generator<[IoVector, IoVector]> {
  let [index, used] = [0, 0];
  for (const { base, length } of remote)
    for (let done = 0; done < length;) {
      const own = local[index];
      if (own === undefined) return;
      const toPageEnd = PAGE_SIZE - ((base + done) % PAGE_SIZE);
      const size = Math.min(length - done, own.length - used, toPageEnd);
      yield [
        { base: own.base + used, length: size },
        { base: base + done, length: size },
      ];
      done += size;
      used += size;
      if (used < own.length) continue;
      index++;
      used = 0;
    }
}

/** Stops at the first piece that cannot be copied, and is content with what came before it. */
function copyAll(
  process: Process,
  [pid, localAddress, localCount, remoteAddress, remoteCount, flags]: readonly [
    number,
    number,
    number,
    number,
    number,
    number,
  ],
  copy: Copy,
): number {
  if (flags !== 0) fail('EINVAL');
  const local = readVectors(process, localAddress, localCount);
  const remote = readVectors(process, remoteAddress, remoteCount);
  const target = process.kernel.processes.thread(pid | 0)?.process ?? fail('ESRCH');
  requireAttachable(process, target);
  let total = 0;
  try {
    for (const [own, other] of pieces(local, remote)) {
      copy(own, other, target);
      total += own.length;
    }
  } catch (error) {
    if (total === 0 || !(error instanceof AccessFault || isLinuxError(error))) throw error;
  }
  return total;
}

export const remoteMemoryCalls: SyscallHandlers = {
  process_vm_readv: (process, values) =>
    copyAll(process, values, (local, remote, target) => {
      process.memory.writeBytes(local.base, target.memory.readBytes(remote.base, remote.length));
    }),
  process_vm_writev: (process, values) =>
    copyAll(process, values, (local, remote, target) => {
      target.memory.writeBytes(remote.base, process.memory.readBytes(local.base, local.length));
    }),
};
