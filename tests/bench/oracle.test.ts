/** Tier 0 against the oracle: whole programs, their output, their end and the number of their instructions. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runProgram } from '../../bench/oracle/run.mjs';

const read = (path: string): Uint8Array => new Uint8Array(readFileSync(new URL(`../../${path}`, import.meta.url)));

type Case = readonly [fixture: string, args: readonly string[], stdin: string];

const everywhere: readonly Case[] = [
  ['sha256', [], 'abc'],
  ['threads', ['counters'], ''],
  ['crash', ['wild-read'], ''],
];
const cases: Readonly<Record<string, readonly Case[]>> = {
  riscv64: [
    ...everywhere,
    ['args', ['one', 'two'], ''],
    ['atomics', [], ''],
    ['memory', [], ''],
    ['processes', ['basics'], ''],
    ['crash', ['illegal'], ''],
  ],
  aarch64: everywhere,
  x64: everywhere,
};

describe.each(Object.entries(cases))('%s', (guest, list) => {
  it.each(list)('%s %j', async (name, args, stdin) => {
    const program = read(`tests/fixtures/${guest}/${name}`);
    const options = { program, args, stdin: new TextEncoder().encode(stdin), instructions: 1_000_000 };
    const oracle = await runProgram({ ...options, by: 'oracle' });
    expect(oracle).toEqual(await runProgram({ ...options, by: 'tier 0' }));
    expect(oracle.exit.kind).not.toBe('limit');
  });
});

it('ends at a limit, as the benchmark has it', async () => {
  const { exit, instructions } = await runProgram({
    program: read('bench/kernels/riscv64/fib'),
    by: 'oracle',
    instructions: 100_000,
  });
  expect(exit.kind).toBe('limit');
  expect(instructions).toBeGreaterThanOrEqual(100_000);
  expect(instructions).toBeLessThan(101_000);
});
