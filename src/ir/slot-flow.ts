/**
 * Dataflow over the slots of a region: which slots a compiled region must load at its entry, and which it must store
 * where it leaves. Sets of slots are bit masks over the layout's slot order.
 *
 * dirty   the slot's value in the function differs, or may differ, from that in the vCPU block
 * live    the value may be read before it is overwritten, by an instruction or by a store at an exit
 */
import { defined } from '../common/assert.ts';
import type { Block } from './block.ts';
import { edgesOf, type Flow, type Region } from './region.ts';
import type { StateLayout } from './state.ts';

export type SlotSet = bigint;

export interface SlotFlow {
  /** By node: slots to load where the region is entered there. */
  readonly liveIn: readonly SlotSet[];
  readonly dirtyIn: readonly SlotSet[];
  /** Dirty after the node's instructions, before its terminator. */
  readonly dirtyEnd: readonly SlotSet[];
  /** All slots that the region touches. */
  readonly used: SlotSet;
}

/** Index of each slot by its offset, shared by all users of a layout. */
export function slotIndices(layout: StateLayout): ReadonlyMap<number, number> {
  let indices = indicesOf.get(layout);
  if (indices === undefined) {
    indices = new Map(layout.slots.map((slot, index) => [slot.offset, index]));
    indicesOf.set(layout, indices);
  }
  return indices;
}

const indicesOf = new WeakMap<StateLayout, ReadonlyMap<number, number>>();

interface Effects {
  /** Read before written. */
  readonly uses: SlotSet;
  readonly defs: SlotSet;
  /** Slots that are dirty, from this block alone, at some side exit inside it; with those dirty at its start they are read. */
  readonly hasSideExit: boolean;
}

function effectsOf(block: Block, indices: ReadonlyMap<number, number>, isSideExit: (block: Block) => boolean): Effects {
  let uses = 0n;
  let defs = 0n;
  for (const inst of block.instructions) {
    if (inst.kind !== 'get' && inst.kind !== 'set') continue;
    const bit = 1n << BigInt(defined(indices.get(inst.lo), 'a slot of the layout'));
    if (inst.kind === 'set') defs |= bit;
    else if ((defs & bit) === 0n) uses |= bit;
  }
  return { uses, defs, hasSideExit: isSideExit(block) };
}

/** True after a flow that ends the function's knowledge of slots: they are all in the vCPU block then. */
function forgets(flow: Flow): boolean {
  return flow.kind === 'call' || flow.kind === 'call-indirect';
}

/** True for a flow by which control may leave the region, besides along its edges. */
function mayLeave(flow: Flow): boolean {
  return forgets(flow) || flow.kind === 'leave' || flow.kind === 'indirect' || flow.kind === 'hub';
}

/** `isSideExit` tells whether a block may leave in its middle with its slots stored. */
export function analyzeSlots(region: Region, isSideExit: (block: Block) => boolean): SlotFlow {
  const indices = slotIndices(region.layout);
  const { nodes } = region;
  const effects = nodes.map(({ block }) => effectsOf(block, indices, isSideExit));
  const dirtyIn = propagateDirty(region, effects);
  const dirtyEnd = dirtyIn.map((dirty, node) => dirty | (effects[node]?.defs ?? 0n));
  const liveIn = propagateLive(region, effects, dirtyIn, dirtyEnd);
  const used = effects.reduce((all, { uses, defs }) => all | uses | defs, 0n);
  return { liveIn, dirtyIn, dirtyEnd, used };
}

function propagateDirty({ nodes }: Region, effects: readonly Effects[]): SlotSet[] {
  const dirtyIn = nodes.map(() => 0n);
  const work = nodes.map((_, node) => node);
  for (let node = work.pop(); node !== undefined; node = work.pop()) {
    const { flow } = defined(nodes[node], 'node in range');
    const out = forgets(flow) ? 0n : (dirtyIn[node] ?? 0n) | (effects[node]?.defs ?? 0n);
    for (const { node: next } of edgesOf(flow)) {
      if (next < 0) continue;
      const before = dirtyIn[next] ?? 0n;
      if ((before | out) === before) continue;
      dirtyIn[next] = before | out;
      work.push(next);
    }
  }
  return dirtyIn;
}

function propagateLive(
  { nodes }: Region,
  effects: readonly Effects[],
  dirtyIn: readonly SlotSet[],
  dirtyEnd: readonly SlotSet[],
): SlotSet[] {
  const liveIn = nodes.map(() => 0n);
  let changed = true;
  while (changed) {
    changed = false;
    for (let node = nodes.length - 1; node >= 0; node--) {
      const { flow } = defined(nodes[node], 'node in range');
      const { uses, defs, hasSideExit } = defined(effects[node], 'node in range');
      const edges = edgesOf(flow);
      const leaves = mayLeave(flow) || edges.some((edge) => edge.node < 0);
      let out = leaves ? (dirtyEnd[node] ?? 0n) : 0n;
      if (!forgets(flow)) for (const edge of edges) if (edge.node >= 0) out |= liveIn[edge.node] ?? 0n;
      // A side exit stores everything dirty so far; slots written later in the block count too, which is harmless.
      const exits = hasSideExit ? (dirtyIn[node] ?? 0n) | defs : 0n;
      const live = uses | (out & ~defs) | exits;
      if (live === liveIn[node]) continue;
      liveIn[node] = live;
      changed = true;
    }
  }
  return liveIn;
}
