/** Rules of integer algebra, by operation: each gives an older or a cheaper value for an operation, or null. */
import { constantBits } from '../constant.ts';
import type { Inst } from '../block.ts';
import type { OpName } from '../ops.ts';
import type { ValueType } from '../types.ts';

/** Makes values of the block under construction. Operations made here are simplified in turn. */
export interface Maker {
  constant(type: ValueType, bits: bigint): Inst;
  op(name: OpName, ...operands: readonly Inst[]): Inst;
}

export type Rule = (make: Maker, a: Inst, b: Inst, c: Inst) => Inst | null;

/** The rule of an operation, if it has one. Rules of rows with fewer operands ignore the others. */
export function algebraRule(name: string): Rule | undefined {
  return rules.get(name);
}

/** The bits of a constant, null for anything else. */
export function constantOf(inst: Inst): bigint | null {
  return inst.kind === 'const' ? constantBits(inst) : null;
}

/** `inst` without tests that only turn not-zero into 1: for places that ask for not zero anyway. */
export function conditionOf(inst: Inst): Inst {
  if (isOp(inst, 'i32.ne') && inst.a !== null && inst.b !== null && constantOf(inst.b) === 0n) {
    return conditionOf(inst.a);
  }
  if (isOp(inst, 'i32.eqz') && inst.a !== null && isOp(inst.a, 'i32.eqz') && inst.a.a !== null) {
    return conditionOf(inst.a.a);
  }
  return inst;
}

export function isOp(inst: Inst, name: OpName): boolean {
  return inst.op?.name === name;
}

/** Operand `a` of `inst` if that is the operation `name`. */
function under(inst: Inst, name: OpName): Inst | null {
  return isOp(inst, name) ? inst.a : null;
}

type IntegerType = 'i32' | 'i64';

/** (x op c1) op c2 becomes x op (c1 op c2) for an associative, commutative operation. */
function reassociate(name: OpName): Rule {
  return (make, a, b) => {
    if (!isOp(a, name) || a.a === null || a.b === null || constantOf(b) === null || constantOf(a.b) === null)
      return null;
    return make.op(name, a.a, make.op(name, a.b, b));
  };
}

function firstOf(...list: readonly Rule[]): Rule {
  return (make, a, b, c) => {
    for (const rule of list) {
      const result = rule(make, a, b, c);
      if (result !== null) return result;
    }
    return null;
  };
}

/** The first operand where the second is this constant. */
function neutral(bits: bigint): Rule {
  return (_make, a, b) => (constantOf(b) === bits ? a : null);
}

/** This constant where the second operand is it. */
function absorbing(bits: bigint): Rule {
  return (_make, _a, b) => (constantOf(b) === bits ? b : null);
}

const idempotent: Rule = (_make, a, b) => (a === b ? a : null);

function sameGives(type: ValueType, bits: bigint): Rule {
  return (make, a, b) => (a === b ? make.constant(type, bits) : null);
}

const LOADED: Readonly<Record<string, bigint>> = { load8_u: 0xffn, load16_u: 0xffffn, load32_u: 0xffffffffn };
const COMPARISON = /^[if]\d\d\.(eqz|eq|ne|[lg][te](_[su])?)$/;
/** How far down values are looked at. */
const DEPTH = 5;

/** The bits of an integer that may be set. */
function possibleBits(inst: Inst, depth = DEPTH): bigint {
  const all = inst.type === 'i32' ? 0xffffffffn : 0xffffffffffffffffn;
  const bits = constantOf(inst);
  if (bits !== null) return BigInt.asUintN(64, bits) & all;
  const { a, b, op } = inst;
  if (op === null || a === null || depth === 0) return all;
  if (COMPARISON.test(op.name)) return 1n;
  const [type = '', operation = ''] = op.name.split('.');
  if (type !== inst.type) return all;
  const of = (operand: Inst | null): bigint => (operand === null ? all : possibleBits(operand, depth - 1));
  switch (operation) {
    case 'and':
      return of(a) & of(b);
    case 'or':
    case 'xor':
      return of(a) | of(b);
    case 'shr_u': {
      const count = b === null ? null : constantOf(b);
      return count === null ? all : of(a) >> (count & (type === 'i32' ? 31n : 63n));
    }
    case 'extend_i32_u':
      return of(a);
    case 'wrap_i64':
      return of(a) & all;
    default:
      return LOADED[operation] ?? all;
  }
}

/** The operand of `or` that alone has bits in the mask, if the other one has none there. */
function withoutBits(or: Inst, mask: bigint): Inst | null {
  const { a, b } = or;
  if (a === null || b === null) return null;
  if ((possibleBits(b) & mask) === 0n) return a;
  return (possibleBits(a) & mask) === 0n ? b : null;
}

/** A mask that takes nothing away goes, and so does under a mask what it takes away: guests write bytes into registers. */
function maskRule(type: IntegerType): Rule {
  return (make, a, b) => {
    const mask = constantOf(b);
    if (mask === null) return null;
    const possible = possibleBits(a);
    if ((possible & ~mask) === 0n) return a;
    if ((possible & mask) === 0n) return make.constant(type, 0n);
    if (isOp(a, `${type}.or`)) {
      const rest = withoutBits(a, mask);
      return rest === null ? null : make.op(`${type}.and`, rest, b);
    }
    const wide = type === 'i32' ? under(a, 'i32.wrap_i64') : null;
    const rest = wide !== null && isOp(wide, 'i64.or') ? withoutBits(wide, mask) : null;
    return rest === null ? null : make.op('i32.and', make.op('i32.wrap_i64', rest), b);
  };
}

function multiplyByPower(type: IntegerType): Rule {
  return (make, a, b) => {
    const factor = constantOf(b);
    if (factor === null || factor < 2n || (factor & (factor - 1n)) !== 0n) return null;
    return make.op(`${type}.shl`, a, make.constant(type, BigInt(factor.toString(2).length - 1)));
  };
}

/** What sign-extends the low bits of an i64. */
const SIGN_EXTENSIONS: ReadonlyMap<number, OpName> = new Map([
  [32, 'i64.extend32_s'],
  [16, 'i64.extend16_s'],
  [8, 'i64.extend8_s'],
]);

/**
 * `(x << n) >> m` extends the low 64 - n bits of x, and moves them by n - m: how guests without an instruction for that
 * extend, and index by an extended value. For halves, 16 and 8 bits.
 */
function extensionByShifts(isSigned: boolean): Rule {
  return (make, a, b) => {
    const [left, right] = [isOp(a, 'i64.shl') && a.b !== null ? constantOf(a.b) : null, constantOf(b)];
    if (a.a === null || left === null || right === null) return null;
    const kept = 64 - Number(left % 64n);
    const signed = SIGN_EXTENSIONS.get(kept);
    if (signed === undefined) return null;
    const low = isSigned
      ? make.op(signed, a.a)
      : make.op('i64.and', a.a, make.constant('i64', (1n << BigInt(kept)) - 1n));
    const by = 64 - kept - Number(right % 64n);
    if (by === 0) return low;
    if (by > 0) return make.op('i64.shl', low, make.constant('i64', BigInt(by)));
    return make.op(isSigned ? 'i64.shr_s' : 'i64.shr_u', low, make.constant('i64', BigInt(-by)));
  };
}

function arithmeticRules(type: IntegerType): [OpName, Rule][] {
  const ones = type === 'i32' ? 0xffffffffn : 0xffffffffffffffffn;
  const subtractConstant: Rule = (make, a, b) => {
    const bits = constantOf(b);
    return bits === null ? null : make.op(`${type}.add`, a, make.constant(type, -bits));
  };
  const noShift: Rule = (_make, a, b) => {
    const count = constantOf(b);
    return count !== null && count % (type === 'i32' ? 32n : 64n) === 0n ? a : null;
  };
  return [
    [`${type}.add`, firstOf(neutral(0n), reassociate(`${type}.add`))],
    [`${type}.sub`, firstOf(neutral(0n), sameGives(type, 0n), subtractConstant)],
    [`${type}.mul`, firstOf(neutral(1n), absorbing(0n), multiplyByPower(type))],
    [`${type}.and`, firstOf(neutral(ones), absorbing(0n), idempotent, reassociate(`${type}.and`), maskRule(type))],
    [`${type}.or`, firstOf(neutral(0n), absorbing(ones), idempotent, reassociate(`${type}.or`))],
    [`${type}.xor`, firstOf(neutral(0n), sameGives(type, 0n), reassociate(`${type}.xor`))],
    [`${type}.shl`, noShift],
    [`${type}.shr_s`, type === 'i32' ? noShift : firstOf(noShift, extensionByShifts(true))],
    [`${type}.shr_u`, type === 'i32' ? noShift : firstOf(noShift, extensionByShifts(false))],
    [`${type}.rotl`, noShift],
    [`${type}.rotr`, noShift],
    [`${type}.min_s`, idempotent],
    [`${type}.min_u`, idempotent],
    [`${type}.max_s`, idempotent],
    [`${type}.max_u`, idempotent],
  ];
}

function comparisonRules(type: IntegerType): [OpName, Rule][] {
  const zeroTest: Rule = (make, a, b) => (constantOf(b) === 0n ? make.op(`${type}.eqz`, a) : null);
  const never = sameGives('i32', 0n);
  const always = sameGives('i32', 1n);
  return [
    [`${type}.eq`, firstOf(always, zeroTest)],
    [`${type}.ne`, never],
    [`${type}.lt_s`, never],
    [`${type}.lt_u`, never],
    [`${type}.gt_s`, never],
    [`${type}.gt_u`, never],
    [`${type}.le_s`, always],
    [`${type}.le_u`, always],
    [`${type}.ge_s`, always],
    [`${type}.ge_u`, always],
  ];
}

/** Comparisons and their negations; of floats only equality has one. */
const negations: ReadonlyMap<string, OpName> = new Map(
  (['i32', 'i64'] as const).flatMap((type) => {
    const pairs: [OpName, OpName][] = [
      [`${type}.eq`, `${type}.ne`],
      [`${type}.lt_s`, `${type}.ge_s`],
      [`${type}.lt_u`, `${type}.ge_u`],
      [`${type}.gt_s`, `${type}.le_s`],
      [`${type}.gt_u`, `${type}.le_u`],
    ];
    return pairs.flatMap(([name, opposite]): [OpName, OpName][] => [
      [name, opposite],
      [opposite, name],
    ]);
  }),
);

const negateComparison: Rule = (make, a) => {
  const opposite = negations.get(a.op?.name ?? '');
  return opposite === undefined || a.a === null || a.b === null ? null : make.op(opposite, a.a, a.b);
};

const wrap: Rule = (make, a) => {
  const narrow = under(a, 'i64.extend_i32_s') ?? under(a, 'i64.extend_i32_u');
  if (narrow !== null) return narrow;
  const wide = under(a, 'i64.extend32_s');
  return wide === null ? null : make.op('i32.wrap_i64', wide);
};

const extendSigned: Rule = (make, a) => {
  const wide = under(a, 'i32.wrap_i64');
  return wide === null ? null : make.op('i64.extend32_s', wide);
};

const extendUnsigned: Rule = (make, a) => {
  const wide = under(a, 'i32.wrap_i64');
  return wide === null ? null : make.op('i64.and', wide, make.constant('i64', 0xffffffffn));
};

/** Values that are sign-extended from 32 bits already. */
const extended: readonly OpName[] = [
  'i64.extend32_s',
  'i64.extend_i32_s',
  'i64.load32_s',
  'i64.load16_s',
  'i64.load16_u',
  'i64.load8_s',
  'i64.load8_u',
];

const extendLow: Rule = (make, a) => {
  if (extended.some((name) => isOp(a, name))) return a;
  const narrow = under(a, 'i64.extend_i32_u');
  return narrow === null ? null : make.op('i64.extend_i32_s', narrow);
};

const choose: Rule = (make, a, b, c) => {
  const condition = constantOf(c);
  if (condition !== null) return condition === 0n ? b : a;
  if (a === b) return a;
  const simpler = conditionOf(c);
  return simpler === c || a.type === null ? null : make.op(`${a.type}.select`, a, b, simpler);
};

function inverse(name: OpName): Rule {
  return (_make, a) => under(a, name);
}

/** Operations that give a vector with a given scalar in lane 0, by the scalar's type: alone, or beside what was there. */
const LOW_MAKERS = {
  i32: ['v128.from_i32', null],
  i64: ['v128.from_i64', null],
  f32: ['v128.from_f32', 'f32x4.with_low'],
  f64: ['v128.from_f64', 'f64x2.with_low'],
} as const satisfies Readonly<Record<string, readonly [OpName, OpName | null]>>;

/** The scalar of this type that was put into lane 0 of `vector`. */
function putLow(vector: Inst, type: keyof typeof LOW_MAKERS): Inst | null {
  const [alone, beside] = LOW_MAKERS[type];
  return under(vector, alone) ?? (beside !== null && isOp(vector, beside) ? vector.b : null);
}

/** Lane 0 of a vector that was made from a scalar: the scalar, or its bits as another type. */
function lowLane(same: keyof typeof LOW_MAKERS, other: keyof typeof LOW_MAKERS, cast: OpName): Rule {
  return (make, a) => {
    const bits = putLow(a, other);
    return putLow(a, same) ?? (bits === null ? null : make.op(cast, bits));
  };
}

/** What was put into lane 0 before does not matter, and putting back what is there changes nothing. */
function putAgain(name: 'f32x4.with_low' | 'f64x2.with_low', low: 'f32x4.low' | 'f64x2.low'): Rule {
  return (make, a, b) => {
    if (under(b, low) === a) return a;
    const before = under(a, name);
    return before === null ? null : make.op(name, before, b);
  };
}

/** Vectors whose upper bits are 0 already. */
const lowSingles: readonly OpName[] = ['v128.low32', 'v128.from_i32', 'v128.from_f32', 'v128.load32_zero'];
const lowDoubles: readonly OpName[] = ['v128.low64', 'v128.from_i64', 'v128.from_f64', 'v128.load64_zero'];

/** Clearing upper bits does nothing to vectors that have none, and makes repeating the low bits in them useless. */
function clearUpper(name: OpName, clear: readonly OpName[], splat: OpName): Rule {
  return (make, a) => {
    if (clear.some((one) => isOp(a, one))) return a;
    const low = under(a, splat);
    return low === null ? null : make.op(name, low);
  };
}

const rules: ReadonlyMap<string, Rule> = new Map<OpName, Rule>([
  ...arithmeticRules('i32'),
  ...arithmeticRules('i64'),
  ...comparisonRules('i32'),
  ...comparisonRules('i64'),
  ['i32.eqz', negateComparison],
  ['i32.wrap_i64', wrap],
  ['i64.extend_i32_s', extendSigned],
  ['i64.extend_i32_u', extendUnsigned],
  ['i64.extend32_s', extendLow],
  ['i32.reinterpret_f32', inverse('f32.reinterpret_i32')],
  ['f32.reinterpret_i32', inverse('i32.reinterpret_f32')],
  ['i64.reinterpret_f64', inverse('f64.reinterpret_i64')],
  ['f64.reinterpret_i64', inverse('i64.reinterpret_f64')],
  ['f64x2.low', lowLane('f64', 'i64', 'f64.reinterpret_i64')],
  ['i64x2.low', lowLane('i64', 'f64', 'i64.reinterpret_f64')],
  ['f32x4.low', lowLane('f32', 'i32', 'f32.reinterpret_i32')],
  ['i32x4.low', lowLane('i32', 'f32', 'i32.reinterpret_f32')],
  ['f32x4.with_low', putAgain('f32x4.with_low', 'f32x4.low')],
  ['f64x2.with_low', putAgain('f64x2.with_low', 'f64x2.low')],
  ['v128.low64', clearUpper('v128.low64', [...lowDoubles, ...lowSingles], 'i64x2.splat_low')],
  ['v128.low32', clearUpper('v128.low32', lowSingles, 'i32x4.splat_low')],
  ['i32.select', choose],
  ['i64.select', choose],
  ['f32.select', choose],
  ['f64.select', choose],
  ['v128.select', choose],
]);
