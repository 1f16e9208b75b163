import type { HostOutput, HostStdin, HostTerminal } from '../../../platform/types.ts';
import { O_RDONLY, O_RDWR, O_WRONLY } from '../constants.ts';
import { addTerminal } from '../dev/dev-fs.ts';
import { makeDevice } from '../environment.ts';
import type { FileDescription } from '../file-description.ts';
import type { MemoryFileSystem } from '../memory/memory-fs.ts';
import type { FsContext, Inode, Ownership } from '../types.ts';
import type { Vfs } from '../vfs.ts';
import type { TerminalSignal } from './line-discipline.ts';
import { HostStreams, StreamFileInode, StreamInode } from './stream-files.ts';
import { Terminal } from './terminal.ts';

export interface StandardFilesOptions {
  readonly vfs: Vfs;
  /** Whose the files are, and how the terminal's node is opened. */
  readonly context: FsContext;
  /** What is mounted on `/dev`: a terminal of the host becomes `/dev/pts/0` there. */
  readonly dev: MemoryFileSystem;
  readonly stdin: HostStdin;
  readonly stdout: HostOutput;
  readonly stderr: HostOutput;
  readonly onSignal: (signal: TerminalSignal) => void;
}

export interface StandardFiles {
  readonly stdin: FileDescription;
  readonly stdout: FileDescription;
  readonly stderr: FileDescription;
  readonly terminal: Terminal | undefined;
  /** The terminal's inode, for the process's `controllingTerminal`. */
  readonly controllingTerminal: Inode | undefined;
}

/** UNIX98 pty slaves have majors 136 to 143. */
const PTS_0 = makeDevice(136, 0);

/** Makes the guest's descriptors 0, 1 and 2 out of the host's streams. */
export function openStandardFiles(options: StandardFilesOptions): StandardFiles {
  const { vfs, context, stdin, stdout, stderr } = options;
  const terminal = makeTerminal(options);
  const streams = new HostStreams(vfs.environment.nextDevice());
  const { uid, gid } = context.credentials;
  const open = (stream: HostStdin | HostOutput, flags: number): FileDescription =>
    stream.kind === 'tty' && terminal !== undefined
      ? vfs.open(context, '/dev/pts/0', O_RDWR)
      : openStream(vfs, streams, stream, flags, { uid, gid });
  const files = { stdin: open(stdin, O_RDONLY), stdout: open(stdout, O_WRONLY), stderr: open(stderr, O_WRONLY) };
  const ownTerminal = [files.stdin, files.stdout, files.stderr].find(({ flags }) => flags === O_RDWR);
  return { ...files, terminal, controllingTerminal: ownTerminal?.file.inode };
}

function makeTerminal(options: StandardFilesOptions): Terminal | undefined {
  const { vfs, context, dev, stdin, stdout, stderr, onSignal } = options;
  const outputs = [stdout, stderr].filter(({ kind }) => kind === 'tty');
  const input = stdin.kind === 'tty' ? stdin : undefined;
  const host: HostTerminal | undefined = [input, ...outputs].find((stream) => stream?.terminal !== undefined)?.terminal;
  if (host === undefined) return undefined;
  const terminal = new Terminal({ host, input, output: outputs[0], onSignal });
  vfs.environment.registerDevice('char', PTS_0, (inode) => terminal.open(inode));
  addTerminal(dev, PTS_0, context.credentials);
  return terminal;
}

function openStream(
  vfs: Vfs,
  streams: HostStreams,
  stream: HostStdin | HostOutput,
  flags: number,
  owner: Ownership,
): FileDescription {
  const ino = vfs.environment.nextAnonymousIno();
  if (stream.kind === 'file' && stream.file !== undefined) {
    const inode = new StreamFileInode(streams, stream.file, ino, owner);
    const description = vfs.anonymous(inode.open(), `file:[${String(ino)}]`, flags);
    description.offset = stream.file.position;
    return description;
  }
  const inode = new StreamInode(streams, stream, { ...owner, ino, now: vfs.environment.clock.realtime() });
  const label = inode.kind === 'char' ? '/dev/null' : `${inode.kind === 'fifo' ? 'pipe' : 'socket'}:[${String(ino)}]`;
  return vfs.anonymous(inode.open(), label, flags);
}
