import { describe, expect, it } from 'vitest';
import { JUMP_SAMPLE } from '../host/dispatcher.ts';
import { GrowthPolicy } from './growth.ts';
import { COMPILE_THRESHOLD } from './hotspots.ts';
import type { CompiledRegion } from './regions.ts';

const region = (pc: number, guestInstructions: number, blocks: readonly number[] = [pc]): CompiledRegion =>
  ({ pc, guestInstructions, blocks: new Set(blocks) }) as Partial<CompiledRegion> as CompiledRegion;

const small = region(100, 10, [100, 110]);
const large = region(1000, 2000);

/** A policy in an address space with these two regions; the large one's function goes on to 2000. */
function policy(threshold = COMPILE_THRESHOLD): GrowthPolicy {
  const holding = (pc: number): CompiledRegion | undefined => [small, large].find(({ blocks }) => blocks.has(pc));
  const around = (pc: number): CompiledRegion | undefined => (pc >= 1000 && pc < 2000 ? large : holding(pc));
  return new GrowthPolicy({ holding, around }, threshold);
}

/** Arrivals at `pc`, ten at a time, until it is worth compiling `owner` once more. */
function arrivalsUntilWorth(growth: GrowthPolicy, pc: number, owner: CompiledRegion): number {
  let arrivals = 10;
  while (!growth.isWorth(pc, 10, owner)) arrivals += 10;
  return arrivals;
}

describe('growth of regions', () => {
  it('asks for more arrivals the longer compiling takes, and each time anew', () => {
    const growth = policy();
    expect(arrivalsUntilWorth(growth, 110, small)).toBe(3000);
    expect(arrivalsUntilWorth(growth, 110, small)).toBe(3000);
    expect(arrivalsUntilWorth(growth, 1000, large)).toBe(600_000);
    // Half as much where code is hot after half as many arrivals.
    expect(arrivalsUntilWorth(policy(COMPILE_THRESHOLD / 2), 110, small)).toBe(1500);
  });

  it('counts places that a region has one by one, and all that it lacks together', () => {
    const growth = policy();
    expect([growth.isWorth(100, 2999, small), growth.isWorth(110, 2999, small)]).toEqual([false, false]);
    expect(growth.isWorth(110, 1, small)).toBe(true);
    expect([growth.isWorth(1500, 400_000, large), growth.isWorth(1600, 200_000, large)]).toEqual([false, true]);
  });

  it('forgets arrivals with the code', () => {
    const growth = policy();
    growth.isWorth(110, 2999, small);
    growth.clear();
    expect(growth.isWorth(110, 1, small)).toBe(false);
  });

  it('has a large region own what it lacks, so that there is no second copy of it', () => {
    const growth = policy();
    expect([small, large].map((one) => growth.isLarge(one))).toEqual([false, true]);
    expect([100, 105, 1000, 1500, 3000].map((pc) => growth.ownerOf(pc))).toEqual([
      ...[small, undefined, large, large, undefined],
    ]);
  });

  it('asks for as many samples of jumps as the code is long', () => {
    expect(policy().samplesWorth(large) * JUMP_SAMPLE).toBe(100 * large.guestInstructions);
  });

  it('waits for nothing where all is to be compiled at once', () => {
    const growth = policy(1);
    expect(growth.isWorth(110, 1, small)).toBe(true);
    expect(growth.samplesWorth(large)).toBe(0);
    expect(growth.isLarge(large)).toBe(false);
    expect(growth.ownerOf(1500)).toBeUndefined();
  });
});
