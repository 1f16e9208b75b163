import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ConfigurationError, LoadError } from '../common/errors.ts';
import { riscv64 } from '../guest/riscv64/index.ts';
import { inspect } from './inspect.ts';

/** A file that nothing but one executable segment at 0x20000 makes. */
function program(...code: number[]): Uint8Array {
  const file = new Uint8Array(120 + code.length * 4);
  const view = new DataView(file.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, 2, true);
  view.setUint16(18, riscv64.elfMachine, true);
  view.setBigUint64(24, 0x20078n, true);
  view.setBigUint64(32, 64n, true);
  view.setUint16(54, 56, true);
  view.setUint16(56, 1, true);
  view.setUint32(64, 1, true);
  view.setUint32(68, 5, true);
  view.setBigUint64(80, 0x20000n, true);
  view.setBigUint64(96, BigInt(file.length), true);
  view.setBigUint64(104, BigInt(file.length), true);
  view.setBigUint64(112, 0x1000n, true);
  code.forEach((word, index) => view.setUint32(120 + index * 4, word, true));
  return file;
}

// ld a0, 8(a1); beqz a0, .+8; ecall; sd zero, 0(a1); unknown
const small = program(0x0085b503, 0x00050463, 0x00000073, 0x0005b023, 0xffffffff);
const readFixture = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(new URL(`../../tests/fixtures/riscv64/${name}`, import.meta.url)));
const fixture = readFixture('mandelbrot');
const crash = readFixture('crash');

describe('inspect', () => {
  it('shows an instruction a row, with its IR and its micro-ops', () => {
    const lines = inspect(small, '/small', riscv64, { blocks: 1 }).split('\n');
    expect(lines[0]).toBe('0x20078: 2 instructions');
    expect(lines[1]).toMatch(/^0x20078 {2}ld a0, 8\(a1\) +\| v0 = get x11 +\| #0 x10 = i64\.load\(x11\) at 8$/);
    expect(lines[2]).toMatch(/^ +\| v1 = i64\.load v0 offset=8 +\|$/);
    expect(lines[4]).toMatch(/^0x2007c {2}beq a0, zero, 0x20084 +\| v2 = get x10 +\| #1 .*x10/);
    expect(lines.join('\n')).toMatch(/\| branch v\d, 0x20084, 0x20080 +\|/);
    expect(lines.join('\n')).toMatch(/\| #\d link 0x20084\n.*\| #\d link 0x20080$/m);
  });

  it('goes on to the blocks behind it', () => {
    const text = inspect(small, '/small', riscv64, { blocks: 3 });
    expect(text).toMatch(/^0x20080 {2}ecall +\| syscall 0x20084 +\| #0 syscall 0x20084$/m);
    expect(text).toMatch(/i64\.store\(x11, 0\)$/m);
    expect(text).toMatch(/\.insn.*\| trap illegal_instruction/);
  });

  it('starts at an address or a symbol', () => {
    expect(inspect(small, '/small', riscv64, { at: '0x20080', blocks: 1 })).toMatch(/^0x20080: 1 instruction\n/);
    expect(inspect(crash, '/crash', riscv64, { at: '_start', blocks: 1 })).toMatch(/^0x[0-9a-f]+ <_start>: /);
  });

  it('shows every block of a real program', () => {
    const text = inspect(fixture, '/mandelbrot', riscv64, { blocks: 1000 });
    expect(text).toMatch(/fp\.f64\.mul/);
    expect(text).not.toContain('?  ');
    expect(text.split('\n').length).toBeGreaterThan(300);
  });

  it.each([
    ['no_such_symbol', /has no symbol of that name/],
    ['0x10', /has no code at 0x10/],
  ])('refuses --at %s', (at, message) => {
    expect(() => inspect(small, '/small', riscv64, { at, blocks: 1 })).toThrow(ConfigurationError);
    expect(() => inspect(small, '/small', riscv64, { at, blocks: 1 })).toThrow(message);
  });

  it('refuses what is no program', () => {
    expect(() => inspect(new Uint8Array(4), '/x', riscv64, { blocks: 1 })).toThrow(LoadError);
  });
});
