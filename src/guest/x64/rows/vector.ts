/** Shapes that the rows of vector instructions share. */

export type MandatoryPrefix = 'NP' | '66' | 'F3' | 'F2';

const hex = (byte: number): string => byte.toString(16).toUpperCase().padStart(2, '0');

type Rows<Name extends string> = Record<Name, Readonly<Record<string, string>>>;

/** Opcodes by mnemonic, of one opcode map. */
export type Opcodes<Name extends string> = Readonly<Record<Name, number>>;

/** Rows that differ in mnemonic and opcode alone. */
export function legacy<Name extends string>(
  prefix: MandatoryPrefix,
  map: '0F' | '0F 38' | '0F 3A',
  opcodes: Opcodes<Name>,
  operands: string,
  tail = '/r',
): Rows<Name> {
  const rows = Object.entries<number>(opcodes).map(([name, opcode]) => [
    name,
    { [`${prefix} ${map} ${hex(opcode)} ${tail}`]: operands },
  ]);
  return Object.fromEntries(rows) as Rows<Name>;
}

/** The same under a VEX prefix, the mnemonics with `v` before them. `more` holds W and L where they count. */
export function vex<Name extends string>(
  prefix: MandatoryPrefix,
  map: '0F' | '0F38' | '0F3A',
  opcodes: Opcodes<Name>,
  operands: string,
  tail = '/r',
  more = '',
): Rows<`v${Name}`> {
  const rows = Object.entries<number>(opcodes).map(([name, opcode]) => [
    `v${name}`,
    { [`VEX.${prefix}.${map}${more} ${hex(opcode)} ${tail}`]: operands },
  ]);
  return Object.fromEntries(rows) as Rows<`v${Name}`>;
}

/** Rows of the same mnemonics under other encodings, in one record. */
export function joined<Name extends string>(...parts: readonly Rows<Name>[]): Rows<Name> {
  const all: Record<string, Record<string, string>> = {};
  for (const part of parts)
    for (const [name, rows] of Object.entries<Readonly<Record<string, string>>>(part))
      all[name] = { ...all[name], ...rows };
  return all as Rows<Name>;
}
