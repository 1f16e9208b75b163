/** Every vector and x87 row against what a processor gave for it. */
import { describe, expect, it } from 'vitest';
import { Machine } from './machine.ts';
import { currentLines, recordedLines, recordedRows } from './recorded.ts';

describe('recorded results of a processor', () => {
  it('are those of every row', { timeout: 300_000 }, () => {
    const lines = recordedLines();
    expect(new Set(lines.map((line) => line.split(' ')[0]))).toEqual(new Set(recordedRows().map(({ name }) => name)));
    const ours = currentLines(new Machine('strict'));
    const wrong = ours.flatMap((line, index) => (line === lines[index] ? [] : [`${line}\n${String(lines[index])}`]));
    expect(wrong).toEqual([]);
  });
});
