/**
 * Puts small functions without loops where they are called. A call costs a host the stores of all that the caller changed,
 * the loads of what it needs again, and a look at where the callee returned to; here only the last is left.
 */
import { defined } from '../../common/assert.ts';
import type { Edge, Flow, Region, RegionNode } from '../region.ts';

/** How deep calls of what was put in are followed. */
const MAX_DEPTH = 2;
/** Guest instructions that a region gets at most. */
const MAX_ADDED = 400;

/** `calleeOf`: the function at a pc as a region of its own, if it is one to be put in; see `isInlinable`. */
export function inlineCalls(region: Region, calleeOf: (pc: number) => Region | null): Region {
  const nodes = [...region.nodes];
  const work = nodes.map((_, node) => ({ node, depth: 0 }));
  let added = 0;
  for (const { node, depth } of work) {
    const { block, flow } = defined(nodes[node], 'node in range');
    if (flow.kind !== 'call' || flow.next.node < 0 || depth >= MAX_DEPTH) continue;
    const callee = calleeOf(flow.target);
    if (callee === null || added + callee.guestInstructions > MAX_ADDED) continue;
    const first = nodes.length;
    nodes[node] = { block, flow: { kind: 'goto', target: { node: first, pc: flow.target } } };
    for (const inner of callee.nodes) {
      work.push({ node: nodes.length, depth: depth + 1 });
      nodes.push(placed(inner, first, flow.next));
    }
    added += callee.guestInstructions;
  }
  return added === 0 ? region : { ...region, nodes, guestInstructions: region.guestInstructions + added };
}

/** A node of a callee whose nodes begin at index `first`, and which returns to `next`. */
function placed({ block, flow }: RegionNode, first: number, next: Edge): RegionNode {
  const edge = ({ node, pc }: Edge): Edge => ({ node: node < 0 ? node : node + first, pc });
  const inside = (): Flow => {
    switch (flow.kind) {
      case 'goto':
        return { ...flow, target: edge(flow.target) };
      case 'branch':
        return { ...flow, taken: edge(flow.taken), fallthrough: edge(flow.fallthrough) };
      case 'call':
      case 'call-indirect':
        return { ...flow, next: edge(flow.next) };
      case 'indirect':
        return { ...flow, targets: flow.isReturn ? [next] : flow.targets.map(edge) };
      case 'to-hub':
        return { ...flow, hub: edge(flow.hub) };
      case 'hub':
        return { ...flow, targets: flow.targets.map(edge) };
      case 'leave':
        return flow;
    }
  };
  return { block, flow: inside() };
}

/**
 * True for a function that is left by returns alone, as far as it is known: one that goes on elsewhere, or by a table, would
 * leave its caller as well. Whether it has loops is for the caller to know.
 */
export function isInlinable({ nodes, entries }: Region): boolean {
  const returns = nodes.some(({ flow }) => flow.kind === 'indirect' && flow.isReturn);
  return (
    returns &&
    entries.length === 1 &&
    nodes.every(({ flow }) => {
      if (flow.kind === 'indirect') return flow.isReturn && flow.targets.length === 0;
      if (flow.kind === 'goto') return flow.target.node >= 0;
      return flow.kind !== 'hub' && flow.kind !== 'to-hub' && flow.kind !== 'leave';
    })
  );
}
