/** `struct termios` of asm-generic/termbits.h, the same on riscv64, aarch64 and x86-64; termios(3). */

export const TCGETS = 0x5401;
export const TCSETS = 0x5402;
export const TCSETSW = 0x5403;
export const TCSETSF = 0x5404;
export const TCGETS2 = 0x802c542a;
export const TCSETS2 = 0x402c542b;
export const TCSETSW2 = 0x402c542c;
export const TCSETSF2 = 0x402c542d;
export const TCSBRK = 0x5409;
export const TCFLSH = 0x540b;
export const TIOCSCTTY = 0x540e;
export const TIOCGPGRP = 0x540f;
export const TIOCSPGRP = 0x5410;
export const TIOCGWINSZ = 0x5413;
export const TIOCSWINSZ = 0x5414;
export const FIONREAD = 0x541b;
export const TIOCNOTTY = 0x5422;
export const TIOCGSID = 0x5429;

export const ICRNL = 0o400;
export const INLCR = 0o100;
export const IGNCR = 0o200;
export const IXON = 0o2000;
export const IUTF8 = 0o40000;
export const ISIG = 0o1;
export const ICANON = 0o2;
export const ECHO = 0o10;
export const ECHOE = 0o20;
export const ECHOK = 0o40;
export const ECHONL = 0o100;
export const TOSTOP = 0o400;
export const ECHOCTL = 0o1000;
export const ECHOKE = 0o4000;
export const IEXTEN = 0o100000;

export const VINTR = 0;
export const VQUIT = 1;
export const VERASE = 2;
export const VKILL = 3;
export const VEOF = 4;
export const VTIME = 5;
export const VMIN = 6;
export const VSUSP = 10;
export const VEOL = 11;
export const VWERASE = 14;
export const VEOL2 = 16;

const CC_OFFSET = 17;
const CC_COUNT = 19;
export const TERMIOS_SIZE = CC_OFFSET + CC_COUNT;
export const TERMIOS2_SIZE = TERMIOS_SIZE + 8;

const SANE_CC = [3, 0x1c, 0x7f, 0x15, 4, 0, 1, 0, 0x11, 0x13, 0x1a, 0, 0x12, 0x0f, 0x17, 0x16, 0, 0, 0];
const SPEED = 38400;

export interface Termios {
  readonly inputFlags: number;
  readonly outputFlags: number;
  readonly controlFlags: number;
  readonly localFlags: number;
  readonly line: number;
  readonly control: Uint8Array;
}

/** What a terminal has when a shell starts: `stty sane`. */
export const saneTermios: Termios = {
  inputFlags: ICRNL | IXON | IUTF8,
  outputFlags: 0o5, // OPOST | ONLCR
  controlFlags: 0o277, // B38400 | CS8 | CREAD
  localFlags: ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN,
  line: 0,
  control: Uint8Array.from(SANE_CC),
};

export function encodeTermios(termios: Termios, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  const { inputFlags, outputFlags, controlFlags, localFlags } = termios;
  [inputFlags, outputFlags, controlFlags, localFlags].forEach((flags, index) => view.setUint32(index * 4, flags, true));
  bytes[16] = termios.line;
  bytes.set(termios.control, CC_OFFSET);
  if (size === TERMIOS2_SIZE) for (const offset of [36, 40]) view.setUint32(offset, SPEED, true);
  return bytes;
}

export function decodeTermios(bytes: Uint8Array): Termios {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    inputFlags: view.getUint32(0, true),
    outputFlags: view.getUint32(4, true),
    controlFlags: view.getUint32(8, true),
    localFlags: view.getUint32(12, true),
    line: view.getUint8(16),
    control: bytes.slice(CC_OFFSET, TERMIOS_SIZE),
  };
}
