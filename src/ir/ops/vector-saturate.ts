/**
 * Saturating vector rows. They raise SATURATED in the environment word where a lane saturates, so all lanes of the
 * operands count: who needs some lanes only repeats them in the others.
 */
import type { OpRow } from '../op.ts';
import { raiseSaturated } from '../lane-functions.ts';
import { narrower, rowsFor, shapes, shuffleLanesText, splatConst, type Shape } from './lanes.ts';
import { named, signature } from './rows.ts';

const VV = 'v128 v128 -> v128';
const RAISE = raiseSaturated('$vcpu');

function saturating(types: string, summary: string, wasm: string): OpRow {
  return { ...signature(types), effect: 'fp', summary, wasm };
}

/** Leaves `@r`, the saturated result, raising where it differs from the vector on the stack. */
const compared = (exact: string): string => `=r:v128 ${exact} @r v128.xor v128.any_true if ${RAISE} end @r`;
/** Raises where the mask pushed by `mask` has a bit. */
const masked = (mask: string): string => `${mask} v128.any_true if ${RAISE} end`;

const signBits = ({ bits }: Shape): string => splatConst(bits, 1n << BigInt(bits - 1));
const toSign = ({ name, bits }: Shape): string => `i32.const ${String(bits - 1)} ${name}.shr_s`;

type Operation = 'add' | 'sub';

/** Signed overflow shows in the signs: those of the sum and of both operands (of the minuend and the others) differ. */
function wideSigned(shape: Shape, operation: Operation): string {
  const t = shape.name;
  const other = operation === 'add' ? '$1 @w v128.xor' : '$0 $1 v128.xor';
  return `$0 $1 ${t}.${operation} ~w:v128 ${toSign(shape)} ${signBits(shape)} v128.xor @w
    $0 @w v128.xor ${other} v128.and ${toSign(shape)} ~m:v128 v128.bitselect ${masked('@m')}`;
}

/** Carries out of each lane as masks. */
function wideUnsigned(shape: Shape, operation: Operation): string {
  const t = shape.name;
  const sum = `$0 $1 ${t}.${operation} ~w:v128`;
  if (operation === 'add') {
    const carry = `$0 $1 v128.and $0 $1 v128.or @w v128.andnot v128.or ${toSign(shape)}`;
    return `${sum} ${carry} ~m:v128 v128.or ${masked('@m')}`;
  }
  const borrow = `$1 $0 v128.andnot @w $0 $1 v128.xor v128.andnot v128.or ${toSign(shape)}`;
  return `${sum} ${borrow} ~m:v128 v128.andnot ${masked('@m')}`;
}

/** The saturated result of unsigned addition or subtraction of what `a` and `b` push, without flags. */
function unsignedText(shape: Shape, operation: Operation, a: string, b: string): string {
  const t = shape.name;
  if (shape.bits < 32) return `${a} ${b} ${t}.${operation}_sat_u`;
  const load = `${a} =ua:v128 ${b} =ub:v128 @ua @ub ${t}.${operation} ~uw:v128`;
  return operation === 'add'
    ? `${load} @ua @ub v128.and @ua @ub v128.or @uw v128.andnot v128.or ${toSign(shape)} v128.or`
    : `${load} @ub @ua v128.andnot @uw @ua @ub v128.xor v128.andnot v128.or ${toSign(shape)} v128.andnot`;
}

function sums(shape: Shape) {
  const { name: t, bits } = shape;
  const native = (operation: Operation, sign: 's' | 'u'): string =>
    `$0 $1 ${t}.${operation}_sat_${sign} ${compared(`$0 $1 ${t}.${operation}`)}`;
  const narrowLanes = bits < 32;
  const wrapped = `$0 $1 ${t}.add`;
  // Moving the signed range up to the unsigned one makes its upper limit that of the unsigned sum.
  const toUnsigned = unsignedText(shape, 'add', `$0 ${signBits(shape)} v128.xor`, '$1');
  const positive = `$1 $1 ${toSign(shape)} v128.andnot`;
  const negative = `$1 ${t}.neg $1 ${toSign(shape)} v128.and`;
  return {
    add_s: saturating(VV, 'Sum, signed.', narrowLanes ? native('add', 's') : wideSigned(shape, 'add')),
    add_u: saturating(VV, 'Sum, unsigned.', narrowLanes ? native('add', 'u') : wideUnsigned(shape, 'add')),
    sub_s: saturating(VV, 'Difference, signed.', narrowLanes ? native('sub', 's') : wideSigned(shape, 'sub')),
    sub_u: saturating(VV, 'Difference, unsigned.', narrowLanes ? native('sub', 'u') : wideUnsigned(shape, 'sub')),
    add_su: saturating(
      VV,
      'Sum of a signed and an unsigned operand, signed.',
      `${toUnsigned} ${signBits(shape)} v128.xor ${compared(wrapped)}`,
    ),
    add_us: saturating(
      VV,
      'Sum of an unsigned and a signed operand, unsigned.',
      `${unsignedText(shape, 'add', '$0', positive)} =p:v128
        ${unsignedText(shape, 'sub', '@p', negative)} ${compared(wrapped)}`,
    ),
  };
}

/** Only the least number has no absolute value and no negative; one less than it in wrapping arithmetic is right. */
function unary(shape: Shape, operation: 'abs' | 'neg'): OpRow {
  const t = shape.name;
  const wasm = `$0 ${t}.${operation} $0 ${signBits(shape)} ${t}.eq ~m:v128 ${t}.add ${masked('@m')}`;
  return saturating('v128 -> v128', operation === 'abs' ? 'Absolute value.' : 'Negative.', wasm);
}

/** By one count, less than the lane's width: what does not come back when shifted back has lost bits. */
function shiftLeft(shape: Shape, from: 's' | 'u', to: 's' | 'u'): OpRow {
  const { name: t, bits } = shape;
  const limit = {
    ss: `$0 ${toSign(shape)} ${splatConst(bits, (1n << BigInt(bits - 1)) - 1n)} v128.xor`,
    uu: splatConst(bits, -1n),
    su: `$0 ${toSign(shape)} v128.not`,
    us: '',
  }[`${from}${to}`];
  // As a signed number where both are; a negative one never comes back as unsigned.
  const lost = `@r $1 ${t}.shr_${to} $0 ${t}.ne`;
  const wrong = from !== to ? `${lost} $0 ${toSign(shape)} v128.or` : lost;
  return saturating(
    'v128 i32 -> v128',
    `Shift left by less than the lane's width, ${from === 's' ? 'signed' : 'unsigned'} to ${to === 's' ? 'signed' : 'unsigned'}.`,
    `${limit} $0 $1 ${t}.shl ~r:v128 ${wrong} ~m:v128 v128.bitselect ${masked('@m')}`,
  );
}

function shift(shape: Shape, sign: 's' | 'u', round: boolean): OpRow {
  return saturating(
    VV,
    `Shifts each lane by the signed low byte of b's${round ? ', rounded' : ''}, ${sign === 's' ? 'signed' : 'unsigned'}.`,
    `$0 $1 $vcpu call:${shape.name}.shift${round ? '_round' : ''}_sat_${sign}`,
  );
}

const narrowShapes = ['i8x16', 'i16x8', 'i32x4'] as const;
const allShapes = [...narrowShapes, 'i64x2'] as const;

const laneRows = rowsFor(
  allShapes,
  (shape) => ({
    ...sums(shape),
    abs: unary(shape, 'abs'),
    neg: unary(shape, 'neg'),
    shl_s: shiftLeft(shape, 's', 's'),
    shl_u: shiftLeft(shape, 'u', 'u'),
    shl_su: shiftLeft(shape, 's', 'u'),
    shift_s: shift(shape, 's', false),
    shift_u: shift(shape, 'u', false),
    shift_round_s: shift(shape, 's', true),
    shift_round_u: shift(shape, 'u', true),
  }),
  'sat.',
);

/** Pushes `$0`, lanes limited to a range of the narrower width. */
function limited(wide: Shape, kind: 's' | 'u' | 'su'): string {
  const { name: t, bits } = wide;
  const half = BigInt(bits / 2);
  const top = splatConst(bits, kind === 's' ? (1n << (half - 1n)) - 1n : (1n << half) - 1n);
  const bottom = splatConst(bits, kind === 's' ? -(1n << (half - 1n)) : 0n);
  if (bits < 64) {
    if (kind === 'u') return `$0 ${top} ${t}.min_u`;
    return `$0 ${top} ${t}.min_s ${bottom} ${t}.max_s`;
  }
  if (kind === 'u') return `${top} $0 $0 i32.const 32 i64x2.shr_u ${splatConst(64, 0n)} i64x2.ne v128.bitselect`;
  return `${top} $0 $0 ${top} i64x2.gt_s v128.bitselect =c:v128 ${bottom} @c @c ${bottom} i64x2.lt_s v128.bitselect`;
}

function narrowing(wide: Shape, kind: 's' | 'u' | 'su'): OpRow {
  const { bits, count } = narrower(wide);
  const lanes = Array.from({ length: count }, (_, at) => (at < count / 2 ? 2 * at : count));
  const wasm = `${limited(wide, kind)} ${compared('$0')} v128.const 0 0 ${shuffleLanesText(bits, lanes)}`;
  const range = { s: 'signed to signed', u: 'unsigned to unsigned', su: 'signed to unsigned' }[kind];
  return saturating('v128 -> v128', `Lanes at half their width, ${range}; the upper half is 0.`, wasm);
}

function narrowRows<N extends string, W extends keyof typeof shapes>(to: N, from: W) {
  const row = (kind: 's' | 'u' | 'su'): OpRow => narrowing(shapes[from], kind);
  return {
    [`sat.${to}.narrow_${from}_s`]: row('s'),
    [`sat.${to}.narrow_${from}_u`]: row('u'),
    [`sat.${to}.narrow_${from}_su`]: row('su'),
  } as Record<`sat.${N}.narrow_${W}_${'s' | 'u' | 'su'}`, OpRow>;
}

/** Full signed products of 32-bit (or 16-bit) lanes, lower and upper ones, as text. */
function halves(shape: Shape, a: string, b: string): readonly [string, string] {
  const wide = shape.bits === 16 ? 'i32x4' : 'i64x2';
  const product = (which: 'low' | 'high'): string => `${a} ${b} ${wide}.extmul_${which}_${shape.name}_s`;
  return [product('low'), product('high')];
}

/** (2ab + r) >> width, which is (ab + r/2) >> (width - 1); too large only where both are the least number. */
function doublingHigh(shape: Shape, round: boolean): OpRow {
  const { name: t, bits } = shape;
  const wide = shape.bits === 16 ? 'i32x4' : 'i64x2';
  const both = `$0 ${signBits(shape)} ${t}.eq $1 ${signBits(shape)} ${t}.eq v128.and ~m:v128`;
  const [low, high] = halves(shape, '$0', '$1');
  const bias = round ? `${splatConst(2 * bits, 1n << BigInt(bits - 2))} ${wide}.add` : '';
  const scaled = (product: string): string => `${product} ${bias} i32.const ${String(bits - 1)} ${wide}.shr_s`;
  const even = Array.from({ length: shape.count }, (_, at) => 2 * at);
  // One more than the greatest number wraps to the least; the mask, -1, brings it back.
  const wasm = `${scaled(low)} ${scaled(high)} ${shuffleLanesText(bits, even)} ${both} ${t}.add ${masked('@m')}`;
  return saturating(VV, `Upper half of the doubled product${round ? ', rounded' : ''}, signed.`, wasm);
}

/** a +- the doubled product's upper half, rounded and saturated once. */
function doublingHighAccumulate(shape: Shape, operation: Operation): OpRow {
  const { bits } = shape;
  const wide = bits === 16 ? shapes.i32x4 : shapes.i64x2;
  const t = wide.name;
  const [low, high] = halves(shape, '$1', '$2');
  const half = (which: 'low' | 'high', product: string): string => {
    const extend = bits === 16 ? `$0 i32x4.extend_${which}_i16x8_s` : `$0 i64x2.extend_${which}_i32x4_s`;
    return `${extend} i32.const ${String(bits - 1)} ${t}.shl ${product} ${t}.${operation}
      ${splatConst(2 * bits, 1n << BigInt(bits - 2))} ${t}.add i32.const ${String(bits - 1)} ${t}.shr_s`;
  };
  const limit = (value: string): string => limited(wide, 's').replaceAll('$0', value);
  const even = Array.from({ length: shape.count }, (_, at) => 2 * at);
  const wasm = `${half('low', low)} =l:v128 ${half('high', high)} =h:v128
    ${limit('@l')} ~p:v128 ${limit('@h')} ~q:v128 ${shuffleLanesText(bits, even)}
    ${masked('@p @l v128.xor @q @h v128.xor v128.or')}`;
  const sign = operation === 'add' ? 'plus' : 'minus';
  return saturating(
    'v128 v128 v128 -> v128',
    `a ${sign} the upper half of the doubled product of b and c, rounded.`,
    wasm,
  );
}

function doublingProduct(shape: Shape, which: 'low' | 'high'): OpRow {
  const wide = shape.bits === 16 ? shapes.i32x4 : shapes.i64x2;
  const t = wide.name;
  const [low, high] = halves(shape, '$0', '$1');
  const wasm = `${which === 'low' ? low : high} i32.const 1 ${t}.shl ~r:v128
    @r ${signBits(wide)} ${t}.eq ~m:v128 ${t}.add ${masked('@m')}`;
  return saturating(VV, `Doubled full products of the ${which === 'low' ? 'lower' : 'upper'} lanes, signed.`, wasm);
}

const productRows = {
  ...rowsFor(
    ['i16x8', 'i32x4'],
    (shape) => ({
      mul2_high: doublingHigh(shape, false),
      mul2_high_round: doublingHigh(shape, true),
      add_mul2_high_round: doublingHighAccumulate(shape, 'add'),
      sub_mul2_high_round: doublingHighAccumulate(shape, 'sub'),
    }),
    'sat.',
  ),
  ...named('sat.i32x4.extmul2_low_i16x8', doublingProduct(shapes.i16x8, 'low')),
  ...named('sat.i32x4.extmul2_high_i16x8', doublingProduct(shapes.i16x8, 'high')),
  ...named('sat.i64x2.extmul2_low_i32x4', doublingProduct(shapes.i32x4, 'low')),
  ...named('sat.i64x2.extmul2_high_i32x4', doublingProduct(shapes.i32x4, 'high')),
};

export const vectorSaturateRows = {
  ...laneRows,
  ...narrowRows('i8x16', 'i16x8'),
  ...narrowRows('i16x8', 'i32x4'),
  ...narrowRows('i32x4', 'i64x2'),
  ...productRows,
};
