/**
 * Cases whose results a processor has recorded: a line for each, with mnemonic, number of the case, code, signal, and
 * the fields that the instruction changed. The states are those that the generator makes of the number.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Random } from '../../../src/fp/testing/random.ts';
import type { Row } from '../../../src/guest/x64/notation.ts';
import { exceptionFor } from './exceptions.ts';
import { differences, Native } from './fuzz.ts';
import { randomRecord, rowsMatching } from './generator.ts';
import { Machine } from './machine.ts';
import { fields, fieldText, INPUT, OUTPUT } from './state.ts';

const FILE = fileURLToPath(new URL('recorded.txt', import.meta.url));
const CASES_PER_ROW = 2;

export interface RecordedCase {
  readonly row: Row;
  readonly record: Buffer;
  readonly line: string;
}

function hash(text: string): number {
  return [...text].reduce((sum, letter) => Math.imul(sum ^ letter.charCodeAt(0), 0x01000193), 0x811c9dc5) >>> 0;
}

/** The record of a case: it depends on the row alone, not on what other rows there are. */
export function recordOf(row: Row, number: number): Buffer {
  return randomRecord(new Random(hash(`${row.name} ${row.encoding}`) + number), row);
}

/** What the instruction did, without what may differ between processors. */
export function lineOf(row: Row, number: number, record: Buffer, output: Buffer): string {
  const code = record.subarray(INPUT.CODE, INPUT.CODE + record.readUInt32LE(INPUT.LENGTH)).toString('hex');
  const [before, after] = [record.subarray(INPUT.STATE), output.subarray(OUTPUT.STATE)];
  const changed = fields.flatMap((field) => {
    const value = fieldText(after, field);
    return value === fieldText(before, field) ? [] : [`${field.name}=${value}`];
  });
  const signal = output.readInt32LE(OUTPUT.SIGNAL);
  return [row.name, String(number), code, String(signal), ...changed].join(' ');
}

export function recordedRows(): readonly Row[] {
  return rowsMatching(/^/).filter(({ name }) => exceptionFor(name) === undefined);
}

export function recordedLines(): readonly string[] {
  return readFileSync(FILE, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
}

/** What Hospes gives for all cases, sorted as the file is. */
export function currentLines(machine: Machine): string[] {
  const lines = recordedRows().flatMap((row) =>
    Array.from({ length: CASES_PER_ROW }, (_, number) => {
      const record = recordOf(row, number);
      return lineOf(row, number, record, machine.run(record));
    }),
  );
  return lines.sort();
}

/** Writes the file with the results of the processor. */
export function record(print: (line: string) => void): void {
  const native = new Native();
  const machine = new Machine();
  try {
    const cases = recordedRows().flatMap((row) =>
      Array.from({ length: CASES_PER_ROW }, (_, number) => ({ row, number, input: recordOf(row, number) })),
    );
    const outputs = native.run(cases.map(({ input }) => input));
    const lines = cases.map(({ row, number, input }, index) => {
      const output = outputs[index] ?? Buffer.alloc(OUTPUT.SIZE);
      for (const line of differences(row, input, machine.run(input), output)) print(`${row.name}: ${line}`);
      return lineOf(row, number, input, output);
    });
    writeFileSync(FILE, `${lines.sort().join('\n')}\n`);
    print(`${String(lines.length)} cases`);
  } finally {
    native.close();
  }
}
