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
  readonly extract: (word: number) => number;
  /** The word bits for `value`, or null where the field cannot hold it. */
  insert(value: number): number | null;
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

/** Compiles a parsed field. Plain loops: some hundred fields are compiled at start-up, by code that is still cold. */
export function compileField(parsed: ParsedField, declaration: FieldDeclaration): Field {
  const { name, property, pieces, exclude } = parsed;
  const bias = declaration.bias ?? 0;
  const signed = declaration.signed === true;
  let top = 0;
  let lowest = 31;
  let held = 0;
  let mask = 0;
  for (const { shift, width, to } of pieces) {
    top = Math.max(top, to + width - 1);
    lowest = Math.min(lowest, to);
    held += ones(width) * 2 ** to;
    mask |= ones(width) << shift;
  }
  const min = signed ? bias - 2 ** top : bias;
  const extract = extractor(pieces, signed, top, bias);
  const insert = (value: number): number | null => {
    let word = 0;
    for (const piece of pieces) word |= (((value - bias) >>> piece.to) & ones(piece.width)) << piece.shift;
    // Reading it back catches what range and step alone do not: bits between the pieces that no piece holds.
    return extract(word) === value && !exclude.includes(value) ? word : null;
  };
  return { name, property, pieces, min, max: min + held, step: 2 ** lowest, exclude, mask, extract, insert };
}
