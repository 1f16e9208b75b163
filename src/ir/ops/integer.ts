/**
 * Integer rows. Those named as WebAssembly instructions (specification 4.3.2) have no template; the others are the
 * total forms of division, and idioms that guests have as single instructions.
 */
import type { Fold, OpRow } from '../op.ts';
import type { ValueType } from '../types.ts';
import { named, prefixed } from './rows.ts';

type IntegerType = 'i32' | 'i64';

interface Arithmetic {
  readonly type: IntegerType;
  readonly bits: number;
  /** The value modulo 2^bits. */
  readonly wrap: (value: bigint) => bigint;
  readonly signed: (value: bigint) => bigint;
}

function arithmetic(type: IntegerType): Arithmetic {
  const bits = type === 'i32' ? 32 : 64;
  return {
    type,
    bits,
    wrap: (value) => BigInt.asUintN(bits, value),
    signed: (value) => BigInt.asIntN(bits, value),
  };
}

function row(params: readonly ValueType[], result: ValueType, summary: string, fold: Fold, wasm?: string): OpRow {
  const base = { params, result, effect: 'pure', summary, fold } as const;
  return wasm === undefined ? base : { ...base, wasm };
}

function commutative(base: OpRow): OpRow {
  return { ...base, commutative: true };
}

const truth = (value: boolean): bigint => (value ? 1n : 0n);

function binaryRows({ type, bits, wrap, signed }: Arithmetic) {
  const binary = (summary: string, fold: Fold): OpRow => row([type, type], type, summary, fold);
  const count = (b: bigint): bigint => b & BigInt(bits - 1);
  const rotl = (a: bigint, by: bigint): bigint => wrap(a << by) | (a >> (BigInt(bits) - by));
  return prefixed(type, {
    add: commutative(binary('Sum.', (a, b) => wrap(a + b))),
    sub: binary('Difference.', (a, b) => wrap(a - b)),
    mul: commutative(binary('Low half of the product.', (a, b) => wrap(a * b))),
    and: commutative(binary('Bitwise and.', (a, b) => a & b)),
    or: commutative(binary('Bitwise or.', (a, b) => a | b)),
    xor: commutative(binary('Bitwise exclusive or.', (a, b) => a ^ b)),
    shl: binary('Shift left; the count is taken modulo the width.', (a, b) => wrap(a << count(b))),
    shr_s: binary('Arithmetic shift right; the count is taken modulo the width.', (a, b) =>
      wrap(signed(a) >> count(b)),
    ),
    shr_u: binary('Logical shift right; the count is taken modulo the width.', (a, b) => a >> count(b)),
    rotl: binary('Rotate left; the count is taken modulo the width.', (a, b) => rotl(a, count(b))),
    rotr: binary('Rotate right; the count is taken modulo the width.', (a, b) =>
      rotl(a, count(BigInt(bits) - count(b))),
    ),
  });
}

function comparisonRows({ type, signed }: Arithmetic) {
  const compare = (summary: string, test: (a: bigint, b: bigint) => boolean): OpRow =>
    row([type, type], 'i32', summary, (a, b) => truth(test(a, b)));
  return prefixed(type, {
    eqz: row([type], 'i32', '1 if the operand is 0, else 0.', (a) => truth(a === 0n)),
    eq: commutative(compare('1 if equal, else 0.', (a, b) => a === b)),
    ne: commutative(compare('1 if different, else 0.', (a, b) => a !== b)),
    lt_s: compare('1 if less, signed.', (a, b) => signed(a) < signed(b)),
    lt_u: compare('1 if less, unsigned.', (a, b) => a < b),
    gt_s: compare('1 if greater, signed.', (a, b) => signed(a) > signed(b)),
    gt_u: compare('1 if greater, unsigned.', (a, b) => a > b),
    le_s: compare('1 if less or equal, signed.', (a, b) => signed(a) <= signed(b)),
    le_u: compare('1 if less or equal, unsigned.', (a, b) => a <= b),
    ge_s: compare('1 if greater or equal, signed.', (a, b) => signed(a) >= signed(b)),
    ge_u: compare('1 if greater or equal, unsigned.', (a, b) => a >= b),
  });
}

function unaryRows({ type, bits, wrap }: Arithmetic) {
  const unary = (summary: string, fold: Fold): OpRow => row([type], type, summary, fold);
  const text = (a: bigint): string => a.toString(2).padStart(bits, '0');
  const zeros = (index: number): bigint => BigInt(index < 0 ? bits : index);
  const extend = (width: number): OpRow =>
    unary(`Sign-extends the low ${String(width)} bits.`, (a) => wrap(BigInt.asIntN(width, a)));
  return prefixed(type, {
    clz: unary('Leading zero bits; the width for 0.', (a) => zeros(text(a).indexOf('1'))),
    ctz: unary('Trailing zero bits; the width for 0.', (a) => zeros([...text(a)].reverse().indexOf('1'))),
    popcnt: unary('Number of bits that are 1.', (a) => BigInt(text(a).replaceAll('0', '').length)),
    extend8_s: extend(8),
    extend16_s: extend(16),
  });
}

/** Bytes of a value, lowest first. */
function bytes(value: bigint, bits: number): bigint[] {
  return Array.from({ length: bits / 8 }, (_, i) => (value >> BigInt(8 * i)) & 0xffn);
}

function joinBytes(parts: readonly bigint[]): bigint {
  return parts.reduce((sum, part, i) => sum | (part << BigInt(8 * i)), 0n);
}

const BSWAP = {
  i32: `$0 ~x:i32 i32.const 8 i32.rotr i32.const 0xff00ff00 i32.and
        @x i32.const 8 i32.rotl i32.const 0x00ff00ff i32.and i32.or`,
  i64: `$0 ~x:i64 i64.const 0x00ff00ff00ff00ff i64.and i64.const 8 i64.shl
        @x i64.const 8 i64.shr_u i64.const 0x00ff00ff00ff00ff i64.and i64.or
        ~x i64.const 0x0000ffff0000ffff i64.and i64.const 16 i64.shl
        @x i64.const 16 i64.shr_u i64.const 0x0000ffff0000ffff i64.and i64.or
        i64.const 32 i64.rotl`,
} as const;

/** Exchanges neighbouring groups of `shift` bits; `byte` masks the lower groups. In and out: scratch local x. */
function swapBits(type: IntegerType, byte: string, shift: number): string {
  const by = `${type}.const ${String(shift)}`;
  const select = `${type}.const 0x${byte.repeat(type === 'i32' ? 4 : 8)} ${type}.and`;
  return `@x ${select} ${by} ${type}.shl @x ${by} ${type}.shr_u ${select} ${type}.or =x`;
}

function byteRows({ type, bits }: Arithmetic) {
  const unary = (summary: string, wasm: string, fold: Fold): OpRow => row([type], type, summary, fold, wasm);
  const repeat = (byte: string): string => `${type}.const 0x${byte.repeat(bits / 8)}`;
  const bitreverse = `$0 =x:${type} ${swapBits(type, '55', 1)} ${swapBits(type, '33', 2)} ${swapBits(type, '0f', 4)}
    ${BSWAP[type].replace('$0', '@x')}`;
  // A byte's high bit is set in t where the byte is not 0; then 0x80 becomes 0xff without carries between bytes.
  const orc = `$0 ~x:${type} ${repeat('7f')} ${type}.and ${repeat('7f')} ${type}.add @x ${type}.or ${repeat('80')} ${type}.and
    ~x @x ${type}.const 7 ${type}.shr_u ${type}.sub @x ${type}.or`;
  return prefixed(type, {
    bswap: unary('Reverses the bytes.', BSWAP[type], (a) => joinBytes(bytes(a, bits).reverse())),
    bitreverse: unary('Reverses the bits.', bitreverse, (a) =>
      BigInt('0b' + [...a.toString(2).padStart(bits, '0')].reverse().join('')),
    ),
    orc_b: unary('Each byte becomes 0xff if it is not 0.', orc, (a) =>
      joinBytes(bytes(a, bits).map((byte) => (byte === 0n ? 0n : 0xffn))),
    ),
  });
}

function divisionRows({ type, wrap, signed }: Arithmetic) {
  const divideSigned = `$1 ~b:${type} ${type}.eqz if:${type} $2 else
    @b ${type}.const -1 ${type}.eq if:${type} ${type}.const 0 $0 ${type}.sub else $0 @b ${type}.div_s end end`;
  const divideUnsigned = `$1 ~b:${type} ${type}.eqz if:${type} $2 else $0 @b ${type}.div_u end`;
  const remainder = (op: string): string => `$1 ~b:${type} ${type}.eqz if:${type} $0 else $0 @b ${type}.${op} end`;
  return prefixed(type, {
    div_s_or: row(
      [type, type, type],
      type,
      'Signed quotient; the third operand where the divisor is 0; MIN / -1 is MIN.',
      (a, b, z) => (b === 0n ? z : wrap(signed(a) / signed(b))),
      divideSigned,
    ),
    div_u_or: row(
      [type, type, type],
      type,
      'Unsigned quotient; the third operand where the divisor is 0.',
      (a, b, z) => (b === 0n ? z : a / b),
      divideUnsigned,
    ),
    rem_s_total: row(
      [type, type],
      type,
      'Signed remainder; the dividend where the divisor is 0; MIN rem -1 is 0.',
      (a, b) => (b === 0n ? a : wrap(signed(a) % signed(b))),
      remainder('rem_s'),
    ),
    rem_u_total: row(
      [type, type],
      type,
      'Unsigned remainder; the dividend where the divisor is 0.',
      (a, b) => (b === 0n ? a : a % b),
      remainder('rem_u'),
    ),
  });
}

function extremeRows({ type, signed }: Arithmetic) {
  const extreme = (summary: string, compare: string, fold: Fold): OpRow =>
    commutative(row([type, type], type, summary, fold, `$0 ~a:${type} $1 ~b:${type} @a @b ${type}.${compare} select`));
  return prefixed(type, {
    min_s: extreme('Smaller, signed.', 'lt_s', (a, b) => (signed(a) < signed(b) ? a : b)),
    min_u: extreme('Smaller, unsigned.', 'lt_u', (a, b) => (a < b ? a : b)),
    max_s: extreme('Greater, signed.', 'gt_s', (a, b) => (signed(a) > signed(b) ? a : b)),
    max_u: extreme('Greater, unsigned.', 'gt_u', (a, b) => (a > b ? a : b)),
  });
}

/** Upper half of the unsigned product of locals a and b, by 32-bit halves (no sum below reaches 2^64). */
const MULTIPLY_HIGH = `$0 =a:i64 $1 =b:i64
  @a i64.const 32 i64.shr_u =ah:i64 @b i64.const 0xffffffff i64.and =bl:i64
  @a i64.const 0xffffffff i64.and ~al:i64 @bl i64.mul i64.const 32 i64.shr_u @ah @bl i64.mul i64.add =t:i64
  @ah @b i64.const 32 i64.shr_u ~bl i64.mul @t i64.const 32 i64.shr_u i64.add
  @al @bl i64.mul @t i64.const 0xffffffff i64.and i64.add i64.const 32 i64.shr_u i64.add`;
/** A negative factor counts as 2^64 too much in the unsigned product: subtract the other factor. */
const SIGN_OF_A = '@a i64.const 63 i64.shr_s @b i64.and i64.sub';
const SIGN_OF_B = '@b i64.const 63 i64.shr_s @a i64.and i64.sub';

function wideRows() {
  const { signed, wrap } = arithmetic('i64');
  const binary = (summary: string, wasm: string, fold: Fold): OpRow => row(['i64', 'i64'], 'i64', summary, fold, wasm);
  const high = (product: bigint): bigint => wrap(product >> 64n);
  return prefixed('i64', {
    mulh_s: commutative(
      binary('Upper half of the signed product.', `${MULTIPLY_HIGH} ${SIGN_OF_A} ${SIGN_OF_B}`, (a, b) =>
        high(signed(a) * signed(b)),
      ),
    ),
    mulh_u: commutative(binary('Upper half of the unsigned product.', MULTIPLY_HIGH, (a, b) => high(a * b))),
    mulh_su: binary(
      'Upper half of the product of a signed and an unsigned factor.',
      `${MULTIPLY_HIGH} ${SIGN_OF_A}`,
      (a, b) => high(signed(a) * b),
    ),
    clmul: commutative(
      binary('Low half of the carry-less product.', '$0 $1 call:clmul', (a, b) => wrap(carryLess(a, b))),
    ),
    clmulh: commutative(
      binary('Upper half of the carry-less product.', '$0 $1 call:clmulh', (a, b) => carryLess(a, b) >> 64n),
    ),
  });
}

function carryLess(a: bigint, b: bigint): bigint {
  let product = 0n;
  for (let i = 0n; i < 64n; i++) if (((b >> i) & 1n) === 1n) product ^= a << i;
  return product;
}

const conversionRows = {
  'i32.wrap_i64': row(['i64'], 'i32', 'Low 32 bits.', (a) => BigInt.asUintN(32, a)),
  'i64.extend_i32_s': row(['i32'], 'i64', 'Sign-extends 32 bits.', (a) => BigInt.asUintN(64, BigInt.asIntN(32, a))),
  'i64.extend_i32_u': row(['i32'], 'i64', 'Zero-extends 32 bits.', (a) => a),
  'i64.extend32_s': row(['i64'], 'i64', 'Sign-extends the low 32 bits.', (a) =>
    BigInt.asUintN(64, BigInt.asIntN(32, a)),
  ),
};

function select(type: ValueType): OpRow {
  const summary = 'The first operand if the third is not 0, else the second.';
  return row([type, type, 'i32'], type, summary, (a, b, c) => (c === 0n ? b : a), '$0 $1 $2 select');
}

function rowsOf(type: IntegerType) {
  const shape = arithmetic(type);
  return {
    ...binaryRows(shape),
    ...comparisonRows(shape),
    ...unaryRows(shape),
    ...byteRows(shape),
    ...divisionRows(shape),
    ...extremeRows(shape),
  };
}

export const integerRows = {
  ...rowsOf('i32'),
  ...rowsOf('i64'),
  ...wideRows(),
  ...conversionRows,
  ...named('i32.select', select('i32')),
  ...named('i64.select', select('i64')),
  ...named('f32.select', select('f32')),
  ...named('f64.select', select('f64')),
  ...named('v128.select', select('v128')),
};
