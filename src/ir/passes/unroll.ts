/**
 * Repeats the bodies of small innermost loops. Going round costs a host more than the few instructions of such a loop: it
 * counts, looks whether it is to stop, and jumps; that is once for several rounds then.
 */
import { defined } from '../../common/assert.ts';
import type { Edge, Flow, Region, RegionNode } from '../region.ts';

/** Guest instructions in all copies of a loop at most, nodes in one, and copies. */
const MAX_INSTRUCTIONS = 32;
const MAX_NODES = 4;
const MAX_COPIES = 4;

/** A loop by its nodes, header first. */
export type Loop = readonly number[];

/** `loops`: innermost loops, which share no node; only those are repeated that are small enough and call nothing. */
export function unrollLoops(region: Region, loops: readonly Loop[]): Region {
  const nodes = [...region.nodes];
  for (const loop of loops) {
    const instructions = loop.reduce((sum, node) => sum + nodeOf(region, node).block.guestInstructions, 0);
    const copies = Math.min(MAX_COPIES, Math.floor(MAX_INSTRUCTIONS / instructions));
    if (loop.length <= MAX_NODES && copies > 1 && loop.every((node) => staysInside(nodeOf(region, node).flow)))
      repeat(nodes, loop, copies);
  }
  return nodes.length === region.nodes.length ? region : { ...region, nodes };
}

function nodeOf(region: Region, node: number): RegionNode {
  return defined(region.nodes[node], 'node in range');
}

/** True for a flow along edges that belong to the loop alone. */
function staysInside({ kind }: Flow): boolean {
  return kind === 'goto' || kind === 'branch';
}

function repeat(nodes: RegionNode[], loop: Loop, copies: number): void {
  const bodies = [loop];
  for (let copy = 1; copy < copies; copy++)
    bodies.push(loop.map((_, index) => nodes.length + index + (copy - 1) * loop.length));
  const originals = loop.map((node) => defined(nodes[node], 'node in range'));
  for (const [copy, body] of bodies.entries()) {
    const next = defined(bodies[(copy + 1) % copies], 'a copy');
    const edge = ({ node, pc }: Edge): Edge => {
      const index = loop.indexOf(node);
      if (index < 0) return { node, pc };
      return { node: defined((index === 0 ? next : body)[index], 'a node of the loop'), pc };
    };
    for (const [index, { block, flow }] of originals.entries())
      nodes[defined(body[index], 'a node of the copy')] = { block, flow: withEdges(flow, edge) };
  }
}

function withEdges(flow: Flow, edge: (edge: Edge) => Edge): Flow {
  switch (flow.kind) {
    case 'goto':
      return { ...flow, target: edge(flow.target) };
    case 'branch':
      return { ...flow, taken: edge(flow.taken), fallthrough: edge(flow.fallthrough) };
    default:
      return flow;
  }
}
