/** All Advanced SIMD rows, with their syntax and conditions. */
import * as memory from './simd-memory.ts';
import * as move from './simd-move.ts';
import * as same from './simd-same.ts';
import * as unary from './simd-unary.ts';

type Intersection<Union> = (Union extends unknown ? (one: Union) => void : never) extends (all: infer All) => void
  ? All
  : never;
type Part = 'rows' | 'syntax' | 'conditions';
type Merged<Groups extends Readonly<Record<string, Readonly<Record<Part, object>>>>, Name extends Part> = Readonly<
  Intersection<Groups[keyof Groups][Name]>
>;

/** One part of all groups of a module, joined. */
function merge<Groups extends Readonly<Record<string, Readonly<Record<Part, object>>>>, Name extends Part>(
  groups: Groups,
  part: Name,
): Merged<Groups, Name> {
  // Module namespaces list their exports in an order of the loader's choice.
  const names = Object.keys(groups).sort();
  return Object.assign({}, ...names.map((name) => groups[name]?.[part])) as Merged<Groups, Name>;
}

export const simdRows = { ...merge(same, 'rows'), ...merge(unary, 'rows'), ...merge(move, 'rows') };
export const simdMemoryRows = merge(memory, 'rows');

export const simdSyntax = {
  ...merge(same, 'syntax'),
  ...merge(unary, 'syntax'),
  ...merge(move, 'syntax'),
  ...merge(memory, 'syntax'),
} satisfies Record<keyof typeof simdRows | keyof typeof simdMemoryRows, string>;

export const simdConditions = {
  ...merge(same, 'conditions'),
  ...merge(unary, 'conditions'),
  ...merge(move, 'conditions'),
};
export const simdMemoryConditions = merge(memory, 'conditions');
