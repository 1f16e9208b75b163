/**
 * Removes values that nothing uses. Only what is pure goes: an unused load may still fault, an unused floating-point
 * operation still raises flags, an unused input is still an event of a recording.
 */
import { defined } from '../../common/assert.ts';
import type { Block, Inst } from '../block.ts';
import { BlockRewriter } from './rewrite.ts';

export function removeDeadValues(block: Block): Block {
  if (markLive(block) === block.instructions.length) return block;
  const rewriter = new BlockRewriter(block);
  for (const inst of block.instructions) if (inst.note === LIVE) rewriter.keep(inst);
  return rewriter.finish();
}

const [DEAD, LIVE] = [-2, -1];

/** Notes of each instruction whether it is live; returns how many are. */
function markLive({ instructions, terminator }: Block): number {
  for (const inst of instructions) inst.note = DEAD;
  if (terminator.kind === 'branch') terminator.condition.note = LIVE;
  else if (terminator.kind === 'indirect') terminator.target.note = LIVE;
  let live = 0;
  for (let index = instructions.length - 1; index >= 0; index--) {
    const inst = defined(instructions[index], 'index in range');
    if (inst.note === DEAD && isRemovable(inst)) continue;
    live++;
    inst.note = LIVE;
    if (inst.a !== null) inst.a.note = LIVE;
    if (inst.b !== null) inst.b.note = LIVE;
    if (inst.c !== null) inst.c.note = LIVE;
  }
  return live;
}

function isRemovable(inst: Inst): boolean {
  switch (inst.kind) {
    case 'const':
    case 'get':
      return true;
    case 'op':
      return inst.op?.effect === 'pure';
    case 'set':
    case 'instruction':
    case 'trap_if':
      return false;
  }
}
