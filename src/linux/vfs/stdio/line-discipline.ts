import {
  ECHO,
  ECHOCTL,
  ECHOE,
  ECHOK,
  ECHONL,
  ICANON,
  ICRNL,
  IGNCR,
  INLCR,
  ISIG,
  VEOF,
  VEOL,
  VEOL2,
  VERASE,
  VINTR,
  VKILL,
  VQUIT,
  VSUSP,
  VWERASE,
} from './termios.ts';
import type { Termios } from './termios.ts';

export type TerminalSignal = 'SIGINT' | 'SIGQUIT' | 'SIGTSTP';

/** Where typed bytes go. */
export interface DisciplineOutput {
  echo(bytes: Uint8Array): void;
  signal(signal: TerminalSignal): void;
}

const NEWLINE = 10;
const RETURN = 13;
const TAB = 9;
/** Bytes kept for a reader that does not read; what is typed beyond is lost, as with MAX_CANON. */
const LIMIT = 4096;
const SIGNALS = [
  [VINTR, 'SIGINT'],
  [VQUIT, 'SIGQUIT'],
  [VSUSP, 'SIGTSTP'],
] as const;

/**
 * What the kernel does with the keys of a terminal, for a host terminal in raw mode: mapping of returns, signals,
 * line editing, echo (termios(3), n_tty.c). Lines that are complete can be read; an end-of-file key is a line of its own
 * that reads as 0 bytes.
 */
export class LineDiscipline {
  #termios: Termios;
  readonly #output: DisciplineOutput;
  /** Complete lines (canonical) or what was typed (otherwise). */
  readonly #ready: Uint8Array[] = [];
  #readyBytes = 0;
  #line: number[] = [];

  constructor(termios: Termios, output: DisciplineOutput) {
    this.#termios = termios;
    this.#output = output;
  }

  /** A half-typed line can be read at once when line editing is switched off. */
  configure(termios: Termios): void {
    this.#termios = termios;
    if (!this.#local(ICANON)) this.#finishLine();
  }

  #local(flag: number): boolean {
    return (this.#termios.localFlags & flag) !== 0;
  }

  #isKey(byte: number, index: number): boolean {
    // 0 switches a key off (_POSIX_VDISABLE).
    return byte !== 0 && this.#termios.control[index] === byte;
  }

  get hasInput(): boolean {
    return this.#ready.length > 0;
  }

  get available(): number {
    return this.#readyBytes;
  }

  /** Whether more typed bytes should be taken from the host. */
  get hasRoom(): boolean {
    return this.#readyBytes < LIMIT;
  }

  flush(): void {
    this.#ready.length = 0;
    this.#readyBytes = 0;
    this.#line = [];
  }

  /** The host's input ended: what is left of a line is given out. */
  end(): void {
    if (this.#line.length > 0) this.#finishLine();
  }

  type(bytes: Uint8Array): void {
    for (const byte of bytes) this.#typeByte(byte);
  }

  #typeByte(typed: number): void {
    if (this.#signalled(typed)) return;
    const byte = this.#mapped(typed);
    if (byte === undefined) return;
    if (this.#local(ICANON)) this.#edit(byte);
    else {
      this.#echo(byte);
      this.#push(Uint8Array.of(byte));
    }
  }

  #signalled(byte: number): boolean {
    if (!this.#local(ISIG)) return false;
    for (const [index, signal] of SIGNALS) {
      if (!this.#isKey(byte, index)) continue;
      this.flush();
      this.#echo(byte);
      this.#output.signal(signal);
      return true;
    }
    return false;
  }

  #mapped(byte: number): number | undefined {
    const { inputFlags } = this.#termios;
    if (byte === RETURN) {
      if ((inputFlags & IGNCR) !== 0) return undefined;
      return (inputFlags & ICRNL) === 0 ? RETURN : NEWLINE;
    }
    return byte === NEWLINE && (inputFlags & INLCR) !== 0 ? RETURN : byte;
  }

  #edit(byte: number): void {
    if (this.#isKey(byte, VERASE)) return this.#eraseCharacter();
    if (this.#isKey(byte, VWERASE)) return this.#eraseWord();
    if (this.#isKey(byte, VKILL)) return this.#eraseLine();
    if (this.#isKey(byte, VEOF)) return this.#finishLine(true);
    const ends = byte === NEWLINE || this.#isKey(byte, VEOL) || this.#isKey(byte, VEOL2);
    if (!ends && this.#line.length >= LIMIT - 1) return;
    this.#line.push(byte);
    if (byte === NEWLINE && this.#local(ECHONL) && !this.#local(ECHO)) this.#output.echo(Uint8Array.of(NEWLINE));
    this.#echo(byte);
    if (ends) this.#finishLine();
  }

  #finishLine(endOfFile = false): void {
    if (this.#line.length === 0 && !endOfFile) return;
    this.#push(Uint8Array.from(this.#line));
    this.#line = [];
  }

  #push(bytes: Uint8Array): void {
    this.#ready.push(bytes);
    this.#readyBytes += bytes.length;
  }

  /** One character: the bytes of a UTF-8 sequence go together. */
  #eraseCharacter(): void {
    let byte = this.#line.pop();
    if (byte === undefined) return;
    const width = byte < 32 && byte !== TAB && this.#local(ECHOCTL) ? 2 : 1;
    while (byte !== undefined && (byte & 0xc0) === 0x80) byte = this.#line.pop();
    if (this.#local(ECHO) && this.#local(ECHOE))
      for (let i = 0; i < width; i++) this.#output.echo(Uint8Array.of(8, 32, 8));
  }

  #eraseWord(): void {
    const isBlank = (byte: number | undefined): boolean => byte === 32 || byte === TAB;
    while (isBlank(this.#line.at(-1))) this.#eraseCharacter();
    while (this.#line.length > 0 && !isBlank(this.#line.at(-1))) this.#eraseCharacter();
  }

  #eraseLine(): void {
    if (this.#local(ECHOE)) while (this.#line.length > 0) this.#eraseCharacter();
    else if (this.#local(ECHOK) && this.#local(ECHO)) this.#output.echo(Uint8Array.of(NEWLINE));
    this.#line = [];
  }

  /** Control characters show as ^X. */
  #echo(byte: number): void {
    if (!this.#local(ECHO)) return;
    const hidden = byte < 32 && byte !== NEWLINE && byte !== TAB;
    if (hidden && this.#local(ECHOCTL)) this.#output.echo(Uint8Array.of(0x5e, byte + 0x40));
    else this.#output.echo(Uint8Array.of(byte));
  }

  /** Gives out at most one line in canonical mode. Call only when there is input. */
  read(buffer: Uint8Array): number {
    let count = 0;
    do {
      const next = this.#ready[0];
      if (next === undefined) break;
      const part = next.subarray(0, buffer.length - count);
      buffer.set(part, count);
      count += part.length;
      if (part.length < next.length) this.#ready[0] = next.subarray(part.length);
      else this.#ready.shift();
    } while (!this.#local(ICANON) && count < buffer.length);
    this.#readyBytes -= count;
    return count;
  }
}
