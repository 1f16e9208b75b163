import { describe, expect, it } from 'vitest';
import { CodeLog, createCodeLog } from './peers.ts';

const LIMIT = 0xf0000000;

function told(log: CodeLog, seen: number): { ranges: [number, number][]; count: number } {
  const ranges: [number, number][] = [];
  const count = log.read(seen, LIMIT, (start, end) => ranges.push([start, end]));
  return { ranges, count };
}

describe('the log of changed code', () => {
  it('tells what came since somebody looked, in whichever thread', () => {
    const buffer = createCodeLog();
    const [writer, reader] = [new CodeLog(buffer), new CodeLog(buffer)];
    writer.append(0x10000, 0x10040);
    writer.append(0xe0000000, 0xe0000040);
    expect(told(reader, 0)).toEqual({
      ranges: [
        [0x10000, 0x10040],
        [0xe0000000, 0xe0000040],
      ],
      count: 2,
    });
    writer.append(0x20000, 0x20040);
    expect(told(reader, 2)).toEqual({ ranges: [[0x20000, 0x20040]], count: 3 });
    expect(told(reader, 3)).toEqual({ ranges: [], count: 3 });
  });

  it('takes all code for changed where it was overwritten', () => {
    const log = new CodeLog(createCodeLog());
    for (let at = 0; at < 1023; at++) log.append(at, at + 1);
    expect(told(log, 0).ranges).toHaveLength(1023);
    for (let at = 0; at < 100; at++) log.append(at, at + 1);
    expect(told(log, 0)).toEqual({ ranges: [[0, LIMIT]], count: 1123 });
    expect(told(log, 1000).ranges).toHaveLength(123);
  });
});
