/** Lifts blocks: fetch, decode, and the lift function of each row, until one ends the block. */
import { TRAP, type Block } from '../../ir/block.ts';
import type { CodeSource } from '../guest.ts';
import { RowMap, type FieldView } from '../pattern/table.ts';
import { fetch, type Fetched } from './fetch.ts';
import { aLifters } from './lifters/a.ts';
import { zbaLifters, zbbLifters, zbsLifters } from './lifters/b.ts';
import { cLifters } from './lifters/c.ts';
import { LiftContext } from './lifters/context.ts';
import { dLifters } from './lifters/d.ts';
import { fLifters } from './lifters/f.ts';
import { iLifters, zifenceiLifters } from './lifters/i.ts';
import { mLifters } from './lifters/m.ts';
import { zicsrLifters } from './lifters/zicsr.ts';
import { compressedTable, wordTable, type WordName } from './tables.ts';

/** A lift function as the dispatcher calls it. `Lifters` has checked each against the fields of its own row. */
type AnyLifter = (context: LiftContext, fields: FieldView) => void;

const wordLifters = {
  ...iLifters,
  ...zifenceiLifters,
  ...zicsrLifters,
  ...mLifters,
  ...aLifters,
  ...fLifters,
  ...dLifters,
  ...zbaLifters,
  ...zbbLifters,
  ...zbsLifters,
} satisfies Record<WordName, unknown>;

const wordByIndex = new RowMap(wordTable, (row) => wordLifters[row.name] as AnyLifter);
const compressedByIndex = new RowMap(compressedTable, (row) => cLifters[row.name] as AnyLifter);

/** Lifts the fetched instruction at `c.next`. Encodings of no row are illegal instructions. */
function liftInstruction(c: LiftContext, { encoding, length }: Fetched): void {
  c.begin(encoding, length);
  const row = (length === 2 ? compressedTable : wordTable).decode(encoding);
  const lifter = row === null ? undefined : (length === 2 ? compressedByIndex : wordByIndex).get(row.index);
  if (row === null || lifter === undefined) c.illegal();
  else lifter(c, row.view(encoding));
}

/** See `Guest.liftBlock`. */
export function liftBlock(source: CodeSource, pc: number, mode: number, maxInstructions: number): Block {
  const c = new LiftContext(pc, mode);
  const { builder } = c;
  do {
    const fetched = fetch(source, c.next);
    if (fetched !== null) liftInstruction(c, fetched);
    else if (builder.guestInstructions > 0) builder.jump(c.next);
    // The fault belongs to the part that is not there: of an instruction across two pages, its second half.
    else builder.trap(TRAP.FETCH_FAULT, pc, source.readU16(pc) < 0 ? 0 : 2);
  } while (!builder.terminated && builder.guestInstructions < maxInstructions);
  if (!builder.terminated) builder.jump(c.next);
  return builder.finish();
}
