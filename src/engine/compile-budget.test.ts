import { expect, it } from 'vitest';
import { CompileBudget } from './compile-budget.ts';
import { createEngineStats } from './stats.ts';

it('gives some time at once, and a share of the time that passes later', () => {
  let now = 0n;
  const stats = createEngineStats();
  const budget = new CompileBudget(() => now, stats);
  const compile = (milliseconds: number): void => {
    budget.charge(() => {
      now += BigInt(milliseconds) * 1_000_000n;
    });
  };
  expect(budget.allows()).toBe(true);
  compile(30);
  expect(budget.allows()).toBe(true);
  compile(30);
  expect(budget.spent).toBe(60_000_000n);
  expect(budget.allows()).toBe(false);
  // Nothing is earned in the first half second.
  now += 500_000_000n;
  expect(budget.allows()).toBe(false);
  // 20 ms over what is free: a sixth of 120 ms pays for it.
  now += 120_000_000n;
  expect(budget.allows()).toBe(false);
  now += 6_000_000n;
  expect(budget.allows()).toBe(true);
  compile(10);
  expect(stats).toMatchObject({ compileRefusals: 3, compileTime: 70_000_000, longestCompile: 30_000_000 });
});

it('counts preparations apart, and charges nothing for them', () => {
  let now = 0n;
  const stats = createEngineStats();
  const budget = new CompileBudget(() => now, stats);
  const passes = (nanoseconds: bigint) => (): void => {
    now += nanoseconds;
  };
  budget.prepare(passes(200_000_000n));
  budget.charge(passes(10_000_000n));
  expect(budget.spent).toBe(10_000_000n);
  expect(budget.allows()).toBe(true);
  expect(stats).toMatchObject({ compileTime: 10_000_000, longestCompile: 10_000_000, prepareTime: 200_000_000 });
});
