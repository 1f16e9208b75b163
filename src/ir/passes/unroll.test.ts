import { describe, expect, it } from 'vitest';
import { formRegion, type Region } from '../region.ts';
import { block, branch, edges } from '../testing/blocks.ts';
import { unrollLoops } from './unroll.ts';

/** A loop of two blocks, each with a way out, behind one block. */
function twoBlocks(length = 2): Region {
  const blocks = [
    block(0, 1, (b) => b.jump(0x100)),
    block(0x100, length, branch(0x300, 0x200)),
    block(0x200, length, branch(0x100, 0x300)),
    block(0x300, 1, (b) => b.syscall(0x304)),
  ];
  return formRegion(blocks, () => [], []);
}

describe('unrollLoops', () => {
  it('leads each copy to the next and the last to the first, and out where the original goes out', () => {
    const region = unrollLoops(twoBlocks(5), [[1, 2]]);
    expect(edges(region)).toEqual([[1], [3, 2], [4, 3], [], [3, 5], [6, 3], [3, 7], [1, 3]]);
    expect(region.nodes.map(({ block: { pc } }) => pc)).toEqual([0, 0x100, 0x200, 0x300, 0x100, 0x200, 0x100, 0x200]);
    expect(region.guestInstructions).toBe(twoBlocks(5).guestInstructions);
  });

  it('makes more copies of small loops, none of large ones', () => {
    expect(unrollLoops(twoBlocks(2), [[1, 2]]).nodes).toHaveLength(4 + 3 * 2);
    expect(unrollLoops(twoBlocks(9), [[1, 2]]).nodes).toHaveLength(4);
  });

  it('leaves loops alone that call', () => {
    const blocks = [
      block(0, 1, (b) => b.jump(0x500, 'call', 4)),
      block(4, 1, branch(0, 8)),
      block(8, 1, (b) => b.syscall(12)),
    ];
    const region = formRegion(blocks, () => [], []);
    expect(unrollLoops(region, [[0, 1]])).toBe(region);
  });
});
