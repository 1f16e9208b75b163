/**
 * Floating-point rows with WebAssembly's own semantics (specification 4.3.3): round to nearest even, no flags, NaN
 * results of unspecified payload. Guests reach for the `fp.*` rows where their manual is stricter. Folders give the
 * canonical NaN.
 */
import type { Fold, OpRow } from '../op.ts';
import type { ValueType } from '../types.ts';
import { prefixed } from './rows.ts';

type FloatType = 'f32' | 'f64';

interface Format {
  readonly type: FloatType;
  readonly signBit: bigint;
  readonly toNumber: (bits: bigint) => number;
  /** Rounds to the format. */
  readonly fromNumber: (value: number) => bigint;
}

const scratch = new DataView(new ArrayBuffer(8));

const f64: Format = {
  type: 'f64',
  signBit: 1n << 63n,
  toNumber: (bits) => {
    scratch.setBigUint64(0, bits);
    return scratch.getFloat64(0);
  },
  fromNumber: (value) => {
    if (Number.isNaN(value)) return 0x7ff8000000000000n;
    scratch.setFloat64(0, value);
    return scratch.getBigUint64(0);
  },
};

const f32: Format = {
  type: 'f32',
  signBit: 1n << 31n,
  toNumber: (bits) => {
    scratch.setUint32(0, Number(bits));
    return scratch.getFloat32(0);
  },
  fromNumber: (value) => {
    if (Number.isNaN(value)) return 0x7fc00000n;
    scratch.setFloat32(0, value);
    return BigInt(scratch.getUint32(0));
  },
};

function row(params: readonly ValueType[], result: ValueType, summary: string, fold: Fold): OpRow {
  return { params, result, effect: 'pure', summary, fold };
}

/** Nearest integer, ties to even; keeps the sign of zero results. */
function nearest(value: number): number {
  if (!Number.isFinite(value) || Math.abs(value) >= 2 ** 52) return value;
  const below = Math.floor(value);
  const difference = value - below;
  const up = difference > 0.5 || (difference === 0.5 && below % 2 !== 0);
  const rounded = up ? below + 1 : below;
  return rounded === 0 && (value < 0 || Object.is(value, -0)) ? -0 : rounded;
}

function unaryRows({ type, signBit, toNumber, fromNumber }: Format) {
  const bitwise = (summary: string, fold: Fold): OpRow => row([type], type, summary, fold);
  // Rounding to the format twice is harmless: a double has more than 2p+2 bits of a single's p.
  const numeric = (summary: string, apply: (a: number) => number): OpRow =>
    row([type], type, summary, (a) => fromNumber(apply(toNumber(a))));
  return prefixed(type, {
    abs: bitwise('Clears the sign bit, of NaNs too.', (a) => a & ~signBit),
    neg: bitwise('Inverts the sign bit, of NaNs too.', (a) => a ^ signBit),
    ceil: numeric('Rounds up to an integral value.', Math.ceil),
    floor: numeric('Rounds down to an integral value.', Math.floor),
    trunc: numeric('Rounds toward zero to an integral value.', Math.trunc),
    nearest: numeric('Rounds to the nearest integral value, ties to even.', nearest),
    sqrt: numeric('Square root.', Math.sqrt),
  });
}

function binaryRows({ type, signBit, toNumber, fromNumber }: Format) {
  const numeric = (summary: string, apply: (a: number, b: number) => number): OpRow =>
    row([type, type], type, summary, (a, b) => fromNumber(apply(toNumber(a), toNumber(b))));
  const commutative = (base: OpRow): OpRow => ({ ...base, commutative: true });
  return prefixed(type, {
    add: commutative(numeric('Sum.', (a, b) => a + b)),
    sub: numeric('Difference.', (a, b) => a - b),
    mul: commutative(numeric('Product.', (a, b) => a * b)),
    div: numeric('Quotient.', (a, b) => a / b),
    min: commutative(numeric('Smaller; NaN if either is NaN; -0 is less than +0.', Math.min)),
    max: commutative(numeric('Greater; NaN if either is NaN; +0 is greater than -0.', Math.max)),
    copysign: row(
      [type, type],
      type,
      'The first with the sign bit of the second.',
      (a, b) => (a & ~signBit) | (b & signBit),
    ),
  });
}

function comparisonRows({ type, toNumber }: Format) {
  const compare = (summary: string, test: (a: number, b: number) => boolean): OpRow =>
    row([type, type], 'i32', summary, (a, b) => (test(toNumber(a), toNumber(b)) ? 1n : 0n));
  return prefixed(type, {
    eq: { ...compare('1 if equal; 0 with a NaN.', (a, b) => a === b), commutative: true },
    ne: { ...compare('1 if different; 1 with a NaN.', (a, b) => a !== b), commutative: true },
    lt: compare('1 if less; 0 with a NaN.', (a, b) => a < b),
    gt: compare('1 if greater; 0 with a NaN.', (a, b) => a > b),
    le: compare('1 if less or equal; 0 with a NaN.', (a, b) => a <= b),
    ge: compare('1 if greater or equal; 0 with a NaN.', (a, b) => a >= b),
  });
}

/** The nearest number to an integer, rounded once: bits that a double cannot hold become one sticky bit. */
function roundInteger(value: bigint): number {
  const magnitude = value < 0n ? -value : value;
  if (magnitude < 1n << 53n) return Number(value);
  const sticky = (magnitude & 0x7ffn) === 0n ? 0n : 1n;
  const rounded = Number(((magnitude >> 11n) | sticky) << 11n);
  return value < 0n ? -rounded : rounded;
}

function fromIntegerRows({ type, fromNumber }: Format) {
  const exact = type === 'f64' ? Number : roundInteger;
  const convert = (from: 'i32' | 'i64', signed: boolean): OpRow =>
    row([from], type, `Nearest value of ${signed ? 'a signed' : 'an unsigned'} ${from}.`, (a) =>
      fromNumber(exact(signed ? BigInt.asIntN(from === 'i32' ? 32 : 64, a) : a)),
    );
  return prefixed(type, {
    convert_i32_s: convert('i32', true),
    convert_i32_u: convert('i32', false),
    convert_i64_s: convert('i64', true),
    convert_i64_u: convert('i64', false),
  });
}

function toIntegerRows(to: 'i32' | 'i64') {
  const bits = to === 'i32' ? 32 : 64;
  const truncate = ({ type, toNumber }: Format, signed: boolean): OpRow => {
    const low = signed ? -(1n << BigInt(bits - 1)) : 0n;
    const high = signed ? -low - 1n : (1n << BigInt(bits)) - 1n;
    const summary = `Rounds toward zero to ${signed ? 'a signed' : 'an unsigned'} ${to}, saturating; NaN gives 0.`;
    return row([type], to, summary, (a) => {
      const value = toNumber(a);
      if (Number.isNaN(value)) return 0n;
      if (value <= Number(low)) return BigInt.asUintN(bits, low);
      if (value >= Number(high)) return BigInt.asUintN(bits, high);
      return BigInt.asUintN(bits, BigInt(Math.trunc(value)));
    });
  };
  return prefixed(to, {
    trunc_sat_f32_s: truncate(f32, true),
    trunc_sat_f32_u: truncate(f32, false),
    trunc_sat_f64_s: truncate(f64, true),
    trunc_sat_f64_u: truncate(f64, false),
  });
}

const same: Fold = (a) => a;

/** A single in a wider register whose upper half is all ones: how guests with 64-bit registers keep it recognisable. */
const boxes = {
  'f32.unbox_f64': {
    ...row(['f64'], 'f32', 'The single in a NaN-boxed double; the canonical NaN if it is not properly boxed.', (a) =>
      a >> 32n === 0xffffffffn ? a & 0xffffffffn : 0x7fc00000n,
    ),
    wasm: `$0 i64.reinterpret_f64 ~b:i64 i32.wrap_i64 i32.const 0x7fc00000 @b i64.const -4294967296 i64.ge_u select
      f32.reinterpret_i32`,
  },
  'f64.box_f32': {
    ...row(['f32'], 'f64', 'The operand NaN-boxed.', (a) => a | 0xffffffff00000000n),
    wasm: '$0 i32.reinterpret_f32 i64.extend_i32_u i64.const -4294967296 i64.or f64.reinterpret_i64',
  },
} as const satisfies Readonly<Record<string, OpRow>>;

export const floatRows = {
  ...boxes,
  ...unaryRows(f32),
  ...unaryRows(f64),
  ...binaryRows(f32),
  ...binaryRows(f64),
  ...comparisonRows(f32),
  ...comparisonRows(f64),
  ...fromIntegerRows(f32),
  ...fromIntegerRows(f64),
  ...toIntegerRows('i32'),
  ...toIntegerRows('i64'),
  'f32.demote_f64': row(['f64'], 'f32', 'Rounds to single precision.', (a) => f32.fromNumber(f64.toNumber(a))),
  'f64.promote_f32': row(['f32'], 'f64', 'The same value in double precision.', (a) => f64.fromNumber(f32.toNumber(a))),
  'i32.reinterpret_f32': row(['f32'], 'i32', 'The bits as an integer.', same),
  'i64.reinterpret_f64': row(['f64'], 'i64', 'The bits as an integer.', same),
  'f32.reinterpret_i32': row(['i32'], 'f32', 'The float with these bits.', same),
  'f64.reinterpret_i64': row(['i64'], 'f64', 'The float with these bits.', same),
};
