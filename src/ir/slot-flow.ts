/**
 * Dataflow over the slots of a region: which slots a compiled region must load at its entry, and which it must store
 * where it leaves. Sets of slots are bit masks over the layout's slot order.
 *
 * dirty   the slot's value in the function differs, or may differ, from that in the vCPU block; on the way into a loop with
 *         calls, which store all that is dirty, what is dirty is stored once instead of in each round. Where ways meet, what is
 *         dirty on only some of them is stored on these, so that no other has to load it and no exit behind has to store it;
 *         in a loop without calls, which may go round often before it leaves, it is dirty
 * live    the value may be read before it is overwritten, by an instruction or by a store at an exit
 * loaded  the function has the value; any other is loaded where it is first read, because after a call most are not wanted
 */
import { defined } from '../common/assert.ts';
import type { Block, Inst } from './block.ts';
import { edgesOf, openEntries, type Flow, type Region } from './region.ts';
import type { StateLayout } from './state.ts';

export type SlotSet = bigint;

export interface SlotFlow {
  /** By node: slots to load where the region is entered there. */
  readonly liveIn: readonly SlotSet[];
  readonly dirtyIn: readonly SlotSet[];
  /** What an edge from one node to another has to store: dirty before, and not dirty where the other begins. */
  storedOn(from: number, to: number): SlotSet;
  /** Dirty after the node's instructions, before its terminator. */
  readonly dirtyEnd: readonly SlotSet[];
  /** Loaded where the node begins, for those that are live there: whoever comes from where one is not has to load it. */
  readonly loadedIn: readonly SlotSet[];
  /** Loaded after the node's instructions, before its terminator. */
  readonly loadedEnd: readonly SlotSet[];
  /** All slots that the region touches. */
  readonly used: SlotSet;
}

/** Ways to a node that make it a crossing. */
const MANY_WAYS = 8;

/** A loop: its header, and all nodes in it. */
export interface SlotLoop {
  readonly header: number;
  readonly nodes: readonly number[];
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
  /** True when all that is dirty is stored somewhere inside, and what is written after that for the last time. */
  readonly storesAll: boolean;
  readonly lateDefs: SlotSet;
}

function effectsOf(
  block: Block,
  indices: ReadonlyMap<number, number>,
  { isSideExit, storesAllBefore }: SlotOptions,
): Effects {
  let uses = 0n;
  let defs = 0n;
  let lateDefs = 0n;
  let storesAll = false;
  for (const inst of block.instructions) {
    if (storesAllBefore?.(inst) === true) {
      storesAll = true;
      lateDefs = 0n;
    }
    if (inst.kind !== 'get' && inst.kind !== 'set') continue;
    const bit = 1n << BigInt(defined(indices.get(inst.lo), 'a slot of the layout'));
    if (inst.kind === 'get') {
      if ((defs & bit) === 0n) uses |= bit;
      continue;
    }
    defs |= bit;
    lateDefs |= bit;
  }
  return { uses, defs, hasSideExit: isSideExit(block), storesAll, lateDefs };
}

/** Dirty at the end of a block at whose start `dirtyIn` is. */
function dirtyAfter({ defs, storesAll, lateDefs }: Effects, dirtyIn: SlotSet): SlotSet {
  return storesAll ? lateDefs : dirtyIn | defs;
}

export interface SlotOptions {
  /** Whether a block may leave in its middle with its slots stored. */
  readonly isSideExit: (block: Block) => boolean;
  /** Whether all that is dirty is stored before an instruction. */
  readonly storesAllBefore?: (inst: Inst) => boolean;
}

/** True after a flow that ends the function's knowledge of slots: they are all in the vCPU block then. */
function forgets(flow: Flow): boolean {
  return flow.kind === 'call' || flow.kind === 'call-indirect';
}

/** True for a flow by which control may leave the region, besides along its edges. */
function mayLeave(flow: Flow): boolean {
  return forgets(flow) || flow.kind === 'leave' || flow.kind === 'indirect' || flow.kind === 'hub';
}

/**
 * Where the ways through a loop that calls something meet, as in an interpreter: its hub, where many cases go on, and of
 * `joined` the nodes to which all ways lead through one place. At these nothing is in locals, and all that is dirty is stored:
 * what one case has, most others do not want, but would have to move from local to local, to store wherever they leave, and to
 * load after calls.
 */
export function crossings(
  { nodes }: Region,
  loops: readonly SlotLoop[],
  joined: readonly (readonly number[])[],
): ReadonlySet<number> {
  const ways = nodes.map(() => 0);
  for (const { flow } of nodes) for (const { node } of edgesOf(flow)) if (node >= 0) ways[node] = (ways[node] ?? 0) + 1;
  const joint = new Set(joined.flat());
  const isCrossing = (node: number): boolean =>
    nodes[node]?.flow.kind === 'hub' || (ways[node] ?? 0) >= MANY_WAYS || joint.has(node);
  const calling = new Set(callingLoops(nodes, loops));
  const inside = [...innermostLoops(loops)].flatMap(([node, loop]) => (calling.has(loop) ? [node] : []));
  return new Set(inside.filter((node) => node < nodes.length && isCrossing(node)));
}

/** `loops`: what is read in one that calls nothing is loaded before it; `unloaded`: the region's crossings. */
export function analyzeSlots(
  region: Region,
  options: SlotOptions,
  loops: readonly SlotLoop[],
  unloaded: ReadonlySet<number>,
): SlotFlow {
  const indices = slotIndices(region.layout);
  const { nodes } = region;
  const effects = nodes.map(({ block }) => effectsOf(block, indices, options));
  const isWayIntoCalls = waysIntoCalls(region, loops);
  const dirtyIn = propagateDirty(region, effects, {
    stores: (from, to) => unloaded.has(to) || isWayIntoCalls(from, to),
    storing: storingJoins(region, loops),
  });
  const dirtyEnd = effects.map((effect, node) => dirtyAfter(effect, dirtyIn[node] ?? 0n));
  const storedOn = (from: number, to: number): SlotSet => (dirtyEnd[from] ?? 0n) & ~(dirtyIn[to] ?? 0n);
  const liveIn = propagateLive(region, effects, dirtyIn, dirtyEnd);
  const used = effects.reduce((all, { uses, defs }) => all | uses | defs, 0n);
  return {
    liveIn,
    dirtyIn,
    dirtyEnd,
    storedOn,
    ...propagateLoaded(region, effects, { dirtyIn, liveIn }, loops, unloaded),
    used,
  };
}

function propagateLoaded(
  region: Region,
  effects: readonly Effects[],
  { dirtyIn, liveIn }: Pick<SlotFlow, 'dirtyIn' | 'liveIn'>,
  loops: readonly SlotLoop[],
  unloaded: ReadonlySet<number>,
): { loadedIn: SlotSet[]; loadedEnd: SlotSet[] } {
  const { nodes } = region;
  // What may be dirty on some way has to be loaded on all: memory has it on none for certain.
  const wanted = nodes.map((_, node) => (dirtyIn[node] ?? 0n) & (liveIn[node] ?? 0n));
  const calling = new Set(callingLoops(nodes, loops));
  for (const loop of loops) {
    if (calling.has(loop)) continue;
    const read = loop.nodes.reduce((all, node) => all | (effects[node]?.uses ?? 0n), 0n);
    wanted[loop.header] = (wanted[loop.header] ?? 0n) | (read & (liveIn[loop.header] ?? 0n));
  }
  for (const [node, { hasSideExit, defs }] of effects.entries())
    if (hasSideExit) wanted[node] = (wanted[node] ?? 0n) | (dirtyIn[node] ?? 0n) | defs;
  const all = effects.reduce((sum, { uses, defs }) => sum | uses | defs, 0n);
  const common = nodes.map(() => all);
  for (const node of [...openEntries(region), ...unloaded]) common[node] = 0n;
  const loadedIn = common.map((set, node) => set | (wanted[node] ?? 0n));
  const end = (node: number): SlotSet => {
    const { uses = 0n, defs = 0n } = effects[node] ?? {};
    return (loadedIn[node] ?? 0n) | uses | defs;
  };
  const work = nodes.map((_, node) => node);
  for (let node = work.pop(); node !== undefined; node = work.pop()) {
    const { flow } = defined(nodes[node], 'node in range');
    const out = forgets(flow) ? 0n : end(node);
    for (const { node: next } of edgesOf(flow)) {
      if (next < 0 || ((common[next] ?? 0n) & out) === common[next]) continue;
      common[next] = (common[next] ?? 0n) & out;
      loadedIn[next] = common[next] | (wanted[next] ?? 0n);
      work.push(next);
    }
  }
  return { loadedIn, loadedEnd: nodes.map((_, node) => end(node)) };
}

function callingLoops(nodes: Region['nodes'], loops: readonly SlotLoop[]): SlotLoop[] {
  return loops.filter((loop) => loop.nodes.some((node) => nodes[node] !== undefined && forgets(nodes[node].flow)));
}

/** For each node in a loop, the innermost one around it. */
function innermostLoops(loops: readonly SlotLoop[]): Map<number, SlotLoop> {
  const inner = new Map<number, SlotLoop>();
  for (const loop of [...loops].sort((a, b) => b.nodes.length - a.nodes.length))
    for (const node of loop.nodes) inner.set(node, loop);
  return inner;
}

/** Tells the edges into loops that call something. */
function waysIntoCalls({ nodes }: Region, loops: readonly SlotLoop[]): (from: number, to: number) => boolean {
  const byHeader = new Map<number, ReadonlySet<number>[]>();
  for (const loop of callingLoops(nodes, loops))
    byHeader.set(loop.header, [...(byHeader.get(loop.header) ?? []), new Set(loop.nodes)]);
  return (from, to) => byHeader.get(to)?.some((inside) => !inside.has(from)) === true;
}

/** Nodes where only that is dirty which is dirty on all ways to them. */
function storingJoins({ nodes }: Region, loops: readonly SlotLoop[]): ReadonlySet<number> {
  const calling = new Set(callingLoops(nodes, loops));
  const headers = new Set(loops.map(({ header }) => header));
  const inner = innermostLoops(loops);
  const callsAround = (node: number): boolean => {
    const loop = inner.get(node);
    return loop === undefined || calling.has(loop);
  };
  return new Set([...nodes.keys()].filter((node) => !headers.has(node) && callsAround(node)));
}

interface DirtyOptions {
  /** Whether all that is dirty is stored on the way from one node to another. */
  readonly stores: (from: number, to: number) => boolean;
  readonly storing: ReadonlySet<number>;
}

function propagateDirty(
  { nodes, entries }: Region,
  effects: readonly Effects[],
  { stores, storing }: DirtyOptions,
): SlotSet[] {
  const dirtyIn = nodes.map(() => 0n);
  const after = (from: number, to: number): SlotSet => {
    if (stores(from, to) || forgets(defined(nodes[from], 'node in range').flow)) return 0n;
    return dirtyAfter(defined(effects[from], 'node in range'), dirtyIn[from] ?? 0n);
  };
  const nextOf = nodes.map(({ flow }) => edgesOf(flow).flatMap(({ node }) => (node < 0 ? [] : [node])));
  const ways: number[][] = nodes.map(() => []);
  for (const [node, next] of nextOf.entries()) for (const to of next) ways[to]?.push(node);
  const joined = (node: number): SlotSet => {
    const sets = (ways[node] ?? []).map((from) => after(from, node));
    if (!storing.has(node)) return sets.reduce((all, set) => all | set, 0n);
    // Where a region is entered nothing is dirty.
    const [first = 0n, ...others] = entries.includes(node) ? [] : sets;
    return others.reduce((all, set) => all & set, first);
  };
  const work = [...nodes.keys()];
  for (let node = work.pop(); node !== undefined; node = work.pop()) {
    const dirty = joined(node);
    if (dirty === dirtyIn[node]) continue;
    dirtyIn[node] = dirty;
    work.push(...(nextOf[node] ?? []));
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
      const { uses, defs, hasSideExit, storesAll } = defined(effects[node], 'node in range');
      const edges = edgesOf(flow);
      const leaves = mayLeave(flow) || edges.some((edge) => edge.node < 0);
      let out = leaves ? (dirtyEnd[node] ?? 0n) : 0n;
      if (!forgets(flow))
        for (const edge of edges)
          if (edge.node >= 0) out |= (liveIn[edge.node] ?? 0n) | ((dirtyEnd[node] ?? 0n) & ~(dirtyIn[edge.node] ?? 0n));
      // A side exit stores everything dirty so far; slots written later in the block count too, which is harmless.
      let exits = hasSideExit ? (dirtyIn[node] ?? 0n) | defs : 0n;
      if (storesAll) exits |= dirtyIn[node] ?? 0n;
      const live = uses | (out & ~defs) | exits;
      if (live === liveIn[node]) continue;
      liveIn[node] = live;
      changed = true;
    }
  }
  return liveIn;
}
