/** Control messages of sendmsg(2) and recvmsg(2): descriptors and credentials (unix(7), cmsg(3)). */
import { CAP } from '../capabilities.ts';
import { fail, isLinuxError } from '../errno.ts';
import { AF_UNIX, type IncomingMessage, type PeerCredentials, type Socket } from '../net/socket.ts';
import type { Process } from '../process/process.ts';
import type { FileDescription } from '../vfs/file-description.ts';

const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;
const SCM_CREDENTIALS = 2;
const SO_PASSCRED = 16;
const HEADER = 16;
const MAX_FILES = 253;

function aligned(length: number): number {
  return Math.ceil(length / 8) * 8;
}

export interface Ancillary {
  readonly files: readonly FileDescription[];
  readonly sender: PeerCredentials;
}

export function readAncillary(process: Process, control: number, length: number, owner: PeerCredentials): Ancillary {
  const { memory } = process;
  const files: FileDescription[] = [];
  let sender = owner;
  for (let at = 0; control !== 0 && at + HEADER <= length;) {
    const size = memory.readPointer(control + at);
    const level = memory.readI32(control + at + 8);
    const type = memory.readI32(control + at + 12);
    if (size < HEADER || at + size > length) fail('EINVAL');
    const data = control + at + HEADER;
    if (level === SOL_SOCKET && type === SCM_RIGHTS) {
      for (let offset = 0; offset + 4 <= size - HEADER; offset += 4)
        files.push(process.fds.get(memory.readI32(data + offset)));
    } else if (level === SOL_SOCKET && type === SCM_CREDENTIALS) sender = claim(process, data);
    else fail('EINVAL');
    at += aligned(size);
  }
  if (files.length > MAX_FILES) fail('EINVAL');
  return { files, sender };
}

/** Who the sender says it is; to say otherwise takes capabilities (unix(7), SCM_CREDENTIALS). */
function claim(process: Process, data: number): PeerCredentials {
  const { memory, ids } = process;
  const claimed = { pid: memory.readI32(data), uid: memory.readU32(data + 4), gid: memory.readU32(data + 8) };
  const may =
    (claimed.pid === process.pid || process.can(CAP.SYS_ADMIN)) &&
    ([ids.uid, ids.euid, ids.suid].includes(claimed.uid) || process.can(CAP.SETUID)) &&
    ([ids.gid, ids.egid, ids.sgid].includes(claimed.gid) || process.can(CAP.SETGID));
  return may ? claimed : fail('EPERM');
}

/** Writes what came with a message; descriptors for which there is no room are closed. */
export function writeAncillary(
  process: Process,
  socket: Socket,
  message: IncomingMessage,
  { control, controlLength }: { readonly control: number; readonly controlLength: number },
  closeOnExec: boolean,
): { readonly length: number; readonly truncated: boolean } {
  let at = 0;
  let truncated = false;
  const room = control === 0 ? 0 : controlLength;
  const put = (type: number, words: readonly number[]): void => {
    const size = HEADER + words.length * 4;
    process.memory.writeU64(control + at, size);
    process.memory.writeU32(control + at + 8, SOL_SOCKET);
    process.memory.writeU32(control + at + 12, type);
    words.forEach((word, index) => {
      process.memory.writeU32(control + at + HEADER + index * 4, word);
    });
    at += Math.min(aligned(size), room - at);
  };
  const wantsCredentials = socket.family === AF_UNIX && (socket.options.get(`${SOL_SOCKET}:${SO_PASSCRED}`) ?? 0) !== 0;
  if (wantsCredentials) {
    const { pid, uid, gid } = message.sender ?? { pid: 0, uid: 65534, gid: 65534 };
    if (room - at >= HEADER + 12) put(SCM_CREDENTIALS, [pid, uid, gid]);
    else truncated = true;
  }
  if (message.files.length > 0) {
    const fits = Math.max(Math.floor((room - at - HEADER) / 4), 0);
    const fds = installFiles(process, message.files.slice(0, fits), closeOnExec);
    for (const file of message.files.slice(fits)) file.release();
    if (fds.length > 0) put(SCM_RIGHTS, fds);
    truncated ||= fds.length < message.files.length;
  }
  return { length: at, truncated };
}

function installFiles(process: Process, files: readonly FileDescription[], closeOnExec: boolean): number[] {
  const fds: number[] = [];
  for (const file of files) {
    try {
      fds.push(process.fds.install(file, closeOnExec));
    } catch (error) {
      // No descriptor is free: `install` has released the file, and the rest fares the same.
      if (!isLinuxError(error, 'EMFILE')) throw error;
    }
  }
  return fds;
}
