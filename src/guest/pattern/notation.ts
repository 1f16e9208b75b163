/**
 * The notation of decode-table rows for instruction sets of fixed-width words, read as the manuals print them: tokens
 * separated by blanks, the most significant bit first.
 *
 *   0110011        fixed bits; `.` is a bit that decoding ignores
 *   rd             a field of the width that the table declares for it
 *   imm[12|10:5]   bits 12 and 10..5 of a field, in this order; other tokens of the row may hold the rest. Bits that
 *                  no token holds are 0, the highest bit that a token holds is the sign of a signed field
 *   rd≠0, rd≠{0,2} a field that the row matches only with other values than these
 *   rs1/rd         one field that is both; lifters see it under the last name
 *   rd'            a field with a declaration of its own; lifters see it under the name without the prime
 */
import { assert, defined, unreachable } from '../../common/assert.ts';

type Tokens<Row extends string> = Row extends `${infer Head} ${infer Tail}` ? Head | Tokens<Tail> : Row;
type Before<Text extends string, Mark extends string> = Text extends `${infer Head}${Mark}${string}` ? Head : Text;
type Property<Token extends string> = Token extends `${'0' | '1' | '.'}${string}`
  ? never
  : Token extends `${string}/${infer Last}`
    ? Property<Last>
    : Before<Before<Before<Token, '['>, '≠'>, "'">;

/** Names under which the lifter of a row sees the row's fields; extraction only, validation happens at load. */
export type FieldNames<Row extends string> = Property<Tokens<Row>>;

/** The fields of a row as its lifter gets them: plain integers, sign-extended where the field is signed. */
export type Fields<Row extends string> = Readonly<Record<FieldNames<Row>, number>>;

/** One lift function for every row of a table; a row without one does not compile. */
export type Lifters<Rows extends Readonly<Record<string, string>>, Context> = {
  readonly [Name in keyof Rows]: (context: Context, fields: Fields<Rows[Name]>) => void;
};

/** What rows demand of their fields beyond what the notation can say: other encodings are not theirs. */
export type Conditions<Rows extends Readonly<Record<string, string>>> = {
  readonly [Name in keyof Rows]?: (fields: Fields<Rows[Name]>) => boolean;
};

/** What a table says once about a field that its rows name. */
export interface FieldDeclaration {
  /** Bits of the field where a row names it without a bit list. */
  readonly width?: number;
  /** Sign-extended from the highest bit that the row holds. */
  readonly signed?: boolean;
  /** Values that no row with this field matches (the manual's "nz" immediates). */
  readonly exclude?: readonly number[];
  /** Added to the encoded value: the short register fields of compressed encodings count from a base. */
  readonly bias?: number;
}

export type FieldDeclarations = Readonly<Record<string, FieldDeclaration>>;

/** Bits `shift .. shift+width-1` of the instruction word are bits `to ..` of a field's value. */
export interface Piece {
  readonly shift: number;
  readonly width: number;
  readonly to: number;
}

export interface ParsedField {
  /** As declared, primes included. */
  readonly name: string;
  /** As lifters see it. */
  readonly property: string;
  readonly pieces: Piece[];
  readonly exclude: number[];
}

export interface ParsedRow {
  /** Bits that the row fixes, and their values; both as signed 32-bit integers. */
  readonly mask: number;
  readonly value: number;
  readonly fields: readonly ParsedField[];
}

const FIELD_TOKEN = /^(?:[A-Za-z]\w*'?\/)?([A-Za-z]\w*)('?)(?:\[([\d:|]+)\])?(?:≠(\d+|\{\d+(?:,\d+)*\}))?$/;
const FIXED_TOKEN = /^[01.]+$/;

/** A token by itself, before its place in a row is known. `name` is null for fixed bits. */
interface Token {
  readonly width: number;
  readonly mask: number;
  readonly value: number;
  readonly name: string | null;
  readonly property: string;
  readonly ranges: readonly BitRange[];
  readonly exclude: readonly number[];
}

interface BitRange {
  readonly high: number;
  readonly low: number;
}

function fixedToken(text: string): Token {
  const mask = parseInt(text.replaceAll('0', '1').replaceAll('.', '0'), 2);
  const value = parseInt(text.replaceAll('.', '0'), 2);
  return { width: text.length, mask, value, name: null, property: '', ranges: [], exclude: [] };
}

/** The bit ranges of a bit list, in the order of the text. */
function bitRanges(list: string): BitRange[] {
  return list.split('|').map((part) => {
    const [high = NaN, low = high] = part.split(':').map(Number);
    assert(high >= low && high < 32, `bit range ${part} must run from high to low within 32 bits`);
    return { high, low };
  });
}

function fieldToken(text: string, declarations: FieldDeclarations): Token {
  const match = defined(FIELD_TOKEN.exec(text), `token "${text}" is neither bits nor a field`);
  const [, property = '', prime = '', list, excluded] = match;
  const name = property + prime;
  const declaration = defined(declarations[name], `unknown field ${name}`);
  const ranges =
    list === undefined
      ? [{ high: defined(declaration.width, `field ${name} needs a bit list or a width`) - 1, low: 0 }]
      : bitRanges(list);
  return {
    width: ranges.reduce((sum, { high, low }) => sum + high - low + 1, 0),
    mask: 0,
    value: 0,
    name,
    property,
    ranges,
    exclude: [
      ...(declaration.exclude ?? []),
      ...(excluded === undefined ? [] : excluded.replace(/[{}]/g, '').split(',').map(Number)),
    ],
  };
}

/** Adds the pieces of a field's token, whose last bit is bit `lowest` of the word. */
function addPieces(fields: ParsedField[], { name, property, ranges, exclude }: Token, lowest: number): void {
  if (name === null) return;
  let field = fields.find((candidate) => candidate.property === property);
  if (field === undefined) {
    field = { name, property, pieces: [], exclude: [...exclude] };
    fields.push(field);
  } else {
    if (field.name !== name) unreachable(`two fields share the name ${property}`);
    for (const value of exclude) if (!field.exclude.includes(value)) field.exclude.push(value);
  }
  let shift = lowest;
  // Ranges are listed from the high end of the token.
  for (let i = ranges.length - 1; i >= 0; i--) {
    const { high, low } = defined(ranges[i], 'index within the ranges');
    const width = high - low + 1;
    if (field.pieces.some((other) => high >= other.to && low < other.to + other.width))
      unreachable(`bits of ${name} occur twice`);
    field.pieces.push({ shift, width, to: low });
    shift += width;
  }
}

/** Reads rows of one table. Few tokens differ, so each is read once. */
export class RowParser {
  readonly #width: 16 | 32;
  readonly #declarations: FieldDeclarations;
  readonly #tokens = new Map<string, Token>();

  constructor(width: 16 | 32, declarations: FieldDeclarations) {
    this.#width = width;
    this.#declarations = declarations;
  }

  /** A malformed row is a bug of the table, hence an assertion. */
  parse(text: string): ParsedRow {
    const fields: ParsedField[] = [];
    let mask = 0;
    let value = 0;
    let position = this.#width;
    for (const word of text.split(' ')) {
      const token = this.#token(word);
      position -= token.width;
      if (position < 0) break;
      mask |= token.mask << position;
      value |= token.value << position;
      addPieces(fields, token, position);
    }
    if (position !== 0) unreachable(`"${text}" does not hold ${String(this.#width)} bits`);
    return { mask, value, fields };
  }

  /** What the table says about a field that a parsed row holds. */
  declaration(name: string): FieldDeclaration {
    return defined(this.#declarations[name], `unknown field ${name}`);
  }

  #token(text: string): Token {
    let token = this.#tokens.get(text);
    if (token === undefined) {
      token = FIXED_TOKEN.test(text) ? fixedToken(text) : fieldToken(text, this.#declarations);
      this.#tokens.set(text, token);
    }
    return token;
  }
}
