/** The passes in the order that makes each of them useful to the next. */
import type { Block } from '../block.ts';
import { removeDeadValues } from './dead.ts';
import { foldConstants } from './fold.ts';
import { forwardStores } from './forward-stores.ts';
import { forwardSlots, type Observers } from './forward.ts';

/** Every pass by the name that file tests use. */
export const passes = {
  fold: foldConstants,
  forward: forwardSlots,
  'forward-stores': forwardStores,
  dead: removeDeadValues,
} as const satisfies Readonly<Record<string, (block: Block) => Block>>;

export type PassName = keyof typeof passes;

/**
 * Optimizes one block: forwarding first, because it shows constants to folding. Stored values are forwarded where faults end
 * the guest: a load that is left out cannot fault.
 */
export function optimizeBlock(block: Block, observers: Observers = 'effects'): Block {
  const forwarded = forwardSlots(block, observers);
  return removeDeadValues(foldConstants(observers === 'exits' ? forwardStores(forwarded) : forwarded));
}
