/** Lifts blocks: fetch, decode, and the lift function of each row, until one ends the block. */
import { TRAP, type Block } from '../../ir/block.ts';
import type { CodeSource } from '../guest.ts';
import { RowMap, type FieldView } from '../pattern/table.ts';
import { atomicLifters, exclusiveLifters } from './lifters/atomics.ts';
import { branchLifters } from './lifters/branches.ts';
import { LiftContext } from './lifters/context.ts';
import { immediateLifters } from './lifters/data-processing-immediate.ts';
import { registerLifters } from './lifters/data-processing-register.ts';
import { literalLifters, pairLifters, prefetchLifters, singleLifters, vectorLifters } from './lifters/loads-stores.ts';
import { floatLifters } from './lifters/float.ts';
import { simdMemoryLifters } from './lifters/simd-memory.ts';
import { simdMoveLifters } from './lifters/simd-move.ts';
import { simdSameLifters } from './lifters/simd-same.ts';
import { simdUnaryLifters } from './lifters/simd-unary.ts';
import { systemLifters } from './lifters/system.ts';
import { classes, straightClasses, table, type RowName } from './tables.ts';

/** A lift function as the dispatcher calls it. `Lifters` has checked each against the fields of its own row. */
type AnyLifter = (context: LiftContext, fields: FieldView) => void;

const lifters = {
  ...immediateLifters,
  ...registerLifters,
  ...branchLifters,
  ...systemLifters,
  ...singleLifters,
  ...prefetchLifters,
  ...literalLifters,
  ...pairLifters,
  ...vectorLifters,
  ...exclusiveLifters,
  ...atomicLifters,
  ...floatLifters,
  ...simdSameLifters,
  ...simdUnaryLifters,
  ...simdMoveLifters,
  ...simdMemoryLifters,
} satisfies Record<RowName, unknown>;

const byIndex = new RowMap(table, (row) => lifters[row.name] as AnyLifter);

const straight: ReadonlySet<string> = new Set(straightClasses.flatMap((name) => Object.keys(classes[name])));
/** By row: whether flags have to be in their slots before the instruction. */
const needsFlags = new RowMap(table, (row) => !straight.has(row.name));

/** The 32 bits at `pc`, or -1 where they are not executable. */
export function fetch(source: CodeSource, pc: number): number {
  const low = source.readU16(pc);
  const high = low < 0 ? -1 : source.readU16(pc + 2);
  return high < 0 ? -1 : ((high << 16) | low) >>> 0;
}

/** Lifts `encoding` as the instruction at `c.next`. Encodings of no row are undefined. */
function liftInstruction(c: LiftContext, encoding: number): void {
  const row = table.decode(encoding);
  const lifter = row === null ? undefined : byIndex.get(row.index);
  if (row === null || lifter === undefined) {
    c.flags.flush();
    c.begin(encoding);
    c.undefined();
    return;
  }
  if (needsFlags.get(row.index) === true) c.flags.flush();
  c.begin(encoding);
  lifter(c, row.view(encoding));
}

/** See `Guest.liftBlock`. */
export function liftBlock(source: CodeSource, pc: number, mode: number, maxInstructions: number): Block {
  const c = new LiftContext(pc, mode);
  const { builder } = c;
  do {
    // Branches to an address that is no multiple of 4 raise a PC alignment fault, SIGBUS in Linux (D1.4.4).
    const encoding = c.next % 4 === 0 ? fetch(source, c.next) : -1;
    if (encoding >= 0) liftInstruction(c, encoding);
    else if (builder.guestInstructions > 0) break;
    else builder.trap(c.next % 4 === 0 ? TRAP.FETCH_FAULT : TRAP.MISALIGNED_ACCESS, pc);
  } while (!builder.terminated && builder.guestInstructions < maxInstructions);
  if (!builder.terminated) {
    c.flags.flush();
    builder.jump(c.next);
  }
  return builder.finish();
}
