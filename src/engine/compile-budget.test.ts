import { expect, it } from 'vitest';
import { CompileBudget } from './compile-budget.ts';
import { createEngineStats } from './stats.ts';

it('gives some time at once, then a share of the time that passes', () => {
  let now = 0n;
  const stats = createEngineStats();
  const budget = new CompileBudget(() => now, stats);
  const compile = (milliseconds: number): void => {
    budget.charge(() => {
      now += BigInt(milliseconds) * 1_000_000n;
    });
  };
  expect(budget.allows()).toBe(true);
  compile(50);
  expect(budget.allows()).toBe(true);
  compile(50);
  expect(budget.spent).toBe(100_000_000n);
  expect(budget.allows()).toBe(false);
  // 40 ms over what is free: a third of 120 ms pays for it.
  now += 120_000_000n;
  expect(budget.allows()).toBe(false);
  now += 1_000_000_000n;
  expect(budget.allows()).toBe(true);
  compile(10);
  expect(stats).toMatchObject({ compileRefusals: 2, compileTime: 110_000_000, longestCompile: 50_000_000 });
});
