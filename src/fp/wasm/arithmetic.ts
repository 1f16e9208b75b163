/**
 * Arithmetic in native WebAssembly for nearest-even without flushing: the native result is the rounded one, what is
 * left is to tell whether it is exact. Whatever can raise more than inexact goes to soft-float.
 */
import { FP_ENV } from '../fp-env.ts';
import {
  MODES,
  all,
  any,
  bitsConst,
  floatConst,
  floatText,
  infinityConst,
  isInfinite,
  isOrdinary,
  isZero,
  powerConst,
  raise,
  soft,
  templateFunction,
  type FloatText,
  type FloatType,
  type RuntimeFunction,
  type RuntimeFunctions,
} from './text.ts';

interface Operation {
  readonly name: 'add' | 'sub' | 'mul' | 'div' | 'sqrt';
  readonly arity: 1 | 2;
  /** Pushes 1 where a finite-or-infinite result is exact because an operand is a zero or an infinity. */
  readonly special: (F: FloatText) => string;
  /** Pushes 1 where result `@r`, with inexact raised already, is right and raises nothing more. */
  readonly ordinary: (F: FloatText) => string;
  /** Pushes 1 where `@r` is ordinary and `inexact` below can tell. */
  readonly decidable: Readonly<Record<FloatType, (F: FloatText) => string>>;
  /** Pushes 1 where `@r` differs from the exact result. */
  readonly inexact: Readonly<Record<FloatType, (F: FloatText) => string>>;
}

const isNormal = (F: FloatText, value: string): string =>
  `${value} ${F.type}.abs ${powerConst(F, F.format.minExponent)} ${F.type}.ge`;

/** Sums and roots never underflow, so all that counts is that they are finite. */
export const isFinite = (F: FloatText): string => `@r ${F.type}.abs ${infinityConst(F)} ${F.type}.lt`;
const isOrdinaryResult = (F: FloatText): string => isOrdinary(F, '@r');
const wide = (operand: string): string => `${operand} f64.promote_f32`;

/**
 * Pushes 1 where the product of two normal f64 numbers is inexact: it is exact when the odd parts of the significands
 * multiply to less than 2^53. The product of odd parts is formed only where it cannot exceed 64 bits.
 */
export function productInexact(x: string, y: string): string {
  const significand = (value: string): string =>
    `${value} i64.reinterpret_f64 i64.const 0xfffffffffffff i64.and i64.const 0x10000000000000 i64.or`;
  return `${significand(x)} ~mx:i64 i64.ctz ~tx:i64 ${significand(y)} ~my:i64 i64.ctz ~ty:i64 i64.add
    i64.const 52 i64.lt_u if:i32 i32.const 1 else
    @mx @tx i64.shr_u @my @ty i64.shr_u i64.mul i64.const 53 i64.shr_u i64.eqz i32.eqz end`;
}

/**
 * Pushes the error of the f64 sum `s` of `x` and `y` (2Sum, Knuth, TAOCP 4.2.2 theorem B; exact in nearest-even unless
 * it overflows). Uses the scratch local `bb`.
 */
export function sumError(s: string, x: string, y: string): string {
  return `${x} ${s} ${s} ${x} f64.sub ~bb:f64 f64.sub f64.sub ${y} @bb f64.sub f64.add`;
}

/** With a sum below 2^1020, operands above 2^1022 cancel exactly, so 2Sum does not overflow. */
const sumDecidable = {
  f32: isFinite,
  f64: (F: FloatText): string => `@r f64.abs ${powerConst(F, 1020)} f64.lt`,
};

function sumInexact(operation: 'add' | 'sub'): Operation['inexact'] {
  const second = operation === 'sub' ? 'f64.neg' : '';
  return {
    f32: () => `${wide('$0')} =x:f64 ${wide('$1')} ${second} =y:f64 @x @y f64.add =s:f64
      @s ${wide('@r')} f64.ne ${sumError('@s', '@x', '@y')} f64.const 0 f64.ne i32.or`,
    f64: () => `$1 ${second} =y:f64 ${sumError('@r', '$0', '@y')} f64.const 0 f64.ne`,
  };
}

const operations: readonly Operation[] = [
  ...(['add', 'sub'] as const).map((name): Operation => ({
    name,
    arity: 2,
    special: (F) => any(isInfinite(F, '$0'), isInfinite(F, '$1')),
    ordinary: isFinite,
    decidable: sumDecidable,
    inexact: sumInexact(name),
  })),
  {
    name: 'mul',
    arity: 2,
    special: (F) => any(isZero(F, '$0'), isZero(F, '$1'), isInfinite(F, '$0'), isInfinite(F, '$1')),
    ordinary: isOrdinaryResult,
    decidable: {
      f32: isOrdinaryResult,
      f64: (F) => all(isOrdinaryResult(F), isNormal(F, '$0'), isNormal(F, '$1')),
    },
    inexact: {
      f32: () => `${wide('$0')} ${wide('$1')} f64.mul ${wide('@r')} f64.ne`,
      f64: () => productInexact('$0', '$1'),
    },
  },
  {
    name: 'div',
    arity: 2,
    special: (F) => any(isZero(F, '$0'), isInfinite(F, '$0'), isInfinite(F, '$1')),
    ordinary: isOrdinaryResult,
    decidable: {
      f32: isOrdinaryResult,
      f64: (F) => all(isOrdinaryResult(F), isNormal(F, '$0'), isNormal(F, '$1')),
    },
    // A quotient is exact when its product with the divisor is exact and gives the dividend.
    inexact: {
      f32: () => `${wide('@r')} ${wide('$1')} f64.mul ${wide('$0')} f64.ne`,
      f64: () => `@r $1 f64.mul $0 f64.ne if:i32 i32.const 1 else ${productInexact('@r', '$1')} end`,
    },
  },
  {
    name: 'sqrt',
    arity: 1,
    special: (F) => any(isZero(F, '$0'), isInfinite(F, '$0')),
    ordinary: isFinite,
    decidable: { f32: isOrdinaryResult, f64: (F) => all(isOrdinaryResult(F), isNormal(F, '$0')) },
    inexact: {
      f32: () => `${wide('@r')} ${wide('@r')} f64.mul ${wide('$0')} f64.ne`,
      f64: () => `@r @r f64.mul $0 f64.ne if:i32 i32.const 1 else ${productInexact('@r', '@r')} end`,
    },
  },
];

/** Text that returns the default NaN where `@r` is a NaN and the policy is canonical, raising invalid as it must. */
function canonicalNaN(F: FloatText, operands: readonly string[], vcpu: string): string {
  const pair = operands.length === 1 ? `${operands.join(' ')} ${operands.join(' ')}` : operands.join(' ');
  return `@r @r ${F.type}.ne @env i32.const ${String(FP_ENV.NAN_POLICY_MASK)} i32.and i32.eqz i32.and if
    ${pair} ${vcpu} call:fp.${F.type}.nan return end`;
}

function arithmetic(F: FloatText, operation: Operation): [string, RuntimeFunction] {
  const { name, arity } = operation;
  const params = arity === 1 ? ([F.type] as const) : ([F.type, F.type] as const);
  const operands = params.map((_, index) => `$${String(index)}`);
  const vcpu = `$${String(arity)}`;
  const row = `fp.${F.type}.${name}`;
  const body = `${vcpu} i32.load offset=0 ~env:i32 i32.const ${String(MODES)} i32.and i32.eqz if
    ${operands.join(' ')} ${F.type}.${name} =r:${F.type}
    @env i32.const ${String(FP_ENV.INEXACT)} i32.and if
      ${operation.ordinary(F)} if @r return end
    else
      ${operation.decidable[F.type](F)} if
        ${operation.inexact[F.type](F)} if ${raise(vcpu, FP_ENV.INEXACT)} end
        @r return
      end
    end
    @r @r ${F.type}.eq ${operation.special(F)} i32.and if @r return end
    ${canonicalNaN(F, operands, vcpu)}
  end
  ${soft(row, params, F.type, vcpu)}`;
  return templateFunction(row, [...params, 'i32'], F.type, `${name}, with flags`, body);
}

/** Pushes 1 if the float pushed by `value` is a signalling NaN. */
function isSignaling(F: FloatText, value: string): string {
  const magnitude = `${value} ${F.toBits} ${bitsConst(F, ~F.format.signBit)} ${F.bits}.and`;
  return `${magnitude} ${bitsConst(F, F.format.infinity + 1n)} ${F.bits}.sub
    ${bitsConst(F, F.format.quietBit - 1n)} ${F.bits}.lt_u`;
}

function nanFunctions(F: FloatText): [string, RuntimeFunction][] {
  const params = [F.type, F.type, 'i32'] as const;
  const signaling = any(isSignaling(F, '$0'), isSignaling(F, '$1'));
  const ordered = all(`$0 $0 ${F.type}.eq`, `$1 $1 ${F.type}.eq`);
  const raiseInvalid = raise('$2', FP_ENV.INVALID);
  return [
    templateFunction(
      `fp.${F.type}.raise_signaling`,
      params,
      null,
      'raises invalid where an operand is a signalling NaN',
      `${signaling} if ${raiseInvalid} end`,
    ),
    templateFunction(
      `fp.${F.type}.nan`,
      params,
      F.type,
      'canonical NaN result; invalid where an operand is a signalling NaN, or none is a NaN',
      `${any(signaling, ordered)} if ${raiseInvalid} end ${floatConst(F, F.format.infinity | F.format.quietBit)}`,
    ),
  ];
}

export const arithmeticFunctions: RuntimeFunctions = Object.fromEntries(
  Object.values(floatText).flatMap((F) => [
    ...nanFunctions(F),
    ...operations.map((operation) => arithmetic(F, operation)),
  ]),
);
