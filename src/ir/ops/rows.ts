/** Helpers for writing rows of the operation table under typed names. */
import type { OpRow } from '../op.ts';
import { isValueType, type ValueType } from '../types.ts';
import { assert } from '../../common/assert.ts';

/** The words of a space-separated string literal. */
export type Words<Text extends string, Found = never> = Text extends `${infer Word} ${infer Rest}`
  ? Words<Rest, Found | Word>
  : Found | Text;

/** Rows whose names share a prefix: `prefixed('i32', { add })` has the key `i32.add`. */
export function prefixed<Prefix extends string, Name extends string>(
  prefix: Prefix,
  rows: Readonly<Record<Name, OpRow>>,
): Record<`${Prefix}.${Name}`, OpRow> {
  const named = Object.entries<OpRow>(rows).map(([name, row]) => [`${prefix}.${name}`, row]);
  return Object.fromEntries(named) as Record<`${Prefix}.${Name}`, OpRow>;
}

/** The same row under several names. */
export function named<Names extends string>(names: Names, row: OpRow): Record<Words<Names>, OpRow> {
  return Object.fromEntries(names.split(' ').map((name) => [name, row])) as Record<Words<Names>, OpRow>;
}

/** Operand and result types written `i32 i64 -> i64`; nothing after the arrow means no result. */
export function signature(text: string): { params: ValueType[]; result: ValueType | null } {
  const [params = '', results = ''] = text.split('->').map((part) => part.trim());
  const parse = (part: string): ValueType[] =>
    part.split(' ').flatMap((word) => {
      if (word === '') return [];
      assert(isValueType(word), `${word} in '${text}' is no value type`);
      return [word];
    });
  return { params: parse(params), result: parse(results)[0] ?? null };
}
