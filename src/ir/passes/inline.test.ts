import { describe, expect, it } from 'vitest';
import type { Block } from '../block.ts';
import type { BlockBuilder } from '../builder.ts';
import { edgesOf, formRegion, type Region } from '../region.ts';
import { A, block, branch, edges } from '../testing/blocks.ts';
import { inlineCalls, isInlinable } from './inline.ts';

const ret = (b: BlockBuilder): void => b.indirect(b.get(A), 'return');
const region = (...blocks: readonly Block[]): Region => formRegion(blocks, () => [], []);

/** Calls `target`, and again. */
const caller = (target: number): Region =>
  region(
    block(0, 1, (b) => b.jump(target, 'call', 4)),
    block(4, 1, (b) => b.jump(target, 'call', 8)),
    block(8, 1, (b) => b.syscall(12)),
  );
/** One or the other block, which returns. */
const leaf = (length = 2): Region =>
  region(block(0x100, length, branch(0x200, 0x300)), block(0x200, length, ret), block(0x300, length, ret));
/** Calls itself. */
const recursive = region(
  block(0x400, 1, branch(0x404, 0x408)),
  block(0x404, 1, (b) => b.jump(0x400, 'call', 0x408)),
  block(0x408, 1, ret),
);

const calls = ({ nodes }: Region): number => nodes.filter(({ flow }) => flow.kind === 'call').length;

describe('inlineCalls', () => {
  it('puts a copy in the place of each call, which returns to behind the call', () => {
    const inlined = inlineCalls(caller(0x100), () => leaf());
    expect(edges(inlined)).toEqual([[3], [6], [], [4, 5], [1], [1], [7, 8], [2], [2]]);
    expect(inlined.guestInstructions).toBe(3 + 2 * 6);
    expect(inlined.entries).toEqual([0]);
    expect(inlined.nodes.slice(4).map(({ flow }) => edgesOf(flow)[0]?.pc)).toEqual([4, 4, 0x200, 8, 8]);
  });

  it('follows calls inside two deep', () => {
    const inlined = inlineCalls(caller(0x400), (pc) => (pc === 0x400 ? recursive : null));
    expect(inlined.nodes).toHaveLength(3 + 4 * 3);
    expect(calls(inlined)).toBe(2);
  });

  it('leaves calls alone of what is not to be put in, or where nothing is behind them', () => {
    const whole = caller(0x100);
    expect(inlineCalls(whole, () => null)).toBe(whole);
    const last = region(block(0, 1, (b) => b.jump(0x100, 'call', 4)));
    expect(inlineCalls(last, () => leaf())).toBe(last);
  });

  it('stops when the region has become large', () => {
    expect(calls(inlineCalls(caller(0x100), () => leaf(100)))).toBe(1);
  });
});

describe('isInlinable', () => {
  it('takes functions that return', () => {
    expect([isInlinable(leaf()), isInlinable(recursive)]).toEqual([true, true]);
  });

  it('takes none that go on elsewhere, or do not return', () => {
    expect(isInlinable(region(block(0, 1, (b) => b.jump(0x800))))).toBe(false);
    expect(
      isInlinable(
        region(
          block(0, 1, branch(4, 8)),
          block(4, 1, ret),
          block(8, 1, (b) => b.jump(0x800)),
        ),
      ),
    ).toBe(false);
    expect(
      isInlinable(
        region(
          block(0, 1, branch(4, 8)),
          block(4, 1, ret),
          block(8, 1, (b) => b.syscall(12)),
        ),
      ),
    ).toBe(false);
    expect(isInlinable(region(block(0, 1, (b) => b.indirect(b.get(A), 'jump'))))).toBe(false);
  });
});
