/**
 * Removes values that nothing uses. Only what is pure goes: an unused load may still fault, an unused floating-point
 * operation still raises flags, an unused input is still an event of a recording.
 */
import type { Block, Inst } from '../block.ts';
import { BlockRewriter } from './rewrite.ts';

export function removeDeadValues(block: Block): Block {
  const live = liveInstructions(block);
  const rewriter = new BlockRewriter(block);
  for (const inst of block.instructions) if (live.has(inst)) rewriter.keep(inst);
  return rewriter.finish();
}

function liveInstructions({ instructions, terminator }: Block): Set<Inst> {
  const live = new Set<Inst>();
  if (terminator.kind === 'branch') live.add(terminator.condition);
  else if (terminator.kind === 'indirect') live.add(terminator.target);
  for (const inst of [...instructions].reverse()) {
    if (!live.has(inst) && isRemovable(inst)) continue;
    live.add(inst);
    for (const operand of [inst.a, inst.b, inst.c]) if (operand !== null) live.add(operand);
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
