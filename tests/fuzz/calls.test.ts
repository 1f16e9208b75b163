import { describe, expect, it } from 'vitest';
import { problemOf, randomCalls } from './calls.mjs';

// Longer: `npm run fuzz:calls -- --seed N`. What a failure prints is the seed and what happened.
describe.each(['riscv64', 'aarch64', 'x64'])('random system calls of a %s guest', (guest) => {
  it.each([1, 26])('harm neither Hospes nor what lies outside, seed %i', async (seed) => {
    const outcome = await randomCalls({ guest, seed, count: 1000, accel: 'wasm', seconds: 50 });
    expect(problemOf(outcome)).toBeNull();
  });
});

describe('a run of random calls', () => {
  const fine = {
    status: 0,
    signal: null,
    stdout: 'noise\nall calls made\n',
    stderr: '',
    seconds: 1,
    escaped: false,
    late: false,
  };
  it('is judged by how it ended', () => {
    expect(problemOf(fine)).toBeNull();
    expect(problemOf({ ...fine, escaped: true })).toContain('outside');
    expect(problemOf({ ...fine, late: true })).toContain('hung');
    expect(problemOf({ ...fine, status: null, signal: 'SIGSEGV' })).toContain('SIGSEGV');
    expect(problemOf({ ...fine, status: 125, stderr: 'why' })).toContain('Hospes failed: why');
    expect(problemOf({ ...fine, status: 139, stdout: '' })).toContain('early');
  });
});
