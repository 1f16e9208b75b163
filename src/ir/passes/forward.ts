/**
 * Forwards slot values within a block: a `get` after a `set` or `get` of the same slot becomes that value, a `set` of
 * the value that the slot holds already goes, and so does a `set` that another overwrites before anyone can look.
 *
 * Who can look: whatever may leave the block (memory accesses fault, `trap_if` traps) needs the state at the start of
 * its guest instruction; floating-point and input operations run host code that may be given the state. So every
 * operation that is not pure ends the chance to drop earlier sets. The terminator sees all final values.
 *
 * A host that keeps slots out of the vCPU block within a block, and whose faults end the guest, says so with
 * `observers: 'exits'`: then only `trap_if` looks, and operations with a speculative form, which leave where it fails.
 */
import { defined } from '../../common/assert.ts';
import type { Block, Inst } from '../block.ts';
import { BlockRewriter } from './rewrite.ts';

export type Observers = 'effects' | 'exits';

export function forwardSlots(block: Block, observers: Observers = 'effects'): Block {
  const overwritten = overwrittenSets(block, observers);
  const rewriter = new BlockRewriter(block);
  /** By slot offset: the value that a get would give, and the value that is really stored (a dropped set is not). */
  const held = new Map<number, Inst>();
  const stored = new Map<number, Inst>();
  for (const inst of block.instructions) {
    switch (inst.kind) {
      case 'get': {
        const value = held.get(inst.lo);
        if (value === undefined) {
          const first = rewriter.keep(inst);
          held.set(inst.lo, first);
          stored.set(inst.lo, first);
        } else {
          rewriter.replace(inst, value);
        }
        break;
      }
      case 'set': {
        const value = rewriter.mapped(defined(inst.a, 'set has a value'));
        held.set(inst.lo, value);
        if (overwritten.has(inst) || stored.get(inst.lo) === value) break;
        rewriter.keep(inst);
        stored.set(inst.lo, value);
        break;
      }
      case 'const':
      case 'instruction':
      case 'trap_if':
      case 'op':
        rewriter.keep(inst);
        break;
    }
  }
  return rewriter.finish();
}

/** Sets whose value no observer sees, found from the end backwards. */
function overwrittenSets({ instructions }: Block, observers: Observers): Set<Inst> {
  const overwritten = new Set<Inst>();
  /** Slots that are set again before the next observer. */
  const setLater = new Set<number>();
  for (let index = instructions.length - 1; index >= 0; index--) {
    const inst = defined(instructions[index], 'index in range');
    if (inst.kind === 'set') {
      if (setLater.has(inst.lo)) overwritten.add(inst);
      setLater.add(inst.lo);
    } else if (
      inst.kind === 'trap_if' ||
      inst.op?.speculative !== undefined ||
      (observers === 'effects' && inst.kind === 'op' && inst.op?.effect !== 'pure')
    ) {
      setLater.clear();
    }
  }
  return overwritten;
}
