/** What of a terminal belongs to job control: whose it is, and who gets the signals of its keys (credentials(7)). */
import type { Inode, OpenFile } from '../types.ts';

export class TerminalControl {
  /** The node that `/dev/tty` stands for. */
  inode: Inode | undefined;
  /** The session that it controls; 0 for none. */
  session = 0;
  /** 0 while it controls no session. */
  foregroundGroup = 0;
  /** Called when a process moves another group to the foreground: job control is in use. */
  onForegroundChange: (() => void) | null = null;
}

/** An open terminal. */
export interface TerminalLike extends OpenFile {
  readonly control: TerminalControl;
  /** Whether output of background groups stops them (TOSTOP). */
  readonly stopsBackgroundOutput: boolean;
}

export function isTerminal(file: OpenFile): file is TerminalLike {
  return 'control' in file && file.control instanceof TerminalControl;
}
