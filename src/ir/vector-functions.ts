/** Runtime functions of vector rows whose code is too long to stand in every place that uses it. */
import type { ValueType } from './types.ts';

interface TemplateFunction {
  readonly kind: 'template';
  readonly params: readonly ValueType[];
  readonly results: readonly ValueType[];
  readonly summary: string;
  readonly body: string;
}

export type VectorFunctions = Readonly<Record<string, TemplateFunction>>;

function vectorFunction(
  params: readonly ValueType[],
  result: ValueType,
  summary: string,
  body: string,
): TemplateFunction {
  return { kind: 'template', params, results: [result], summary, body };
}

/** Rotating by half the remaining lanes three times leaves the minimum in every lane. */
const spread = (selectors: string): string => `~m:v128 @m @m i8x16.shuffle ${selectors} i16x8.min_u`;

const minimumPosition = vectorFunction(
  ['v128'],
  'v128',
  'the least unsigned 16-bit lane and its first index',
  `$0
   ${spread('8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7')}
   ${spread('4 5 6 7 0 1 2 3 12 13 14 15 8 9 10 11')}
   ${spread('2 3 0 1 6 7 4 5 10 11 8 9 14 15 12 13')}
   ~m i16x8.extract_lane_u 0 $0 @m i16x8.eq i16x8.bitmask i32.ctz i32.const 16 i32.shl i32.or =r:i32
   v128.const 0 0 @r i32x4.replace_lane 0`,
);

/**
 * Sums of absolute differences of four bytes of b, chosen by bits 0 and 1 of the control, and the eight groups of four
 * neighbours of a from byte 0 or 4 (bit 2) on.
 */
const slidingDifferences = ((): TemplateFunction => {
  const group = (first: number): string => {
    const selectors = [0, 1, 2, 3].map((index) => [0, 1, 2, 3].map((byte) => first + index + byte));
    const word = (bytes: readonly number[]): bigint =>
      bytes.reduce((bits, byte, index) => bits | (BigInt(byte) << BigInt(8 * index)), 0n);
    const text = [selectors.slice(0, 2), selectors.slice(2)].map((half) => String(word(half.flat()))).join(' ');
    return `$0 v128.const ${text} @o i8x16.add i8x16.swizzle =w:v128
      @w @b i8x16.max_u @w @b i8x16.min_u i8x16.sub i16x8.extadd_pairwise_i8x16_u i32x4.extadd_pairwise_i16x8_u`;
  };
  return vectorFunction(
    ['v128', 'v128', 'i32'],
    'v128',
    'sums of absolute differences of groups of four bytes',
    `$1 v128.const 0x0302010003020100 0x0302010003020100
     $2 i32.const 3 i32.and i32.const 2 i32.shl i8x16.splat i8x16.add i8x16.swizzle =b:v128
     $2 i32.const 4 i32.and i8x16.splat =o:v128
     ${group(0)} ${group(4)} i16x8.narrow_i32x4_u`,
  );
})();

/**
 * String comparison in the manner of SSE4.2: elements of a (`$2` bits 0 to 7: how many are valid) against those of b (bits
 * 8 to 15). Control `$3`: bit 1 signed; bits 2 and 3 any, ranges, each, ordered; bit 4 inverts the result, with bit 5
 * that of valid elements alone. A bit for each element of b.
 */
function stringMatch(shape: 'i8x16' | 'i16x8'): TemplateFunction {
  const count = shape === 'i8x16' ? 16 : 8;
  const all = String((1 << count) - 1);
  const element = (index: string): string =>
    shape === 'i8x16'
      ? `$0 ${index} i8x16.splat i8x16.swizzle`
      : `$0 ${index} i32.const 514 i32.mul i32.const 256 i32.add i16x8.splat i8x16.swizzle`;
  const bounds = (sign: 's' | 'u'): string => `@e $1 ${shape}.le_${sign} @f $1 ${shape}.ge_${sign} v128.and`;
  const forEach = (limit: string, step: number, text: string): string => `
    i32.const 0 =j block loop @j ${limit} i32.ge_u br_if 1
      ${text}
      @j i32.const ${String(step)} i32.add =j br 0 end end`;
  const body = `
    $2 i32.const 255 i32.and =m:i32 $2 i32.const 8 i32.shr_u =n:i32 i32.const 0 =j:i32
    i32.const 1 @n i32.shl i32.const 1 i32.sub =v:i32
    $3 i32.const 2 i32.shr_u i32.const 3 i32.and =k:i32
    i32.const 0 =r:i32
    @k i32.eqz if
      ${forEach('@m', 1, `${element('@j')} $1 ${shape}.eq ${shape}.bitmask @r i32.or =r`)}
      @r @v i32.and =r
    end
    @k i32.const 1 i32.eq if
      ${forEach(
        '@m i32.const -2 i32.and',
        2,
        `${element('@j')} =e:v128 ${element('@j i32.const 1 i32.add')} =f:v128
         $3 i32.const 2 i32.and if:v128 ${bounds('s')} else ${bounds('u')} end ${shape}.bitmask @r i32.or =r`,
      )}
      @r @v i32.and =r
    end
    @k i32.const 2 i32.eq if
      i32.const 1 @m i32.shl i32.const 1 i32.sub =w:i32
      $0 $1 ${shape}.eq ${shape}.bitmask @v i32.and @w i32.and @v @w i32.or i32.const ${all} i32.xor i32.or =r
    end
    @k i32.const 3 i32.eq if
      i32.const ${all} =r
      ${forEach(
        '@m',
        1,
        `${element('@j')} $1 ${shape}.eq ${shape}.bitmask @v i32.and @j i32.shr_u
         i32.const -1 i32.const ${String(count)} @j i32.sub i32.shl i32.or @r i32.and =r`,
      )}
    end
    $3 i32.const 16 i32.and if
      @r @v i32.const ${all} $3 i32.const 32 i32.and select i32.xor =r
    end
    @r i32.const ${all} i32.and`;
  return vectorFunction(['v128', 'v128', 'i32', 'i32'], 'i32', 'string comparison', body);
}

export const vectorFunctions: VectorFunctions = {
  'i16x8.min_position_u': minimumPosition,
  'i16x8.sliding_abs_diff_i8x16_u': slidingDifferences,
  'i8x16.string_match': stringMatch('i8x16'),
  'i16x8.string_match': stringMatch('i16x8'),
};
