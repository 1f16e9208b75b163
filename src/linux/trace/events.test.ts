import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { findAddress } from '../loader/symbols.ts';
import { runProgram } from '../testing/run-program.ts';
import { RunEvents, type RunEvent } from './events.ts';

const program = new Uint8Array(readFileSync(new URL('../../../tests/fixtures/riscv64/crash', import.meta.url)));
const source = {
  path: 'crash',
  size: program.length,
  read: (at: number, size: number) => program.slice(at, at + size),
};
const readAt = findAddress(source, 'read_at')!;

it('says when and in which thread code was compiled, and names it', async () => {
  let now = 5_000n;
  const seen: RunEvent[] = [];
  const events = new RunEvents(
    () => now,
    (event) => seen.push(event),
  );
  const compile = (pc: number): void => {
    events.engine.emit({
      kind: 'compile',
      time: events.now(),
      duration: 3,
      pc,
      regions: 1,
      instructions: 2,
      bytes: 9,
      isCached: false,
    });
  };
  compile(readAt);
  await runProgram({
    program,
    onStart: ({ process }) => {
      events.currentThread = () => process.thread;
      now = 5_700n;
      compile(readAt);
      compile(readAt + 2);
      compile(16);
    },
  });
  expect(seen.map(({ time, pid, tid }) => [time, pid, tid])).toEqual([
    [0, 0, 0],
    [700, 2, 2],
    [700, 2, 2],
    [700, 2, 2],
  ]);
  expect(seen.map((event) => event.kind === 'compile' && event.symbol)).toEqual([null, 'read_at', 'read_at+0x2', null]);
});
