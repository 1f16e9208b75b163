import { describe, expect, it } from 'vitest';
import { LoadError } from '../common/errors.ts';
import { riscv64 } from '../guest/riscv64/index.ts';
import { x64 } from '../guest/x64/index.ts';
import { guestFor } from './guests.ts';

function header(machine: number, { bits = 2, data = 1 } = {}): Uint8Array {
  const head = new Uint8Array(64);
  head.set([0x7f, 0x45, 0x4c, 0x46, bits, data, 1]);
  head[18] = machine & 255;
  head[19] = machine >>> 8;
  return head;
}

const files: Readonly<Record<string, Uint8Array>> = {
  '/riscv64': header(243),
  '/x64': header(62),
  '/s390x': header(22),
  '/32-bit': header(62, { bits: 1 }),
  '/big-endian': header(62, { data: 2 }),
  '/text': new TextEncoder().encode('hello'),
  '/script': new TextEncoder().encode('#!/s390x -e\n'),
  '/orphan': new TextEncoder().encode('#!/missing\n'),
};
const select = (path: string): string => guestFor(path, (name) => files[name]).guest.name;

describe('guestFor', () => {
  it('goes by the machine of the ELF header', () => {
    expect(guestFor('/riscv64', (name) => files[name]).guest).toBe(riscv64);
    expect(guestFor('/x64', (name) => files[name]).guest).toBe(x64);
    expect(() => select('/s390x')).toThrow(LoadError);
    expect(() => select('/s390x')).toThrow(
      '/s390x is a program for S/390, a guest that is not supported yet; this version runs riscv64',
    );
  });

  it("goes by the machine of a script's interpreter", () => {
    expect(() => select('/script')).toThrow('S/390');
  });

  it.each(['/32-bit', '/big-endian', '/text', '/orphan', '/missing'])('leaves %s to the loader', (path) => {
    expect(select(path)).toBe('riscv64');
  });
});
