/**
 * Instruction cases with their expectations (see `case-file.ts`): on the engine, and against qemu-aarch64 where there
 * is one. `HOSPES_BLESS=1` makes cases for rows without any and writes qemu's answers.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Vcpu } from '../../../src/engine/vcpu.ts';
import { disassembleEncoding } from '../../../src/guest/aarch64/disassemble.ts';
import { aarch64, aarch64Rows } from '../../../src/guest/aarch64/index.ts';
import { GuestMemory } from '../../../src/memory/guest-memory.ts';
import { PAGE_SHIFT, PERMISSION } from '../../../src/memory/layout.ts';
import { parseCases, printCases, type Case } from './case-file.ts';
import { alone, exampleCases } from './examples.ts';
import { referenceAbsent, runHospes, runReference } from './reference.ts';

const BLESS = process.env['HOSPES_BLESS'] === '1';
const fileOf = (className: string): URL => new URL(`cases/${className}.txt`, import.meta.url);
const load = (className: string): Case[] =>
  existsSync(fileOf(className)) ? parseCases(readFileSync(fileOf(className), 'utf8')) : [];

const absent = referenceAbsent();
const title = `qemu-aarch64${absent === null ? '' : ` (skipped: ${absent})`}`;

describe.each(Object.entries(aarch64Rows.classes))('class %s', (className, rows) => {
  const named = Object.keys(rows).filter((name) => !alone.has(name));

  it.skipIf(absent !== null)(`in ${title} does what the file says`, () => {
    let cases = load(className);
    if (BLESS) {
      cases = named.flatMap((name) => {
        const there = cases.filter(({ row }) => row === name);
        const row = aarch64Rows.rows.find((one) => one.name === name)!;
        return there.length > 0 ? there : exampleCases(className, row);
      });
    }
    const answers = runReference(cases);
    const answered = cases.map((one, i) => ({ ...one, expected: answers[i] ?? '' }));
    if (BLESS) writeFileSync(fileOf(className), printCases(answered));
    else expect(answered).toEqual(cases);
  });

  it('has cases for every row, in canonical form, with the texts of their encodings', () => {
    const cases = load(className);
    expect(named.filter((name) => !cases.some(({ row }) => row === name))).toEqual([]);
    expect(printCases(cases)).toBe(readFileSync(fileOf(className), 'utf8'));
    for (const { words, texts } of cases)
      expect(words.map((word, i) => disassembleEncoding(word, 4 * i))).toEqual(texts);
  });

  it.each([
    ['strict', 0],
    ['range', 0],
    ['range', 1],
  ] as const)('does the same on the engine, memory model %s, tier %i', (model, tier) => {
    const cases = load(className);
    const answers = runHospes(cases, model, tier);
    expect(cases.map((one, i) => ({ ...one, expected: answers[i] }))).toEqual(cases);
  });
});

/** One instruction at a time on a bare vCPU. */
describe('instructions that leave the code', () => {
  const CODE = 0x10000;
  const memory = GuestMemory.create(1 << 26);
  const { bytes, layout } = memory;
  bytes[layout.permissions + (CODE >> PAGE_SHIFT)] = PERMISSION.READ | PERMISSION.EXECUTE;
  const vcpu = new Vcpu({ guest: aarch64, memory, clock: () => 1234n });
  const word = (name: Parameters<typeof aarch64Rows.encode>[0], values: Record<string, number>): number =>
    aarch64Rows.encode(name, values);

  function run(...words: readonly number[]) {
    for (const [i, one] of words.entries()) memory.view.setUint32(CODE + 4 * i, one, true);
    vcpu.invalidateCode(CODE, CODE + 4096);
    vcpu.pc = CODE;
    const exit = vcpu.run(1000);
    return exit.kind === 'trap' ? { ...exit.trap, pc: exit.trap.pc - CODE } : { ...exit, pc: vcpu.pc - CODE };
  }
  const svc = word('svc', { imm16: 0 });

  it.each([
    ['svc', [svc], { kind: 'syscall', pc: 4 }],
    ['brk', [word('brk', { imm16: 1 })], { kind: 'breakpoint', pc: 0 }],
    ['hlt', [word('hlt', { imm16: 0 })], { kind: 'illegal-instruction', pc: 0, encoding: 0xd4400000 }],
    ['udf', [0, svc], { kind: 'illegal-instruction', pc: 0, encoding: 0 }],
    ['sb', [word('sb', {}), svc], { kind: 'syscall', pc: 8 }],
    [
      'dc cvap of an unmapped page',
      [word('dc cvap', { Rt: 31 })],
      { kind: 'memory-fault', pc: 0, address: 0n, access: 'read' },
    ],
    ['an undefined encoding', [0xffffffff], { kind: 'illegal-instruction', pc: 0, encoding: 0xffffffff }],
    [
      'ldxr of an odd address',
      [word('movz', { sf: 1, hw: 0, imm16: 1, Rd: 0 }), word('ldxr', { size: 3, Rn: 0, Rt: 1 })],
      { kind: 'misaligned-access', pc: 4 },
    ],
    [
      'ldadd of an odd address',
      [word('movz', { sf: 1, hw: 0, imm16: 2, Rd: 0 }), word('ldadd', { size: 2, A: 0, R: 0, Rs: 2, Rn: 0, Rt: 1 })],
      { kind: 'misaligned-access', pc: 4 },
    ],
    [
      'a branch to an odd address',
      [
        word('movz', { sf: 1, hw: 1, imm16: CODE >> 16, Rd: 0 }),
        word('movk', { sf: 1, hw: 0, imm16: 2, Rd: 0 }),
        word('br', { Rn: 0 }),
      ],
      { kind: 'misaligned-access', pc: 2 },
    ],
  ])('%s', (_, words, expected) => {
    expect(run(...words)).toMatchObject(expected);
  });
});
