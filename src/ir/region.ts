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
  /** A jump through a register, a return included. */
  | { readonly kind: 'indirect'; readonly isReturn: boolean }
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
    case 'leave':
      return [];
  }
}

/** Forms a region from blocks by pc, of which `blocks[0]` is the entry; edges to other pcs leave the region. */
export function formRegion(blocks: readonly Block[]): Region {
  const entry = defined(blocks[0], 'a region has an entry block');
  const index = new Map(blocks.map((block, node) => [block.pc, node]));
  const edge = (pc: number): Edge => ({ node: index.get(pc) ?? -1, pc });
  return {
    pc: entry.pc,
    mode: entry.mode,
    layout: entry.layout,
    nodes: blocks.map((block) => ({ block, flow: flowOf(block, edge) })),
    guestInstructions: blocks.reduce((sum, block) => sum + block.guestInstructions, 0),
  };
}

function flowOf(block: Block, edge: (pc: number) => Edge): Flow {
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
      return { kind: 'indirect', isReturn: terminator.hint === 'return' };
    case 'syscall':
    case 'trap':
    case 'resync':
      return { kind: 'leave', pc: lastInstructionPc(block) };
  }
}

function lastInstructionPc(block: Block): number {
  if (block.terminator.kind === 'trap') return block.terminator.pc;
  for (let index = block.instructions.length - 1; index >= 0; index--) {
    const inst = block.instructions[index];
    if (inst?.kind === 'instruction') return inst.lo >>> 0;
  }
  return block.pc;
}
