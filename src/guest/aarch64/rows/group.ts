/** Rows that differ in a few opcode bits only, as the manual's encoding tables list them. */
import { defined } from '../../../common/assert.ts';
import type { Fields } from '../../pattern/notation.ts';

export interface Group<Name extends string, Text extends string> {
  readonly rows: Readonly<Record<Name, Text>>;
  /** Mnemonic (the name up to a parenthesis) and operands; see `syntax/operands.ts`. */
  readonly syntax: Readonly<Record<Name, string>>;
  readonly conditions: Readonly<Record<Name, (fields: Fields<Text>) => boolean>>;
}

/**
 * The runs of dots in `text` are opcode bits, which `opcodes` gives for each row in the same order. `operands` follows
 * the mnemonic, `<2>` before a blank being part of it; they may depend on the name. Encodings that fail `condition` are unallocated.
 */
export function group<Name extends string, const Text extends string>(
  text: Text,
  opcodes: Readonly<Record<Name, string>>,
  operands: string | ((name: string) => string),
  condition: (fields: Fields<Text>) => boolean = () => true,
): Group<Name, Text> {
  const names = Object.keys(opcodes) as Name[];
  const fill = (name: Name): string => {
    const bits = opcodes[name].split(' ');
    return text.replace(/(?<![^ ])\.+(?![^ ])/g, () => defined(bits.shift(), `${name} has too few opcode fields`));
  };
  const each = <T>(value: (name: Name) => T): Record<Name, T> =>
    Object.fromEntries(names.map((name) => [name, value(name)])) as Record<Name, T>;
  return {
    rows: each((name) => fill(name) as Text),
    syntax: each((name) => {
      const text = typeof operands === 'string' ? operands : operands(name);
      return `${name.replace(/ \(.*/, '')}${text}`.trimEnd();
    }),
    conditions: each(() => condition),
  };
}
