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
  const waits = Array.from({ length: 8 }, () => {
    stability.noteDrop(7);
    return waitOf(7) / 1_000_000n;
  });
  expect(waits).toEqual([0n, 0n, 0n, 0n, 20n, 40n, 80n, 160n]);
  stability.noteDrop(7);
  expect([...stability.unstablePages()]).toEqual([7]);
});
