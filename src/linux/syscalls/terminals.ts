/** Terminals and job control: tty_ioctl(4), and what background processes may not do (credentials(7), n_tty.c). */
import { CAP } from '../capabilities.ts';
import { fail } from '../errno.ts';
import type { Process } from '../process/process.ts';
import { kernelSignal, SIG_IGN, SIGNAL, signalBit } from '../process/signals.ts';
import { Wait, type SyscallResult } from '../process/wait.ts';
import { isTerminal, type TerminalControl } from '../vfs/stdio/terminal-control.ts';
import * as tty from '../vfs/stdio/termios.ts';
import type { OpenFile } from '../vfs/types.ts';

const SETTERS: ReadonlySet<number> = new Set([
  tty.TCSETS,
  tty.TCSETSW,
  tty.TCSETSF,
  tty.TCSETS2,
  tty.TCSETSW2,
  tty.TCSETSF2,
  tty.TCFLSH,
  tty.TIOCSPGRP,
]);

function isBackground(process: Process, control: TerminalControl): boolean {
  return (
    process.terminal === control && control.foregroundGroup !== 0 && control.foregroundGroup !== process.processGroup
  );
}

/**
 * Whether the process may go on with what only the foreground may do. If not, the signal is on its way to its group,
 * and the call is to wait: it is made again when the group is continued.
 */
function maySignalled(process: Process, control: TerminalControl, signal: number): boolean {
  if (!isBackground(process, control)) return true;
  const { thread, signals, kernel } = process;
  const deaf = (thread.mask & signalBit(signal)) !== 0n || signals.action(signal).handler === SIG_IGN;
  if (deaf) return signal === SIGNAL.SIGTTIN ? fail('EIO') : true;
  if (kernel.jobs.isOrphaned(process.processGroup, process.session)) fail('EIO');
  kernel.jobs.signalGroup(process.processGroup, kernelSignal(signal));
  return false;
}

/** Before a read: EAGAIN says that the process has to wait until it is in the foreground. */
export function checkTerminalRead(process: Process, file: OpenFile): void {
  if (isTerminal(file) && !maySignalled(process, file.control, SIGNAL.SIGTTIN)) fail('EAGAIN');
}

export function checkTerminalWrite(process: Process, file: OpenFile): void {
  if (isTerminal(file) && file.stopsBackgroundOutput && !maySignalled(process, file.control, SIGNAL.SIGTTOU))
    fail('EAGAIN');
}

/** open(2): a terminal becomes the controlling one of a session that has none, for its leader. */
export function adoptTerminal(process: Process, file: OpenFile): void {
  if (!isTerminal(file) || file.control.session !== 0) return;
  if (process.session === process.pid && process.terminal === undefined) acquire(process, file.control);
}

function acquire(process: Process, control: TerminalControl): void {
  control.session = process.session;
  control.foregroundGroup = process.processGroup;
  for (const member of process.kernel.processes.all())
    if (member.session === process.session) member.terminal = control;
}

/** The requests that are about job control; undefined for all others. */
export function terminalRequest(
  process: Process,
  file: OpenFile,
  request: number,
  value: number,
): SyscallResult | undefined {
  if (!isTerminal(file)) return undefined;
  const { control } = file;
  if (SETTERS.has(request)) {
    const attempt = (): number | undefined =>
      maySignalled(process, control, SIGNAL.SIGTTOU) ? change(process, file, request, value) : undefined;
    return attempt() ?? new Wait({ attempt, restartable: true });
  }
  switch (request) {
    case tty.TIOCGPGRP:
      if (process.terminal !== control) fail('ENOTTY');
      process.memory.writeU32(value, control.foregroundGroup);
      return 0;
    case tty.TIOCGSID:
      if (process.terminal !== control) fail('ENOTTY');
      process.memory.writeU32(value, control.session);
      return 0;
    case tty.TIOCSCTTY:
      return setControlling(process, control, value);
    case tty.TIOCNOTTY:
      return giveUp(process, control);
  }
  return undefined;
}

function change(process: Process, file: OpenFile, request: number, value: number): number {
  if (request === tty.TIOCSPGRP && isTerminal(file)) return setForeground(process, file.control, value);
  return file.ioctl(request, {
    value: BigInt.asUintN(64, BigInt(value)),
    read: (length) => process.memory.readBytes(value, length),
    write: (bytes) => {
      process.memory.writeBytes(value, bytes);
    },
  });
}

function setForeground(process: Process, control: TerminalControl, address: number): number {
  const group = process.memory.readI32(address);
  if (process.terminal !== control || control.session !== process.session) fail('ENOTTY');
  if (group < 0) fail('EINVAL');
  const members = process.kernel.processes.group(group);
  if (members.length === 0) fail('ESRCH');
  if (!members.some(({ session }) => session === process.session)) fail('EPERM');
  control.foregroundGroup = group;
  control.onForegroundChange?.();
  return 0;
}

function setControlling(process: Process, control: TerminalControl, force: number): number {
  if (process.terminal === control && control.session === process.session) return 0;
  if (process.session !== process.pid || process.terminal !== undefined) fail('EPERM');
  if (control.session !== 0) {
    // Root may steal it from another session.
    if (force !== 1 || !process.can(CAP.SYS_ADMIN)) fail('EPERM');
    process.kernel.jobs.releaseTerminal(control);
  }
  acquire(process, control);
  return 0;
}

function giveUp(process: Process, control: TerminalControl): number {
  if (process.terminal !== control) fail('ENOTTY');
  if (process.session !== process.pid) {
    process.terminal = undefined;
    return 0;
  }
  const { jobs } = process.kernel;
  jobs.signalGroup(control.foregroundGroup, kernelSignal(SIGNAL.SIGHUP));
  jobs.signalGroup(control.foregroundGroup, kernelSignal(SIGNAL.SIGCONT));
  jobs.releaseTerminal(control);
  return 0;
}
