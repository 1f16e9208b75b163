/** Pseudoterminals: pty(7), ptmx(4). The slave is a terminal, the master its keyboard and its screen. */
import type { Cancel } from '../../platform/types.ts';
import { fail } from '../errno.ts';
import { POLLHUP, POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from '../vfs/constants.ts';
import { Notifier } from '../vfs/notifier.ts';
import { BaseOpenFile } from '../vfs/open-file.ts';
import { LineDiscipline, type TerminalSignal } from '../vfs/stdio/line-discipline.ts';
import { TerminalControl, type TerminalLike } from '../vfs/stdio/terminal-control.ts';
import * as tty from '../vfs/stdio/termios.ts';
import type { Termios } from '../vfs/stdio/termios.ts';
import type { IoctlArgument, SpecialInode } from '../vfs/types.ts';

const TIOCGPTN = 0x80045430;
const TIOCSPTLCK = 0x40045431;
const TIOCGPTLCK = 0x80045439;
/** Bytes that wait for the reader of the master at most. */
const SCREEN_CAPACITY = 1 << 16;
const NEWLINE = 10;
const OPOST = 1;
const ONLCR = 4;

export interface PtyHooks {
  /** A key, or a change of size, for the foreground group. */
  readonly signal: (control: TerminalControl, signal: TerminalSignal | 'SIGWINCH') => void;
  /** The master is gone: the session loses its terminal. */
  readonly hangUp: (pty: Pty) => void;
}

export class Pty {
  readonly number: number;
  readonly control = new TerminalControl();
  readonly changes = new Notifier();
  readonly #hooks: PtyHooks;
  readonly #discipline: LineDiscipline;
  #termios: Termios = tty.saneTermios;
  #screen: Uint8Array[] = [];
  #screenBytes = 0;
  #size = new Uint8Array(8);
  #slaves = 0;
  /** Whether a slave was ever open: only then is its absence an end. */
  #slaveSeen = false;
  #masterOpen = true;
  /** unlockpt(3) was not called yet. */
  locked = true;

  constructor(number: number, hooks: PtyHooks) {
    this.number = number;
    this.#hooks = hooks;
    this.#discipline = new LineDiscipline(this.#termios, {
      echo: (bytes) => {
        this.#show(bytes);
      },
      signal: (signal) => {
        hooks.signal(this.control, signal);
      },
    });
  }

  get termios(): Termios {
    return this.#termios;
  }

  openSlave(inode: SpecialInode): SlaveFile {
    if (!this.#masterOpen || this.locked) fail('EIO');
    this.#slaves++;
    this.#slaveSeen = true;
    this.control.inode ??= inode;
    return new SlaveFile(inode, this);
  }

  closeSlave(): void {
    this.#slaves--;
    this.changes.notify();
  }

  closeMaster(): void {
    this.#masterOpen = false;
    this.changes.notify();
    this.#hooks.hangUp(this);
  }

  // The master's side

  readScreen(buffer: Uint8Array): number {
    if (buffer.length === 0) return 0;
    let count = 0;
    while (count < buffer.length) {
      const next = this.#screen[0];
      if (next === undefined) break;
      const part = next.subarray(0, buffer.length - count);
      buffer.set(part, count);
      count += part.length;
      if (part.length < next.length) this.#screen[0] = next.subarray(part.length);
      else this.#screen.shift();
    }
    if (count === 0) return fail(this.#ended ? 'EIO' : 'EAGAIN');
    this.#screenBytes -= count;
    this.changes.notify();
    return count;
  }

  get #ended(): boolean {
    return this.#slaveSeen && this.#slaves === 0;
  }

  type(bytes: Uint8Array): number {
    if (bytes.length > 0 && !this.#discipline.hasRoom) fail('EAGAIN');
    this.#discipline.type(bytes);
    this.changes.notify();
    return bytes.length;
  }

  masterReadiness(): number {
    const readable = this.#screenBytes > 0 ? POLLIN | POLLRDNORM : 0;
    const writable = this.#discipline.hasRoom ? POLLOUT | POLLWRNORM : 0;
    return readable | writable | (this.#ended ? POLLHUP : 0);
  }

  // The slave's side

  read(buffer: Uint8Array): number {
    if (buffer.length === 0) return 0;
    if (this.#discipline.hasInput) {
      const count = this.#discipline.read(buffer);
      this.changes.notify();
      return count;
    }
    if (!this.#masterOpen) return 0;
    const canonical = (this.#termios.localFlags & tty.ICANON) !== 0;
    return !canonical && this.#termios.control[tty.VMIN] === 0 ? 0 : fail('EAGAIN');
  }

  write(bytes: Uint8Array): number {
    if (!this.#masterOpen) fail('EIO');
    const room = SCREEN_CAPACITY - this.#screenBytes;
    if (room <= 0 && bytes.length > 0) fail('EAGAIN');
    // Newlines may double in size; half the room is always enough.
    const taken = bytes.slice(0, Math.max(room >> 1, 1));
    this.#show(taken);
    return taken.length;
  }

  /** Output processing: a newline returns the carriage. */
  #show(bytes: Uint8Array): void {
    const { outputFlags } = this.#termios;
    const returns = (outputFlags & OPOST) !== 0 && (outputFlags & ONLCR) !== 0;
    const shown = returns && bytes.includes(NEWLINE) ? withReturns(bytes) : bytes.slice();
    this.#screen.push(shown);
    this.#screenBytes += shown.length;
    this.changes.notify();
  }

  slaveReadiness(): number {
    if (!this.#masterOpen) return POLLIN | POLLRDNORM | POLLHUP;
    const readable = this.#discipline.hasInput ? POLLIN | POLLRDNORM : 0;
    return readable | (this.#screenBytes < SCREEN_CAPACITY ? POLLOUT | POLLWRNORM : 0);
  }

  // Both sides

  ioctl(request: number, argument: IoctlArgument): number {
    switch (request) {
      case tty.TCGETS:
        argument.write(tty.encodeTermios(this.#termios, tty.TERMIOS_SIZE));
        return 0;
      case tty.TCGETS2:
        argument.write(tty.encodeTermios(this.#termios, tty.TERMIOS2_SIZE));
        return 0;
      case tty.TCSETSF:
      case tty.TCSETSF2:
        this.#discipline.flush();
        return this.#configure(argument);
      case tty.TCSETS:
      case tty.TCSETSW:
      case tty.TCSETS2:
      case tty.TCSETSW2:
        return this.#configure(argument);
      case tty.TCSBRK:
        return argument.value === 0n ? fail('EINVAL') : 0;
      case tty.TCFLSH:
        if (argument.value !== 1n) this.#discipline.flush();
        return 0;
      case tty.TIOCGWINSZ:
        argument.write(this.#size.slice());
        return 0;
      case tty.TIOCSWINSZ:
        return this.#resize(argument.read(8));
      default:
        return fail('ENOTTY');
    }
  }

  get typed(): number {
    return this.#discipline.available;
  }

  get shown(): number {
    return this.#screenBytes;
  }

  #configure(argument: IoctlArgument): number {
    this.#termios = tty.decodeTermios(argument.read(tty.TERMIOS_SIZE));
    this.#discipline.configure(this.#termios);
    this.changes.notify();
    return 0;
  }

  #resize(size: Uint8Array): number {
    const changed = size.some((byte, index) => byte !== this.#size[index]);
    this.#size = size.slice();
    if (changed) this.#hooks.signal(this.control, 'SIGWINCH');
    return 0;
  }
}

function withReturns(bytes: Uint8Array): Uint8Array {
  const result: number[] = [];
  for (const byte of bytes) {
    if (byte === NEWLINE) result.push(13);
    result.push(byte);
  }
  return Uint8Array.from(result);
}

export function writeWord(argument: IoctlArgument, value: number): number {
  argument.write(new Uint8Array(Int32Array.of(value).buffer));
  return 0;
}

/** What opening /dev/ptmx gives. */
export class MasterFile extends BaseOpenFile {
  override readonly inode: SpecialInode;
  readonly pty: Pty;

  constructor(inode: SpecialInode, pty: Pty) {
    super();
    this.inode = inode;
    this.pty = pty;
  }

  override readAt(buffer: Uint8Array): number {
    return this.pty.readScreen(buffer);
  }

  override writeAt(buffer: Uint8Array): number {
    return this.pty.type(buffer);
  }

  override ioctl(request: number, argument: IoctlArgument): number {
    switch (request) {
      case TIOCGPTN:
        return writeWord(argument, this.pty.number);
      case TIOCSPTLCK:
        this.pty.locked = argument.read(4).some((byte) => byte !== 0);
        return 0;
      case TIOCGPTLCK:
        return writeWord(argument, this.pty.locked ? 1 : 0);
      case tty.FIONREAD:
        return writeWord(argument, this.pty.shown);
      case tty.TIOCGPGRP:
        return writeWord(argument, this.pty.control.foregroundGroup);
      case tty.TIOCGSID:
        return writeWord(argument, this.pty.control.session);
      default:
        return this.pty.ioctl(request, argument);
    }
  }

  override readiness(): number {
    return this.pty.masterReadiness();
  }

  override onReady(listener: () => void): Cancel {
    return this.pty.changes.subscribe(listener);
  }

  override close(): void {
    this.pty.closeMaster();
  }
}

class SlaveFile extends BaseOpenFile implements TerminalLike {
  override readonly inode: SpecialInode;
  readonly control: TerminalControl;
  readonly #pty: Pty;

  constructor(inode: SpecialInode, pty: Pty) {
    super();
    this.inode = inode;
    this.#pty = pty;
    this.control = pty.control;
  }

  get stopsBackgroundOutput(): boolean {
    return (this.#pty.termios.localFlags & tty.TOSTOP) !== 0;
  }

  override readAt(buffer: Uint8Array): number {
    return this.#pty.read(buffer);
  }

  override writeAt(buffer: Uint8Array): number {
    return this.#pty.write(buffer);
  }

  override ioctl(request: number, argument: IoctlArgument): number {
    return request === tty.FIONREAD ? writeWord(argument, this.#pty.typed) : this.#pty.ioctl(request, argument);
  }

  override readiness(): number {
    return this.#pty.slaveReadiness();
  }

  override onReady(listener: () => void): Cancel {
    return this.#pty.changes.subscribe(listener);
  }

  override close(): void {
    this.#pty.closeSlave();
  }
}
