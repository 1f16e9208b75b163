/**
 * Fused multiply-add without a native instruction. Compilers contract to it by default on guests that have it, so
 * these functions run as often as addition.
 */
import { FP_ENV } from '../fp-env.ts';
import { sumError } from './arithmetic.ts';
import {
  MODES,
  any,
  floatText,
  isInfinite,
  isOrdinary,
  isZero,
  raise,
  soft,
  templateFunction,
  type FloatText,
  type RuntimeFunction,
  type RuntimeFunctions,
} from './text.ts';

/** Biased exponents of the factors from 2^-450 on, and how many; of the addend, below 2^1000. */
const FACTOR_MIN = 573;
const FACTOR_COUNT = 900;
const ADDEND_LIMIT = 2023;

const exponentField = (bits: string): string => `${bits} i64.const 52 i64.shr_u i64.const 0x7ff i64.and`;
const significand = (bits: string): string =>
  `${bits} i64.const 0xfffffffffffff i64.and i64.const 0x10000000000000 i64.or`;

/** Text that returns `@r`, computed by separate operations, where an operand is a zero factor or an infinity. */
function specialOperands(F: FloatText): string {
  const special = any(isZero(F, '$0'), isZero(F, '$1'), isInfinite(F, '$0'), isInfinite(F, '$1'), isInfinite(F, '$2'));
  return `$0 $1 ${F.type}.mul $2 ${F.type}.add ~r:${F.type} @r ${F.type}.eq ${special} i32.and if @r return end`;
}

/** Nudges the inexact sum `@w`, whose significand is even, to its odd neighbour towards the error `@e`. */
const roundToOdd = (w: string, e: string): string =>
  `${w} i64.reinterpret_f64 i64.const 1 i64.const -1
    ${w} i64.reinterpret_f64 ${e} i64.reinterpret_f64 i64.xor i64.const 0 i64.ge_s select i64.add f64.reinterpret_i64`;

/**
 * The product is uh + ul exactly: ul is the rounding error of uh, got from the low 64 bits of the integer product of
 * the significands. uh + c is vh + vl exactly (2Sum). The result is vh + (vl + ul), its inner sum w rounded to odd
 * (Boldo and Melquiond, "Emulation of FMA and correctly rounded sums", 2008). Rounded to nearest instead, w can mislead
 * the last addition only if vh + w is the exact middle of two results; such a w is a multiple of a quarter of vh's last
 * place, and |w| is at most twice that place, so w's significand ends in 48 zeros. That case alone is looked at again.
 * The exponent ranges keep every step free of overflow and underflow.
 */
const f64Product = `
  $0 i64.reinterpret_f64 =ba:i64 $1 i64.reinterpret_f64 =bb64:i64
  ${exponentField('@ba')} =ea:i64 ${exponentField('@bb64')} =eb:i64
  @ea i64.const ${String(FACTOR_MIN)} i64.sub i64.const ${String(FACTOR_COUNT)} i64.lt_u
  @eb i64.const ${String(FACTOR_MIN)} i64.sub i64.const ${String(FACTOR_COUNT)} i64.lt_u i32.and
  $2 i64.reinterpret_f64 =bc:i64 ${exponentField('@bc')} i64.const ${String(ADDEND_LIMIT)} i64.lt_u i32.and`;

/** ul = (ma * mb - (mu << (eu - ea - eb + 1075))) * 2^(ea + eb - 2150), with the product's sign. */
const f64Error = `
  $0 $1 f64.mul ~uh:f64 i64.reinterpret_f64 =bu:i64 @ea @eb i64.add =ep:i64
  ${significand('@ba')} ${significand('@bb64')} i64.mul
  ${significand('@bu')} ${exponentField('@bu')} @ep i64.sub i64.const 1075 i64.add i64.shl i64.sub f64.convert_i64_s
  @ep i64.const 1127 i64.sub i64.const 52 i64.shl @bu i64.const -0x8000000000000000 i64.and i64.or
  f64.reinterpret_i64 f64.mul =ul:f64`;

const f64Sum = `
  @uh $2 f64.add =vh:f64 ${sumError('@vh', '@uh', '$2')} ~vl:f64 @ul f64.add =w:f64
  @vh @w f64.add =r:f64`;

function f64Fused(): [string, RuntimeFunction] {
  const row = 'fp.f64.fma';
  const inexactClear = `@env i32.const ${String(FP_ENV.INEXACT)} i32.and i32.eqz`;
  const body = `$3 i32.load offset=0 ~env:i32 i32.const ${String(MODES)} i32.and i32.eqz if
    ${f64Product} if
      ${f64Error} ${f64Sum}
      @w i64.reinterpret_f64 i64.const 0xffffffffffff i64.and i64.eqz ${inexactClear} i32.or if
        ${sumError('@w', '@vl', '@ul')} ~e:f64 f64.const 0 f64.ne if
          @w i64.reinterpret_f64 i64.const 1 i64.and i64.eqz if ${roundToOdd('@w', '@e')} =w:f64 end
          @vh @w f64.add =r:f64
          ${raise('$3', FP_ENV.INEXACT)}
        else
          ${sumError('@r', '@vh', '@w')} f64.const 0 f64.ne if ${raise('$3', FP_ENV.INEXACT)} end
        end
      end
      @r return
    end
    ${specialOperands(floatText.f64)}
  end
  ${soft(row, ['f64', 'f64', 'f64'], 'f64', '$3')}`;
  const summary = 'a * b + c, rounded once, with flags';
  return templateFunction(row, ['f64', 'f64', 'f64', 'i32'], 'f64', summary, body);
}

/**
 * In f64 the product of two f32 numbers is exact. Their sum with c, rounded to odd there, rounds to f32 as the exact
 * sum does, because f64 has more than two further bits.
 */
function f32Fused(): [string, RuntimeFunction] {
  const row = 'fp.f32.fma';
  const F = floatText.f32;
  const body = `$3 i32.load offset=0 i32.const ${String(MODES)} i32.and i32.eqz if
    $0 f64.promote_f32 $1 f64.promote_f32 f64.mul =p:f64 $2 f64.promote_f32 =c:f64
    @p @c f64.add =s:f64 ${sumError('@s', '@p', '@c')} ~e:f64 f64.const 0 f64.eq if
      @s f32.demote_f64 ~r:f32 f64.promote_f32 @s f64.eq if @r return end
    else
      @s i64.reinterpret_f64 i64.const 1 i64.and i64.eqz if ${roundToOdd('@s', '@e')} =s:f64 end
      @s f32.demote_f64 =r:f32
    end
    ${isOrdinary(F, '@r')} if ${raise('$3', FP_ENV.INEXACT)} @r return end
    ${specialOperands(F)}
  end
  ${soft(row, ['f32', 'f32', 'f32'], 'f32', '$3')}`;
  const summary = 'a * b + c, rounded once, with flags';
  return templateFunction(row, ['f32', 'f32', 'f32', 'i32'], 'f32', summary, body);
}

/**
 * Pushes 1 where the f32 result of rounding the f64 `s`, itself a rounded sum, is that of the exact sum: `s` is not the
 * middle of two f32 numbers.
 */
export function demotesSafely(s: string): string {
  return `${s} i64.reinterpret_f64 i64.const 0x1fffffff i64.and i64.const 0x10000000 i64.ne`;
}

export const fusedFunctions: RuntimeFunctions = Object.fromEntries([f32Fused(), f64Fused()]);
