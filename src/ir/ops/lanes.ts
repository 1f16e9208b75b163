/** Vector shapes, and helpers for rows that do the same in every lane. */
import type { Fold, OpRow } from '../op.ts';

export type ShapeName = 'i8x16' | 'i16x8' | 'i32x4' | 'i64x2';

export interface Shape {
  readonly name: ShapeName;
  /** Of a lane. */
  readonly bits: 8 | 16 | 32 | 64;
  readonly count: number;
}

export const shapes: Readonly<Record<ShapeName, Shape>> = {
  i8x16: { name: 'i8x16', bits: 8, count: 16 },
  i16x8: { name: 'i16x8', bits: 16, count: 8 },
  i32x4: { name: 'i32x4', bits: 32, count: 4 },
  i64x2: { name: 'i64x2', bits: 64, count: 2 },
};

/** The shape with lanes half, or twice, as wide. */
export function narrower({ bits }: Shape): Shape {
  return Object.values(shapes).find((shape) => shape.bits * 2 === bits) ?? shapes.i8x16;
}

/** Rows for several shapes, under the shape's name. */
export function rowsFor<S extends ShapeName, Name extends string>(
  names: readonly S[],
  make: (shape: Shape) => Readonly<Record<Name, OpRow>>,
  prefix?: '',
): Record<`${S}.${Name}`, OpRow>;
export function rowsFor<S extends ShapeName, Name extends string, Prefix extends string>(
  names: readonly S[],
  make: (shape: Shape) => Readonly<Record<Name, OpRow>>,
  prefix: Prefix,
): Record<`${Prefix}${S}.${Name}`, OpRow>;
export function rowsFor(
  names: readonly ShapeName[],
  make: (shape: Shape) => Readonly<Record<string, OpRow>>,
  prefix = '',
): Record<string, OpRow> {
  const entries = names.flatMap((shape) =>
    Object.entries(make(shapes[shape])).map(([name, row]): [string, OpRow] => [`${prefix}${shape}.${name}`, row]),
  );
  return Object.fromEntries(entries);
}

/** The lanes of a vector, lowest first, unsigned. */
export function split(vector: bigint, bits: number): bigint[] {
  return Array.from({ length: 128 / bits }, (_, lane) => BigInt.asUintN(bits, vector >> BigInt(bits * lane)));
}

/** The vector of these lanes, each taken modulo its width. Lanes beyond them are 0. */
export function join(lanes: readonly bigint[], bits: number): bigint {
  return lanes.reduce((vector, lane, at) => vector | (BigInt.asUintN(bits, lane) << BigInt(bits * at)), 0n);
}

/** A folder that works lane by lane on unsigned lanes. */
export function lanewise(bits: number, lane: Fold): Fold {
  return (a, b, c) => {
    const [x, y, z] = [split(a, bits), split(b, bits), split(c, bits)];
    return join(
      x.map((value, at) => lane(value, y[at] ?? 0n, z[at] ?? 0n)),
      bits,
    );
  };
}

/** A folder that works lane by lane on signed lanes. */
export function lanewiseSigned(bits: number, lane: Fold): Fold {
  const signed = (value: bigint): bigint => BigInt.asIntN(bits, value);
  return lanewise(bits, (a, b, c) => lane(signed(a), signed(b), signed(c)));
}

/** Pushes a vector with `value` in every lane. */
export function splatConst(bits: number, value: bigint): string {
  const lane = BigInt.asUintN(bits, value);
  let half = 0n;
  for (let at = 0; at < 64; at += bits) half |= lane << BigInt(at);
  const text = String(BigInt.asIntN(64, half));
  return `v128.const ${text} ${text}`;
}

/** Shuffles the bytes of the two vectors on the stack: `lanes` are lane numbers of both, of the given width. */
export function shuffleLanesText(bits: number, lanes: readonly number[]): string {
  const bytes = lanes.flatMap((lane) => Array.from({ length: bits / 8 }, (_, byte) => lane * (bits / 8) + byte));
  return `i8x16.shuffle ${bytes.join(' ')}`;
}

/** Pushes lane `at` of a vector as an i64. */
export function laneText({ name, bits }: Shape, vector: string, at: number, signed: boolean): string {
  if (bits === 64) return `${vector} i64x2.extract_lane ${String(at)}`;
  const sign = signed ? 's' : 'u';
  const extract = bits === 32 ? 'extract_lane' : `extract_lane_${sign}`;
  return `${vector} ${name}.${extract} ${String(at)} i64.extend_i32_${sign}`;
}

/** Builds a vector from i64 lane values, each pushed by `value`. */
export function buildLanes({ name, bits, count }: Shape, value: (lane: number) => string): string {
  const narrow = bits === 64 ? '' : 'i32.wrap_i64';
  return Array.from({ length: count }, (_, lane) => {
    const place = lane === 0 ? `${name}.splat` : `${name}.replace_lane ${String(lane)}`;
    return `${value(lane)} ${narrow} ${place}`;
  }).join(' ');
}
