/**
 * Short programs for the instructions that need more than themselves, in `programs/` and in the format of `case-file.ts`:
 * `processor.txt` holds what a processor answers, `engine.txt` what may differ between processors or is not to be done on
 * one. With them every row of the decode table has a case. `HOSPES_BLESS=1` writes the answers anew.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decode } from '../../../src/guest/x64/decode.ts';
import type { Row } from '../../../src/guest/x64/notation.ts';
import { table } from '../../../src/guest/x64/tables.ts';
import { recordedLines } from '../../fuzz/x64-vector/recorded.ts';
import { INTEGER_GROUPS } from '../../fuzz/x64/generator.ts';
import { describeOutcome, parseCases, printCases, stateWith, type Item } from './case-file.ts';
import { CODE, Machine, type Outcome } from './machine.ts';
import { Native, nativeAbsent } from './native.ts';

const BLESS = process.env['HOSPES_BLESS'] === '1';
const fileOf = (name: string): URL => new URL(`programs/${name}.txt`, import.meta.url);
const load = (name: string): Item[] => parseCases(readFileSync(fileOf(name), 'utf8'));

/** The programs with what `answer` says. */
function answered(items: readonly Item[], answer: (item: Item, inputs: string, index: number) => Outcome): Item[] {
  return items.map((item, index) => ({
    ...item,
    cases: item.cases.map(({ inputs }) => ({
      inputs,
      expected: describeOutcome(stateWith(inputs), answer(item, inputs, index), item.undefinedFlags),
    })),
  }));
}

const absent = nativeAbsent();
describe.skipIf(absent !== null)(`the processor${absent === null ? '' : ` (skipped: ${absent})`}`, () => {
  it('agrees with what the file says', () => {
    const native = new Native();
    try {
      const items = load('processor');
      const outcomes = native.run(items.map(({ code, cases }) => ({ code, start: stateWith(cases[0]?.inputs ?? '') })));
      const answers = printCases(answered(items, (_item, _inputs, index) => outcomes[index]!));
      if (BLESS) writeFileSync(fileOf('processor'), answers);
      else expect(answers).toBe(printCases(items));
    } finally {
      native.close();
    }
  });
});

describe.each([
  ['strict', 0],
  ['strict', 1],
] as const)('engine, memory model %s, tier %i', (model, tier) => {
  it.each(['processor', 'engine'])('%s', (name) => {
    const machine = new Machine(model, tier, { random: () => 0x1234_5678_9abc_def0n });
    const items = load(name);
    const answers = printCases(answered(items, ({ code }, inputs) => machine.run(code, stateWith(inputs))));
    if (BLESS && name === 'engine') writeFileSync(fileOf(name), answers);
    else expect(answers).toBe(printCases(items));
  });
});

/** The rows of the instructions that code consists of. */
function rowsOf(code: Uint8Array): Row[] {
  const at = (pc: number): number => code[pc - CODE] ?? -1;
  const source = { readU8: at, readU16: (pc: number) => (at(pc + 1) < 0 ? -1 : at(pc) | (at(pc + 1) << 8)) };
  const rows: Row[] = [];
  for (let pc = CODE; pc < CODE + code.length;) {
    const { row, length } = decode(source, pc)!;
    if (row !== null) rows.push(row);
    pc += length;
  }
  return rows;
}

describe('decode rows', () => {
  it('have a case each', () => {
    const integer = INTEGER_GROUPS.flatMap((group) =>
      parseCases(readFileSync(new URL(`cases/${group}.txt`, import.meta.url), 'utf8')),
    );
    const codes = [
      ...[...integer, ...load('processor'), ...load('engine')].map(({ code }) => code),
      ...recordedLines().map((line) => Buffer.from(line.split(' ')[2] ?? '', 'hex')),
    ];
    const covered = new Set(codes.flatMap(rowsOf));
    const missing = table.rows.filter((row) => !covered.has(row)).map(({ name, encoding }) => `${name}: ${encoding}`);
    expect(missing).toEqual([]);
  });
});
