/** Fields of decode-table rows: taking them out of an instruction word and putting them in. */
import type { FieldDeclaration, ParsedField, Piece } from './notation.ts';

/** A field of one row: where its bits are, and which values it takes. */
export interface Field {
  /** As declared in the table, primes included. */
  readonly name: string;
  /** As lifters see it. */
  readonly property: string;
  readonly pieces: readonly Piece[];
  /** Values run from `min` to `max` in steps of `step`, without those in `exclude`. */
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly exclude: readonly number[];
  /** The bits of the instruction word that hold the field, as a signed 32-bit mask. */
  readonly mask: number;
  extract(word: number): number;
  /** The word bits for `value`; a value that the field cannot hold is a RangeError. */
  insert(value: number): number;
}

const ones = (width: number): number => -1 >>> (32 - width);

type Extract = (word: number) => number;

/** The general case of `extractor`: any number of pieces. */
function scattered(pieces: readonly Piece[], signed: boolean, top: number, bias: number): Extract {
  const unused = 31 - top;
  return (word) => {
    let value = 0;
    for (const piece of pieces) value |= ((word >>> piece.shift) & ones(piece.width)) << piece.to;
    if (signed) return ((value << unused) >> unused) + bias;
    return (value >>> 0) + bias;
  };
}

/** A function that takes the field out of a word; the usual one-piece fields get a straight expression. */
function extractor(pieces: readonly Piece[], signed: boolean, top: number, bias: number): Extract {
  const [piece] = pieces;
  if (piece === undefined || pieces.length !== 1 || bias !== 0) return scattered(pieces, signed, top, bias);
  const { shift, width, to } = piece;
  if (signed) {
    const left = 32 - shift - width;
    const right = 32 - width;
    return (word) => ((word << left) >> right) << to;
  }
  const mask = ones(width);
  return to === 0 ? (word) => (word >>> shift) & mask : (word) => (((word >>> shift) & mask) << to) >>> 0;
}

/** The values that a field's bits can spell, before exclusions. */
function valueRange(
  pieces: readonly Piece[],
  declaration: FieldDeclaration,
): { top: number; min: number; max: number; step: number } {
  const top = Math.max(...pieces.map((piece) => piece.to + piece.width)) - 1;
  const step = 2 ** Math.min(...pieces.map((piece) => piece.to));
  const bias = declaration.bias ?? 0;
  const held = pieces.reduce((sum, piece) => sum + ones(piece.width) * 2 ** piece.to, 0);
  if (declaration.signed !== true) return { top, min: bias, max: bias + held, step };
  return { top, min: bias - 2 ** top, max: bias + held - 2 ** top, step };
}

/** Compiles a parsed field; `where` names its row in messages. */
export function compileField(where: string, parsed: ParsedField, declaration: FieldDeclaration): Field {
  const { name, property, pieces, exclude } = parsed;
  const { top, min, max, step } = valueRange(pieces, declaration);
  const bias = declaration.bias ?? 0;
  const extract = extractor(pieces, declaration.signed === true, top, bias);
  const mask = pieces.reduce((bits, piece) => bits | (ones(piece.width) << piece.shift), 0);
  const insert = (value: number): number => {
    let word = 0;
    for (const piece of pieces) word |= (((value - bias) >>> piece.to) & ones(piece.width)) << piece.shift;
    // Reading it back catches what range and step alone do not: bits between the pieces that no piece holds.
    if (extract(word) !== value || exclude.includes(value))
      throw new RangeError(`${where}: field ${property} cannot hold ${String(value)}`);
    return word;
  };
  return { name, property, pieces, min, max, step, exclude, mask, extract, insert };
}
