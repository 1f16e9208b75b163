/**
 * The 80-bit extended format under its own environment word. A value is a v128: the encoding in the low 80 bits, then a 1
 * in bit 80 where the register that holds it is not empty. Each row calls the runtime function of its name
 * (`fp/wasm/extended-format.ts`).
 */
import { VCPU } from '../vcpu-layout.ts';
import type { OpRow } from '../op.ts';
import { signature } from './rows.ts';

function called<Name extends string>(name: Name, types: string, summary: string, indexed = false) {
  const { params, result } = signature(types);
  const operands = params.map((_, index) => `$${String(index)}`).join(' ');
  const wasm = `${operands} ${indexed ? '$imm' : ''} $vcpu call:fp.f80.${name}`;
  const row: OpRow = { params, result, effect: 'fp', summary, wasm };
  const named = { [`fp.f80.${name}`]: indexed ? { ...row, immediate: 'index' as const } : row };
  return named as Record<`fp.f80.${Name}`, OpRow>;
}

const UNARY = 'v128 -> v128';
const BINARY = 'v128 v128 -> v128';
const ROUNDING = 'what does not fit gives the least one. Rounding mode: the immediate.';

const arithmetic = {
  ...called('add', BINARY, 'Sum.'),
  ...called('sub', BINARY, 'Difference.'),
  ...called('mul', BINARY, 'Product.'),
  ...called('div', BINARY, 'Quotient.'),
  ...called('sqrt', UNARY, 'Square root.'),
  ...called('round', UNARY, 'To an integral value.'),
  ...called('scale', BINARY, 'a * 2^trunc(b).'),
  ...called('remainder', BINARY, 'Partial remainder, quotient toward zero; condition codes tell more.'),
  ...called('remainder_nearest', BINARY, 'Partial remainder, quotient to nearest; condition codes tell more.'),
  ...called('exponent', UNARY, 'The exponent as a number.'),
  ...called('significand', UNARY, 'The significand with the sign, from 1 up to 2.'),
};

const elementary = {
  ...called('exponential', UNARY, '2^a - 1.'),
  ...called('logarithm', BINARY, 'b * log2(a).'),
  ...called('logarithm_plus_one', BINARY, 'b * log2(a + 1).'),
  ...called('arc_tangent', BINARY, 'atan(a / b), in the quadrant of the point (b, a).'),
  ...called('sine', UNARY, 'Sine; condition code 2 tells that the operand is too large.'),
  ...called('cosine', UNARY, 'Cosine; condition code 2 tells that the operand is too large.'),
  ...called('tangent', UNARY, 'Tangent; condition code 2 tells that the operand is too large.'),
  ...called('constant', '-> v128', '0 log2(10), 1 log2(e), 2 pi, 3 log10(2), 4 ln(2), by rounding mode.', true),
};

const conversions = {
  ...called('from_i32', 'i32 -> v128', 'Of a signed integer.'),
  ...called('from_i64', 'i64 -> v128', 'Of a signed integer.'),
  ...called('from_bcd', UNARY, 'Of packed decimal.'),
  ...called('to_f32', 'v128 -> f32', 'To f32.'),
  ...called('to_f64', 'v128 -> f64', 'To f64.'),
  ...called('to_i16', 'v128 -> i32', `To a signed integer of 16 bits; ${ROUNDING}`, true),
  ...called('to_i32', 'v128 -> i32', `To a signed integer; ${ROUNDING}`, true),
  ...called('to_i64', 'v128 -> i64', `To a signed integer; ${ROUNDING}`, true),
  ...called('to_bcd', UNARY, 'To packed decimal.'),
};

const others = {
  ...called('abs', UNARY, 'Magnitude.'),
  ...called('neg', UNARY, 'Sign inverted.'),
  ...called('choose', 'v128 v128 i32 -> v128', 'The second register where the condition is not 0, else the first.'),
  ...called('used', UNARY, 'The operand; an empty register is a stack fault and gives a NaN.'),
  ...called('fresh', BINARY, 'b, to be put into register a; an empty b or a full a is a stack fault and gives a NaN.'),
  ...called('fresh_float', BINARY, 'The widened float b, with its flags, to be put into register a, as `fresh`.'),
  ...called(
    'relation',
    'v128 v128 -> i32',
    '1 if less, 2 if equal, 4 if greater, 8 if unordered; immediate 1: a quiet NaN is invalid too.',
    true,
  ),
  ...called('examine', 'v128 ->', 'Sets the condition codes to the class of a register.'),
};

const widened = (type: 'f32' | 'f64'): OpRow => ({
  ...signature(`${type} -> v128`),
  effect: 'pure',
  summary: 'The exact value in the format, as an operand: bit 81 tells that it was denormal.',
  wasm: `$0 call:fp.f80.widen_${type}`,
});

const tag: Record<'fp.f80.tag' | 'fp.f80.widen_f32' | 'fp.f80.widen_f64', OpRow> = {
  'fp.f80.widen_f32': widened('f32'),
  'fp.f80.widen_f64': widened('f64'),
  'fp.f80.tag': {
    ...signature('v128 -> i32'),
    effect: 'pure',
    summary: 'Tag of a register: 0 valid, 1 zero, 2 special, 3 empty.',
    wasm: '$0 call:fp.f80.tag',
  },
};

const ENV = `offset=${String(VCPU.EXTENDED_ENV)}`;
const environment: Record<'fp.f80.env.get' | 'fp.f80.env.set', OpRow> = {
  'fp.f80.env.get': {
    ...signature('-> i32'),
    effect: 'fp',
    summary: 'The environment word of the extended format.',
    wasm: `$vcpu i32.load ${ENV}`,
  },
  'fp.f80.env.set': {
    ...signature('i32 ->'),
    effect: 'fp',
    summary: 'Sets the environment word of the extended format.',
    wasm: `$vcpu $0 i32.store ${ENV}`,
  },
};

export const extendedRows = { ...arithmetic, ...elementary, ...conversions, ...others, ...tag, ...environment };
