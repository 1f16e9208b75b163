/** The passes in the order that makes each of them useful to the next. */
import type { Block } from '../block.ts';
import { removeDeadValues } from './dead.ts';
import { foldConstants } from './fold.ts';
import { forwardSlots, type Observers } from './forward.ts';

/** Every pass by the name that file tests use. */
export const passes = {
  fold: foldConstants,
  forward: forwardSlots,
  dead: removeDeadValues,
} as const satisfies Readonly<Record<string, (block: Block) => Block>>;

export type PassName = keyof typeof passes;

/** Optimizes one block: forwarding first, because it shows constants to folding. */
export function optimizeBlock(block: Block, observers: Observers = 'effects'): Block {
  return removeDeadValues(foldConstants(forwardSlots(block, observers)));
}
