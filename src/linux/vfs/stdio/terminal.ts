import type { Cancel, HostOutput, HostStdin, HostTerminal } from '../../../platform/types.ts';
import { fail } from '../../errno.ts';
import { POLLHUP, POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from '../constants.ts';
import { BaseOpenFile } from '../open-file.ts';
import { Notifier } from '../notifier.ts';
import type { IoctlArgument, SpecialInode } from '../types.ts';
import { LineDiscipline } from './line-discipline.ts';
import type { TerminalSignal } from './line-discipline.ts';
import { writeStream } from './stream-files.ts';
import { TerminalControl, type TerminalLike } from './terminal-control.ts';
import * as tty from './termios.ts';
import type { Termios } from './termios.ts';

export interface TerminalOptions {
  readonly host: HostTerminal;
  readonly input: HostStdin | undefined;
  readonly output: HostOutput | undefined;
  /** A key asks for a signal to the foreground process group. Only while the host's terminal is raw: otherwise the
   * host itself turns keys into signals. */
  readonly onSignal: (signal: TerminalSignal) => void;
}

/** Local modes in which the host's own cooked mode does exactly what the guest asked for. */
const COOKED = tty.ISIG | tty.ICANON | tty.ECHO;
const TYPE_AHEAD = 1024;

/**
 * The host's terminal as the guest's. While the guest keeps the usual modes the host's line discipline does the
 * work; any other mode switches the host to raw, and `LineDiscipline` does here what the guest asked for. Output
 * processing stays the host's: switching OPOST off has no effect.
 */
export class Terminal {
  readonly #options: TerminalOptions;
  readonly #discipline: LineDiscipline;
  readonly #changes = new Notifier();
  #termios: Termios = tty.saneTermios;
  #raw = false;
  /** With job control keys are for the guest's groups; the host would take them for itself. */
  #ownKeys = false;
  #ended = false;
  readonly control = new TerminalControl();

  constructor(options: TerminalOptions) {
    this.#options = options;
    this.#discipline = new LineDiscipline(this.#termios, {
      echo: (bytes) => void options.output?.write(bytes),
      signal: (signal) => options.onSignal(signal),
    });
  }

  /** From now on all keys are handled here, whatever the modes. */
  takeKeys(): void {
    if (this.#ownKeys) return;
    this.#ownKeys = true;
    this.#chooseMode();
    // Keys that send signals work while nobody reads.
    this.#options.input?.onReadable(() => {
      this.#pump();
      this.#changes.notify();
    });
    this.#pump();
  }

  open(inode: SpecialInode): TerminalFile {
    return new TerminalFile(inode, this);
  }

  get termios(): Termios {
    return this.#termios;
  }

  /** Calls `listener` when the window changed its size (SIGWINCH). */
  onResize(listener: () => void): Cancel {
    return this.#options.host.onResize(listener);
  }

  /** Leaves the host's terminal as it was found. */
  restore(): void {
    if (this.#raw) this.#options.host.setRaw(false);
    this.#raw = false;
  }

  read(buffer: Uint8Array): number {
    const { input } = this.#options;
    if (input === undefined) return 0;
    if (buffer.length === 0) return 0;
    this.#pump();
    if (this.#discipline.hasInput) return this.#discipline.read(buffer);
    if (this.#ended) return 0;
    if (this.#raw) return this.#nothingTyped();
    const result = input.read(buffer);
    if (result === 'again') return fail('EAGAIN');
    return typeof result === 'number' ? result : fail(result);
  }

  /** A non-canonical read with VMIN 0 does not wait for a first byte. Its timeout VTIME is taken for 0. */
  #nothingTyped(): number {
    const canonical = (this.#termios.localFlags & tty.ICANON) !== 0;
    return !canonical && this.#termios.control[tty.VMIN] === 0 ? 0 : fail('EAGAIN');
  }

  /** Takes what was typed through the line discipline, as far as a reader keeps up. */
  #pump(): void {
    const { input } = this.#options;
    if (!this.#raw || input === undefined) return;
    const buffer = new Uint8Array(TYPE_AHEAD);
    while (!this.#ended && this.#discipline.hasRoom && input.readable()) {
      const result = input.read(buffer);
      if (result === 'again') return;
      if (typeof result === 'number' && result > 0) this.#discipline.type(buffer.subarray(0, result));
      else {
        this.#ended = true;
        this.#discipline.end();
      }
    }
  }

  write(buffer: Uint8Array): number {
    const { output } = this.#options;
    return output === undefined ? fail('EIO') : writeStream(output, buffer);
  }

  readiness(): number {
    this.#pump();
    const { input, output } = this.#options;
    const typed = this.#discipline.hasInput || this.#ended || (!this.#raw && input?.readable() === true);
    const readable = typed || input === undefined ? POLLIN | POLLRDNORM : 0;
    const writable = output === undefined || output.writable() ? POLLOUT | POLLWRNORM : 0;
    return readable | writable | (output?.broken() === true ? POLLHUP : 0);
  }

  onReady(listener: () => void): Cancel {
    const { input, output } = this.#options;
    const cancels = [this.#changes.subscribe(listener), input?.onReadable(listener), output?.onWritable(listener)];
    return () => {
      for (const cancel of cancels) cancel?.();
    };
  }

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
        this.#flushInput();
        return this.#configure(argument);
      case tty.TCSETS:
      case tty.TCSETSW:
      case tty.TCSETS2:
      case tty.TCSETSW2:
        return this.#configure(argument);
      case tty.TCSBRK:
        // tcdrain (argument 1): writes are handed to the host at once. A break cannot be sent.
        return argument.value === 0n ? fail('EINVAL') : 0;
      case tty.TCFLSH:
        if (argument.value !== 1n) this.#flushInput();
        return 0;
      case tty.FIONREAD:
        this.#pump();
        return writeWord(argument, this.#discipline.available);
      case tty.TIOCGWINSZ:
        return this.#windowSize(argument);
      default:
        return fail('ENOTTY');
    }
  }

  #configure(argument: IoctlArgument): number {
    this.#termios = tty.decodeTermios(argument.read(tty.TERMIOS_SIZE));
    this.#chooseMode();
    this.#discipline.configure(this.#termios);
    this.#changes.notify();
    return 0;
  }

  #chooseMode(): void {
    const raw = this.#ownKeys || (this.#termios.localFlags & COOKED) !== COOKED;
    if (raw !== this.#raw) this.#options.host.setRaw(raw);
    this.#raw = raw;
  }

  #flushInput(): void {
    this.#pump();
    this.#discipline.flush();
  }

  /** `struct winsize`: rows, columns, and no pixels. */
  #windowSize(argument: IoctlArgument): number {
    const { rows, columns } = this.#options.host.size();
    const bytes = new Uint8Array(8);
    const view = new DataView(bytes.buffer);
    view.setUint16(0, rows, true);
    view.setUint16(2, columns, true);
    argument.write(bytes);
    return 0;
  }
}

function writeWord(argument: IoctlArgument, value: number): number {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, value, true);
  argument.write(bytes);
  return 0;
}

class TerminalFile extends BaseOpenFile implements TerminalLike {
  override readonly inode: SpecialInode;
  readonly terminal: Terminal;
  readonly control: TerminalControl;

  constructor(inode: SpecialInode, terminal: Terminal) {
    super();
    this.inode = inode;
    this.terminal = terminal;
    this.control = terminal.control;
    this.control.inode ??= inode;
  }

  get stopsBackgroundOutput(): boolean {
    return (this.terminal.termios.localFlags & tty.TOSTOP) !== 0;
  }

  override readAt(buffer: Uint8Array): number {
    return this.terminal.read(buffer);
  }

  override writeAt(buffer: Uint8Array): number {
    return this.terminal.write(buffer);
  }

  override ioctl(request: number, argument: IoctlArgument): number {
    return this.terminal.ioctl(request, argument);
  }

  override readiness(): number {
    return this.terminal.readiness();
  }

  override onReady(listener: () => void): Cancel {
    return this.terminal.onReady(listener);
  }
}
