/**
 * A region: blocks of guest code that a host compiles into one function. Control enters at one block; edges between
 * blocks stay inside, everything else leaves.
 */
import { defined } from '../common/assert.ts';
import type { Block } from './block.ts';
import type { StateLayout } from './state.ts';

/** How control goes on after a block, as far as the region is concerned. */
export type Flow =
  | { readonly kind: 'goto'; readonly target: Edge }
  | { readonly kind: 'branch'; readonly taken: Edge; readonly fallthrough: Edge }
  /** A guest call of known target; `next` is where the callee returns to. */
  | { readonly kind: 'call'; readonly target: number; readonly next: Edge }
  /** A guest call through a register. */
  | { readonly kind: 'call-indirect'; readonly returnPc: number; readonly next: Edge }
  /** A jump through a register, a return included; `targets` are the places in the region where it has gone before. */
  | { readonly kind: 'indirect'; readonly isReturn: boolean; readonly site: number; readonly targets: readonly Edge[] }
  /** A jump through a register that shares the region's hub with others, because it has many targets. */
  | { readonly kind: 'to-hub'; readonly site: number; readonly hub: Edge }
  /** The hub: goes on at that of its targets to which the jump goes, or leaves. */
  | { readonly kind: 'hub'; readonly targets: readonly Edge[] }
  /** Tier 0 has to execute the instruction at `pc` (system call, trap, resync). */
  | { readonly kind: 'leave'; readonly pc: number };

/** To a node of the region by index, or out of it to a guest pc (`node` -1). */
export interface Edge {
  readonly node: number;
  readonly pc: number;
}

export interface RegionNode {
  readonly block: Block;
  readonly flow: Flow;
}

export interface Region {
  /** Guest pc of the entry; node 0 is the entry block. */
  readonly pc: number;
  readonly mode: number;
  readonly layout: StateLayout;
  readonly nodes: readonly RegionNode[];
  /** Nodes at which control may enter: node 0 first, then those where it may have left before, the hub last. */
  readonly entries: readonly number[];
  /**
   * Of the entries, those at which a host may take for granted what holds on all other ways there, if it looks first: control
   * usually got there by code of the region, as another tier executed it.
   */
  readonly guarded: readonly number[];
  /** Guest instructions in all nodes. */
  readonly guestInstructions: number;
}

/** Edges of a flow, those that leave the region included. */
export function edgesOf(flow: Flow): readonly Edge[] {
  switch (flow.kind) {
    case 'goto':
      return [flow.target];
    case 'branch':
      return [flow.taken, flow.fallthrough];
    case 'call':
    case 'call-indirect':
      return [flow.next];
    case 'indirect':
    case 'hub':
      return flow.targets;
    case 'to-hub':
      return [flow.hub];
    case 'leave':
      return [];
  }
}

/** By node, the nodes at which control may go on. */
export function successorsIn({ nodes }: Region): number[][] {
  return nodes.map(({ flow }) => edgesOf(flow).flatMap(({ node }) => (node >= 0 ? [node] : [])));
}

/** Entries at which nothing is known of the guest's state. */
export function openEntries({ entries, guarded }: Region): readonly number[] {
  return entries.filter((node) => !guarded.includes(node));
}

/** Where the indirect jump of the guest instruction at a pc has gone, as far as that is known. */
export type JumpTargets = (site: number) => readonly number[];

/** Targets in a region up to which its indirect jumps compare by themselves. */
const FEW_TARGETS = 3;

/**
 * Forms a region from blocks by pc, of which `blocks[0]` is the entry; edges to other pcs leave the region. `moreEntries`:
 * pcs of blocks at which it is to be entered as well; each costs something where it lies in a loop. With `guards`, they are
 * guarded entries.
 */
export function formRegion(
  blocks: readonly Block[],
  targetsOf: JumpTargets,
  moreEntries: readonly number[],
  guards = false,
): Region {
  const entry = defined(blocks[0], 'a region has an entry block');
  const index = new Map(blocks.map((block, node) => [block.pc, node]));
  const edge = (pc: number): Edge => ({ node: index.get(pc) ?? -1, pc });
  const nodes = withHub(
    blocks.map((block) => ({ block, flow: flowOf(block, edge, targetsOf) })),
    entry,
  );
  const entries = [
    ...new Set([0, ...moreEntries.flatMap((pc) => index.get(pc) ?? [])]),
    ...(nodes.length > blocks.length ? [blocks.length] : []),
  ];
  const reached = reachedFrom(0, nodes);
  return {
    pc: entry.pc,
    mode: entry.mode,
    layout: entry.layout,
    nodes,
    entries,
    guarded: guards ? entries.filter((node) => node !== 0 && reached.has(node)) : [],
    guestInstructions: blocks.reduce((sum, block) => sum + block.guestInstructions, 0),
  };
}

function reachedFrom(root: number, nodes: readonly RegionNode[]): ReadonlySet<number> {
  const reached = new Set([root]);
  for (const node of reached)
    for (const { node: next } of edgesOf(defined(nodes[node], 'node in range').flow)) if (next >= 0) reached.add(next);
  return reached;
}

/**
 * Where there are many targets, lets all indirect jumps go through one node: else every pair of them would be an edge, and
 * what one jump was seen to do would say nothing of the others.
 */
function withHub(nodes: readonly RegionNode[], entry: Block): RegionNode[] {
  const jumps = nodes.flatMap(({ flow }) => (flow.kind === 'indirect' ? flow.targets : []));
  const targets = new Map(jumps.map((target) => [target.pc, target]));
  if (targets.size <= FEW_TARGETS) return [...nodes];
  const hub: Edge = { node: nodes.length, pc: -1 };
  const changed = nodes.map((node): RegionNode => {
    const { flow } = node;
    if (flow.kind !== 'indirect' || flow.isReturn) return node;
    return { ...node, flow: { kind: 'to-hub', site: flow.site, hub } };
  });
  const block: Block = { ...entry, instructions: [], guestInstructions: 0, endPc: entry.pc };
  const sorted = [...targets.values()].sort((a, b) => a.pc - b.pc);
  return [...changed, { block, flow: { kind: 'hub', targets: sorted } }];
}

function flowOf(block: Block, edge: (pc: number) => Edge, targetsOf: JumpTargets): Flow {
  const { terminator } = block;
  switch (terminator.kind) {
    case 'jump':
      if (terminator.hint === 'call' && terminator.returnPc !== null)
        return { kind: 'call', target: terminator.target, next: edge(terminator.returnPc) };
      return { kind: 'goto', target: edge(terminator.target) };
    case 'branch':
      return { kind: 'branch', taken: edge(terminator.taken), fallthrough: edge(terminator.fallthrough) };
    case 'indirect':
      if (terminator.hint === 'call' && terminator.returnPc !== null)
        return { kind: 'call-indirect', returnPc: terminator.returnPc, next: edge(terminator.returnPc) };
      return {
        kind: 'indirect',
        isReturn: terminator.hint === 'return',
        site: lastInstructionPc(block),
        targets: targetsOf(lastInstructionPc(block))
          .map(edge)
          .filter(({ node }) => node >= 0),
      };
    case 'syscall':
    case 'trap':
    case 'resync':
      return { kind: 'leave', pc: lastInstructionPc(block) };
  }
}

/** Pc of the guest instruction that ends the block. */
export function lastInstructionPc(block: Block): number {
  if (block.terminator.kind === 'trap') return block.terminator.pc;
  for (let index = block.instructions.length - 1; index >= 0; index--) {
    const inst = block.instructions[index];
    if (inst?.kind === 'instruction') return inst.lo >>> 0;
  }
  return block.pc;
}
