import { describe, expect, it } from 'vitest';
import type { Block } from './block.ts';
import { BlockBuilder } from './builder.ts';
import { edgesOf, formRegion } from './region.ts';
import { StateLayout } from './state.ts';

const layout = new StateLayout([{ name: 'a', type: 'i64' }]);

function block(pc: number, build: (b: BlockBuilder) => void): Block {
  const builder = new BlockBuilder(layout, pc, 0);
  builder.instruction(pc, 4);
  build(builder);
  return builder.finish();
}

const jump = (pc: number): Block =>
  block(pc, (b) => {
    b.indirect(b.get(layout.slot('a')), 'jump');
  });
const end = (pc: number): Block =>
  block(pc, (b) => {
    b.syscall(pc + 4);
  });

describe('formRegion', () => {
  it('compares few targets of an indirect jump where it is', () => {
    const region = formRegion([jump(0), end(4), end(8)], () => [4, 8, 100], []);
    expect(region.nodes[0]?.flow).toEqual({
      kind: 'indirect',
      isReturn: false,
      site: 0,
      targets: [
        { node: 1, pc: 4 },
        { node: 2, pc: 8 },
      ],
    });
    expect(region.nodes).toHaveLength(3);
  });

  it('leads jumps with many targets through one hub', () => {
    const ends = [16, 12, 8, 4].map(end);
    const region = formRegion([jump(0), jump(20), ...ends], () => [4, 8, 12, 16], []);
    const hub = { node: 6, pc: -1 };
    expect(region.nodes[0]?.flow).toEqual({ kind: 'to-hub', site: 0, hub });
    expect(region.nodes[1]?.flow).toEqual({ kind: 'to-hub', site: 20, hub });
    const last = region.nodes[6]!;
    expect(last.flow.kind).toBe('hub');
    expect(edgesOf(last.flow).map(({ pc }) => pc)).toEqual([4, 8, 12, 16]);
    expect(last.block.instructions).toEqual([]);
  });

  it('has the entries that are asked for, as far as they are its blocks', () => {
    expect(formRegion([jump(0), end(4), end(8)], () => [4, 8], [8, 100]).entries).toEqual([0, 2]);
  });
});
