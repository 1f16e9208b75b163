import { beforeEach, describe, expect, it } from 'vitest';
import { text, untext } from '../testing/fixture.ts';
import { LineDiscipline } from './line-discipline.ts';
import * as tty from './termios.ts';
import type { Termios } from './termios.ts';

let echoedBytes: number[];
let signals: string[];
let discipline: LineDiscipline;

function without(flags: Partial<Record<'inputFlags' | 'localFlags', number>>): Termios {
  const { inputFlags, localFlags } = tty.saneTermios;
  return {
    ...tty.saneTermios,
    inputFlags: inputFlags & ~(flags.inputFlags ?? 0),
    localFlags: localFlags & ~(flags.localFlags ?? 0),
  };
}

beforeEach(() => {
  echoedBytes = [];
  signals = [];
  discipline = make(tty.saneTermios);
});

function make(termios: Termios): LineDiscipline {
  return new LineDiscipline(termios, {
    echo: (bytes) => void echoedBytes.push(...bytes),
    signal: (signal) => signals.push(signal),
  });
}

function echoed(): string {
  return untext(Uint8Array.from(echoedBytes));
}

/** What one read of `size` bytes gives, or undefined when it would wait. */
function read(size = 100): string | undefined {
  if (!discipline.hasInput) return undefined;
  const buffer = new Uint8Array(size);
  return untext(buffer.subarray(0, discipline.read(buffer)));
}

describe('canonical mode', () => {
  it('gives out lines, one a read', () => {
    discipline.type(text('one\rtwo\nthr'));
    expect(read()).toBe('one\n');
    expect(discipline.available).toBe(4);
    expect(read(2)).toBe('tw');
    expect(read(100)).toBe('o\n');
    expect(read()).toBeUndefined();
    expect(echoed()).toBe('one\ntwo\nthr');
  });

  it('edits: characters, words, the line', () => {
    discipline.type(text('añ\x7fb\n'));
    expect(read()).toBe('ab\n');
    expect(echoed()).toBe('añ\b \bb\n');
    discipline.type(text('two words  \x17x\n'));
    expect(read()).toBe('two x\n');
    discipline.type(text('gone\x15\x7fkept\n'));
    expect(read()).toBe('kept\n');
    echoedBytes = [];
    discipline.type(text('\x01\x7f\n'));
    expect(echoed()).toBe('^A\b \b\b \b\n');
    expect(read()).toBe('\n');
    discipline = make(without({ localFlags: tty.ECHOE }));
    echoedBytes = [];
    discipline.type(text('x\x15'));
    expect(echoed()).toBe('x\n');
  });

  it('ends a line, or the input, at the end-of-file key', () => {
    discipline.type(text('part\x04'));
    expect(read()).toBe('part');
    discipline.type(text('\x04'));
    expect(discipline.hasInput).toBe(true);
    expect(read()).toBe('');
    expect(read()).toBeUndefined();
    discipline.type(text('rest'));
    discipline.end();
    expect(read()).toBe('rest');
    discipline.end();
    expect(read()).toBeUndefined();
  });

  it('turns keys into signals and drops what was typed', () => {
    discipline.type(text('abc\x03\x1c\x1a'));
    expect(signals).toEqual(['SIGINT', 'SIGQUIT', 'SIGTSTP']);
    expect(echoed()).toBe('abc^C^\\^Z');
    expect(discipline.hasInput).toBe(false);
    discipline = make(without({ localFlags: tty.ISIG }));
    discipline.type(text('\x03\n'));
    expect(read()).toBe('\x03\n');
    expect(signals.length).toBe(3);
  });

  it('reads passwords without showing them', () => {
    discipline = make(without({ localFlags: tty.ECHO }));
    discipline.type(text('secret\x7f\x7ft\r'));
    expect(read()).toBe('secrt\n');
    expect(echoed()).toBe('');
    const newline = without({ localFlags: tty.ECHO });
    discipline = make({ ...newline, localFlags: newline.localFlags | tty.ECHONL });
    discipline.type(text('x\r'));
    expect(echoed()).toBe('\n');
  });

  it('ends lines at other characters when told so', () => {
    const control = tty.saneTermios.control.slice();
    control[tty.VEOL] = 0x3b;
    discipline = make({ ...tty.saneTermios, control });
    discipline.type(text('a;b'));
    expect(read()).toBe('a;');
  });

  it('keeps no more than a terminal does', () => {
    discipline.type(new Uint8Array(10_000).fill(0x61));
    discipline.type(text('\n'));
    expect(read(20_000)?.length).toBe(4_096);
    discipline.type(text(`${'x'.repeat(4_090)}\n`.repeat(2)));
    expect(discipline.hasRoom).toBe(false);
    discipline.flush();
    expect(discipline.hasRoom).toBe(true);
    expect(discipline.available).toBe(0);
  });
});

describe('raw modes', () => {
  it('give every byte at once', () => {
    discipline.type(text('half'));
    discipline.configure(without({ localFlags: tty.ICANON | tty.ECHO | tty.ISIG, inputFlags: tty.ICRNL }));
    expect(read()).toBe('half');
    discipline.type(text('\x03\x7f\r'));
    expect(discipline.available).toBe(3);
    expect(read(2)).toBe('\x03\x7f');
    expect(read(2)).toBe('\r');
    expect(signals).toEqual([]);
    expect(echoed()).toBe('half');
  });

  it('map returns and newlines', () => {
    const raw = without({ localFlags: tty.ICANON | tty.ECHO, inputFlags: tty.ICRNL });
    discipline.configure({ ...raw, inputFlags: tty.INLCR });
    discipline.type(text('\n\r'));
    expect(read()).toBe('\r\r');
    discipline.configure({ ...raw, inputFlags: tty.IGNCR });
    discipline.type(text('\n\r'));
    expect(read()).toBe('\n');
  });
});
