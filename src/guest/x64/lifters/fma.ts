/** Fused multiply-add (SDM vol. 1, 14.5). */
import type { Value } from '../../../ir/builder.ts';
import type { FusedName } from '../rows/avx.ts';
import type { LiftContext } from './context.ts';
import { raising } from './fp-guard.ts';
import { readScalar, writeScalar, type FloatName } from './sse-float.ts';
import { halvesOf, operandAt, readVector, writeVector, type VectorLifter } from './vector.ts';

/** Lanes whose sign is inverted before the operation: none, all, the even or the odd ones. */
type Lanes = 'none' | 'all' | 'even' | 'odd';

interface Form {
  readonly T: FloatName;
  readonly isScalar: boolean;
  /** Numbers of the operands that are the factors and the addend (1 is the destination). */
  readonly order: readonly [number, number, number];
  readonly negatesProduct: boolean;
  readonly negatedAddends: Lanes;
}

/** Signs are inverted exactly; a NaN keeps its own, because it is propagated as it is. */
function negated(c: LiftContext, T: FloatName, value: Value, lanes: Lanes): Value {
  if (lanes === 'none') return value;
  const shape = T === 'f32' ? 'f32x4' : 'f64x2';
  const sign = 1n << 63n;
  const pair = T === 'f32' ? { even: 1n << 31n, odd: sign } : { even: sign, odd: sign };
  const low = T === 'f32' ? (lanes === 'all' ? pair.even | pair.odd : pair[lanes]) : lanes === 'odd' ? 0n : sign;
  const high = T === 'f32' ? low : lanes === 'even' ? 0n : sign;
  const flips = c.op('v128.and', c.builder.v128(low, high), c.op(`${shape}.eq`, value, value));
  return c.op('v128.xor', value, flips);
}

function fused({ T, isScalar, order, negatesProduct, negatedAddends }: Form): VectorLifter {
  const shape = T === 'f32' ? 'f32x4' : 'f64x2';
  const prepare = (c: LiftContext, [a, b, addend]: readonly [Value, Value, Value]) =>
    [negated(c, T, a, negatesProduct ? 'all' : 'none'), b, negated(c, T, addend, negatedAddends)] as const;
  return raising((c, operands) => {
    const to = operandAt(operands, 0);
    const read = order.map((number) => operandAt(operands, number - 1));
    const [first, second, third] = read as [typeof to, typeof to, typeof to];
    if (isScalar) {
      const vector = (operand: typeof to): Value => c.op(`${shape}.splat`, readScalar(c, T, operand));
      const [a, b, addend] = prepare(c, [vector(first), vector(second), vector(third)]);
      const low = (value: Value): Value => c.op(`${shape}.low`, value);
      writeScalar(c, T, to, to, c.op(`fp.${T}.fma_dn`, low(a), low(b), low(addend)));
      return;
    }
    const values = halvesOf(to).map((half) => {
      const [a, b, addend] = prepare(c, [
        readVector(c, first, half),
        readVector(c, second, half),
        readVector(c, third, half),
      ]);
      return c.op(`fp.${shape}.fma`, a, b, addend);
    });
    writeVector(c, to, values);
  });
}

/** The addend's sign in each family. */
const families: Readonly<Record<string, { readonly negatesProduct: boolean; readonly negatedAddends: Lanes }>> = {
  vfmadd: { negatesProduct: false, negatedAddends: 'none' },
  vfmsub: { negatesProduct: false, negatedAddends: 'all' },
  vfnmadd: { negatesProduct: true, negatedAddends: 'none' },
  vfnmsub: { negatesProduct: true, negatedAddends: 'all' },
  vfmaddsub: { negatesProduct: false, negatedAddends: 'even' },
  vfmsubadd: { negatesProduct: false, negatedAddends: 'odd' },
};

/** 213 multiplies operands 2 and 1 and adds operand 3; the manual's formula gives the order of the factors. */
const orders = { '132': [1, 3, 2], '213': [2, 1, 3], '231': [2, 3, 1] } as const;
const formats = { ps: ['f32', false], pd: ['f64', false], ss: ['f32', true], sd: ['f64', true] } as const;

function allForms(): Record<FusedName, VectorLifter> {
  const lifters: Record<string, VectorLifter> = {};
  for (const [family, signs] of Object.entries(families))
    for (const [name, order] of Object.entries(orders))
      for (const [suffix, [T, isScalar]] of Object.entries(formats))
        lifters[`${family}${name}${suffix}`] = fused({ T, isScalar, order, ...signs });
  return lifters;
}

export const fmaLifters = allForms();
