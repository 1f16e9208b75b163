/** Correlated operands of an operation. Tests only. */
import { FpEnvironment, f32, f64, fma, mul, type FloatFormat } from '../soft-float.ts';
import { nearFloat, randomFloat, randomInteger, type Random } from './random.ts';

export type OperandType = 'i32' | 'i64' | 'f32' | 'f64';

/** An addend that cancels the product of `a` and `b`, or lies around half of its last place. */
function addendNear(random: Random, format: FloatFormat, a: bigint, b: bigint): bigint {
  const product = mul(format, a, b, new FpEnvironment());
  if (random.chance(3)) return nearFloat(random, format, product ^ format.signBit);
  const rest = fma(format, a, b, product ^ format.signBit, new FpEnvironment());
  return nearFloat(random, format, random.chance(2) ? rest : rest & ~format.fractionMask);
}

/** Operands of one format, or integers. */
export function randomOperands(random: Random, types: readonly OperandType[]): bigint[] {
  const first = types[0];
  if (first === undefined) return [];
  if (first === 'i32' || first === 'i64') return types.map((type) => randomInteger(random, type === 'i32' ? 32 : 64));
  const format = first === 'f32' ? f32 : f64;
  const operands = types.map(() => randomFloat(random, format));
  const [a = 0n, b, c] = operands;
  if (b !== undefined && random.chance(3)) operands[1] = nearFloat(random, format, a);
  if (c !== undefined && random.chance(2)) operands[2] = addendNear(random, format, a, operands[1] ?? 0n);
  return operands;
}
