/** Conversions and rounding to integral numbers, native in every rounding mode where nothing but inexact can come up. */
import { FP_ENV, ROUNDING } from '../fp-env.ts';
import {
  MODES,
  envIs,
  floatConst,
  floatText,
  isOrdinary,
  powerConst,
  raise,
  soft,
  templateFunction,
  type FloatText,
  type RuntimeFunction,
  type RuntimeFunctions,
} from './text.ts';

export interface IntegerText {
  /** As in row names: `i32_s` ... */
  readonly name: 'i32_s' | 'i32_u' | 'i64_s' | 'i64_u';
  readonly type: 'i32' | 'i64';
  readonly bits: 32 | 64;
  readonly signed: boolean;
}

export const integerTexts: readonly IntegerText[] = [
  { name: 'i32_s', type: 'i32', bits: 32, signed: true },
  { name: 'i32_u', type: 'i32', bits: 32, signed: false },
  { name: 'i64_s', type: 'i64', bits: 64, signed: true },
  { name: 'i64_u', type: 'i64', bits: 64, signed: false },
];

const suffix = (I: IntegerText): 's' | 'u' => (I.signed ? 's' : 'u');

/** The native conversion from the integer, correctly rounded to nearest-even. */
export function nativeFromInteger(F: FloatText, I: IntegerText): string {
  return `${F.type}.convert_${I.type}_${suffix(I)}`;
}

/** The native conversion to the integer: toward zero, saturating. */
export function nativeToInteger(F: FloatText, I: IntegerText): string {
  return `${I.type}.trunc_sat_${F.type}_${suffix(I)}`;
}

/** Pushes 1 if the integral number pushed by `value` is one of the integer type. False for NaN. */
export function inRange(F: FloatText, I: IntegerText, value: string): string {
  const low = I.signed ? powerConst(F, I.bits - 1, -1) : `${F.type}.const 0`;
  const high = powerConst(F, I.signed ? I.bits - 1 : I.bits);
  return `${value} ${low} ${F.type}.ge ${value} ${high} ${F.type}.lt i32.and`;
}

/** True where the format holds every value of the integer type. */
export function isExactFromInteger(F: FloatText, I: IntegerText): boolean {
  return I.bits <= F.format.precision;
}

/**
 * `$0` rounded to an integral number by mode `$1`. Nearest-away: truncation discards less than one, and exactly so,
 * hence the discarded part can be compared with a half.
 */
function integral(F: FloatText): [string, RuntimeFunction] {
  const t = F.type;
  const one = powerConst(F, 0);
  const half = powerConst(F, -1);
  const when = (mode: number, text: string): string => `$1 i32.const ${String(mode)} i32.eq if ${text} return end`;
  const body = `
    ${when(ROUNDING.NEAREST_EVEN, `$0 ${t}.nearest`)}
    ${when(ROUNDING.TOWARD_ZERO, `$0 ${t}.trunc`)}
    ${when(ROUNDING.DOWN, `$0 ${t}.floor`)}
    ${when(ROUNDING.UP, `$0 ${t}.ceil`)}
    ${when(
      ROUNDING.NEAREST_AWAY,
      `$0 ${t}.trunc ~t:${t} ${one} ${floatConst(F, 0n)} $0 @t ${t}.sub ${t}.abs ${half} ${t}.ge select
       $0 ${t}.copysign ${t}.add $0 ${t}.copysign`,
    )}
    unreachable`;
  const summary = 'a rounded to an integral number by the given mode, without flags';
  return templateFunction(`fp.${t}.integral`, [t, 'i32'], t, summary, body);
}

const rounded = (F: FloatText): string => `$0 $1 call:fp.${F.type}.integral`;
const flushesInputs = (vcpu: string): string =>
  `${vcpu} i32.load offset=0 i32.const ${String(FP_ENV.FLUSH_INPUTS)} i32.and`;

function toInteger(F: FloatText, I: IntegerText): [string, RuntimeFunction] {
  const t = F.type;
  const row = `fp.${I.name}.from_${t}`;
  const maximum = (1n << BigInt(I.signed ? I.bits - 1 : I.bits)) - 1n;
  const body = `
    ${flushesInputs('$2')} if ${soft(row, [t], I.type, '$2', '$1')} return end
    ${rounded(F)} =r:${t}
    ${inRange(F, I, '@r')} if
      @r $0 ${t}.ne if ${raise('$2', FP_ENV.INEXACT)} end
      @r ${nativeToInteger(F, I)} return
    end
    ${raise('$2', FP_ENV.INVALID)}
    $0 $0 ${t}.ne if:${I.type} ${I.type}.const ${String(BigInt.asIntN(I.bits, maximum))}
    else @r ${nativeToInteger(F, I)} end`;
  const summary = 'to integer by the given mode, saturating, with flags';
  return templateFunction(row, [t, 'i32', 'i32'], I.type, summary, body);
}

/** Pushes the magnitude's width less its trailing zeros, subtracted from the type's bits: leading plus trailing zeros. */
function freeBits(I: IntegerText): string {
  const t = I.type;
  const last = `${t}.const ${String(I.bits - 1)}`;
  const magnitude = I.signed ? `$0 $0 ${last} ${t}.shr_s ~g:${t} ${t}.xor @g ${t}.sub` : '$0';
  return `${magnitude} ~m:${t} ${t}.clz @m ${t}.ctz ${t}.add`;
}

function fromInteger(F: FloatText, I: IntegerText): [string, RuntimeFunction] {
  const row = `fp.${F.type}.from_${I.name}`;
  const native = `$0 ${nativeFromInteger(F, I)}`;
  const body = `
    ${freeBits(I)} ${I.type}.const ${String(I.bits - F.format.precision)} ${I.type}.ge_u if ${native} return end
    $1 i32.eqz if ${raise('$2', FP_ENV.INEXACT)} ${native} return end
    ${soft(row, [I.type], F.type, '$2', '$1')}`;
  const summary = 'from integer by the given mode, with flags';
  return templateFunction(row, [I.type, 'i32', 'i32'], F.type, summary, body);
}

function roundExact(F: FloatText): [string, RuntimeFunction] {
  const t = F.type;
  const row = `fp.${t}.round_exact`;
  const body = `
    ${flushesInputs('$2')} $0 $0 ${t}.ne i32.or if ${soft(row, [t], t, '$2', '$1')} return end
    ${rounded(F)} ~r:${t} $0 ${t}.ne if ${raise('$2', FP_ENV.INEXACT)} end @r`;
  const summary = 'to integral by the given mode, with flags';
  return templateFunction(row, [t, 'i32', 'i32'], t, summary, body);
}

/** NaNs of the canonical policy are converted here; other policies carry payloads over. */
const canonicalPolicy = (vcpu: string): string => envIs(vcpu, FP_ENV.NAN_POLICY_MASK, 0);

const promote = templateFunction(
  'fp.f64.promote_f32',
  ['f32', 'i32'],
  'f64',
  'to f64 where the operand is a NaN or inputs are flushed',
  `
    $0 $0 f32.ne ${canonicalPolicy('$1')} i32.and if
      $0 $0 $1 call:fp.f32.raise_signaling
      ${floatConst(floatText.f64, 0x7ff8000000000000n)} return
    end
    ${soft('fp.f64.promote_f32', ['f32'], 'f64', '$1')}`,
);

const demote = templateFunction(
  'fp.f32.demote_f64',
  ['f64', 'i32'],
  'f32',
  'to f32, with flags',
  `
    ${envIs('$1', MODES, 0)} if
      $0 f32.demote_f64 ~r:f32 f64.promote_f32 $0 f64.eq if @r return end
      ${isOrdinary(floatText.f32, '@r')} if ${raise('$1', FP_ENV.INEXACT)} @r return end
      $0 $0 f64.ne ${canonicalPolicy('$1')} i32.and if
        $0 $0 $1 call:fp.f64.raise_signaling
        ${floatConst(floatText.f32, 0x7fc00000n)} return
      end
    end
    ${soft('fp.f32.demote_f64', ['f64'], 'f32', '$1')}`,
);

export const convertFunctions: RuntimeFunctions = Object.fromEntries([
  promote,
  demote,
  ...Object.values(floatText).flatMap((F) => [
    integral(F),
    roundExact(F),
    ...integerTexts.map((I) => toInteger(F, I)),
    ...integerTexts.filter((I) => !isExactFromInteger(F, I)).map((I) => fromInteger(F, I)),
  ]),
]);
