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

export const vectorFunctions: VectorFunctions = { 'i16x8.min_position_u': minimumPosition };
