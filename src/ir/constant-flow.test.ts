import { describe, expect, it } from 'vitest';
import type { Block } from './block.ts';
import { BlockBuilder } from './builder.ts';
import { analyzeConstants } from './constant-flow.ts';
import { formRegion } from './region.ts';
import { StateLayout } from './state.ts';

const layout = new StateLayout([
  { name: 'a', type: 'i64' },
  { name: 'b', type: 'i64' },
]);
const [A, B] = [layout.slot('a'), layout.slot('b')];

function block(pc: number, build: (b: BlockBuilder) => void): Block {
  const builder = new BlockBuilder(layout, pc, 0);
  builder.instruction(pc, 4);
  build(builder);
  return builder.finish();
}

/** What is known where the nodes begin, by slot name; `entries`: pcs at which the region is entered as well. */
function known(blocks: readonly Block[], entries: readonly number[], guards: boolean): Record<string, number>[] {
  const region = formRegion(blocks, () => [], entries, guards);
  return analyzeConstants(region, [...region.nodes.keys()]).map((facts) =>
    Object.fromEntries([...facts].map(([offset, { lo }]) => [offset === A.offset ? 'a' : 'b', lo])),
  );
}

/** a = 5, then a loop that moves a to b and may change a. */
function loop(change: (b: BlockBuilder) => void): Block[] {
  return [
    block(0, (b) => {
      b.set(A, b.i64(5));
      b.jump(4);
    }),
    block(4, (b) => {
      b.set(B, b.get(A));
      change(b);
      b.branch(b.op('i64.eqz', b.get(B)), 4, 8);
    }),
    block(8, (b) => b.syscall(12)),
  ];
}

describe('analyzeConstants', () => {
  it('follows constants and moves of them around a loop', () => {
    expect(
      known(
        loop(() => undefined),
        [],
        true,
      ),
    ).toEqual([{}, { a: 5 }, { a: 5, b: 5 }]);
  });

  it('knows nothing of what another round changes', () => {
    const changed = loop((b) => b.set(A, b.op('i64.add', b.get(A), b.i64(1))));
    expect(known(changed, [], true)).toEqual([{}, {}, {}]);
  });

  it('takes for granted at a guarded entry what holds on the other ways, and nothing at an open one', () => {
    const blocks = loop(() => undefined);
    expect(known(blocks, [4], true)).toEqual([{}, { a: 5 }, { a: 5, b: 5 }]);
    expect(known(blocks, [4], false)).toEqual([{}, {}, {}]);
  });

  it('guards no entry that the region does not reach by itself', () => {
    const apart = [...loop(() => undefined), block(16, (b) => b.jump(8))];
    expect(known(apart, [16], true)[2]).toEqual({});
  });

  it('forgets everything at a call', () => {
    const blocks = [
      block(0, (b) => {
        b.set(A, b.i64(5));
        b.jump(100, 'call', 4);
      }),
      block(4, (b) => b.syscall(8)),
    ];
    expect(known(blocks, [], true)).toEqual([{}, {}]);
  });
});
