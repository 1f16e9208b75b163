/** Comparison, minimum, maximum and classification: where an operand is a NaN or inputs are flushed, and the class. */
import { FP_CLASS } from '../compare.ts';
import { FP_ENV } from '../fp-env.ts';
import {
  bitsConst,
  envIs,
  floatConst,
  floatText,
  raise,
  soft,
  templateFunction,
  type FloatText,
  type RuntimeFunction,
  type RuntimeFunctions,
} from './text.ts';

const flushing = `$2 i32.load offset=0 i32.const ${String(FP_ENV.FLUSH_INPUTS)} i32.and`;

/** Comparisons by row name: the native instruction, and whether a quiet NaN raises invalid. */
export const comparisons = [
  { name: 'eq', native: 'eq', signaling: false },
  { name: 'lt', native: 'lt', signaling: true },
  { name: 'le', native: 'le', signaling: true },
  { name: 'lt_quiet', native: 'lt', signaling: false },
  { name: 'le_quiet', native: 'le', signaling: false },
] as const;

type Comparison = (typeof comparisons)[number];

/** The rows' inline part has dealt with ordered operands, so a comparison that gets here without flushing has a NaN. */
function comparison(F: FloatText, { name, signaling }: Comparison): [string, RuntimeFunction] {
  const t = F.type;
  const row = `fp.${t}.${name}`;
  const flags = signaling ? raise('$2', FP_ENV.INVALID) : `$0 $1 $2 call:fp.${t}.raise_signaling`;
  const body = `${flushing} if ${soft(row, [t, t], 'i32', '$2')} return end ${flags} i32.const 0`;
  const summary = `${name} where an operand is a NaN or inputs are flushed`;
  return templateFunction(row, [t, t, 'i32'], 'i32', summary, body);
}

function extremum(F: FloatText, which: 'min' | 'max'): [string, RuntimeFunction] {
  const t = F.type;
  const row = `fp.${t}.${which}_number`;
  const isNaN = (operand: string): string => `${operand} ${operand} ${t}.ne`;
  const body = `
    ${flushing} if ${soft(row, [t, t], t, '$2')} return end
    $0 $1 $2 call:fp.${t}.raise_signaling
    ${isNaN('$0')} if
      ${isNaN('$1')} if
        ${envIs('$2', FP_ENV.NAN_POLICY_MASK, 0)} if:${t}
          ${floatConst(F, F.format.infinity | F.format.quietBit)} else ${soft(row, [t, t], t, '$2')} end
        return
      end
      $1 return
    end
    ${isNaN('$1')} if $0 return end
    $0 $1 ${t}.${which}`;
  const summary = `${which}imumNumber where an operand is a NaN or inputs are flushed`;
  return templateFunction(row, [t, t, 'i32'], t, summary, body);
}

/** The class is one of five magnitudes; negative numbers are at the mirrored bit, NaNs have no sign. */
function classification(F: FloatText): [string, RuntimeFunction] {
  const { bits, format } = F;
  const below = (limit: bigint): string => `@m ${bitsConst(F, limit)} ${bits}.lt_u`;
  const number = (positive: number, negative: number): string =>
    `i32.const ${String(negative)} i32.const ${String(positive)} @n select return`;
  const body = `
    $0 ${F.toBits} ~b:${bits} ${bitsConst(F, ~format.signBit)} ${bits}.and =m:${bits} @b ${bits}.const 0 ${bits}.lt_s =n:i32
    @m ${bits}.eqz if ${number(FP_CLASS.POSITIVE_ZERO, FP_CLASS.NEGATIVE_ZERO)} end
    ${below(format.fractionMask + 1n)} if ${number(FP_CLASS.POSITIVE_SUBNORMAL, FP_CLASS.NEGATIVE_SUBNORMAL)} end
    ${below(format.infinity)} if ${number(FP_CLASS.POSITIVE_NORMAL, FP_CLASS.NEGATIVE_NORMAL)} end
    ${below(format.infinity + 1n)} if ${number(FP_CLASS.POSITIVE_INFINITY, FP_CLASS.NEGATIVE_INFINITY)} end
    i32.const ${String(FP_CLASS.SIGNALING_NAN)} i32.const ${String(FP_CLASS.QUIET_NAN)}
    ${below(format.infinity | format.quietBit)} select`;
  const summary = 'class of the operand, an FP_CLASS bit';
  return templateFunction(`fp.${F.type}.classify`, [F.type], 'i32', summary, body);
}

/** Pushes 1 if both operands are numbers. */
export function ordered(F: FloatText, a: string, b: string): string {
  return `${a} ${a} ${F.type}.eq ${b} ${b} ${F.type}.eq i32.and`;
}

export const compareFunctions: RuntimeFunctions = Object.fromEntries(
  Object.values(floatText).flatMap((F) => [
    ...comparisons.map((row) => comparison(F, row)),
    extremum(F, 'min'),
    extremum(F, 'max'),
    classification(F),
  ]),
);
