/** docs/ltp.md, which a run of LTP's tests made, agrees with itself and with the list of what does not pass. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { knownFailures } from '../conformance/known-failures.mjs';

const page = readFileSync(new URL('../../docs/ltp.md', import.meta.url), 'utf8');
const known = knownFailures(fileURLToPath(new URL('../expected-failures/ltp.txt', import.meta.url)));

const rows = [...page.matchAll(/^\| `([\w/]+)` \| (\d+) of (\d+) \| (\d*)\s*\| (.*?)\s*\|$/gm)].map((match) => {
  const reasons = match[5]!.split('; ').filter((reason) => reason !== '');
  return { group: match[1]!, passed: Number(match[2]), of: Number(match[3]), unset: Number(match[4]), reasons };
});

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

describe('docs/ltp.md', () => {
  it('has a row for each folder', () => {
    expect(rows.length).toBeGreaterThan(100);
    expect(page.match(/^\| `/gm)).toHaveLength(rows.length);
  });

  it('adds up', () => {
    const [, percent, passed, of] = /\*\*([\d.]+) % pass: (\d+) of\s+(\d+)\*\*/.exec(page) ?? [];
    expect([Number(passed), Number(of)]).toEqual([sum(rows.map((row) => row.passed)), sum(rows.map((row) => row.of))]);
    expect(percent).toBe(((100 * Number(passed)) / Number(of)).toFixed(1));
    for (const { group, passed: ok, of: all, reasons } of rows)
      expect([group, reasons.length]).toEqual([group, all - ok]);
  });

  it('gives the reasons of the list, all of them', () => {
    const told = rows.flatMap(({ reasons }) => reasons).sort();
    expect(told).toEqual([...known].map(([name, reason]) => `${name}: ${reason}`).sort());
  });
});
