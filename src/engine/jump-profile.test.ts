import { describe, expect, it } from 'vitest';
import { JumpProfile } from './jump-profile.ts';

/** Counts until the profile asks for a compilation; -1 when it never does. */
function countsUntilAsked(profile: JumpProfile, next: (count: number) => number, most = 10_000): number {
  for (let count = 1; count <= most; count++) if (profile.note(0x1000, next(count))) return count;
  return -1;
}

describe('JumpProfile', () => {
  it('asks once when a switch is hot, and again only for new targets', () => {
    const profile = new JumpProfile(10);
    expect(countsUntilAsked(profile, (count) => 0x1100 + (count % 3) * 16)).toBe(10);
    expect(profile.targetsOf(0x1000)).toEqual([0x1110, 0x1120, 0x1100]);
    expect(countsUntilAsked(profile, (count) => 0x1100 + (count % 3) * 16)).toBe(-1);
    expect(countsUntilAsked(profile, () => 0x1200, 100_000)).toBeGreaterThan(0);
  });

  it('never asks for a jump that leads far away', () => {
    const profile = new JumpProfile(10);
    expect(countsUntilAsked(profile, () => 0x10_0000)).toBe(-1);
    expect(profile.targetsOf(0x1000)).toEqual([]);
  });

  it('takes what was only learnt for a switch when there is much of it, and what was restored as it is', () => {
    const profile = new JumpProfile(10);
    for (const target of [0x1100, 0x1110, 0x1120]) profile.learn(0x1000, target);
    expect(profile.targetsOf(0x1000)).toEqual([]);
    profile.learn(0x1000, 0x1130);
    expect(profile.targetsOf(0x1000)).toHaveLength(4);
    profile.restore(0x2000, [0x2100]);
    expect(profile.targetsOf(0x2000)).toEqual([0x2100]);
    profile.restore(0x1000, [0x1140, 0x1130]);
    expect(profile.targetsOf(0x1000)).toHaveLength(5);
    profile.learn(0x3000, 0x3100);
    profile.note(0x3000, 0x3100);
    expect(profile.targetsOf(0x3000)).toEqual([0x3100]);
  });

  it('takes a jump for a switch whose few targets are cases of another one, as long as these are', () => {
    const profile = new JumpProfile(10);
    for (const target of [0x1100, 0x1110, 0x1120, 0x1130]) profile.learn(0x1000, target);
    for (const target of [0x1110, 0x9000]) profile.learn(0x1200, target);
    expect(profile.targetsOf(0x1200)).toEqual([0x1110]);
    expect(profile.switches()).toEqual([
      [0x1000, [0x1100, 0x1110, 0x1120, 0x1130]],
      [0x1200, [0x1110]],
    ]);
    profile.forget((site) => site === 0x1000 || site === 0x1110);
    expect(profile.switches()).toEqual([]);
  });

  it('takes a jump for a switch that stays in its function', () => {
    const profile = new JumpProfile(10, (_, target) => target < 0x2000);
    for (const target of [0x1110, 0x2010]) profile.learn(0x1000, target);
    expect(profile.targetsOf(0x1000)).toEqual([0x1110]);
  });

  it('keeps no more targets than a jump table is good for', () => {
    const profile = new JumpProfile(10);
    for (let count = 0; count < 400; count++) profile.note(0x1000, 0x1000 + count * 2);
    expect(profile.targetsOf(0x1000).length).toBe(256);
    profile.clear();
    expect(profile.targetsOf(0x1000)).toEqual([]);
  });
});
