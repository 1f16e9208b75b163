/** Blocks for tests of passes over regions: their instructions do nothing. */
import type { Block } from '../block.ts';
import { BlockBuilder } from '../builder.ts';
import { edgesOf, type Region } from '../region.ts';
import { StateLayout } from '../state.ts';

const layout = new StateLayout([{ name: 'a', type: 'i64' }]);
/** The only slot. */
export const A = layout.slot('a');

/** A block of `length` instructions at `pc`. */
export function block(pc: number, length: number, end: (b: BlockBuilder) => void): Block {
  const builder = new BlockBuilder(layout, pc, 0);
  for (let index = 0; index < length; index++) builder.instruction(pc + index * 4, 4);
  end(builder);
  return builder.finish();
}

/** Ends a block. */
export const branch =
  (taken: number, fallthrough: number) =>
  (b: BlockBuilder): void =>
    b.branch(b.op('i64.eqz', b.get(A)), taken, fallthrough);

/** By node, where its edges lead. */
export const edges = ({ nodes }: Region): number[][] => nodes.map(({ flow }) => edgesOf(flow).map(({ node }) => node));
