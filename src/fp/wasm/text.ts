/**
 * Pieces of WebAssembly template text (grammar in `ir/op.ts`) for the two formats. Operands are `$0`, `$1` ...; in a
 * runtime function the vCPU block's host offset is the last parameter.
 */
import { FP_ENV, ROUNDING } from '../fp-env.ts';
import { f32, f64, type FloatFormat } from '../format.ts';
import { softOpcode } from '../soft-ops.ts';

export type FloatType = 'f32' | 'f64';
export type NumberType = 'i32' | 'i64' | FloatType;
export type ParameterType = NumberType | 'v128';

/**
 * A function that templates call, in the shape of `ir/runtime-functions.ts`. Where it takes the vCPU block's host offset,
 * that is the last parameter.
 */
export type RuntimeFunction = {
  readonly params: readonly ParameterType[];
  readonly results: readonly ParameterType[];
  readonly summary: string;
} & ({ readonly kind: 'template'; readonly body: string } | { readonly kind: 'import' });

export type RuntimeFunctions = Readonly<Record<string, RuntimeFunction>>;

/** A template function under its name, as an entry for `Object.fromEntries`. */
export function templateFunction(
  name: string,
  params: readonly ParameterType[],
  result: ParameterType | null,
  summary: string,
  body: string,
): [string, RuntimeFunction] {
  return [name, { kind: 'template', params, results: result === null ? [] : [result], body, summary }];
}

/** With any of these set in the environment word, native arithmetic is not the guest's. */
export const MODES = FP_ENV.ROUNDING_MASK | FP_ENV.FLUSH_INPUTS | FP_ENV.FLUSH_OUTPUTS;

/** What differs between the templates of the two formats. */
export interface FloatText {
  readonly type: FloatType;
  readonly format: FloatFormat;
  /** The integer type of the same width. */
  readonly bits: 'i32' | 'i64';
  /** Reinterprets a float as that integer, and back. */
  readonly toBits: string;
  readonly fromBits: string;
}

export const floatText: Readonly<Record<FloatType, FloatText>> = {
  f32: { type: 'f32', format: f32, bits: 'i32', toBits: 'i32.reinterpret_f32', fromBits: 'f32.reinterpret_i32' },
  f64: { type: 'f64', format: f64, bits: 'i64', toBits: 'i64.reinterpret_f64', fromBits: 'f64.reinterpret_i64' },
};

/** A constant of the format's integer type. */
export function bitsConst(F: FloatText, bits: bigint): string {
  return `${F.bits}.const ${String(BigInt.asIntN(F.format.width, bits))}`;
}

/** A power of two as a constant of the float type. */
export function powerConst(F: FloatText, exponent: number, sign: 1 | -1 = 1): string {
  const magnitude = BigInt(exponent + F.format.maxExponent) << F.format.fractionBits;
  return floatConst(F, sign < 0 ? magnitude | F.format.signBit : magnitude);
}

export function floatConst(F: FloatText, bits: bigint): string {
  const value = F.type === 'f32' ? BigInt.asIntN(32, bits) : bits;
  return `${F.type}.const ${String(value)}`;
}

export function infinityConst(F: FloatText): string {
  return floatConst(F, F.format.infinity);
}

/** Pushes 1 if the float pushed by `value` is normal, finite and above the least normal binade. */
export function isOrdinary(F: FloatText, value: string): string {
  const field = 2 * F.format.maxExponent + 1;
  const exponent = `${value} ${F.toBits} ${F.bits}.const ${String(F.format.fractionBits)} ${F.bits}.shr_u`;
  const narrow = F.bits === 'i64' ? 'i32.wrap_i64' : '';
  return `${exponent} ${narrow} i32.const ${String(field)} i32.and i32.const 2 i32.sub
    i32.const ${String(field - 2)} i32.lt_u`;
}

/**
 * Pushes 1 if the float pushed by `value` is infinite or a NaN or, with `small`, below the second binade of normal numbers: one
 * comparison of the exponent.
 */
export function isExtreme(F: FloatText, value: string, which: 'large' | 'small-or-large'): string {
  // The word with the exponent, without the sign.
  const high = F.bits === 'i64' ? 'i64.const 32 i64.shr_u i32.wrap_i64' : '';
  const unit = 2 ** (F.bits === 'i64' ? 21 : 24);
  const least = which === 'large' ? 0 : 2 * unit;
  const limit = (2 * F.format.maxExponent + 1) * unit - least;
  const below = least === 0 ? '' : `i32.const ${String(least)} i32.sub`;
  return `${value} ${F.toBits} ${high} i32.const 1 i32.shl ${below} i32.const ${String(limit | 0)} i32.ge_u`;
}

/** Pushes 1 if the float pushed by `value` is infinite. */
export function isInfinite(F: FloatText, value: string): string {
  return `${value} ${F.type}.abs ${infinityConst(F)} ${F.type}.eq`;
}

/** Pushes 1 if the float pushed by `value` is a zero. */
export function isZero(F: FloatText, value: string): string {
  return `${value} ${F.type}.const 0 ${F.type}.eq`;
}

/** Pushes the disjunction of conditions. */
export function any(...conditions: string[]): string {
  return conditions.map((condition, index) => (index === 0 ? condition : `${condition} i32.or`)).join(' ');
}

/** Pushes the conjunction of conditions. */
export function all(...conditions: string[]): string {
  return conditions.map((condition, index) => (index === 0 ? condition : `${condition} i32.and`)).join(' ');
}

/** Pushes 1 if of the environment word's bits `mask` exactly `value` are set. */
export function envIs(vcpu: string, mask: number, value: number): string {
  const masked = `${vcpu} i32.load offset=0 i32.const ${String(mask)} i32.and`;
  return value === 0 ? `${masked} i32.eqz` : `${masked} i32.const ${String(value)} i32.eq`;
}

/** Raises flags in the environment word. */
export function raise(vcpu: string, flags: number): string {
  return `${vcpu} ${vcpu} i32.load offset=0 i32.const ${String(flags)} i32.or i32.store offset=0`;
}

/** Pushes the environment's rounding mode. */
export function dynamicRounding(vcpu: string): string {
  return `${vcpu} i32.load offset=0 i32.const ${String(FP_ENV.ROUNDING_SHIFT)} i32.shr_u i32.const 7 i32.and`;
}

/** Widens a value on the stack to the i64 that crosses the boundary, and narrows the result. */
const toBoundary: Readonly<Record<NumberType, string>> = {
  i32: 'i64.extend_i32_u',
  i64: '',
  f32: 'i32.reinterpret_f32 i64.extend_i32_u',
  f64: 'i64.reinterpret_f64',
};
const fromBoundary: Readonly<Record<NumberType, string>> = {
  i32: 'i32.wrap_i64',
  i64: '',
  f32: 'i32.wrap_i64 f32.reinterpret_i32',
  f64: 'f64.reinterpret_i64',
};

/**
 * Calls soft-float on operands `$0` ... and leaves its result. `rounding` pushes a rounding operand; without it the
 * environment's mode holds.
 */
export function soft(
  name: string,
  params: readonly NumberType[],
  result: NumberType,
  vcpu: string,
  rounding?: string,
): string {
  const operands = params.map((type, index) => [type, `$${String(index)}`] as const);
  return softOn(name, operands, result, vcpu, rounding);
}

/** As `soft`, on operands that are pushed by given text. */
export function softOn(
  name: string,
  operands: readonly (readonly [type: NumberType, text: string])[],
  result: NumberType,
  vcpu: string,
  rounding?: string,
): string {
  const pushed = operands.map(([type, text]) => `${text} ${toBoundary[type]}`).join(' ');
  const opcode = softOpcode(name);
  const operation =
    rounding === undefined
      ? `i32.const ${String(opcode | (ROUNDING.DYNAMIC << 8))}`
      : `${rounding} i32.const 8 i32.shl i32.const ${String(opcode)} i32.or`;
  return `${pushed} ${operation} ${vcpu} call:fp.soft${String(operands.length)} ${fromBoundary[result]}`;
}
