/**
 * Structured control flow for a region (N. Ramsey, "Beyond Relooper", ICFP 2022): the dominator tree gives the
 * nesting of blocks and loops. Loops with several entries, routine in compiled C, first get a local dispatcher: a new
 * node to which all edges into the loop's entries go, with a label that says where they meant to go.
 */
import { defined } from '../../../common/assert.ts';

export interface Redirect {
  /** The dispatcher node that the edge goes to instead. */
  readonly node: number;
  /** Index into the dispatcher's targets. */
  readonly label: number;
}

function reachableFrom(root: number, successors: readonly (readonly number[])[]): Set<number> {
  const found = new Set([root]);
  // A set iterates over members added meanwhile.
  for (const node of found) for (const target of successors[node] ?? []) found.add(target);
  return found;
}

export class ControlFlow {
  /** Nodes given by the caller; dispatchers have indices from here on. */
  readonly given: number;
  readonly #successors: number[][];
  readonly #redirects = new Map<string, Redirect>();
  /** Targets of dispatcher `given + i`. */
  readonly dispatchers: (readonly number[])[] = [];
  /** Position of each node in reverse postorder, -1 where unreachable. */
  readonly order: number[] = [];
  readonly #byOrder: number[] = [];
  readonly #predecessors: number[][] = [];
  readonly #dominator: number[] = [];
  readonly #children: number[][] = [];

  /** Node 0 is the entry; `successors[i]` lists the nodes that node i may continue at. */
  constructor(successors: readonly (readonly number[])[]) {
    this.given = successors.length;
    const reachable = reachableFrom(0, successors);
    this.#successors = successors.map((list, node) => (reachable.has(node) ? [...new Set(list)] : []));
    this.#makeReducible(new Set(this.#successors.keys()));
    this.#number();
    this.#dominate();
  }

  /** Where the edge from `from` to `target` really goes. */
  redirect(from: number, target: number): Redirect | null {
    return this.#redirects.get(`${String(from)} ${String(target)}`) ?? null;
  }

  isLoopHeader(node: number): boolean {
    return this.#of(this.#predecessors, node).some((from) => this.isBackward(from, node));
  }

  /** True for an edge that closes a loop. */
  isBackward(from: number, to: number): boolean {
    return (this.order[to] ?? 0) <= (this.order[from] ?? 0);
  }

  /** True when the node is reached by several forward edges, so that it needs a block of its own to branch to. */
  isMerge(node: number): boolean {
    return this.#of(this.#predecessors, node).filter((from) => !this.isBackward(from, node)).length > 1;
  }

  /** Nodes immediately dominated by `node`, in reverse postorder. */
  children(node: number): readonly number[] {
    return this.#of(this.#children, node);
  }

  #of(lists: readonly number[][], node: number): number[] {
    return defined(lists[node], 'node in range');
  }

  /** Gives every loop among `nodes` a single entry, outermost loops first. */
  #makeReducible(nodes: ReadonlySet<number>): void {
    for (const component of this.#components(nodes)) {
      const members = new Set(component);
      const entries = component.filter((node) => this.#isEntered(node, members));
      if (entries.length > 1) {
        this.#addDispatcher(entries);
        this.#makeReducible(members);
      } else {
        members.delete(entries[0] ?? -1);
        if (members.size > 0) this.#makeReducible(members);
      }
    }
  }

  #isEntered(node: number, members: ReadonlySet<number>): boolean {
    if (node === 0) return true;
    return this.#successors.some((list, from) => !members.has(from) && list.includes(node));
  }

  #addDispatcher(entries: readonly number[]): void {
    const dispatcher = this.#successors.length;
    for (const [from, list] of this.#successors.entries()) {
      if (!list.some((target) => entries.includes(target))) continue;
      for (const target of list) {
        const label = entries.indexOf(target);
        if (label >= 0) this.#redirects.set(`${String(from)} ${String(target)}`, { node: dispatcher, label });
      }
      const kept = list.filter((target) => !entries.includes(target));
      this.#successors[from] = [...kept, dispatcher];
    }
    this.#successors.push([...entries]);
    this.dispatchers.push(entries);
  }

  /** Strongly connected components of the subgraph that contain a cycle (Tarjan, without recursion). */
  #components(nodes: ReadonlySet<number>): number[][] {
    const index = new Map<number, number>();
    const low = new Map<number, number>();
    const onStack = new Set<number>();
    const stack: number[] = [];
    const found: number[][] = [];
    for (const root of nodes) {
      if (index.has(root)) continue;
      const work: { node: number; next: number }[] = [{ node: root, next: 0 }];
      for (let frame = work.at(-1); frame !== undefined; frame = work.at(-1)) {
        const { node } = frame;
        if (frame.next === 0) {
          index.set(node, index.size);
          low.set(node, defined(index.get(node), 'numbered'));
          stack.push(node);
          onStack.add(node);
        }
        const target = this.#of(this.#successors, node)[frame.next++];
        if (target === undefined) {
          work.pop();
          const parent = work.at(-1)?.node;
          const own = defined(low.get(node), 'numbered');
          if (parent !== undefined) low.set(parent, Math.min(defined(low.get(parent), 'numbered'), own));
          if (own !== index.get(node)) continue;
          const component: number[] = [];
          for (let member = stack.pop(); member !== undefined; member = stack.pop()) {
            onStack.delete(member);
            component.push(member);
            if (member === node) break;
          }
          if (component.length > 1 || this.#of(this.#successors, node).includes(node)) found.push(component);
        } else if (nodes.has(target)) {
          const seen = index.get(target);
          if (seen === undefined) work.push({ node: target, next: 0 });
          else if (onStack.has(target)) low.set(node, Math.min(defined(low.get(node), 'numbered'), seen));
        }
      }
    }
    return found;
  }

  #number(): void {
    const count = this.#successors.length;
    const state = new Uint8Array(count);
    const postorder: number[] = [];
    const work: { node: number; next: number }[] = [{ node: 0, next: 0 }];
    state[0] = 1;
    for (let frame = work.at(-1); frame !== undefined; frame = work.at(-1)) {
      const target = this.#of(this.#successors, frame.node)[frame.next++];
      if (target === undefined) {
        postorder.push(frame.node);
        work.pop();
      } else if (state[target] === 0) {
        state[target] = 1;
        work.push({ node: target, next: 0 });
      }
    }
    for (let node = 0; node < count; node++) {
      this.order.push(-1);
      this.#predecessors.push([]);
      this.#children.push([]);
    }
    for (const [position, node] of postorder.reverse().entries()) {
      this.order[node] = position;
      this.#byOrder.push(node);
    }
    for (const node of this.#byOrder)
      for (const target of this.#of(this.#successors, node)) this.#of(this.#predecessors, target).push(node);
  }

  /** Cooper, Harvey, Kennedy, "A Simple, Fast Dominance Algorithm". */
  #dominate(): void {
    const dominator = this.#dominator;
    dominator[0] = 0;
    const order = (node: number): number => this.order[node] ?? 0;
    const meet = (x: number, y: number): number => {
      while (x !== y) {
        while (order(x) > order(y)) x = dominator[x] ?? 0;
        while (order(y) > order(x)) y = dominator[y] ?? 0;
      }
      return x;
    };
    for (let changed = true; changed;) {
      changed = false;
      for (const node of this.#byOrder.slice(1)) {
        let best = -1;
        for (const from of this.#of(this.#predecessors, node))
          if (dominator[from] !== undefined) best = best < 0 ? from : meet(from, best);
        if (dominator[node] === best) continue;
        dominator[node] = best;
        changed = true;
      }
    }
    for (const node of this.#byOrder.slice(1)) this.#of(this.#children, dominator[node] ?? 0).push(node);
  }
}
