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
import { assert, defined } from '../../common/assert.ts';

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

/** Bit ranges `[high, low]` of a bit list, in the order of the text. */
function bitRanges(list: string, where: string): [number, number][] {
  return list.split('|').map((part) => {
    const [high = NaN, low = high] = part.split(':').map(Number);
    assert(high >= low && high < 32, `${where}: bit range ${part} must run from high to low within 32 bits`);
    return [high, low];
  });
}

/** Collects tokens from the most significant bit down. */
class RowParser {
  mask = 0;
  value = 0;
  readonly fields = new Map<string, ParsedField>();
  readonly #where: string;
  readonly #declarations: FieldDeclarations;
  #position: number;

  constructor(where: string, width: number, declarations: FieldDeclarations) {
    this.#where = where;
    this.#position = width;
    this.#declarations = declarations;
  }

  get bitsLeft(): number {
    return this.#position;
  }

  token(token: string): void {
    if (FIXED_TOKEN.test(token)) this.#fixed(token);
    else this.#field(token);
  }

  #take(count: number): number {
    this.#position -= count;
    return this.#position;
  }

  #fixed(bits: string): void {
    for (const bit of bits) {
      const shift = this.#take(1);
      if (bit === '.' || shift < 0) continue;
      this.mask |= 1 << shift;
      if (bit === '1') this.value |= 1 << shift;
    }
  }

  #field(token: string): void {
    const match = defined(FIELD_TOKEN.exec(token), `${this.#where}: token "${token}" is neither bits nor a field`);
    const [, base = '', prime = '', list, excluded] = match;
    const name = base + prime;
    const declaration = defined(this.#declarations[name], `${this.#where}: unknown field ${name}`);
    const field = this.fields.get(name) ?? {
      name,
      property: base,
      pieces: [],
      exclude: [...(declaration.exclude ?? [])],
    };
    this.fields.set(name, field);
    if (excluded !== undefined) field.exclude.push(...excluded.replace(/[{}]/g, '').split(',').map(Number));
    const ranges: [number, number][] =
      list === undefined
        ? [[defined(declaration.width, `${this.#where}: field ${name} needs a bit list or a width`) - 1, 0]]
        : bitRanges(list, this.#where);
    for (const [high, low] of ranges) this.#piece(field, high, low);
  }

  #piece(field: ParsedField, high: number, low: number): void {
    for (const other of field.pieces)
      assert(high < other.to || low >= other.to + other.width, `${this.#where}: bits of ${field.name} occur twice`);
    const width = high - low + 1;
    field.pieces.push({ shift: this.#take(width), width, to: low });
  }
}

/** Reads one row. `where` names it in messages. A malformed row is a bug of the table, hence an assertion. */
export function parseRow(where: string, text: string, width: 16 | 32, declarations: FieldDeclarations): ParsedRow {
  const parser = new RowParser(where, width, declarations);
  for (const token of text.split(' ')) parser.token(token);
  assert(
    parser.bitsLeft === 0,
    `${where}: "${text}" holds ${String(width - parser.bitsLeft)} bits, not ${String(width)}`,
  );
  const fields = [...parser.fields.values()];
  const properties = new Set(fields.map((field) => field.property));
  assert(properties.size === fields.length, `${where}: two fields of "${text}" share a name`);
  return { mask: parser.mask, value: parser.value, fields };
}
