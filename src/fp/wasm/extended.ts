/** Operations beyond the basic ones: extrema that keep NaNs, steps and estimates of reciprocals, rounding, fixed point. */
import { FP_ENV, NAN_POLICY, ROUNDING } from '../fp-env.ts';
import { inRange, integerTexts, type IntegerText } from './convert.ts';
import {
  MODES,
  envIs,
  floatConst,
  floatText,
  powerConst,
  raise,
  soft,
  softOn,
  templateFunction,
  type FloatText,
  type FloatType,
  type RuntimeFunction,
  type RuntimeFunctions,
} from './text.ts';

/** Extrema by row name. */
export const extrema = [
  { name: 'minimum', native: 'min' },
  { name: 'maximum', native: 'max' },
  { name: 'min_num', native: 'min' },
  { name: 'max_num', native: 'max' },
] as const;

const keepsInputs = (vcpu: string): string => envIs(vcpu, FP_ENV.FLUSH_INPUTS, 0);

function extremum(F: FloatText, { name, native }: (typeof extrema)[number]): [string, RuntimeFunction] {
  const t = F.type;
  const row = `fp.${t}.${name}`;
  const body = `
    $0 $1 ${t}.${native} ~r:${t} @r ${t}.eq ${keepsInputs('$2')} i32.and if @r return end
    ${soft(row, [t, t], t, '$2')}`;
  return templateFunction(row, [t, t, 'i32'], t, `${name} of two numbers, or with NaNs`, body);
}

/** Only infinity times zero differs from the product. A product that is a number has no such operands. */
function mulExtended(F: FloatText): [string, RuntimeFunction] {
  const t = F.type;
  const row = `fp.${t}.mul_extended`;
  const isNumber = `$0 $1 ${t}.mul ~r:${t} @r ${t}.eq ${keepsInputs('$2')} i32.and`;
  const body = `${isNumber} if $0 $1 $2 call:fp.${t}.mul return end ${soft(row, [t, t], t, '$2')}`;
  return templateFunction(row, [t, t, 'i32'], t, 'a * b; infinity times zero is 2', body);
}

/** Below this no step overflows, and its halving is exact: a difference of 3 and a number this small is 0 or not tiny. */
const SMALL = 100;

function steps(F: FloatText): [string, RuntimeFunction][] {
  const t = F.type;
  const small = `$0 $1 ${t}.mul ${t}.abs ${powerConst(F, SMALL)} ${t}.lt ${envIs('$2', MODES, 0)} i32.and`;
  const three = floatConst(F, (BigInt(F.format.maxExponent + 1) << F.format.fractionBits) | F.format.quietBit);
  const step = (name: string, from: string, scaled: string): [string, RuntimeFunction] => {
    const row = `fp.${t}.${name}`;
    const body = `${small} if $0 ${t}.neg $1 ${from} $2 call:fp.${t}.fma ${scaled} return end
      ${soft(row, [t, t], t, '$2')}`;
    return templateFunction(row, [t, t, 'i32'], t, `${name} of Newton's iteration`, body);
  };
  return [step('recip_step', powerConst(F, 1), ''), step('rsqrt_step', three, `${powerConst(F, -1)} ${t}.mul`)];
}

function softUnary(F: FloatText, name: string): [string, RuntimeFunction] {
  const row = `fp.${F.type}.${name}`;
  return templateFunction(row, [F.type, 'i32'], F.type, `${name}, from its table`, soft(row, [F.type], F.type, '$1'));
}

/** To an integral number by mode `$1`, without inexact. */
function round(F: FloatText): [string, RuntimeFunction] {
  const t = F.type;
  const row = `fp.${t}.round`;
  const body = `$0 $0 ${t}.eq ${keepsInputs('$2')} i32.and if $0 $1 call:fp.${t}.integral return end
    ${soft(row, [t], t, '$2', '$1')}`;
  return templateFunction(row, [t, 'i32', 'i32'], t, 'to integral by the given mode, never inexact', body);
}

/** `$1` is the number of fraction bits in bits 8 and up, the rounding mode below. */
function toFixed(F: FloatText, I: IntegerText): [string, RuntimeFunction] {
  const t = F.type;
  const row = `fp.${I.name}.fixed_${t}`;
  const mode = '$1 i32.const 255 i32.and';
  const bits = '$1 i32.const 8 i32.shr_u';
  const bias = `${bits} i32.const ${String(F.format.maxExponent)} i32.add`;
  const widen = F.bits === 'i64' ? 'i64.extend_i32_u' : '';
  const power = `${bias} ${widen} ${F.bits}.const ${String(F.format.fractionBits)} ${F.bits}.shl ${F.fromBits}`;
  const operands = [
    [t, '$0'],
    ['i32', bits],
  ] as const;
  const softly = softOn(row, operands, I.type, '$2', mode);
  const body = `
    ${keepsInputs('$2')} i32.eqz if ${softly} return end
    $0 ${power} ${t}.mul ~x:${t} @x ${t}.ne if ${raise('$2', FP_ENV.INVALID)} ${I.type}.const 0 return end
    @x ${mode} $2 call:fp.${I.name}.from_${t}`;
  return templateFunction(row, [t, 'i32', 'i32'], I.type, 'to fixed point, saturating; a NaN gives 0', body);
}

/** Inline answer of a conversion that truncates: pushes 1 where it is right without flags, `$imm` being its packed form. */
export function truncates(F: FloatText, I: IntegerText, vcpu: string): string {
  return `$imm i32.const ${String(ROUNDING.TOWARD_ZERO)} i32.eq
    ${envIs(vcpu, FP_ENV.FLUSH_INPUTS | FP_ENV.INEXACT, FP_ENV.INEXACT)} i32.and ${inRange(F, I, '$0')} i32.and`;
}

/** Half precision, in the low 16 bits of an i32. Normal numbers are moved over, the rest is left to others. */
function promoteHalf(F: FloatText): [string, RuntimeFunction] {
  const t = F.type;
  const row = `fp.${t}.promote_f16`;
  const subnormal = floatConst(floatText.f32, BigInt(127 - 24) << 23n);
  const promote = t === 'f64' ? 'f64.promote_f32' : '';
  const sign = '$0 i32.const 0x8000 i32.and i32.const 16 i32.shl';
  const body = `
    $0 i32.const 0x7c00 i32.and ~e:i32 i32.const 0x7c00 i32.eq if
      ${soft(row, ['i32'], t, '$1')} return
    end
    @e if:i32
      $0 i32.const 0x7fff i32.and i32.const 13 i32.shl i32.const ${String(112 << 23)} i32.add
    else
      $0 i32.const 0x3ff i32.and f32.convert_i32_u ${subnormal} f32.mul i32.reinterpret_f32
    end
    ${sign} i32.or f32.reinterpret_i32 ${promote}`;
  return templateFunction(row, ['i32', 'i32'], t, 'half precision in the low 16 bits to another format', body);
}

/** Exponents whose numbers are normal in half precision and stay below its top binade when rounded up. */
const HALF_MIN = 113;
const HALF_COUNT = 29;

function demoteHalf(F: FloatText): [string, RuntimeFunction] {
  const t = F.type;
  const row = `fp.f16.demote_${t}`;
  const fast = `
    $2 i32.load offset=0 i32.const ${String(MODES)} i32.and $1 i32.or i32.eqz if
      $0 i32.reinterpret_f32 ~b:i32 i32.const 23 i32.shr_u i32.const 255 i32.and i32.const ${String(HALF_MIN)} i32.sub
      i32.const ${String(HALF_COUNT)} i32.lt_u if
        @b i32.const 0x1fff i32.and if ${raise('$2', FP_ENV.INEXACT)} end
        @b i32.const 0x7fffffff i32.and @b i32.const 13 i32.shr_u i32.const 1 i32.and i32.add
        i32.const ${String(0xfff - (112 << 23))} i32.add i32.const 13 i32.shr_u
        @b i32.const 16 i32.shr_u i32.const 0x8000 i32.and i32.or return
      end
    end`;
  const body = `${t === 'f32' ? fast : ''} ${soft(row, [t], 'i32', '$2', '$1')}`;
  return templateFunction(
    row,
    [t, 'i32', 'i32'],
    'i32',
    'to half precision in the low 16 bits, by the given mode',
    body,
  );
}

/** Pushes the relation of two numbers as four bits at the top of an i32: 8 less, 6 equal, 2 greater. */
export function relationText(t: FloatType, x: string, y: string): string {
  const bits = (value: number): string => `i32.const ${String((value << 28) | 0)}`;
  return `${bits(8)} ${bits(6)} ${bits(2)} ${x} ${y} ${t}.eq select ${x} ${y} ${t}.lt select`;
}
const UNORDERED = (3 << 28) | 0;

/** A comparison with NaNs or flushed operands. */
function comparison(F: FloatText, quietness: 'quiet' | 'signaling'): [string, RuntimeFunction] {
  const t = F.type;
  const invalid = quietness === 'quiet' ? `$0 $1 $2 call:fp.${t}.raise_signaling` : raise('$2', FP_ENV.INVALID);
  const isArm = `${envIs('$2', FP_ENV.NAN_POLICY_MASK, NAN_POLICY.FIRST_OPERAND << FP_ENV.NAN_POLICY_SHIFT)} i32.eqz`;
  const body = `
    $0 =x:${t} $1 =y:${t}
    ${keepsInputs('$2')} i32.eqz if
      $0 call:fp.${t}.flushed =x $1 call:fp.${t}.flushed =y
      @x $0 ${t}.ne $0 $0 ${t}.eq i32.and @y $1 ${t}.ne $1 $1 ${t}.eq i32.and i32.or ${isArm} i32.and if
        ${raise('$2', FP_ENV.INPUT_DENORMAL)}
      end
    end
    @x @x ${t}.ne @y @y ${t}.ne i32.or if ${invalid} i32.const ${String(UNORDERED)} return end
    ${relationText(t, '@x', '@y')}`;
  const name = `fp.${t}.compare_${quietness}`;
  return templateFunction(name, [t, t, 'i32'], 'i32', 'the relation as four bits, unordered or flushed', body);
}

/** A zero of the same sign for a denormal number, anything else as it is. */
function flushed(F: FloatText): [string, RuntimeFunction] {
  const t = F.type;
  const zero = `${floatConst(F, 0n)} $0 ${t}.copysign`;
  const body = `${zero} $0 $0 ${t}.abs ${powerConst(F, F.format.minExponent)} ${t}.lt select`;
  return templateFunction(`fp.${t}.flushed`, [t], t, 'a denormal number as a zero', body);
}

export const extendedFunctions: RuntimeFunctions = Object.fromEntries(
  Object.values(floatText).flatMap((F) => [
    ...extrema.map((row) => extremum(F, row)),
    mulExtended(F),
    ...steps(F),
    ...['recip_estimate', 'rsqrt_estimate', 'recip_exponent'].map((name) => softUnary(F, name)),
    round(F),
    flushed(F),
    comparison(F, 'quiet'),
    comparison(F, 'signaling'),
    ...integerTexts.map((I) => toFixed(F, I)),
    promoteHalf(F),
    demoteHalf(F),
  ]),
);
