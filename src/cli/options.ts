/** Options of a command: read from its arguments, and listed in its help, from one table. */

/** By long name: the placeholder of its value (empty for a flag, `[=...]` where it may be left out) and what it does. */
export type OptionTable = Readonly<Record<string, readonly [value: string, summary: string]>>;

/** What is wrong with the arguments, in words. */
export class UsageError extends Error {}

export interface ParsedOptions<Table extends OptionTable> {
  /** The values given, in order; empty text for a flag. */
  readonly values: ReadonlyMap<keyof Table & string, readonly string[]>;
  /** What is no option. */
  readonly operands: readonly string[];
  /** `-h` or `--help` was among them. */
  readonly help: boolean;
}

/**
 * Reads options up to `--`, or with `toFirstOperand` up to the first argument that is none. Values follow as
 * `--name value` or `--name=value`.
 */
export function parseOptions<Table extends OptionTable>(
  table: Table,
  args: readonly string[],
  { toFirstOperand }: { readonly toFirstOperand: boolean },
): ParsedOptions<Table> {
  const values = new Map<string, string[]>();
  const operands: string[] = [];
  let at = 0;
  while (at < args.length) {
    const arg = args[at++] ?? '';
    if (arg === '--') break;
    if (arg === '-h' || arg === '--help') return { values, operands, help: true };
    if (!arg.startsWith('-') || arg === '-') {
      operands.push(arg);
      if (toFirstOperand) break;
      continue;
    }
    const [, name = '', joined] = /^--([^=]*)(?:=(.*))?$/s.exec(arg) ?? [];
    const row = Object.hasOwn(table, name) ? table[name] : undefined;
    if (row === undefined) throw new UsageError(`unknown option '${arg}'`);
    const value = valueOf(`--${name}`, row[0], joined, () => args[at++]);
    values.set(name, [...(values.get(name) ?? []), value]);
  }
  return { values, operands: [...operands, ...args.slice(at)], help: false };
}

function valueOf(
  name: string,
  placeholder: string,
  joined: string | undefined,
  next: () => string | undefined,
): string {
  if (placeholder === '') {
    if (joined !== undefined) throw new UsageError(`option '${name}' takes no argument`);
    return '';
  }
  if (placeholder.startsWith('[')) return joined ?? '';
  const value = joined ?? next();
  if (value === undefined) throw new UsageError(`option '${name} ${placeholder}' argument missing`);
  return value;
}

const WIDTH = 80;

/** Lines of a two-column list, `rows` of term and explanation, the second column wrapped. */
export function columns(rows: readonly (readonly [term: string, text: string])[]): string {
  const indent = Math.max(...rows.map(([term]) => term.length)) + 4;
  return rows.map(([term, text]) => `  ${term}`.padEnd(indent) + wrap(text, indent)).join('\n');
}

/** `text` broken at spaces to end at WIDTH; all lines but the first are indented. */
export function wrap(text: string, indent: number): string {
  const lines: string[] = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? '';
    if (line !== '' && indent + line.length + 1 + word.length > WIDTH) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines.join(`\n${' '.repeat(indent)}`);
}

/** The help's list of a table's options. */
export function describeOptions(table: OptionTable): string {
  const rows = Object.entries(table).map(
    ([name, [value, summary]]) => [`--${name}${value.startsWith('[') ? value : ` ${value}`}`.trim(), summary] as const,
  );
  return columns([...rows, ['-h, --help', 'print this help']]);
}
