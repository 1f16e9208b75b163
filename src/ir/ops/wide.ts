/**
 * Integer operations that take long to write in the others: quotients of 128-bit dividends, bit scatter and gather, and
 * the overflow of sums and differences.
 */
import type { Fold, OpRow } from '../op.ts';
import type { ValueType } from '../types.ts';
import { prefixed } from './rows.ts';

const wrap = (value: bigint): bigint => BigInt.asUintN(64, value);
const signed = (value: bigint): bigint => BigInt.asIntN(64, value);

function row(params: readonly ValueType[], result: ValueType, summary: string, wasm: string, fold: Fold): OpRow {
  return { params, result, effect: 'pure', summary, wasm, fold };
}

const three = ['i64', 'i64', 'i64'] as const;

function signedQuotient(high: bigint, low: bigint, divisor: bigint): bigint | null {
  if (divisor === 0n) return null;
  const quotient = ((signed(high) << 64n) | low) / signed(divisor);
  return quotient === signed(wrap(quotient)) ? quotient : null;
}

const divisionRows = {
  div_wide_u: row(
    three,
    'i64',
    'Unsigned quotient of the 128 bits in the first two operands (upper half first); 0 where it does not fit.',
    '$0 $1 $2 call:div_wide_u',
    (high, low, divisor) => (high >= divisor ? 0n : ((high << 64n) | low) / divisor),
  ),
  div_wide_s: row(
    three,
    'i64',
    'Signed quotient of the 128 bits in the first two operands (upper half first); anything where it does not fit.',
    '$0 $1 $2 call:div_wide_s',
    (high, low, divisor) => {
      const quotient = signedQuotient(high, low, divisor);
      if (quotient !== null) return wrap(quotient);
      return wideQuotientOfMagnitudes(high, low, divisor);
    },
  ),
  div_wide_s_overflows: row(
    three,
    'i32',
    '1 where the divisor is 0 or the quotient of div_wide_s does not fit, else 0.',
    '$0 $1 $2 call:div_wide_s_overflows',
    (high, low, divisor) => (signedQuotient(high, low, divisor) === null ? 1n : 0n),
  ),
};

/** What the runtime function gives where the signed quotient does not fit. */
function wideQuotientOfMagnitudes(high: bigint, low: bigint, divisor: bigint): bigint {
  const dividend = (signed(high) << 64n) | low;
  const [a, b] = [dividend < 0n ? -dividend : dividend, signed(divisor) < 0n ? -signed(divisor) : divisor];
  const quotient = b === 0n || a >> 64n >= b ? 0n : a / b;
  return wrap(dividend < 0n !== signed(divisor) < 0n ? -quotient : quotient);
}

function deposit(value: bigint, mask: bigint): bigint {
  let result = 0n;
  let bit = 0n;
  for (let at = 0n; at < 64n; at++) {
    if (((mask >> at) & 1n) === 0n) continue;
    result |= ((value >> bit) & 1n) << at;
    bit++;
  }
  return result;
}

function extract(value: bigint, mask: bigint): bigint {
  let result = 0n;
  let bit = 0n;
  for (let at = 0n; at < 64n; at++) {
    if (((mask >> at) & 1n) === 0n) continue;
    result |= ((value >> at) & 1n) << bit;
    bit++;
  }
  return result;
}

const scatterRows = {
  pdep: row(
    ['i64', 'i64'],
    'i64',
    'Low bits of the first operand, in order, at the places of the ones in the second.',
    '$0 $1 call:pdep',
    deposit,
  ),
  pext: row(
    ['i64', 'i64'],
    'i64',
    'Bits of the first operand at the places of the ones in the second, in order, as low bits.',
    '$0 $1 call:pext',
    extract,
  ),
};

function overflowRows(type: 'i32' | 'i64') {
  const bits = type === 'i32' ? 32n : 64n;
  const top = (value: bigint): bigint => (value >> (bits - 1n)) & 1n;
  const narrow = type === 'i64' ? 'i32.wrap_i64' : '';
  const sign = `${type}.const ${String(bits - 1n)} ${type}.shr_u ${narrow}`;
  const params = [type, type, type] as const;
  return {
    add_overflow: row(
      params,
      'i32',
      '1 where the third operand is the sum of the first two and its sign is wrong: (a ^ r) & (b ^ r), top bit.',
      `$2 =r:${type} $0 @r ${type}.xor $1 @r ${type}.xor ${type}.and ${sign}`,
      (a, b, r) => top((a ^ r) & (b ^ r)),
    ),
    sub_overflow: row(
      params,
      'i32',
      '1 where the third operand is the first less the second and its sign is wrong: (a ^ b) & (a ^ r), top bit.',
      `$0 =a:${type} @a $1 ${type}.xor @a $2 ${type}.xor ${type}.and ${sign}`,
      (a, b, r) => top((a ^ b) & (a ^ r)),
    ),
  };
}

export const wideRows = {
  ...prefixed('i64', { ...divisionRows, ...scatterRows }),
  ...prefixed('i32', overflowRows('i32')),
  ...prefixed('i64', overflowRows('i64')),
};
