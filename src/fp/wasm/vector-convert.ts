/** Conversions of vectors, and rounding to integral values, with flags. */
import { FP_ENV, ROUNDING } from '../fp-env.ts';
import { isDenormal, settledNearest } from './denormal.ts';
import {
  buildLanes,
  orderedLanes,
  ordinaryLanes,
  signalingLanes,
  splatConst,
  splatPower,
  takenLanes,
  vectorShapes,
  zeroLanes,
  type VectorShape,
} from './lanes.ts';
import {
  dynamicRounding,
  powerConst,
  raise,
  templateFunction,
  type FloatText,
  type RuntimeFunction,
  type RuntimeFunctions,
} from './text.ts';

/** Text that assigns to scratch `m` the rounding operand `mode`, or the environment's where it is dynamic. */
const resolved = (mode: string, vcpu: string): string =>
  `${mode} i32.const ${String(ROUNDING.DYNAMIC)} i32.eq if:i32 ${dynamicRounding(vcpu)} else ${mode} end =m:i32`;

/** Pushes scratch `x` with every lane rounded by mode `@m`. */
function roundedLanes(S: VectorShape): string {
  const by = (mode: number, name: string, rest: string): string =>
    `@m i32.const ${String(mode)} i32.eq if:v128 @x ${S.shape}.${name} else ${rest} end`;
  const away = buildLanes(S, (lane) => `@x ${S.shape}.extract_lane ${String(lane)} @m call:fp.${S.F.type}.integral`);
  return by(
    ROUNDING.NEAREST_EVEN,
    'nearest',
    by(ROUNDING.TOWARD_ZERO, 'trunc', by(ROUNDING.DOWN, 'floor', by(ROUNDING.UP, 'ceil', away))),
  );
}

const notAll = (S: VectorShape, mask: string): string => `${mask} ${S.bits}.all_true i32.eqz`;

/** To integral values by mode `$1` (bits 0 to 2; bit 3: inexact is not raised). */
function roundIntegral(S: VectorShape): [string, RuntimeFunction] {
  const quiet = splatConst(S, S.F.format.quietBit);
  const body = `
    $1 i32.const 7 i32.and =k:i32 ${resolved('@k', '$2')} ${takenLanes(S, 'x', '$0', '$2')}
    ${roundedLanes(S)} =r:v128 ${orderedLanes(S, '@x')} =o:v128
    ${notAll(S, '@o')} if
      ${signalingLanes(S, '@x')} v128.any_true if ${raise('$2', FP_ENV.INVALID)} end
      @r @x ${quiet} v128.or @o v128.bitselect =r
    end
    $1 i32.const 8 i32.and i32.eqz @r @x ${S.shape}.ne @o v128.and v128.any_true i32.and
    if ${raise('$2', FP_ENV.INEXACT)} end
    @r`;
  const summary = 'every lane to an integral value, with flags';
  return templateFunction(`fp.${S.shape}.round`, ['v128', 'i32', 'i32'], 'v128', summary, body);
}

/** Pushes the mask of lanes of `@r` within the signed integers of 32 bits. */
const inWord = (S: VectorShape): string =>
  `@r ${splatPower(S, 31, -1)} ${S.shape}.ge @r ${splatPower(S, 31)} ${S.shape}.lt v128.and`;

/** To signed 32-bit integers by mode `$1`; what does not fit gives the least integer and is invalid. */
function toWords(S: VectorShape): [string, RuntimeFunction] {
  const narrow = S.lanes === 2;
  const native = narrow ? 'i32x4.trunc_sat_f64x2_s_zero' : 'i32x4.trunc_sat_f32x4_s';
  const least = narrow ? 'v128.const 0x8000000080000000 0' : 'v128.const 0x8000000080000000 0x8000000080000000';
  const mask = narrow ? '@o v128.const 0 0 i8x16.shuffle 0 1 2 3 8 9 10 11 16 17 18 19 20 21 22 23' : '@o';
  const body = `
    ${resolved('$1', '$2')} ${takenLanes(S, 'x', '$0', '$2')} ${roundedLanes(S)} =r:v128 ${inWord(S)} =o:v128
    ${notAll(S, '@o')} if ${raise('$2', FP_ENV.INVALID)} end
    @r @x ${S.shape}.ne @o v128.and v128.any_true if ${raise('$2', FP_ENV.INEXACT)} end
    @r ${native} ${least} ${mask} v128.bitselect`;
  const summary = 'every lane to a signed integer, with flags';
  return templateFunction(`fp.i32x4.from_${S.shape}_or_min`, ['v128', 'i32', 'i32'], 'v128', summary, body);
}

/** As `toWords`, of one number. */
function toInteger(F: FloatText, bits: 32 | 64): [string, RuntimeFunction] {
  const t = F.type;
  const type = bits === 32 ? 'i32' : 'i64';
  const body = `
    ${resolved('$1', '$2')} $0 @m call:fp.${t}.integral =r:${t}
    @r ${powerConst(F, bits - 1, -1)} ${t}.ge @r ${powerConst(F, bits - 1)} ${t}.lt i32.and if
      @r $0 ${t}.ne if
        ${isDenormal(F, '$0')} $2 i32.load offset=0 i32.const ${String(FP_ENV.FLUSH_INPUTS)} i32.and i32.eqz i32.eqz
        i32.and if ${type}.const 0 return end
        ${raise('$2', FP_ENV.INEXACT)}
      end
      @r ${type}.trunc_sat_${t}_s return
    end
    ${raise('$2', FP_ENV.INVALID)}
    ${type}.const ${String(-(1n << BigInt(bits - 1)))}`;
  const name = `fp.${type}.from_${t}_or_min`;
  return templateFunction(name, [t, 'i32', 'i32'], type, 'to a signed integer, with flags', body);
}

const f32x4 = vectorShapes.f32;
const f64x2 = vectorShapes.f64;

const fromWords = templateFunction(
  'fp.f32x4.from_i32x4',
  ['v128', 'i32'],
  'v128',
  'of signed integers, rounded, with flags',
  `${settledNearest('$1')} if $0 f32x4.convert_i32x4_s return end
   ${buildLanes(f32x4, (lane) => `$0 i32x4.extract_lane ${String(lane)} ${dynamicRounding('$1')} $1 call:fp.f32.from_i32_s`)}`,
);

const promoteLow = templateFunction(
  'fp.f64x2.promote_low_f32x4',
  ['v128', 'i32'],
  'v128',
  'the two lower singles as doubles, with flags',
  `$0 f64x2.promote_low_f32x4 =r:v128
   ${ordinaryLanes(f64x2, '@r')} ${zeroLanes(f64x2, '@r')} v128.or i64x2.all_true
   @r f64x2.abs ${splatPower(f64x2, f32x4.F.format.minExponent)} f64x2.lt @r v128.const 0 0 f64x2.ne v128.and
   v128.any_true i32.eqz i32.and if @r return end
   ${buildLanes(f64x2, (lane) => `$0 f32x4.extract_lane ${String(lane)} $1 call:fp.f64.promote_f32_dn`)}`,
);

const demoted = (lane: number): string => `$0 f64x2.extract_lane ${String(lane)} $1 call:fp.f32.demote_f64_dn`;
const demoteZero = templateFunction(
  'fp.f32x4.demote_f64x2_zero',
  ['v128', 'i32'],
  'v128',
  'two doubles as singles, with flags; upper lanes 0',
  `${settledNearest('$1')} if
     $0 f32x4.demote_f64x2_zero =r:v128
     ${ordinaryLanes(f32x4, '@r')} v128.const 0 -1 v128.or i32x4.all_true if @r return end
   end
   v128.const 0 0 ${demoted(0)} f32x4.replace_lane 0 ${demoted(1)} f32x4.replace_lane 1`,
);

export const vectorConvertFunctions: RuntimeFunctions = Object.fromEntries([
  fromWords,
  promoteLow,
  demoteZero,
  ...Object.values(vectorShapes).flatMap((S) => [roundIntegral(S), toWords(S), toInteger(S.F, 32), toInteger(S.F, 64)]),
]);
