import { expect, it } from 'vitest';
import { CodeStability } from './code-stability.ts';

it('leaves a page alone for longer the more often its code changed', () => {
  let now = 0n;
  const stability = new CodeStability(() => now);
  const waitOf = (page: number): bigint => {
    const start = now;
    while (stability.unstablePages().has(page)) now += 1_000_000n;
    return now - start;
  };
  const waits = Array.from({ length: 16 }, () => {
    stability.noteDrop(7);
    return waitOf(7) / 1_000_000n;
  });
  expect(waits).toEqual([0, 0, 0, 0, 20, 40, 80, 160, 320, 640, 1280, 2560, 5120, 10240, 10240, 10240].map(BigInt));
  stability.noteDrop(7);
  expect([...stability.unstablePages()]).toEqual([7]);
});
