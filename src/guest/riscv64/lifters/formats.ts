/** The two floating-point formats, so that the F and D rows share their shapes. */
import type { Value } from '../../../ir/builder.ts';
import type { OpName } from '../../../ir/ops.ts';
import type { LiftContext } from './context.ts';

/** An operation under the dynamic rounding mode, and under the one that its immediate names. */
export interface Rounded {
  readonly dynamic: OpName;
  readonly fixed: OpName;
}

/** Names of a format's operations, and how its values sit in the f registers. */
export interface Format {
  read(c: LiftContext, register: number): Value;
  write(c: LiftContext, register: number, value: Value): void;
  readonly add: Rounded;
  readonly sub: Rounded;
  readonly mul: Rounded;
  readonly div: Rounded;
  readonly sqrt: Rounded;
  readonly fma: Rounded;
  readonly fromWord: Rounded;
  readonly fromUnsignedWord: Rounded;
  readonly fromDouble: Rounded;
  readonly fromUnsignedDouble: Rounded;
  readonly toWord: Rounded;
  readonly toUnsignedWord: Rounded;
  readonly toDouble: Rounded;
  readonly toUnsignedDouble: Rounded;
  readonly min: OpName;
  readonly max: OpName;
  readonly eq: OpName;
  readonly lt: OpName;
  readonly le: OpName;
  readonly classify: OpName;
  readonly neg: OpName;
  readonly abs: OpName;
  readonly copysign: OpName;
}

type Type = 'f32' | 'f64';

function names<T extends Type>(type: T) {
  const rounded = (dynamic: OpName, fixed: OpName): Rounded => ({ dynamic, fixed });
  return {
    add: rounded(`fp.${type}.add`, `fp.${type}.add_rm`),
    sub: rounded(`fp.${type}.sub`, `fp.${type}.sub_rm`),
    mul: rounded(`fp.${type}.mul`, `fp.${type}.mul_rm`),
    div: rounded(`fp.${type}.div`, `fp.${type}.div_rm`),
    sqrt: rounded(`fp.${type}.sqrt`, `fp.${type}.sqrt_rm`),
    fma: rounded(`fp.${type}.fma`, `fp.${type}.fma_rm`),
    fromWord: rounded(`fp.${type}.from_i32_s`, `fp.${type}.from_i32_s_rm`),
    fromUnsignedWord: rounded(`fp.${type}.from_i32_u`, `fp.${type}.from_i32_u_rm`),
    fromDouble: rounded(`fp.${type}.from_i64_s`, `fp.${type}.from_i64_s_rm`),
    fromUnsignedDouble: rounded(`fp.${type}.from_i64_u`, `fp.${type}.from_i64_u_rm`),
    toWord: rounded(`fp.i32_s.from_${type}`, `fp.i32_s.from_${type}_rm`),
    toUnsignedWord: rounded(`fp.i32_u.from_${type}`, `fp.i32_u.from_${type}_rm`),
    toDouble: rounded(`fp.i64_s.from_${type}`, `fp.i64_s.from_${type}_rm`),
    toUnsignedDouble: rounded(`fp.i64_u.from_${type}`, `fp.i64_u.from_${type}_rm`),
    min: `fp.${type}.min_number`,
    max: `fp.${type}.max_number`,
    eq: `fp.${type}.eq`,
    lt: `fp.${type}.lt`,
    le: `fp.${type}.le`,
    classify: `fp.${type}.classify`,
    neg: `${type}.neg`,
    abs: `${type}.abs`,
    copysign: `${type}.copysign`,
  } as const;
}

/** Upper half of a NaN-boxed single. */
const BOX = 0xffffffff00000000n;

/** Writes the low word of `bits` (i64), boxed. */
export function writeBoxed(c: LiftContext, register: number, bits: Value): void {
  c.setF(register, c.op('f64.reinterpret_i64', c.op('i64.or', bits, c.builder.i64Bits(BOX))));
}

export const single: Format = {
  ...names('f32'),
  // Section 22.2: a single that is not properly boxed counts as the canonical NaN.
  read: (c, register) => c.op('f32.unbox_f64', c.f(register)),
  write: (c, register, value) => {
    c.setF(register, c.op('f64.box_f32', value));
  },
};

export const double: Format = {
  ...names('f64'),
  read: (c, register) => c.f(register),
  write: (c, register, value) => {
    c.setF(register, value);
  },
};

/** Applies `op` under rounding mode field `rm`, which the caller has found legal. */
export function rounded(c: LiftContext, op: Rounded, rm: number, a: Value, b?: Value, third?: Value): Value {
  return rm === 7 ? c.op(op.dynamic, a, b, third) : c.builder.opImm(op.fixed, rm, a, b, third);
}
