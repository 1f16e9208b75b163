/**
 * Assembly cases with their expectations in the file's header (see `case-file.ts`): on the engine, and against
 * qemu-riscv64 where there is one. `HOSPES_BLESS=1` writes qemu's answers into the headers.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { disassembleEncoding } from '../../../src/guest/riscv64/disassemble.ts';
import { riscv64Rows } from '../../../src/guest/riscv64/index.ts';
import { assemble, assembleInstruction } from './assembler.ts';
import { describeOutcome, parseCaseFile, printCaseFile, stateWith, type CaseFile } from './case-file.ts';
import { Machine } from './machine.ts';
import { referenceAbsent, runReference } from './reference.ts';

const folder = new URL('cases/', import.meta.url);
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.s'))
  .sort();

function load(name: string): CaseFile & { readonly code: Uint8Array } {
  const file = parseCaseFile(readFileSync(new URL(name, folder), 'utf8'));
  return { ...file, code: assemble(file.source) };
}

const absent = referenceAbsent();
describe.skipIf(absent !== null)(`qemu-riscv64${absent === null ? '' : ` (skipped: ${absent})`}`, () => {
  it('agrees with what the files say', () => {
    const loaded = files.map((name) => ({ name, file: load(name) })).filter(({ file }) => file.notInReference === null);
    const cases = loaded.flatMap(({ file }) =>
      file.cases.map(({ inputs }) => ({ code: file.code, start: stateWith(inputs) })),
    );
    const outcomes = runReference(cases);
    let next = 0;
    for (const { name, file } of loaded) {
      const answers = file.cases.map(({ inputs }) => ({
        inputs,
        expected: describeOutcome(stateWith(inputs), outcomes[next++]!, file.code.length),
      }));
      if (process.env['HOSPES_BLESS'] === '1')
        writeFileSync(new URL(name, folder), printCaseFile({ ...file, cases: answers }));
      else expect({ name, cases: answers }).toEqual({ name, cases: file.cases });
    }
    expect(next).toBe(cases.length);
  });
});

describe.each(['strict', 'range'] as const)('engine, memory model %s', (model) => {
  const machine = new Machine(model);
  it.each(files)('%s', (name) => {
    const file = load(name);
    const { code } = file;
    expect(file.cases.length).toBeGreaterThan(0);
    // `range` lets accesses to unmapped addresses within its limits through; that is what it is.
    const cases = file.cases.filter(({ expected }) => model === 'strict' || !expected.includes('trap=fault'));
    const answers = cases.map(({ inputs }) => {
      const start = stateWith(inputs);
      return { inputs, expected: describeOutcome(start, machine.run(code, start), code.length) };
    });
    expect(answers).toEqual(cases);
  });
});

describe('case files', () => {
  it('are in canonical form', () => {
    for (const name of files) {
      const text = readFileSync(new URL(name, folder), 'utf8');
      expect(printCaseFile(parseCaseFile(text))).toBe(text);
    }
  });

  it('have a file for every row, with the row in it', () => {
    const missing = riscv64Rows.rows.filter(({ name }) => {
      const file = files.find((path) => path.endsWith(`/${name}.s`));
      const mnemonic = new RegExp(`^${name.replaceAll('.', '\\.')}( |\\.|$)`, 'm');
      return file === undefined || !mnemonic.test(load(file).source);
    });
    expect(missing.map(({ name }) => name)).toEqual([]);
  });
});

describe('assembler', () => {
  it('is the inverse of the disassembler, row by row', () => {
    for (const row of riscv64Rows.rows) {
      const length = riscv64Rows.lengthOf(row.name);
      const values = Object.fromEntries(
        row.fields.map((field) => [field.property, Math.min(field.max, Math.ceil(8 / field.step) * field.step)]),
      );
      // Reserved fields of fences have no syntax.
      if (row.name.startsWith('fence'))
        for (const reserved of ['rd', 'rs1', 'fm', 'imm']) if (reserved in values) values[reserved] = 0;
      const bits = row.encode(values);
      const text = disassembleEncoding(bits, length, 0);
      const source = isRelative(row.name) ? text.replace('0x', '.+0x') : text;
      expect(assembleInstruction(source), source).toEqual({ bits, length });
    }
  });
});

/** Branches and jumps show their target, which the assembler takes relative to the instruction. */
const isRelative = (name: string): boolean => /^(jal|b(eq|ne|lt|ge)u?|c\.(j|beqz|bnez))$/.test(name);
