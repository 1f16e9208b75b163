/** Disassembles from the rows that decoding uses. Instructions come out by their own name, not by an alias. */
import { unreachable } from '../../common/assert.ts';
import type { CodeSource, Disassembly } from '../guest.ts';
import { LENGTH } from './lifters/context.ts';
import { fetch } from './lift.ts';
import { operands, syntax } from './syntax/syntax.ts';
import type { Values } from './syntax/operands.ts';
import { table } from './tables.ts';

/** A word in angle brackets; its own may nest once, as in `<R<t>>`. */
const WORD = /<((?:[^<>]|<\w+>)+)>/g;

function format(template: string, values: Values, pc: number): string {
  const text = template.replace(WORD, (_, word: string) => {
    const operand = operands[word] ?? unreachable(`operand ${word} has no format`);
    return operand(values, pc);
  });
  return text.trimEnd();
}

/** The text of `encoding`; one that is no instruction comes out as the directive that assembles to it. */
export function disassembleEncoding(encoding: number, pc: number): string {
  const row = table.decode(encoding);
  if (row === null) return `.inst 0x${encoding.toString(16).padStart(8, '0')}`;
  return format(syntax[row.name], row.extract(encoding), pc);
}

/** See `Guest.disassemble`. */
export function disassemble(source: CodeSource, pc: number): Disassembly | null {
  const encoding = fetch(source, pc);
  return encoding < 0 ? null : { text: disassembleEncoding(encoding, pc), length: LENGTH };
}
