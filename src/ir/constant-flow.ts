/**
 * Slots that hold a known number where the nodes of a region begin. Guests without immediates for comparisons and large
 * operands keep those in registers, set once outside of a loop.
 */
import { defined } from '../common/assert.ts';
import type { Inst } from './block.ts';
import { edgesOf, openEntries, type Region } from './region.ts';

/** By slot offset: the constant that an i64 slot holds. */
export type ConstantFacts = ReadonlyMap<number, Inst>;

const NOTHING: ConstantFacts = new Map();

const isEqual = (a: Inst, b: Inst | undefined): boolean => a.lo === b?.lo && a.hi === b.hi;

/** What holds behind a node with these facts. */
function transfer(region: Region, node: number, facts: ConstantFacts): ConstantFacts {
  const { block, flow } = defined(region.nodes[node], 'node in range');
  if (flow.kind === 'call' || flow.kind === 'call-indirect') return NOTHING;
  const out = new Map(facts);
  const read = new Map<Inst, Inst>();
  for (const inst of block.instructions) {
    if (inst.kind === 'get') {
      const constant = out.get(inst.lo);
      if (constant !== undefined) read.set(inst, constant);
    } else if (inst.kind === 'set') {
      const value = defined(inst.a, 'set has a value');
      const constant = value.kind === 'const' ? value : read.get(value);
      if (constant?.type === 'i64') out.set(inst.lo, constant);
      else out.delete(inst.lo);
    }
  }
  return out;
}

function join(a: ConstantFacts, b: ConstantFacts): ConstantFacts {
  const both = new Map([...a].filter(([slot, constant]) => isEqual(constant, b.get(slot))));
  return both.size === a.size ? a : both;
}

/** Facts by node; none at entries that are not guarded. `order`: the nodes, such that most edges go forward. */
export function analyzeConstants(region: Region, order: readonly number[]): readonly ConstantFacts[] {
  const entry: (ConstantFacts | undefined)[] = region.nodes.map(() => undefined);
  for (const node of openEntries(region)) entry[node] = NOTHING;
  for (let changed = true; changed;) {
    changed = false;
    for (const node of order) {
      const facts = entry[node];
      if (facts === undefined) continue;
      const out = transfer(region, node, facts);
      for (const { node: next } of edgesOf(defined(region.nodes[node], 'node in range').flow)) {
        if (next < 0) continue;
        const before = entry[next];
        const after = before === undefined ? out : join(before, out);
        if (after === before) continue;
        entry[next] = after;
        changed = true;
      }
    }
  }
  return entry.map((facts) => facts ?? NOTHING);
}
