import { describe, expect, it } from 'vitest';
import type { CodeModule } from './code-cache.ts';
import { problemsOf } from './code-check.ts';

/** (module (func (export "r0"))) */
const wasm = Uint8Array.of(
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0],
  ...[7, 6, 1, 2, 0x72, 0x30, 0, 0, 10, 4, 1, 2, 0, 0x0b],
);

const good: CodeModule = {
  id: 7,
  target: { model: 'strict', fusesMultiplyAdd: false },
  regions: [
    {
      ...{ pc: 16, entries: [16], hubTargets: [], blocks: [16], exits: [], generation: 0, guestInstructions: 1 },
      speculation: 'speculates',
    },
  ],
  ranges: [
    { start: 16, end: 20 },
    { start: 24, end: 28 },
  ],
  code: new Uint8Array(8),
  wasm,
  sites: { positions: [30], pcs: [16], kinds: [0] },
  links: [],
  jumps: [],
};

function problems(change: Partial<CodeModule>): string[] {
  return problemsOf([{ ...good, ...change }]);
}

describe('problems of kept code', () => {
  it('are none of good code', () => {
    expect(problems({})).toEqual([]);
  });

  it.each<[string, Partial<CodeModule>]>([
    ['has 7 bytes of guest code for 8', { code: new Uint8Array(7) }],
    ['has ranges of guest code that are out of order', { ranges: [...good.ranges].reverse() }],
    ['has a region outside of its guest code', { regions: [{ ...good.regions[0]!, pc: 20 }] }],
    ['has places of traps that are out of order', { sites: { positions: [300], pcs: [16], kinds: [0] } }],
    ['is no valid WebAssembly', { wasm: wasm.slice(0, -1) }],
    ['lacks the function of a region', { regions: [good.regions[0]!, { ...good.regions[0]!, pc: 24 }] }],
  ])('%s', (problem, change) => {
    expect(problems(change)).toEqual([`module 7 ${problem}`]);
  });
});
