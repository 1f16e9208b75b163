/** Which memory operands must be aligned. */
import { TRAP } from '../../../ir/block.ts';
import type { Operand } from '../operands.ts';
import type { LiftContext } from './context.ts';

/**
 * Legacy instructions whose 128-bit memory operand may have any address (SDM vol. 1, 15.7 and table 15-6). Processors
 * differ over those of SHA.
 */
const UNALIGNED = new Set(
  [
    'movups movupd movdqu lddqu pcmpestrm pcmpestri pcmpistrm pcmpistri',
    'sha1nexte sha1msg1 sha1msg2 sha1rnds4 sha256msg1 sha256msg2 sha256rnds2',
  ].flatMap((names) => names.split(' ')),
);
/** VEX forms whose memory operand must be aligned. */
const ALIGNED = new Set('vmovaps vmovapd vmovdqa vmovntps vmovntpd vmovntdq vmovntdqa'.split(' '));

/** Traps where a memory operand that must be aligned is not: a general protection fault. */
export function checkAlignment(c: LiftContext, operand: Operand): void {
  const name = c.i.row?.name ?? '';
  const isChecked = c.i.isVex ? ALIGNED.has(name) : operand.bits === 128 && !UNALIGNED.has(name);
  if (operand.kind !== 'memory' || !isChecked) return;
  const low = c.op('i64.and', c.address(), c.i64(operand.bits / 8 - 1));
  c.trapIf(c.op('i32.wrap_i64', low), TRAP.PROTECTION);
}
