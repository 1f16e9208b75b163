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

const edgeKey = (from: number, to: number): number => from * 0x100000 + to;

function reachableFrom(root: number, successors: readonly (readonly number[])[]): Set<number> {
  const found = new Set([root]);
  // A set iterates over members added meanwhile.
  for (const node of found) for (const target of successors[node] ?? []) found.add(target);
  return found;
}

/** The nodes that `root` reaches, in reverse postorder. */
function reversePostorder(root: number, successors: readonly (readonly number[])[]): number[] {
  const seen = new Uint8Array(successors.length);
  const postorder: number[] = [];
  const work: { readonly node: number; next: number }[] = [{ node: root, next: 0 }];
  seen[root] = 1;
  for (let frame = work.at(-1); frame !== undefined; frame = work.at(-1)) {
    const target = successors[frame.node]?.[frame.next++];
    if (target === undefined) {
      postorder.push(frame.node);
      work.pop();
    } else if (seen[target] === 0) {
      seen[target] = 1;
      work.push({ node: target, next: 0 });
    }
  }
  return postorder.reverse();
}

/** Position of each of `count` nodes in `order`, -1 for those that are not in it. */
function positions(order: readonly number[], count: number): number[] {
  const found = new Array<number>(count).fill(-1);
  for (const [position, node] of order.entries()) found[node] = position;
  return found;
}

export class ControlFlow {
  /** Nodes given by the caller; dispatchers have indices from here on. */
  readonly given: number;
  readonly #root: number;
  readonly #successors: number[][];
  readonly #redirects = new Map<number, Redirect>();
  /** Reverse postorder before dispatchers were added, from the region's first node. */
  readonly #natural: readonly number[];
  /** Targets of dispatcher `given + i`. */
  readonly dispatchers: (readonly number[])[] = [];
  /** Position of each node in reverse postorder, -1 where unreachable. */
  readonly order: number[] = [];
  readonly #byOrder: number[] = [];
  /** Where control comes from, while dispatchers are added. */
  readonly #sources: Set<number>[] = [];
  readonly #predecessors: number[][] = [];
  readonly #dominator: number[] = [];
  readonly #children: number[][] = [];
  readonly #exits: number[][] = [];
  readonly #isExit: (true | undefined)[] = [];
  /** Header of the innermost loop that holds each node. */
  readonly #innermost: (number | undefined)[] = [];
  /** Header of the loop around each loop, by its header. */
  readonly #outer: (number | undefined)[] = [];

  /**
   * `successors[i]` lists the nodes that node i may continue at; control enters at `root`. Where that is not node 0, node
   * 0 is still where the code begins, and `root` only adds ways into its middle.
   */
  constructor(successors: readonly (readonly number[])[], root = 0) {
    this.given = successors.length;
    this.#root = root;
    const reachable = reachableFrom(root, successors);
    this.#successors = successors.map((list, node) => (reachable.has(node) ? [...new Set(list)] : []));
    this.#natural = positions(reversePostorder(0, this.#successors), this.#successors.length);
    for (const list of this.#successors.keys()) this.#sources[list] = new Set();
    for (const [from, list] of this.#successors.entries()) for (const target of list) this.#sourcesOf(target).add(from);
    this.#makeReducible(new Set(this.#successors.keys()));
    this.#number();
    this.#dominate();
    this.#findLoops();
    this.#place();
  }

  /** Where the edge from `from` to `target` really goes. */
  redirect(from: number, target: number): Redirect | null {
    return this.#redirects.get(edgeKey(from, target)) ?? null;
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

  /** Nodes immediately dominated by `node` and in all the loops that hold it, in reverse postorder. */
  children(node: number): readonly number[] {
    return this.#of(this.#children, node);
  }

  /**
   * Nodes behind the loop with header `node`: dominated by one of its nodes, but outside. Code inside a WebAssembly loop
   * counts as the loop's for an engine, whether control comes back from there or not, so they belong after its end.
   */
  exits(node: number): readonly number[] {
    return this.#of(this.#exits, node);
  }

  /** Headers of the loops that hold `node`, innermost first. */
  loopsAround(node: number): number[] {
    const found: number[] = [];
    for (let header = this.#innermost[node]; header !== undefined; header = this.#outer[header]) found.push(header);
    return found;
  }

  /** All loops by the given nodes at which control goes round, several where that is by a dispatcher, and the given nodes inside. */
  loops(): { readonly header: number; readonly nodes: readonly number[] }[] {
    const inside = new Map<number, number[]>();
    for (let node = 0; node < this.given; node++)
      for (const header of this.loopsAround(node)) inside.set(header, [...(inside.get(header) ?? []), node]);
    return [...inside].flatMap(([header, nodes]) => {
      const headers = this.dispatchers[header - this.given] ?? [header];
      return headers.map((at) => ({ header: at, nodes }));
    });
  }

  /** Loops without others inside, as their nodes, header first; those that got a dispatcher are left out. */
  innermostLoops(): number[][] {
    const loops = new Map<number, number[]>();
    for (const node of this.#byOrder) {
      const header = this.#innermost[node];
      if (header === undefined) continue;
      const loop = loops.get(header);
      if (loop === undefined) loops.set(header, [node]);
      else loop.push(node);
    }
    for (const outer of this.#outer) if (outer !== undefined) loops.delete(outer);
    return [...loops.values()].filter((loop) => loop.every((node) => node < this.given));
  }

  /** True for a node that is reached by branches to a label. */
  needsLabel(node: number): boolean {
    return this.isMerge(node) || this.#isExit[node] === true;
  }

  #of(lists: readonly number[][], node: number): number[] {
    return defined(lists[node], 'node in range');
  }

  /** Gives every loop among `nodes` a single entry, outermost loops first. */
  #makeReducible(nodes: ReadonlySet<number>): void {
    for (const component of this.#components(nodes)) {
      const members = new Set(component);
      const entries = component.filter((node) => this.#isEntered(node, members));
      const header = this.#firstOf(entries);
      if (entries.length > 1) this.#addDispatcher(entries, header, members);
      members.delete(header);
      if (members.size > 0) this.#makeReducible(members);
    }
  }

  #isEntered(node: number, members: ReadonlySet<number>): boolean {
    if (node === this.#root) return true;
    for (const from of this.#sourcesOf(node)) if (!members.has(from)) return true;
    return false;
  }

  /** The entry at which the loop would begin if control came in by the region's first node alone. */
  #firstOf(entries: readonly number[]): number {
    const order = (node: number): number => {
      const position = this.#natural[node] ?? -1;
      return position < 0 ? Infinity : position;
    };
    return entries.reduce((first, node) => (order(node) < order(first) ? node : first), entries[0] ?? -1);
  }

  /**
   * All edges into the loop go to a dispatcher, and so do the loop's own edges to `header`. Edges inside to its other
   * entries stay: without `header` they close no loop that has several entries still, or one that is dealt with next.
   */
  #addDispatcher(entries: readonly number[], header: number, members: ReadonlySet<number>): void {
    const dispatcher = this.#successors.length;
    this.#sources.push(new Set());
    for (const [label, target] of entries.entries()) {
      for (const from of [...this.#sourcesOf(target)]) {
        if (members.has(from) && target !== header) continue;
        this.#redirects.set(edgeKey(from, target), { node: dispatcher, label });
        const others = this.#of(this.#successors, from).filter((to) => to !== target && to !== dispatcher);
        this.#successors[from] = [...others, dispatcher];
        this.#sourcesOf(target).delete(from);
        this.#sourcesOf(dispatcher).add(from);
      }
      this.#sourcesOf(target).add(dispatcher);
    }
    this.#successors.push([...entries]);
    this.dispatchers.push(entries);
  }

  #sourcesOf(node: number): Set<number> {
    return defined(this.#sources[node], 'node in range');
  }

  /** Strongly connected components of the subgraph that contain a cycle (Tarjan, without recursion). */
  #components(nodes: ReadonlySet<number>): number[][] {
    // By node; 0 for what was not reached yet.
    const index = new Uint32Array(this.#successors.length);
    const low = new Uint32Array(this.#successors.length);
    const isOnStack = new Uint8Array(this.#successors.length);
    let reached = 0;
    const stack: number[] = [];
    const found: number[][] = [];
    const at = (values: Uint32Array, node: number): number => values[node] ?? 0;
    for (const root of nodes) {
      if (at(index, root) !== 0) continue;
      const work: { readonly node: number; next: number }[] = [{ node: root, next: 0 }];
      for (let frame = work.at(-1); frame !== undefined; frame = work.at(-1)) {
        const { node } = frame;
        if (frame.next === 0) {
          index[node] = low[node] = ++reached;
          stack.push(node);
          isOnStack[node] = 1;
        }
        const target = this.#of(this.#successors, node)[frame.next++];
        if (target === undefined) {
          work.pop();
          const parent = work.at(-1)?.node;
          if (parent !== undefined) low[parent] = Math.min(at(low, parent), at(low, node));
          if (at(low, node) !== at(index, node)) continue;
          const component: number[] = [];
          for (let member = stack.pop(); member !== undefined; member = stack.pop()) {
            isOnStack[member] = 0;
            component.push(member);
            if (member === node) break;
          }
          if (component.length > 1 || this.#of(this.#successors, node).includes(node)) found.push(component);
        } else if (nodes.has(target)) {
          if (at(index, target) === 0) work.push({ node: target, next: 0 });
          else if (isOnStack[target] === 1) low[node] = Math.min(at(low, node), at(index, target));
        }
      }
    }
    return found;
  }

  #number(): void {
    const count = this.#successors.length;
    for (let node = 0; node < count; node++) {
      this.#predecessors.push([]);
      this.#children.push([]);
      this.#exits.push([]);
    }
    this.#byOrder.push(...reversePostorder(this.#root, this.#successors));
    this.order.push(...positions(this.#byOrder, count));
    for (const node of this.#byOrder)
      for (const target of this.#of(this.#successors, node)) this.#of(this.#predecessors, target).push(node);
  }

  /** Cooper, Harvey, Kennedy, "A Simple, Fast Dominance Algorithm". */
  #dominate(): void {
    const dominator = this.#dominator;
    dominator[this.#root] = this.#root;
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
  }

  /** Natural loops, innermost first: a header's loop is what reaches one of its back edges without passing the header. */
  #findLoops(): void {
    for (const header of this.#byOrder.toReversed()) {
      const work = this.#of(this.#predecessors, header).filter((from) => this.isBackward(from, header));
      if (work.length === 0) continue;
      this.#innermost[header] ??= header;
      for (let node = work.pop(); node !== undefined; node = work.pop()) {
        const inner = this.#outermost(node);
        if (inner === header) continue;
        if (inner === undefined) this.#innermost[node] = header;
        else this.#outer[inner] = header;
        work.push(...this.#of(this.#predecessors, inner ?? node));
      }
    }
  }

  /** Header of the outermost loop found so far that holds `node`. */
  #outermost(node: number): number | undefined {
    let header = this.#innermost[node];
    while (header !== undefined && this.#outer[header] !== undefined) header = this.#outer[header];
    return header;
  }

  #isInLoop(node: number, header: number): boolean {
    let around = this.#innermost[node];
    while (around !== undefined && around !== header) around = this.#outer[around];
    return around === header;
  }

  /** Makes each node a child of its dominator, or of the outermost loop that ends between the two. */
  #place(): void {
    for (const node of this.#byOrder.slice(1)) {
      const dominator = this.#dominator[node] ?? 0;
      let left: number | undefined;
      for (let header = this.#innermost[dominator]; header !== undefined; header = this.#outer[header])
        if (!this.#isInLoop(node, header)) left = header;
      if (left === undefined) {
        this.#of(this.#children, dominator).push(node);
      } else {
        this.#of(this.#exits, left).push(node);
        this.#isExit[node] = true;
      }
    }
  }
}
