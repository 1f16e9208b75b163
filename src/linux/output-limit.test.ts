import { expect, it } from 'vitest';
import { CapturedOutput } from '../api/streams.ts';
import type { HostOutput, HostStreamFile } from '../platform/types.ts';
import { limitOutput, OutputBudget } from './output-limit.ts';

it('lets through what is left of the limit, for streams and files together', () => {
  let exceeded = 0;
  const written: number[] = [];
  const file = {
    stat: () => ({ size: 5 }),
    position: 7,
    read: () => 3,
    write: (bytes: Uint8Array) => written.push(bytes.length) * 0 + bytes.length,
    truncate: (size: number) => written.push(-size),
    sync: () => written.push(0),
  } as unknown as HostStreamFile;
  const captured = new CapturedOutput();
  const output = Object.assign(captured, { file }) as HostOutput;
  const limited = limitOutput(output, new OutputBudget(10, () => exceeded++));
  expect(limited.write(new Uint8Array(4))).toBe(4);
  expect(limited.file?.write(new Uint8Array(3), 0)).toBe(3);
  expect(exceeded).toBe(0);
  expect(limited.write(new Uint8Array(4))).toBe(3);
  expect(limited.write(new Uint8Array(4))).toBe(0);
  expect(exceeded).toBe(2);
  expect(captured.bytes()).toHaveLength(7);
  limited.file?.truncate(1);
  limited.file?.sync();
  expect(written).toEqual([3, -1, 0]);
  expect([limited.file?.position, limited.file?.read(new Uint8Array(3), 0), limited.kind, limited.broken()]).toEqual([
    7,
    3,
    'pipe',
    false,
  ]);
  limited.close();
});
