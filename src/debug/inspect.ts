/**
 * What becomes of guest code: disassembly, IR and micro-ops side by side, a guest instruction a row. Reads an ELF
 * file as it lies; nothing is run.
 */
import type { CodeSource, Guest } from '../guest/guest.ts';
import { microOpSet } from '../host/interpreter/instance.ts';
import { Lowering, originOf } from '../host/interpreter/lower.ts';
import { MICRO_OP_SIZE } from '../host/interpreter/micro-ops.ts';
import type { Block } from '../ir/block.ts';
import { printBlock } from '../ir/print.ts';
import { microOpText } from './micro-op-text.ts';
import { hex, openProgram } from './program-file.ts';

export interface InspectOptions {
  /** A symbol's name or an address (decimal, or hexadecimal after 0x). Default: the entry point. */
  readonly at?: string | undefined;
  /** Blocks to show, one after the other in memory. */
  readonly blocks: number;
}

/** Longest block, as the engine translates them. */
const MAX_BLOCK = 64;
/** Words that the micro-ops of one block may take. */
const ROOM = 1 << 16;
/** The first micro-op's offset; not 0, which stands for none. */
const BASE = MICRO_OP_SIZE;

/** The text for `blocks` blocks of `file` from `at` on. */
export function inspect(file: Uint8Array, path: string, guest: Guest, options: InspectOptions): string {
  const { code, start, nameOf } = openProgram(file, path, guest, options.at);
  let pc = start;
  const texts: string[] = [];
  for (let count = 0; count < options.blocks && code.readU16(pc) >= 0; count++) {
    const block = guest.liftBlock(code, pc, 0, MAX_BLOCK);
    texts.push(blockText(block, guest, code, nameOf(pc)));
    if (block.endPc <= pc) break;
    pc = block.endPc;
  }
  return texts.join('\n');
}

/** One guest instruction and what becomes of it. */
interface Row {
  readonly pc: number;
  readonly guest: string;
  readonly ir: string[];
  readonly microOps: string[];
}

function blockText(block: Block, guest: Guest, code: CodeSource, name: string): string {
  const rows = rowsOf(block, guest, code);
  addMicroOps(block, rows);
  const widthOf = (texts: readonly string[]): number => Math.max(...texts.map((text) => text.length));
  const guestWidth = widthOf(rows.map((row) => row.guest));
  const irWidth = widthOf(rows.flatMap((row) => row.ir));
  const lines = rows.flatMap(({ guest: text, ir, microOps }) =>
    Array.from({ length: Math.max(1, ir.length, microOps.length) }, (_, index) =>
      [(index === 0 ? text : '').padEnd(guestWidth), (ir[index] ?? '').padEnd(irWidth), microOps[index] ?? '']
        .join(' | ')
        .trimEnd(),
    ),
  );
  const count = block.guestInstructions;
  return `${name}: ${String(count)} instruction${count === 1 ? '' : 's'}\n${lines.join('\n')}\n`;
}

/** The printed block, cut at its instruction marks. */
function rowsOf(block: Block, guest: Guest, code: CodeSource): Row[] {
  const rows: Row[] = [];
  for (const line of printBlock(block).split('\n').slice(1)) {
    const mark = /^ {2}at (0x[0-9a-f]+) length \d+$/.exec(line);
    if (mark !== null) {
      const pc = Number(mark[1]);
      const text = guest.disassemble(code, pc)?.text ?? '?';
      rows.push({ pc, guest: `${hex(pc)}  ${text}`, ir: [], microOps: [] });
    } else if (line.trim() !== '') {
      // A block without instructions: what lies there cannot be fetched.
      if (rows.length === 0) rows.push({ pc: block.pc, guest: hex(block.pc), ir: [], microOps: [] });
      rows.at(-1)?.ir.push(line.trim());
    }
  }
  return rows;
}

function addMicroOps(block: Block, rows: readonly Row[]): void {
  const set = microOpSet();
  const lowering = new Lowering(set);
  const words = new Int32Array(ROOM);
  const count = lowering.lower(block, words, BASE);
  const origins = new Uint16Array(count);
  lowering.copyOrigins(origins, 0);
  for (let index = 0; index < count; index++) {
    const pc = block.pc + originOf(origins[index] ?? 0).offset;
    const text = microOpText(set, block.layout, words, (BASE + index * MICRO_OP_SIZE) / 4, BASE);
    (rows.find((row) => row.pc === pc) ?? rows.at(-1))?.microOps.push(`#${String(index)} ${text}`);
  }
}
