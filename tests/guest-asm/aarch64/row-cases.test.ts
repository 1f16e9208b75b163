import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Vcpu } from '../../../src/engine/vcpu.ts';
import { aarch64, aarch64Rows } from '../../../src/guest/aarch64/index.ts';
import { GuestMemory } from '../../../src/memory/guest-memory.ts';
import { runInHospes } from '../../fuzz/hospes.mjs';
import { changes, formatCase, parseCase, programOf } from './row-cases.mjs';

function disassemble(encoding: number): string {
  const byte = (at: number): number => (encoding >>> (8 * at)) & 0xff;
  return aarch64.disassemble({ readU8: byte, readU16: (at) => byte(at) | (byte(at + 1) << 8) }, 0)!.text;
}

// Written by write-row-cases.mjs.
describe.each(['float', 'simd', 'structure'] as const)('cases of class %s', (name) => {
  const lines = readFileSync(new URL(`cases/${name}.txt`, import.meta.url), 'utf8')
    .trim()
    .split('\n');
  const cases = lines.map(parseCase);

  it('cover each row', () => {
    const covered = new Set(cases.map(({ encoding }) => aarch64Rows.decode(encoding)?.name));
    expect(Object.keys(aarch64Rows.classes[name]).filter((row) => !covered.has(row as never))).toEqual([]);
  });

  it('are disassembled as they are written', () => {
    for (const { encoding, text } of cases) expect(disassemble(encoding)).toBe(text);
  });

  it('give what the reference gives', () => {
    const { program, middles } = programOf(aarch64Rows, cases);
    const { data, stopped } = runInHospes({ Vcpu, GuestMemory, guest: aarch64 }, program, 'strict', 0);
    expect(stopped).toBeNull();
    const answers = cases.map((one, index) =>
      formatCase({ ...one, after: changes(data, index, one, middles[index]!) }),
    );
    expect(answers).toEqual(lines);
  });
});
