import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Block } from '../block.ts';
import { evaluateBlock } from '../evaluate.ts';
import { parseBlock } from '../parse.ts';
import { printBlock } from '../print.ts';
import { randomBlock, testLayout, TestMachine } from '../testing/random-block.ts';
import { verifyBlock } from '../verify.ts';
import { optimizeBlock, passes } from './optimize.ts';

/** Everything that can be observed of running a block. */
function observe(block: Block): unknown {
  const machine = new TestMachine();
  const outcome = evaluateBlock(block, machine);
  return { outcome, slots: [...machine.slots], log: machine.log };
}

describe('random blocks', () => {
  it('are sound, and the same after printing and parsing', () => {
    fc.assert(
      fc.property(randomBlock, (block) => {
        expect(verifyBlock(block)).toEqual([]);
        const text = printBlock(block);
        const parsed = parseBlock(text, testLayout);
        expect(printBlock(parsed)).toBe(text);
        expect(verifyBlock(parsed)).toEqual([]);
        expect(observe(parsed)).toEqual(observe(block));
      }),
      { numRuns: 300 },
    );
  });

  it.each([...Object.entries(passes), ['all', optimizeBlock] as const])(
    'mean the same after %s, which leaves its input alone',
    (_name, pass) => {
      fc.assert(
        fc.property(randomBlock, (block) => {
          const text = printBlock(block);
          const result = pass(block);
          expect(verifyBlock(result), printBlock(result)).toEqual([]);
          expect(verifyBlock(block)).toEqual([]);
          expect(printBlock(block)).toBe(text);
          expect(observe(result)).toEqual(observe(block));
        }),
        { numRuns: 1000 },
      );
    },
  );

  it('do not grow by optimization, and it gains something on most', () => {
    let smaller = 0;
    for (const block of fc.sample(randomBlock, { numRuns: 200, seed: 7 })) {
      const { length } = optimizeBlock(block).instructions;
      expect(length).toBeLessThanOrEqual(block.instructions.length + 4);
      if (length < block.instructions.length) smaller++;
    }
    expect(smaller).toBeGreaterThan(150);
  });
});
