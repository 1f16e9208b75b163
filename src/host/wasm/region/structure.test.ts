import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ControlFlow } from './structure.ts';

/** Follows the redirects of one edge to the given node that it reaches in the end. */
function destination(flow: ControlFlow, from: number, target: number): number {
  const redirect = flow.redirect(from, target);
  if (redirect === null) return target;
  const next = flow.dispatchers[redirect.node - flow.given]![redirect.label]!;
  return destination(flow, redirect.node, next);
}

describe('ControlFlow', () => {
  it('finds loops, merges and the dominator tree of a reducible graph', () => {
    // 0 -> 1 -> {2, 3} -> 4 -> {1, 5}
    const flow = new ControlFlow([[1], [2, 3], [4], [4], [1, 5], []]);
    expect(flow.dispatchers).toEqual([]);
    expect(flow.isLoopHeader(1)).toBe(true);
    expect(flow.isLoopHeader(4)).toBe(false);
    expect(flow.isMerge(4)).toBe(true);
    expect(flow.isMerge(1)).toBe(false);
    expect([...flow.children(1)].sort()).toEqual([2, 3, 4]);
  });

  it('gives a loop with two entries one dispatcher', () => {
    const flow = new ControlFlow([[1, 2], [2], [1, 3], []]);
    expect(flow.dispatchers).toHaveLength(1);
    expect(flow.redirect(0, 1)?.node).toBe(4);
    expect(flow.redirect(2, 1)?.node).toBe(4);
    expect(flow.redirect(2, 3)).toBeNull();
    expect(flow.isLoopHeader(4)).toBe(true);
    expect(flow.isLoopHeader(1)).toBe(false);
  });

  it('keeps every edge and leaves every retreating edge to a dominating header', () => {
    const graphs = fc
      .integer({ min: 1, max: 12 })
      .chain((count) =>
        fc.array(fc.array(fc.nat(count - 1), { maxLength: 3 }), { minLength: count, maxLength: count }),
      );
    fc.assert(
      fc.property(graphs, (graph) => {
        const flow = new ControlFlow(graph);
        const total = graph.length + flow.dispatchers.length;
        const successors = (node: number): number[] =>
          (graph[node] ?? [...flow.dispatchers[node - graph.length]!]).map(
            (target) => flow.redirect(node, target)?.node ?? target,
          );
        const dominates = (above: number, below: number): boolean =>
          above === below || [...flow.children(above), ...flow.exits(above)].some((child) => dominates(child, below));
        for (let node = 0; node < total; node++) {
          if (flow.order[node] === -1) continue;
          for (const target of successors(node))
            if (flow.isBackward(node, target)) expect(dominates(target, node)).toBe(true);
        }
        for (const [node, targets] of graph.entries())
          for (const target of targets) expect(destination(flow, node, target)).toBe(target);
      }),
    );
  });
});
